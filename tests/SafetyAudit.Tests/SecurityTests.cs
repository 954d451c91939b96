using System.Reflection;
using System.Text.RegularExpressions;

namespace SafetyAudit.Tests;

/// <summary>The tables of SECURITY.md: every requirement and every hazard that bites here is in them once, with tests that are there and run.</summary>
public class SecurityTests
{
    static readonly string Text = File.ReadAllText(Path.Combine(ArchitectureTests.Root, "SECURITY.md"));

    /// <summary>OWASP ASVS 5.0, the items that bite here. One that stops to, or begins to, is a decision, made here and in the table.</summary>
    static readonly string[] Items =
    [
        "1.2.1", "1.2.4", "1.2.5", "1.2.10", "1.3.6", "1.3.11", "1.5.1", "1.5.2", "2.1.2", "2.2.2", "2.2.3", "2.3.1", "2.3.3", "2.4.1",
        "3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.1", "3.4.3", "3.4.4", "3.4.6", "3.5.1", "3.5.3", "4.1.3", "5.1.1", "5.2.1", "5.2.2", "5.2.3", "5.3.2", "5.4.2",
        "6.2.4", "6.2.12", "6.3.1", "6.3.2", "6.3.3", "7.3.1", "7.3.2", "7.4.2", "8.2.1", "8.2.2", "8.2.3", "8.4.1",
        "11.4.2", "13.2.4", "14.2.1", "14.3.2", "15.1.2", "15.3.3", "16.2.2", "16.3.2", "16.4.1", "16.5.3",
    ];

    static readonly string[] Hazards = [.. Enumerable.Range(1, 10).Select(n => $"H{n}")];

    [Fact] public void Every_requirement_that_bites_is_in_the_table_once() => Assert.Equal(Items, Table("requirement").Select(row => row[0]));

    [Fact] public void Every_hazard_is_in_the_table_once() => Assert.Equal(Hazards, Table("hazard").Select(row => row[0]));

    [Fact]
    public void Every_requirement_and_every_hazard_has_tests_that_run()
    {
        var classes = typeof(SecurityTests).Assembly.GetTypes().Where(t => t.IsClass && t.IsPublic).ToLookup(t => t.Name);
        var wrong = new List<string>();
        foreach (string[] row in Table("requirement").Concat(Table("hazard")))
        {
            Assert.True(row.Length == 4 && row.All(cell => cell.Length > 0), string.Join(" | ", row));
            var tests = Regex.Matches(row[3], "`([^`]+)`").Select(m => m.Groups[1].Value).ToList();
            if (tests.Count == 0) wrong.Add($"{row[0]} has no test");
            foreach (string test in tests)
            {
                string[] name = test.Split('.');
                var fact = name.Length == 2 ? classes[name[0]].Select(t => t.GetMethod(name[1])?.GetCustomAttribute<FactAttribute>()).FirstOrDefault(a =>
                    a is not null) : null;
                if (fact is null) wrong.Add($"{row[0]}: there is no test {test}");
                else if (fact.Skip is not null) wrong.Add($"{row[0]}: {test} is skipped");
            }
        }
        Assert.Empty(wrong);
    }

    static List<string[]> Table(string heading)
    {
        var lines = Text.Split('\n').SkipWhile(line => !Regex.IsMatch(line, $"^\\| [^|]+ \\| {heading} \\|")).Skip(2).TakeWhile(line =>
            line.StartsWith('|')).ToList();
        Assert.NotEmpty(lines);
        return lines.ConvertAll(line => line.Trim().Trim('|').Split(" | ").Select(cell => cell.Trim()).ToArray());
    }
}
