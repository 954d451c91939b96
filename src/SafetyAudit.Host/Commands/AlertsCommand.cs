using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Commands;

/// <summary>Which alerts to list.</summary>
enum AlertFilter { Open, All }

/// <summary><c>alerts</c>: alerts with their reasons.</summary>
static class AlertsCommand
{
    public static Command Make(string[] settings)
    {
        var status = Options.Code("--status", AlertFilter.Open, "open or all");
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var command = new Command("alerts", "Alerts with their reasons.") { status, format };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            bool all = parsed.GetValue(status) == AlertFilter.All;
            var alerts = await db.Alerts.AsNoTracking().Where(a => all || a.Status == AlertStatus.Open).OrderByDescending(a => a.RaisedAtUtc).ThenBy(a => a.Id).ToListAsync(ct);
            await CommandLine.EnterExportAsync(db, "alerts", parsed, ct);
            Output.Write(alerts, Columns, parsed.GetValue(format));
            return ExitCode.Done;
        });
        return command;
    }

    static readonly OutputColumn<Alert>[] Columns =
    [
        new("alert_id", a => a.Id),
        new("status", a => Codes.Of(a.Status)),
        new("rule", a => Codes.Of(a.Rule)),
        new("clinic_id", a => a.ClinicId),
        new("practitioner_id", a => a.PractitionerId),
        new("measure", a => a.Measure),
        new("from", a => a.From),
        new("to", a => a.To),
        new("observed", a => a.Observed),
        new("expected", a => a.Expected),
        new("baseline", a => a.Baseline),
        new("raised_at", a => a.RaisedAtUtc),
        new("reason", a => a.Reason),
        new("level", a => Codes.Of(a.Level)),
        new("arithmetic", a => a.Arithmetic),
        new("closed_because", a => a.ClosedBecause),
    ];
}
