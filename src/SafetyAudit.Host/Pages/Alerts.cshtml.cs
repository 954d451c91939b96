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
    public int Comparisons { get; private set; }
    public double ExpectedFalseAlarms { get; private set; }
    public int RateAlerts { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        Alerts = await Db.Alerts.AsNoTracking().Where(a => All || a.Status == AlertStatus.Open).OrderBy(a => a.ClinicId).ThenBy(a => a.PractitionerId).ThenBy(a => a.Measure).ThenByDescending(a => a.RaisedAtUtc).ToListAsync(ct);
        var baselines = await Rates.BaselinesAsync(Db, null, ct);
        foreach (string clinic in await Db.Clinics.Select(c => c.Id).ToListAsync(ct))
        {
            var rows = await EvaluateAlerts.AmongPeersAsync(Db, clinic, baselines, ct);
            Comparisons += rows.Count(r => r.Predicted != null);
            ExpectedFalseAlarms += rows.Sum(r => r.FalseAlarmProbability);
        }
        RateAlerts = Alerts.Count(a => a.Status == AlertStatus.Open && a.Rule is (AlertRule.MoreThanPeers or AlertRule.FewerThanPeers));
    }
}
