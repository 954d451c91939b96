using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>A session with everything else that a rule may ask about it.</summary>
public sealed class Treatment
{
    public required Session Session { get; init; }

    /// <summary>The practitioner's record as it bears on the day, see <see cref="Rules.RecordFor"/>; null when it is missing.</summary>
    public Practitioner? Practitioner { get; init; }

    /// <summary>The practitioner's record as it was held on the day, see <see cref="Rules.RecordHeldOn"/>; null when it is missing.</summary>
    public Practitioner? PractitionerThen { get; init; }

    /// <summary>What the clinic had laid down for the day.</summary>
    public required ClinicProtocol Clinic { get; init; }

    /// <summary>The patient's risk profile that held on the day, in this clinic; null when there is none.</summary>
    public PatientRisk? Risk { get; init; }

    /// <summary>The patient's needled session before this one in the clinic: its places and technique; null for the first.</summary>
    public Session? Before { get; init; }

    /// <summary>Attempts to ask the patient afterwards.</summary>
    public IReadOnlyList<FollowUp> FollowUps { get; init; } = [];

    /// <summary>When the session's day begins at the clinic.</summary>
    public required DateTime DayStartsUtc { get; init; }

    public bool IsNeedled => Session.Status == SessionStatus.Completed || Session.Status == SessionStatus.Aborted && (Session.FirstNeedleAtUtc is not null || Session.NeedlesInserted > 0);

    /// <summary>Whether it went over the lungs; null where a place without its muscle leaves that open.</summary>
    public bool? OverLungs => Session.IsAtRiskThorax ? true : Session.Regions.Count == 0 || Session.Regions.Any(r => r.Muscle is null) ? null : false;

    public bool HasRiskNote => !string.IsNullOrWhiteSpace(Session.RiskNote);

    /// <summary>By the class or a drug's name; a word that is none of them leaves it open.</summary>
    public bool? Anticoagulated => Session.AnticoagulantClass switch
    {
        "warfarin" or "vka" or "doac" or "noac" or "apixaban" or "rivaroxaban" or "dabigatran" or "edoxaban" or "heparin" or "lmwh" or "enoxaparin" => true,
        "none" or "no" or "antiplatelet" or "aspirin" or "clopidogrel" => false,
        _ => null,
    };
}

/// <summary>An event with everything else that a rule may ask about it.</summary>
public sealed class ReportedEvent
{
    public required AdverseEvent Event { get; init; }

    /// <summary>Hours from onset after which such an event has lasted too long; null where none are known.</summary>
    public int? ProlongedAfterHours { get; init; }

    /// <summary>One such event is one review, always: by its kind, or because its report says that it is serious.</summary>
    public bool IsSentinel { get; init; }

    public required ClinicProtocol Clinic { get; init; }

    /// <summary>When its first version reached us.</summary>
    public required DateTime CameAtUtc { get; init; }

    /// <summary>What was done about it and not taken back.</summary>
    public IReadOnlyList<EventStep> Steps { get; init; } = [];

    /// <summary>When somebody took it further, and when its review began.</summary>
    public DateTime? EscalatedAtUtc => FirstOf(EventStepKind.Escalated);
    public DateTime? ReviewStartedAtUtc => FirstOf(EventStepKind.ReviewStarted);

    DateTime? FirstOf(EventStepKind kind) => Steps.Where(s => s.Kind == kind).Min(s => (DateTime?)s.AtUtc);

    /// <summary>When it was written down, as the report says, else when it reached us.</summary>
    public DateTime WrittenAtUtc => Event.RecordedAtUtc ?? CameAtUtc;

    /// <summary>By when its review begins: so many hours from its record, as the clinic laid down. Null where it laid down none, and for an event that is no sentinel.</summary>
    public DateTime? ReviewBeginsByUtc => IsSentinel && Clinic.ReviewHours is { } hours ? WrittenAtUtc.AddHours(hours) : null;

    public required DateTime NowUtc { get; init; }
}
