using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>What the patient agreed to, and when.</summary>
static class ConsentRules
{
    static readonly SessionRule BeforeNeedle = new("PR-005", 1)
    {
        Title = "Consent recorded before the first needle", Area = "consent", Severity = RuleSeverity.Critical,
        Asks = "Consent was given by the first needle, or by the session’s start where the needle’s time is not recorded; on one of the forms that the clinic accepts, where it set them.",
        Fields = ["consent_at", "consent_form", "first_needle_at", "started_at"], Settings = [nameof(ClinicProtocol.AcceptedConsentForms)],
        Evidence = "law in several states; guideline elsewhere", Source = "Leaflet (communicate risks); FL; CO (written + copy)", InLeaflet = "yes",
        Check = t => Rules.AllOf(Rules.ByFirstNeedle(t.Session.ConsentAtUtc, t.Session), t.Clinic.AcceptedConsentForms is not { } accepted ? true : t.Session.ConsentForm is { } form and not "unknown" ? accepted.Contains(form) : null),
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
        Asks = "Where a place or the technique is another than in the patient’s session before, consent is from the day of the session or later.",
        NotApplicableWhen = "the patient’s first session in the clinic; same plan as before",
        Fields = ["regions", "muscles", "technique", "consent_at", "session_before"],
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

    // A muscle is compared with muscles; a region with regions, where no muscle is recorded on either side. What can't be compared may be the same or not.
    static bool? Changed(Session before, Session session)
    {
        bool? changed = before.Technique is null || session.Technique is null ? null : before.Technique != session.Technique;
        if (before.Regions.Count == 0 || session.Regions.Count == 0) return changed == true ? true : null;
        foreach (var place in session.Regions)
            switch (IsNew(place, before.Regions))
            {
                case true: return true;
                case null when changed == false: changed = null; break;
            }
        return changed;
    }

    static bool? IsNew(SessionRegion place, IReadOnlyList<SessionRegion> before)
    {
        if (place.Muscle is { } muscle) return before.Any(b => b.Muscle == muscle) ? false : before.All(b => b.Muscle is not null) ? true : null;
        if (place.Region is not { } region) return null;
        return before.Any(b => b.Region == region) ? before.Any(b => b.Region == region && b.Muscle is null) ? false : null : before.All(b => b.Region is not null) ? true : null;
    }

    public static readonly IReadOnlyList<ProtocolRule> All = [BeforeNeedle, NamesPneumothorax, Renewed];
}
