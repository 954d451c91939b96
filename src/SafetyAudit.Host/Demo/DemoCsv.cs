using System.Globalization;
using System.Text;

namespace SafetyAudit.Host.Demo;

/// <summary>A table of columns and its rows as RFC 4180, UTF-8 without byte order mark.</summary>
internal static class DemoCsv
{
    public static void Write<T>(string path, IReadOnlyList<(string Name, Func<T, string?> Value)> columns, IEnumerable<T> rows)
    {
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        file.NewLine = "\r\n";
        file.WriteLine(string.Join(',', columns.Select(c => c.Name)));
        var line = new StringBuilder();
        foreach (var row in rows)
        {
            line.Clear();
            for (var i = 0; i < columns.Count; i++)
            {
                if (i > 0) line.Append(',');
                line.Append(Quoted(columns[i].Value(row) ?? ""));
            }
            file.WriteLine(line);
        }
    }

    public static string Date(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string? Instant(DateTime? utc) => utc?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Number(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    public static string? YesNo(bool? answer) => answer switch { true => "true", false => "false", null => null };

    static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(",\"\r\n") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
