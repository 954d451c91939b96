using System.Globalization;
using SafetyAudit.Languages;

namespace SafetyAudit.Reports;

/// <summary>A column of a table as it stands on paper.</summary>
/// <param name="Heading">What it is called.</param>
/// <param name="IsText">Whether it begins at the left; numbers end at the right.</param>
/// <param name="Values">Its cells, row by row.</param>
sealed record PdfColumn(string Heading, bool IsText, string[] Values)
{
    /// <summary>Between a cell's edge and its text, in points.</summary>
    public const double Padding = 3.2;

    /// <summary>The columns of a table that are shown on paper. There an interval stands in the cell of what it is of.</summary>
    public static List<PdfColumn> ColumnsOf(ReportTable table)
    {
        var columns = new List<PdfColumn>();
        for (int i = 0; i < table.Columns.Count; i++)
        {
            var column = table.Columns[i];
            if (!column.OnPaper || column.Kind is CellKind.Lower or CellKind.Upper) continue;
            int at = i;
            bool hasInterval = i + 2 < table.Columns.Count && table.Columns[i + 1].Kind == CellKind.Lower;
            columns.Add(new(column.Heading, column.Kind == CellKind.Text, [.. table.Rows.Select(r => CellText(r[at], column.Kind)
                + (hasInterval && r[at + 1] is double lower && r[at + 2] is double upper ? $" ({CellText(lower, column.Kind, bare: true)} to {CellText(upper, column.Kind, bare: true)})" : ""))]));
        }
        return columns;
    }

    static string CellText(object? value, CellKind kind, bool bare = false) => value switch
    {
        null => "–",
        string { Length: 0 } => "–",
        string text => text,
        long count => count.ToString("#,0", CultureInfo.InvariantCulture),
        double share when kind == CellKind.Share => Figures.Percent(share, Figures.Kept) is var said && bare ? said[..^2] : said,
        double number => number switch { 0 => "0", < 0.01 => number.ToString("0.####", CultureInfo.InvariantCulture), < 10 => number.ToString("0.00", CultureInfo.InvariantCulture), _ => number.ToString("#,0.0", CultureInfo.InvariantCulture) },
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime instant => instant.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    /// <summary>How wide each is, in points, where all have so much room.</summary>
    // Numbers get what they need; texts share the rest by what they would like, and no less than their longest word.
    public static double[] Widths(List<PdfColumn> columns, double width, double size)
    {
        double[] natural = [.. columns.Select(c => 2 * Padding + Math.Max(c.Values.Append("").Max(v => PdfFile.WidthOf(v, size, false)), HeadingWidth(c.Heading)))];
        double[] least = [.. columns.Select((c, i) => !c.IsText ? natural[i] : 2 * Padding + Math.Max(Longest(c.Heading, true), Math.Min(90, c.Values.Append("").Max(v => Longest(v, false)))))];
        double wanted = natural.Sum();
        if (wanted <= width)
        {
            double spare = Math.Min((width - wanted) / columns.Count, 26);
            return [.. natural.Select(w => w + spare)];
        }
        double excess = wanted - width, give = natural.Zip(least, (n, l) => n - l).Sum();
        return give <= 0 ? [.. natural.Select(w => w * width / wanted)]
            : give < excess ? [.. least.Select(w => w * width / least.Sum())]
            : [.. natural.Zip(least, (n, l) => n - (n - l) * excess / give)];

        // A heading takes three lines at most, unless its longest word alone is wider.
        double HeadingWidth(string text) => Math.Max(Longest(text, true), PdfFile.WidthOf(text, size, true) / 2.4);

        double Longest(string text, bool bold) => text.Split(' ').Max(word => PdfFile.WidthOf(word, size, bold));
    }
}
