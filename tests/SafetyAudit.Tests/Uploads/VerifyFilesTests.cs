using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

public class VerifyFilesTests
{
    [Fact]
    public async Task A_kept_file_that_is_gone_cut_changed_or_another_s_is_named_and_the_others_are_not()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners, "C1");
        var uploads = new List<Upload>();
        foreach (string id in new[] { "S1", "S2", "S3", "S4", "S5" }) uploads.Add(await installation.ImportAsync(Samples.SessionHeader + Samples.Session(id), "C1"));
        Assert.Empty(await FaultsAsync(installation, open: true));

        var settings = (DatabaseSettings)installation.Services.GetService(typeof(DatabaseSettings))!;
        string[] paths = [.. uploads.Select(u => ReceiveUpload.PathOf(settings, u.Fingerprint))];
        File.Delete(paths[0]);
        byte[] whole = await File.ReadAllBytesAsync(paths[1]);
        await File.WriteAllBytesAsync(paths[1], whole[..^1]);
        whole = await File.ReadAllBytesAsync(paths[2]);
        whole[^20] ^= 1;
        await File.WriteAllBytesAsync(paths[2], whole);
        // Sealed by the same key, and opens; only the fingerprint tells that it is not the file that was received.
        File.Copy(paths[4], paths[3], overwrite: true);

        Assert.Equal([$"upload {uploads[0].Id}: the bytes kept of it are gone"], await FaultsAsync(installation, open: false));
        Assert.Equal(
            [$"upload {uploads[0].Id}: the bytes kept of it are gone", $"upload {uploads[1].Id}: the bytes kept of it were changed or cut", $"upload {uploads[2].Id}: the bytes kept of it were changed or cut",
             $"upload {uploads[3].Id}: the bytes kept of it are another file's"],
            await FaultsAsync(installation, open: true));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_record_that_was_taken_out_of_the_database_is_named_by_the_bytes_kept_of_its_file(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners, "C1");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"), "C1");
        // Line 2 says again what is known, line 4 is not taken, line 6 is S6 with a line break in a cell.
        await installation.ImportAsync(Samples.SessionHeader.TrimEnd() + ",risk_note\n" + string.Concat(new[] { Samples.Session("S1"), Samples.Session("S2"), Samples.Session("S4", "no date"), Samples.Session("S5"), Samples.Session("S6"), Samples.Session("S7") }
            .Select((row, i) => row.TrimEnd() + (i == 4 ? ",\"two\nlines\"\n" : ",\n"))), "C1");
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S2") + Samples.Event("E2", "S5", "PNEUMOTHORAX"), "C1");
        (string Sql, string? Named)[] cases =
        [
            ("DELETE FROM sessions WHERE session_id = 'S6'", "; taken out: S6, line 6"),
            ("DELETE FROM sessions WHERE session_id IN ('S5', 'S7')", "; taken out: S5, line 5, S7, line 8"),
            ("DELETE FROM adverse_events WHERE event_id = 'E2'", "; taken out: E2, line 3"),
            ("UPDATE sessions SET line = 4 WHERE session_id = 'S2'", null),
        ];
        foreach (var (sql, named) in cases)
        {
            await using var db = installation.Db();
            await using var transaction = await db.Database.BeginTransactionAsync();
            await db.Database.ExecuteSqlRawAsync(sql);
            var faults = await VerifyRecords.RunAsync(db, [], new KeptFiles(installation.Services.GetRequiredService<DatabaseSettings>(), installation.Keys), default).ToListAsync();
            Assert.Contains(faults, f => f.Contains(named ?? "are not what entry", StringComparison.Ordinal) && (named is null) == !f.Contains("taken out", StringComparison.Ordinal));
            await transaction.RollbackAsync();
        }
        // Without its bytes the batch is told all the same.
        await using var without = installation.Db();
        await without.Database.ExecuteSqlRawAsync(cases[0].Sql);
        foreach (string path in Directory.GetFiles(Path.Combine(installation.Directory, "uploads"))) File.Delete(path);
        Assert.Contains(await VerifyRecords.RunAsync(without, [], new KeptFiles(installation.Services.GetRequiredService<DatabaseSettings>(), installation.Keys), default).ToListAsync(),
            f => f.StartsWith("lines 3 to 8 of upload 3 are not what entry", StringComparison.Ordinal) && f.EndsWith("4 records then, 3 now", StringComparison.Ordinal));
    }

    static async Task<List<string>> FaultsAsync(TestInstallation installation, bool open)
    {
        var said = new List<string>();
        await using var db = installation.Db();
        var faults = await VerifyFiles.RunAsync(db, (DatabaseSettings)installation.Services.GetService(typeof(DatabaseSettings))!, installation.Keys, open, said, default).ToListAsync();
        Assert.Contains("6 kept files", Assert.Single(said), StringComparison.Ordinal);
        return faults;
    }
}
