using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Reports;

namespace SafetyAudit.Host.Commands;

/// <summary><c>report</c>: the compliance pack of a period, as files; <c>report check</c>: whether such files are as they were made.</summary>
static class ReportCommand
{
    public static Command Make(string[] settings)
    {
        var period = Period();
        var audience = Options.Code("--audience", Audience.Internal, "internal, board or public");
        var clinic = new Option<string?>("--clinic") { Description = "One clinic's code; all when left out" };
        var asOf = AsOf();
        var output = Out();
        var command = new Command("report", "The compliance pack of a period: PDF, XLSX, CSV and a sealed manifest.") { period, audience, clinic, asOf, output };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            var at = KnownAt(parsed.GetValue(asOf), services);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            if (parsed.GetValue(clinic) is { } code && !await db.Clinics.AnyAsync(c => c.Id == code, ct))
                throw new CommandFailedException($"No clinic has the code {code}. The codes are: {string.Join(", ", await db.Clinics.OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(ct))}.");
            var files = await services.GetRequiredService<MakeReport>().MakeAsync(db.Actor, new(parsed.GetValue(period)!, parsed.GetValue(audience), at, parsed.GetValue(clinic)), ct);
            await CommandLine.EnterExportAsync(db, "report", parsed, ct);
            await WriteAsync(parsed.GetValue(output)!, files, ct);
            await Console.Error.WriteLineAsync($"As the records were known at {Output.Invariant(at)}. Give that with --as-of to have the same bytes again.");
            return ExitCode.Done;
        });
        foreach (var other in new[] { Practitioner(settings), Incident(settings), Check(settings) }) command.Subcommands.Add(other);
        return command;
    }

    static Command Practitioner(string[] settings)
    {
        var (id, period, asOf, output) = (new Option<string>("--id") { Required = true, Description = "The practitioner" }, Period(), AsOf(), Out());
        var command = new Command("practitioner", "One practitioner's own figures, as for an appraisal: a PDF.") { id, period, asOf, output };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            var at = KnownAt(parsed.GetValue(asOf), services);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            var file = await services.GetRequiredService<MakeReport>().OfPractitionerAsync(db.Actor, parsed.GetValue(id)!, parsed.GetValue(period)!, at, ct) ?? throw new CommandFailedException($"There is no practitioner {parsed.GetValue(id)}, and no session of one.");
            await CommandLine.EnterExportAsync(db, "report practitioner", parsed, ct);
            await WriteAsync(parsed.GetValue(output)!, [file], ct);
            await Console.Error.WriteLineAsync($"As the records were known at {Output.Invariant(at)}. Give that with --as-of to have the same bytes again.");
            return ExitCode.Done;
        });
        return command;
    }

    static Command Incident(string[] settings)
    {
        var (id, clinic, output) = (new Option<string>("--event") { Required = true, Description = "The event" }, new Option<string?>("--clinic") { Description = "The clinic that the event itself names; none when left out" }, Out());
        var command = new Command("incident", "Everything known about one event, with drafts for those to whom it may have to be reported: a PDF.") { id, clinic, output };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            var file = await MakeReport.OfIncidentAsync(db, parsed.GetValue(id)!, parsed.GetValue(clinic), services.GetRequiredService<TimeProvider>().UtcNow(), ct)
                ?? throw new CommandFailedException($"No event {parsed.GetValue(id)} counts{(parsed.GetValue(clinic) is { } named ? $" that names clinic {named}" : " that names no clinic; give the clinic that it names with --clinic")}.");
            await CommandLine.EnterExportAsync(db, "report incident", parsed, ct);
            await WriteAsync(parsed.GetValue(output)!, [file], ct);
            return ExitCode.Done;
        });
        return command;
    }

    static Option<ReportPeriod> Period()
    {
        var period = new Option<ReportPeriod>("--period") { Required = true, Description = $"The period: {ReportPeriod.Forms}" };
        period.CustomParser = result =>
        {
            if (result.Tokens is [var token] && ReportPeriod.Parse(token.Value) is { } parsed) return parsed;
            result.AddError($"--period must be {ReportPeriod.Forms}.");
            return null!;
        };
        return period;
    }

    static Option<string?> AsOf() => new("--as-of") { Description = "The records as they were known then: an instant (RFC 3339), or a date, which is the end of that day in UTC; now when left out" };

    static Option<DirectoryInfo> Out() => new("--out") { Required = true, Description = "Directory that the files are written to" };

    static DateTime KnownAt(string? asOf, IServiceProvider services)
    {
        var now = services.GetRequiredService<TimeProvider>().UtcNow();
        var at = asOf is null ? now : RatesCommand.KnownAt("--as-of", asOf);
        return at > now ? throw new CommandFailedException("--as-of lies in the future. What will be known then, nobody knows.") : at;
    }

    static async Task WriteAsync(DirectoryInfo directory, IEnumerable<ReportFile> files, CancellationToken ct)
    {
        directory.Create();
        foreach (var file in files)
        {
            string path = Path.Combine(directory.FullName, file.Name);
            await File.WriteAllBytesAsync(path, file.Content, ct);
            Console.WriteLine(path);
        }
    }

    static Command Check(string[] settings)
    {
        var directory = new Argument<DirectoryInfo>("directory") { Description = "Where the report's files are" };
        var command = new Command("check", "Check the seal and the files of a report that this installation made.") { directory };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            string folder = parsed.GetValue(directory)!.FullName;
            // A manifest is believed once its seal holds; its names are still taken for names alone.
            var faults = Manifest.Check(name => Path.Combine(folder, Path.GetFileName(name)) is var path && File.Exists(path) ? File.ReadAllBytes(path) : null, services.GetRequiredService<KeyRing>()).ToList();
            foreach (string fault in faults) await Console.Error.WriteLineAsync(fault);
            if (faults.Count == 0) Console.WriteLine("The seal holds, and every file is as it was made.");
            return faults.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }
}
