using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>One month of a control chart.</summary>
/// <param name="Month">Its first day.</param>
/// <param name="Count">What is counted.</param>
/// <param name="Of">Out of how many.</param>
/// <param name="NotRecorded">Those of which nobody recorded whether they are to be counted.</param>
public readonly record struct ControlMonth(DateOnly Month, long Count, long Of, long NotRecorded = 0);

/// <summary>Something followed month by month against its own past: exact limits, with Anhøj's runs rules for each stretch that has limits of its own.</summary>
/// <param name="Months">In order; months in which nothing was looked at are there and empty.</param>
/// <param name="Chart">p where each is counted at most once, u for events.</param>
/// <param name="Runs">What the runs say, phase by phase.</param>
public sealed record ControlMonths(IReadOnlyList<ControlMonth> Months, ControlChart Chart, IReadOnlyList<Anhoj> Runs)
{
    /// <summary>One rule: the share that was <em>not</em> kept of what could be judged.</summary>
    /// <param name="question">Its first and last day bound the months.</param>
    /// <param name="rows">Rows of the rule by month.</param>
    public static ControlMonths Of(AdherenceQuestion question, IEnumerable<AdherenceRow> rows)
    {
        var found = rows.GroupBy(r => r.Period).ToDictionary(g => g.Key, AdherenceTable.Sum);
        return Of(ChartKind.P, Between(question.From, question.To).Select(m => found.GetValueOrDefault(m) is var a ? new ControlMonth(m, a.Fail, a.Judged, a.NotRecorded) : default), null);
    }

    /// <summary>One measure at one clinic; of someone who sees their own figures alone, their own there.</summary>
    /// <param name="db">Within the scope of whoever asks.</param>
    /// <param name="measure">A measure that is counted in sessions.</param>
    /// <param name="clinicId">The clinic.</param>
    /// <param name="from">A day of the first month.</param>
    /// <param name="to">A day of the last one.</param>
    /// <param name="anew">The month with which limits start anew, since practice changed then; null for one set of limits.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<ControlMonths> ReadAsync(SafetyAuditDb db, Measure measure, string clinicId, DateOnly from, DateOnly to, DateOnly? anew, CancellationToken ct)
    {
        var counts = (await Counts.ReadMonthlyAsync(db, new(from.Year, from.Month, 1), to, measure.Code, ct)).Where(c => c.ClinicId == clinicId && !c.ForComparisonOnly).ToLookup(c => c.Period);
        return Of(measure.CountsEvents ? ChartKind.U : ChartKind.P, Between(from, to).Select(m => new ControlMonth(m, counts[m].Sum(c => c.ObservedOf(measure)), (long)counts[m].Sum(c => c.ExposureOf(measure) ?? 0))), anew);
    }

    /// <param name="kind">Which chart.</param>
    /// <param name="months">In order.</param>
    /// <param name="anew">The month with which limits start anew; none where it is not among the later months.</param>
    public static ControlMonths Of(ChartKind kind, IEnumerable<ControlMonth> months, DateOnly? anew)
    {
        ControlMonth[] all = [.. months];
        int second = anew is { } first ? Array.FindIndex(all, m => m.Month == first) : -1;
        var chart = ControlChart.Draw(kind, [.. all.Select(m => new ChartValue(m.Count, m.Of))], phases: second > 0 ? [new(0), new(second, RebaseReason.PracticeChanged)] : []);
        var runs = new Anhoj[chart.Phases.Length];
        for (int i = 0; i < runs.Length; i++) runs[i] = Anhoj.Judge(chart.PointsOf(i));
        return new(all, chart, runs);
    }

    static IEnumerable<DateOnly> Between(DateOnly from, DateOnly to)
    {
        for (var month = new DateOnly(from.Year, from.Month, 1); month <= to; month = month.AddMonths(1)) yield return month;
    }
}
