using static SafetyAudit.Protocol.Outcome;

namespace SafetyAudit.Protocol;

/// <summary>What was asked before needling, and what follows from the answers.</summary>
public static class ScreeningRules
{
    /// <summary>Contraindications that rule a session out (ISCP 2012; APTA 2013; ASAP), unless the clinic laid down its own.</summary>
    public static readonly IReadOnlyList<string> Absolute = ["refusal", "needle_phobia", "no_capacity", "emergency", "local_infection", "lymphoedema"];

    /// <summary>Contraindications that ask for a reason and a precaution (ISCP 2012; ASAP), unless the clinic laid down its own.</summary>
    public static readonly IReadOnlyList<string> Relative =
        ["anticoagulant", "bleeding_disorder", "immunosuppression", "diabetes", "pregnancy", "epilepsy", "implants", "recent_surgery", "prior_adverse_reaction", "metal_allergy", "under_age"];

    const string None = "none";

    static readonly SessionRule Screened = new("PR-008", 1)
    {
        Title = "Screening done and within validity", Area = "screening", Severity = RuleSeverity.Major,
        Asks = "Screening was complete, before the first needle, and no older than the clinic set.",
        Fields = ["screening_at", "screening_complete", "first_needle_at", "started_at"], Settings = [nameof(ClinicProtocol.ScreeningValidDays)],
        Evidence = "guideline", Source = "Leaflet; ISCP 2012; Kearns 2019", InLeaflet = "yes",
        Check = t => Rules.AllOf(t.Session.ScreeningComplete,
            Rules.ByFirstNeedle(t.Session.ScreeningAtUtc, t.Session),
            t.Session.ScreeningAtUtc is not { } at ? null : t.Clinic.ScreeningValidDays is not { } days || at >= t.DayStartsUtc.AddDays(-days)),
    };

    // Screening that asks for one and leaves out the other is a failure; no screening data at all is not recorded.
    static readonly SessionRule BleedingRisk = new("PR-009", 1)
    {
        Title = "Bleeding disorder and anticoagulant status recorded", Area = "screening", Severity = RuleSeverity.Major,
        Asks = "Both are recorded; one without the other is a failure.",
        Fields = ["anticoagulant_class", "bleeding_disorder"],
        Evidence = "warfarin aOR 4.95; DOAC 3.07; heparin 3.72", Source = "Leaflet; Hsieh 2023; Munoz 2022", InLeaflet = "yes",
        Check = t => (t.Session.AnticoagulantClass is "unknown" ? null : t.Session.AnticoagulantClass, t.Session.BleedingDisorder) switch { (null, null) => NotRecorded, (not null, not null) => Pass, _ => Fail },
    };

    static readonly SessionRule Anticoagulated = new("PR-010", 1)
    {
        Title = "Anticoagulated patient: no deep non-compressible site without ultrasound or documented reason", Area = "screening", Severity = RuleSeverity.Major,
        Asks = "A patient on warfarin, a DOAC or heparin is needled in the clinic’s deep muscles only under ultrasound or with a risk note.",
        NotApplicableWhen = "not anticoagulated; no deep muscles set",
        Fields = ["anticoagulant_class", "muscles", "ultrasound_guided", "risk_note"], Settings = [nameof(ClinicProtocol.DeepNonCompressibleMuscles)],
        Evidence = "APTA caution on deep muscles; not an absolute contraindication", Source = "APTA 2013 via Myopain Seminars; Munoz 2022", InLeaflet = "partly",
        Check = t =>
        {
            if (t.Clinic.DeepNonCompressibleMuscles is not { } deep || t.Anticoagulated == false) return NotApplicable;
            if (t.Anticoagulated is null) return NotRecorded;
            if (t.Session.UltrasoundGuided == true || t.HasRiskNote) return Pass;
            if (t.Session.Regions.Any(r => r.Muscle is { } muscle && deep.Contains(muscle))) return t.Session.UltrasoundGuided is null ? NotRecorded : Fail;
            return t.Session.Regions.Count == 0 || t.Session.Regions.Any(r => r.Muscle is null) ? NotRecorded : Pass;
        },
    };

    static readonly SessionRule MetalAllergy = new("PR-011", 1)
    {
        Title = "Metal allergy asked; alternative needle or documented decision if positive", Area = "screening", Severity = RuleSeverity.Minor,
        Asks = "Metal allergy was asked about; where there is one, the needle was not of stainless steel, or a risk note says why.",
        Fields = ["metal_allergy", "needle_material", "risk_note"],
        Evidence = "3/65482 suspected dermatitis", Source = "Leaflet; Yamashita 1999", InLeaflet = "yes",
        Check = t => t.Session.MetalAllergy switch
        {
            null => NotRecorded,
            false => Pass,
            true => t.HasRiskNote ? Pass : Rules.Judge(t.Session.NeedleMaterial switch
            {
                "stainless" or "stainless_steel" or "steel" or "surgical_steel" => false, "gold" or "silver" or "titanium" or "platinum" or "plastic" => true, _ => null,
            }),
        },
    };

    static readonly SessionRule NoAbsolute = new("PR-012", 1)
    {
        Title = "Absolute contraindication blocks session", Area = "screening", Severity = RuleSeverity.Critical,
        Asks = "None of the screening flags is an absolute contraindication. A flag in words of its own may be one, and leaves it open.",
        Fields = ["screen_flags"], Settings = [nameof(ClinicProtocol.AbsoluteContraindications)],
        Evidence = "guideline: needle phobia, refusal, no capacity, emergency, local lymphoedema or infection", Source = "ISCP 2012; APTA; ASAP (details from memory)", InLeaflet = "partly",
        Check = t => t.Session.ScreenFlags is not { } flags ? NotRecorded
            : flags.Any(AbsoluteOf(t).Contains) ? Fail
            : flags.All(f => IsKnown(t, f)) ? Pass : NotRecorded,
    };

    static readonly SessionRule RelativeExplained = new("PR-013", 1)
    {
        Title = "Relative contraindication carries a reason and precaution", Area = "screening", Severity = RuleSeverity.Major,
        Asks = "Where a screening flag is a relative contraindication, there is a risk note.",
        NotApplicableWhen = "no relative flag",
        Fields = ["screen_flags", "risk_note"], Settings = [nameof(ClinicProtocol.RelativeContraindications)],
        Evidence = "guideline", Source = "ISCP 2012; ASAP", InLeaflet = "partly",
        Check = t => t.Session.ScreenFlags is not { } flags ? NotRecorded
            : flags.Any(RelativeOf(t).Contains) ? t.HasRiskNote ? Pass : Fail
            : flags.All(f => IsKnown(t, f)) ? NotApplicable : NotRecorded,
    };

    static readonly SessionRule Pregnancy = new("PR-014", 1)
    {
        Title = "Pregnancy status recorded; precaution regions respected", Area = "screening", Severity = RuleSeverity.Major,
        Asks = "Pregnancy status is recorded; in pregnancy the clinic’s precaution regions, where it set them, are needled only with a risk note.",
        NotApplicableWhen = "not applicable by sex or age rule: male in the risk profile, or older than the age set",
        Fields = ["pregnancy_status", "regions", "muscles", "risk_note", "sex", "birth_decade"], Settings = [nameof(ClinicProtocol.PregnancyPrecautionRegions), nameof(ClinicProtocol.PregnancyAskedToAge)],
        Evidence = "guideline precaution; systematic review found few events", Source = "AACP 2012; Park 2014", InLeaflet = "no",
        Check = t =>
        {
            bool? pregnant = t.Session.PregnancyStatus switch
            {
                "pregnant" or "yes" or "first_trimester" or "second_trimester" or "third_trimester" => true, "not_pregnant" or "no" or "none" => false, _ => null,
            };
            if (pregnant != true && (t.Risk?.Sex is "male" or "m" || t.Session.PregnancyStatus is "not_applicable" || IsBeyondAge(t))) return NotApplicable;
            if (pregnant != true) return pregnant is null ? NotRecorded : Pass;
            if (t.HasRiskNote || t.Clinic.PregnancyPrecautionRegions is not { } regions) return Pass;
            if (t.Session.Regions.Any(r => r.Region is { } region && regions.Contains(region) || r.Muscle is { } muscle && regions.Contains(muscle))) return Fail;
            // What the list names may be a region or a muscle: a place of which one is not recorded may be on it.
            return t.Session.Regions.Count == 0 || t.Session.Regions.Any(r => r.Region is null || r.Muscle is null) ? NotRecorded : Pass;
        },
    };

    static readonly SessionRule Estim = new("PR-038", 1)
    {
        Title = "Electrical stimulation contraindications checked", Area = "screening", Severity = RuleSeverity.Major,
        Asks = "With electrical stimulation, a pacemaker was asked about.",
        NotApplicableWhen = "no e-stim",
        Fields = ["estim", "pacemaker_checked"],
        Evidence = "guideline (memory)", Source = "ASAP; ISCP 2012", InLeaflet = "no",
        Check = t => t.Session.Estim switch { null => NotRecorded, false => NotApplicable, true => Rules.Judge(t.Session.PacemakerChecked) },
    };

    static IReadOnlyList<string> AbsoluteOf(Treatment t) => t.Clinic.AbsoluteContraindications ?? Absolute;

    static IReadOnlyList<string> RelativeOf(Treatment t) => t.Clinic.RelativeContraindications ?? Relative;

    static bool IsKnown(Treatment t, string flag) => flag == None || AbsoluteOf(t).Contains(flag) || RelativeOf(t).Contains(flag) || Relative.Contains(flag);

    // The youngest that someone of the decade can be.
    static bool IsBeyondAge(Treatment t) => t.Clinic.PregnancyAskedToAge is { } age && t.Risk?.BirthDecade is { } decade && t.Session.Date.Year - (decade + 9) - 1 > age;

    public static readonly IReadOnlyList<ProtocolRule> All = [Screened, BleedingRisk, Anticoagulated, MetalAllergy, NoAbsolute, RelativeExplained, Pregnancy, Estim];
}
