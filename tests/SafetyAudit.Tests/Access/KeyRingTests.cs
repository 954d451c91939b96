using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Tests.Host;

namespace SafetyAudit.Tests.Access;

public sealed class KeyRingTests : IDisposable
{
    readonly string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;

    string Keys => Path.Combine(directory, "keys");

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public async Task The_first_start_makes_a_key_that_only_its_owner_reads()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await using var db = installation.Db();
        await db.KeysInUse.ExecuteDeleteAsync();
        Assert.Equal(1, await new KeyRing(Keys).AgreeAsync(db, default));
        Assert.Equal(32, new FileInfo(Path.Combine(Keys, "key-1")).Length);
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Keys, "key-1")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Keys));
    }

    [Fact]
    public async Task The_first_start_makes_a_data_directory_that_nobody_else_on_the_machine_looks_into()
    {
        string data = Path.Combine(directory, "data");
        Assert.Equal(0, (await ProgramRun.ToEndAsync("clinic", "C1", "--Data:Directory", data)).Code);
        if (OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Processes_that_start_at_once_end_up_with_one_key(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using (var db = installation.Db()) await db.KeysInUse.ExecuteDeleteAsync();
        var rings = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            await using var db = installation.Db();
            var ring = new KeyRing(Keys);
            await ring.AgreeAsync(db, default);
            return Convert.ToHexString(ring.Key(KeyPurpose.Patients, 1));
        })));
        Assert.Single(rings.Distinct());
        Assert.Equal(["key-1", "keys.lock"], Directory.GetFiles(Keys).Select(Path.GetFileName).Order());
        await using var after = installation.Db();
        Assert.Equal(1, await after.KeysInUse.CountAsync());
    }

    [Fact]
    public async Task Every_verb_refuses_to_start_without_the_key_or_with_another_one_and_says_what_to_restore()
    {
        string[] settings = ["--Data:Directory", directory, "--Keys:Directory", Keys];
        Assert.Equal(0, (await ProgramRun.ToEndAsync(["clinic", "C1", .. settings])).Code);
        string key = Path.Combine(Keys, "key-1"), away = key + ".away";
        File.Move(key, away);
        foreach (string[] verb in new string[][] { ["clinic", "C2"], ["migrate"], ["dashboard", "--no-worker"], ["worker"] })
        {
            var refused = await ProgramRun.ToEndAsync([.. verb, .. settings]);
            Assert.Equal(1, refused.Code);
            Assert.Contains(key, refused.Errors, StringComparison.Ordinal);
            Assert.Contains("Restore it from the backup of the keys directory", refused.Errors, StringComparison.Ordinal);
            Assert.False(File.Exists(key), "a key was made in place of the missing one");
        }
        await File.WriteAllBytesAsync(key, RandomNumberGenerator.GetBytes(32));
        var foreign = await ProgramRun.ToEndAsync(["clinic", "C2", .. settings]);
        Assert.Equal(1, foreign.Code);
        Assert.Contains("is not the key that this database relies on", foreign.Errors, StringComparison.Ordinal);
        File.Move(away, key, overwrite: true);
        Assert.Equal(0, (await ProgramRun.ToEndAsync(["clinic", "C2", .. settings])).Code);
    }

    [Fact]
    public async Task What_is_sealed_opens_for_its_purpose_and_place_only_and_unchanged_only()
    {
        await using var installation = await TestInstallation.OpenAsync();
        byte[] content = "T1 was here"u8.ToArray(), closed = installation.Keys.Seal(KeyPurpose.Quarantine, 1, content, "1:2"u8);
        Assert.Equal(content, installation.Keys.Unseal(KeyPurpose.Quarantine, closed, "1:2"u8));
        Assert.Equal(-1, closed.AsSpan().IndexOf("T1"u8));
        Assert.NotEqual(closed, installation.Keys.Seal(KeyPurpose.Quarantine, 1, content, "1:2"u8));

        Assert.ThrowsAny<CryptographicException>(() => installation.Keys.Unseal(KeyPurpose.DataProtection, closed, "1:2"u8));
        Assert.ThrowsAny<CryptographicException>(() => installation.Keys.Unseal(KeyPurpose.Quarantine, closed, "1:3"u8));
        for (int at = sizeof(int); at < closed.Length; at++)
        {
            closed[at] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => installation.Keys.Unseal(KeyPurpose.Quarantine, closed, "1:2"u8));
            closed[at] ^= 1;
        }
        Assert.ThrowsAny<CryptographicException>(() => installation.Keys.Unseal(KeyPurpose.Quarantine, closed.AsSpan(0, 20), "1:2"u8));
    }

    [Fact]
    public void Each_purpose_and_each_number_has_a_key_of_its_own()
    {
        Directory.CreateDirectory(Keys);
        foreach (int number in new[] { 1, 2 }) File.WriteAllBytes(Path.Combine(Keys, $"key-{number}"), new byte[32]);
        var ring = new KeyRing(Keys);
        var all = (from purpose in Enum.GetValues<KeyPurpose>() from number in new[] { 1, 2 } select Convert.ToHexString(ring.Key(purpose, number))).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
    }
}
