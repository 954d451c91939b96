using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Host.Commands;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Host;

/// <summary>What people do, in a real browser.</summary>
public class BrowserTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task From_the_set_up_link_to_a_counted_import_with_its_rejected_rows()
    {
        await using var dashboard = await RunningDashboard.StartAsync();
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();

        await page.GotoAsync($"{dashboard.Address}/set-up?token={dashboard.SetUpToken}");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.FillAsync("[name=Again]", Password);
        await page.ClickAsync("main button");
        await page.WaitForURLAsync("**/uploads");

        await UploadAsync(page, "practitioners.csv", Samples.Practitioners);
        await UploadAsync(page, "sessions.csv", Samples.SessionHeader + string.Concat(Enumerable.Range(1, 40).Select(i => Samples.Session($"S{i}", practitioner: i % 2 == 0 ? "P1" : "P2")))
            + Samples.Session("S99", "02/03/2026") + Samples.Session("S98", practitioner: "<script>alert(1)</script>"));
        Assert.Equal(["40", "0", "0", "2"], await page.Locator(".tiles .figure").AllInnerTextsAsync());
        Assert.Contains("not_an_instant", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        Assert.Contains("S98,C1,<script>alert(1)</script>", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        var rejected = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("text=All rejected rows"));
        Assert.Equal(3, (await File.ReadAllLinesAsync(await rejected.PathAsync())).Length);
        await UploadAsync(page, "events.csv", Samples.EventHeader + Samples.Event("E1", "S1") + Samples.Event("E2", "S2") + Samples.Event("E3", "S77"));
        Assert.Equal(["3", "0", "0", "0", "1"], await page.Locator(".tiles .figure").AllInnerTextsAsync());

        // A file that is none of ours is refused at once, with what to do.
        await page.GotoAsync(dashboard.Address + "/uploads");
        await page.SetInputFilesAsync("[name=file]", new FilePayload { Name = "holiday.csv", MimeType = "text/csv", Buffer = "%PDF-1.7\n"u8.ToArray() });
        await page.ClickAsync("main button");
        Assert.Contains("The file is a PDF, not CSV", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);

        await EventuallyAsync(async () =>
        {
            await page.GotoAsync(dashboard.Address + "/practitioners");
            return (await page.InnerTextAsync("main")).Contains("Ada Ash", StringComparison.Ordinal);
        });
        await page.ClickAsync("text=Ada Ash");
        Assert.Contains("Minor bruising, month by month", await page.InnerTextAsync("main"), StringComparison.Ordinal);

        await page.ClickAsync("text=Sign out");
        await page.GotoAsync(dashboard.Address + "/practitioners");
        Assert.Contains("/sign-in", page.Url, StringComparison.Ordinal);
        // The refused file was answered with 422, which the browser notes.
        Assert.DoesNotContain(browser.Errors, e => !e.Contains("422", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_demo_shows_what_was_planted_on_pages_that_everybody_can_use()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await DemoCommand.FillAsync(services, new DateOnly(2026, 6, 30), default);
            await RunningDashboard.AddUserAsync(services, "director", Password);
        }, new TestClock());
        long bruise, bruiseCase, completed, bruised;
        // What was planted is found, and nothing else is but what chance alone brings now and then: amber ones at most a quarter for each practitioner and year, blue ones a twentieth.
        await using (var db = WebTests.Db(dashboard))
        {
            var open = await db.Alerts.Where(a => a.Status == AlertStatus.Open).ToListAsync();
            Assert.True(open.Count(a => a is { Rule: AlertRule.MoreThanPeers, Level: AlertLevel.Amber }) <= 9);
            Assert.True(open.Count(a => a is { Rule: AlertRule.FewerThanPeers, PractitionerId: not "HARB-P05" }) <= 2);
            bruise = open.Single(a => a is { Rule: AlertRule.MoreThanPeers, PractitionerId: "RIVER-P03", Measure: "BRUISE_MINOR" }).Id;
            bruiseCase = (await db.Cases.SingleAsync(c => c.AlertId == bruise)).Id;
            var year = db.Current<Session>().Where(s => s.Date >= new DateOnly(2025, 7, 1) && s.Date <= new DateOnly(2026, 6, 30) && s.Status == SessionStatus.Completed);
            completed = await year.CountAsync();
            bruised = await year.CountAsync(s => db.Current<AdverseEvent>().Any(e => e.Category == "BRUISE_MINOR" && e.LinkedSessionId == s.SessionId && e.LinkedClinicId == s.ClinicId && e.ReportChannel != ReportChannel.PatientFollowUp));
            Assert.Equal(
                [
                    "adherence_below_target NORTH PR-034", "completeness_falling RIVER-P06 ", "credential_lapsing NORTH-P02 licence", "fewer_than_peers HARB-P05 AGGRAVATION", "fewer_than_peers HARB-P05 BLEED_MINOR",
                    "fewer_than_peers HARB-P05 BRUISE_MINOR", "fewer_than_peers HARB-P05 PAIN_DURING", "fewer_than_peers HARB-P05 PAIN_POST", "more_than_peers RIVER-P03 BRUISE_MINOR", "protocol_failed HARB-P02 PR-020",
                    "protocol_failed NORTH-P02 PR-001", "protocol_failed RIVER-P06 PR-005", "protocol_not_recorded RIVER-P06 PR-005", "sentinel_event HARB-P02 NEEDLE_RETAINED",
                ],
                open.Where(a => a is not ({ Rule: AlertRule.MoreThanPeers, Level: AlertLevel.Amber } or { Rule: AlertRule.FewerThanPeers, PractitionerId: not "HARB-P05" })).Select(a => $"{Codes.Of(a.Rule)} {a.PractitionerId ?? a.ClinicId} {a.Measure}").Order(StringComparer.Ordinal));
        }
        await using var browser = await Browser.OpenAsync();
        (string Name, string Path)[] pages =
        [
            ("home", "/"), ("clinics", "/clinics"), ("practitioners", "/practitioners"), ("practitioner", "/practitioners/RIVER-P03"), ("practitioner-compare", "/practitioners/RIVER-P03?compare=year"), ("measures", "/measures"), ("measure", "/measures/BRUISE_MINOR"), ("measure-compare", "/measures/BRUISE_MINOR?compare=before"),
            ("measure-literature", "/measures/BLEED_MINOR?against=literature"), ("measure-anew", "/measures/PAIN_POST?clinic=HARB&anew=2026-01-01&lasting=yes"), ("sentinel", "/measures/PNEUMOTHORAX"), ("rare", "/measures/FATIGUE"), ("rare-once", "/measures/NEEDLE_RETAINED"), ("uploads", "/uploads"), ("upload", "/uploads/2"), ("alerts", "/alerts"),
            ("alerts-all", "/alerts?status=all"), ("alert", "/alerts/{bruise}"), ("cases", "/cases"), ("case", "/cases/{bruise-case}"), ("sessions", "/sessions?practitioner=RIVER-P06&rule=PR-005&outcome=fail"), ("adherence", "/adherence?clinic=RIVER"), ("rule", "/adherence/PR-005?clinic=RIVER&measure=ANY_MINOR"), ("monitor", "/monitor?clinic=RIVER&measure=BRUISE_MINOR&practitioner=RIVER-P03"), ("sessions-clinic", "/sessions?clinic=RIVER&measure=BRUISE_MINOR"), ("sessions-late", "/sessions?of=late_events&clinic=NORTH"), ("quality", "/data-quality?clinic=NORTH"), ("credentials", "/credentials"), ("duties", "/duties"), ("protocol", "/protocol?clinic=RIVER"),
            ("protocol-change", "/protocol/change?clinic=RIVER"), ("session-answers", "/sessions/answers?id=RIVER-S00042&clinic=RIVER"), ("baselines", "/baselines"), ("search", "/search?q=bru"), ("shortcuts", "/shortcuts"), ("tour", "/tour"), ("views", "/views"), ("settings", "/settings"), ("report-links", "/report-links"), ("missing", "/practitioners/nobody"),
        ];
        string AddressOf(string template) => template.Replace("{bruise-case}", $"{bruiseCase}", StringComparison.Ordinal).Replace("{bruise}", $"{bruise}", StringComparison.Ordinal);
        List<string> faults = [];
        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 320) })
        {
            var page = await browser.PageAsync(scheme, width);
            await SignInAsync(page, dashboard.Address);
            if (scheme == ColorScheme.Light) await Browser.SlowAsync(page);
            foreach (var (name, template) in pages)
            {
                var answer = await page.GotoAsync(dashboard.Address + AddressOf(template));
                if ((await answer!.BodyAsync()).Length is > 150_000 and var bytes) faults.Add($"{name}, {look}: {bytes} bytes");
                await page.ShotAsync($"{name}-{look}");
                faults.AddRange((await page.FaultsAsync()).Select(f => $"{name}, {look}: {f}"));
            }
            // A picture can pass every check of its markup and still be black: its colours are counted.
            await page.GotoAsync(dashboard.Address + "/measures/BRUISE_MINOR");
            byte[] chart = await page.Locator("svg.chart").First.ScreenshotAsync();
            int colours = await (await browser.PageAsync()).EvaluateAsync<int>("""
                async data => { const i = new Image(); await new Promise((ok, no) => { i.onload = ok; i.onerror = no; i.src = 'data:image/png;base64,' + data; });
                const c = document.createElement('canvas'); c.width = i.width; c.height = i.height; const x = c.getContext('2d'); x.drawImage(i, 0, 0);
                return new Set(new Uint32Array(x.getImageData(0, 0, i.width, i.height).data.buffer)).size; }
                """, Convert.ToBase64String(chart));
            Assert.True(colours > 20, $"the chart has {colours} colours, {look}");
        }
        // On a very large screen, and on paper, where nothing can be reached that is beyond an edge: the smaller of the two usual sheets, on its side and without margins, is 965 pixels wide.
        var wide = await browser.PageAsync(width: 3840);
        await SignInAsync(wide, dashboard.Address);
        foreach (var (name, template) in pages)
        {
            await wide.SetViewportSizeAsync(3840, 2160);
            await wide.GotoAsync(dashboard.Address + AddressOf(template));
            if (name is "home" or "measure" or "practitioner" or "adherence") await wide.ShotAsync($"{name}-4k");
            faults.AddRange((await wide.LayoutFaultsAsync()).Select(f => $"{name}, 4K: {f}"));
            await wide.SetViewportSizeAsync(965, 700);
            await wide.EmulateMediaAsync(new() { Media = Media.Print });
            if (name is "home" or "measure" or "practitioner" or "adherence") await wide.ShotAsync($"{name}-paper");
            faults.AddRange((await wide.EvaluateAsync<string[]>("""
                () => [...document.querySelectorAll('main .scroll')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.checkVisibility() && !e.parentElement.closest('.scroll')).map(e => `${e.getAttribute('aria-label')} is cut off: ${e.scrollWidth} in ${e.clientWidth}`)
                    .concat([...document.querySelectorAll('nav, .filters:not(.narrow), .skip')].filter(e => e.checkVisibility()).map(e => `is printed: ${e.outerHTML.slice(0, 80)}`))
                """)).Select(f => $"{name}, paper: {f}"));
            // The other sheet is wide enough for what stands side by side on a screen, where nothing stands beside a heading.
            await wide.SetViewportSizeAsync(1032, 700);
            faults.AddRange((await wide.EvaluateAsync<string[]>("() => [...document.querySelectorAll('.head > div')].filter(e => e.clientWidth < e.parentElement.clientWidth - 1).map(e => `the heading has ${e.clientWidth} of ${e.parentElement.clientWidth}`)")).Select(f => $"{name}, larger paper: {f}"));
            await wide.EmulateMediaAsync(new() { Media = Media.Screen });
        }
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        // In a reader's own colours a chart has no other: its lines, points and words are still seen.
        var forced = await browser.PageAsync(forcedColours: true);
        await SignInAsync(forced, dashboard.Address);
        await forced.GotoAsync(dashboard.Address + "/measures/BRUISE_MINOR");
        await forced.ShotAsync("measure-forced");
        Assert.Empty(await forced.EvaluateAsync<string[]>("""
            () => {
                const ground = getComputedStyle(document.body).backgroundColor, seen = [];
                for (const [of, what] of [['text', 'fill'], ['.point:not(.provisional)', 'fill'], ['.provisional', 'stroke'], ['.centre', 'stroke'], ['.limit', 'stroke'], ['.series', 'stroke']])
                    for (const e of document.querySelectorAll('svg.chart ' + of)) if (getComputedStyle(e)[what] === ground) seen.push(of);
                return [...new Set(seen)];
            }
            """));

        var director = await browser.PageAsync();
        await SignInAsync(director, dashboard.Address);
        await director.GotoAsync(dashboard.Address + "/alerts");
        string alerts = await director.InnerTextAsync("main");
        foreach (string found in new[] { "Priya Raman · RIVER Minor bruising", "Nora Lindqvist · HARB Minor bruising: 0 in", "Callum Rennie · [A-Z]+ PR-001", "Eleni Markou · [A-Z]+ PR-005", "Declan O'Rourke · HARB Needle left in", "Declan O'Rourke · HARB PR-020" })
            Assert.Matches(found, alerts);
        await director.GotoAsync(dashboard.Address + "/");
        Assert.Matches(@"Northgate Pain Clinic\s+NORTH\s+30 Jun 2026\s+[\d,]+\s+[\d,]+\s+1[0-4](\.\d)? days", await director.InnerTextAsync("main"));

        // Of all clinics alike, though one asks nobody and the published rate of infections is of patients who were asked.
        await director.GotoAsync(dashboard.Address + "/measures");
        Assert.Contains($"0 in {completed:N0}", await director.InnerTextAsync("tr:has-text('INFECTION_LOCAL')"), StringComparison.Ordinal);
        Assert.Contains($"{bruised:N0} in {completed:N0}", await director.InnerTextAsync("tr:has-text('BRUISE_MINOR')"), StringComparison.Ordinal);

        // The rows behind a number are those that it was counted from, also where the clinic asks its patients and some are found by asking only; of a sum over measures its events.
        foreach (string id in new[] { "RIVER-P03", "HARB-P02", "NORTH-P01" })
        {
            foreach (bool isSum in new[] { false, true })
            {
                await director.GotoAsync($"{dashboard.Address}/practitioners/{id}");
                var row = isSum ? director.Locator("tr", new() { Has = director.Locator("a[href^='/sessions'][href*='measure=ANY_MINOR']") }).First : director.Locator("#rates + .card tbody tr", new() { HasText = "Minor bruising" }).First;
                string observed = (await row.Locator("td").Nth(isSum ? 0 : 1).InnerTextAsync()).Split('\n')[0].Trim();
                await row.Locator("a[href^='/sessions']").First.ClickAsync();
                Assert.Matches(isSum ? $"Recorded without asking: sessions [\\d,]+, events {observed}\\." : $"Recorded without asking: sessions {observed}, events", await director.InnerTextAsync(".head"));
            }
        }

        // From a practitioner's page to the running sums of the clinic where they work, where the open alert stands beside them.
        await director.GotoAsync(dashboard.Address + "/practitioners/RIVER-P03?measure=BRUISE_MINOR");
        await director.ClickAsync("a[href^='/monitor']");
        Assert.Contains("Priya Raman", await director.InnerTextAsync("#sums"), StringComparison.Ordinal);
        Assert.Equal($"Alert {bruise}", (await director.InnerTextAsync("tr:has-text('Priya Raman') td:last-child")).Trim());
        Assert.Equal("–", (await director.InnerTextAsync("tr:has-text('Kofi Mensah') td:last-child")).Trim());

        // From a point of the funnel to the practitioner, to the month's sessions, to the file they came from.
        await director.GotoAsync(dashboard.Address + "/measures/BRUISE_MINOR");
        // A point is called what it says on hovering, as the browser tells screen readers.
        var told = (await (await director.Context.NewCDPSessionAsync(director)).SendAsync("Accessibility.getFullAXTree"))!.Value.GetProperty("nodes").EnumerateArray()
            .Where(n => n.TryGetProperty("role", out var role) && role.GetProperty("value").GetString() == "link" && n.TryGetProperty("name", out _)).Select(n => n.GetProperty("name").GetProperty("value").GetString()!).ToList();
        Assert.Contains(told, t => t.StartsWith("Priya Raman: 185 ", StringComparison.Ordinal));
        await director.Locator("svg a[href*='RIVER-P03']").First.ClickAsync();
        Assert.Contains("Priya Raman", await director.InnerTextAsync("h1"), StringComparison.Ordinal);
        await director.Locator("svg a").Last.ClickAsync();
        Assert.Contains("Minor bruising", await director.InnerTextAsync("h1"), StringComparison.Ordinal);
        await director.ClickAsync("tbody tr:first-child td:last-child a");
        Assert.Contains("sessions-RIVER.csv", await director.InnerTextAsync("h1"), StringComparison.Ordinal);
        // The page that was asked for and is not there is no fault of the pages.
        Assert.DoesNotContain(browser.Errors, e => !e.Contains("404", StringComparison.Ordinal));
        Assert.Empty(browser.Elsewhere(dashboard.Address));
    }

    // Else every page could pass because nothing is looked for.
    [Fact]
    public async Task What_keeps_somebody_from_using_a_page_is_found()
    {
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync(width: 320);
        await page.SetContentAsync("<!DOCTYPE html><html lang=en><title>t</title><main><h1>t</h1><img src='data:,'><p style='color:#aaa;background:#fff'>pale</p><p style='width:400px'>wide</p></main>");
        string faults = string.Join('\n', await page.FaultsAsync());
        foreach (string fault in new[] { "image-alt", "color-contrast", "wider than the screen" }) Assert.Contains(fault, faults, StringComparison.Ordinal);
    }

    static async Task SignInAsync(IPage page, string address)
    {
        await page.GotoAsync(address + "/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.WaitForURLAsync(address + "/");
    }

    static async Task UploadAsync(IPage page, string name, string content)
    {
        await page.GotoAsync(new Uri(new Uri(page.Url), "/uploads").ToString());
        await page.SetInputFilesAsync("[name=file]", new FilePayload { Name = name, MimeType = "text/csv", Buffer = System.Text.Encoding.UTF8.GetBytes(content) });
        await page.ClickAsync("main button");
        await page.WaitForURLAsync("**/uploads/*");
        await EventuallyAsync(async () =>
        {
            await page.ReloadAsync();
            return await page.Locator("[role=status]").CountAsync() == 0;
        });
    }

    static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        for (var patience = DateTime.UtcNow.AddMinutes(1); DateTime.UtcNow < patience; await Task.Delay(250))
            if (await holds()) return;
        Assert.Fail("it did not come about within a minute");
    }
}
