using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Tests.Data;

public class MigrationTests
{
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task The_migrations_hold_the_whole_model(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_database_of_a_newer_version_is_refused(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        await db.Database.ExecuteSqlRawAsync("""INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('29990101000000_Later', '99.0')""");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.MigrateAsync(db, installation.Services.GetRequiredService<DatabaseSettings>(), default));
        Assert.Contains("newer version", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_left_by_a_killed_migration_does_not_stop_the_next_start()
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        var settings = DatabaseSettings.For("sqlite", null, directory);
        await using (var services = new ServiceCollection().AddDatabase(settings, new KeyRing(Path.Combine(directory, "keys"))).BuildServiceProvider())
        await using (var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.CommandLine))
        {
            // What EF Core leaves behind when it is killed while it migrates.
            await db.Database.ExecuteSqlRawAsync("""CREATE TABLE "__EFMigrationsLock" ("Id" INTEGER PRIMARY KEY, "Timestamp" TEXT NOT NULL); INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01 00:00:00+00:00')""");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await Migrator.MigrateAsync(db, settings, patience.Token);
            Assert.NotEmpty(await db.Measures.ToListAsync());
        }
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        System.IO.Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task No_connection_checkpoints_by_itself_and_the_packaged_SQLite_has_not_the_reset_bug()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await using var db = installation.Db();
        // sqlite.org/wal.html, "The WAL-Reset Bug": mended in 3.51.3; 3.52.0 was withdrawn.
        var version = Version.Parse(await db.Database.SqlQueryRaw<string>("SELECT sqlite_version() AS \"Value\"").SingleAsync());
        Assert.True(version >= new Version(3, 51, 3) && version != new Version(3, 52, 0), $"{version}");
        await db.Database.OpenConnectionAsync();
        Assert.Equal((0L, "wal"), ((long)Pragma("wal_autocheckpoint"), (string)Pragma("journal_mode")));

        object Pragma(string name)
        {
            using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"PRAGMA {name}";
            return command.ExecuteScalar()!;
        }
    }
}
