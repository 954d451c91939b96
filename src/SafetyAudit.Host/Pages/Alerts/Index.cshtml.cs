using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class AlertsModel(SafetyAuditDb db) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public string? Status { get; set; }

    public bool All => Status == "all";
    public List<Alert> Alerts { get; private set; } = [];

    /// <summary>The case of each alert that has one.</summary>
    public Dictionary<long, long> Cases { get; private set; } = [];

    /// <summary>False alarms to be expected over all the months watched, and alerts about practitioners ever raised from rates.</summary>
    public double ExpectedRed { get; private set; }
    public double ExpectedAmber { get; private set; }
    public int RaisedRed { get; private set; }
    public int RaisedAmber { get; private set; }
    public double PractitionerYears { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        // Ordered here: levels are kept as words.
        Alerts = [.. (await Db.Alerts.AsNoTracking().Where(a => All || a.Status == AlertStatus.Open).ToListAsync(ct)).OrderBy(a => a.Level).ThenBy(a => a.ClinicId, StringComparer.Ordinal).ThenBy(a => a.PractitionerId, StringComparer.Ordinal).ThenBy(a => a.Measure, StringComparer.Ordinal).ThenByDescending(a => a.RaisedAtUtc)];
        Cases = await Db.Cases.Select(c => new { c.AlertId, c.Id }).ToDictionaryAsync(c => c.AlertId, c => c.Id, ct);
        var raised = await Db.Alerts.Where(a => a.Rule == AlertRule.MoreThanPeers).GroupBy(a => a.Level).Select(g => new { g.Key, Count = g.Count() }).ToListAsync(ct);
        (RaisedRed, RaisedAmber) = (raised.Find(r => r.Key == AlertLevel.Red)?.Count ?? 0, raised.Find(r => r.Key == AlertLevel.Amber)?.Count ?? 0);
        var baselines = await Rates.BaselinesAsync(Db, null, ct);
        var reviewed = await EvaluateAlerts.ReviewedAsync(Db, ct);
        foreach (string clinic in await Db.Clinics.Select(c => c.Id).ToListAsync(ct))
        {
            if (await EvaluateAlerts.MonitorAsync(Db, clinic, baselines, reviewed, ct) is not { } monitor) continue;
            var own = monitor.Of(Db.Actor.Scope.PractitionerId);
            var (red, amber) = own.ExpectedFalseAlarms;
            (ExpectedRed, ExpectedAmber, PractitionerYears) = (ExpectedRed + red, ExpectedAmber + amber, PractitionerYears + own.PractitionerYears);
        }
    }
}
