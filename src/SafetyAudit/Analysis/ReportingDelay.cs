using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Analysis;

/// <summary>How long it takes at a clinic until an event is written down.</summary>
/// <param name="Events">Events joined to the clinic's sessions.</param>
/// <param name="MedianHours">From onset to <c>recorded_at</c>, over the events that say it; empty where none does.</param>
/// <param name="NinetiethHours">Nine in ten are written down within so many hours.</param>
public sealed record ReportingDelay(int Events, double? MedianHours, double? NinetiethHours)
{
    /// <summary>The first day of which late reports may still change the figures: nine in ten of what happened before it are written down.</summary>
    /// <param name="delay">The clinic's; null where no event tells.</param>
    /// <param name="last">The clinic's last day with a session.</param>
    public static DateOnly ProvisionalFrom(ReportingDelay? delay, DateOnly last) => last.AddDays(-(int)Math.Ceiling((delay?.NinetiethHours ?? 0) / 24));

    /// <summary>Per clinic, or of one, of the events whose onset lies in a period (both days included, in UTC). A clinic without events is not there.</summary>
    public static async Task<Dictionary<string, ReportingDelay>> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct, string? clinicId = null)
    {
        string[] clinics = await db.ClinicsReachedAsync(clinicId, ct);
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        var reported = await db.Current<AdverseEvent>().Where(e => clinics.Contains(e.LinkedClinicId) && e.OnsetAtUtc >= start && e.OnsetAtUtc < end)
            .Select(e => new { e.LinkedClinicId, Seconds = SafetyAuditDb.SecondsBetween(e.OnsetAtUtc, e.RecordedAtUtc) }).ToListAsync(ct);
        return reported.GroupBy(e => e.LinkedClinicId!).ToDictionary(g => g.Key, g =>
        {
            var hours = g.Where(e => e.Seconds != null).Select(e => Math.Round(e.Seconds!.Value, 3) / 3600).Order().ToList();
            return new ReportingDelay(g.Count(), Quantile(hours, 0.5), Quantile(hours, 0.9));
        });
    }

    static double? Quantile(List<double> sorted, double share) => sorted.Count == 0 ? null : sorted[(int)Math.Min(sorted.Count - 1, Math.Ceiling(share * sorted.Count) - 1)];
}
