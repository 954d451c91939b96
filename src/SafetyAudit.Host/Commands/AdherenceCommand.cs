using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Host.Commands;

/// <summary><c>adherence</c>: the protocol in four states.</summary>
static class AdherenceCommand
{
    public static Command Make(string[] settings)
    {
        var from = Options.Day("--from", "First day");
        var to = Options.Day("--to", "Last day");
        var by = Options.Code("--by", AdherenceGrouping.Practitioner, "practitioner, clinic or rule");
        var asOf = new Option<string?>("--as-of") { Description = "As the records and the clinics’ protocols were known then: an instant (RFC 3339), or a date, which is the end of that day in UTC" };
        var format = Options.Code("--format", Format.Table, "table, csv or json");
        var command = new Command("adherence", "Protocol adherence in four states: kept, not kept, not recorded, not applicable.") { from, to, by, asOf, format };
        command.SetAction(async (parsed, ct) =>
        {
            var question = new AdherenceQuestion(parsed.GetValue(from), parsed.GetValue(to));
            if (question.To < question.From) throw new CommandFailedException("The last day is before the first.");
            DateTime? at = parsed.GetValue(asOf) is { } then ? RatesCommand.KnownAt("--as-of", then) : null;
            await using var services = await CommandLine.OpenAsync(settings, ct);
            if (at is null) await services.GetRequiredService<RefreshSummaries>().RunAsync(ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            List<AdherenceRow> rows;
            if (at is { } instant)
            {
                // Deadlines are looked at as they stood then.
                await using var known = await AsKnown.OpenAsync(services.GetRequiredService<DatabaseSettings>(), db.Actor, instant, question.From, question.To, ct);
                rows = await AdherenceTable.ReadAsync(known.Db, question, instant, ct);
            }
            else rows = await AdherenceTable.ReadAsync(db, question, services.GetRequiredService<TimeProvider>().UtcNow(), ct);
            await CommandLine.EnterExportAsync(db, "adherence", parsed, ct);
            Output.Write(AdherenceTable.By(rows, parsed.GetValue(by)), Columns(question), parsed.GetValue(format));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>The fields of a row, for the verb and the API. A column that a grouping does not tell apart is empty.</summary>
    public static OutputColumn<AdherenceRow>[] Columns(AdherenceQuestion question) =>
    [
        new("practitioner_id", r => r.PractitionerId),
        new("clinic_id", r => r.ClinicId),
        new("rule", r => r.Rule.Id),
        new("rule_version", r => r.Rule.Version),
        new("severity", r => Codes.Of(r.Rule.Severity)),
        new("counted", r => r.Rule.Counted),
        new("from", _ => question.From),
        new("to", _ => question.To),
        new("pass", r => r.Adherence.Pass),
        new("fail", r => r.Adherence.Fail),
        new("not_recorded", r => r.Adherence.NotRecorded),
        new("not_applicable", r => r.Adherence.NotApplicable),
        new("adherence", r => r.Adherence.Kept),
        new("adherence_lower95", r => r.KeptInterval?.Lower),
        new("adherence_upper95", r => r.KeptInterval?.Upper),
        new("completeness", r => r.Adherence.Completeness),
    ];
}
