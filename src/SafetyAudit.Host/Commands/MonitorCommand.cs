using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Summaries;

namespace SafetyAudit.Host.Commands;

/// <summary><c>monitor</c>: the sequential path of a practitioner in a measure, month by month, with its thresholds.</summary>
static class MonitorCommand
{
    sealed record Line(string ClinicId, ClinicMonitor Monitor, MonitorPoint Point);

    public static Command Make(string[] settings)
    {
        var measure = new Option<string>("--measure") { Required = true, Description = "A measure that is watched by rate" };
        var practitioner = new Option<string>("--practitioner") { Required = true, Description = "Whose path" };
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var command = new Command("monitor", "The sequential (CUSUM) path of a practitioner in a measure, with its thresholds.") { measure, practitioner, format };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            await services.GetRequiredService<RefreshSummaries>().RunAsync(ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            string code = parsed.GetRequiredValue(measure).ToUpperInvariant(), id = parsed.GetRequiredValue(practitioner);
            var baselines = await Rates.BaselinesAsync(db, null, ct);
            var watched = EvaluateAlerts.Watched(baselines);
            if (!watched.Exists(m => m.Code == code))
                throw new CommandFailedException(Catalogue.Measures.Any(m => m.Code == code) ? $"{code} is too rare to be watched by rate, or has no published rate of events as they are recorded. Watched are: {string.Join(", ", watched.Select(m => m.Code))}." : $"There is no measure {code}. Watched are: {string.Join(", ", watched.Select(m => m.Code))}.");
            var reviewed = await EvaluateAlerts.ReviewedAsync(db.Alerts, DateTime.UtcNow, ct);
            var lines = new List<Line>();
            foreach (string clinic in await db.Clinics.Select(c => c.Id).OrderBy(c => c).ToListAsync(ct))
                if (await EvaluateAlerts.MonitorAsync(db, clinic, baselines, reviewed, ct) is { } monitor && monitor.PathOf(id, code) is { } path) lines.AddRange(path.Points.Select(p => new Line(clinic, monitor, p)));
            if (lines.Count == 0) throw new CommandFailedException($"There is nothing to compare {id} with: no sessions, or nobody else in the clinic.");
            await CommandLine.EnterExportAsync(db, "monitor", parsed, ct);
            Output.Write(lines, Columns, parsed.GetValue(format));
            return ExitCode.Done;
        });
        return command;
    }

    static readonly OutputColumn<Line>[] Columns =
    [
        new("clinic_id", l => l.ClinicId),
        new("month", l => l.Monitor.MonthOf(l.Point.Index)),
        new("sessions", l => (long)l.Point.Sessions),
        new("observed", l => (long)l.Point.Events),
        new("expected", l => l.Point.Expected),
        new("shape", l => Known(l, l.Point.Judgement.Null.Shape)),
        new("weight", l => Known(l, l.Point.Red.Weight)),
        new("evidence_red", l => Known(l, Math.Max(0, l.Point.Red.Value))),
        new("red_line", l => Known(l, l.Point.RedThreshold)),
        new("evidence_amber", l => Known(l, Math.Max(0, l.Point.Amber.Value))),
        new("amber_line", l => Known(l, l.Point.AmberThreshold)),
        new("evidence_few", l => Known(l, Math.Max(0, l.Point.Few.Value))),
        new("few_line", l => Known(l, l.Point.FewThreshold)),
        new("streams", l => l.Point.Streams),
        new("window_observed", l => (long)l.Point.Judgement.WindowEvents),
        new("window_expected", l => Known(l, l.Point.Judgement.Window.Mean)),
        new("q_high", l => Known(l, l.Point.Judgement.HighAdjusted)),
        new("q_low", l => Known(l, l.Point.Judgement.LowAdjusted)),
        new("reading", l => MonitorChart.Words(l.Point)),
    ];

    static double? Known(Line line, double value) => line.Point.IsWatched ? value : null;
}
