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
/// to the clinic and practitioner that it names. A follow-up that waits belongs to the day on which somebody tried to ask, or was to (UTC), and to the clinic that it names.
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

    /// <summary>
    /// Linkage of follow-ups: completed sessions whose patient somebody tried to ask, of those and of the sessions that have not arrived though follow-ups name them. Of clinics
    /// alone: a follow-up that waits names no practitioner.
    /// </summary>
    public Part FollowUps { get; init; }

    /// <summary>Duplicates: sessions that look like another one under another id.</summary>
    public Part RepeatedSessions { get; init; }

    /// <summary>The same of events.</summary>
    public Part RepeatedEvents { get; init; }

    /// <summary>Rows sent for the clinic that were rejected and wait to be mended, whenever they came; unknown of a practitioner or a month.</summary>
    public long? RejectedRows { get; init; }

    public ReportingDelay? Delay { get; init; }
}

/// <summary>One share of a <see cref="QualityRow"/>.</summary>
/// <param name="Title">Its heading, in English.</param>
/// <param name="Of">Reads it from a row.</param>
/// <param name="Gap">The records that it lacks or counts, where they can be listed.</param>
/// <param name="CountsGaps">Whether it counts what is lacking, as repeated records, and not what is there.</param>
public sealed record QualityPart(string Title, Func<QualityRow, Part> Of, QualityGap? Gap = null, bool CountsGaps = false)
{
    /// <summary>Those that are named outside a table.</summary>
    public static readonly QualityPart
        Answers = new("Answers recorded", r => r.Answers), Linked = new("Events joined", r => r.Linked), FollowUps = new("Follow-ups joined", r => r.FollowUps),
        InTime = new("Sessions in time", r => r.InTime, QualityGap.LateSessions), Prompt = new("Events prompt", r => r.Prompt, QualityGap.LateEvents);

    /// <summary>In the order of a table's columns.</summary>
    public static readonly IReadOnlyList<QualityPart> All =
    [
        Answers, new("Event details", r => r.EventDetails, QualityGap.IncompleteEvents), InTime, Prompt,
        Linked, new("Joined by name", r => r.Named, QualityGap.JoinedEvents), FollowUps, new("Repeated sessions", r => r.RepeatedSessions, QualityGap.RepeatedSessions, CountsGaps: true), new("Repeated events", r => r.RepeatedEvents, QualityGap.RepeatedEvents, CountsGaps: true),
    ];
}

/// <summary>What waits for its session and names no clinic: it is no clinic's, and stands in no row.</summary>
public sealed record WithoutClinic(long Events, long FollowUps);

/// <summary>The quality of the records: each clinic and practitioner over a period, and month by month. One value for the page and for programs.</summary>
/// <param name="Clinics">By id; none for someone who sees their own records only.</param>
/// <param name="Practitioners">By clinic and id. One without sessions is there where an event that waits names them.</param>
/// <param name="Months">The same rows by calendar month, oldest first; months without a record are left out.</param>
/// <param name="Unplaced">What waits and names no clinic; null for someone who does not reach all clinics.</param>
public sealed record DataQuality(IReadOnlyList<QualityRow> Clinics, IReadOnlyList<QualityRow> Practitioners, IReadOnlyList<QualityRow> Months, WithoutClinic? Unplaced)
{
    /// <summary>From the summaries of the period, and the few records that wait. Both days are included.</summary>
    public static async Task<DataQuality> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct)
    {
        bool isOwn = db.Actor.Scope.PractitionerId is not null;
        var waiting = await WaitingAsync(db, from, to, ct);
        var monthly = await MonthlyAsync(db, from, to, waiting, ct);
        var rejected = isOwn ? [] : await db.QuarantinedRows.Where(q => q.ClosedAtUtc == null && q.ClinicId != null).GroupBy(q => q.ClinicId!).Select(g => new { g.Key, Rows = g.LongCount() }).ToDictionaryAsync(g => g.Key, g => g.Rows, ct);
        var delays = isOwn ? [] : await ReportingDelay.ReadAsync(db, from, to, ct);
        var practitioners = monthly.Where(m => m.PractitionerId is not null).GroupBy(m => (m.ClinicId, m.PractitionerId)).Select(g => Sum(g, g.Key.ClinicId, g.Key.PractitionerId, from, to));
        if (isOwn) return new([], Ordered(practitioners), Ordered(monthly), null);
        var clinics = (await db.Clinics.AsNoTracking().Select(c => c.Id).ToListAsync(ct)).ToDictionary(c => c, c => Sum(monthly.Where(m => m.ClinicId == c), c, null, from, to) with { RejectedRows = rejected.GetValueOrDefault(c), Delay = delays.GetValueOrDefault(c) });
        var byClinic = monthly.GroupBy(m => (m.ClinicId, m.From)).Select(g => Sum(g, g.Key.ClinicId, null, g.First().From, g.First().To));
        var unplaced = db.Actor.Scope.HasClinic("") ? new WithoutClinic(waiting.Count(w => w is { ClinicId: null, AskedAbout: null }), waiting.Count(w => w is { ClinicId: null, AskedAbout: not null })) : null;
        return new(Ordered(clinics.Values), Ordered(practitioners), Ordered([.. byClinic, .. monthly.Where(m => m.PractitionerId is not null)]), unplaced);
    }

    // One row for each practitioner, clinic and month; without practitioner for follow-ups, and for events that wait and name none.
    static async Task<List<QualityRow>> MonthlyAsync(SafetyAuditDb db, DateOnly from, DateOnly to, List<Waiting> waiting, CancellationToken ct)
    {
        var exposures = await db.DailyExposures.Where(d => d.Date >= from && d.Date <= to).GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Sessions = g.Sum(d => (long)d.Sessions), FollowedUp = g.Sum(d => (long)d.FollowedUp) }).ToListAsync(ct);
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
                Sessions = given, Answers = new(q.Answered, q.Asked), EventDetails = new(q.Details, q.Events * DailyQuality.Details.Count), InTime = new(q.InTime, q.Awaited), Prompt = new(q.Prompt, q.Timed),
                Linked = new(q.Events, q.Events), Named = new(q.Named, q.Events), RepeatedSessions = new(q.RepeatedSessions, given), RepeatedEvents = new(q.RepeatedEvents, q.Events),
            };
        });
        foreach (var e in waiting.Where(w => w is { ClinicId: not null, AskedAbout: null })) rows.Add(Row(e.ClinicId!, e.PractitionerId, e.Month) with { Linked = new(0, 1) });
        if (db.Actor.Scope.PractitionerId is null)
        {
            foreach (var e in exposures.Where(e => e.FollowedUp > 0)) rows.Add(Row(e.Key.ClinicId, null, new(e.Key.Year, e.Key.Month, 1)) with { FollowUps = new(e.FollowedUp, e.FollowedUp) });
            // However often somebody tried to ask after a session, it is one.
            foreach (var f in waiting.Where(w => w is { ClinicId: not null, AskedAbout: not null }).GroupBy(w => (w.ClinicId, w.AskedAbout)).Select(g => g.MinBy(w => w.Month))) rows.Add(Row(f.ClinicId!, null, f.Month) with { FollowUps = new(0, 1) });
        }
        return [.. rows.GroupBy(r => (r.ClinicId, r.PractitionerId, r.From)).Select(g => Sum(g, g.Key.ClinicId, g.Key.PractitionerId, g.First().From, g.First().To))];

        QualityRow Row(string clinic, string? practitioner, DateOnly month) =>
            new(clinic, practitioner, month < from ? from : month, month.AddMonths(1).AddDays(-1) is var last && last > to ? to : last);
    }

    // An event; or a follow-up, by the session that it names.
    readonly record struct Waiting(string? ClinicId, string? PractitionerId, string? AskedAbout, DateOnly Month);

    // However many records there are, only those that wait are read.
    static async Task<List<Waiting>> WaitingAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct)
    {
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        string? own = db.Actor.Scope.PractitionerId;
        // Whose an event is that waits, only the event says: one's own are counted by the id they name.
        var events = await db.Current<AdverseEvent>().IgnoreQueryFilters([SafetyAuditDb.OwnScope, SafetyAuditDb.UploadScope])
            .Where(AdverseEvent.IsWaiting).Where(e => e.OnsetAtUtc >= start && e.OnsetAtUtc < end && (own == null || e.PractitionerId == own))
            .Select(e => new { e.ClinicId, e.PractitionerId, e.OnsetAtUtc }).ToListAsync(ct);
        var followUps = await db.Current<FollowUp>().Where(FollowUp.IsAttempt).Where(f => f.LinkedClinicId == null).Select(f => new { f.ClinicId, f.SessionId, At = f.AttemptedAtUtc ?? f.DueAtUtc ?? f.ReceivedAtUtc })
            .Where(f => f.At >= start && f.At < end).ToListAsync(ct);
        return [.. events.Select(e => new Waiting(e.ClinicId, e.PractitionerId, null, MonthOf(e.OnsetAtUtc))), .. followUps.Select(f => new Waiting(f.ClinicId, null, f.SessionId, MonthOf(f.At)))];

        static DateOnly MonthOf(DateTime at) => new(at.Year, at.Month, 1);
    }

    static QualityRow Sum(IEnumerable<QualityRow> rows, string clinic, string? practitioner, DateOnly from, DateOnly to) => rows.Aggregate(new QualityRow(clinic, practitioner, from, to), (sum, row) => sum with
    {
        Sessions = sum.Sessions + row.Sessions, Answers = sum.Answers + row.Answers, EventDetails = sum.EventDetails + row.EventDetails, InTime = sum.InTime + row.InTime, Prompt = sum.Prompt + row.Prompt,
        Linked = sum.Linked + row.Linked, Named = sum.Named + row.Named, FollowUps = sum.FollowUps + row.FollowUps, RepeatedSessions = sum.RepeatedSessions + row.RepeatedSessions, RepeatedEvents = sum.RepeatedEvents + row.RepeatedEvents,
    });

    static List<QualityRow> Ordered(IEnumerable<QualityRow> rows) =>
        [.. rows.OrderBy(r => r.ClinicId, StringComparer.Ordinal).ThenBy(r => r.PractitionerId, StringComparer.Ordinal).ThenBy(r => r.From)];
}
