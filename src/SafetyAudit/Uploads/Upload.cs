using SafetyAudit.AuditTrail;

namespace SafetyAudit.Uploads;

/// <summary>What a file holds.</summary>
public enum RecordKind { Sessions, Events, Practitioners, FollowUps, Patients }

public enum UploadStatus
{
    /// <summary>Its bytes are kept; a worker will take it.</summary>
    Received,
    /// <summary>Being read. Nothing of it is counted yet.</summary>
    Processing,
    /// <summary>All of it is read, and its good rows count.</summary>
    Completed,
    /// <summary>Refused as a whole, or given up; nothing of it counts.</summary>
    Failed,
    /// <summary>Its bytes are kept; its columns are none of ours, and someone has to say which is which.</summary>
    NeedsColumns,
    /// <summary>Taken back before all of it was read; nothing of it ever counted.</summary>
    Cancelled,
    /// <summary>Counted, and was taken back: its versions stay readable and count no more.</summary>
    Undone,
}

/// <summary>How an upload came about. What is done by hand goes the way of a file, with one row.</summary>
public enum UploadPurpose
{
    File,
    /// <summary>Someone put one record right.</summary>
    Correction,
    /// <summary>Someone said that one record should not be there: its row is a version that counts nowhere, and those before it count no more.</summary>
    Withdrawal,
}

/// <summary>One file that reached us, and how far its reading has come. Its bytes are kept under their fingerprint.</summary>
/// <remarks>The trail is told of its arrival, of each batch stored and of its end; how far reading has come in between is nobody's doing.</remarks>
public sealed class Upload
{
    public long Id { get; set; }
    public required string FileName { get; set; }
    public RecordKind Kind { get; set; }

    /// <summary>What makes its columns ours; empty for a file of our own layout.</summary>
    public long? MappingId { get; set; }

    /// <summary>The clinic it was sent for; empty when its rows name their own.</summary>
    public string? ClinicId { get; set; }

    /// <summary>
    /// HMAC-SHA-256 of the bytes, lower-case hexadecimal, with the number of the key in front; also the name under which they are kept. A plain hash would let
    /// whoever reads the database try out which patient's id stood in a short file.
    /// </summary>
    public required string Fingerprint { get; set; }

    public long Bytes { get; set; }
    public DateTime ReceivedAtUtc { get; set; }
    public required string ReceivedBy { get; set; }
    public UploadPurpose Purpose { get; set; }

    /// <summary>Why the record was corrected or withdrawn, as the person said.</summary>
    public string? Why { get; set; }

    /// <summary>The version that was looked at when it was corrected by hand: where another one counts by then, nothing is changed.</summary>
    public int? CorrectsVersion { get; set; }

    /// <summary>Whether nothing of it is to count when a row of it is rejected.</summary>
    public bool AllOrNothing { get; set; }

    /// <summary>When it was cancelled, or undone.</summary>
    public DateTime? TakenBackAtUtc { get; set; }
    public string? TakenBackBy { get; set; }
    public string? TakenBackWhy { get; set; }

    [Unaudited] public UploadStatus Status { get; set; }

    /// <summary>When its good rows began to count.</summary>
    [Unaudited] public DateTime? CompletedAtUtc { get; set; }

    /// <summary>Why it was refused, in words that say what to do.</summary>
    [Unaudited] public string? Failure { get; set; }

    /// <summary>Header names that no record has; their cells stay in the kept file and are used nowhere.</summary>
    [Unaudited] public string UnknownColumns { get; set; } = "";

    /// <summary>Rows read so far; reading goes on after this many.</summary>
    [Unaudited] public long RowsRead { get; set; }

    /// <summary>Bytes of the file behind those rows.</summary>
    [Unaudited] public long BytesRead { get; set; }

    /// <summary>When reading was begun first.</summary>
    [Unaudited] public DateTime? StartedAtUtc { get; set; }
    [Unaudited] public long RowsNew { get; set; }
    [Unaudited] public long RowsSame { get; set; }
    [Unaudited] public long RowsChanged { get; set; }
    [Unaudited] public long RowsRejected { get; set; }

    /// <summary>Raised by each claim. A worker that was overtaken finds another number here and stops before it can write.</summary>
    [Unaudited] public int Epoch { get; set; }

    /// <summary>Until when the claim holds without a sign of life.</summary>
    [Unaudited] public DateTime? ClaimedUntilUtc { get; set; }

    /// <summary>Rows a second so far and the time that is left, as far as reading has come; nothing before it has come anywhere.</summary>
    public (double RowsPerSecond, TimeSpan Left)? Pace(DateTime nowUtc)
    {
        if (Status != UploadStatus.Processing || StartedAtUtc is not { } started || BytesRead <= 0 || nowUtc <= started) return null;
        var elapsed = nowUtc - started;
        return (RowsRead / elapsed.TotalSeconds, elapsed * (Math.Max(0, Bytes - BytesRead) / (double)BytesRead));
    }

    /// <summary>How often reading was begun; a file that keeps stopping its worker is given up in the end.</summary>
    [Unaudited] public int Attempts { get; set; }
}

/// <summary>What the trail is told of a file that was read to its end; its row must say the same ever after.</summary>
public sealed record ReadRows(DateTime? CompletedAtUtc, long RowsRead, long RowsNew, long RowsSame, long RowsChanged, long RowsRejected)
{
    public static ReadRows Of(Upload upload) => new(upload.CompletedAtUtc, upload.RowsRead, upload.RowsNew, upload.RowsSame, upload.RowsChanged, upload.RowsRejected);
}
