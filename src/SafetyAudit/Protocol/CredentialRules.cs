using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>Who may needle: licence, training, supervision, role, and training that lapses.</summary>
static class CredentialRules
{
    // A lapsed licence counts from its expiry date on; a suspended or revoked one at once, since no date says since when.
    static readonly SessionRule Licence = new("PR-001", 1)
    {
        Title = "Practitioner licence valid on session date", Area = "credential", Severity = RuleSeverity.Critical,
        Asks = "The licence was issued by the session’s date, had not expired, and is not suspended or revoked.",
        Fields = ["licence_status", "licence_issued", "licence_expires", "started_at"],
        Evidence = "law / professional standard", Source = "Leaflet; FL 486.117; every board", InLeaflet = "yes",
        Check = t => t.Practitioner is not { } p ? NotRecorded
            : p.LicenceStatus is LicenceStatus.Suspended or LicenceStatus.Revoked || t.Session.Date > p.LicenceExpires || t.Session.Date < p.LicenceIssued ? Fail
            : p is { LicenceStatus: not null, LicenceIssued: not null, LicenceExpires: not null } ? Pass : NotRecorded,
    };

    static readonly SessionRule Training = new("PR-002", 2)
    {
        Title = "Dry-needling training meets the jurisdiction minimum", Area = "credential", Severity = RuleSeverity.Critical,
        Asks = "Training hours and years of licence, as the record says them or since its issue, reach what the clinic set, and the certificate is from the session’s date or before. Hours that only a later record has leave it open.",
        NotApplicableWhen = "neither hours nor years set",
        Fields = ["training_hours", "years_licensed", "licence_issued", "certified_on", "started_at"], Settings = [nameof(ClinicProtocol.MinTrainingHours), nameof(ClinicProtocol.MinYearsLicensed)],
        Evidence = "law; FL 50 h + 2 y + 25 supervised sessions; CO earlier rule 46 h + 2 y", Source = "Leaflet; FL 64B17-6.008; CO 4 CCR 732-1 Rule 11", InLeaflet = "yes",
        Check = t => t.Clinic is { MinTrainingHours: null, MinYearsLicensed: null } ? NotApplicable
            : Rules.AllOf(
                Rules.UnlessSince(AtLeast(t.Practitioner?.TrainingHours, t.Clinic.MinTrainingHours), AtLeast(t.PractitionerThen?.TrainingHours, t.Clinic.MinTrainingHours)), AtLeast(YearsOn(t), t.Clinic.MinYearsLicensed),
                t.Practitioner?.CertifiedOn is { } certified ? certified <= t.Session.Date : null),
    };

    static readonly SessionRule Supervised = new("PR-003", 2)
    {
        Title = "Supervised-session quota reached or supervisor named", Area = "credential", Severity = RuleSeverity.Major,
        Asks = "The practitioner has as many supervised sessions as the clinic set, or the session names a supervisor. A number that only a later record has leaves it open.",
        NotApplicableWhen = "no quota set, or one of 0",
        Fields = ["supervised_sessions", "supervisor_id"], Settings = [nameof(ClinicProtocol.MinSupervisedSessions)],
        Evidence = "law (FL 25 sessions)", Source = "FL 486.117", InLeaflet = "no",
        Check = t => t.Clinic.MinSupervisedSessions is not > 0 ? NotApplicable
            : t.Session.SupervisorId is { } supervisor && !supervisor.Equals("none", StringComparison.OrdinalIgnoreCase) && supervisor != t.Session.PractitionerId ? Pass
            : Rules.Judge(Rules.UnlessSince(AtLeast(t.Practitioner?.SupervisedSessions, t.Clinic.MinSupervisedSessions), AtLeast(t.PractitionerThen?.SupervisedSessions, t.Clinic.MinSupervisedSessions))),
    };

    static readonly SessionRule NotDelegated = new("PR-004", 1)
    {
        Title = "Not delegated: performer is an authorised practitioner", Area = "credential", Severity = RuleSeverity.Critical,
        Asks = "The role of whoever needled is one that the clinic authorised.",
        NotApplicableWhen = "no authorised roles set",
        Fields = ["performer_role"], Settings = [nameof(ClinicProtocol.AuthorisedRoles)],
        Evidence = "law", Source = "FL 486.117(1)(e)", InLeaflet = "no",
        Check = t => t.Clinic.AuthorisedRoles is not { } roles ? NotApplicable : Rules.Judge(t.Session.PerformerRole is { } role and not "unknown" ? roles.Contains(role) : null),
    };

    static readonly SessionRule TrainingInDate = new("PR-037", 2)
    {
        Title = "Blood-borne pathogen and first-aid training in date", Area = "credential", Severity = RuleSeverity.Major,
        Asks = "First-aid training had not expired, and blood-borne-pathogen training is no older than the clinic set. What only a record since the session has leaves open whether it held then.",
        Fields = ["bbp_training_on", "cpr_expires", "started_at"], Settings = [nameof(ClinicProtocol.BbpTrainingDays)],
        Evidence = "OSHA annual (memory)", Source = "OSHA 1910.1030", InLeaflet = "no",
        Check = t => Rules.AllOf(
            // Between a certificate that ran out and the record of the next one lies a time of which nobody knows.
            Rules.UnlessSince(RunsOn(t.Practitioner, t.Session.Date), RunsOn(t.PractitionerThen, t.Session.Date)),
            // The last training says nothing of whether there was one before it.
            t.Practitioner?.BbpTrainingOn is not { } trained || trained > t.Session.Date ? null : t.Clinic.BbpTrainingDays is not { } days || trained.AddDays(days) >= t.Session.Date),
    };

    // Years as a record says them are those of the day it was written: a licence that was issued longer ago says more.
    static double? YearsOn(Treatment t) => t.Practitioner?.LicenceIssued is { } issued && (t.Session.Date.DayNumber - issued.DayNumber) / 365.25 is var since && !(t.Practitioner.YearsLicensed > since) ? since : t.Practitioner?.YearsLicensed;

    static bool? RunsOn(Practitioner? record, DateOnly day) => record?.CprExpires is { } expires ? expires >= day : null;

    // What is not laid down is met.
    static bool? AtLeast(double? value, double? least) => least is null ? true : value is null ? null : value >= least;

    public static readonly IReadOnlyList<ProtocolRule> All = [Licence, Training, Supervised, NotDelegated, TrainingInDate];
}
