using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>Rows that are stored together: read and checked, each good one with its bytes as they came, should it be turned down after all.</summary>
sealed class RowBatch<T> where T : Record, new()
{
    readonly List<(int From, int Length)> places = [];
    byte[] bytes = new byte[64 * 1024];
    int used;

    /// <summary>Rows that pass their own checks.</summary>
    public List<T> Records { get; } = [];

    public List<QuarantinedRow> Rejected { get; } = [];

    public int Count => Records.Count + Rejected.Count;

    /// <summary>Bytes of the file up to its last row.</summary>
    public long Position { get; private set; }

    /// <summary>Names in the file, up to its last row, that are no column.</summary>
    public string UnknownColumns { get; private set; } = "";

    /// <summary>Whether the file may go on after it.</summary>
    public bool More { get; private set; }

    /// <summary>A good row as text, as it stands in the file.</summary>
    public string TextOf(int record) => Rows.Readable(bytes.AsSpan(places[record].From, places[record].Length));

    /// <summary>Reads the next rows in the place of those held. Changes neither the database nor the upload, and what it asks goes over a connection of its own, so it may run while others are stored.</summary>
    /// <param name="rows">The file.</param>
    /// <param name="intake">Its kind of record.</param>
    /// <param name="places">Where each column stands in the file.</param>
    /// <param name="upload">Whose rows they are.</param>
    /// <param name="context">What the checks need to know.</param>
    /// <param name="scratch">For the digests.</param>
    /// <param name="mostRows">Rows to read at most.</param>
    /// <param name="mostBytes">Bytes after which no further row is read.</param>
    /// <param name="ct">Stops the reading.</param>
    public RowBatch<T> Read(Rows rows, Intake<T> intake, int[] places, Upload upload, RowContext context, MemoryStream scratch, long mostRows, long mostBytes, CancellationToken ct)
    {
        Records.Clear();
        Rejected.Clear();
        this.places.Clear();
        used = 0;
        More = true;
        var reasons = new List<Reason>();
        for (long held = 0; Count < mostRows && held < mostBytes; held += rows.Length)
        {
            ct.ThrowIfCancellationRequested();
            if (!rows.Read())
            {
                More = false;
                break;
            }
            reasons.Clear();
            T? record = null;
            if (rows.Problem is { } problem) reasons.Add(problem);
            else
            {
                record = intake.Layout.Read(rows, places, context, reasons);
                intake.Check(record, context, reasons);
            }
            rows.Complete(reasons);
            if (reasons.Count > 0)
            {
                Rejected.Add(ProcessUploads.Quarantine(upload, rows.Line, record is null ? null : intake.IdOf(record), record is null ? null : context.Known(intake.ClinicOf(record)), rows.Original(), reasons));
                continue;
            }
            record!.UploadId = upload.Id;
            record.Line = rows.Line;
            record.ReceivedAtUtc = context.NowUtc;
            if (!intake.SettlesContent) record.Digest = intake.Layout.Digest(record, scratch);
            Records.Add(record);
            Keep(rows.Raw);
        }
        Position = rows.Position;
        UnknownColumns = string.Join(", ", intake.Layout.Unknown(rows.Named));
        return this;
    }

    void Keep(ReadOnlySpan<byte> raw)
    {
        if (raw.Length > QuarantinedRow.LongestText) raw = raw[..QuarantinedRow.LongestText];
        if (bytes.Length - used < raw.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, used + raw.Length));
        raw.CopyTo(bytes.AsSpan(used));
        places.Add((used, raw.Length));
        used += raw.Length;
    }
}
