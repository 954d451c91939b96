namespace SafetyAudit.Sessions;

public enum LicenceStatus { Active, Lapsed, Suspended, Revoked }

/// <summary>Someone who gives sessions, with credentials. The id is one person's across the installation; the clinic is their home clinic.</summary>
public sealed class Practitioner : Record
{
    public string PractitionerId { get; set; } = "";
    public string? DisplayName { get; set; }
    public string? ClinicId { get; set; }
    public string? Role { get; set; }
    public string? LicenceNumber { get; set; }
    public LicenceStatus? LicenceStatus { get; set; }
    public DateOnly? LicenceIssued { get; set; }
    public DateOnly? LicenceExpires { get; set; }
    public string? Jurisdiction { get; set; }
    public double? YearsLicensed { get; set; }
    public double? TrainingHours { get; set; }
    public int? SupervisedSessions { get; set; }
    public DateOnly? CertifiedOn { get; set; }
    public DateOnly? ThoracicCompetencyOn { get; set; }
    public IReadOnlyList<string>? PermittedMuscles { get; set; }
    public DateOnly? BbpTrainingOn { get; set; }
    public DateOnly? CprExpires { get; set; }
}
