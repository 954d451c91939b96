using Microsoft.EntityFrameworkCore;
using SafetyAudit.Reports;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>A control chart ready for the page.</summary>
/// <param name="Control">The figure.</param>
/// <param name="Id">Unique in the page; letters, digits and hyphens.</param>
/// <param name="Title">What it shows.</param>
/// <param name="Words">What is counted.</param>
/// <param name="Link">Where a month leads.</param>
/// <param name="ProvisionalFrom">The first day of which late reports may still change the figures.</param>
/// <param name="Notes">What happened meanwhile.</param>
public sealed record ControlPicture(ControlMonths Control, string Id, string Title, ControlWords Words, Func<DateOnly, string?> Link, DateOnly? ProvisionalFrom, IReadOnlyList<DatedNote> Notes);

/// <summary>What happened at a clinic that may explain what a chart of months shows: changes of its protocol, and what reviews came to.</summary>
static class DatedNotes
{
    /// <summary>The latest of them at most, as many as there are letters.</summary>
    const int Most = 26;

    /// <param name="db">Within the scope of whoever reads.</param>
    /// <param name="clinic">The clinic.</param>
    /// <param name="about">A measure or a rule of the protocol.</param>
    /// <param name="from">First day.</param>
    /// <param name="to">Last day.</param>
    /// <param name="ct">Stops the reading.</param>
    /// <param name="practitioner">Of reviews about practitioners this one's alone; all of them when left out.</param>
    public static async Task<IReadOnlyList<DatedNote>> ReadAsync(SafetyAuditDb db, string clinic, string about, DateOnly from, DateOnly to, CancellationToken ct, string? practitioner = null)
    {
        var changes = await db.ClinicProtocols.Where(p => p.ClinicId == clinic && p.EffectiveFrom >= from && p.EffectiveFrom <= to).Select(p => p.EffectiveFrom).Distinct().ToListAsync(ct);
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        string? self = await ReviewCase.SelfAsync(db, ct);
        var decided = await ReviewCase.KnownTo(self, db.Cases).Where(c => c.ClinicId == clinic && c.Measure == about && (practitioner == null || c.PractitionerId == null || c.PractitionerId == practitioner) && c.DecidedAtUtc >= start && c.DecidedAtUtc < end)
            .Select(c => new { c.Id, c.Decision, c.DecidedAtUtc }).ToListAsync(ct);
        return [.. changes.Select(day => new DatedNote(day, T("the local protocol changed"), $"/protocol?clinic={Uri.EscapeDataString(clinic)}"))
            .Concat(decided.Where(c => c.Decision is not null).Select(c => new DatedNote(DateOnly.FromDateTime(c.DecidedAtUtc!.Value), T("case {0} decided: {1}", c.Id, T(Words.Decision(c.Decision!.Value))), $"/cases/{c.Id}")))
            .OrderBy(n => n.Day).TakeLast(Most)];
    }
}
