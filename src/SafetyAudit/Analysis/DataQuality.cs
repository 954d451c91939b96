using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;

namespace SafetyAudit.Analysis;

/// <summary>So many of so many. Where there is nothing to ask for there is no share, and none is assessed.</summary>
public readonly record struct Part(long Met, long Of)
{
    public double? Share => Of == 0 ? null : (double)Met / Of;

    public static Part operator +(Part left, Part right) => new(left.Met + right.Met, left.Of + right.Of);
}

/// <summary>How well the records of one practitioner at one clinic, or of a clinic as a whole, are kept over a period. Says nothing of how well anybody works.</summary>
/// <remarks>
/// What is counted stands with <see cref="DailyQuality"/>. An event belongs to the day of its session; one that waits for its session belongs to the day of its onset (UTC), and
/// to the clinic and practitioner that it names.
/// </remarks>
public sealed record QualityRow(string ClinicId, string? PractitionerId, DateOnly From, DateOnly To)
{
    /// <summary>Completed sessions.</summary>
    public long Sessions { get; init; }

    /// <summary>Completeness: of what protocol rules ask, what the sessions' records answer.</summary>
    public Part Answers { get; init; }

    /// <summary>Completeness of events: of the details that figures need.</summary>
    public Part EventDetails { get; init; }

    /// <summary>Timeliness: sessions that reached us in time.</summary>
    public Part InTime { get; init; }

    /// <summary>Timeliness of events: written down promptly, of those that say when.</summary>
    public Part Prompt { get; init; }

    /// <summary>Linkage: events joined to a session, of those and of the ones that wait for theirs.</summary>
    public Part Linked { get; init; }

    /// <summary>Of the events joined, those that name their session; the others were joined by patient and time, or by a person.</summary>
    public Part Named { get; init; }

    /// <summary>Duplicates: sessions that look like another one under another id.</summary>
    public Part RepeatedSessions { get; init; }

    /// <summary>The same of events.</summary>
    public Part RepeatedEvents { get; init; }

    /// <summary>Rows sent for the clinic that were rejected and wait to be mended, whenever they came; unknown of a practitioner or a month.</summary>
    public long? RejectedRows { get; init; }

    public ReportingDelay? Delay { get; init; }
}

/// <summary>The quality of the records: each clinic and practitioner over a period, and month by month. One value for the page and for programs.</summary>
/// <param name="Clinics">By id; none for someone who sees their own records only.</param>
/// <param name="Practitioners">By clinic and id. One without sessions is there where an event that waits names them.</param>
/// <param name="Months">The same rows by calendar month, oldest first; months without a record are left out.</param>
public sealed record DataQuality(IReadOnlyList<QualityRow> Clinics, IReadOnlyList<QualityRow> Practitioners, IReadOnlyList<QualityRow> Months)
{
    /// <summary>From the summaries of the period, and the few records that wait. Both days are included.</summary>
    public static async Task<DataQuality> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var monthly = await MonthlyAsync(db, from, to, ct);
        bool isOwn = db.Actor.Scope.PractitionerId is not null;
        var rejected = isOwn ? [] : await db.QuarantinedRows.Where(q => q.ClosedAtUtc == null && q.ClinicId != null).GroupBy(q => q.ClinicId!).Select(g => new { g.Key, Rows = g.LongCount() }).ToDictionaryAsync(g => g.Key, g => g.Rows, ct);
        var delays = isOwn ? [] : await ReportingDelay.ReadAsync(db, from, to, ct);
        var practitioners = monthly.Where(m => m.PractitionerId is not null).GroupBy(m => (m.ClinicId, m.PractitionerId)).Select(g => Sum(g, g.Key.ClinicId, g.Key.PractitionerId, from, to));
        if (isOwn) return new([], Ordered(practitioners), Ordered(monthly));
        var clinics = (await db.Clinics.AsNoTracking().Select(c => c.Id).ToListAsync(ct)).ToDictionary(c => c, c => Sum(monthly.Where(m => m.ClinicId == c), c, null, from, to) with { RejectedRows = rejected.GetValueOrDefault(c), Delay = delays.GetValueOrDefault(c) });
        var byClinic = monthly.GroupBy(m => (m.ClinicId, m.From)).Select(g => Sum(g, g.Key.ClinicId, null, g.First().From, g.First().To));
        return new(Ordered(clinics.Values), Ordered(practitioners), Ordered([.. byClinic, .. monthly.Where(m => m.PractitionerId is not null)]));
    }

    // One row for each practitioner, clinic and month; without practitioner for events that wait and name none.
    static async Task<List<QualityRow>> MonthlyAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var exposures = await db.DailyExposures.Where(d => d.Date >= from && d.Date <= to).GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Sessions = g.Sum(d => (long)d.Sessions) }).ToListAsync(ct);
        var qualities = await db.DailyQuality.Where(d => d.Date >= from && d.Date <= to).GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new
            {
                g.Key, Asked = g.Sum(d => (long)d.Asked), Answered = g.Sum(d => (long)d.Answered), Awaited = g.Sum(d => (long)d.Awaited), InTime = g.Sum(d => (long)d.InTime),
                RepeatedSessions = g.Sum(d => (long)d.RepeatedSessions), Events = g.Sum(d => (long)d.Events), Named = g.Sum(d => (long)d.EventsNamed), Details = g.Sum(d => (long)d.EventDetails),
                Timed = g.Sum(d => (long)d.EventsTimed), Prompt = g.Sum(d => (long)d.EventsPrompt), RepeatedEvents = g.Sum(d => (long)d.RepeatedEvents),
            }).ToListAsync(ct);
        var sessions = exposures.ToDictionary(e => (e.Key.ClinicId, e.Key.PractitionerId, new DateOnly(e.Key.Year, e.Key.Month, 1)), e => e.Sessions);
        var rows = qualities.ConvertAll(q =>
        {
            var month = new DateOnly(q.Key.Year, q.Key.Month, 1);
            long given = sessions.GetValueOrDefault((q.Key.ClinicId, q.Key.PractitionerId, month));
            return Row(q.Key.ClinicId, q.Key.PractitionerId, month) with
            {
                Sessions = given, Answers = new(q.Answered, q.Asked), EventDetails = new(q.Details, q.Events * DailyQuality.DetailsPerEvent), InTime = new(q.InTime, q.Awaited), Prompt = new(q.Prompt, q.Timed),
                Linked = new(q.Events, q.Events), Named = new(q.Named, q.Events), RepeatedSessions = new(q.RepeatedSessions, given), RepeatedEvents = new(q.RepeatedEvents, q.Events),
            };
        });
        foreach (var waiting in await WaitingAsync(db, from, to, ct)) rows.Add(Row(waiting.Key.Clinic, waiting.Key.Practitioner, waiting.Key.Month) with { Linked = new(0, waiting.Value) });
        return [.. rows.GroupBy(r => (r.ClinicId, r.PractitionerId, r.From)).Select(g => Sum(g, g.Key.ClinicId, g.Key.PractitionerId, g.First().From, g.First().To))];

        QualityRow Row(string clinic, string? practitioner, DateOnly month) =>
            new(clinic, practitioner, month < from ? from : month, month.AddMonths(1).AddDays(-1) is var last && last > to ? to : last);
    }

    // However many records there are, only those that wait are read.
    static async Task<Dictionary<(string Clinic, string? Practitioner, DateOnly Month), long>> WaitingAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct)
    {
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        string? own = db.Actor.Scope.PractitionerId;
        // Whose an event is that waits, only the event says: one's own are counted by the id they name.
        var waiting = await db.Current<AdverseEvent>().IgnoreQueryFilters([SafetyAuditDb.OwnScope, SafetyAuditDb.UploadScope])
            .Where(e => e.LinkedSessionId == null && e.LinkMethod == null && e.ClinicId != null && e.OnsetAtUtc >= start && e.OnsetAtUtc < end && (own == null || e.PractitionerId == own))
            .Select(e => new { e.ClinicId, e.PractitionerId, e.OnsetAtUtc }).ToListAsync(ct);
        return waiting.GroupBy(e => (e.ClinicId!, e.PractitionerId, new DateOnly(e.OnsetAtUtc.Year, e.OnsetAtUtc.Month, 1))).ToDictionary(g => g.Key, g => g.LongCount());
    }

    static QualityRow Sum(IEnumerable<QualityRow> rows, string clinic, string? practitioner, DateOnly from, DateOnly to) => rows.Aggregate(new QualityRow(clinic, practitioner, from, to), (sum, row) => sum with
    {
        Sessions = sum.Sessions + row.Sessions, Answers = sum.Answers + row.Answers, EventDetails = sum.EventDetails + row.EventDetails, InTime = sum.InTime + row.InTime, Prompt = sum.Prompt + row.Prompt,
        Linked = sum.Linked + row.Linked, Named = sum.Named + row.Named, RepeatedSessions = sum.RepeatedSessions + row.RepeatedSessions, RepeatedEvents = sum.RepeatedEvents + row.RepeatedEvents,
    });

    static List<QualityRow> Ordered(IEnumerable<QualityRow> rows) =>
        [.. rows.OrderBy(r => r.ClinicId, StringComparer.Ordinal).ThenBy(r => r.PractitionerId, StringComparer.Ordinal).ThenBy(r => r.From)];
}
