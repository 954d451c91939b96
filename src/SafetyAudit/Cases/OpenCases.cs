using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Protocol;

namespace SafetyAudit.Cases;

/// <summary>
/// Opens the case that an alert asks for by itself: of every open sentinel event, and of every practitioner far above colleagues. Runs after each evaluation, any
/// number of times; an alert has one case at most.
/// </summary>
public sealed class OpenCases(IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Answers how many were opened.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
        var due = await db.Alerts.AsNoTracking().Where(a => a.Status == AlertStatus.Open && (a.Level == AlertLevel.Sentinel || a.Level == AlertLevel.Red && a.Rule == AlertRule.MoreThanPeers) && !db.Cases.Any(c => c.AlertId == a.Id)).ToListAsync(ct);
        if (due.Count == 0) return 0;
        var now = time.UtcNow();
        var laidDown = (await db.ClinicProtocols.AsNoTracking().ToListAsync(ct)).ToLookup(p => p.ClinicId);
        var opened = new List<(Case Review, Alert Alert)>();
        foreach (var alert in due)
        {
            double? hours = alert.Level == AlertLevel.Sentinel ? ClinicProtocol.On(alert.ClinicId, laidDown[alert.ClinicId], DateOnly.FromDateTime(now)).ReviewHours : null;
            opened.Add((ReviewCase.Of(alert, now, db.Actor.Name, hours is { } h ? now.AddHours(h) : null), alert));
        }
        db.Cases.AddRange(opened.Select(o => o.Review));
        await db.SaveChangesAsync(ct);
        db.CaseEntries.AddRange(opened.Select(o => ReviewCase.New(o.Review, CaseEntryKind.Opened, now, db.Actor.Name, ReviewCase.FiguresOf(o.Alert))));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return due.Count;
    }
}
