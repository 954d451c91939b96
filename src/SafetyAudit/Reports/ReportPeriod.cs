using System.Globalization;

namespace SafetyAudit.Reports;

/// <summary>A calendar quarter, month or year, as people and scripts write it: <c>2026Q3</c>, <c>2026-03</c>, <c>2026</c>.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="From">First day.</param>
/// <param name="To">Last day.</param>
public sealed record ReportPeriod(string Name, DateOnly From, DateOnly To)
{
    /// <summary>How a period may be written, for messages.</summary>
    public const string Forms = "a quarter as 2026Q3, a month as 2026-03 or a year as 2026";

    /// <summary>The period with this name; nothing where it is none, or lies outside the years that sessions can lie in.</summary>
    public static ReportPeriod? Parse(string text)
    {
        if (text.Length < 4 || !int.TryParse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out int year) || year is < 1990 or > 2199) return null;
        var (month, months) = text[4..] switch
        {
            "" => (1, 12),
            ['Q' or 'q', >= '1' and <= '4' and var quarter] => (3 * (quarter - '1') + 1, 3),
            ['-', >= '0' and <= '1' and var tens, >= '0' and <= '9' and var ones] => (10 * (tens - '0') + ones - '0', 1),
            _ => (0, 0),
        };
        if (month is < 1 or > 12) return null;
        var from = new DateOnly(year, month, 1);
        return new(text.ToUpperInvariant(), from, from.AddMonths(months).AddDays(-1));
    }

    /// <summary>The quarter before the one that a day lies in: the one that is reported on then.</summary>
    public static ReportPeriod QuarterBefore(DateOnly day) => Before(day, ReportRhythm.Quarter);

    /// <summary>The month, quarter or year before the one that a day lies in.</summary>
    public static ReportPeriod Before(DateOnly day, ReportRhythm rhythm)
    {
        int months = rhythm switch { ReportRhythm.Month => 1, ReportRhythm.Quarter => 3, _ => 12 };
        var before = new DateOnly(day.Year, months * ((day.Month - 1) / months) + 1, 1).AddMonths(-months);
        return Parse(rhythm switch
        {
            ReportRhythm.Month => string.Create(CultureInfo.InvariantCulture, $"{before:yyyy-MM}"), ReportRhythm.Quarter => string.Create(CultureInfo.InvariantCulture, $"{before.Year}Q{(before.Month + 2) / 3}"), _ => string.Create(CultureInfo.InvariantCulture, $"{before:yyyy}"),
        })!;
    }
}
