using System.Text.RegularExpressions;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests;

/// <summary>The README stays true: what it lists is what there is.</summary>
public class ReadmeTests
{
    static readonly string Text = File.ReadAllText(Path.Combine(ArchitectureTests.Root, "README.md"));

    [Fact] public void It_lists_every_reason_for_which_a_row_is_not_taken() => Assert.Equal(Enum.GetValues<ReasonCode>().Select(Codes.Of).Order(), Listed("reason").Order());

    [Fact] public void It_lists_every_alert_rule() => Assert.Equal(Enum.GetValues<AlertRule>().Select(Codes.Of).Order(), Listed("alert rule").Order());

    [Fact]
    public void It_lists_every_protocol_rule_with_what_it_asks_and_needs() =>
        Assert.Equal(
            Rules.All.Select(r => string.Join(" | ", r.Id, r.Severity.ToString().ToLowerInvariant(), r.Title, r.NotApplicableWhen.Length > 0 ? r.NotApplicableWhen : "–",
                r.Settings.Count > 0 ? string.Join(", ", r.Settings.Select(s => Codes.SnakeCase(s).Replace('_', ' '))) : "–")),
            Table("protocol rule").Select(cells => string.Join(" | ", cells)));

    [Fact]
    public void It_lists_every_setting()
    {
        string source = string.Concat(Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "src", "SafetyAudit.Host"), "*.cs").Select(File.ReadAllText));
        var read = Regex.Matches(source, "(?:onfiguration\\[|GetValue\\()\"(\\w+:\\w+)\"").Select(m => m.Groups[1].Value).Distinct().Order();
        Assert.Equal(read, Listed("setting").Where(s => s.Contains(':', StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task It_lists_every_verb()
    {
        var help = await Host.ProgramRun.ToEndAsync("--help");
        string commands = help.Output[help.Output.IndexOf("Commands:", StringComparison.Ordinal)..];
        var verbs = Regex.Matches(commands, @"^  ([\w-]+)", RegexOptions.Multiline).Select(m => m.Groups[1].Value).ToList();
        Assert.True(verbs.Count >= 8, help.Output);
        Assert.Equal(verbs.Order(), Listed("verb").Select(v => v.Split(' ')[0]).Order());
    }

    [Fact]
    public void Its_map_has_every_room()
    {
        foreach (string room in Directory.GetDirectories(Path.Combine(ArchitectureTests.Root, "src", "SafetyAudit")).Select(Path.GetFileName).OfType<string>().Where(d => d is not ("bin" or "obj")))
            Assert.Contains(room + "/", Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_pictures_are_there()
    {
        var pictures = Regex.Matches(Text, @"!\[[^\]]+\]\(([^)]+)\)").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, pictures.Count);
        Assert.All(pictures, picture => Assert.True(File.Exists(Path.Combine(ArchitectureTests.Root, picture)), picture));
    }

    /// <summary>The words in code type in the first column of the table with this heading.</summary>
    static IEnumerable<string> Listed(string heading) => Table(heading).SelectMany(cells => Regex.Matches(cells[0], "`([^`]+)`").Select(m => m.Groups[1].Value));

    static List<string[]> Table(string heading)
    {
        var lines = Text.Split('\n').SkipWhile(line => !line.StartsWith($"| {heading} |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|')).ToList();
        Assert.NotEmpty(lines);
        return lines.ConvertAll(line => line.Trim('|').Split(" | ").Select(cell => cell.Trim()).ToArray());
    }
}
