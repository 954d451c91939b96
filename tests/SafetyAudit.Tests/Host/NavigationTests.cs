using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Host.Pages;

namespace SafetyAudit.Tests.Host;

/// <summary>How people get about: navigation, search, keys, views of their own, and parts of pages that follow what changes.</summary>
public class NavigationTests
{
    const string Password = "correct horse battery";

    [Fact]
    public void Each_key_leads_to_one_page()
    {
        var places = Navigation.Sections.SelectMany(s => s.Places).ToList();
        Assert.Equal(places.Count, places.Select(p => p.Key).Distinct().Count());
        Assert.Equal(places.Count, places.Select(p => p.Path).Distinct().Count());
        Assert.DoesNotContain(places, p => p.Key is 'g' or '/' or '?');
    }

    // Else Home's parts would not add up to its sum.
    [Fact]
    public void Every_rule_of_alerts_has_one_place_on_Home() =>
        Assert.Equal(Enum.GetValues<AlertRule>().Order(), IndexModel.Groups.SelectMany(g => g.Rules).Order());

    static Task<RunningDashboard> StartAsync() => RunningDashboard.StartAsync(async services =>
    {
        await RunningDashboard.AddUserAsync(services, "director", Password);
        await RunningDashboard.AddUserAsync(services, "other", Password);
    }, TimeProvider.System);

    [Fact]
    public async Task A_view_is_kept_under_a_name_by_whoever_keeps_it_alone()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        using var other = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await other.SignInAsync("other", Password);
        const string view = "/alerts?status=all";
        await director.GetAsync(view);
        Assert.Contains("name=\"path\" value=\"/alerts?status=all\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync(new() { ["path"] = view, ["name"] = "Every <alert>" }, "/views?handler=Keep"));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/", new() { ["path"] = "/measures", ["name"] = "Measures" }, "/views?handler=Keep"));
        // The same name again keeps what is there now.
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/", new() { ["path"] = "/measures/BRUISE_MINOR?against=literature", ["name"] = "Measures" }, "/views?handler=Keep"));
        await director.GetAsync("/views");
        Assert.Contains("<a href=\"/alerts?status=all\">Every &lt;alert&gt;</a>", director.Text, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/measures/BRUISE_MINOR?against=literature\">Measures</a>", director.Text, StringComparison.Ordinal);
        await other.GetAsync("/views");
        Assert.DoesNotContain("BRUISE_MINOR", other.Text, StringComparison.Ordinal);
        // The latest stand on Home, too.
        for (int i = 1; i <= 8; i++) await director.PostAsync("/", new() { ["path"] = $"/cases?after={i}", ["name"] = $"View {i}" }, "/views?handler=Keep");
        await director.GetAsync("/");
        string links = director.Text[director.Text.IndexOf("id=\"views\"", StringComparison.Ordinal)..];
        links = WebUtility.HtmlDecode(links[..links.IndexOf("</p>", StringComparison.Ordinal)]);
        Assert.Contains("<a href=\"/cases?after=8\">View 8</a> · <a href=\"/cases?after=7\">View 7</a>", links, StringComparison.Ordinal);
        Assert.DoesNotContain("Every <alert>", links, StringComparison.Ordinal);
        Assert.Contains("All 10 views", links, StringComparison.Ordinal);
        await other.GetAsync("/");
        Assert.DoesNotContain("id=\"views\"", other.Text, StringComparison.Ordinal);
        // Nobody takes another's away, by whatever number.
        for (int id = 1; id < 4; id++) Assert.Equal(HttpStatusCode.NotFound, await other.PostAsync("/views", new() { ["id"] = $"{id}" }, "/views?handler=Remove"));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/views", new() { ["id"] = "1" }, "/views?handler=Remove"));
        await director.GetAsync("/views");
        Assert.DoesNotContain("Every &lt;", director.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://example.org/")]
    [InlineData("//example.org/alerts")]
    [InlineData("/\\example.org")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/records?id=T1")]
    [InlineData("/sessions/answers?id=S1&clinic=C1")]
    [InlineData("/alerts\r\nX: y")]
    [InlineData("")]
    public async Task What_is_no_page_of_figures_or_lists_is_not_kept(string path)
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync("/", new() { ["path"] = path, ["name"] = "x" }, "/views?handler=Keep"));
        Assert.Contains("cannot be kept", director.Text, StringComparison.Ordinal);
        await using var db = WebTests.Db(dashboard);
        Assert.Equal(0, await db.SavedViews.IgnoreQueryFilters().CountAsync());
    }

    [Fact]
    public async Task The_search_finds_pages_measures_rules_and_people_and_never_keeps_what_was_typed()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await RunningDashboard.AddUserAsync(services, "director", Password);
            await services.GetRequiredService<SafetyAudit.Uploads.ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.Practitioners)), "p.csv", null, "C1", Actor.CommandLine, default);
            await SafetyAudit.Host.Composition.CatchUpAsync(services, null, default);
        });
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        foreach (var (asked, found) in new[] { ("bruis", "/measures/BRUISE_MINOR"), ("ada", "/practitioners/P1"), ("P1", "/practitioners/P1"), ("PR-005", "/adherence/PR-005"), ("consent first", "/adherence/PR-005"), ("quality", "/data-quality") })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/search?q={Uri.EscapeDataString(asked)}"));
            Assert.Contains($"href=\"{found}\"", director.Text[director.Text.IndexOf("<main", StringComparison.Ordinal)..], StringComparison.Ordinal);
        }
        await director.GetAsync("/search?q=pr-0");
        Assert.Equal(SafetyAudit.Host.Pages.SearchModel.MostOfAKind, director.Text.Split("href=\"/adherence/PR-0").Length - 1);
        Assert.Contains("type more", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/search?q=%3Cscript%3Ealert(1)%3C/script%3E");
        Assert.DoesNotContain("<script>alert", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/search?q=T4711");
        Assert.Contains("/records?id=T4711", director.Text, StringComparison.Ordinal);
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        await using var db = WebTests.Db(dashboard);
        Assert.DoesNotContain(await db.AuditEntries.Select(e => e.Subject + e.Why).ToListAsync(), e => e.Contains("T4711", StringComparison.Ordinal) && e.Contains("search", StringComparison.Ordinal));
        Assert.DoesNotContain("T4711", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_lead_to_pages_and_what_changes_shows_without_a_reload()
    {
        await using var dashboard = await StartAsync();
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.ArrivesAsync(dashboard.Address + "/");

        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("m");
        await page.ArrivesAsync(dashboard.Address + "/measures");
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("ga?");
        // What is typed is typed, whatever keys it takes.
        Assert.Equal("ga?", await page.InputValueAsync("#search"));
        await page.GotoAsync(dashboard.Address + "/shortcuts");
        await page.CheckAsync("#keys-off");
        await page.Locator("h1").ClickAsync();
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("m");
        await Task.Delay(500);
        Assert.EndsWith("/shortcuts", page.Url, StringComparison.Ordinal);
        await page.UncheckAsync("#keys-off");

        await page.GotoAsync(dashboard.Address + "/alerts");
        await page.EvaluateAsync("window.notReloaded = true");
        await using (var db = WebTests.Db(dashboard))
        {
            var now = DateTime.UtcNow;
            db.Clinics.Add(new() { Id = "C9", Name = "C9", TimeZone = "UTC", AddedAtUtc = now });
            db.Alerts.Add(new() { Rule = AlertRule.ClinicAboveLiterature, Level = AlertLevel.Red, ClinicId = "C9", Key = "k", Reason = "r", From = new(2026, 1, 1), To = new(2026, 2, 1), RaisedAtUtc = now, EvaluatedAtUtc = now });
            await db.SaveChangesAsync();
        }
        await page.WaitForFunctionAsync("() => document.querySelector('#open-alerts .count')?.textContent.startsWith('1')", null, new() { Timeout = 20_000 });
        Assert.True(await page.EvaluateAsync<bool>("window.notReloaded === true"));
        Assert.Empty(browser.Errors);
    }

    /// <summary>What a measure is held against stands in one line, and a link from its page opens what else there is without a script.</summary>
    [Fact]
    public async Task A_measure_leads_to_its_baselines_opened()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await director.GetAsync("/measures/PNEUMOTHORAX?against=literature");
        const string link = "/baselines?measure=PNEUMOTHORAX#PNEUMOTHORAX";
        Assert.Contains($"href=\"{link}\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync(link));
        string library = System.Text.RegularExpressions.Regex.Replace(director.Text, "\\s+", " ");
        Assert.Contains("<details id=\"PNEUMOTHORAX\" open=\"open\">", library, StringComparison.Ordinal);
        Assert.Contains("<details id=\"BRUISE_MINOR\">", library, StringComparison.Ordinal);
        // Lin 2019: 1.75 per million sessions over the lungs, from what insurers paid for.
        Assert.Matches("Pneumothorax</strong> <span>0\\.0018 per 1,000 sessions over the lungs</span> <span class=\"small\"><span lang=\"en\">Lin 2019", library);
        Assert.Contains("claims to insurers", library, StringComparison.Ordinal);
        Assert.Contains("no rate in use", library, StringComparison.Ordinal);
    }
}
