using System.Text.Encodings.Web;
using System.Text.Json;

namespace SafetyAudit.Tests;

/// <summary><c>sbom.json</c> lists every package that ships, by the lock files, in CycloneDX.</summary>
public class SbomTests
{
    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void It_lists_every_package_that_ships_and_no_other()
    {
        string path = Path.Combine(ArchitectureTests.Root, "sbom.json"), wanted = Write();
        if (Environment.GetEnvironmentVariable("SAFETYAUDIT_WRITE_SBOM") == "1") File.WriteAllText(path, wanted);
        Assert.True(File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == wanted,
            "The packages have changed. Look at what came in, then write the list anew: SAFETYAUDIT_WRITE_SBOM=1 ./test --filter SbomTests");
    }

    static string Write()
    {
        var packages = new SortedDictionary<string, (string Version, string Hash)>(StringComparer.OrdinalIgnoreCase);
        string[] folders = ["src", "migrations"];
        foreach (string file in folders.SelectMany(f => Directory.GetFiles(Path.Combine(ArchitectureTests.Root, f), "packages.lock.json",
            SearchOption.AllDirectories)))
        {
            using var locked = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var framework in locked.RootElement.GetProperty("dependencies").EnumerateObject())
                foreach (var package in framework.Value.EnumerateObject().Where(p => p.Value.TryGetProperty("resolved", out _)))
                    packages[package.Name] = (package.Value.GetProperty("resolved").GetString()!, package.Value.GetProperty("contentHash").GetString()!);
        }
        Assert.Contains("Npgsql", packages.Keys);
        return JsonSerializer.Serialize(new
        {
            bomFormat = "CycloneDX", specVersion = "1.6", version = 1,
            metadata = new { component = new { type = "application", name = "SafetyAudit" } },
            components = packages.Select(p => new
            {
                type = "library", name = p.Key, version = p.Value.Version, purl = $"pkg:nuget/{p.Key}@{p.Value.Version}",
                properties = new[] { new { name = "nuget:contentHash", value = p.Value.Hash } },
            }),
        }, Readable).ReplaceLineEndings("\n") + "\n";
    }
}
