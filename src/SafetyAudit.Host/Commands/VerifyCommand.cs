using System.CommandLine;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Commands;

/// <summary><c>verify</c>: the audit trail, and whether the records are still what it says was stored. Exit code 1 and the first bad entry where it is broken.</summary>
static class VerifyCommand
{
    const int Shown = 20;

    public static Command Make(string[] settings)
    {
        var file = new Option<FileInfo?>("--file") { Description = "An extract of the trail instead of the database" };
        var command = new Command("verify", "Check the audit trail, and the records against it.") { file };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            if (parsed.GetValue(file) is { } extract) return Tell(await TrailExtract.VerifyAsync(extract.FullName, services.GetRequiredService<KeyRing>(), ct), extract.Name);

            await services.GetRequiredService<ReadLog>().MoveAsync(ct);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            if (Tell(await services.GetRequiredService<VerifyTrail>().RunAsync(db, ct), "The audit trail") is not ExitCode.Done and var broken) return broken;
            int faults = 0;
            await foreach (string fault in VerifyRecords.RunAsync(db, ct))
                if (++faults <= Shown) await Console.Error.WriteLineAsync(fault);
            if (faults > Shown) await Console.Error.WriteLineAsync($"and {faults - Shown} more");
            if (faults > 0) return ExitCode.Failed;
            Console.WriteLine("The records are what the trail says was stored.");
            return ExitCode.Done;
        });
        return command;
    }

    static int Tell(TrailCheck check, string what)
    {
        if (check.Fault is { } fault)
        {
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} is broken at entry {fault.Sequence}: it {fault.What}. Compare with a backup from before."));
            return ExitCode.Failed;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} holds: {check.Entries} entries, head {Convert.ToHexStringLower(check.Head)}"));
        return ExitCode.Done;
    }
}
