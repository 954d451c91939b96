using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Tests.Host;

/// <summary>The real dashboard on a port of its own, with the worker inside.</summary>
sealed class RunningDashboard : IAsyncDisposable
{
    readonly string directory;

    RunningDashboard(WebApplication app, string directory) => (App, this.directory) = (app, directory);

    public WebApplication App { get; }

    public string Address => App.Urls.First();

    public string SetUpToken { get; private set; } = "";

    public static async Task<RunningDashboard> StartAsync(Func<IServiceProvider, Task>? fill = null)
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        var app = Dashboard.Build(["--Data:Directory", directory, "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "Warning"], worker: true);
        await CommandLine.PrepareDatabaseAsync(app.Services, default);
        if (fill != null) await fill(app.Services);
        await app.StartAsync();
        return new(app, directory) { SetUpToken = await app.Services.GetRequiredService<SetUpLink>().OfferAsync(default) ?? "" };
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(directory, recursive: true);
    }
}
