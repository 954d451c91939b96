using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Tests.Host;

/// <summary>The real dashboard on a port of its own, with the worker inside.</summary>
sealed class RunningDashboard : IAsyncDisposable
{
    readonly string directory;
    readonly bool worker;

    RunningDashboard(WebApplication app, string directory, bool worker) => (App, this.directory, this.worker) = (app, directory, worker);

    public WebApplication App { get; }

    public string Address => App.Urls.First();

    public string SetUpToken { get; private set; } = "";

    /// <summary>Everything the program logged.</summary>
    public Logged Log { get; private init; } = new();

    /// <param name="fill">Fills the database before anybody is let in.</param>
    /// <param name="clock">Another clock than the system's; then without the worker, whose jobs go by the real one.</param>
    /// <param name="settings">More settings, as on the command line.</param>
    public static async Task<RunningDashboard> StartAsync(Func<IServiceProvider, Task>? fill = null, TimeProvider? clock = null, params string[] settings)
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        // Each begins with a first start's database and key, made once; migrating anew each time would take as long as most tests.
        if (!settings.Contains("--Keys:Directory")) CopyFiles(await FirstStart.Value, directory);
        return await StartInAsync(directory, fill, clock, settings);
    }

    /// <summary>Starts on a copy of what was filled once, since filling takes longer than all that most tests ask.</summary>
    public static async Task<RunningDashboard> StartOnCopyAsync(Lazy<Task<string>> filled, TimeProvider? clock = null)
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        CopyFiles(await filled.Value, directory);
        return await StartInAsync(directory, null, clock);
    }

    static readonly Lazy<Task<string>> FirstStart = new(() => FillAsync(_ => Task.CompletedTask));

    /// <summary>The directory of an installation that was filled and is not running, for <see cref="StartOnCopyAsync"/>; gone when the tests have ended.</summary>
    public static async Task<string> FillAsync(Func<IServiceProvider, Task> fill)
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        await using var app = Dashboard.Build(["--Data:Directory", directory, "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "Warning"], worker: false);
        await CommandLine.PrepareDatabaseAsync(app.Services, default);
        await fill(app.Services);
        // The last connection that closes takes the log into the file.
        ClearPool(app.Services.GetRequiredService<DatabaseSettings>());
        return directory;
    }

    static void CopyFiles(string from, string to)
    {
        foreach (string folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    static void ClearPool(DatabaseSettings database)
    {
        if (!database.IsSqlite) return;
        using var file = new Microsoft.Data.Sqlite.SqliteConnection(database.ConnectionString);
        Microsoft.Data.Sqlite.SqliteConnection.ClearPool(file);
    }

    static async Task<RunningDashboard> StartInAsync(string directory, Func<IServiceProvider, Task>? fill, TimeProvider? clock, params string[] settings)
    {
        string[] logging = ["--Logging:LogLevel:Default", "Warning", "--Logging:LogLevel:SafetyAudit", "Information"];
        var app = Dashboard.Build(["--Data:Directory", directory, "--urls", "http://127.0.0.1:0", .. logging, .. settings], worker: clock is null, clock);
        var log = new Logged();
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await CommandLine.PrepareDatabaseAsync(app.Services, default);
        if (fill != null) await fill(app.Services);
        await app.StartAsync();
        return new(app, directory, clock is null) { Log = log, SetUpToken = await app.Services.GetRequiredService<SetUpLink>().OfferAsync(default) ?? "" };
    }

    /// <summary>Reads what waits, as the worker would; with a worker inside, what it has begun would not be waited for.</summary>
    public Task CatchUpAsync()
    {
        Assert.False(worker, "Start the dashboard with a clock, and so without the worker.");
        return App.Services.CatchUpAsync(null, default);
    }

    /// <summary>Enters every read and refusal so far in the trail, also where the dashboard's own mover is at one of the files.</summary>
    public static async Task MoveReadsAsync(IServiceProvider services)
    {
        string folder = Path.Combine(services.GetRequiredService<DatabaseSettings>().Directory, "reads");
        for (int i = 0; i < 100; i++)
        {
            await services.GetRequiredService<ReadLog>().MoveAsync(default);
            if (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.jsonl").Length == 0) return;
            await Task.Delay(100);
        }
        Assert.Fail("Some reads are never moved.");
    }

    /// <summary>Makes an account, as <c>fill</c> does.</summary>
    public static Task<User> AddUserAsync(IServiceProvider services, string name, string password) =>
        AddUserAsync(services, new User { UserName = name, Roles = [Role.Director, Role.Administrator] }, password);

    public static async Task<User> AddUserAsync(IServiceProvider services, User user, string password)
    {
        await using var scope = services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
        var made = await scope.ServiceProvider.GetRequiredService<UserManager<User>>().CreateAsync(user, password);
        return made.Succeeded ? user : throw new InvalidOperationException(string.Join(" ", made.Errors.Select(e => e.Description)));
    }

    /// <summary>Changes an account as an administrator would.</summary>
    public async Task ChangeAsync(string name, Action<User> change)
    {
        await using var scope = App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByNameAsync(name))!;
        change(user);
        Assert.True((await users.UpdateAsync(user)).Succeeded);
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        var database = App.Services.GetRequiredService<DatabaseSettings>();
        await App.DisposeAsync();
        ClearPool(database);
        Directory.Delete(directory, recursive: true);
    }
}

/// <summary>Keeps what is logged, as one text.</summary>
sealed class Logged : ILoggerProvider, ILogger
{
    readonly System.Collections.Concurrent.ConcurrentQueue<string> lines = new();

    public string Text => string.Join('\n', lines);

    public IEnumerable<string> Lines => lines;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        lines.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");

    public void Dispose() { }
}
