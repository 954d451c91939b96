using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>What comes when the needles are out.</summary>
static class AftercareRules
{
    static readonly SessionRule Observed = new("PR-017", 1)
    {
        Title = "Position change supervised and patient observed after needling", Area = "aftercare", Severity = RuleSeverity.Minor,
        Asks = "The patient was observed for as many minutes as the clinic set.",
        NotApplicableWhen = "no minutes set",
        Fields = ["post_obs_minutes"], Settings = [nameof(ClinicProtocol.MinObservationMinutes)],
        Evidence = "guideline (memory); 63 LOC + 12 falls in NHS reports", Source = "Leaflet; Wheway 2012", InLeaflet = "yes",
        Check = t => t.Clinic.MinObservationMinutes is not { } least ? NotApplicable : Rules.Judge(t.Session.PostObsMinutes is { } minutes ? minutes >= least : null),
    };

    static readonly SessionRule Pressure = new("PR-028", 1)
    {
        Title = "Pressure applied when bleeding observed", Area = "bleeding", Severity = RuleSeverity.Minor,
        Asks = "Where bleeding was seen, pressure was applied: at all, or for as many seconds as the clinic set, for patients on warfarin, a DOAC or heparin separately.",
        NotApplicableWhen = "no bleeding",
        Fields = ["bleeding_observed", "pressure_seconds", "anticoagulant_class"], Settings = [nameof(ClinicProtocol.MinPressureSeconds), nameof(ClinicProtocol.MinPressureSecondsAnticoagulated)],
        Evidence = "standard haemostasis", Source = "Leaflet; McCulloch 2015", InLeaflet = "yes",
        Check = t =>
        {
            if (t.Session.BleedingObserved is not true) return t.Session.BleedingObserved is null ? NotRecorded : NotApplicable;
            if (t.Session.PressureSeconds is not { } seconds) return NotRecorded;
            int ordinary = t.Clinic.MinPressureSeconds ?? 1, thinned = t.Clinic.MinPressureSecondsAnticoagulated ?? ordinary;
            return t.Anticoagulated is { } known ? seconds >= (known ? thinned : ordinary) ? Pass : Fail
                : seconds >= Math.Max(ordinary, thinned) ? Pass : seconds < Math.Min(ordinary, thinned) ? Fail : NotRecorded;
        },
    };

    static readonly SessionRule Aftercare = new("PR-029", 1)
    {
        Title = "Written aftercare given; red flags if at-risk region", Area = "aftercare", Severity = RuleSeverity.Major,
        Asks = "Aftercare was given in writing and, where a muscle over the lungs was needled, with its red flags.",
        Fields = ["aftercare_given", "red_flags_given", "muscles"],
        Evidence = "onset often hours to next day", Source = "HQCA 2014; Ghent 2024", InLeaflet = "partly",
        Check = t => Rules.AllOf(t.Session.AftercareGiven, t.Session.RedFlagsGiven == true || t.OverLungs == false ? true : t.OverLungs is null ? null : t.Session.RedFlagsGiven),
    };

    public static readonly IReadOnlyList<ProtocolRule> All = [Observed, Pressure, Aftercare];
}
