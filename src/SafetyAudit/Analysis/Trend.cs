using SafetyAudit.Data;
using SafetyAudit.Measures;

namespace SafetyAudit.Analysis;

/// <summary>One measure of one practitioner or clinic, month by month: in each month the same comparison as over a whole period.</summary>
public sealed record Trend(Measure Measure, string SubjectId, IReadOnlyList<RateRow> Months)
{
    /// <summary>A practitioner beside colleagues.</summary>
    public static async Task<Trend> ReadAsync(SafetyAuditDb db, Measure measure, Baseline? baseline, string practitionerId, DateOnly from, DateOnly to, CancellationToken ct) =>
        (await ReadAsync(db, measure, baseline, Grouping.Practitioner, Against.Peers, from, to, ct)).Find(t => t.SubjectId == practitionerId) ?? new(measure, practitionerId, []);

    /// <summary>Each clinic beside the literature, in the order of their ids.</summary>
    public static Task<List<Trend>> OfClinicsAsync(SafetyAuditDb db, Measure measure, Baseline? baseline, DateOnly from, DateOnly to, CancellationToken ct) =>
        ReadAsync(db, measure, baseline, Grouping.Clinic, Against.Literature, from, to, ct);

    static async Task<List<Trend>> ReadAsync(SafetyAuditDb db, Measure measure, Baseline? baseline, Grouping by, Against against, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var first = new DateOnly(from.Year, from.Month, 1);
        var counts = (await Counts.ReadMonthlyAsync(db, first, to, measure.Code, ct)).ToLookup(c => c.Period);
        var rows = new List<RateRow>();
        for (var month = first; month <= to; month = month.AddMonths(1))
            rows.AddRange(Rates.Compute([.. counts[month]], new(month, month.AddMonths(1).AddDays(-1), by, against), measure, baseline));
        return [.. rows.GroupBy(r => r.PractitionerId ?? r.ClinicId).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new Trend(measure, g.Key, [.. g]))];
    }
}
