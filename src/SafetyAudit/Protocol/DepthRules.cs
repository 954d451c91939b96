using SafetyAudit.Sessions;
using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>Where and how deep.</summary>
static class DepthRules
{
    // A session says one depth, its deepest, and not in which muscle: what may have been in a muscle without that limit is left open.
    static readonly SessionRule WithinLimit = new("PR-024", 1)
    {
        Title = "Depth within configured safe limit for region", Area = "depth", Severity = RuleSeverity.Critical,
        Asks = "The deepest needle is within the clinic’s limit for the muscle, and the patient’s band of body mass index where the limit names one. Deeper than some muscles’ limit and not others’, it is left open.",
        NotApplicableWhen = "depth limit not configured for any of the muscles",
        Fields = ["muscles", "max_depth_mm", "bmi_band"], Settings = [nameof(ClinicProtocol.DepthLimits)],
        Evidence = "10-20 mm can reach lung; low BMI cases", Source = "Leaflet; Grusche 2017; Ir Med J 2022", InLeaflet = "yes",
        Check = t =>
        {
            if (t.Clinic.DepthLimits is not { Count: > 0 } limits) return NotApplicable;
            if (t.Session.Regions.Count == 0) return NotRecorded;
            double least = double.PositiveInfinity, most = 0;
            bool unlimited = false, unknown = false;
            foreach (var region in t.Session.Regions)
            {
                if (region.Muscle is null) unknown = true;
                var (lower, upper, all) = region.Muscle is null ? (double.PositiveInfinity, 0, false) : LimitsOf(limits, region.Muscle, t.Risk?.BmiBand);
                if (!all) unlimited = true;
                (least, most) = (Math.Min(least, lower), Math.Max(most, upper));
            }
            if (double.IsPositiveInfinity(least)) return unknown ? NotRecorded : NotApplicable;
            return t.Session.MaxDepthMm is not { } depth ? NotRecorded : depth <= least && !unknown ? Pass : depth > most && !unlimited ? Fail : NotRecorded;
        },
    };

    static readonly SessionRule Permitted = new("PR-025", 1)
    {
        Title = "Region and muscle are on the clinic's permitted list for this practitioner", Area = "depth", Severity = RuleSeverity.Critical,
        Asks = "Every muscle is on the practitioner’s list, and on the clinic’s where it set one.",
        Fields = ["muscles", "permitted_muscles"], Settings = [nameof(ClinicProtocol.PermittedMuscles)],
        Evidence = "scope and competence", Source = "Leaflet; FL complex-anatomy training", InLeaflet = "yes",
        Check = t =>
        {
            var (own, clinic) = (t.Practitioner?.PermittedMuscles, t.Clinic.PermittedMuscles);
            if (t.Session.Regions.Any(r => r.Muscle is { } muscle && (own?.Contains(muscle) == false || clinic?.Contains(muscle) == false))) return Fail;
            return own is null || t.Session.Regions.Count == 0 || t.Session.Regions.Any(r => r.Muscle is null) ? NotRecorded : Pass;
        },
    };

    static readonly SessionRule Thoracic = new("PR-026", 1)
    {
        Title = "Thoracic precaution: competency, technique, needle length", Area = "depth", Severity = RuleSeverity.Critical,
        Asks = "Over the lungs, the practitioner had thoracic competency by the session’s date; technique and needle length are those that the clinic permits there, where it set them.",
        NotApplicableWhen = "no at-risk region",
        Fields = ["muscles", "thoracic_competency_on", "technique", "needle_length_mm", "started_at"], Settings = [nameof(ClinicProtocol.ThoracicTechniques), nameof(ClinicProtocol.ThoracicNeedleLengthMm)],
        Evidence = "pneumothorax after rib-bracketing; upper-trapezius and scapular cases", Source = "Mintken 2025; Ghent 2024; Kearns 2022", InLeaflet = "partly",
        Check = t => t.OverLungs switch
        {
            null => NotRecorded,
            false => NotApplicable,
            true => Rules.AllOf(
                t.Practitioner?.ThoracicCompetencyOn is { } since ? since <= t.Session.Date : null,
                t.Clinic.ThoracicTechniques is not { } permitted ? true : t.Session.Technique is { } technique ? permitted.Contains(technique) : null,
                t.Clinic.ThoracicNeedleLengthMm is not { } longest ? true : t.Session.NeedleLengthMm is { } length ? length <= longest : null),
        },
    };

    static readonly SessionRule Bilateral = new("PR-027", 1)
    {
        Title = "No bilateral needling over lung fields in one session without reason", Area = "depth", Severity = RuleSeverity.Major,
        Asks = "Where muscles over both lungs are needled in one session, there is a risk note.",
        NotApplicableWhen = "not bilateral",
        Fields = ["muscles", "sides", "risk_note"],
        Evidence = "bilateral pneumothorax reported; rule itself is precautionary", Source = "Ir Med J 2022", InLeaflet = "no",
        Check = t =>
        {
            if (t.OverLungs == false) return NotApplicable;
            var over = t.Session.Regions.Where(r => r.Muscle is { } muscle && AtRiskThorax.Muscles.Contains(muscle)).ToList();
            if (over.Exists(r => IsLeft(r.Side) == true) && over.Exists(r => IsRight(r.Side) == true)) return t.HasRiskNote ? Pass : Fail;
            return t.OverLungs is null || over.Exists(r => IsLeft(r.Side) is null) ? NotRecorded : NotApplicable;
        },
    };

    // Where the band is not known, the limit may be any of the muscle's, or none where all of them name a band.
    static (double Lower, double Upper, bool ForAll) LimitsOf(IReadOnlyList<DepthLimit> limits, string muscle, string? band)
    {
        double general = double.NaN, exact = double.NaN, lower = double.PositiveInfinity, upper = 0;
        foreach (var limit in limits)
        {
            if (limit.Muscle != muscle) continue;
            if (limit.BmiBand is null) general = limit.MaxMm;
            else if (limit.BmiBand == band) exact = limit.MaxMm;
            if (band is null) (lower, upper) = (Math.Min(lower, limit.MaxMm), Math.Max(upper, limit.MaxMm));
        }
        if (!double.IsNaN(exact)) return (exact, exact, true);
        if (band is null) return (lower, upper, !double.IsNaN(general));
        return double.IsNaN(general) ? (double.PositiveInfinity, 0, false) : (general, general, true);
    }

    static bool? IsLeft(string? side) => side switch { "left" or "l" or "both" or "bilateral" or "bilat" or "b" or "left_right" => true, "right" or "r" => false, _ => null };

    static bool? IsRight(string? side) => side switch { "right" or "r" or "both" or "bilateral" or "bilat" or "b" or "left_right" => true, "left" or "l" => false, _ => null };

    public static readonly IReadOnlyList<ProtocolRule> All = [WithinLimit, Permitted, Thoracic, Bilateral];
}
