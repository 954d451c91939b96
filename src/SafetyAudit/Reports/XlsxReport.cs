using System.Globalization;
using System.IO.Compression;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace SafetyAudit.Reports;

/// <summary>
/// Writes a report as a workbook: one sheet for what it is, one for each table, one for the words between them. Figures are numbers, texts are texts and never formulas, and the same report is the
/// same bytes: no clock, no chance, and nothing packed, since packers differ from machine to machine.
/// </summary>
public static class XlsxReport
{
    // Places in the style sheet below.
    const uint Plain = 0, Bold = 1, Whole = 2, Decimal = 3, Percent = 4, DayStyle = 5, InstantStyle = 6, Wrapped = 7;

    // Zip can't tell of a time before.
    static readonly DateTimeOffset Always = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static byte[] Write(ReportDocument report)
    {
        using var made = new MemoryStream();
        using (var workbook = SpreadsheetDocument.Create(made, SpreadsheetDocumentType.Workbook))
        {
            var main = workbook.AddNewPart<WorkbookPart>("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "rId1");
            main.AddNewPart<WorkbookStylesPart>("rIdStyles").Stylesheet = Styles();
            var sheets = new Sheets();
            main.Workbook = new Workbook(sheets);
            Add("Report", Front(report), [26, 110], frozen: 0);
            foreach (var table in report.Tables) Add(table.Name.Replace('_', ' '), RowsOf(table), [.. table.Columns.Select((_, i) => Width(table, i))], frozen: 3);
            Add("Notes", Notes(report), [130], frozen: 0);

            void Add(string name, IEnumerable<Row> rows, double[] widths, uint frozen)
            {
                uint number = (uint)sheets.Count() + 1;
                string id = string.Create(CultureInfo.InvariantCulture, $"rId{number}");
                var view = new SheetView { WorkbookViewId = 0 };
                if (frozen > 0) view.Append(new Pane { VerticalSplit = frozen, TopLeftCell = $"A{frozen + 1}", ActivePane = PaneValues.BottomLeft, State = PaneStateValues.Frozen });
                // Row by row: a sheet held as a tree takes many times what its file does.
                using (var sheet = OpenXmlWriter.Create(main.AddNewPart<WorksheetPart>(id)))
                {
                    sheet.WriteStartElement(new Worksheet());
                    sheet.WriteElement(new SheetViews(view));
                    sheet.WriteElement(new Columns(widths.Select((w, i) => new Column { Min = (uint)i + 1, Max = (uint)i + 1, Width = w, CustomWidth = true })));
                    sheet.WriteStartElement(new SheetData());
                    foreach (var row in rows) sheet.WriteElement(row);
                    sheet.WriteEndElement();
                    sheet.WriteEndElement();
                }
                sheets.Append(new Sheet { Name = name.Length > 31 ? name[..31] : name, SheetId = number, Id = id });
            }
        }
        return Alike(made);
    }

    static IEnumerable<Row> Front(ReportDocument report)
    {
        yield return new Row(Text(report.Title, Bold));
        yield return new Row(Text(report.Subtitle, Plain));
        yield return new Row();
        foreach (var (name, value) in report.Facts) yield return new Row(Text(name, Bold), Text(value, Wrapped));
        yield return new Row();
        yield return new Row(Text("Sheet", Bold), Text("What it shows", Bold));
        foreach (var table in report.Tables) yield return new Row(Text(table.Name.Replace('_', ' '), Plain), Text(table.Caption, Wrapped));
        yield return new Row(Text("Notes", Plain), Text("The words of the report: methods, definitions, limits of use", Wrapped));
        if (report.Tables.Any(t => t.Rows.Any(r => r.Contains(Suppressed.Cell)))) yield return new Row(Text(Suppressed.Cell.ToString(), Plain), Text(SmallNumbers.Rule, Wrapped));
    }

    static IEnumerable<Row> RowsOf(ReportTable table)
    {
        yield return new Row(Text(table.Caption, Bold));
        // As people read them, and as programs do in the CSV files.
        yield return new Row(table.Columns.Select(c => Text(c.Name, Plain)));
        yield return new Row(table.Columns.Select((c, i) => Text(c.Kind is CellKind.Lower or CellKind.Upper ? $"{c.Kind.ToString().ToLowerInvariant()} 95 %" : c.Heading, Bold)));
        foreach (var row in table.Rows) yield return new Row(row.Select((value, i) => CellOf(value, KindOf(table, i))));
    }

    static IEnumerable<Row> Notes(ReportDocument report)
    {
        foreach (var section in report.Sections)
        {
            var words = section.Blocks.Where(b => b is Paragraph or SubHeading).ToList();
            if (words.Count == 0) continue;
            yield return new Row(Text(section.Title, Bold));
            foreach (var block in words) yield return new Row(block is SubHeading heading ? Text(heading.Text, Bold) : Text(((Paragraph)block).Text, Wrapped));
            yield return new Row();
        }
    }

    // The ends of an interval are what stands before them.
    static CellKind KindOf(ReportTable table, int column) => table.Columns[column].Kind is CellKind.Lower or CellKind.Upper ? KindOf(table, column - 1) : table.Columns[column].Kind;

    static Cell CellOf(object? value, CellKind kind) => value switch
    {
        null => new Cell(),
        long whole => Number(whole.ToString(CultureInfo.InvariantCulture), Whole),
        double number => Number(number.ToString("R", CultureInfo.InvariantCulture), kind == CellKind.Share ? Percent : Decimal),
        DateOnly day => Number(day.ToDateTime(default).ToOADate().ToString(CultureInfo.InvariantCulture), DayStyle),
        DateTime instant => Number(instant.ToOADate().ToString("R", CultureInfo.InvariantCulture), InstantStyle),
        _ => Text(value.ToString()!, Plain),
    };

    static Cell Number(string value, uint style) => new() { CellValue = new CellValue(value), StyleIndex = style };

    static Cell Text(string value, uint style) => new() { DataType = CellValues.InlineString, InlineString = new InlineString(new Text(Printable(value)) { Space = SpaceProcessingModeValues.Preserve }), StyleIndex = style };

    // XML has no place for control characters.
    static string Printable(string text) => string.Concat(text.EnumerateRunes().Select(r => System.Text.Rune.IsControl(r) && r.Value is not ('\n' or '\t') || r.Value is 0xFFFE or 0xFFFF ? " " : r.ToString()));

    static double Width(ReportTable table, int column) =>
        Math.Clamp(table.Rows.Select(r => r[column] is string text ? text.Length + 2 : 11).Append(table.Columns[column].Name.Length + 2).Max(), 9, 60);

    static Stylesheet Styles() => new(
        new NumberingFormats(new NumberingFormat { NumberFormatId = 164, FormatCode = "yyyy-mm-dd" }, new NumberingFormat { NumberFormatId = 165, FormatCode = "yyyy-mm-dd hh:mm" }, new NumberingFormat { NumberFormatId = 166, FormatCode = "0.0%" }, new NumberingFormat { NumberFormatId = 167, FormatCode = "#,##0.00" }),
        new Fonts(new Font(), new Font(new Bold())),
        new Fills(new Fill(new PatternFill { PatternType = PatternValues.None }), new Fill(new PatternFill { PatternType = PatternValues.Gray125 })),
        new Borders(new Border()),
        new CellStyleFormats(new CellFormat()),
        new CellFormats(new CellFormat(), new CellFormat { FontId = 1, ApplyFont = true }, Of(3), Of(167), Of(166), Of(164), Of(165), new CellFormat(new Alignment { WrapText = true, Vertical = VerticalAlignmentValues.Top }) { ApplyAlignment = true }));

    static CellFormat Of(uint format) => new() { NumberFormatId = format, ApplyNumberFormat = true };

    // The parts by name, at one time, as they are.
    static byte[] Alike(MemoryStream made)
    {
        made.Position = 0;
        using var stream = new MemoryStream();
        using (var from = new ZipArchive(made, ZipArchiveMode.Read))
        using (var to = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            // Readers look for the list of types first.
            foreach (var part in from.Entries.OrderBy(e => e.FullName != "[Content_Types].xml").ThenBy(e => e.FullName, StringComparer.Ordinal))
            {
                var entry = to.CreateEntry(part.FullName, CompressionLevel.NoCompression);
                entry.LastWriteTime = Always;
                using Stream source = part.Open(), target = entry.Open();
                source.CopyTo(target);
            }
        return stream.ToArray();
    }
}
