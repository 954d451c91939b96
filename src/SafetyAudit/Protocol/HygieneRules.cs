using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>What keeps infection away.</summary>
static class HygieneRules
{
    static readonly SessionRule HandsAndSkin = new("PR-022", 1)
    {
        Title = "Hand hygiene and skin preparation recorded", Area = "hygiene", Severity = RuleSeverity.Major,
        Asks = "Hands were cleaned, and the skin was clean or prepared (clean, prepped, disinfected).",
        Fields = ["hand_hygiene", "skin_status"],
        Evidence = "infections mostly skin bacteria at the site", Source = "Xu 2013; CNT manual; ASAP", InLeaflet = "no",
        Check = t => Rules.AllOf(t.Session.HandHygiene, t.Session.SkinStatus is { } skin and not "unknown" ? skin is "clean" or "prepped" or "disinfected" : null),
    };

    static readonly SessionRule Gloves = new("PR-023", 1)
    {
        Title = "Gloves per local policy when contact with blood is likely", Area = "hygiene", Severity = RuleSeverity.Minor,
        Asks = "Gloves were worn, where the clinic’s policy asks for them.",
        NotApplicableWhen = "policy does not require them, or none set",
        Fields = ["gloves"], Settings = [nameof(ClinicProtocol.GlovesRequired)],
        Evidence = "policy differs by country", Source = "ISCP 2012; OSHA (memory)", InLeaflet = "no",
        Check = t => t.Clinic.GlovesRequired != true ? NotApplicable : Rules.Judge(t.Session.Gloves),
    };

    public static readonly IReadOnlyList<ProtocolRule> All = [HandsAndSkin, Gloves];
}
