using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Demo;

namespace SafetyAudit.Host.Commands;

/// <summary><c>demo</c>: the dashboard over three invented clinics, in a data directory of its own, filled through the ordinary import.</summary>
static class DemoCommand
{
    const string UserName = "director", LastDay = "demo-last-day";

    public static Command Make(string[] settings)
    {
        var command = new Command("demo", "Open the dashboard over invented clinics, in a data directory of its own.");
        command.SetAction(async (_, ct) =>
        {
            // The demo never touches a real database: whatever the environment says, a directory and a file of its own are used.
            string[] own = ["--Data:Directory", DirectoryOf(settings), "--Database:Provider", "sqlite", "--Database:ConnectionString", "",
                "--Keys:Directory", ""];
            await using var app = Dashboard.Build([.. settings, .. own], worker: true);
            await FillAsync(app.Services, DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-1), ct);
            string password = await PasswordAsync(app.Services);
            await app.StartAsync(ct);
            Console.WriteLine($"""

                SafetyAudit demo: three invented clinics, 24 practitioners, two years.
                  Open     {app.Urls.First()}
                  Sign in  {UserName}   password  {password}

                """);
            await app.WaitForShutdownAsync(ct);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Makes the clinics and imports their files, unless an earlier demo left them complete.</summary>
    public static async Task FillAsync(IServiceProvider services, DateOnly lastDay, CancellationToken ct)
    {
        var database = services.GetRequiredService<DatabaseSettings>();
        string done = Path.Combine(database.Directory, "demo-complete"), day = Path.Combine(database.Directory, LastDay);
        // Written before the database is: it marks the directory as a demo's. And the day is kept, since files begun on one day and finished on the next would be two demos.
        if (File.Exists(day)) lastDay = DateOnly.ParseExact(await File.ReadAllTextAsync(day, ct), "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        else await File.WriteAllTextAsync(day, $"{lastDay:yyyy-MM-dd}", ct);
        await CommandLine.PrepareDatabaseAsync(services, ct);
        if (File.Exists(done)) return;
        Console.WriteLine("Making the demo clinics …");
        foreach (var (id, name, zone) in DemoClinics.Clinics) await ClinicCommand.SetAsync(services, id, name, zone, ct);
        var files = DemoClinics.WriteFiles(Path.Combine(database.Directory, "files"), lastDay);
        var results = await ImportCommand.ImportAsync(services, [.. files.Select(f => new FileInfo(f))], null, null, showProgress: true, ct);
        if (results.Find(r => r.Upload is not { Status: Uploads.UploadStatus.Completed }) is { } failed) throw new CommandFailedException($"The demo file {failed.File} could not be imported: {failed.Refused ?? failed.Upload?.Failure}");
        await File.WriteAllTextAsync(done, "", ct);
    }

    static string DirectoryOf(string[] settings)
    {
        // Only what was said with this very command: an environment variable names the real directory.
        string directory = new ConfigurationBuilder().AddCommandLine(settings).Build()["Data:Directory"] ?? "demo-data";
        if (File.Exists(Path.Combine(directory, "safetyaudit.db")) && !File.Exists(Path.Combine(directory, LastDay)))
            throw new CommandFailedException($"{Path.GetFullPath(directory)} holds a database that is not a demo's. Name another directory with --Data:Directory.");
        return directory;
    }

    // A new password at every start: the demo has no default one either.
    static async Task<string> PasswordAsync(IServiceProvider services)
    {
        string password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        await using var scope = services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        if (await users.Users.SingleOrDefaultAsync(u => u.UserName == UserName) is { } known) await users.DeleteAsync(known);
        var made = await users.CreateAsync(new User { UserName = UserName }, password);
        return made.Succeeded ? password : throw new CommandFailedException(string.Join(" ", made.Errors.Select(e => e.Description)));
    }
}
