using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Jobs;

namespace SafetyAudit.Host.Commands;

/// <summary><c>migrate</c>: brings the database up to date and exits.</summary>
static class MigrateCommand
{
    public static Command Make(string[] settings)
    {
        var command = new Command("migrate", "Bring the database up to date and exit.");
        command.SetAction(async (_, ct) =>
        {
            var configuration = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables().AddCommandLine(settings).Build();
            var database = Settings.Database(configuration);
            await using var services = new ServiceCollection().AddLogging().AddSafetyAudit(configuration).AddQueue(configuration, worker: false).BuildServiceProvider();
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
            await Migrator.MigrateAsync(db, database, ct);
            await services.GetRequiredService<KeyRing>().AgreeAsync(db, ct);
            await services.GetRequiredService<JobQueue>().PrepareAsync(ct);
            Console.WriteLine("The database is up to date.");
            return ExitCode.Done;
        });
        return command;
    }
}
