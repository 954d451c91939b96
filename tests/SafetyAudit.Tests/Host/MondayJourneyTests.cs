using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>J1: the director's Monday review, by keyboard alone.</summary>
public class MondayJourneyTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task By_keyboard_alone_an_alert_is_read_set_beside_another_baseline_dismissed_with_a_reason_and_the_view_kept()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            var receive = services.GetRequiredService<ReceiveUpload>();
            foreach (string content in new[] { practitioners, sessions, events }) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, "C1", Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password);
        });
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await TabToAsync(page, "[name=UserName]");
        await page.Keyboard.TypeAsync("director");
        await TabToAsync(page, "[name=Password]");
        await page.Keyboard.TypeAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(dashboard.Address + "/");

        // Home says what is open and what chance alone was expected to bring.
        Assert.Matches(@"Open alerts: .*blue.*; \d+ new in the last 7 days, \d+ provisional", await page.InnerTextAsync("#summary"));
        Assert.Matches(@"cases under review, (none|\d+) overdue", await page.InnerTextAsync("#tiles"));
        Assert.Matches(@"^Red false alarms about practitioners that are budgeted for while nothing is wrong, over all the months watched: \d", await page.InnerTextAsync("#budget"));
        await TabToAsync(page, ".alert-line:has-text('P6') a:text-is('Why')");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(url => url.Contains("/alerts/", StringComparison.Ordinal));
        string alertPage = page.Url, told = await page.InnerTextAsync("main");
        foreach (string said in new[] { "Why it was raised", "Check the records", "What would take it back: with", "more up to then", "Would another comparison agree?" }) Assert.Contains(said, told, StringComparison.Ordinal);

        // Beside another baseline: each published rate has its own line and leads to the measure.
        await TabToAsync(page, "main a[href^='/measures/BRUISE_MINOR']");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(url => url.Contains("/measures/BRUISE_MINOR", StringComparison.Ordinal));
        await TabToAsync(page, "main a:text-is('Beside the literature')");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(url => url.Contains("against=literature", StringComparison.Ordinal));
        await TabToAsync(page, "summary:text-is('Keep this view')");
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "footer [name=name]");
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("Bruising beside the literature");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(url => url.Contains("/views", StringComparison.Ordinal));

        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("l");
        await page.ArrivesAsync(url => url.EndsWith("/alerts", StringComparison.Ordinal));
        await TabToAsync(page, $"a[href='{new Uri(alertPage).AbsolutePath}']");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(alertPage);
        await TabToAsync(page, "[name=why]");
        await page.Keyboard.TypeAsync("He was on leave and another wrote his notes; asked and put right.");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAsync(dashboard.Address + "/alerts");

        await using var db = WebTests.Db(dashboard);
        long id = long.Parse(new Uri(alertPage).Segments[^1], System.Globalization.CultureInfo.InvariantCulture);
        var alert = await db.Alerts.SingleAsync(a => a.Id == id);
        Assert.Equal((AlertStatus.Closed, "director", "He was on leave and another wrote his notes; asked and put right."), (alert.Status, alert.ClosedBy, alert.ClosedBecause));
        var entered = await db.AuditEntries.Where(e => e.Subject == $"alert {id}" && e.Actor == "person director").Select(e => e.Why + e.After).ToListAsync();
        // Who closed it and when; why stands with the alert, and in the trail by its fingerprint.
        Assert.Contains(entered, e => e.Contains("closed_at_utc", StringComparison.Ordinal) && e.Contains("closed_because", StringComparison.Ordinal));
        Assert.Contains("against=literature", (await db.SavedViews.IgnoreQueryFilters().SingleAsync(v => v.Name == "Bruising beside the literature")).Path, StringComparison.Ordinal);
        Assert.Empty(browser.Errors);
    }

    // Everything is reached by links and forms; what a script would bring appears with the next page.
    [Fact]
    public async Task Without_a_script_a_file_is_sent_its_alerts_are_read_and_the_view_is_kept()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(practitioners)), "practitioners.csv", null, "C1", Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password);
        });
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync(script: false);
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.WaitForURLAsync(dashboard.Address + "/");
        foreach (string file in new[] { sessions, events })
        {
            await page.GotoAsync(dashboard.Address + "/uploads");
            await page.SetInputFilesAsync("[name=file]", new FilePayload { Name = "file.csv", MimeType = "text/csv", Buffer = System.Text.Encoding.UTF8.GetBytes(file) });
            await page.ClickAsync("main button");
            await page.WaitForURLAsync("**/uploads/*");
        }
        // The worker reads them meanwhile; each time Home is opened it shows what is there.
        for (var patience = DateTime.UtcNow.AddMinutes(2); ; await Task.Delay(250))
        {
            await page.GotoAsync(dashboard.Address + "/");
            if (await page.Locator(".alert-line:has-text('P6')").CountAsync() > 0) break;
            Assert.True(DateTime.UtcNow < patience, await page.InnerTextAsync("main"));
        }
        await page.Locator(".alert-line:has-text('P6') a:text-is('Why')").First.ClickAsync();
        Assert.Contains("Why it was raised", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        await page.Locator("main a[href^='/measures/BRUISE_MINOR']").First.ClickAsync();
        await page.ClickAsync("main a:text-is('Beside the literature')");
        await page.ClickAsync("summary:text-is('Keep this view')");
        await page.FillAsync("footer [name=name]", "Bruising beside the literature");
        await page.ClickAsync("footer form:has([name=name]) button");
        await page.WaitForURLAsync("**/views*");
        Assert.Contains("Bruising beside the literature", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        // What only a script could do is not offered.
        await page.GotoAsync(dashboard.Address + "/measures/BRUISE_MINOR");
        Assert.Equal((0, true), (await page.Locator("[data-png]:visible").CountAsync(), await page.Locator("a[href*='as=svg']:visible").CountAsync() > 0));
        Assert.Empty(browser.Errors);
    }

    // As a hand would: on and on until it is there, and it can be seen where one is.
    static async Task TabToAsync(IPage page, string selector)
    {
        var wanted = page.Locator(selector).First;
        await wanted.WaitForAsync(new() { State = WaitForSelectorState.Attached });
        for (int i = 0; i < 400; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (!await wanted.EvaluateAsync<bool>("e => e === document.activeElement")) continue;
            Assert.True(await wanted.EvaluateAsync<bool>("e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== 'none'; }"), $"{selector} does not show that it has the focus");
            return;
        }
        Assert.Fail($"{selector} is not reached by the Tab key");
    }
}
