using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;

namespace SafetyAudit.Tests.Host;

public class DataProtectionTests
{
    [Fact]
    public async Task The_keys_of_cookies_and_forms_outlive_a_restart_and_lie_sealed_on_disk()
    {
        await using var dashboard = await RunningDashboard.StartAsync();
        string closed = dashboard.App.Services.GetDataProtector("test").Protect("signed in");

        string directory = dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory;
        string file = Assert.Single(Directory.GetFiles(dashboard.App.Services.GetRequiredService<KeyRing>().Directory, "*.xml"));
        var xml = XDocument.Load(file);
        // The framework's name for the key itself, and its own warning beside a key in the open.
        Assert.DoesNotContain(xml.Descendants(), e => e.Name.LocalName is "masterKey" or "value");
        Assert.DoesNotContain("unencrypted", await File.ReadAllTextAsync(file), StringComparison.OrdinalIgnoreCase);
        Assert.Single(xml.Descendants("sealed"));
        // Nor can anybody else on the machine so much as copy them.
        if (!OperatingSystem.IsWindows())
            foreach (string path in Directory.GetFiles(Path.GetDirectoryName(file)!, "key-*"))
                Assert.True((File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) == UnixFileMode.None, $"{path}: {File.GetUnixFileMode(path)}");

        await using var again = Dashboard.Build(["--Data:Directory", directory, "--urls", "http://127.0.0.1:0"], worker: false);
        await CommandLine.PrepareDatabaseAsync(again.Services, default);
        Assert.Equal("signed in", again.Services.GetDataProtector("test").Unprotect(closed));
    }
}
