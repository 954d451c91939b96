using System.CommandLine;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Commands;

/// <summary>Exit codes of every verb.</summary>
static class ExitCode
{
    public const int Done = 0, Failed = 1, RowsRejected = 3, NotUnderstood = 64;
}

/// <summary>What the user can mend, in one line; the program ends with exit code 1.</summary>
sealed class CommandFailedException(string message) : Exception(message);

static class CommandLine
{
    /// <summary>Runs a command line. One that is not understood ends with 64, a failure with 1 and one line that says what to do.</summary>
    public static async Task<int> RunAsync(RootCommand program, string[] args)
    {
        var parsed = program.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors) await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync("Run with --help to see what can be said.");
            return ExitCode.NotUnderstood;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return ExitCode.Failed;
        }
        catch (Exception e) when (DiskFull.Is(e))
        {
            await Console.Error.WriteLineAsync($"{DiskFull.Words} A file that was received is read on by the next import or worker.");
            return ExitCode.Failed;
        }
        catch (Exception e) when (e is CommandFailedException or InvalidOperationException or ArgumentException or IOException or UnauthorizedAccessException or System.Data.Common.DbException or Uploads.FileRefusedException)
        {
            await Console.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return ExitCode.Failed;
        }
    }

    /// <summary>The program's parts for a verb that runs in the foreground: quiet, on a database that is up to date.</summary>
    /// <param name="settings">Settings from the command line.</param>
    /// <param name="ct">Stops the opening.</param>
    /// <param name="withAccounts">Whether accounts are kept too: what ASP.NET Core Identity needs for that.</param>
    public static async Task<ServiceProvider> OpenAsync(string[] settings, CancellationToken ct, bool withAccounts = false)
    {
        var configuration = Configuration(settings);
        var collection = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.EntityFrameworkCore", LogLevel.None).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace))
            .AddSafetyAudit(configuration);
        if (withAccounts) collection.AddHttpContextAccessor().AddKeptDataProtection(configuration).AddAccounts(Settings.Access(configuration));
        var services = collection.BuildServiceProvider();
        await PrepareDatabaseAsync(services, ct);
        return services;
    }

    /// <summary>The settings that hold for a verb.</summary>
    public static IConfigurationRoot Configuration(string[] settings) =>
        new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables().AddCommandLine(settings).Build();

    /// <summary>Enters in the audit trail that figures or records left the program by a verb.</summary>
    public static async Task EnterExportAsync(SafetyAuditDb db, string verb, ParseResult parsed, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Trail.AppendAsync(db, [new(AuditAction.Exported, $"verb {verb}", After: JsonSerializer.Serialize(parsed.Tokens.Select(t => t.Value), Json.Options))], ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>SQLite is migrated by whoever opens it, one at a time; PostgreSQL by the verb <c>migrate</c> alone. Then the keys it relies on are looked for.</summary>
    public static async Task PrepareDatabaseAsync(IServiceProvider services, CancellationToken ct)
    {
        var database = services.GetRequiredService<DatabaseSettings>();
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        if (database.IsSqlite) await Migrator.MigrateAsync(db, database, ct);
        else await Migrator.RequireCurrentAsync(db, ct);
        await services.GetRequiredService<KeyRing>().AgreeAsync(db, ct);
    }
}
