using System.CommandLine;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Commands;

/// <summary><c>verify</c>: the audit trail, and whether all that is kept is still what it says was stored. Exit code 1 and the first bad entry where it is broken.</summary>
static class VerifyCommand
{
    const int Shown = 20;

    public static Command Make(string[] settings)
    {
        var file = new Option<FileInfo?>("--file") { Description = "An extract of the trail instead of the database; needs no installation" };
        var files = new Option<bool>("--files") { Description = "Open the kept bytes of every file too, and compare them with their fingerprints" };
        var command = new Command("verify", "Check the audit trail, and all that is kept against it.") { file, files };
        command.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(file) is { } extract) return await ExtractAsync(extract, CommandLine.Configuration(settings), ct);
            await using var services = await CommandLine.OpenAsync(settings, ct);
            await services.GetRequiredService<ReadLog>().MoveAsync(ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
            // What is written meanwhile is left for the next time.
            await using var snapshot = await db.BeginSnapshotAsync(ct);
            var check = await services.GetRequiredService<VerifyTrail>().RunAsync(db, ct);
            if (Tell(check, "The audit trail") is not ExitCode.Done and var broken) return broken;
            var said = new List<string>();
            int faults = 0;
            await foreach (string fault in EverythingAsync(db, services, parsed.GetValue(files), said, ct))
                if (++faults <= Shown) await Console.Error.WriteLineAsync(fault);
            if (faults > Shown) await Console.Error.WriteLineAsync($"and {faults - Shown} more");
            if (faults == 0) Console.WriteLine("All that is kept is what the trail says was stored:");
            foreach (string words in said) Console.WriteLine($"  {words}");
            return faults == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    static async IAsyncEnumerable<string> EverythingAsync(SafetyAuditDb db, IServiceProvider services, bool open, List<string> said, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var kept = new KeptFiles(services.GetRequiredService<DatabaseSettings>(), services.GetRequiredService<KeyRing>());
        await foreach (string fault in VerifyRecords.RunAsync(db, said, kept, ct)) yield return fault;
        await foreach (string fault in VerifySummaries.RunAsync(db, said, ct)) yield return fault;
        await foreach (string fault in VerifyFiles.RunAsync(db, kept.Database, kept.Keys, open, said, ct)) yield return fault;
    }

    // Anybody may check an extract anywhere: nothing is made or migrated for it, and what is at hand of the installation is compared.
    static async Task<int> ExtractAsync(FileInfo extract, IConfiguration configuration, CancellationToken ct)
    {
        if (!extract.Exists) throw new CommandFailedException($"There is no file {extract.FullName}.");
        try
        {
            return Tell(await TrailExtract.VerifyAsync(extract.FullName, Settings.Keys(configuration), TrailHeads.Read(Settings.TrailHeads(configuration)), Settings.Database(configuration), ct), extract.Name);
        }
        catch (InvalidDataException e)
        {
            throw new CommandFailedException(e.Message);
        }
    }

    static int Tell(TrailCheck check, string what)
    {
        if (check.Fault is { } fault)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} is broken at entry {fault.Sequence}: it {fault.What}. Compare with a backup from before."));
            return ExitCode.Failed;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} holds: {check.Entries} entries, head {Convert.ToHexStringLower(check.Head)}"));
        foreach (string words in check.Said) Console.WriteLine($"  {words}");
        return ExitCode.Done;
    }
}
