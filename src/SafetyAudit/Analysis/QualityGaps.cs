using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;

namespace SafetyAudit.Analysis;

/// <summary>What the shares of <see cref="QualityRow"/> lack, by the records that lack it.</summary>
public enum QualityGap
{
    /// <summary>Completed sessions that reached us later than in time.</summary>
    LateSessions,

    /// <summary>Completed sessions that say the same patient and start as an earlier one of the day.</summary>
    RepeatedSessions,

    /// <summary>Events without severity, time of writing down or way of reporting.</summary>
    IncompleteEvents,

    /// <summary>Events that were not written down promptly.</summary>
    LateEvents,

    /// <summary>Events that were joined to their session otherwise than by its id.</summary>
    JoinedEvents,

    /// <summary>Events of the same session, category and onset as another one.</summary>
    RepeatedEvents,
}

/// <summary>A session that has a gap, or whose events have.</summary>
/// <param name="Session">The session.</param>
/// <param name="FirstReceivedAtUtc">When it first reached us.</param>
/// <param name="Repeats">The session that it repeats.</param>
/// <param name="Events">Its events that have the gap.</param>
public sealed record QualityGapRow(Session Session, DateTime FirstReceivedAtUtc, string? Repeats, IReadOnlyList<AdverseEvent> Events);

/// <summary>Lists the records behind what <see cref="DataQuality"/> counts, as <see cref="RefreshSummaries"/> counts them.</summary>
public static class QualityGaps
{
    /// <summary>A month at a time, the latest first; of the days on which something is lacking alone.</summary>
    /// <param name="db">Within the scope of whoever it acts for.</param>
    /// <param name="gap">What is lacking.</param>
    /// <param name="clinics">Whose sessions.</param>
    /// <param name="practitionerId">One practitioner's; everybody's when left out.</param>
    /// <param name="from">First day.</param>
    /// <param name="to">Last day.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async IAsyncEnumerable<QualityGapRow> ReadAsync(SafetyAuditDb db, QualityGap gap, IReadOnlyList<string> clinics, string? practitionerId, DateOnly from, DateOnly to, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var addedAt = await db.Clinics.Select(c => new { c.Id, c.AddedAtUtc }).ToDictionaryAsync(c => c.Id, c => c.AddedAtUtc, ct);
        int details = DailyQuality.Details.Count;
        var days = db.DailyQuality.Where(d => clinics.Contains(d.ClinicId) && (practitionerId == null || d.PractitionerId == practitionerId) && d.Date >= from && d.Date <= to);
        days = gap switch
        {
            QualityGap.LateSessions => days.Where(d => d.InTime < d.Awaited),
            QualityGap.RepeatedSessions => days.Where(d => d.RepeatedSessions > 0),
            QualityGap.IncompleteEvents => days.Where(d => d.EventDetails < d.Events * details),
            QualityGap.LateEvents => days.Where(d => d.EventsPrompt < d.EventsTimed),
            QualityGap.JoinedEvents => days.Where(d => d.EventsNamed < d.Events),
            _ => days.Where(d => d.RepeatedEvents > 0),
        };
        foreach (var month in (await days.Select(d => d.Date).Distinct().ToListAsync(ct)).GroupBy(d => new DateOnly(d.Year, d.Month, 1)).OrderByDescending(g => g.Key))
        {
            var (first, last) = (month.Min(), month.Max());
            var of = from d in days.Where(d => d.Date >= first && d.Date <= last).Select(d => new { d.ClinicId, d.PractitionerId, d.Date }) join s in db.Current<Session>() on d equals new { s.ClinicId, s.PractitionerId, s.Date } select s;
            var rows = gap is QualityGap.LateSessions or QualityGap.RepeatedSessions ? await SessionsAsync(db, gap, of, addedAt, ct) : await EventsAsync(db, gap, of, ct);
            foreach (var row in rows.OrderByDescending(r => r.Session.StartedAtUtc).ThenBy(r => r.Session.Id)) yield return row;
        }
    }

    static async Task<List<QualityGapRow>> SessionsAsync(SafetyAuditDb db, QualityGap gap, IQueryable<Session> sessions, Dictionary<string, DateTime> addedAt, CancellationToken ct)
    {
        var given = await db.BulkReadAsync(sessions.Where(s => s.Status == SessionStatus.Completed), ct);
        if (gap == QualityGap.RepeatedSessions)
            return [.. given.GroupBy(s => (s.ClinicId, s.PractitionerId, s.Date, s.PatientId, s.StartedAtUtc)).SelectMany(g => g.OrderBy(s => s.Id).Skip(1).Select(s => new QualityGapRow(s, s.ReceivedAtUtc, g.MinBy(o => o.Id)!.SessionId, [])))];
        var received = await RefreshSummaries.FirstReceivedAsync(db, given, ct);
        return [.. given.Select(s => new QualityGapRow(s, received.GetValueOrDefault((s.ClinicId, s.SessionId), s.ReceivedAtUtc), null, [])).Where(r => DailyQuality.IsAwaited(r.Session, addedAt[r.Session.ClinicId]) && !DailyQuality.IsInTime(r.Session, r.FirstReceivedAtUtc))];
    }

    static async Task<List<QualityGapRow>> EventsAsync(SafetyAuditDb db, QualityGap gap, IQueryable<Session> sessions, CancellationToken ct)
    {
        var events = await (from s in sessions.Where(s => s.Status == SessionStatus.Completed || s.Status == SessionStatus.Aborted)
                            join e in db.Current<AdverseEvent>() on new { Clinic = (string?)s.ClinicId, Session = (string?)s.SessionId } equals new { Clinic = e.LinkedClinicId, Session = e.LinkedSessionId }
                            orderby e.Id
                            select new { Session = s, Event = e }).ToListAsync(ct);
        var repeated = events.GroupBy(x => (x.Session.Id, x.Event.Category, x.Event.OnsetAtUtc)).SelectMany(g => g.Skip(1)).Select(x => x.Event.Id).ToHashSet();
        return [.. events.Where(x => gap switch
        {
            QualityGap.IncompleteEvents => DailyQuality.DetailsOf(x.Event) < DailyQuality.Details.Count,
            QualityGap.LateEvents => DailyQuality.IsPrompt(x.Event) == false,
            QualityGap.JoinedEvents => x.Event.LinkMethod != LinkMethod.Explicit,
            _ => repeated.Contains(x.Event.Id),
        }).GroupBy(x => x.Session.Id).Select(g => new QualityGapRow(g.First().Session, g.First().Session.ReceivedAtUtc, null, [.. g.Select(x => x.Event)]))];
    }
}
