using System.IO.Compression;
using System.Text;
using System.Xml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>
/// The rows of the first visible sheet of an XLSX file, as a CSV file of the same layout would have them. Numbers, dates and yes/no cells are taken by their
/// value, not by how they are shown; a formula counts as the value that was last worked out.
/// </summary>
/// <remarks>
/// A row costs what its cells cost; the workbook's list of texts is held in memory. So a workbook that grows to more than <see cref="MostExpansion"/> times its
/// size, or beyond <see cref="LargestExpanded"/>, is refused before any of it is read.
/// </remarks>
sealed class XlsxRows : Rows
{
    const int MostParts = 1000, MostExpansion = 200;
    const long AlwaysExpanded = 64L * 1024 * 1024, LargestExpanded = 2L * 1024 * 1024 * 1024, LargestTexts = 128L * 1024 * 1024, LargestStyles = 8L * 1024 * 1024;

    readonly Stream stream;
    readonly SpreadsheetDocument workbook;
    readonly XlsxCells cells;
    readonly string[] headers;
    readonly List<string> otherSheets = [];
    string[] texts = [];
    byte[][] bytes = [];

    XlsxRows(Stream stream)
    {
        this.stream = stream;
        workbook = SpreadsheetDocument.Open(stream, isEditable: false);
        var book = workbook.WorkbookPart ?? throw new InvalidDataException("no workbook");
        if (!XlsxCells.CanBeHeld(book, LargestStyles) || book.WorkbookStylesPart is { } styles && !XlsxCells.CanBeHeld(styles, LargestStyles)) throw TooLarge();
        var visible = book.Workbook.Descendants<Sheet>().Where(s => s.State is null || s.State == SheetStateValues.Visible).ToList();
        if (visible.Count == 0) throw new FileRefusedException("The workbook has no visible sheet. Show the sheet with the records and save it.");
        otherSheets.AddRange(visible.Skip(1).Select(s => $"sheet “{s.Name}”"));
        cells = new XlsxCells(book, (WorksheetPart)book.GetPartById(visible[0].Id!));
        headers = ReadHeader();
    }

    public override IReadOnlyList<string> Headers => headers;
    public override IReadOnlyList<string> Named => [.. headers, .. otherSheets];
    public override int Length => bytes.Sum(c => c.Length + 1);
    public override long Position => stream.Position;

    /// <summary>Whether a file is such a workbook, by its content.</summary>
    public static bool IsWorkbook(Func<Stream> content)
    {
        using var stream = content();
        Span<byte> head = stackalloc byte[4];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.SequenceEqual("PK\u0003\u0004"u8)) return false;
        try
        {
            using var parts = new ZipArchive(stream, ZipArchiveMode.Read);
            return parts.GetEntry("xl/workbook.xml") is not null;
        }
        catch (InvalidDataException) { return false; }
    }

    /// <exception cref="FileRefusedException">It is no workbook that can be read.</exception>
    public static XlsxRows Open(Func<Stream> content)
    {
        RefuseBombs(content);
        var stream = content();
        try { return Refusing(() => new XlsxRows(stream)); }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public override bool Read()
    {
        while (Refusing(cells.ReadRow))
        {
            Problem = null;
            if (cells.Row.All(c => c.Value.Text.Length == 0)) continue;
            Line = cells.Line;
            TakeRow();
            return true;
        }
        return false;
    }

    public override ReadOnlySpan<byte> Cell(int column) => bytes[column];

    public override string Original() => Readable(Encoding.UTF8.GetBytes(string.Join(',', texts.Select(CsvText.Quoted))));

    public override void Dispose()
    {
        cells.Dispose();
        workbook.Dispose();
        stream.Dispose();
    }

    string[] ReadHeader()
    {
        while (cells.ReadRow())
        {
            var named = cells.Row.Where(c => c.Value.Text.Length > 0).ToDictionary(c => c.Key, c => c.Value.Text.Trim());
            if (named.Count == 0) continue;
            int width = named.Keys.Max() + 1;
            if (width > CsvRows.MostColumns) throw new FileRefusedException($"The header has {width:N0} columns; a file may have {CsvRows.MostColumns}. Remove the columns that are not records.");
            return [.. Enumerable.Range(0, width).Select(i => named.GetValueOrDefault(i, ""))];
        }
        throw new FileRefusedException("The first sheet is empty. It needs a header row and one row per record.");
    }

    void TakeRow()
    {
        texts = new string[headers.Length];
        Array.Fill(texts, "");
        foreach (var (column, (text, wrong)) in cells.Row.OrderBy(c => c.Key))
        {
            if (text.Length == 0) continue;
            if (column < headers.Length) texts[column] = text;
            Problem ??= column >= headers.Length
                ? new(ReasonCode.TooManyFields, null, null, $"The row has a cell in column {column + 1}, beyond the last one that the header names. Name the column, or empty the cell.")
                : wrong switch
                {
                    XlsxCells.Wrong.Error => new(ReasonCode.NotUnderstood, headers[column], text, $"{headers[column]} holds an error instead of a value. Mend the formula, or type the value."),
                    XlsxCells.Wrong.DigitsLost => new(ReasonCode.OutOfRange, headers[column], text, $"{headers[column]} is a number with more digits than a spreadsheet keeps, so the last ones are lost. Format the column as text and type it again."),
                    XlsxCells.Wrong.TooLong => new(ReasonCode.RowTooLong, headers[column], null, $"{headers[column]} is far too long for a cell."),
                    _ => null,
                };
        }
        // As cells of CSV files lose the apostrophe that keeps spreadsheets from running them; these have none to lose.
        bytes = Array.ConvertAll(texts, t => t.Length == 0 ? [] : Encoding.UTF8.GetBytes(CsvText.Out(t)));
        if (Length > CsvRows.LongestRow) Problem ??= new(ReasonCode.RowTooLong, null, null, $"The row is longer than {CsvRows.LongestRow / 1024} kB: a cell is far too long.");
    }

    // By the sizes that the parts say they have; no more of a part is unpacked than it says.
    static void RefuseBombs(Func<Stream> content)
    {
        using var stream = content();
        using var parts = Refusing(() => new ZipArchive(stream, ZipArchiveMode.Read));
        long expanded = 0;
        foreach (var part in parts.Entries)
        {
            expanded += part.Length;
            bool isSheet = part.FullName.StartsWith("xl/worksheets/", StringComparison.OrdinalIgnoreCase);
            bool isTexts = part.FullName.EndsWith("sharedStrings.xml", StringComparison.OrdinalIgnoreCase);
            // Of all other parts the library holds the whole.
            bool isOpened = part.FullName.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) || part.FullName.EndsWith(".rels", StringComparison.OrdinalIgnoreCase);
            if (isTexts && part.Length > LargestTexts || isOpened && !isSheet && !isTexts && part.Length > LargestStyles) throw TooLarge();
        }
        if (parts.Entries.Count > MostParts || expanded > LargestExpanded || expanded > Math.Max(AlwaysExpanded, MostExpansion * stream.Length)) throw TooLarge();
    }

    static FileRefusedException TooLarge() => new("The workbook grows to far more than its size when it is opened. Save the sheet as \"CSV UTF-8 (comma delimited)\" and send that.");

    static TResult Refusing<TResult>(Func<TResult> read)
    {
        try { return read(); }
        catch (Exception e) when (e is XmlException or InvalidDataException or OpenXmlPackageException or FormatException or OverflowException or EndOfStreamException
            or ArgumentException or InvalidOperationException or InvalidCastException or FileFormatException)
        {
            throw new FileRefusedException("The workbook is damaged or protected and can't be read. Open it, save it without a password, or save the sheet as \"CSV UTF-8 (comma delimited)\".");
        }
    }
}
