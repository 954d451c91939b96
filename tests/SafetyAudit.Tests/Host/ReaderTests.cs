using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;
using SafetyAudit.Host.Pages;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Pages in the reader's language and formats, and times in the clinic's zone; and all that must not follow them.</summary>
public partial class ReaderTests
{
    const string Password = "correct horse battery";

    static async Task ChooseAsync(Visitor visitor, string language, string format) =>
        Assert.Equal(HttpStatusCode.Redirect, await visitor.PostAsync("/settings", new() { ["language"] = language, ["format"] = format }));

    static string Said(Visitor visitor) => WebUtility.HtmlDecode(visitor.Text);

    [Theory]
    [InlineData(null, "en-GB", "Password")]
    [InlineData("de-AT,de;q=0.9,en;q=0.8", "de", "Passwort")]
    [InlineData("es-ES, fr;q=0.1, de;q=0.9, en;q=0.5", "de", "Passwort")]
    [InlineData("en-US,en;q=0.9,de;q=0.8", "en-GB", "Password")]
    [InlineData("de;q=0, en", "en-GB", "Password")]
    [InlineData("es", "en-GB", "Password")]
    [InlineData("%%, ;;q=x, ../../xx", "en-GB", "Password")]
    public async Task Before_anybody_chose_a_page_speaks_as_the_browser_asks(string? accepted, string language, string word)
    {
        await using var dashboard = await RunningDashboard.StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        if (accepted is not null) visitor.Headers["Accept-Language"] = accepted;
        await visitor.GetAsync("/sign-in");
        Assert.Contains($"<html lang=\"{language}\">", visitor.Text, StringComparison.Ordinal);
        Assert.Contains($"<label>{word} <input", visitor.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_choice_goes_before_the_browser_and_language_and_formats_are_two_choices()
    {
        await using var dashboard = await RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, "director", Password));
        using var visitor = new Visitor(dashboard.Address);
        visitor.Headers["Accept-Language"] = "de-DE,de;q=0.9";
        await visitor.SignInAsync("director", Password);
        await visitor.GetAsync("/settings");
        Assert.Contains("Jetzt: 1.234,5, 31. März 2026.", Said(visitor), StringComparison.Ordinal);
        // As each region's own conventions (CLDR) have it; months are named in the language of the words.
        foreach (var (language, format, told) in new[]
        {
            ("en-GB", "de-DE", "Now: 1.234,5, 31. Mar 2026."), ("de", "en-GB", "Jetzt: 1,234.5, 31 März 2026."), ("en-GB", "en-US", "Now: 1,234.5, Mar 31, 2026."), ("en-GB", "de-CH", "Now: 1’234.5, 31. Mar 2026."),
            ("en-GB", "fr-FR", "Now: 1\u202F234,5, 31 Mar 2026."), ("", "en-IE", "Jetzt: 1,234.5, 31 März 2026."), ("en-GB", "", "Now: 1.234,5, 31. Mar 2026."), ("xx", "../en-US", "Jetzt: 1.234,5, 31. März 2026."), ("", "", "Jetzt: 1.234,5, 31. März 2026."),
        })
        {
            await ChooseAsync(visitor, language, format);
            await visitor.GetAsync("/settings");
            Assert.Contains(told, Said(visitor), StringComparison.Ordinal);
            Assert.Contains($"<html lang=\"{(told.StartsWith("Now", StringComparison.Ordinal) ? "en-GB" : "de")}\">", visitor.Text, StringComparison.Ordinal);
        }
        // What somebody wrote into the cookie themselves is no choice either.
        visitor.Cookies[Reader.Cookie] = "fr|tlh|de";
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/settings"));
        Assert.Contains("Jetzt: 1.234,5", Said(visitor), StringComparison.Ordinal);
        // It outlives the sign-in, so that the next one is asked for in the same language.
        visitor.Headers.Clear();
        await ChooseAsync(visitor, "de", "");
        await visitor.PostAsync("/settings", [], "/sign-out");
        await visitor.GetAsync("/sign-in");
        Assert.Contains("<html lang=\"de\">", visitor.Text, StringComparison.Ordinal);
        Assert.Contains(visitor.SetCookies, c => c.StartsWith("__Host-safetyaudit-reader=", StringComparison.Ordinal) && c.Contains("secure", StringComparison.OrdinalIgnoreCase) && c.Contains("httponly", StringComparison.OrdinalIgnoreCase) && c.Contains("samesite=lax", StringComparison.OrdinalIgnoreCase));
    }

    // Ninety sessions over four months; every fourth with a bruise, so that charts have points beside whole numbers.
    static readonly Lazy<Task<string>> Filled = new(() => RunningDashboard.FillAsync(async services =>
    {
        await RunningDashboard.AddUserAsync(services, "director", Password);
        string Day(int i) => $"2026-{i / 25 + 1:00}-{i % 25 + 1:00}";
        foreach (string file in new[]
        {
            Samples.Practitioners,
            Samples.SessionHeader + string.Concat(Enumerable.Range(0, 90).Select(i => Samples.Session($"S{i}", Day(i) + "T10:00:00Z", i % 3 == 0 ? "P1" : "P2"))),
            Samples.EventHeader + string.Concat(Enumerable.Range(0, 90).Where(i => i % 4 == 0).Select(i => Samples.Event($"E{i}", $"S{i}", onset: Day(i) + "T12:00:00Z").Replace("2026-03-02T15", Day(i) + "T15", StringComparison.Ordinal))),
        })
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "f.csv", null, null, Actor.CommandLine, default);
        await Composition.CatchUpAsync(services, null, default);
    }));

    [Fact]
    public async Task Pictures_addresses_forms_and_files_are_the_same_for_every_reader()
    {
        await using var dashboard = await RunningDashboard.StartOnCopyAsync(Filled);
        using var english = new Visitor(dashboard.Address);
        using var german = new Visitor(dashboard.Address);
        foreach (var visitor in new[] { english, german }) await visitor.SignInAsync("director", Password);
        await ChooseAsync(german, "de", "de-DE");
        var files = new HashSet<string>();
        foreach (string page in new[] { "/", "/measures", "/measures/BRUISE_MINOR", "/measures/BRUISE_MINOR?against=literature&lasting=yes&compare=before", "/practitioners", "/practitioners/P2?measure=BRUISE_MINOR", "/data-quality", "/adherence", "/credentials", "/protocol/change?clinic=C1", "/uploads/2" })
        {
            Assert.Equal(HttpStatusCode.OK, await english.GetAsync(page));
            Assert.Equal(HttpStatusCode.OK, await german.GetAsync(page));
            Assert.NotEqual(english.Text, german.Text);
            var (here, there) = (Fixed(english.Text), Fixed(german.Text));
            Assert.True(here.Count > 20);
            Assert.Equal(here, there);
            foreach (Match m in Download().Matches(english.Text)) files.Add(WebUtility.HtmlDecode(m.Groups[1].Value));
        }
        Assert.True(files.Count >= 6, string.Join(' ', files));
        bool fraction = false;
        foreach (string file in files)
        {
            Assert.Equal(await english.GetAsync(file), await german.GetAsync(file));
            if (!file.Contains("as=csv", StringComparison.Ordinal)) continue;
            Assert.Equal(english.Text, german.Text);
            fraction |= Regex.IsMatch(german.Text, @",\d+\.\d+,");
        }
        Assert.True(fraction, "no number with decimals was in any file");
        // And yet the figures on the page are German ones.
        await german.GetAsync("/measures/BRUISE_MINOR?against=literature");
        Assert.Matches(@"\d,\d\d", Said(german));

        // Everything that a browser or a program reads, and no heading (data-label): paths and coordinates, addresses, values of forms but the token.
        static List<string> Fixed(string page) => [.. Attributes().Matches(Token().Replace(page, "")).Select(m => m.Value)];
    }

    [Fact]
    public async Task A_German_reader_s_forms_are_read_as_everybody_s()
    {
        await using var dashboard = await RunningDashboard.StartOnCopyAsync(Filled);
        using var german = new Visitor(dashboard.Address);
        await german.SignInAsync("director", Password);
        await ChooseAsync(german, "de", "de-DE");
        var form = new Dictionary<string, string> { ["effective_from"] = "2026-03-01", ["why"] = "our policy of March", ["ThoracicNeedleLengthMm"] = "12.5", ["MinReachedShare"] = "82.5", ["MinObservationMinutes"] = "5" };
        Assert.Equal(HttpStatusCode.Redirect, await german.PostAsync("/protocol/change?clinic=C1", form));
        await using (var db = WebTests.Db(dashboard))
        {
            var kept = Assert.Single(await db.ClinicProtocols.ToListAsync());
            Assert.Equal((new DateOnly(2026, 3, 1), 12.5, 0.825, 5), (kept.EffectiveFrom, kept.ThoracicNeedleLengthMm, kept.MinReachedShare, kept.MinObservationMinutes));
        }
        // As it is shown again it can be sent again.
        await german.GetAsync("/protocol/change?clinic=C1");
        Assert.Contains("value=\"12.5\"", german.Text, StringComparison.Ordinal);
        // A comma is not guessed at.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await german.PostAsync("/protocol/change?clinic=C1", new(form) { ["ThoracicNeedleLengthMm"] = "12,5" }));
    }

    [Fact]
    public async Task A_page_about_a_clinic_tells_the_time_there_across_the_change_to_summer()
    {
        long before = 0, after = 0;
        await using var dashboard = await RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, "director", Password), TimeProvider.System);
        await using (var db = WebTests.Db(dashboard))
        {
            db.Clinics.Add(new() { Id = "C9", Name = "C9", TimeZone = "Europe/London", AddedAtUtc = DateTime.UtcNow });
            Alert At(string key, DateTime raised) => new() { Rule = AlertRule.ClinicAboveLiterature, Level = AlertLevel.Amber, ClinicId = "C9", Measure = "BRUISE_MINOR", Key = key, Reason = "r", From = new(2026, 1, 1), To = new(2026, 2, 1), RaisedAtUtc = raised, EvaluatedAtUtc = raised };
            // Clocks in the United Kingdom went from 01:00 to 02:00 on the last Sunday of March 2026, the 29th.
            var (winter, summer) = (At("a", new(2026, 3, 29, 0, 59, 0, DateTimeKind.Utc)), At("b", new(2026, 3, 29, 1, 0, 0, DateTimeKind.Utc)));
            db.Alerts.AddRange(winter, summer);
            await db.SaveChangesAsync();
            (before, after) = (winter.Id, summer.Id);
        }
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await director.GetAsync($"/alerts/{before}");
        Assert.Contains("<time datetime=\"2026-03-29T00:59:00Z\" title=\"29 Mar 2026 00:59 UTC\">29 Mar 2026 00:59 (+00:00)</time>", Said(director), StringComparison.Ordinal);
        await director.GetAsync($"/alerts/{after}");
        Assert.Contains("<time datetime=\"2026-03-29T01:00:00Z\" title=\"29 Mar 2026 01:00 UTC\">29 Mar 2026 02:00 (+01:00)</time>", Said(director), StringComparison.Ordinal);
        // A list over several clinics stays with one clock for all.
        await director.GetAsync("/alerts?status=all");
        Assert.Contains("29 Mar 2026 01:00 UTC", Said(director), StringComparison.Ordinal);
    }

    [Fact]
    public async Task German_pages_are_whole_and_everybody_can_use_them()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await DemoCommand.FillAsync(services, new DateOnly(2026, 6, 30), default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director, Role.Administrator, Role.Auditor] }, Password);
        }, new TestClock());
        await using var browser = await Browser.OpenAsync();
        // Every place of the navigation, and a page of each kind that is reached from there.
        string[] paths =
        [
            .. Navigation.Sections.SelectMany(s => s.Places).Select(p => p.Path).Distinct(), "/clinics", "/search?q=blut", "/shortcuts", "/measures/BRUISE_MINOR?compare=before&lasting=yes", "/measures/SYNCOPE", "/measures/PNEUMOTHORAX?against=literature",
            "/practitioners/RIVER-P03?compare=year", "/alerts?status=all", "/alerts/1", "/cases/1", "/sessions?practitioner=RIVER-P06&rule=PR-005&outcome=fail", "/sessions?of=incomplete_events&clinic=HARB", "/practitioners/RIVER-P03?compare_from=2025-01-01&compare_to=2025-03-31", "/sessions/answers?id=RIVER-S00042&clinic=RIVER", "/adherence/PR-008?measure=BRUISE_MINOR",
            "/protocol/change?clinic=RIVER", "/uploads/2", "/uploads/2/undo", "/records?id=RIVER-S00042", "/records/history?kind=sessions&id=RIVER-S00042&clinic=RIVER", "/records/correct?kind=sessions&id=RIVER-S00042&clinic=RIVER", "/reports?period=2026Q2&audience=board", "/account/code",
        ];
        var wrong = new List<string>();
        var page = await browser.PageAsync(ColorScheme.Light, 320, "de-DE");
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await LookAsync("/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.ArrivesAsync(dashboard.Address + "/");
        string text = await ReadAsync();
        Assert.Contains("Was einen Blick braucht", text, StringComparison.Ordinal);
        Assert.Contains("30. Juni 2026", text, StringComparison.Ordinal);
        foreach (string path in paths)
        {
            var answer = await page.GotoAsync(dashboard.Address + path);
            if (answer is not { Status: 200 }) wrong.Add($"{path}: {answer?.Status}");
            await LookAsync(path);
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));

        // In German from top to bottom: what is left of English is marked as such.
        async Task LookAsync(string path)
        {
            await page.ShotAsync($"de-{(path == "/" ? "home" : path.Split('?')[0][1..].Replace('/', '-'))}-phone");
            wrong.AddRange((await page.FaultsAsync()).Select(f => $"{path}: {f}"));
            string read = await ReadAsync();
            wrong.AddRange(English().Matches(read).Select(m => $"{path} says in English: {read[Math.Max(0, m.Index - 60)..Math.Min(read.Length, m.Index + 60)].ReplaceLineEndings(" ")}"));
        }

        Task<string> ReadAsync() => page.EvaluateAsync<string>("() => { const m = document.body.cloneNode(true); m.querySelectorAll('[lang^=en], script').forEach(e => e.remove()); return m.textContent + [...m.querySelectorAll('[aria-label], [title], [placeholder]')].map(e => ' ' + e.getAttribute('aria-label') + ' ' + e.getAttribute('title') + ' ' + e.getAttribute('placeholder')).join(' '); }");
        Assert.Empty(browser.Errors);
        Assert.Empty(browser.Elsewhere(dashboard.Address));
    }

    [GeneratedRegex(@"\b(the|and|of|with|is|are|not|sessions|alerts|open|above|below|inside|days|expected)\b(?!-)")]
    private static partial Regex English();

    // And the name that is put forward for keeping the view: the page's title.
    [GeneratedRegex("<input[^>]*__RequestVerificationToken[^>]*>|<input name=\"name\"[^>]*>")]
    private static partial Regex Token();

    [GeneratedRegex("(?<= )(?:d|x|y|x1|x2|y1|y2|width|height|viewBox|transform|href|action|name|value|datetime|data-(?!label)[a-z]+|min|max)=\"[^\"]*\"")]
    private static partial Regex Attributes();

    [GeneratedRegex("href=\"([^\"]*chart=[^\"]*&amp;as=(?:csv|svg))\"")]
    private static partial Regex Download();
}
