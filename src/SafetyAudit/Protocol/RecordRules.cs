using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>Whether what happened was written down, whole and soon.</summary>
public static class RecordRules
{
    static readonly EventRule Prompt = new("PR-034", 1)
    {
        Title = "Event recorded promptly", Area = "records", Severity = RuleSeverity.Minor,
        Asks = "The event was written down within the hours that the clinic set, from its finding on.",
        NotApplicableWhen = "no hours set",
        Fields = ["detected_at", "recorded_at"], Settings = [nameof(ClinicProtocol.RecordHours)],
        Evidence = "record-keeping", Source = "derived", InLeaflet = "no",
        Check = e => e.Clinic.RecordHours is not { } hours ? NotApplicable
            : Rules.Judge(e.Event.DetectedAtUtc is { } detected && e.Event.RecordedAtUtc is { } recorded ? recorded <= detected.AddHours(hours) : null),
    };

    static readonly SessionRule Signed = new("PR-035", 2)
    {
        Title = "Session note signed promptly and minimum fields present", Area = "records", Severity = RuleSeverity.Minor,
        Asks = "The note was signed within the hours that the clinic set, from the session’s end on, and not before it began, and as large a share of its fields is filled in as it set. What is not set is not asked.",
        NotApplicableWhen = "neither hours nor share set",
        Fields = ["signed_at", "ended_at", "completeness"], Settings = [nameof(ClinicProtocol.SignHours), nameof(ClinicProtocol.MinCompleteness)],
        Evidence = "record-keeping", Source = "board practice acts", InLeaflet = "no",
        Check = t => t.Clinic is { SignHours: null, MinCompleteness: null } ? NotApplicable
            : Rules.AllOf(
                t.Clinic.SignHours is not { } hours ? true : t.Session is { SignedAtUtc: { } signed, EndedAtUtc: { } ended } ? signed >= t.Session.StartedAtUtc && signed <= ended.AddHours(hours) : null,
                t.Clinic.MinCompleteness is not { } least || Completeness(t.Session) >= least),
    };

    static readonly SessionRule Planned = new("PR-036", 1)
    {
        Title = "Dry needling is in the plan of care", Area = "records", Severity = RuleSeverity.Minor,
        Asks = "The session names its plan of care. `none` says that there is none, and fails.",
        Fields = ["plan_of_care_id"],
        Evidence = "law (FL)", Source = "FL 486.117(1)(d)", InLeaflet = "no",
        Check = t => Rules.Judge(t.Session.PlanOfCareId is { } plan ? !plan.Equals("none", StringComparison.OrdinalIgnoreCase) : null),
    };

    /// <summary>
    /// Share of the fields that every needled session has which are filled in, from 0 to 1. What is asked only sometimes (supervisor, risk note, pacemaker, pressure,
    /// red flags, ultrasound) is left out.
    /// </summary>
    public static double Completeness(Session s)
    {
        ReadOnlySpan<bool> filled =
        [
            s.EndedAtUtc is not null, s.FirstNeedleAtUtc is not null, s.IsFirstSession is not null, s.PerformerRole is not null, s.PlanOfCareId is not null, s.Position is not null,
            s.Regions.Count > 0, s.Technique is not null, s.MaxDepthMm is not null, s.NeedleGaugeMm is not null, s.NeedleLengthMm is not null, s.NeedleType is not null,
            s.NeedleMaterial is not null, s.NeedleSingleUse is not null, s.NeedleSterile is not null, s.NeedleLot is not null, s.NeedleExpiry is not null, s.NeedlesOpened is not null,
            s.NeedlesInserted is not null, s.NeedlesRemoved is not null, s.NeedlesDisposed is not null, s.Estim is not null, s.ScreeningAtUtc is not null, s.ScreeningComplete is not null,
            s.ScreenFlags is not null, s.AnticoagulantClass is not null, s.BleedingDisorder is not null, s.MetalAllergy is not null, s.NeedleAnxiety is not null, s.PriorSyncope is not null,
            s.HydrationChecked is not null, s.ConsentAtUtc is not null, s.ConsentForm is not null, s.ConsentRisks is not null, s.HandHygiene is not null, s.SkinStatus is not null,
            s.BleedingObserved is not null, s.PostObsMinutes is not null, s.AftercareGiven is not null, s.SignedAtUtc is not null,
        ];
        int count = 0;
        foreach (bool one in filled) if (one) count++;
        return (double)count / filled.Length;
    }

    public static readonly IReadOnlyList<ProtocolRule> All = [Prompt, Signed, Planned];
}
