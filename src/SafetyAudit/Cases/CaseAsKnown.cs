using Microsoft.EntityFrameworkCore;
using SafetyAudit.Alerts;
using SafetyAudit.Data;

namespace SafetyAudit.Cases;

/// <summary>Where a review had come to at an instant, from what had been entered in it by then.</summary>
/// <param name="Review">The review; of it only what never changes may be used: id, rule, level, measure, period, when it was opened.</param>
/// <param name="ClinicId">The clinic then.</param>
/// <param name="PractitionerId">Whom it was about then.</param>
/// <param name="Stage">The stage that was on.</param>
/// <param name="Decided">The decision that stood: when, which, and all that was said with it.</param>
/// <param name="Answered">Whether the practitioner had answered.</param>
public sealed record CaseAsKnown(Case Review, string ClinicId, string? PractitionerId, CaseStage Stage, (DateTime AtUtc, CaseDecision Decision, string Said)? Decided, bool Answered)
{
    /// <summary>The reviews about days of a period, and those that were opened or decided within it, in the order in which they were opened.</summary>
    /// <param name="db">Within the scope of whoever asks.</param>
    /// <param name="from">First day.</param>
    /// <param name="to">Last day.</param>
    /// <param name="atUtc">The instant.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<CaseAsKnown>> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, DateTime atUtc, CancellationToken ct)
    {
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        var reviews = await db.Cases.AsNoTracking().Where(c => c.OpenedAtUtc <= atUtc && (c.From <= to && c.To >= from || c.OpenedAtUtc >= start && c.OpenedAtUtc < end
            || db.CaseEntries.Any(e => e.CaseId == c.Id && e.Kind == CaseEntryKind.Decided && e.AtUtc >= start && e.AtUtc < end && e.AtUtc <= atUtc))).OrderBy(c => c.Id).ToListAsync(ct);
        var ids = reviews.ConvertAll(c => c.Id);
        var entries = (await db.CaseEntries.AsNoTracking().Where(e => ids.Contains(e.CaseId) && e.AtUtc <= atUtc).OrderBy(e => e.Id).ToListAsync(ct)).ToLookup(e => e.CaseId);
        return [.. reviews.Where(c => entries.Contains(c.Id)).Select(c => Of(c, [.. entries[c.Id]]))];
    }

    static CaseAsKnown Of(Case review, List<CaseEntry> entries)
    {
        var last = entries[^1];
        var moved = entries.FindLast(e => e.Kind is CaseEntryKind.Opened or CaseEntryKind.StageEnded or CaseEntryKind.Decided or CaseEntryKind.Reopened)!;
        var stage = moved.Kind switch { CaseEntryKind.StageEnded => CaseStages.After(moved.Stage), CaseEntryKind.Decided => CaseStage.Closed, _ => CaseStage.Data };
        // The entry begins with the decision's code, see ReviewCase.
        string said = moved.Note ?? "";
        (DateTime, CaseDecision, string)? decided = moved.Kind == CaseEntryKind.Decided && Codes.TryParse<CaseDecision>(said.Split(" · ")[0].Replace(' ', '_'), out var decision) ? (moved.AtUtc, decision, said) : null;
        return new(review, last.ClinicId, last.PractitionerId, stage, decided, entries.Exists(e => e.Kind == CaseEntryKind.Reply));
    }

    /// <summary>Alerts that were raised within a period and by an instant, by rule. Which were still borne out then is not kept.</summary>
    public static async Task<List<(AlertRule Rule, int Raised)>> AlertsRaisedAsync(SafetyAuditDb db, DateOnly from, DateOnly to, DateTime atUtc, CancellationToken ct)
    {
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        var raised = await db.Alerts.Where(a => a.RaisedAtUtc >= start && a.RaisedAtUtc < end && a.RaisedAtUtc <= atUtc).GroupBy(a => a.Rule).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        return [.. raised.OrderBy(r => r.Key).Select(r => (r.Key, r.Count))];
    }
}
