using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>What keeps a patient from fainting.</summary>
static class PositioningRules
{
    static readonly SessionRule Lying = new("PR-015", 1)
    {
        Title = "First-session or needle-anxious patient treated lying", Area = "positioning", Severity = RuleSeverity.Major,
        Asks = "In a first session, with needle anxiety or after an earlier faint, the patient lay supine, prone or on the side.",
        NotApplicableWhen = "none of the three flags",
        Fields = ["is_first_session", "needle_anxiety", "prior_syncope", "position"],
        Evidence = "all 55 needle faints were upright; first visit 0.95% v 0.11%", Source = "Leaflet; Chen 1990", InLeaflet = "yes",
        Check = t => t.Session is { IsFirstSession: true } or { NeedleAnxiety: true } or { PriorSyncope: true }
            ? Rules.Judge(t.Session.Position is { } position ? position is PatientPosition.Supine or PatientPosition.Prone or PatientPosition.SideLying : null)
            : t.Session is { IsFirstSession: not null, NeedleAnxiety: not null, PriorSyncope: not null } ? NotApplicable : NotRecorded,
    };

    static readonly SessionRule Hydration = new("PR-016", 1)
    {
        Title = "Hydration / food asked before session", Area = "positioning", Severity = RuleSeverity.Minor,
        Asks = "The patient was asked whether they had drunk and eaten.",
        Fields = ["hydration_checked"],
        Evidence = "expert advice only", Source = "Leaflet; PEACHES (Lee 2023)", InLeaflet = "yes",
        Check = t => Rules.Judge(t.Session.HydrationChecked),
    };

    public static readonly IReadOnlyList<ProtocolRule> All = [Lying, Hydration];
}
