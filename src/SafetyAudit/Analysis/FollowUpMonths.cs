using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Protocol;

namespace SafetyAudit.Analysis;

/// <summary>Follow-up of one practitioner's sessions at one clinic in one month.</summary>
/// <param name="ClinicId">The clinic.</param>
/// <param name="PractitionerId">The practitioner.</param>
/// <param name="Month">Its first day.</param>
/// <param name="FollowUp">What rules about months look at.</param>
public sealed record FollowUpMonthRow(string ClinicId, string PractitionerId, DateOnly Month, FollowUpMonth FollowUp);

/// <summary>The practitioner-months of a period. Whole months only: one that the period cuts would be judged by a part of it.</summary>
public static class FollowUpMonths
{
    /// <summary>In the order of clinics, practitioners and months.</summary>
    /// <param name="db">Within the scope of whoever it acts for.</param>
    /// <param name="from">First day of the period.</param>
    /// <param name="to">Its last day.</param>
    /// <param name="clinic">One clinic, or all within reach.</param>
    /// <param name="practitioner">One practitioner, or all within reach.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<FollowUpMonthRow>> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, string? clinic, string? practitioner, CancellationToken ct)
    {
        var first = new DateOnly(from.Year, from.Month, 1);
        if (first < from) first = first.AddMonths(1);
        var end = new DateOnly(to.Year, to.Month, 1);
        if (end.AddMonths(1).AddDays(-1) == to) end = end.AddMonths(1);
        var months = await db.DailyExposures.Where(d => d.Date >= first && d.Date < end && (clinic == null || d.ClinicId == clinic) && (practitioner == null || d.PractitionerId == practitioner))
            .GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Date.Year, d.Date.Month })
            .Select(g => new { g.Key, Due = g.Sum(d => d.Sessions), Attempted = g.Sum(d => d.FollowedUp), Reached = g.Sum(d => d.Reached) }).ToListAsync(ct);
        var laidDown = (await db.ClinicProtocols.AsNoTracking().ToListAsync(ct)).ToLookup(p => p.ClinicId);
        return
        [
            .. from m in months
               let month = new DateOnly(m.Key.Year, m.Key.Month, 1)
               let protocol = ClinicProtocol.On(m.Key.ClinicId, laidDown[m.Key.ClinicId], month.AddMonths(1).AddDays(-1))
               orderby m.Key.ClinicId, m.Key.PractitionerId, month
               select new FollowUpMonthRow(m.Key.ClinicId, m.Key.PractitionerId, month, new(m.Due, m.Attempted, m.Reached, protocol)),
        ];
    }
}
