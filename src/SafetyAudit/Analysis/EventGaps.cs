using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>One event, or session with one, of a measure too rare for a rate.</summary>
/// <param name="Day">Day of the session.</param>
/// <param name="Gap">Exposure since the one before, up to the end of the day; of the first since the beginning, which is no gap between two. 0 for a further one of the same day.</param>
/// <param name="PractitionerId">Whose session it was.</param>
public readonly record struct GapEvent(DateOnly Day, double Gap, string PractitionerId);

/// <summary>A clinic's events of one measure one by one, with the exposure from each to the next: what can be seen of events too rare for a rate.</summary>
/// <param name="ClinicId">The clinic.</param>
/// <param name="First">The first day with exposure; before it there is nothing to see.</param>
/// <param name="Exposure">Of the whole time, in the measure's unit.</param>
/// <param name="Since">Exposure after the day of the last event; all of it where there was none.</param>
/// <param name="Events">In order of days.</param>
public sealed record EventGaps(string ClinicId, DateOnly First, double Exposure, double Since, IReadOnlyList<GapEvent> Events)
{
    /// <summary>The rate under which seeing none in this exposure still has a chance of 5 %; empty where some were seen, or there is no exposure.</summary>
    public double? StillPossible => Events.Count == 0 && Exposure > 0 ? ZeroEvents.UpperRate(Exposure) : null;

    /// <summary>Whether a measure is shown in this way: too rare to be watched by rate, or looked at one by one, and counted in sessions.</summary>
    public static bool IsFor(Measure measure, Baseline? baseline) => !measure.IsSummary && measure.Unit is ExposureUnit.Session or ExposureUnit.AtRiskSession && !Catalogue.IsWatchedByRate(measure, baseline);

    /// <summary>Each clinic within reach that had exposure, in the order of ids.</summary>
    /// <param name="db">Within the scope of whoever asks; who sees their own figures alone sees their own.</param>
    /// <param name="measure">A measure that is counted in sessions.</param>
    /// <param name="from">First day.</param>
    /// <param name="to">Last day.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<EventGaps>> ReadAsync(SafetyAuditDb db, Measure measure, DateOnly from, DateOnly to, CancellationToken ct)
    {
        bool atRisk = measure.Unit == ExposureUnit.AtRiskSession;
        var exposures = (await db.DailyExposures.Where(d => d.Date >= from && d.Date <= to).GroupBy(d => new { d.ClinicId, d.Date })
            .Select(g => new { g.Key.ClinicId, g.Key.Date, Exposure = g.Sum(d => (long)(atRisk ? d.AtRiskSessions : d.Sessions)) }).ToListAsync(ct)).ToLookup(d => d.ClinicId);
        var events = (await db.DailyObserved.Where(d => d.Measure == measure.Code && d.Date >= from && d.Date <= to && d.Observed > 0)
            .Select(d => new { d.ClinicId, d.Date, d.PractitionerId, d.Observed }).ToListAsync(ct)).ToLookup(d => (d.ClinicId, d.Date));
        return [.. exposures.OrderBy(c => c.Key, StringComparer.Ordinal).Select(clinic => Of(clinic.Key, clinic.OrderBy(d => d.Date)
            .Select(d => (d.Date, (double)d.Exposure, events[(clinic.Key, d.Date)].OrderBy(e => e.PractitionerId, StringComparer.Ordinal).SelectMany(e => Enumerable.Repeat(e.PractitionerId, e.Observed)))))).Where(c => c.Exposure > 0)];
    }

    /// <param name="clinicId">The clinic.</param>
    /// <param name="days">Its days in order: exposure, and an entry for each event saying whose session it was.</param>
    public static EventGaps Of(string clinicId, IEnumerable<(DateOnly Day, double Exposure, IEnumerable<string> Events)> days)
    {
        var found = new List<GapEvent>();
        double all = 0, since = 0;
        DateOnly? first = null;
        foreach (var (day, exposure, events) in days)
        {
            if (exposure > 0) first ??= day;
            all += exposure;
            since += exposure;
            foreach (string practitioner in events)
            {
                found.Add(new(day, since, practitioner));
                since = 0;
            }
        }
        return new(clinicId, first ?? default, all, since, found);
    }
}
