using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Reports;

namespace SafetyAudit.Tests.Reports;

/// <summary>The compliance pack: the figures of the pages, the same bytes for ever, and no more than its audience may know.</summary>
public class MakeReportTests
{
    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    static readonly ReportPeriod Quarter = ReportPeriod.Parse("2026Q1")!;

    // Names from all over Europe, and one that a spreadsheet would run.
    static readonly string[] Names = ["Łukasz Żółć-Wójcik", "Guðrún Þórðardóttir", "Ελένη Παπαδοπούλου", "Юлія Шевченко", "=SUM(A1:A9)", "Őrsi Ştefănescu"];

    /// <summary>Three clinics with two practitioners each; bruises are many in the first and few in the others, faints are few everywhere.</summary>
    internal static string[] Files()
    {
        var people = new StringBuilder("practitioner_id,display_name,clinic_id,licence_status,licence_issued,licence_expires\n");
        var sessions = new StringBuilder(Samples.SessionHeader);
        var events = new StringBuilder(Samples.EventHeader);
        for (int p = 0; p < 6; p++)
        {
            int clinic = p / 2 + 1;
            people.Append(CultureInfo.InvariantCulture, $"P{p + 1},{Names[p]},C{clinic},active,2015-01-01,2030-12-31\n");
            for (int s = 0; s < 90; s++)
            {
                string at = new DateTime(2025, 12, 20, 9 + p, 0, 0).AddDays(s).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                sessions.Append(Samples.Session($"S{p}-{s}", at, $"P{p + 1}", $"C{clinic}"));
                if (s % (clinic == 1 ? 6 : 45) == 0) events.Append(Samples.Event($"B{p}-{s}", $"S{p}-{s}", onset: at));
                if (s == 50 && p is 1 or 3) events.Append(Samples.Event($"F{p}-{s}", $"S{p}-{s}", "SYNCOPE", at));
            }
        }
        return [people.ToString(), sessions.ToString(), events.ToString()];
    }

    internal static async Task FillAsync(TestInstallation installation)
    {
        foreach (string file in Files()) await installation.ImportAsync(file);
    }

    static async Task<IReadOnlyList<ReportFile>> MakeAsync(TestInstallation installation, Audience audience, DateTime? at = null) =>
        await installation.Services.GetRequiredService<MakeReport>().MakeAsync(Actor.CommandLine, new(Quarter, audience, at ?? installation.Clock.Now.UtcDateTime), default);

    static string Text(IReadOnlyList<ReportFile> files, string name) => Encoding.UTF8.GetString(files.Single(f => f.Name == name).Content);

    static List<string[]> Rows(IReadOnlyList<ReportFile> files, string name) =>
        [.. Text(files, name).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => Regex.Matches(line, "(?:^|,)(?:\"((?:[^\"]|\"\")*)\"|([^,]*))").Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Value).ToArray())];

    [Theory, MemberData(nameof(Providers))]
    public async Task The_same_question_gives_the_same_bytes_whatever_came_later(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        var then = installation.Clock.Now.UtcDateTime;
        var first = new Dictionary<Audience, IReadOnlyList<ReportFile>>();
        foreach (var audience in Enum.GetValues<Audience>()) first[audience] = await MakeAsync(installation, audience);

        installation.Clock.Now += TimeSpan.FromDays(40);
        await installation.ImportAsync(Samples.EventHeader + string.Concat(Enumerable.Range(60, 6).Select(s => Samples.Event($"L{s}", $"S0-{s}", onset: new DateTime(2025, 12, 20, 10, 0, 0).AddDays(s).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)))));
        await installation.ImportAsync("practitioner_id,display_name,clinic_id,licence_status\nP1,Another Name,C1,suspended\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S9", practitioner: "P99"));
        await using (var db = installation.Db())
        {
            db.BaselineChoices.Add(new() { MeasureCode = "BRUISE_MINOR", BaselineId = "BRUISE_MINOR@brady-2014", Why = "ours", ProposedBy = "anna", ProposedAtUtc = installation.Clock.UtcNow(), AnsweredBy = "ben", AnsweredAtUtc = installation.Clock.UtcNow(), IsSigned = true });
            await db.SaveChangesAsync();
        }
        await installation.Services.GetRequiredService<SafetyAudit.Uploads.RotateKey>().RunAsync(default);

        foreach (var (audience, files) in first)
        {
            var again = await MakeAsync(installation, audience, then);
            Assert.Equal(files.Select(f => f.Name), again.Select(f => f.Name));
            foreach (var (one, other) in files.Zip(again)) Assert.True(one.Content.AsSpan().SequenceEqual(other.Content), $"{audience} {one.Name} differs");
            var now = await MakeAsync(installation, audience);
            Assert.NotEqual(Text(files, "measures.csv"), Text(now, "measures.csv"));
            Assert.Empty(Manifest.Check(name => again.FirstOrDefault(f => f.Name == name)?.Content, installation.Keys));
        }
    }

    [Fact]
    public async Task Its_figures_are_those_of_the_pages()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        var files = await MakeAsync(installation, Audience.Internal);
        await using var db = installation.Db();
        var measures = db.Measures.OrderBy(m => m.Order).ToList();
        var baselines = await Rates.BaselinesAsync(db, null, default);

        var rates = (await Rates.ReadAsync(db, new(Quarter.From, Quarter.To, Grouping.Clinic), measures, baselines, default)).Where(r => r.Observed > 0).ToList();
        var rows = Rows(files, "measures.csv");
        Assert.Equal("clinic_id,measure,name,baseline,sessions,exposure,observed,expected,rate_per_1000,rate_lower95,rate_upper95,ratio,ratio_lower95,ratio_upper95,lower998,upper998,position,ascertainment,follow_up_grade", string.Join(',', rows[0]));
        Assert.Equal(rates.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.ClinicId} {r.Measure.Code} {r.Observed} {r.Expected} {r.RateInterval?.Lower} {r.RatioInterval?.Upper} {r.Limits?.Upper998}")),
            rows.Skip(1).Select(r => $"{r[0]} {r[1]} {r[6]} {r[7]} {r[9]} {r[13]} {r[15]}"));
        // Bruises of January to March in the first clinic: days 12 to 89 of each practitioner's 90, one in six.
        Assert.Equal(["26", "156"], rows.Single(r => r[0] == "C1" && r[1] == "BRUISE_MINOR") is var bruises ? [bruises[6], bruises[4]] : []);

        var peers = await Rates.ReadAsync(db, new(Quarter.From, Quarter.To, Grouping.Practitioner, Against.Peers), measures, baselines, default);
        foreach (var row in Rows(files, "practitioners.csv").Skip(1))
            Assert.Contains(peers, r => Names[int.Parse(r.PractitionerId![1..], CultureInfo.InvariantCulture) - 1] == row[0].TrimStart('\'') && r.Measure.Code == row[1] && r.Observed.ToString(CultureInfo.InvariantCulture) == row[6] && r.Expected?.ToString(CultureInfo.InvariantCulture) == row[7]);

        var adherence = AdherenceTable.By(await AdherenceTable.ReadAsync(db, new(Quarter.From, Quarter.To), installation.Clock.Now.UtcDateTime, default), AdherenceGrouping.Clinic).Where(a => a.Adherence.Applicable > 0);
        Assert.Equal(adherence.Select(a => $"{a.Rule.Id} {a.ClinicId} {a.Adherence.Pass} {a.Adherence.Fail} {a.Adherence.NotRecorded} {a.Adherence.NotApplicable}"), Rows(files, "adherence.csv").Skip(1).Select(r => $"{r[0]} {r[1]} {r[5]} {r[6]} {r[7]} {r[8]}"));

        var quality = (await DataQuality.ReadAsync(db, Quarter.From, Quarter.To, default)).Clinics;
        Assert.Equal(quality.Select(q => string.Create(CultureInfo.InvariantCulture, $"{q.ClinicId} {q.Answers.Share} {q.InTime.Share} {q.RejectedRows}")), Rows(files, "data_quality.csv").Skip(1).Select(r => $"{r[0]} {r[1]} {r[3]} {r[10]}"));
    }

    [Fact]
    public async Task The_PDF_is_whole_tagged_and_every_name_can_be_read_in_it()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        var files = await MakeAsync(installation, Audience.Internal);
        string path = Path.Combine(installation.Directory, "report.pdf");
        await File.WriteAllBytesAsync(path, files.Single(f => f.Name == "report.pdf").Content);

        Assert.Contains("No syntax or stream encoding errors found", Run("qpdf", "--check", path), StringComparison.Ordinal);
        string text = Run("pdftotext", "-layout", path, "-");
        foreach (string name in Names) Assert.Contains(name, text, StringComparison.Ordinal);
        int pages = Regex.Count(text, @"Page \d+ of (\d+)");
        Assert.Equal(pages.ToString(CultureInfo.InvariantCulture), Regex.Match(text, @"Page 1 of (\d+)").Groups[1].Value);
        string[] headings = ["Summary", "Measures", "Practitioners beside colleagues", "Protocol adherence", "Reviews and actions", "Follow-up and ascertainment", "False alarms and detectability", "Data quality", "Definitions and baselines", "Methods and limits of use"];
        Assert.All(headings, h => Assert.Matches($"(?m)^[ \\f]*{h}$", text));
        // The board's page ends where the second section begins.
        Assert.Contains("Summary", text.Split('\f')[0], StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ *Measures$", text.Split('\f')[1]);

        string info = Run("pdfinfo", path), structure = Run("pdfinfo", "-struct-text", path), fonts = Run("pdffonts", path);
        Assert.Matches(@"Tagged: +yes", info);
        Assert.DoesNotContain("CreationDate", info, StringComparison.Ordinal);
        Assert.All(new[] { "H1", "H2", "H3", "Table", "Caption", "Figure", "TH", "TD", "L" }, tag => Assert.Matches($@"(?m)^ *{tag}\b", structure));
        Assert.Equal(2, Regex.Count(fonts, @"DejaVuSansCondensed\S* +CID TrueType +Identity-H +yes yes yes"));
        string raw = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path));
        Assert.Equal(Regex.Count(raw, "/S/Figure"), Regex.Count(raw, "/S/Figure[^\n]*/Alt <FEFF"));
        Assert.True(Regex.Count(raw, "/Dest\\[") >= headings.Length);
    }

    [Fact]
    public async Task The_workbook_has_figures_as_numbers_and_text_never_as_a_formula()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        var files = await MakeAsync(installation, Audience.Internal);
        using var zip = new ZipArchive(new MemoryStream(files.Single(f => f.Name == "report.xlsx").Content));
        Assert.All(zip.Entries, e => Assert.Equal(1980, e.LastWriteTime.Year));
        var sheets = zip.Entries.Where(e => e.FullName.StartsWith("xl/worksheets/", StringComparison.Ordinal)).Select(e => new StreamReader(e.Open()).ReadToEnd()).ToList();
        Assert.All(sheets, sheet => Assert.DoesNotContain("<x:f>", sheet, StringComparison.Ordinal));
        Assert.Contains(sheets, sheet => Regex.IsMatch(sheet, "t=\"inlineStr\"[^>]*><x:is><x:t[^>]*>=SUM\\(A1:A9\\)</x:t>"));
        Assert.Contains(sheets, sheet => sheet.Contains("Minor bruising", StringComparison.Ordinal) && Regex.IsMatch(sheet, "<x:c s=\"2\"><x:v>26</x:v></x:c>"));
        string workbook = new StreamReader(zip.GetEntry("xl/workbook.xml")!.Open()).ReadToEnd();
        Assert.All(new[] { "Report", "measures", "adherence", "definitions", "baselines", "data quality", "Notes" }, name => Assert.Contains($"name=\"{name}\"", workbook, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_board_sees_pseudonyms_and_no_name_and_no_id()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        var board = await MakeAsync(installation, Audience.Board);
        var open = await MakeAsync(installation, Audience.Public);
        foreach (var files in new[] { board, open })
            foreach (var file in files)
            {
                string text = file.Name == "report.xlsx" ? Unpacked(file.Content) : file.Name == "report.pdf" ? PdfText(installation, file.Content) : Encoding.UTF8.GetString(file.Content);
                foreach (string name in Names) Assert.DoesNotContain(name, text, StringComparison.Ordinal);
                Assert.DoesNotMatch(@"\bP[1-6]\b", text);
            }
        var rows = Rows(board, "practitioners.csv").Skip(1).ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, r => Assert.Matches("^Practitioner [1-6]$", r[0]));
        // Who has how many sessions is told under the same pseudonym in every table.
        Assert.Equal(6, Rows(board, "follow_up_practitioners.csv").Skip(1).Select(r => r[0]).Distinct().Count());
        Assert.DoesNotContain(open, f => f.Name.Contains("practitioner", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_public_gets_hides_small_numbers_and_none_can_be_worked_out()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        var files = await MakeAsync(installation, Audience.Public);
        var events = Rows(files, "events.csv");
        Assert.Equal(["measure", "name", "C1", "C2", "C3", "all"], events[0]);
        foreach (var row in events.Skip(1))
        {
            Assert.All(row.Skip(2), cell => Assert.True(cell == "c" || long.Parse(cell, CultureInfo.InvariantCulture) is 0 or > 4, string.Join(' ', row)));
            Solver.AssertOpen(row.Skip(2).SkipLast(1).Select(Count), Count(row[^1]), least: 1);
        }
        // 26 bruises in the first clinic; two or so of each practitioner in the others, which are not shown.
        Assert.Equal(["26", "c", "c"], events.Single(r => r[0] == "BRUISE_MINOR")[2..5]);
        // What is hidden in one table is hidden in all: no rate, ratio or position of it.
        foreach (var row in Rows(files, "measures.csv").Skip(1))
        {
            string shown = events.Single(e => e[0] == row[1])[2 + int.Parse(row[0][1..], CultureInfo.InvariantCulture) - 1];
            Assert.Equal(shown, row[6]);
            if (shown == "c") Assert.All(new[] { 8, 9, 10, 11, 12, 13, 16 }, i => Assert.Equal("c", row[i]));
        }
        long sessions = 156;
        foreach (var row in Rows(files, "adherence.csv").Skip(1))
        {
            Assert.All(row[5..9], cell => Assert.True(cell == "c" || long.Parse(cell, CultureInfo.InvariantCulture) is 0 or > 4, string.Join(' ', row)));
            if (row.AsSpan(5, 4).Contains("c") && SafetyAudit.Protocol.Rules.ById[row[0]] is SafetyAudit.Protocol.SessionRule) Solver.AssertOpen(row[5..9].Select(Count), sessions, least: 0);
            if (row[5] == "c" || row[6] == "c") Assert.Equal("c", row[9]);
        }
        Assert.DoesNotContain("ANY_MINOR", Text(files, "measures.csv"), StringComparison.Ordinal);
        Assert.Contains("not shown (c)", PdfText(installation, files.Single(f => f.Name == "report.pdf").Content).ReplaceLineEndings(" "), StringComparison.Ordinal);

        static long? Count(string cell) => cell == "c" ? null : long.Parse(cell, CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task The_manifest_says_what_the_files_are_and_a_changed_one_is_found()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        var files = (await MakeAsync(installation, Audience.Board)).ToDictionary(f => f.Name, f => f.Content);
        using var manifest = JsonDocument.Parse(files[Manifest.Name]);
        var said = manifest.RootElement;
        Assert.Equal(("2026Q1", "2026-01-01", "board", "2026-07-01T12:00:00Z"), (said.GetProperty("period").GetString(), said.GetProperty("from").GetString(), said.GetProperty("audience").GetString(), said.GetProperty("as_known_at").GetString()));
        Assert.Equal("BRUISE_MINOR@1", said.GetProperty("baselines").EnumerateArray().Select(b => b.GetProperty("id").GetString()).Single(b => b!.StartsWith("BRUISE_MINOR", StringComparison.Ordinal)));
        Assert.Equal(38, said.GetProperty("rules").EnumerateObject().Count());
        Assert.Equal(files.Keys.Where(n => !n.StartsWith("manifest", StringComparison.Ordinal)).Order(StringComparer.Ordinal), said.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
        Assert.Empty(Check());

        byte[] pdf = files["report.pdf"];
        files["report.pdf"] = [.. pdf[..^1], (byte)' '];
        Assert.Equal(["report.pdf was changed."], Check());
        files.Remove("report.pdf");
        Assert.Equal(["report.pdf is missing."], Check());
        files["report.pdf"] = pdf;
        // A manifest that was made to fit has no seal that does.
        byte[] made = files[Manifest.Name];
        files[Manifest.Name] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(made).Replace("board", "public", StringComparison.Ordinal));
        Assert.Contains("its seal does not hold", Assert.Single(Check()), StringComparison.Ordinal);
        files[Manifest.Name] = made;
        files[Manifest.SealName] = Encoding.ASCII.GetBytes("HMAC-SHA-256 9 " + new string('0', 64));
        Assert.Contains("its seal does not hold", Assert.Single(Check()), StringComparison.Ordinal);

        List<string> Check() => [.. Manifest.Check(name => files.GetValueOrDefault(name), installation.Keys)];
    }

    [Fact]
    public async Task A_period_in_which_nothing_happened_is_reported_as_such()
    {
        await using var installation = await TestInstallation.OpenAsync();
        var files = await MakeAsync(installation, Audience.Board);
        Assert.Contains("0 completed sessions at 0 clinics", PdfText(installation, files.Single(f => f.Name == "report.pdf").Content), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_that_name_no_clinic_are_told_of_to_those_who_see_all_clinics_and_count_in_none()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await FillAsync(installation);
        await installation.ImportAsync("event_id,session_id,practitioner_id,patient_id,category,onset_at\nE1,,P1,T99,BRUISE_MINOR,2026-02-03T10:00:00Z\nE2,S-none,P1,T99,BRUISE_MINOR,2026-02-04T10:00:00Z\n");
        Assert.Contains("2 events and 0 follow-ups of the period name no clinic", await SummaryAsync(Audience.Internal), StringComparison.Ordinal);
        Assert.DoesNotContain("name no clinic", await SummaryAsync(Audience.Public), StringComparison.Ordinal);

        async Task<string> SummaryAsync(Audience audience) => string.Join(' ', PdfText(installation, (await MakeAsync(installation, audience)).Single(f => f.Name == "report.pdf").Content).Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    static string Unpacked(byte[] workbook)
    {
        using var zip = new ZipArchive(new MemoryStream(workbook));
        return string.Concat(zip.Entries.Select(e => new StreamReader(e.Open()).ReadToEnd()));
    }

    static string PdfText(TestInstallation installation, byte[] pdf)
    {
        string path = Path.Combine(installation.Directory, "read.pdf");
        File.WriteAllBytes(path, pdf);
        return Run("pdftotext", "-layout", path, "-");
    }

    static string Run(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardOutput = true, StandardOutputEncoding = Encoding.UTF8 })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
