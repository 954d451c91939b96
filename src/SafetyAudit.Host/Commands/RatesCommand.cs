using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Host.Commands;

/// <summary><c>rates</c>: observed against expected.</summary>
static class RatesCommand
{
    public static Command Make(string[] settings)
    {
        var from = Options.Day("--from", "First day");
        var to = Options.Day("--to", "Last day");
        var by = Options.Code("--by", Grouping.Practitioner, "practitioner or clinic");
        var measure = new Option<string?>("--measure") { Description = "One measure's code; all when left out" };
        var baseline = new Option<string?>("--baseline") { Description = "Id of another baseline than the measure's own" };
        var against = Options.Code("--against", Against.Literature, "literature or peers");
        var interval = Options.Code("--interval", IntervalMethod.MidP, "midp or exact");
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var command = new Command("rates", "Observed against expected, per practitioner or clinic and measure.") { from, to, by, measure, baseline, against, interval, format };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            // Figures belong to all records that are in, not to those a worker has had time to summarise.
            await services.GetRequiredService<RefreshSummaries>().RunAsync(ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            var question = new RateQuestion(parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(by), parsed.GetValue(against), parsed.GetValue(interval));
            var rows = await ReadAsync(db, question, parsed.GetValue(measure), parsed.GetValue(baseline), ct);
            await CommandLine.EnterExportAsync(db, "rates", parsed, ct);
            Output.Write(rows, Columns, parsed.GetValue(format));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The rows that the verb prints and the API answers with.</summary>
    /// <exception cref="CommandFailedException">The period, the measure or the baseline is none; the message says what there is.</exception>
    public static async Task<List<RateRow>> ReadAsync(SafetyAuditDb db, RateQuestion question, string? measure, string? baselineId, CancellationToken ct)
    {
        if (question.To < question.From) throw new CommandFailedException("The last day is before the first.");
        string? code = measure?.ToUpperInvariant();
        var measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).Where(m => code == null || m.Code == code).ToListAsync(ct);
        if (measures.Count == 0)
            throw new CommandFailedException($"No measure has the code {code}. The codes are: {string.Join(", ", await db.Measures.OrderBy(m => m.Order).Select(m => m.Code).ToListAsync(ct))}.");
        if (baselineId != null && !await db.Baselines.AnyAsync(b => b.Id == baselineId && (code == null || b.MeasureCode == code), ct))
            throw new CommandFailedException($"No baseline of {code ?? "any measure"} has the id {baselineId}. The ids are: {string.Join(", ", await db.Baselines.Where(b => code == null || b.MeasureCode == code).Select(b => b.Id).ToListAsync(ct))}.");
        return await Rates.ReadAsync(db, question, measures, await Rates.BaselinesAsync(db, baselineId, ct), ct);
    }

    public static readonly OutputColumn<RateRow>[] Columns =
    [
        new("practitioner_id", r => r.PractitionerId),
        new("clinic_id", r => r.ClinicId),
        new("measure", r => r.Measure.Code),
        new("from", r => r.From),
        new("to", r => r.To),
        new("baseline", r => r.Baseline?.Id),
        new("sessions", r => r.Sessions),
        new("observed", r => r.Observed),
        new("expected", r => r.Expected),
        new("rate_per_1000", r => r.RatePer1000),
        new("rate_lower95", r => r.RateInterval?.Lower),
        new("rate_upper95", r => r.RateInterval?.Upper),
        new("ratio", r => r.Ratio),
        new("ratio_lower95", r => r.RatioInterval?.Lower),
        new("ratio_upper95", r => r.RatioInterval?.Upper),
        new("lower95", r => r.Limits?.Lower95),
        new("upper95", r => r.Limits?.Upper95),
        new("lower998", r => r.Limits?.Lower998),
        new("upper998", r => r.Limits?.Upper998),
        new("p_high", r => r.PHigh),
        new("p_low", r => r.PLow),
        new("shrunken_ratio", r => r.ShrunkenRatio),
        new("shrunken_lower95", r => r.ShrunkenInterval?.Lower),
        new("shrunken_upper95", r => r.ShrunkenInterval?.Upper),
        new("ascertainment", r => Codes.Of(r.Ascertainment)),
        new("position", r => Codes.Of(r.Position)),
        new("follow_up_grade", r => r.FollowUpGrade.ToString()),
    ];
}
