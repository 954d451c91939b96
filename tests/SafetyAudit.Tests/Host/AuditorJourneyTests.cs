using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>The auditor asks who changed this record: its history, the trail taken to another machine and checked there, and what was done behind the program's back.</summary>
public class AuditorJourneyTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task Who_changed_this_record_is_answered_within_half_a_minute_and_proved_elsewhere()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            var receive = services.GetRequiredService<ReceiveUpload>();
            foreach (var (content, name, by) in new[]
            {
                (Samples.Practitioners, "people.csv", "anna"),
                (Samples.SessionHeader + string.Concat(Enumerable.Range(1, 20).Select(i => Samples.Session($"S{i}"))), "march.csv", "anna"),
                (Samples.SessionHeader + Samples.Session("S7", practitioner: "P2"), "march-corrected.csv", "ben"),
            }) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), name, null, "C1", Actor.CommandLine with { Kind = ActorKind.Person, Name = by, Origin = "203.0.113.9" }, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "auditor", Roles = [Role.Auditor] }, Password);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "administrator", Roles = [Role.Administrator] }, Password);
        });
        await using var browser = await Browser.OpenAsync();

        var page = await SignedInAsync(browser, dashboard, "auditor");
        var clock = Stopwatch.StartNew();
        await page.ClickAsync("nav >> text=Records");
        await page.FillAsync("[name=id]", "S7");
        await page.ClickAsync("main button");
        await page.ClickAsync("tbody a");
        string history = await page.InnerTextAsync("main");
        Assert.Contains("2 versions", history, StringComparison.Ordinal);
        Assert.Contains("Sent by ben", history, StringComparison.Ordinal);
        Assert.Contains("march-corrected.csv, line 2", history, StringComparison.Ordinal);
        Assert.Contains("What changed: practitioner_id", history, StringComparison.Ordinal);
        Assert.Contains("march.csv, line 8", history, StringComparison.Ordinal);
        Assert.Matches(@"ben\s+203\.0\.113\.9", history);
        await page.ClickAsync("nav >> text=Audit trail");
        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("text=Take it to another machine"));
        string extract = await download.PathAsync(), keys = dashboard.App.Services.GetRequiredService<KeyRing>().Directory;
        Assert.Equal(0, (await ProgramRun.OfAsync("verify-trail.dll", extract, "--keys", keys)).Code);
        await page.ClickAsync("text=Check the whole trail now");
        Assert.Contains("The trail holds", await page.InnerTextAsync("[role=status]"), StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"it took {clock.Elapsed.TotalSeconds:F0} s");

        (string Who, (string Name, string Path)[] Pages)[] readers =
        [
            ("auditor", [("records", "/records?id=S7"), ("history", "/records/history?kind=sessions&id=S7&clinic=C1"), ("trail", "/trail?reads=true"), ("trail-checked", "/trail?handler=check"), ("forbidden", "/access")]),
            ("administrator", [("access", "/access")]),
        ];
        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 375) })
            foreach (var (who, pages) in readers)
            {
                var shown = await SignedInAsync(browser, dashboard, who, scheme, width);
                foreach (var (name, path) in pages)
                {
                    await shown.GotoAsync(dashboard.Address + path);
                    await shown.ShotAsync($"{name}-{look}");
                    await shown.IsUsableAsync($"{name}, {look}");
                }
                await shown.Context.CloseAsync();
            }

        // One byte of the extract.
        string[] lines = await File.ReadAllLinesAsync(extract);
        int entry = Array.FindIndex(lines, l => l.Contains("march-corrected.csv", StringComparison.Ordinal));
        lines[entry] = lines[entry].Replace("person ben", "person bea", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(extract, lines);
        var broken = await ProgramRun.OfAsync("verify-trail.dll", extract);
        Assert.Equal((1, $"Entry {entry} was altered: its content does not give its hash.\n"), (broken.Code, broken.Errors));

        // An entry changed directly in the database.
        var settings = dashboard.App.Services.GetRequiredService<DatabaseSettings>();
        await using (var connection = new SqliteConnection(settings.ConnectionString))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = $"DROP TRIGGER audit_entries_no_update; UPDATE audit_entries SET actor = 'person bea' WHERE sequence = {entry}";
            await command.ExecuteNonQueryAsync();
        }
        await page.GotoAsync(dashboard.Address + "/trail?handler=check");
        Assert.Contains($"The trail is broken at entry {entry}", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invitation_leads_to_a_password_of_one_s_own_and_an_account_that_sees_what_it_was_given()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.Practitioners)), "people.csv", null, "C1", Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "administrator", Roles = [Role.Administrator] }, Password);
        });
        await using var browser = await Browser.OpenAsync();
        var administrator = await SignedInAsync(browser, dashboard, "administrator");
        var form = administrator.Locator("section[aria-labelledby=invite] form");
        await form.Locator("[name=name]").FillAsync("ada");
        await form.Locator("[name=roles][value=Practitioner]").CheckAsync();
        await form.Locator("button").ClickAsync();
        Assert.Contains("needs the id of the practitioner", await administrator.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        await form.Locator("[name=name]").FillAsync("ada");
        await form.Locator("[name=roles][value=Practitioner]").CheckAsync();
        await form.Locator("[name=practitioner]").FillAsync("P1");
        await form.Locator("button").ClickAsync();
        string invitation = await administrator.InnerTextAsync("[role=status] code");

        var ada = await browser.PageAsync();
        await ada.GotoAsync(invitation);
        await ada.FillAsync("[name=password]", "three unrelated words");
        await ada.FillAsync("[name=again]", "three unrelated words");
        await ada.ClickAsync("main button");
        await ada.ArrivesAsync(url => url.EndsWith("/sign-in", StringComparison.Ordinal));
        await ada.FillAsync("[name=UserName]", "ada");
        await ada.FillAsync("[name=Password]", "three unrelated words");
        await ada.ClickAsync("main button >> nth=0");
        await ada.ArrivesAsync(dashboard.Address + "/");
        await ada.GotoAsync(dashboard.Address + "/practitioners/P1");
        Assert.Contains("Ada Ash", await ada.InnerTextAsync("h1"), StringComparison.Ordinal);
        await ada.GotoAsync(dashboard.Address + "/practitioners/P2");
        Assert.Contains("Not found", await ada.InnerTextAsync("h1"), StringComparison.Ordinal);

        // The invitation is used up.
        var again = await browser.PageAsync();
        await again.GotoAsync(invitation);
        await again.FillAsync("[name=password]", "three other words here");
        await again.FillAsync("[name=again]", "three other words here");
        await again.ClickAsync("main button");
        Assert.Contains("over, or was used", await again.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
    }

    static async Task<IPage> SignedInAsync(Browser browser, RunningDashboard dashboard, string who, ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        var page = await browser.PageAsync(scheme, width);
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await page.FillAsync("[name=UserName]", who);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.ArrivesAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
        return page;
    }
}
