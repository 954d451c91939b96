namespace SafetyAudit.Data;

/// <summary>
/// Keeps spreadsheets from running a text as a formula, and gives the text back as it was. A text that begins, after any apostrophes, with a sign that a
/// spreadsheet may take for a formula's goes out with one more apostrophe in front, and loses one when it comes in.
/// </summary>
public static class CsvText
{
    const string Signs = "=+-@\t\r＝＋－＠";

    /// <summary>A text as it is written to a CSV file. For numbers and dates it is not needed.</summary>
    public static string Out(string text)
    {
        int sign = text.AsSpan().IndexOfAnyExcept('\'');
        return sign >= 0 && Signs.Contains(text[sign], StringComparison.Ordinal) ? "'" + text : text;
    }

    /// <summary>A cell as it stands in a CSV line: safe for spreadsheets, and in quotation marks where its text needs them.</summary>
    public static string Quoted(string text)
    {
        text = Out(text);
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    /// <summary>A cell of a CSV file, in UTF-8, as the text it stands for.</summary>
    public static ReadOnlySpan<byte> In(ReadOnlySpan<byte> cell)
    {
        if (cell is not [(byte)'\'', ..]) return cell;
        var rest = cell.TrimStart((byte)'\'');
        bool isSign = rest is [(byte)'=' or (byte)'+' or (byte)'-' or (byte)'@' or (byte)'\t' or (byte)'\r', ..]
            || rest.StartsWith("＝"u8) || rest.StartsWith("＋"u8) || rest.StartsWith("－"u8) || rest.StartsWith("＠"u8);
        return isSign ? cell[1..] : cell;
    }
}
