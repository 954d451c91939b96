using SafetyAudit.AuditTrail;

namespace SafetyAudit.Reports;

/// <summary>How far a report has come.</summary>
public enum ReportState
{
    /// <summary>Its instant is fixed and its files are kept; until it is signed it is a draft.</summary>
    Frozen,
    /// <summary>Somebody put their name to it.</summary>
    Signed,
    /// <summary>It was given out.</summary>
    Issued,
}

/// <summary>A compliance report as a record: what it is about, who froze, signed and issued it, and the hash that stands for its files. Never changed otherwise.</summary>
public sealed class Report
{
    public long Id { get; set; }

    /// <summary>Name of the period, such as 2026Q3.</summary>
    public required string Period { get; set; }

    public Audience Audience { get; set; }

    /// <summary>The clinic it is about; empty for all.</summary>
    public string? ClinicId { get; set; }

    public DateTime AsKnownUtc { get; set; }
    public ReportState State { get; set; }
    public required string ProgramVersion { get; set; }

    /// <summary>SHA-256 of the manifest, which names the hash of every file.</summary>
    public required string ManifestHash { get; set; }

    public DateTime FrozenAtUtc { get; set; }
    public required string FrozenBy { get; set; }
    public DateTime? SignedAtUtc { get; set; }
    public string? SignedBy { get; set; }
    public DateTime? IssuedAtUtc { get; set; }
    public string? IssuedBy { get; set; }

    /// <summary>The schedule by which it was frozen; empty where somebody did.</summary>
    public long? ScheduleId { get; set; }

    /// <summary>Whom it was given to.</summary>
    public string? IssuedTo { get; set; }

    /// <summary>The question that gives it again.</summary>
    public ReportQuestion Question => new(ReportPeriod.Parse(Period)!, Audience, AsKnownUtc, ClinicId);
}

/// <summary>The bytes of a frozen report's file. What they are stands in the trail by the hash of the report's manifest.</summary>
[Unaudited]
public sealed class KeptReportFile
{
    public long ReportId { get; set; }
    public required string Name { get; set; }

    /// <summary>The report's clinic.</summary>
    public string? ClinicId { get; set; }

    public required byte[] Content { get; set; }
}
