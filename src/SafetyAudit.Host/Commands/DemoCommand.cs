using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Demo;
using SafetyAudit.Protocol;

namespace SafetyAudit.Host.Commands;

/// <summary><c>demo</c>: the dashboard over three invented clinics, in a data directory of its own, filled through the ordinary import.</summary>
static class DemoCommand
{
    const string LastDay = "demo-last-day";

    static readonly (string Name, string What, Role[] Roles, string[] Clinics, string? Practitioner)[] Accounts =
    [
        ("director", "sees all clinics", [Role.Director], [], null),
        ("river-director", "sees the clinic RIVER alone", [Role.Director], ["RIVER"], null),
        ("compliance", "prepares reports and answers the auditor", [Role.ComplianceOfficer], [], null),
        ("practitioner", "sees the own figures of RIVER-P03", [Role.Practitioner], [], "RIVER-P03"),
        ("administrator", "keeps accounts and keys", [Role.Administrator], [], null),
        ("auditor", "reads the audit trail and records, without names", [Role.Auditor], [], null),
    ];

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
                  Sign in  {string.Join("\n           ", Accounts.Select(a => $"{a.Name,-14} {a.What}"))}
                  The password of all of them, until the demo starts again:  {password}

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
        foreach (var (id, _, _) in DemoClinics.Clinics) await LayDownAsync(services, id, lastDay, ct);
        var files = DemoClinics.WriteFiles(Path.Combine(database.Directory, "files"), lastDay);
        var results = await ImportCommand.ImportAsync(services, [.. files.Select(f => new FileInfo(f))], null, null, showProgress: true, ct);
        if (results.Find(r => r.Upload is not { Status: Uploads.UploadStatus.Completed }) is { } failed) throw new CommandFailedException($"The demo file {failed.File} could not be imported: {failed.Refused ?? failed.Upload?.Failure}");
        await EscalateAsync(services, lastDay, ct);
        await Composition.EvaluateAsync(services, onlyMarked: false, ct);
        await File.WriteAllTextAsync(done, "", ct);
    }

    // What lasted too long was taken further, but for what is recent enough to be on the list.
    static async Task EscalateAsync(IServiceProvider services, DateOnly lastDay, CancellationToken ct)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        var (rule, time) = ((EventRule)Rules.ById["PR-032"], services.GetRequiredService<TimeProvider>());
        var step = new TakeStep(db, time);
        foreach (var (reported, _, _) in await ReportedEvents.ReadAsync(db, lastDay.AddYears(-2), lastDay.AddDays(-30), null, null, time.UtcNow(), ct))
            if (rule.Check(reported) == Outcome.Fail)
                await step.RunAsync(reported.Event.EventId, reported.Event.ClinicId ?? "", EventStepKind.Escalated, null, reported.Event.OnsetAtUtc.AddHours(reported.ProlongedAfterHours!.Value + 6), "to the lead practitioner", ct);
    }

    static async Task LayDownAsync(IServiceProvider services, string clinic, DateOnly lastDay, CancellationToken ct)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, ct);
        // A fill that was broken off and taken up again lays down once.
        if (!await db.ClinicProtocols.AnyAsync(p => p.ClinicId == clinic, ct))
            await new LayDownProtocol(db, services.GetRequiredService<TimeProvider>()).RunAsync(DemoProtocol.Of(clinic, lastDay), "The demo’s protocol", ct);
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
        scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        foreach (var (name, _, roles, clinics, practitioner) in Accounts)
        {
            var user = await users.FindByNameAsync(name);
            if (user is null) Check(await users.CreateAsync(user = new User { UserName = name, Roles = roles, ClinicIds = clinics, PractitionerId = practitioner }));
            // A new password also ends the sign-ins under the one before.
            Check(await users.ResetPasswordAsync(user, await users.GeneratePasswordResetTokenAsync(user), password));
        }
        return password;

        static void Check(IdentityResult result)
        {
            if (!result.Succeeded) throw new CommandFailedException(string.Join(" ", result.Errors.Select(e => e.Description)));
        }
    }
}
