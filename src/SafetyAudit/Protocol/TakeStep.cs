using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>Somebody says what was done about an event, or takes that back. Within the actor's scope.</summary>
public sealed class TakeStep(SafetyAuditDb db, TimeProvider time)
{
    public const int LongestNote = 500;

    /// <param name="eventId">The event.</param>
    /// <param name="eventClinicId">Its own clinic; empty where it names none.</param>
    /// <param name="kind">What was done.</param>
    /// <param name="duty">The duty it is about, where it is about one.</param>
    /// <param name="atUtc">When it was done; now when left out.</param>
    /// <param name="note">To whom, or why not.</param>
    /// <param name="ct">Stops it; nothing is entered then.</param>
    /// <returns>What is wrong, in words; nothing when it is entered.</returns>
    public async Task<string?> RunAsync(string eventId, string eventClinicId, EventStepKind kind, string? duty, DateTime? atUtc, string? note, CancellationToken ct)
    {
        var now = time.UtcNow();
        note = note?.Trim() is { Length: > 0 } said ? said : null;
        if (note?.Length > LongestNote) return $"The note is longer than {LongestNote} characters. Shorten it.";
        if (kind == EventStepKind.NotReportable && note is null) return "Say why it is not reportable.";
        if (duty is not null != kind is EventStepKind.Reported or EventStepKind.NotReportable || duty is not null && !ReportingDuties.ById.ContainsKey(duty)) return "There is no such duty.";
        if (await db.Current<AdverseEvent>().Where(e => e.EventId == eventId && (e.ClinicId ?? "") == eventClinicId).Select(e => new { e.OnsetAtUtc, e.LinkedClinicId }).FirstOrDefaultAsync(ct) is not { } found)
            return "The event is not there. Look at the list again.";
        if ((atUtc ?? now) is var at && (at > now || at < found.OnsetAtUtc)) return "It can't be done before the event or after now. Correct the time.";
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Two who say the same at once have said it once.
        await db.WorkAloneAsync(ExclusiveWork.Deliveries, ct);
        if (await db.EventSteps.AnyAsync(s => s.EventId == eventId && s.EventClinicId == eventClinicId && s.Kind == kind && s.Duty == duty && s.TakenBackAtUtc == null, ct)) return "It was entered already.";
        db.EventSteps.Add(new EventStep
        {
            EventId = eventId, EventClinicId = eventClinicId, ClinicId = found.LinkedClinicId ?? eventClinicId, Kind = kind, Duty = duty, AtUtc = at, EnteredAtUtc = now, EnteredBy = db.Actor.Name, Note = note,
        });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <returns>What is wrong, in words; nothing when it is taken back.</returns>
    public async Task<string?> TakeBackAsync(long step, CancellationToken ct)
    {
        if (await db.EventSteps.SingleOrDefaultAsync(s => s.Id == step && s.TakenBackAtUtc == null, ct) is not { } found) return "It was taken back already. Look at the list again.";
        found.TakenBackAtUtc = time.UtcNow();
        await db.SaveChangesAsync(ct);
        return null;
    }
}
