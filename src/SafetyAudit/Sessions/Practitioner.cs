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

    /// <summary>What they are called: by their names, and namesakes by their ids too, so that nobody is taken for somebody else.</summary>
    /// <param name="named">Names by practitioner id, of everybody who may stand beside each other.</param>
    public static Dictionary<string, string> ToldApart(IReadOnlyDictionary<string, string> named)
    {
        var shared = named.Values.GroupBy(name => name).Where(g => g.Skip(1).Any()).Select(g => g.Key).ToHashSet();
        return named.ToDictionary(n => n.Key, n => shared.Contains(n.Value) ? $"{n.Value} ({n.Key})" : n.Value);
    }
}
