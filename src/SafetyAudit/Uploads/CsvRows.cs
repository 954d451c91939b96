using System.Text;
using System.Text.Unicode;
using CsvHelper;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>
/// The rows of a CSV file, one after the other, in bounded memory whatever the file holds. A broken row spoils itself and no other: after a quote that is
/// never closed, reading goes on at the next line.
/// </summary>
/// <remarks>RFC 4180 with commas, UTF-8. Row numbers count rows after the header; line numbers count lines of the file from 1.</remarks>
sealed class CsvRows : Rows
{
    /// <summary>Longest row, in bytes: ten times what all columns at their longest could need in practice.</summary>
    public const int LongestRow = 256 * 1024;

    /// <summary>Most columns that a header may have.</summary>
    public const int MostColumns = 200;

    /// <summary>After so many broken quotes a line break always ends the row, so that a hostile file can't make reading start over for ever.</summary>
    const int MostRestarts = 1000;

    readonly Func<Stream> content;
    readonly Dictionary<long, CsvMalformedReason> malformed = [];
    CsvReader reader;
    long baseOffset, baseLine, nextStart;
    int restarts;

    CsvRows(Func<Stream> content, CsvReader reader, IReadOnlyList<string> headers) => (this.content, this.reader, Headers) = (content, reader, headers);

    public override IReadOnlyList<string> Headers { get; }

    public override long Position => nextStart;

    /// <summary>Opens a file and reads its header.</summary>
    /// <param name="content">Opens the file's bytes at their beginning, as often as asked; the stream can seek, and buffers what it reads.</param>
    /// <exception cref="FileRefusedException">The file as a whole can't be read as such a CSV file.</exception>
    public static CsvRows Open(Func<Stream> content)
    {
        RefuseOtherEncodings(content);
        CsvRows? rows = null;
        // The header itself may be malformed: then no rows are there yet to note it in, and its names fit no record.
        var reader = Start(content, 0, lineBreaksInQuotes: true, hasHeader: true, m => rows?.Note(m));
        try
        {
            string[] headers;
            try { headers = [.. reader.Headers]; }
            catch (CsvFormatException) { throw new FileRefusedException($"The header line is longer than {LongestRow / 1024} kB. Save the file as CSV with one header row."); }
            if (headers.Length > MostColumns) throw new FileRefusedException($"The header has {headers.Length:N0} columns; a file may have {MostColumns}. Remove the columns that are not records.");
            if (headers.Length == 0 || headers.All(string.IsNullOrWhiteSpace)) throw new FileRefusedException("The file is empty. It needs a header row and one row per record.");
            if (headers.Length == 1 && headers[0].Count(c => c is ';' or '\t' or '|') >= 2) throw new FileRefusedException("The columns are not separated by commas. Save the file as CSV with commas (in a spreadsheet: \"CSV UTF-8 (comma delimited)\").");
            for (int i = 0; i < headers.Length; i++) headers[i] = headers[i].Trim();
            return rows = new CsvRows(content, reader, headers) { nextStart = EndOfFirstLine(content) };
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The cells of one row, as the texts that they stand for.</summary>
    public static IReadOnlyList<string> CellsOf(string row)
    {
        using var reader = CsvReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(row)), Options(lineBreaksInQuotes: true, hasHeader: false, _ => { }), leaveOpen: false);
        try
        {
            return !reader.Read() ? [] : [.. Enumerable.Range(0, reader.FieldCount).Select(i => Encoding.UTF8.GetString(CsvText.In(reader.GetSpan(i))))];
        }
        catch (CsvFormatException)
        {
            return [];
        }
    }

    /// <summary>A plain file, for <see cref="Open"/>.</summary>
    public static Func<Stream> Plain(string path) => () =>
        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 64 * 1024, FileOptions.SequentialScan);

    public override bool Read()
    {
        Problem = null;
        try
        {
            if (!reader.Read()) return false;
        }
        catch (CsvFormatException)
        {
            StartOfTooLongRow();
            return true;
        }
        Line = baseLine + reader.LineNumber;
        long start = baseOffset + reader.ByteOffset;
        var raw = reader.RawRecord;
        nextStart = start + raw.Length;

        bool brokenQuote = malformed.Remove(Line, out var reason) && reason != CsvMalformedReason.StrayQuote;
        int firstBreak = raw.IndexOfAny((byte)'\n', (byte)'\r');
        if (firstBreak >= 0 && (brokenQuote || reader.FieldCount != Headers.Count))
        {
            // A quote opened here was closed, if at all, lines below: what lies between are rows of their own.
            Text = Readable(raw[..firstBreak]);
            Problem = new(ReasonCode.QuoteNotClosed, null, null, "A quotation mark is opened and not closed on this line. Close it, or double it where it is part of the text.");
            Restart(start + firstBreak);
            return true;
        }
        if (brokenQuote) Problem = new(ReasonCode.QuoteNotClosed, null, null, "Text follows a closing quotation mark. Double the quotation marks that are part of the text.");
        else if (reader.FieldCount > Headers.Count) Problem = new(ReasonCode.TooManyFields, null, null, $"The row has {reader.FieldCount:N0} cells, the header {Headers.Count}. Quote cells that hold commas.");
        else if (reader.FieldCount < Headers.Count) Problem = new(ReasonCode.TooFewFields, null, null, $"The row has {reader.FieldCount:N0} cells, the header {Headers.Count}. Add the empty cells.");
        else if (!Utf8.IsValid(raw)) Problem = new(ReasonCode.NotUtf8, null, null, $"The row has bytes that are not UTF-8, the first at byte {start + InvalidAt(raw):N0} of the file. Save the file as UTF-8.");
        else if (raw.Contains((byte)0)) Problem = new(ReasonCode.ForbiddenCharacter, null, null, "The row has a NUL character. Remove it.");
        Text = null;
        return true;
    }

    public override int Length => reader.RawRecord.Length;

    public override ReadOnlySpan<byte> Cell(int column) => reader.GetSpan(column);

    public override ReadOnlySpan<byte> Raw => Text is null ? reader.RawRecord : base.Raw;

    public override string Original() => Text ?? Readable(reader.RawRecord);

    string? Text { get; set; }

    public override void Dispose() => reader.Dispose();

    void Note(CsvMalformedRecord record) => malformed[record.LineNumber + baseLine] = record.Reason;

    static CsvReader Start(Func<Stream> content, long offset, bool lineBreaksInQuotes, bool hasHeader, Action<CsvMalformedRecord> onMalformed)
    {
        var stream = content();
        stream.Position = offset;
        return CsvReader.Create(stream, Options(lineBreaksInQuotes, hasHeader, onMalformed), leaveOpen: false);
    }

    static CsvReaderOptions Options(bool lineBreaksInQuotes, bool hasHeader, Action<CsvMalformedRecord> onMalformed) => new()
    {
        Separator = ',',
        HasHeader = hasHeader,
        Encoding = Encoding.UTF8,
        AllowLineBreaksInQuotes = lineBreaksInQuotes,
        MaxRecordSize = LongestRow,
        TrackLineNumbers = true,
        IncludeValuesInExceptions = false,
        DetectSeparatorHint = false,
        SkipEmptyLines = true,
        MalformedData = CsvMalformedDataHandling.Recover,
        FieldCountMismatch = CsvFieldCountHandling.Allow,
        OnMalformedRecord = onMalformed,
    };

    // A row that does not end within the limit: its first line is set aside and reading goes on at the next.
    void StartOfTooLongRow()
    {
        using var stream = content();
        stream.Position = nextStart;
        var head = new byte[QuarantinedRow.LongestText];
        int length = 0, next;
        long line = LinesBefore(nextStart);
        while ((next = stream.ReadByte()) is '\r' or '\n') if (next == '\n') line++;
        for (; next is not (-1 or '\n'); next = stream.ReadByte()) if (length < head.Length) head[length++] = (byte)next;
        Line = line;
        Text = Readable(head.AsSpan(0, length));
        Problem = new(ReasonCode.RowTooLong, null, null, $"The row is longer than {LongestRow / 1024} kB: a quotation mark is not closed, or a cell is far too long.");
        Restart(stream.Position);
    }

    void Restart(long offset)
    {
        long lines = LinesBefore(offset);
        reader.Dispose();
        malformed.Clear();
        restarts++;
        reader = Start(content, offset, lineBreaksInQuotes: restarts < MostRestarts, hasHeader: false, Note);
        (baseOffset, baseLine, nextStart) = (offset, lines - 1, offset);
    }

    long countedTo, linesCounted = 1;

    // 1-based line on which a byte lies; offsets only grow, so no byte is counted twice.
    long LinesBefore(long offset)
    {
        using var stream = content();
        stream.Position = countedTo;
        for (; countedTo < offset; countedTo++) if (stream.ReadByte() == '\n') linesCounted++;
        return linesCounted;
    }

    static long EndOfFirstLine(Func<Stream> content)
    {
        using var stream = content();
        int next;
        do next = stream.ReadByte(); while (next is not (-1 or '\n'));
        return next < 0 ? stream.Length : stream.Position - 1;
    }

    static void RefuseOtherEncodings(Func<Stream> content)
    {
        Span<byte> head = stackalloc byte[4096];
        using var stream = content();
        head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        if (head.IsEmpty) throw new FileRefusedException("The file is empty. It needs a header row and one row per record.");
        if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || head.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])) throw new FileRefusedException("The file is UTF-16. Save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\").");
        // ZIP and the newer spreadsheets, older ones, gzip, 7-Zip, RAR. They are not looked into.
        if (head.StartsWith("PK"u8) && head.Length > 2 && head[2] < ' ' || head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]) || head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B])
            || head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xBC, 0xAF]) || head.StartsWith("Rar!"u8))
            throw new FileRefusedException("The file is a spreadsheet or an archive, not CSV. Save the sheet as \"CSV UTF-8 (comma delimited)\".");
        if (head.StartsWith("%PDF"u8)) throw new FileRefusedException("The file is a PDF, not CSV. Export the records themselves, as \"CSV UTF-8 (comma delimited)\".");
        if (head.TrimStart("\uFEFF \t\r\n"u8) is [(byte)'<' or (byte)'{' or (byte)'[', ..])
            throw new FileRefusedException("The file is a web page, XML or JSON, not CSV. Export the records as \"CSV UTF-8 (comma delimited)\".");
        int lineEnd = head.IndexOf((byte)'\n');
        var first = lineEnd < 0 ? head : head[..lineEnd];
        if (first.Contains((byte)0)) throw new FileRefusedException("The header has NUL characters: the file is not text, or not UTF-8. Save it as CSV in UTF-8.");
    }

    static int InvalidAt(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out int length) == System.Buffers.OperationStatus.Done) at += length;
        return at;
    }
}

/// <summary>A file is refused as a whole; the message says why and what to do.</summary>
public class FileRefusedException(string message) : Exception(message);

/// <summary>The file can be read, and its columns are none of ours: someone may say which is which.</summary>
public sealed class ColumnsUnknownException(string message) : FileRefusedException(message);
