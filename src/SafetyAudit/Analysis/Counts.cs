using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;

namespace SafetyAudit.Analysis;

/// <summary>Exposure and observed of one practitioner at one clinic in one period.</summary>
public sealed record PractitionerCounts(string ClinicId, string PractitionerId, DateOnly Period, long Sessions, long AtRiskSessions, IReadOnlyDictionary<string, long> Observed)
{
    /// <summary>Exposure in the unit of a measure; empty for a unit that sessions don't carry.</summary>
    public double? ExposureOf(Measure measure) => measure.Unit switch { ExposureUnit.Session => Sessions, ExposureUnit.AtRiskSession => AtRiskSessions, _ => null };

    /// <summary>What asking found in all measures together; those that sum up others are left out, since they would count it twice.</summary>
    public long FoundByAskingInAll => InAll(FoundByAsking);

    /// <summary>What somebody recorded unasked, likewise.</summary>
    public long RecordedInAll => InAll(Observed);

    static long InAll(IReadOnlyDictionary<string, long> counts) => counts.Where(c => !Catalogue.Measures.Any(m => m.Code == c.Key && m.IsSummary)).Sum(c => c.Value);

    /// <summary>Not the asker's to see: counts towards what is expected of others only.</summary>
    public bool ForComparisonOnly { get; init; }

    public long ObservedOf(Measure measure) => Observed.GetValueOrDefault(measure.Code);

    /// <summary>Completed sessions after which somebody tried to ask the patient, and those whose patient answered.</summary>
    public long FollowedUp { get; init; }
    public long Reached { get; init; }

    /// <summary>What asking found in the sessions reached, measure by measure; <see cref="Observed"/> holds none of it.</summary>
    public IReadOnlyDictionary<string, long> FoundByAsking { get; init; } = new Dictionary<string, long>();
}

/// <summary>
/// What every rate, chart and alert is counted from, read once from the summaries. Colleagues are counted too where the asker may see their own figures only,
/// since what to expect of one comes from the others; they are marked so that no row of theirs is handed out.
/// </summary>
public static class Counts
{
    /// <summary>Per practitioner and clinic over the whole period (both days included), of one clinic or of all.</summary>
    public static async Task<List<PractitionerCounts>> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct, string? clinicId = null)
    {
        var exposures = await db.DailyExposures.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => (clinicId == null || d.ClinicId == clinicId) && d.Date >= from && d.Date <= to)
            .GroupBy(d => new { d.ClinicId, d.PractitionerId })
            .Select(g => new { g.Key.ClinicId, g.Key.PractitionerId, Sessions = g.Sum(d => (long)d.Sessions), AtRisk = g.Sum(d => (long)d.AtRiskSessions), FollowedUp = g.Sum(d => (long)d.FollowedUp), Reached = g.Sum(d => (long)d.Reached) }).ToListAsync(ct);
        var observed = (await db.DailyObserved.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => (clinicId == null || d.ClinicId == clinicId) && d.Date >= from && d.Date <= to)
            .GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Measure })
            .Select(g => new { g.Key.ClinicId, g.Key.PractitionerId, g.Key.Measure, Observed = g.Sum(d => (long)d.Observed), Asked = g.Sum(d => (long)d.FoundByAsking) }).ToListAsync(ct)).ToLookup(o => (o.ClinicId, o.PractitionerId));
        return [.. exposures.OrderBy(e => e.ClinicId, StringComparer.Ordinal).ThenBy(e => e.PractitionerId, StringComparer.Ordinal)
            .Select(e => new PractitionerCounts(e.ClinicId, e.PractitionerId, from, e.Sessions, e.AtRisk, observed[(e.ClinicId, e.PractitionerId)].ToDictionary(o => o.Measure, o => o.Observed))
            {
                ForComparisonOnly = IsOthers(db, e.PractitionerId), FollowedUp = e.FollowedUp, Reached = e.Reached,
                FoundByAsking = observed[(e.ClinicId, e.PractitionerId)].ToDictionary(o => o.Measure, o => o.Asked),
            })];
    }

    /// <summary>Per practitioner, clinic and calendar month, for one measure.</summary>
    public static async Task<List<PractitionerCounts>> ReadMonthlyAsync(SafetyAuditDb db, DateOnly from, DateOnly to, string measure, CancellationToken ct)
    {
        var exposures = await db.DailyExposures.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => d.Date >= from && d.Date <= to)
            .GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Sessions = g.Sum(d => (long)d.Sessions), AtRisk = g.Sum(d => (long)d.AtRiskSessions) }).ToListAsync(ct);
        var observed = await db.DailyObserved.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => d.Date >= from && d.Date <= to && d.Measure == measure)
            .GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Observed = g.Sum(d => (long)d.Observed) }).ToDictionaryAsync(g => g.Key, g => g.Observed, ct);
        return [.. exposures.Select(e => new PractitionerCounts(e.Key.ClinicId, e.Key.PractitionerId, new DateOnly(e.Key.Year, e.Key.Month, 1), e.Sessions, e.AtRisk,
            new Dictionary<string, long> { [measure] = observed.GetValueOrDefault(e.Key) }) { ForComparisonOnly = IsOthers(db, e.Key.PractitionerId) })];
    }

    /// <summary>Per practitioner and calendar month at one clinic, for every measure.</summary>
    public static async Task<List<PractitionerCounts>> ReadMonthlyAsync(SafetyAuditDb db, string clinicId, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var exposures = await db.DailyExposures.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => d.ClinicId == clinicId && d.Date >= from && d.Date <= to)
            .GroupBy(d => new { d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Sessions = g.Sum(d => (long)d.Sessions), AtRisk = g.Sum(d => (long)d.AtRiskSessions) }).ToListAsync(ct);
        var observed = (await db.DailyObserved.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => d.ClinicId == clinicId && d.Date >= from && d.Date <= to)
            .GroupBy(d => new { d.PractitionerId, d.Date.Year, d.Date.Month, d.Measure })
            .Select(g => new { g.Key.PractitionerId, g.Key.Year, g.Key.Month, g.Key.Measure, Observed = g.Sum(d => (long)d.Observed) }).ToListAsync(ct)).ToLookup(o => (o.PractitionerId, o.Year, o.Month));
        return [.. exposures.Select(e => new PractitionerCounts(clinicId, e.Key.PractitionerId, new DateOnly(e.Key.Year, e.Key.Month, 1), e.Sessions, e.AtRisk,
            observed[(e.Key.PractitionerId, e.Key.Year, e.Key.Month)].ToDictionary(o => o.Measure, o => o.Observed)) { ForComparisonOnly = IsOthers(db, e.Key.PractitionerId) })];
    }

    static bool IsOthers(SafetyAuditDb db, string practitionerId) => db.Actor.Scope.PractitionerId is { } own && own != practitionerId;

    /// <summary>First and last day with a completed session, at one clinic or at all; empty where there is none.</summary>
    public static Task<(DateOnly First, DateOnly Last)?> SpanAsync(SafetyAuditDb db, string? clinicId, CancellationToken ct) => SpanAsync(db, clinicId, ofAll: false, ct);

    /// <summary>The same of a whole clinic, whoever asks: colleagues' months are counted with one's own.</summary>
    public static Task<(DateOnly First, DateOnly Last)?> SpanOfClinicAsync(SafetyAuditDb db, string clinicId, CancellationToken ct) => SpanAsync(db, clinicId, ofAll: true, ct);

    static async Task<(DateOnly First, DateOnly Last)?> SpanAsync(SafetyAuditDb db, string? clinicId, bool ofAll, CancellationToken ct)
    {
        var spans = await SpansAsync(db, clinicId, ofAll, ct);
        return spans.Count == 0 ? null : (spans.Values.Min(s => s.First), spans.Values.Max(s => s.Last));
    }

    /// <summary>The last day with a completed session of each clinic within reach, whoever asks; none for a clinic without.</summary>
    public static async Task<Dictionary<string, DateOnly>> LastDaysAsync(SafetyAuditDb db, CancellationToken ct)
    {
        string[] clinics = await db.ClinicsReachedAsync(null, ct);
        var days = db.DailyExposures.Where(d => d.Sessions > 0);
        return (await db.Clinics.IgnoreQueryFilters([SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope]).Where(c => clinics.Contains(c.Id))
            .Select(c => new { c.Id, Last = days.Where(d => d.ClinicId == c.Id).OrderByDescending(d => d.Date).Select(d => (DateOnly?)d.Date).FirstOrDefault() })
            .ToListAsync(ct)).Where(c => c.Last is not null).ToDictionary(c => c.Id, c => c.Last!.Value);
    }

    // From either end of each clinic's days, so that it costs the same however many there are between.
    static async Task<Dictionary<string, (DateOnly First, DateOnly Last)>> SpansAsync(SafetyAuditDb db, string? clinicId, bool ofAll, CancellationToken ct)
    {
        // The clinics first, within reach: what is left out of the filters below is left out for the whole query.
        string[] clinics = await db.ClinicsReachedAsync(clinicId, ct);
        var days = db.DailyExposures.Where(d => d.Sessions > 0);
        return (await db.Clinics.IgnoreQueryFilters(ofAll ? [SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope] : [SafetyAuditDb.ClinicScope]).Where(c => clinics.Contains(c.Id)).Select(c => new
        {
            c.Id,
            First = days.Where(d => d.ClinicId == c.Id).OrderBy(d => d.Date).Select(d => (DateOnly?)d.Date).FirstOrDefault(),
            Last = days.Where(d => d.ClinicId == c.Id).OrderByDescending(d => d.Date).Select(d => (DateOnly?)d.Date).FirstOrDefault(),
        }).ToListAsync(ct)).Where(c => c.First is not null).ToDictionary(c => c.Id, c => (c.First!.Value, c.Last!.Value));
    }

    /// <summary>
    /// Grade of follow-up: how many patients were asked afterwards and answered. A 80 % or more, B 50–79, C below 50, D nobody reached. A low rate under a low
    /// grade says little.
    /// </summary>
    public static char Grade(long reached, long sessions) => sessions == 0 || reached == 0 ? 'D' : ((double)reached / sessions) switch { >= 0.8 => 'A', >= 0.5 => 'B', _ => 'C' };
}
