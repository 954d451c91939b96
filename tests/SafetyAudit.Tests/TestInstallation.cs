using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests;

/// <summary>An installation of the real product on a real database of its own, gone when the test ends.</summary>
sealed class TestInstallation : IAsyncDisposable
{
    readonly ServiceProvider services;
    readonly string? postgresDatabase;

    TestInstallation(ServiceProvider services, string directory, string? postgresDatabase) => (this.services, Directory, this.postgresDatabase) = (services, directory, postgresDatabase);

    public string Directory { get; }

    public IServiceProvider Services => services;

    public KeyRing Keys => services.GetRequiredService<KeyRing>();

    public TestClock Clock => (TestClock)services.GetRequiredService<TimeProvider>();

    /// <summary>Both databases, for tests of anything that reads or writes them.</summary>
    public static TheoryData<DatabaseProvider> Providers => new(Enum.GetValues<DatabaseProvider>());

    /// <param name="provider">On which database.</param>
    public static async Task<TestInstallation> OpenAsync(DatabaseProvider provider = DatabaseProvider.Sqlite)
    {
        // Migrated once for each database; every test gets a copy of its own.
        string template = await Templates[(int)provider].Value;
        return await OpenAsync(provider, template);
    }

    static readonly Lazy<Task<string>>[] Templates = [.. Enum.GetValues<DatabaseProvider>().Select(provider => new Lazy<Task<string>>(() => MakeTemplateAsync(provider)))];

    // A file, or the name of a database on the server.
    static async Task<string> MakeTemplateAsync(DatabaseProvider provider)
    {
        var made = await OpenAsync(provider, null);
        await made.services.DisposeAsync();
        made.ClearPools();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => made.GoneAsync().GetAwaiter().GetResult();
        return made.postgresDatabase ?? Path.Combine(made.Directory, DatabaseFile);
    }

    const string DatabaseFile = "safetyaudit.db";

    static async Task<TestInstallation> OpenAsync(DatabaseProvider provider, string? template)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        // The same keys in all installations, so that their records can be compared: bytes 0 to 31, and 32 to 63 for the one after a rotation.
        string keys = System.IO.Directory.CreateDirectory(Path.Combine(directory, "keys")).FullName;
        foreach (int key in new[] { 1, 2 }) await File.WriteAllBytesAsync(Path.Combine(keys, $"key-{key}"), MasterKey(key));
        string? database = null, connection = null;
        if (provider == DatabaseProvider.Postgres)
        {
            database = "t" + Guid.NewGuid().ToString("N");
            await OnServerAsync($"CREATE DATABASE {database}{(template is null ? "" : $" TEMPLATE {template}")}");
            connection = On(database);
        }
        else if (template is not null) File.Copy(template, Path.Combine(directory, DatabaseFile));
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Data:Directory"] = directory, ["Database:Provider"] = Codes.Of(provider), ["Database:ConnectionString"] = connection, ["Clinics:TimeZone"] = "Europe/London",
        }).Build();
        var services = new ServiceCollection().AddLogging().AddSafetyAudit(configuration).AddQueue(configuration, worker: false).AddSingleton<TimeProvider>(new TestClock()).BuildServiceProvider();
        var installation = new TestInstallation(services, directory, database);
        await using var db = installation.Db();
        if (template is null) await Migrator.MigrateAsync(db, services.GetRequiredService<DatabaseSettings>(), default);
        await installation.Keys.AgreeAsync(db, default);
        return installation;
    }

    public static byte[] MasterKey(int number) => [.. Enumerable.Range(32 * (number - 1), 32).Select(b => (byte)b)];

    /// <summary>A context that acts for someone; for the worker, who reaches everything, when nobody is named.</summary>
    public SafetyAuditDb Db(Actor? actor = null) => services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(actor ?? Actor.Worker);

    /// <summary>Takes a file in as the pages and the command line do, without reading it.</summary>
    public async Task<Upload> ReceiveAsync(byte[] content, string name = "file.csv", string? clinic = null) =>
        (await ReceiveAllAsync(content, name, clinic))[0];

    /// <summary>The same for a file with several kinds of records.</summary>
    public async Task<IReadOnlyList<Upload>> ReceiveAllAsync(byte[] content, string name = "file.csv", string? clinic = null) =>
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(content), name, null, clinic, Actor.CommandLine, default);

    /// <summary>Imports a file to the end: received, read, summarised, evaluated.</summary>
    public async Task<Upload> ImportAsync(string content, string? clinic = null) => await ImportAsync(System.Text.Encoding.UTF8.GetBytes(content), clinic);

    public async Task<Upload> ImportAsync(byte[] content, string? clinic = null)
    {
        var upload = await ReceiveAsync(content, clinic: clinic);
        await services.CatchUpAsync(null, default);
        await using var db = Db();
        return await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id);
    }

    public async Task<List<QuarantinedRow>> RejectedAsync(Upload upload)
    {
        await using var db = Db();
        var rows = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == upload.Id).OrderBy(q => q.Line).ToListAsync();
        return rows.ConvertAll(row => row.Unseal(Keys));
    }

    public Task SummariseAsync() => services.GetRequiredService<RefreshSummaries>().RunAsync(default);

    public Task EvaluateAsync() => Composition.EvaluateAsync(services, onlyMarked: false, default);

    public Task EvaluateMarkedAsync() => Composition.EvaluateAsync(services, onlyMarked: true, default);

    /// <summary>All that counts, as text: equal digests mean equal records, summaries and open alerts.</summary>
    public async Task<string> DigestAsync()
    {
        await using var db = Db();
        var lines = new List<string>();
        lines.AddRange((await db.Current<Session>().ToListAsync()).Select(s => $"session {s.ClinicId} {s.SessionId} {s.Version} {s.Date:O} {Convert.ToHexString(s.Digest)}"));
        lines.AddRange((await db.Current<AdverseEvent>().ToListAsync()).Select(e => $"event {e.EventId} {e.Version} {e.LinkedClinicId} {e.LinkedSessionId} {Convert.ToHexString(e.Digest)}"));
        lines.AddRange((await db.Current<Practitioner>().ToListAsync()).Select(p => $"practitioner {p.PractitionerId} {p.Version} {Convert.ToHexString(p.Digest)}"));
        lines.AddRange((await db.DailyExposures.ToListAsync()).Select(d => $"exposure {d.ClinicId} {d.PractitionerId} {d.Date:O} {d.Sessions} {d.AtRiskSessions} {d.FollowedUp} {d.Reached}"));
        lines.AddRange((await db.DailyObserved.ToListAsync()).Select(d => $"observed {d.ClinicId} {d.PractitionerId} {d.Date:O} {d.Measure} {d.Observed} {d.FoundByAsking}"));
        lines.AddRange((await db.DailyAdherence.ToListAsync()).Select(d => $"adherence {d.ClinicId} {d.PractitionerId} {d.Date:O} {d.Sessions} {d.RulesVersion} {d.Outcomes}"));
        lines.AddRange((await db.DailyQuality.ToListAsync()).Select(d => $"quality {d.ClinicId} {d.PractitionerId} {d.Date:O} {d.Asked} {d.Answered} {d.RepeatedSessions} {d.Events} {d.EventsNamed} {d.EventDetails} {d.EventsTimed} {d.EventsPrompt} {d.RepeatedEvents}"));
        lines.AddRange((await db.Alerts.Where(a => a.Status == AlertStatus.Open).ToListAsync()).Select(a => $"alert {a.Key} {a.Reason}"));
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    public async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        ClearPools();
        await GoneAsync();
    }

    void ClearPools()
    {
        using var file = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(Directory, DatabaseFile)}");
        Microsoft.Data.Sqlite.SqliteConnection.ClearPool(file);
        if (postgresDatabase is null) return;
        using var connection = new NpgsqlConnection(On(postgresDatabase));
        NpgsqlConnection.ClearPool(connection);
    }

    static string On(string postgresDatabase) => new NpgsqlConnectionStringBuilder(Server) { Database = postgresDatabase }.ConnectionString;

    async Task GoneAsync()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        if (postgresDatabase != null) await OnServerAsync($"DROP DATABASE {postgresDatabase} WITH (FORCE)");
    }

    static string Server => Environment.GetEnvironmentVariable("SAFETYAUDIT_TEST_POSTGRES")
        ?? throw new InvalidOperationException("SAFETYAUDIT_TEST_POSTGRES names no PostgreSQL server. Run the tests with ./test, which starts one.");

    static async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>Reports at once, in order; the framework's own would post to another thread.</summary>
sealed class Told<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}

/// <summary>A clock that stands where it is put.</summary>
sealed class TestClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
