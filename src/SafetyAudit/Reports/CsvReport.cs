using System.Globalization;
using System.Text;
using SafetyAudit.Data;

namespace SafetyAudit.Reports;

/// <summary>Writes a table of a report as CSV: RFC 4180, UTF-8, invariant culture, dates yyyy-MM-dd, instants UTC RFC 3339, shares between 0 and 1.</summary>
public static class CsvReport
{
    public static byte[] Write(ReportTable table)
    {
        var csv = new StringBuilder();
        Line(table.Columns.Select(c => c.Name));
        foreach (var row in table.Rows) Line(row.Select(Cell));
        return Encoding.UTF8.GetBytes(csv.ToString());

        void Line(IEnumerable<string> cells) => csv.AppendJoin(',', cells).Append("\r\n");
    }

    static string Cell(object? value) => value switch
    {
        null => "",
        string text => CsvText.Quoted(text),
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime instant => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
