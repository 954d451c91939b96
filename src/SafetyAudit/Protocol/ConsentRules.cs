using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>What the patient agreed to, and when.</summary>
static class ConsentRules
{
    static readonly SessionRule BeforeNeedle = new("PR-005", 1)
    {
        Title = "Consent recorded before the first needle", Area = "consent", Severity = RuleSeverity.Critical,
        Asks = "Consent was given by the first needle, or by the session's start where the needle's time is not recorded; on one of the forms that the clinic accepts, where it laid those down.",
        Fields = ["consent_at", "consent_form", "first_needle_at", "started_at"], Settings = [nameof(ClinicProtocol.AcceptedConsentForms)],
        Evidence = "law in several states; guideline elsewhere", Source = "Leaflet (communicate risks); FL; CO (written + copy)", InLeaflet = "yes",
        Check = t => Rules.AllOf(InTime(t.Session), t.Clinic.AcceptedConsentForms is not { } accepted ? true : t.Session.ConsentForm is { } form ? accepted.Contains(form) : null),
    };

    static readonly SessionRule NamesPneumothorax = new("PR-006", 1)
    {
        Title = "Consent names pneumothorax when an at-risk region is treated", Area = "consent", Severity = RuleSeverity.Major,
        Asks = "The risks in the consent include pneumothorax where a muscle over the lungs is needled.",
        NotApplicableWhen = "no at-risk region",
        Fields = ["muscles", "consent_risks"],
        Evidence = "guideline: material and special risks", Source = "Physiotherapy Alberta FAQ; Ir Med J 2022 case", InLeaflet = "partly",
        Check = t => t.OverLungs switch { null => NotRecorded, false => NotApplicable, true => Rules.Judge(t.Session.ConsentRisks?.Contains("pneumothorax")) },
    };

    static readonly SessionRule Renewed = new("PR-007", 1)
    {
        Title = "Consent renewed when region or technique class changes", Area = "consent", Severity = RuleSeverity.Minor,
        Asks = "Where a place or the technique is another than in the patient's session before, consent is from the day of the session or later.",
        NotApplicableWhen = "the patient's first session in the clinic; same plan as before",
        Fields = ["regions", "muscles", "technique", "consent_at"],
        Evidence = "guideline (memory)", Source = "ISCP 2012; ASAP", InLeaflet = "no",
        Check = t => t.Before is not { } before ? NotApplicable
            : Changed(before, t.Session) switch
            {
                false => NotApplicable,
                // Consent of the day covers whatever was changed.
                null => t.Session.ConsentAtUtc >= t.DayStartsUtc ? Pass : NotRecorded,
                true => Rules.Judge(t.Session.ConsentAtUtc is { } consent ? consent >= t.DayStartsUtc : null),
            },
    };

    // Without the time of the needle, consent before the session began is early enough whenever the needle came.
    static bool? InTime(Session session) =>
        session.ConsentAtUtc is not { } consent ? null : session.FirstNeedleAtUtc is { } needle ? consent <= needle : consent <= session.StartedAtUtc ? true : null;

    static bool? Changed(Session before, Session session)
    {
        if (before.Technique is { } was && session.Technique is { } now && was != now) return true;
        var places = before.Regions.Select(Place).ToHashSet();
        if (places.Count > 0 && session.Regions.Any(r => !places.Contains(Place(r)))) return true;
        return places.Count == 0 || session.Regions.Count == 0 || before.Technique is null || session.Technique is null ? null : false;

        // A muscle names its place better than the region does.
        static string Place(SessionRegion region) => region.Muscle ?? region.Region ?? "";
    }

    public static readonly IReadOnlyList<ProtocolRule> All = [BeforeNeedle, NamesPneumothorax, Renewed];
}
