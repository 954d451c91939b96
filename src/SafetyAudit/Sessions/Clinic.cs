namespace SafetyAudit.Sessions;

/// <summary>A clinic. It comes into being when a practitioners file or the command line first names it.</summary>
public sealed class Clinic
{
    /// <summary>The clinic's own code, as in the files (<c>clinic_id</c>).</summary>
    public required string Id { get; set; }

    public required string Name { get; set; }

    /// <summary>IANA time zone: gives an instant without offset its meaning, and every session its local date.</summary>
    public required string TimeZone { get; set; }

    public DateTime AddedAtUtc { get; set; }
}
