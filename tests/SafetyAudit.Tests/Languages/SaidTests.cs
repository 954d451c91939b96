using System.Globalization;
using System.Text.RegularExpressions;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Host.Pages;
using SafetyAudit.Languages;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Languages;

/// <summary>The texts of each language beside what the source says in English.</summary>
public partial class SaidTests
{
    public static TheoryData<string> Others => [.. Reader.Languages.Where(l => l != Reader.English).Select(l => l.Name)];

    [Fact]
    public void There_is_a_file_for_each_language_and_a_language_for_each_file() =>
        Assert.Equal(
            Reader.Languages.Where(l => l != Reader.English).Select(l => $"Said.{l.Name}.resx").Order(StringComparer.Ordinal),
            Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "src", "SafetyAudit", "Languages"), "*.resx").Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Others))]
    public void Every_text_that_is_said_is_in_the_file_and_none_else(string language)
    {
        var said = SaidInSource();
        Assert.True(said.Count > 250, $"only {said.Count} texts were found in the source");
        var known = Said.In(new CultureInfo(language)).Keys;
        Assert.Empty(said.Except(known));
        Assert.Empty(known.Except(said));
    }

    [Theory, MemberData(nameof(Others))]
    public void Each_puts_in_the_same_values_and_is_not_empty(string language)
    {
        foreach (var (english, text) in Said.In(new CultureInfo(language)))
        {
            Assert.False(string.IsNullOrWhiteSpace(text), english);
            Assert.True(Values(english).SequenceEqual(Values(text)), $"{english} → {text}");
            Assert.Equal(english.StartsWith(' ') || english.EndsWith(' '), text.StartsWith(' ') || text.EndsWith(' '));
        }

        static IEnumerable<string> Values(string text) => PutIn().Matches(text).Select(m => m.Value).Order(StringComparer.Ordinal);
    }

    // "Not seen" is not "safe": the word stands only where that is said, in every language alike.
    [Fact]
    public void German_calls_nothing_safe_that_was_not_seen() =>
        Assert.Equal(["„Nicht gesehen“ heißt nicht „sicher“"], Said.In(new CultureInfo("de")).Values.Where(t => Safe().IsMatch(t)).Select(t => t.Split(". ")[1].Split(':')[0]));

    [Fact]
    public void What_is_in_no_file_is_said_in_English()
    {
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = new("de");
            Assert.Equal("Trichterdiagramm", Said.T("Funnel plot"));
            Assert.Equal("Offene Alarme: 2", Said.T("Open alerts: {0}", 2));
            Assert.Equal("nobody ever said this", Said.T("nobody ever said this"));
            Assert.Equal("Hochladen", Said.T("Upload|do it"));
            Assert.Equal("Datei", Said.T("Upload"));
            CultureInfo.CurrentUICulture = new("de-AT");
            Assert.Equal("Trichterdiagramm", Said.T("Funnel plot"));
            CultureInfo.CurrentUICulture = new("fr-FR");
            Assert.Equal("Funnel plot", Said.T("Funnel plot"));
            Assert.Equal(("Upload", "clinic C1", "a bar"), (Said.T("Upload|do it"), Said.T("clinic {0}|within", "C1"), Said.T("a bar|of nobody")));
        }
        finally { CultureInfo.CurrentUICulture = before; }
    }

    // What stands in T("…"), and what is said of lists that are kept elsewhere.
    static HashSet<string> SaidInSource()
    {
        var said = new HashSet<string>();
        foreach (string file in Directory.GetFiles(Path.Combine(ArchitectureTests.Root, "src"), "*.cs*", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal) && Path.GetExtension(f) is ".cs" or ".cshtml"))
        {
            string text = File.ReadAllText(file);
            foreach (Match m in Literal().Matches(text)) said.Add(Regex.Unescape(m.Groups[1].Value));
            if (file.EndsWith("Search.cshtml.cs", StringComparison.Ordinal)) foreach (Match m in Kind().Matches(text)) said.Add(m.Groups[1].Value);
        }
        said.UnionWith(Navigation.Sections.SelectMany(s => s.Places.SelectMany(p => new[] { p.Name, p.Words }).Prepend(s.Name)));
        said.UnionWith(IndexModel.Groups.Select(g => g.Name));
        said.UnionWith(Catalogue.Measures.SelectMany(m => new[] { m.Title, m.Group, Words.Counted(m) }));
        said.UnionWith(Enum.GetValues<AlertRule>().Select(Words.Rule));
        said.UnionWith(Enum.GetValues<NotAssessedBecause>().Select(Words.Because));
        said.UnionWith(Enum.GetValues<CredentialKind>().Select(Credential.Words));
        said.UnionWith(Enum.GetValues<AlertLevel>().Select(Codes.Of));
        said.UnionWith(Catalogue.Baselines.Select(b => Codes.Of(b.Confidence)));
        said.UnionWith(Catalogue.Baselines.Where(b => b.Ascertainment != Ascertainment.Passive).Select(b => Codes.Of(b.Ascertainment)));
        said.UnionWith(Catalogue.Baselines.Select(b => Codes.Words(b.CiomsBand)));
        said.UnionWith(Enum.GetValues<CaseDecision>().Select(Words.Decision));
        said.UnionWith(ControlMonthsChart.Signals);
        said.UnionWith(QualityChart.Lines.Select(l => l.Name));
        said.UnionWith(QualityPart.All.Select(p => p.Title));
        said.UnionWith(Enum.GetValues<QualityGap>().Select(Words.Gap));
        said.UnionWith(DailyQuality.Details.Select(d => d.Words));
        said.UnionWith(Rules.All.SelectMany(r => r.Fields.Select(RuleFields.Name).Concat([SafetyAudit.Host.Pages.AdherencePages.AdherenceModel.Area(r.Area), Codes.Of(r.Severity), r.Counted, r.InLeaflet])));
        said.UnionWith(ProtocolForm.Settings.SelectMany(s => new[] { s.Group, s.Label, s.Hint }));
        said.UnionWith(Enum.GetValues<Audience>().SelectMany(a => new[] { Codes.Of(a), PackDocument.For(a) }));
        said.UnionWith(Enum.GetValues<ReportRhythm>().Select(Codes.Of));
        said.Add(ReportPeriod.Forms);
        said.Add(DiskFull.Words);
        foreach (string stage in Enum.GetValues<CaseStage>().Select(Words.Stage)) said.UnionWith([stage, stage.ToLowerInvariant() + "|within"]);
        said.UnionWith(Enum.GetValues<CaseCheck>().Select(Words.Check));
        said.UnionWith(Enum.GetValues<CaseEntryKind>().Where(k => k is not (CaseEntryKind.Checked or CaseEntryKind.StageEnded)).Select(k => Words.Entry(new() { ClinicId = "", Kind = k }) + "|entry"));
        said.UnionWith(Enum.GetValues<RuleSeverity>().Select(Codes.Of));
        said.UnionWith(Enum.GetValues<Severity>().Select(Codes.Of));
        said.UnionWith(Enum.GetValues<SessionStatus>().Select(s => Codes.Words(Codes.Of(s)) + "|within"));
        said.UnionWith(Rules.All.Select(r => r.Counted + "|within"));
        said.UnionWith(Rules.All.SelectMany(r => r.Fields).Concat(["due", "attempted", "reached"]).Select(f => RuleFields.Name(f) + "|field"));
        said.UnionWith(EventReport.Whats.Select(w => w.Words).Concat(EventReport.HowBads.Select(b => b.Words)).Concat(EventReport.Dones.Select(d => d.Words)).Concat(EventReport.Whos.Select(w => w.Words)).Select(w => w + "|report"));
        return said;
    }

    [GeneratedRegex("""(?<![\w.])T\("((?:[^"\\]|\\.)*)"[,)]""")]
    private static partial Regex Literal();

    [GeneratedRegex("""new(?: Hit)?\("(\w+)", """)]
    private static partial Regex Kind();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex PutIn();

    [GeneratedRegex(@"(?<!un|Un|un)\bsicher|gefahrlos|unbedenklich", RegexOptions.IgnoreCase)]
    private static partial Regex Safe();
}
