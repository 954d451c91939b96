using SafetyAudit.Measures;

namespace SafetyAudit.Analysis;

/// <summary>The rate of each of the last months, for a line in a table.</summary>
public static class MonthlyRates
{
    /// <summary>Per 1,000, oldest first; empty for a month without exposure, which is no month without events.</summary>
    /// <param name="rows">Counts by month of one subject.</param>
    /// <param name="measure">What is counted.</param>
    /// <param name="to">A day of the last month.</param>
    /// <param name="count">How many months.</param>
    public static IReadOnlyList<double?> Of(IEnumerable<PractitionerCounts> rows, Measure measure, DateOnly to, int count = 12)
    {
        var last = new DateOnly(to.Year, to.Month, 1);
        var byMonth = rows.ToLookup(r => r.Period);
        return [.. Enumerable.Range(0, count).Select(i => byMonth[last.AddMonths(i - count + 1)].ToList()).Select(month =>
            month.Sum(m => m.ExposureOf(measure) ?? 0) is > 0 and var n ? 1000.0 * month.Sum(m => m.ObservedOf(measure)) / n : (double?)null)];
    }
}
