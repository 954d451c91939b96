using SafetyAudit.Data;
using SafetyAudit.Measures;

namespace SafetyAudit.Analysis;

/// <summary>One measure of one practitioner or clinic, month by month: in each month the same comparison as over a whole period.</summary>
public sealed record Trend(Measure Measure, string? PractitionerId, string? ClinicId, IReadOnlyList<RateRow> Months)
{
    /// <summary>A practitioner's months against peers, or (with no practitioner) a clinic's against the literature.</summary>
    public static async Task<Trend> ReadAsync(SafetyAuditDb db, Measure measure, Baseline? baseline, string? practitionerId, string? clinicId, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var by = practitionerId != null ? Grouping.Practitioner : Grouping.Clinic;
        var against = practitionerId != null ? Against.Peers : Against.Literature;
        string subject = practitionerId ?? clinicId ?? throw new ArgumentException("A trend is one practitioner's or one clinic's.");
        var first = new DateOnly(from.Year, from.Month, 1);
        var counts = (await Counts.ReadMonthlyAsync(db, first, to, measure.Code, ct)).ToLookup(c => c.Period);
        var months = new List<RateRow>();
        for (var month = first; month <= to; month = month.AddMonths(1))
        {
            var question = new RateQuestion(month, month.AddMonths(1).AddDays(-1), by, against);
            var row = Rates.Compute([.. counts[month]], question, measure, baseline).SingleOrDefault(r => (r.PractitionerId ?? r.ClinicId) == subject);
            if (row != null) months.Add(row);
        }
        return new(measure, practitionerId, clinicId, months);
    }
}
