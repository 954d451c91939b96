namespace SafetyAudit.Protocol;

/// <summary>
/// What a clinic has laid down for its protocol, from a date on. Rows are added and never changed; of those that are in effect on a day the newest holds, and of two
/// from the same date the one laid down later.
/// </summary>
/// <remarks>No number is invented: what the sources leave open is empty until the clinic fills it in, and what is empty is not asked.</remarks>
public sealed class ClinicProtocol
{
    public long Id { get; set; }
    public required string ClinicId { get; set; }
    public DateOnly EffectiveFrom { get; set; }
    public DateTime DecidedAtUtc { get; set; }
    public string DecidedBy { get; set; } = "";

    /// <summary>Hours of dry-needling training that the jurisdiction asks for (Florida: 50).</summary>
    public double? MinTrainingHours { get; set; }

    /// <summary>Years of licence that the jurisdiction asks for (Florida: 2).</summary>
    public double? MinYearsLicensed { get; set; }

    /// <summary>Supervised sessions before one works without a supervisor (Florida: 25); 0 where none are asked for.</summary>
    public int? MinSupervisedSessions { get; set; }

    /// <summary>Roles that may needle, as <c>performer_role</c> spells them.</summary>
    public IReadOnlyList<string>? AuthorisedRoles { get; set; }

    /// <summary>Days from blood-borne-pathogen training to the next.</summary>
    public int? BbpTrainingDays { get; set; }

    /// <summary>Consent forms that count, as <c>consent_form</c> spells them.</summary>
    public IReadOnlyList<string>? AcceptedConsentForms { get; set; }

    /// <summary>Days for which a screening stays valid; 0 for the day itself.</summary>
    public int? ScreeningValidDays { get; set; }

    /// <summary>Screening flags that rule a session out; the guidelines' where empty.</summary>
    public IReadOnlyList<string>? AbsoluteContraindications { get; set; }

    /// <summary>Screening flags that ask for a reason; the guidelines' where empty.</summary>
    public IReadOnlyList<string>? RelativeContraindications { get; set; }

    /// <summary>Muscles so deep that bleeding can't be pressed upon.</summary>
    public IReadOnlyList<string>? DeepNonCompressibleMuscles { get; set; }

    /// <summary>Regions or muscles that ask for a reason in pregnancy.</summary>
    public IReadOnlyList<string>? PregnancyPrecautionRegions { get; set; }

    /// <summary>Age in years beyond which pregnancy is not asked about.</summary>
    public int? PregnancyAskedToAge { get; set; }

    /// <summary>Minutes for which a patient is observed afterwards.</summary>
    public int? MinObservationMinutes { get; set; }

    /// <summary>Whether the clinic's policy asks for gloves.</summary>
    public bool? GlovesRequired { get; set; }

    /// <summary>Deepest needle for a muscle, in millimetres, for a band of body mass index or for all.</summary>
    public IReadOnlyList<DepthLimit>? DepthLimits { get; set; }

    /// <summary>Muscles that anybody may needle here, beside each practitioner's own list.</summary>
    public IReadOnlyList<string>? PermittedMuscles { get; set; }

    /// <summary>Techniques that are permitted over the lungs.</summary>
    public IReadOnlyList<string>? ThoracicTechniques { get; set; }

    /// <summary>Longest needle over the lungs, in millimetres.</summary>
    public double? ThoracicNeedleLengthMm { get; set; }

    /// <summary>Seconds of pressure on a bleeding site, and for patients on warfarin, a DOAC or heparin.</summary>
    public int? MinPressureSeconds { get; set; }
    public int? MinPressureSecondsAnticoagulated { get; set; }

    /// <summary>Share of patients to be reached by follow-up, from 0 to 1.</summary>
    public double? MinReachedShare { get; set; }

    /// <summary>Hours from the record of a sentinel event to the start of its review.</summary>
    public double? ReviewHours { get; set; }

    /// <summary>Hours from finding an event to writing it down.</summary>
    public double? RecordHours { get; set; }

    /// <summary>Hours from the end of a session to the signed note.</summary>
    public double? SignHours { get; set; }

    /// <summary>Share of the session's fields that must be filled in, from 0 to 1, see <see cref="RecordRules.Completeness"/>.</summary>
    public double? MinCompleteness { get; set; }

    /// <summary>Share of judged sessions in which each rule is to be kept, from 0 to 1.</summary>
    public double? AdherenceTarget { get; set; }

    /// <summary>Red false alarms a year about practitioners that the clinic accepts while nothing is wrong; 0.05 for each practitioner where empty.</summary>
    public double? FalseAlarmsPerYear { get; set; }

    /// <summary>Where reporting duties apply to it, as the duties spell it: <c>US-FL</c>, <c>GB</c>.</summary>
    public IReadOnlyList<string>? Jurisdictions { get; set; }

    /// <summary>Reporting duties that the clinic has verified for itself.</summary>
    public IReadOnlyList<VerifiedDuty>? VerifiedDuties { get; set; }

    /// <summary>A clinic that has laid down nothing.</summary>
    public static ClinicProtocol NothingSet(string clinicId) => new() { ClinicId = clinicId };

    /// <summary>The one that holds on a day.</summary>
    /// <param name="clinicId">The clinic.</param>
    /// <param name="laidDown">All of the clinic's, in any order.</param>
    /// <param name="day">A day at the clinic.</param>
    public static ClinicProtocol On(string clinicId, IEnumerable<ClinicProtocol> laidDown, DateOnly day) =>
        laidDown.Where(p => p.EffectiveFrom <= day).MaxBy(p => (p.EffectiveFrom, p.Id)) ?? NothingSet(clinicId);
}

/// <summary>How deep a needle may go in a muscle.</summary>
/// <param name="Muscle">As <c>muscles</c> spells it.</param>
/// <param name="BmiBand">As <c>bmi_band</c> spells it; null for patients of any.</param>
/// <param name="MaxMm">Millimetres.</param>
public readonly record struct DepthLimit(string Muscle, string? BmiBand, double MaxMm);

/// <summary>A reporting duty that a clinic has verified for itself.</summary>
/// <param name="Id">Of the duty.</param>
/// <param name="VerifiedOn">When.</param>
/// <param name="DeadlineHours">Hours from the event's finding to the report, as the clinic found them; null to keep the duty's own.</param>
public readonly record struct VerifiedDuty(string Id, DateOnly VerifiedOn, double? DeadlineHours);
