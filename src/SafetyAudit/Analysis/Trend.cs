using SafetyAudit.Data;
using SafetyAudit.Measures;

namespace SafetyAudit.Analysis;

/// <summary>One measure of one practitioner, month by month: in each month the same comparison with colleagues as over a whole period.</summary>
public sealed record Trend(Measure Measure, string PractitionerId, IReadOnlyList<RateRow> Months)
{
    public static async Task<Trend> ReadAsync(SafetyAuditDb db, Measure measure, Baseline? baseline, string practitionerId, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var first = new DateOnly(from.Year, from.Month, 1);
        var counts = (await Counts.ReadMonthlyAsync(db, first, to, measure.Code, ct)).ToLookup(c => c.Period);
        var months = new List<RateRow>();
        for (var month = first; month <= to; month = month.AddMonths(1))
        {
            var question = new RateQuestion(month, month.AddMonths(1).AddDays(-1), Grouping.Practitioner, Against.Peers);
            var row = Rates.Compute([.. counts[month]], question, measure, baseline).SingleOrDefault(r => r.PractitionerId == practitionerId);
            if (row != null) months.Add(row);
        }
        return new(measure, practitionerId, months);
    }
}
