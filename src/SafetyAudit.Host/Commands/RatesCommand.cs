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
        var asOf = new Option<string?>("--as-of") { Description = "The figures as the records were known then: an instant (RFC 3339), or a date, which is the end of that day in UTC" };
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var command = new Command("rates", "Observed against expected, per practitioner or clinic and measure.") { from, to, by, measure, baseline, against, interval, asOf, format };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            DateTime? at = parsed.GetValue(asOf) is { } then ? KnownAt("--as-of", then) : null;
            // Figures belong to all records that are in, not to those a worker has had time to summarise.
            if (at is null) await services.GetRequiredService<RefreshSummaries>().RunAsync(ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            var question = new RateQuestion(parsed.GetValue(from), parsed.GetValue(to), parsed.GetValue(by), parsed.GetValue(against), parsed.GetValue(interval));
            if (at is { } instant) await Console.Error.WriteLineAsync($"As the records were known at {Output.Invariant(instant)}.");
            var rows = await ReadAsync(db, services.GetRequiredService<DatabaseSettings>(), question, at, parsed.GetValue(measure), parsed.GetValue(baseline), ct);
            await CommandLine.EnterExportAsync(db, "rates", parsed, ct);
            Output.Write(rows, Columns, parsed.GetValue(format));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The rows that the verb prints and the API answers with.</summary>
    /// <exception cref="CommandFailedException">The period, the measure or the baseline is none; the message says what there is.</exception>
    /// <param name="db">Whose asker is answered.</param>
    /// <param name="database">Where it is, to look at it as it was.</param>
    /// <param name="question">Period, grouping and comparison.</param>
    /// <param name="asOfUtc">The instant at which the records were known so; now when left out.</param>
    /// <param name="measure">One measure's code.</param>
    /// <param name="baselineId">Another baseline than the measure's own.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<RateRow>> ReadAsync(SafetyAuditDb db, DatabaseSettings database, RateQuestion question, DateTime? asOfUtc, string? measure, string? baselineId, CancellationToken ct)
    {
        if (question.To < question.From) throw new CommandFailedException("The last day is before the first.");
        if (asOfUtc is { } at)
        {
            await using var then = await AsKnown.OpenAsync(database, db.Actor, at, question.From, question.To, ct);
            return await ReadAsync(then.Db, question, at, measure, baselineId, ct);
        }
        return await ReadAsync(db, question, null, measure, baselineId, ct);
    }

    // The baselines are those in force then, as the records are those known then.
    static async Task<List<RateRow>> ReadAsync(SafetyAuditDb db, RateQuestion question, DateTime? atUtc, string? measure, string? baselineId, CancellationToken ct)
    {
        string? code = measure?.ToUpperInvariant();
        var measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).Where(m => code == null || m.Code == code).ToListAsync(ct);
        if (measures.Count == 0)
            throw new CommandFailedException($"No measure has the code {code}. The codes are: {string.Join(", ", await db.Measures.OrderBy(m => m.Order).Select(m => m.Code).ToListAsync(ct))}.");
        if (baselineId != null && !await db.Baselines.AnyAsync(b => b.Id == baselineId && (code == null || b.MeasureCode == code), ct))
            throw new CommandFailedException($"No baseline of {code ?? "any measure"} has the id {baselineId}. The ids are: {string.Join(", ", await db.Baselines.Where(b => code == null || b.MeasureCode == code).Select(b => b.Id).ToListAsync(ct))}.");
        return await Rates.ReadAsync(db, question, measures, await Rates.BaselinesAsync(db, baselineId, ct, atUtc), ct);
    }

    /// <summary>The instant that someone asks for.</summary>
    /// <exception cref="CommandFailedException">It is none.</exception>
    public static DateTime KnownAt(string name, string text) =>
        AsKnown.Parse(text) ?? throw new CommandFailedException($"{name} must be a date as yyyy-MM-dd, or an instant as yyyy-MM-ddTHH:mm:ssZ or with an offset such as +01:00.");

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
