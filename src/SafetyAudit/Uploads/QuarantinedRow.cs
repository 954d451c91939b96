namespace SafetyAudit.Uploads;

public enum QuarantineClosure
{
    /// <summary>The record came in later under the same id.</summary>
    Accepted,
    /// <summary>The same row was sent and rejected again; the newer one stands for it.</summary>
    SentAgain,
}

/// <summary>A row that was not taken, with its text as it came and every reason.</summary>
public sealed class QuarantinedRow
{
    public long Id { get; set; }
    public long UploadId { get; set; }
    public RecordKind Kind { get; set; }
    public long Line { get; set; }

    /// <summary>The record's id where the row has a readable one.</summary>
    public string? RecordId { get; set; }

    /// <summary>The clinic the row belongs to, where that is known.</summary>
    public string? ClinicId { get; set; }

    /// <summary>The row as it stands in the file; cut where it is longer than <see cref="LongestText"/>.</summary>
    public required string Text { get; set; }

    public byte[] TextDigest { get; set; } = [];

    /// <summary>Every reason why it was not taken.</summary>
    public IReadOnlyList<Reason> Reasons { get; set; } = [];

    public DateTime ReceivedAtUtc { get; set; }
    public DateTime? ClosedAtUtc { get; set; }
    public QuarantineClosure? Closure { get; set; }

    public const int LongestText = 16_384;
}
