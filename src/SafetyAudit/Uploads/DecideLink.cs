using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>What someone asked for can't be done; the message says why, and what to do.</summary>
public sealed class DecisionRefusedException(string message) : Exception(message);

/// <summary>A person says which session a waiting event belongs to, or that it belongs to none; or takes that back. Within the actor's scope.</summary>
public sealed class DecideLink(SafetyAuditDb db, TimeProvider time)
{
    public const int LongestReason = 500;

    /// <summary>Joins an event to a session of its patient, or lays it aside where <paramref name="session"/> is empty; that needs a reason.</summary>
    /// <param name="row">The row of the version that was looked at.</param>
    /// <param name="session">The session's id and clinic.</param>
    /// <param name="reason">Why.</param>
    /// <param name="ct">Stops it; nothing is changed then.</param>
    /// <exception cref="DecisionRefusedException">There is no such event or session, or it was decided already.</exception>
    public async Task DecideAsync(long row, (string Id, string ClinicId)? session, string? reason, CancellationToken ct)
    {
        reason = reason?.Trim() is { Length: > 0 } said ? said : null;
        if (session is null && reason is null) throw new DecisionRefusedException("Say why the event belongs to none of these sessions.");
        if (reason?.Length > LongestReason) throw new DecisionRefusedException($"The reason is longer than {LongestReason} characters. Shorten it.");
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.WorkAloneAsync(ExclusiveWork.Counting, ct);
        var waiting = await db.Current<AdverseEvent>().SingleOrDefaultAsync(e => e.Id == row, ct) ?? throw new DecisionRefusedException("The event was sent again or is not there. Look at the list again.");
        if (waiting.LinkMethod is not null) throw new DecisionRefusedException("The event has its session by now, or somebody else decided about it. Look at the list again.");
        if (session is { } chosen && !IsPossible(waiting, await db.Current<Session>().SingleOrDefaultAsync(s => s.SessionId == chosen.Id && s.ClinicId == chosen.ClinicId, ct)))
            throw new DecisionRefusedException("That is no session of this patient before the event, in its clinic. Choose another.");

        await EndEarlierAsync(waiting, ct);
        db.LinkDecisions.Add(new LinkDecision
        {
            EventId = waiting.EventId, EventClinicId = waiting.ClinicId ?? "", EventVersion = waiting.Version, NamedSessionId = waiting.SessionId ?? "",
            SessionId = session?.Id, ClinicId = session?.ClinicId ?? waiting.ClinicId, Reason = reason, DecidedBy = db.Actor.Name, DecidedAtUtc = time.UtcNow(),
        });
        await db.SaveChangesAsync(ct);
        await LinkEvents.OfEventAsync(db, waiting.Id, ct);
        await transaction.CommitAsync(ct);
    }

    static bool IsPossible(AdverseEvent waiting, Session? session) =>
        session is not null && session.PatientId == waiting.PatientId && (session.StartedAtUtc <= waiting.OnsetAtUtc || session.FirstNeedleAtUtc <= waiting.OnsetAtUtc)
        && (waiting.ClinicId is null || waiting.ClinicId == session.ClinicId);

    // One decision is in force at a time: one about the same event that no longer holds gives way, wherever it was made.
    async Task EndEarlierAsync(AdverseEvent waiting, CancellationToken ct)
    {
        var versions = await db.AdverseEvents.IgnoreQueryFilters().Where(e => e.EventId == waiting.EventId && (e.ClinicId == null ? e.PatientId == waiting.PatientId : e.ClinicId == waiting.ClinicId))
            .Select(e => new { ClinicId = e.ClinicId ?? "", e.Version }).ToListAsync(ct);
        foreach (var earlier in await db.LinkDecisions.IgnoreQueryFilters().Where(d => d.EventId == waiting.EventId && d.TakenBackAtUtc == null).ToListAsync(ct))
            if (versions.Exists(v => v.ClinicId == earlier.EventClinicId && v.Version == earlier.EventVersion)) TakeBack(earlier);
        await db.SaveChangesAsync(ct);
    }

    /// <summary>The decision no longer holds; the event is joined by itself, or waits again.</summary>
    /// <exception cref="DecisionRefusedException">It is not there, or was taken back already.</exception>
    public async Task TakeBackAsync(long decisionId, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.WorkAloneAsync(ExclusiveWork.Counting, ct);
        var decision = await db.LinkDecisions.SingleOrDefaultAsync(d => d.Id == decisionId && d.TakenBackAtUtc == null, ct)
            ?? throw new DecisionRefusedException("The decision was taken back already. Look at the list again.");
        TakeBack(decision);
        await db.SaveChangesAsync(ct);
        // Whichever version of it counts by now.
        foreach (long row in await db.AdverseEvents.IgnoreQueryFilters().Where(e => e.EventId == decision.EventId && e.SupersededAtUtc == null).Select(e => e.Id).ToListAsync(ct)) await LinkEvents.OfEventAsync(db, row, ct);
        await transaction.CommitAsync(ct);
    }

    void TakeBack(LinkDecision decision) => (decision.TakenBackBy, decision.TakenBackAtUtc) = (db.Actor.Name, time.UtcNow());
}
