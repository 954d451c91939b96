using System.CommandLine;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Commands;

/// <summary><c>dashboard</c>, and the program without a verb: the pages, with the worker in the same process unless told otherwise.</summary>
static class DashboardCommand
{
    public static Command Make(string[] settings)
    {
        var command = new Command("dashboard", "Open the web dashboard, with the worker inside.");
        Set(command, settings);
        return command;
    }

    public static void AsDefault(RootCommand program, string[] settings) => Set(program, settings);

    static void Set(Command command, string[] settings)
    {
        var noWorker = new Option<bool>("--no-worker") { Description = "Leave the worker out" };
        command.Options.Add(noWorker);
        command.SetAction(async (parsed, ct) =>
        {
            await using var app = Dashboard.Build(settings, worker: !parsed.GetValue(noWorker));
            await CommandLine.PrepareDatabaseAsync(app.Services, ct);
            await app.StartAsync(ct);
            string address = app.Urls.First();
            Console.WriteLine($"SafetyAudit is open at {address}");
            if (await app.Services.GetRequiredService<SetUpLink>().OfferAsync(ct) is { } token)
                Console.WriteLine($"Nobody can sign in yet. Make the first account with this link, which works once:\n  {address}/set-up?token={token}");
            await app.WaitForShutdownAsync(ct);
            return ExitCode.Done;
        });
    }
}
