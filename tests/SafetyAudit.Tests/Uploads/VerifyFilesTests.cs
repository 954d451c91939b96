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

    static async Task<List<string>> FaultsAsync(TestInstallation installation, bool open)
    {
        var said = new List<string>();
        await using var db = installation.Db();
        var faults = await VerifyFiles.RunAsync(db, (DatabaseSettings)installation.Services.GetService(typeof(DatabaseSettings))!, installation.Keys, open, said, default).ToListAsync();
        Assert.Contains("6 kept files", Assert.Single(said), StringComparison.Ordinal);
        return faults;
    }
}
