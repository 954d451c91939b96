using System.CommandLine;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Commands;

/// <summary><c>undo</c>: takes an upload back. Its versions count no more, and of each record the version before does again.</summary>
static class UndoCommand
{
    public static Command Make(string[] settings)
    {
        var number = new Argument<long>("UPLOAD") { Description = "Its number, as `import --json` and the Uploads page say it" };
        var why = new Option<string>("--why") { Required = true, Description = "The reason; it stays with the upload and in the audit trail" };
        var command = new Command("undo", "Take an upload back.") { number, why };
        command.SetAction(async (parsed, ct) =>
        {
            await using var services = await CommandLine.OpenAsync(settings, ct);
            long id = parsed.GetValue(number);
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            var upload = await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, ct) ?? throw new CommandFailedException($"There is no upload {id}.");
            var does = await TakeBackUpload.ForeseeAsync(db, upload, ct);
            if (await services.GetRequiredService<TakeBackUpload>().UndoAsync(id, parsed.GetRequiredValue(why), Actor.CommandLine, ct) is { } problem) throw new CommandFailedException($"Upload {id}: {problem}");
            await services.CatchUpAsync(null, ct);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Upload {id} ({upload.FileName}) is undone: {does.Gone} records are gone, and {does.Back} are as they were before it."));
            return ExitCode.Done;
        });
        return command;
    }
}
