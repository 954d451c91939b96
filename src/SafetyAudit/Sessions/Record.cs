namespace SafetyAudit.Sessions;

/// <summary>
/// What every record of care keeps about itself: where it came from (upload and line), when it reached us, and which version it is.
/// Records are never overwritten: other content under the same id becomes the next version, and the older one is marked superseded.
/// </summary>
public abstract class Record
{
    public long Id { get; set; }

    public long UploadId { get; set; }

    /// <summary>1-based line of the file on which the record starts.</summary>
    public long Line { get; set; }

    /// <summary>When the record reached us: the other of the two times every record has, beside when it was true.</summary>
    public DateTime ReceivedAtUtc { get; set; }

    /// <summary>1 for the first content seen under this id, then 2, 3, …</summary>
    public int Version { get; set; } = 1;

    /// <summary>When a later version took this one's place; empty for the current version.</summary>
    public DateTime? SupersededAtUtc { get; set; }

    /// <summary>Fingerprint of the content, so that the same row sent again is recognised as the same.</summary>
    public byte[] Digest { get; set; } = [];
}
