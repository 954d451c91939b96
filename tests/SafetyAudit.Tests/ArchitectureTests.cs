using System.Text.RegularExpressions;

namespace SafetyAudit.Tests;

/// <summary>Reads the source text and keeps the arrows between rooms: forward only, and a floor that knows no room.</summary>
public partial class ArchitectureTests
{
    // What each room may use. Data lists the entity types of all rooms; the others of the floor know none.
    static readonly Dictionary<string, string[]> May = new()
    {
        ["Sessions"] = [],
        ["Measures"] = ["Sessions", "Data"],
        ["Protocol"] = ["Sessions"],
        ["Uploads"] = ["Sessions", "Measures", "Data", "Access", "AuditTrail"],
        ["Summaries"] = ["Sessions", "Measures", "Protocol", "Data", "Access", "AuditTrail"],
        ["Analysis"] = ["Sessions", "Measures", "Protocol", "Data"],
        ["Alerts"] = ["Sessions", "Measures", "Protocol", "Analysis", "Data", "Access", "AuditTrail"],
        ["Charts"] = ["Analysis"],
        ["Data"] = ["Sessions", "Uploads", "Measures", "Summaries", "Alerts", "Access", "AuditTrail"],
        ["Jobs"] = ["Data"],
        ["Access"] = ["Data", "AuditTrail"],
        ["AuditTrail"] = ["Access", "Data"],
    };

    public static string Root { get; } = FindRoot();

    [Fact]
    public void Rooms_use_each_other_forward_only()
    {
        var wrong = new List<string>();
        string product = Path.Combine(Root, "src", "SafetyAudit");
        foreach (string room in Directory.GetDirectories(product).Select(Path.GetFileName).OfType<string>().Where(d => d is not ("bin" or "obj")))
        {
            Assert.True(May.ContainsKey(room), $"The room {room} has no place in the house yet: say here what it may use.");
            foreach (string file in Directory.GetFiles(Path.Combine(product, room), "*.cs", SearchOption.AllDirectories))
                foreach (Match use in Using().Matches(File.ReadAllText(file)))
                    if (use.Groups[1].Value is var other && other != "Statistics" && other != room && !May[room].Contains(other)) wrong.Add($"{room}/{Path.GetFileName(file)} uses {other}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Statistics_are_pure()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Root, "src", "SafetyAudit.Statistics"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/")))
        {
            string text = File.ReadAllText(file);
            foreach (string impure in new[] { "System.IO", "DateTime.", "TimeProvider", "Environment.", "Console.", "File." })
                Assert.False(text.Contains(impure, StringComparison.Ordinal), $"{Path.GetFileName(file)} uses {impure}");
        }
    }

    static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "SafetyAudit.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("The tests run from inside the repository.");
    }

    [GeneratedRegex(@"using (?:static )?SafetyAudit\.(\w+)")]
    private static partial Regex Using();
}
