using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>One rule month by month, as the control chart that complication shares have too: p, exact limits, with Anhøj's runs rules.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Months">First day and outcomes of each month, in order; months in which nothing was looked at are there and empty.</param>
/// <param name="Chart">The share that was <em>not</em> kept of what could be judged.</param>
/// <param name="Runs">What the runs say of the whole.</param>
public sealed record AdherenceTrend(ProtocolRule Rule, IReadOnlyList<(DateOnly Month, Adherence Adherence)> Months, ControlChart Chart, Anhoj Runs)
{
    public static async Task<AdherenceTrend> ReadAsync(SafetyAuditDb db, ProtocolRule rule, AdherenceQuestion question, DateTime nowUtc, CancellationToken ct) =>
        Of(rule, question, (await AdherenceTable.ReadAsync(db, question with { ByMonth = true }, nowUtc, ct)).Where(r => r.Rule == rule));

    /// <param name="rule">The rule.</param>
    /// <param name="question">Its first and last day bound the months.</param>
    /// <param name="rows">Rows of the rule by month.</param>
    public static AdherenceTrend Of(ProtocolRule rule, AdherenceQuestion question, IEnumerable<AdherenceRow> rows)
    {
        var found = rows.GroupBy(r => r.Period).ToDictionary(g => g.Key, AdherenceTable.Sum);
        var months = new List<(DateOnly, Adherence)>();
        for (var month = new DateOnly(question.From.Year, question.From.Month, 1); month <= question.To; month = month.AddMonths(1)) months.Add((month, found.GetValueOrDefault(month)));
        var chart = ControlChart.Draw(ChartKind.P, [.. months.Select(m => new ChartValue(m.Item2.Fail, m.Item2.Judged))]);
        return new(rule, months, chart, Anhoj.Judge(chart.Points));
    }
}
