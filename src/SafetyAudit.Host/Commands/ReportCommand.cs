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
        var period = new Option<ReportPeriod>("--period") { Required = true, Description = $"The period: {ReportPeriod.Forms}" };
        period.CustomParser = result =>
        {
            if (result.Tokens is [var token] && ReportPeriod.Parse(token.Value) is { } parsed) return parsed;
            result.AddError($"--period must be {ReportPeriod.Forms}.");
            return null!;
        };
        var audience = Options.Code("--audience", Audience.Internal, "internal, board or public");
        var clinic = new Option<string?>("--clinic") { Description = "One clinic's code; all when left out" };
        var asOf = new Option<string?>("--as-of") { Description = "The records as they were known then: an instant (RFC 3339), or a date, which is the end of that day in UTC; now when left out" };
        var output = new Option<DirectoryInfo>("--out") { Required = true, Description = "Directory that the files are written to" };
        var command = new Command("report", "The compliance pack of a period: PDF, XLSX, CSV and a sealed manifest.") { period, audience, clinic, asOf, output };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            var now = services.GetRequiredService<TimeProvider>().UtcNow();
            var at = parsed.GetValue(asOf) is { } then ? RatesCommand.KnownAt("--as-of", then) : now;
            if (at > now) throw new CommandFailedException("--as-of lies in the future. What will be known then, nobody knows.");
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            if (parsed.GetValue(clinic) is { } code && !await db.Clinics.AnyAsync(c => c.Id == code, ct))
                throw new CommandFailedException($"No clinic has the code {code}. The codes are: {string.Join(", ", await db.Clinics.OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(ct))}.");
            var files = await services.GetRequiredService<MakeReport>().MakeAsync(db.Actor, new(parsed.GetValue(period)!, parsed.GetValue(audience), at, parsed.GetValue(clinic)), ct);
            await CommandLine.EnterExportAsync(db, "report", parsed, ct);
            string directory = parsed.GetValue(output)!.FullName;
            Directory.CreateDirectory(directory);
            foreach (var file in files)
            {
                string path = Path.Combine(directory, file.Name);
                await File.WriteAllBytesAsync(path, file.Content, ct);
                Console.WriteLine(path);
            }
            await Console.Error.WriteLineAsync($"As the records were known at {Output.Invariant(at)}. Give that with --as-of to have the same bytes again.");
            return ExitCode.Done;
        });
        command.Subcommands.Add(Check(settings));
        return command;
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
