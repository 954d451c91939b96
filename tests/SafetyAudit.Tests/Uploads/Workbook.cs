using System.Globalization;
using System.IO.Compression;
using System.Security;
using System.Text;

namespace SafetyAudit.Tests.Uploads;

/// <summary>Writes XLSX files part by part, as spreadsheets do and as they should not.</summary>
static class Workbook
{
    /// <summary>A formula with the value that was last worked out, or an error in its place.</summary>
    public sealed record Formula(string Text, string Value, bool IsError = false);

    /// <summary>A date (with <paramref name="Time"/>, a date and time) as its number of days since 1899-12-30.</summary>
    public sealed record Serial(double Days, bool Time);

    public static byte[] Of(params object?[][] rows) => With([("Records", true, rows)]);

    public static byte[] With((string Name, bool Visible, object?[][] Rows)[] sheets, params (string Path, string Content)[] more)
    {
        var texts = new List<string>();
        var parts = new List<(string, string)>
        {
            ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
                + TypeOf("workbook", "sheet.main") + string.Concat(sheets.Select((_, i) => TypeOf($"worksheets/sheet{i + 1}", "worksheet"))) + TypeOf("styles", "styles") + TypeOf("sharedStrings", "sharedStrings") + "</Types>"),
            ("_rels/.rels", Relations(("rId1", "officeDocument", "xl/workbook.xml"))),
            ("xl/workbook.xml", $"<workbook xmlns=\"{Main}\" xmlns:r=\"{Office}\"><sheets>{string.Concat(sheets.Select((s, i) => $"<sheet name=\"{s.Name}\" sheetId=\"{i + 1}\" {(s.Visible ? "" : "state=\"hidden\" ")}r:id=\"rId{i + 1}\"/>"))}</sheets></workbook>"),
            ("xl/_rels/workbook.xml.rels", Relations([.. sheets.Select((_, i) => ($"rId{i + 1}", "worksheet", $"worksheets/sheet{i + 1}.xml")), ("rIdS", "styles", "styles.xml"), ("rIdT", "sharedStrings", "sharedStrings.xml")])),
            ("xl/styles.xml", $"<styleSheet xmlns=\"{Main}\"><numFmts count=\"1\"><numFmt numFmtId=\"170\" formatCode=\"yyyy-mm-dd hh:mm\"/></numFmts><cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/><xf numFmtId=\"170\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"),
        };
        parts.AddRange(sheets.Select((s, i) => ($"xl/worksheets/sheet{i + 1}.xml", Sheet(s.Rows, texts))));
        parts.Add(("xl/sharedStrings.xml", $"<sst xmlns=\"{Main}\">{string.Concat(texts.Select(t => $"<si><t xml:space=\"preserve\">{SecurityElement.Escape(t)}</t></si>"))}</sst>"));
        return Zip([.. parts.Where(p => !more.Any(m => m.Path == p.Item1)), .. more]);
    }

    public static byte[] Zip(params (string Path, string Content)[] parts)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (path, content) in parts)
            {
                using var part = zip.CreateEntry(path, CompressionLevel.Optimal).Open();
                part.Write(Encoding.UTF8.GetBytes(content));
            }
        return stream.ToArray();
    }

    const string Main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    static string TypeOf(string part, string type) => $"<Override PartName=\"/xl/{part}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.{type}+xml\"/>";

    static string Relations(params (string Id, string Type, string Target)[] relations) =>
        $"<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{string.Concat(relations.Select(r => $"<Relationship Id=\"{r.Id}\" Type=\"{Office}/{r.Type}\" Target=\"{r.Target}\"/>"))}</Relationships>";

    static string Sheet(object?[][] rows, List<string> texts)
    {
        var xml = new StringBuilder($"<worksheet xmlns=\"{Main}\"><sheetData>");
        for (int r = 0; r < rows.Length; r++)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<row r=\"{r + 1}\">");
            for (int c = 0; c < rows[r].Length; c++) xml.Append(Cell($"{Column(c)}{r + 1}", rows[r][c], texts));
            xml.Append("</row>");
        }
        return xml.Append("</sheetData></worksheet>").ToString();
    }

    static string Column(int index) => index < 26 ? $"{(char)('A' + index)}" : Column(index / 26 - 1) + Column(index % 26);

    static string Cell(string at, object? value, List<string> texts)
    {
        switch (value)
        {
            case null: return "";
            case bool yes: return $"<c r=\"{at}\" t=\"b\"><v>{(yes ? 1 : 0)}</v></c>";
            case Serial serial: return string.Create(CultureInfo.InvariantCulture, $"<c r=\"{at}\" s=\"{(serial.Time ? 2 : 1)}\"><v>{serial.Days:R}</v></c>");
            case Formula { IsError: true } wrong: return $"<c r=\"{at}\" t=\"e\"><f>{wrong.Text}</f><v>{wrong.Value}</v></c>";
            case Formula formula: return $"<c r=\"{at}\" t=\"str\"><f>{formula.Text}</f><v>{formula.Value}</v></c>";
            case string text:
                texts.Add(text);
                return $"<c r=\"{at}\" t=\"s\"><v>{texts.Count - 1}</v></c>";
            default: return string.Create(CultureInfo.InvariantCulture, $"<c r=\"{at}\"><v>{value}</v></c>");
        }
    }
}
