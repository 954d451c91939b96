namespace SafetyAudit.Host.Demo;

/// <summary>A synthetic patient: one complaint, the answers to the screening questions, and the visits still to come.</summary>
internal sealed class DemoPatient
{
    public required int Number { get; init; }
    public required string Region { get; init; }
    public required string Side { get; init; }
    public required string AnticoagulantClass { get; init; }
    public required bool BleedingDisorder { get; init; }
    public required bool MetalAllergy { get; init; }
    public required bool NeedleAnxiety { get; init; }
    public required bool PriorSyncope { get; init; }
    public required string Pregnancy { get; init; }
    public required string? OtherFlag { get; init; }

    public int VisitsToCome { get; set; }
    public DateOnly LastVisit { get; set; }
    public bool Treated { get; set; }

    /// <summary>Relative contraindications only: an absolute one ends the appointment before there is a session.</summary>
    public IEnumerable<string> Flags
    {
        get
        {
            if (Anticoagulated) yield return "anticoagulant";
            if (BleedingDisorder) yield return "bleeding_disorder";
            if (MetalAllergy) yield return "metal_allergy";
            if (Pregnancy == "pregnant") yield return "pregnancy";
            if (OtherFlag is not null) yield return OtherFlag;
        }
    }

    public bool Anticoagulated => AnticoagulantClass is "warfarin" or "doac" or "heparin";

    public static DemoPatient New(int number, DemoPractitioner practitioner, Random random) => new()
    {
        Number = number,
        Region = random.Pick(practitioner.Permitted).Region,
        Side = random.NextDouble() switch { < 0.44 => "left", < 0.88 => "right", _ => "both" },
        AnticoagulantClass = random.NextDouble() switch
        {
            < 0.88 => "none", < 0.945 => "antiplatelet", < 0.982 => "doac", < 0.995 => "warfarin", _ => "heparin",
        },
        BleedingDisorder = random.Chance(0.003),
        MetalAllergy = random.Chance(0.015),
        NeedleAnxiety = random.Chance(0.06),
        PriorSyncope = random.Chance(0.02),
        Pregnancy = random.NextDouble() switch { < 0.58 => "not_applicable", < 0.995 => "not_pregnant", _ => "pregnant" },
        OtherFlag = random.NextDouble() switch
        {
            < 0.045 => "diabetes", < 0.055 => "immunosuppression", < 0.065 => "implants", < 0.07 => "epilepsy", _ => null,
        },
        VisitsToCome = random.Next(2, 10),
    };
}
