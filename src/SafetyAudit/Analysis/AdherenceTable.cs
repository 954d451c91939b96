using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Protocol;

namespace SafetyAudit.Analysis;

/// <summary>One rule over the sessions of one practitioner at one clinic.</summary>
public sealed record AdherenceRow(ProtocolRule Rule, string ClinicId, string PractitionerId, Adherence Adherence);

/// <summary>Protocol adherence counted from the summaries.</summary>
public static class AdherenceTable
{
    public static async Task<List<AdherenceRow>> ReadAsync(SafetyAuditDb db, DateOnly from, DateOnly to, string? clinicId, string? practitionerId, CancellationToken ct)
    {
        var sums = await db.DailyAdherence
            .Where(d => d.Date >= from && d.Date <= to && (clinicId == null || d.ClinicId == clinicId) && (practitionerId == null || d.PractitionerId == practitionerId))
            .GroupBy(d => new { d.ClinicId, d.PractitionerId, d.Rule })
            .Select(g => new { g.Key, Pass = g.Sum(d => d.Pass), Fail = g.Sum(d => d.Fail), NotRecorded = g.Sum(d => d.NotRecorded), NotApplicable = g.Sum(d => d.NotApplicable) }).ToListAsync(ct);
        return [.. sums.Where(s => Rules.ById.ContainsKey(s.Key.Rule))
            .Select(s => new AdherenceRow(Rules.ById[s.Key.Rule], s.Key.ClinicId, s.Key.PractitionerId, new(s.Pass, s.Fail, s.NotRecorded, s.NotApplicable)))
            .OrderBy(r => r.Rule.Id, StringComparer.Ordinal).ThenBy(r => r.ClinicId, StringComparer.Ordinal).ThenBy(r => r.PractitionerId, StringComparer.Ordinal)];
    }

    /// <summary>Several rows of one rule as one.</summary>
    public static Adherence Sum(IEnumerable<AdherenceRow> rows) =>
        rows.Aggregate(new Adherence(), (sum, row) => new(sum.Pass + row.Adherence.Pass, sum.Fail + row.Adherence.Fail, sum.NotRecorded + row.Adherence.NotRecorded, sum.NotApplicable + row.Adherence.NotApplicable));
}
