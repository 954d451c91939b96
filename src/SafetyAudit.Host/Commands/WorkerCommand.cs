using System.CommandLine;

namespace SafetyAudit.Host.Commands;

/// <summary><c>worker</c>: the background worker alone.</summary>
static class WorkerCommand
{
    public static Command Make(string[] settings)
    {
        var command = new Command("worker", "Run the background worker alone; any number may run on PostgreSQL.");
        command.SetAction(async (_, ct) =>
        {
            var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = [Settings.ReadOnce, .. settings], ContentRootPath = AppContext.BaseDirectory });
            builder.Services.AddSafetyAudit(builder.Configuration).AddQueue(builder.Configuration, worker: true);
            using var host = builder.Build();
            await CommandLine.PrepareDatabaseAsync(host.Services, ct);
            await host.RunAsync(ct);
            return ExitCode.Done;
        });
        return command;
    }
}
