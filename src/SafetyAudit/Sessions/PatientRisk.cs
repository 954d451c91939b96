namespace SafetyAudit.Sessions;

/// <summary>What raises a patient's risk, as it stood from a date on. Pseudonymous: no name, no exact birth date.</summary>
public sealed class PatientRisk : Record
{
    public string PatientId { get; set; } = "";

    /// <summary>The clinic that knows it. Two clinics that treat the same patient each have their own.</summary>
    public string ClinicId { get; set; } = "";

    public DateOnly ValidFrom { get; set; }
    public int? BirthDecade { get; set; }
    public string? Sex { get; set; }
    public string? BmiBand { get; set; }
    public string? AnticoagulantClass { get; set; }
    public bool? BleedingDisorder { get; set; }
    public bool? MetalAllergy { get; set; }
    public bool? NeedlePhobia { get; set; }
    public bool? PriorSyncope { get; set; }
    public bool? ThoracicSurgery { get; set; }
    public bool? LungDisease { get; set; }
    public bool? Immunosuppressed { get; set; }
    public bool? Diabetes { get; set; }
    public bool? Implants { get; set; }
}
