using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Data;

public class CheckpointTests
{
    static Clinic Clinic(string id) => new() { Id = id, Name = id, TimeZone = "Europe/London", AddedAtUtc = DateTime.UnixEpoch };

    [Fact]
    public async Task Whoever_reads_for_long_keeps_nobody_from_writing_while_the_log_is_moved()
    {
        await using var installation = await TestInstallation.OpenAsync(DatabaseProvider.Sqlite);
        await using SafetyAuditDb reads = installation.Db(), moves = installation.Db(), writes = installation.Db();
        await using (await reads.BeginSnapshotAsync(default))
        {
            Assert.Equal(0, await reads.Clinics.CountAsync());
            moves.Clinics.Add(Clinic("C1"));
            await moves.SaveChangesAsync();

            // A connection waits half a minute for the pen and is refused then; the reader stays for longer. SQLite's calls hold their thread.
            var moving = Task.Run(() => moves.CheckpointAsync(more: false, default));
            await Task.Delay(300);
            writes.Clinics.Add(Clinic("C2"));
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await Task.Run(() => writes.SaveChangesAsync());
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
            await moving;
            Assert.Equal(0, await reads.Clinics.CountAsync());
        }
        Assert.Equal(2, await reads.Clinics.CountAsync());
        await moves.CheckpointAsync(more: false, default);
        Assert.Equal(0, new FileInfo(Path.Combine(installation.Directory, "safetyaudit.db-wal")).Length);
    }

    [Fact]
    public async Task A_connection_that_is_given_out_again_waits_as_long_and_keeps_to_keys_as_one_that_was_made()
    {
        await using var installation = await TestInstallation.OpenAsync(DatabaseProvider.Sqlite);
        await using var db = installation.Db();
        foreach (bool isMoved in new[] { false, true, false })
        {
            if (isMoved) await db.CheckpointAsync(more: true, default);
            // 2: every commit reaches the disk.
            Assert.Equal((30_000, 1, 2, 0), (await ToldAsync("busy_timeout"), await ToldAsync("foreign_keys"), await ToldAsync("synchronous"), await ToldAsync("wal_autocheckpoint")));
        }

        async Task<long> ToldAsync(string what)
        {
            await db.Database.OpenConnectionAsync();
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = "PRAGMA " + what;
            long told = (long)(await command.ExecuteScalarAsync())!;
            await db.Database.CloseConnectionAsync();
            return told;
        }
    }
}
