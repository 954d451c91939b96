using System.Globalization;
using System.Text;
using System.Xml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Spreadsheet;

namespace SafetyAudit.Uploads;

/// <summary>The cells of one sheet, row by row, each as the text that stands for its value in a CSV file. ECMA-376 part 1, 18.3.1.4 and 18.18.11.</summary>
sealed class XlsxCells : IDisposable
{
    public enum Wrong { Nothing, Error, DigitsLost, TooLong }

    const int LongestCell = 64 * 1024, Deepest = 64;
    static readonly XmlReaderSettings Plain = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true };

    readonly XmlReader xml;
    // Nothing in the place of one that is too long.
    readonly List<string?> texts = [];
    readonly List<Shown> styles;
    readonly bool since1904;
    int row;

    enum Shown { Number, Date, Time, DateAndTime }

    public XlsxCells(WorkbookPart book, WorksheetPart sheet)
    {
        since1904 = book.Workbook.WorkbookProperties?.Date1904?.Value ?? false;
        styles = StylesOf(book.WorkbookStylesPart?.Stylesheet);
        if (book.SharedStringTablePart is { } shared) ReadTexts(shared);
        xml = XmlReader.Create(sheet.GetStream(FileMode.Open, FileAccess.Read), Plain);
    }

    /// <summary>1-based row of the sheet.</summary>
    public long Line => row;

    /// <summary>The current row's cells by 0-based column.</summary>
    public Dictionary<int, (string Text, Wrong Wrong)> Row { get; } = [];

    public bool ReadRow()
    {
        Row.Clear();
        while (Next(xml))
        {
            if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "row") continue;
            int before = row;
            row = int.TryParse(xml.GetAttribute("r"), NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : row + 1;
            if (row <= before) throw new InvalidDataException("rows out of order");
            if (!xml.IsEmptyElement) ReadCells();
            return true;
        }
        return false;
    }

    public void Dispose() => xml.Dispose();

    void ReadCells()
    {
        int column = -1;
        while (Next(xml) && !(xml.NodeType == XmlNodeType.EndElement && xml.LocalName == "row"))
        {
            if (xml.NodeType != XmlNodeType.Element || xml.LocalName != "c") continue;
            column = ColumnOf(xml.GetAttribute("r")) ?? column + 1;
            string type = xml.GetAttribute("t") ?? "n";
            int style = int.TryParse(xml.GetAttribute("s"), NumberStyles.None, CultureInfo.InvariantCulture, out int s) && s < styles.Count ? s : 0;
            if (xml.IsEmptyElement) continue;
            var (raw, cut) = ReadValue(xml, "c", type == "inlineStr" ? "t" : "v");
            Row[column] = cut ? (raw, Wrong.TooLong) : raw.Length == 0 ? ("", Wrong.Nothing) : TextOf(type, raw, styles.Count == 0 ? Shown.Number : styles[style]);
        }
    }

    (string Text, Wrong Wrong) TextOf(string type, string raw, Shown shown) => type switch
    {
        "s" => texts[int.Parse(raw, NumberStyles.None, CultureInfo.InvariantCulture)] is { } text ? (text, Wrong.Nothing) : (raw, Wrong.TooLong),
        "str" or "inlineStr" => (raw.Trim(), Wrong.Nothing),
        "b" => (raw.Trim() == "1" ? "true" : "false", Wrong.Nothing),
        "e" => (raw, Wrong.Error),
        "d" => (raw.Trim(), Wrong.Nothing),
        _ => NumberOrDate(double.Parse(raw, NumberStyles.Float, CultureInfo.InvariantCulture), shown),
    };

    (string, Wrong) NumberOrDate(double number, Shown shown)
    {
        if (shown == Shown.Number)
            // A spreadsheet keeps 15 digits of a number and makes the rest zeros.
            return Math.Abs(number) >= 1e15 ? (number.ToString("F0", CultureInfo.InvariantCulture), Wrong.DigitsLost) : (((decimal)number).ToString(CultureInfo.InvariantCulture), Wrong.Nothing);
        if (shown == Shown.Time && number is >= 0 and < 1) return (TimeOnly.MinValue.Add(TimeSpan.FromSeconds(Math.Round(number * 86_400))).ToString("HH:mm:ss", CultureInfo.InvariantCulture), Wrong.Nothing);
        // 1900-02-29, which there never was, is day 60: serials are right from day 61 on.
        double days = since1904 ? number + 1462 : number;
        if (days is < 61 or >= 2_958_466) return (number.ToString(CultureInfo.InvariantCulture), Wrong.Nothing);
        // Times are fractions of a day, a little beside the second that was meant.
        var at = new DateTime(1899, 12, 30).AddSeconds(Math.Round(days * 86_400));
        return (at.ToString(shown != Shown.Date || at.TimeOfDay != TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd", CultureInfo.InvariantCulture), Wrong.Nothing);
    }

    // The text of all elements of a name within the current one; phonetic guides are no part of it.
    static (string Text, bool Cut) ReadValue(XmlReader xml, string within, string name)
    {
        var text = new StringBuilder();
        bool cut = false, taken = false;
        var buffer = new char[4096];
        int depth = xml.Depth, skip = -1;
        while (Next(xml) && !(xml.NodeType == XmlNodeType.EndElement && xml.Depth == depth && xml.LocalName == within))
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "rPh" && skip < 0 && !xml.IsEmptyElement) skip = xml.Depth;
            else if (xml.NodeType == XmlNodeType.EndElement && xml.Depth == skip) skip = -1;
            else if (xml.NodeType == XmlNodeType.Element && skip < 0) taken = xml.LocalName == name && !xml.IsEmptyElement;
            else if (xml.NodeType == XmlNodeType.EndElement) taken = false;
            else if (taken && xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace)
                for (int read; (read = xml.ReadValueChunk(buffer, 0, buffer.Length)) > 0;)
                {
                    cut |= text.Length + read > LongestCell;
                    if (!cut) text.Append(buffer, 0, read);
                }
        }
        return (text.ToString(), cut);
    }

    void ReadTexts(SharedStringTablePart part)
    {
        using var reader = XmlReader.Create(part.GetStream(FileMode.Open, FileAccess.Read), Plain);
        while (Next(reader))
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "si") texts.Add(reader.IsEmptyElement ? "" : ReadValue(reader, "si", "t") is (var text, false) ? text.Trim() : null);
    }

    // No sheet nests so deep; every level takes memory for as long as it is open.
    static bool Next(XmlReader xml) => xml.Read() && (xml.Depth <= Deepest ? true : throw new InvalidDataException("nested without end"));

    /// <summary>
    /// Goes over a part that the library is about to hold as a whole, whatever its name. It goes down into a part by calling itself, so that what is nested without end would end the program.
    /// </summary>
    /// <returns>False where it holds more than <paramref name="most"/> characters.</returns>
    /// <exception cref="InvalidDataException">It is nested deeper than any such part is.</exception>
    public static bool CanBeHeld(OpenXmlPart part, long most)
    {
        using var reader = XmlReader.Create(part.GetStream(FileMode.Open, FileAccess.Read), Plain);
        for (long held = 0; held <= most;)
        {
            if (!Next(reader)) return true;
            held += 1 + reader.Name.Length + reader.Value.Length;
            while (reader.MoveToNextAttribute()) held += 1 + reader.Name.Length + reader.Value.Length;
        }
        return false;
    }

    static int? ColumnOf(string? reference)
    {
        if (reference is null) return null;
        int column = 0, letters = 0;
        for (; letters < reference.Length && char.IsAsciiLetterUpper(reference[letters]); letters++)
            if ((column = column * 26 + reference[letters] - 'A' + 1) > 16_384) throw new InvalidDataException("column");
        return letters == 0 ? throw new InvalidDataException("column") : column - 1;
    }

    static List<Shown> StylesOf(Stylesheet? sheet)
    {
        var own = (sheet?.NumberingFormats?.Elements<NumberingFormat>() ?? []).Where(f => f.NumberFormatId is not null).ToDictionary(f => f.NumberFormatId!.Value, f => f.FormatCode?.Value ?? "");
        return [.. (sheet?.CellFormats?.Elements<CellFormat>() ?? []).Select(f => f.NumberFormatId?.Value switch
        {
            // ECMA-376 part 1, 18.8.30: the formats that every spreadsheet knows by number.
            (>= 14 and <= 17) or (>= 27 and <= 31) or 36 or (>= 50 and <= 54) or 57 or 58 => Shown.Date,
            (>= 18 and <= 21) or (>= 45 and <= 47) => Shown.Time,
            22 => Shown.DateAndTime,
            { } id when own.TryGetValue(id, out var code) => ShownBy(code),
            _ => Shown.Number,
        })];
    }

    // By the letters outside quotation marks, brackets and escapes of the format's first section.
    static Shown ShownBy(string code)
    {
        bool day = false, hour = false;
        for (int i = 0; i < code.Length && code[i] != ';'; i++)
        {
            if (code[i] is '\\' or '_' or '*') i++;
            else if (code[i] is '"') while (++i < code.Length && code[i] != '"') { }
            else if (code[i] is '[') while (++i < code.Length && code[i] != ']') { }
            else if (code[i] is 'y' or 'Y' or 'd' or 'D') day = true;
            else if (code[i] is 'h' or 'H') hour = true;
        }
        return (day, hour) switch { (true, true) => Shown.DateAndTime, (true, false) => Shown.Date, (false, true) => Shown.Time, _ => Shown.Number };
    }
}
