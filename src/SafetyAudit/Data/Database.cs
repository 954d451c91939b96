using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;

namespace SafetyAudit.Data;

public enum DatabaseProvider { Sqlite, Postgres }

/// <summary>Where everything is kept.</summary>
/// <param name="Provider">SQLite for one machine, PostgreSQL for many.</param>
/// <param name="ConnectionString">As the provider understands it.</param>
/// <param name="Directory">Everything that is a file lives below it.</param>
public sealed record DatabaseSettings(DatabaseProvider Provider, string ConnectionString, string Directory)
{
    /// <summary>The settings with their defaults: a SQLite file in the data directory.</summary>
    public static DatabaseSettings For(string? provider, string? connectionString, string directory)
    {
        directory = Path.GetFullPath(directory);
        if (!Codes.TryParse<DatabaseProvider>(provider ?? "sqlite", out var known))
            throw new ArgumentException($"Database:Provider is '{provider}'; it must be one of {Codes.ListOf<DatabaseProvider>()}.");
        if (known == DatabaseProvider.Postgres && string.IsNullOrWhiteSpace(connectionString))
            throw new ArgumentException("Database:ConnectionString must be set when Database:Provider is postgres.");
        return new(known, string.IsNullOrWhiteSpace(connectionString) ? $"Data Source={Path.Combine(directory, "safetyaudit.db")}" : connectionString, directory);
    }

    public bool IsSqlite => Provider == DatabaseProvider.Sqlite;
}

public static class Database
{
    /// <summary>A context that acts for someone.</summary>
    public static async Task<SafetyAuditDb> OpenAsync(this IDbContextFactory<SafetyAuditDb> databases, Actor actor, CancellationToken ct) => (await databases.CreateDbContextAsync(ct)).As(actor);

    public static IServiceCollection AddDatabase(this IServiceCollection services, DatabaseSettings settings, KeyRing keys)
    {
        // Names, free text and hashes of passwords lie in it: not for everybody on the machine. One that is there already keeps the rights it was given.
        if (OperatingSystem.IsWindows()) System.IO.Directory.CreateDirectory(settings.Directory);
        else System.IO.Directory.CreateDirectory(settings.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (settings.IsSqlite) SqlitePragmas.RequireMended();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(keys);
        services.AddSingleton<Trail>();
        services.AddDbContextFactory<SafetyAuditDb>(options => Configure(options, settings));
        return services;
    }

    public static DbContextOptionsBuilder Configure(DbContextOptionsBuilder options, DatabaseSettings settings) => settings.Provider switch
    {
        DatabaseProvider.Sqlite => options.UseSqlite(settings.ConnectionString, sqlite => sqlite.MigrationsAssembly("SafetyAudit.Migrations.Sqlite")
            // A list is one value, not a parameter for each entry: SQLite looks each of them up by its name, one after the other.
            .UseParameterizedCollectionMode(ParameterTranslationMode.Parameter)).AddInterceptors(new SqlitePragmas()),
        _ => options.UseNpgsql(settings.ConnectionString, postgres => postgres.MigrationsAssembly("SafetyAudit.Migrations.Postgres")),
    };

    /// <summary>Moves what the write-ahead log holds into the file. Called by whoever writes much, since automatic checkpoints are off, see <see cref="SqlitePragmas"/>.</summary>
    /// <param name="db">Its connection writes no more for the moment.</param>
    /// <param name="more">Whether as much again is about to be written: the log then keeps its length and is written over, which spares the disk making room anew.</param>
    /// <param name="ct">Stops the moving; what was not moved is moved by the next.</param>
    public static async Task CheckpointAsync(this SafetyAuditDb db, bool more, CancellationToken ct)
    {
        if (!db.Database.IsSqlite()) return;
        // Nobody writes while it waits for those who read what was before, and a report may read for long: it waits a moment only, and what is left is the next one's.
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await db.Database.ExecuteSqlRawAsync("PRAGMA busy_timeout=2000", ct);
            await db.Database.ExecuteSqlRawAsync(more ? "PRAGMA wal_checkpoint(RESTART)" : "PRAGMA wal_checkpoint(TRUNCATE)", ct);
        }
        finally
        {
            // Others use the connection after this one, and are told nothing anew.
            await db.Database.ExecuteSqlRawAsync("PRAGMA busy_timeout=" + SqlitePragmas.BusyMilliseconds, CancellationToken.None);
            await db.Database.CloseConnectionAsync();
        }
    }

    /// <summary>Moves into the file what the log holds by now, over a connection of its own, while others go on writing; the log grows on until <see cref="CheckpointAsync"/>, which then has little left to move.</summary>
    public static async Task CheckpointBesideAsync(this IDbContextFactory<SafetyAuditDb> databases, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        if (db.Database.IsSqlite()) await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(PASSIVE)", ct);
    }
}

/// <summary>What every SQLite connection is told when it opens for the first time; the provider keeps connections and gives them out again, and what they were told holds.</summary>
/// <remarks>No connection checkpoints by itself: a page that writes one row would wait while the log of an import is moved. Whoever writes much does it, and so does the counting, which runs as a sweep too.</remarks>
sealed class SqlitePragmas : DbConnectionInterceptor
{
    /// <summary>How long a connection waits for another that writes.</summary>
    public const string BusyMilliseconds = "30000";

    // Pages of a new file are of 8 kB: half as many to fetch and to write as of 4.
    const string Pragmas = $"PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout={BusyMilliseconds}; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-8192;";

    // The library's own connections, for as long as there are such.
    static readonly ConditionalWeakTable<SQLitePCL.sqlite3, string> Told = [];

    // No two threads use a connection at a time, so it needs no lock around every value; and nobody asks how much memory SQLite holds, which all connections would count under one lock.
    static SqlitePragmas()
    {
        SQLitePCL.Batteries_V2.Init();
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MULTITHREAD);
        _ = SQLitePCL.raw.sqlite3_config(SQLitePCL.raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    /// <summary>Refuses a library that can corrupt a file when a checkpoint resets the log while another connection writes (sqlite.org/wal.html, "WAL-reset bug", mended in 3.51.3).</summary>
    public static void RequireMended()
    {
        if (SQLitePCL.raw.sqlite3_libversion_number() < 3_051_003)
            throw new InvalidOperationException($"SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()} can damage the database; 3.51.3 or newer is needed. Use the library that comes with the program.");
    }

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => Set(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Set(connection);
        return Task.CompletedTask;
    }

    static void Set(DbConnection connection)
    {
        var sqlite = (SqliteConnection)connection;
        if (Told.TryGetValue(sqlite.Handle!, out _)) return;
        using var command = sqlite.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
        Told.Add(sqlite.Handle!, Pragmas);
    }
}
