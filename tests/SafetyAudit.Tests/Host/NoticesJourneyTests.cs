using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Notices;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Who is told: an event that somebody reports on a phone, and what an administrator sees of notices.</summary>
public class NoticesJourneyTests
{
    const string Password = "correct horse battery";

    // J3: by a link, without signing in; two persons are told at once, the figures follow, and whoever reported it reads the answer.
    [Fact]
    public async Task A_serious_event_reported_on_a_phone_tells_two_persons_and_its_reporter_gets_an_answer()
    {
        await using var mail = new Notices.MailServer();
        string secret = "";
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            foreach (string content in new[] { Samples.Practitioners, Samples.SessionHeader + Samples.Session("S1") })
                await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, "C1", Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            foreach (string name in new[] { "a@example.org", "b@example.org", "c@example.org" }) await RunningDashboard.AddUserAsync(services, new User { UserName = name, Roles = [Role.Director] }, Password);
            await using var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.CommandLine);
            var link = ReportLink.Make("C1", services.GetRequiredService<KeyRing>(), DateTime.UtcNow);
            secret = link.Secret(services.GetRequiredService<KeyRing>())!;
            db.ReportLinks.Add(link);
            await db.SaveChangesAsync();
        }, clock: null, "--Notices:Address", "https://audit.example.org", "--Notices:SmtpHost", "127.0.0.1", "--Notices:SmtpPort", $"{mail.Port}", "--Notices:SmtpEncrypted", "false", "--Notices:From", "safety@example.org");
        await using var browser = await Browser.OpenAsync();
        var phone = await browser.PageAsync();
        await phone.SetViewportSizeAsync(390, 844);
        await phone.GotoAsync($"{dashboard.Address}/report/{secret}");
        await phone.SelectOptionAsync("[name=what]", "breath");
        await phone.FillAsync("[name=when]", "2026-03-02T12:00");
        await phone.FillAsync("[name=practitioner]", "Ada Ash");
        await phone.SelectOptionAsync("[name=howbad]", "severe");
        await phone.SelectOptionAsync("[name=who]", "patient");
        var pressed = System.Diagnostics.Stopwatch.StartNew();
        await phone.ClickAsync("text=Send the report");
        string code = (await phone.InnerTextAsync(".tracking")).Trim();

        for (int i = 0; i < 600 && mail.Mails.Count(m => m.Text.Contains("Sentinel event", StringComparison.Ordinal)) < 2; i++) await Task.Delay(100);
        Assert.InRange(pressed.Elapsed.TotalSeconds, 0, 60);
        Assert.Equal(["a@example.org", "b@example.org"], mail.Mails.Where(m => m.Text.Contains("Sentinel event", StringComparison.Ordinal)).Select(m => m.To).Order());
        Assert.All(mail.Mails, m => { foreach (string name in new[] { "Ada", "P1", code }) Assert.DoesNotContain(name, m.Text, StringComparison.Ordinal); });
        await phone.GotoAsync($"{dashboard.Address}/report/{secret}");
        await AskAsync(phone, code);
        Assert.Contains("has the report.", await phone.InnerTextAsync("[role=status]"), StringComparison.Ordinal);

        // Somebody signs in, sees who was told, and the review is decided with words for the reporter.
        long id;
        await using (var db = WebTests.Db(dashboard)) id = (await db.Cases.SingleAsync()).Id;
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("c@example.org", Password);
        await director.GetAsync($"/cases/{id}");
        Assert.Matches("a@example.org: Sentinel event.*?✓ sent", WebUtility.HtmlDecode(director.Text).ReplaceLineEndings(" "));
        async Task StepAsync(string handler, Dictionary<string, string> fields) => Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync($"/cases/{id}", new(fields) { ["id"] = $"{id}" }, $"/cases/step?handler={handler}"));
        foreach (var stage in new[] { CaseStage.Data, CaseStage.CaseMix, CaseStage.Process })
        {
            foreach (var check in CaseStages.ChecksOf(stage)) await StepAsync("check", new() { ["check"] = Codes.Of(check), ["explains"] = "no" });
            await StepAsync("end", new() { ["stage"] = Codes.Of(stage) });
        }
        await StepAsync("noreply", new() { ["why"] = "On leave until the autumn." });
        await StepAsync("decide", new() { ["decision"] = "nothing_found", ["reasons"] = "Read the notes with a colleague.", ["feedback"] = "Thank you. We changed how we explain what to watch for." });
        await phone.GotoAsync($"{dashboard.Address}/report/{secret}");
        await AskAsync(phone, code.ToLowerInvariant());
        Assert.Equal("Thank you. We changed how we explain what to watch for.", (await phone.InnerTextAsync("[role=status]")).Trim());
        await phone.IsUsableAsync("followed");
        // Neither another code nor an event that came otherwise tells anything.
        foreach (string other in new[] { "R-AAAA-AAAA-AAAA", "S1" })
        {
            await phone.GotoAsync($"{dashboard.Address}/report/{secret}");
            await AskAsync(phone, other);
            Assert.Contains("No report with this code", await phone.InnerTextAsync("[role=status]"), StringComparison.Ordinal);
        }
        await using var trail = WebTests.Db(dashboard);
        Assert.False(await trail.AuditEntries.AnyAsync(e => e.After!.Contains("how we explain")), "What was written for the reporter stands in the trail.");

        static async Task AskAsync(Microsoft.Playwright.IPage page, string code)
        {
            await page.ClickAsync("text=Ask about a report");
            await page.FillAsync("[name=code]", code);
            await page.ClickAsync("button:text-is('Ask')");
            await page.WaitForSelectorAsync("[role=status]");
        }
    }

    [Fact]
    public async Task An_administrator_adds_and_ends_a_webhook_sends_what_was_given_up_again_and_reads_nothing_else()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await RunningDashboard.AddUserAsync(services, new User { UserName = "administrator", Roles = [Role.Administrator] }, Password);
            await using var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.CommandLine);
            db.Notices.Add(new() { Key = "k2", Kind = NoticeKind.CaseDueSoon, Receiver = "gone@example.org", CaseId = 7, Attempts = 7, State = NoticeState.Dead, MadeAtUtc = DateTime.UtcNow });
            await db.SaveChangesAsync();
            db.Notices.Add(new() { Key = "k", Kind = NoticeKind.CaseOverdue, Receiver = "gone@example.org", CaseId = 7, Attempts = 7, State = NoticeState.Dead, Problem = "no such <b>person</b>", MadeAtUtc = DateTime.UtcNow });
            await db.SaveChangesAsync();
        }, TimeProvider.System, "--Notices:Address", "https://audit.example.org");
        using var administrator = new Visitor(dashboard.Address);
        await administrator.SignInAsync("administrator", Password);
        foreach (string bad in new[] { "http://example.org/hook", "javascript:alert(1)", "https://10.0.0.1/hook", "" })
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, await administrator.PostAsync("/notices", new() { ["url"] = bad }, "/notices?handler=Add"));
            Assert.Contains("role=\"alert\"", administrator.Text, StringComparison.Ordinal);
            // What was typed is there to be mended.
            Assert.Contains($"value=\"{bad}\"", administrator.Text, StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.OK, await administrator.PostAsync("/notices", new() { ["url"] = "https://example.org/hook" }, "/notices?handler=Add"));
        string secret = Regex.Match(administrator.Text, "whsec_[A-Za-z0-9+/=&#x;]+").Value;
        Assert.NotEmpty(secret);
        Assert.Equal(HttpStatusCode.OK, await administrator.PostAsync("/notices", new() { ["id"] = "1" }, "/notices?handler=Renew"));
        string renewed = Regex.Match(administrator.Text, "whsec_[A-Za-z0-9+/=&#x;]+").Value;
        Assert.True(renewed.Length > 20 && renewed != secret);
        Assert.Contains("For a day each request is signed with the one before it as well", administrator.Text, StringComparison.Ordinal);
        await administrator.GetAsync("/notices");
        Assert.DoesNotContain("whsec_", administrator.Text, StringComparison.Ordinal);
        Assert.Contains("no such &lt;b&gt;person", administrator.Text, StringComparison.Ordinal);
        await using (var browser = await Browser.OpenAsync())
        {
            var page = await browser.PageAsync();
            await page.GotoAsync(dashboard.Address + "/sign-in");
            await page.FillAsync("[name=UserName]", "administrator");
            await page.FillAsync("[name=Password]", Password);
            await page.ClickAsync("main button");
            await page.ArrivesAsync(url => !url.Contains("sign-in", StringComparison.Ordinal));
            await page.GotoAsync(dashboard.Address + "/notices");
            await page.IsUsableAsync("notices");
            foreach (var (name, width, scheme) in new[] { ("light", 1280, ColorScheme.Light), ("dark", 1280, ColorScheme.Dark), ("phone", 360, ColorScheme.Light) })
            {
                await page.SetViewportSizeAsync(width, 800);
                await page.EmulateMediaAsync(new() { ColorScheme = scheme });
                await page.ShotAsync($"notices-{name}");
            }
        }
        foreach (string once in new[] { "Dismiss", "Replay" })
            Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.NotFound), (await administrator.PostAsync("/notices", new() { ["id"] = once == "Dismiss" ? "1" : "2" }, $"/notices?handler={once}"), await administrator.PostAsync("/notices", new() { ["id"] = "1" }, $"/notices?handler={once}")));
        Assert.Equal(HttpStatusCode.Redirect, await administrator.PostAsync("/notices", new() { ["id"] = "1" }, "/notices?handler=End"));
        await using var kept = WebTests.Db(dashboard);
        Assert.Equal([NoticeState.Dismissed, NoticeState.Waiting], await kept.Notices.OrderBy(n => n.Id).Select(n => n.State).ToListAsync());
        Assert.NotNull((await kept.Webhooks.SingleAsync()).EndedAtUtc);
        Assert.True(await kept.AuditEntries.AnyAsync(e => e.Action == AuditAction.Added && e.Subject.StartsWith("webhook") && e.Actor == "person administrator"));
        Assert.False(await kept.AuditEntries.AnyAsync(e => e.After!.Contains("whsec_")));
        // An address may hold what opens something elsewhere.
        Assert.False(await kept.AuditEntries.AnyAsync(e => e.After!.Contains("example.org/hook")));
    }

    [Fact]
    public async Task A_calendar_s_address_is_shown_once_works_without_signing_in_and_ends_with_the_next_one()
    {
        await using var dashboard = await RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password), TimeProvider.System);
        using var director = new Visitor(dashboard.Address);
        using var program = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        async Task<string> MakeAsync()
        {
            Assert.Equal(HttpStatusCode.OK, await director.PostAsync("/account", [], "/account?handler=Calendar"));
            return Regex.Match(director.Text, "/calendar/[a-z2-7]{32}\\.ics").Value;
        }
        string first = await MakeAsync();
        Assert.Equal(HttpStatusCode.OK, await program.GetAsync(first));
        Assert.StartsWith("BEGIN:VCALENDAR\r\n", program.Text, StringComparison.Ordinal);
        string second = await MakeAsync();
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (await program.GetAsync(first), await program.GetAsync(second)));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/account", [], "/account?handler=NoCalendar"));
        foreach (string none in new[] { second, "/calendar/.ics", "/calendar/x", "/calendar/" + new string('a', 5000) }) Assert.Equal(HttpStatusCode.NotFound, await program.GetAsync(none));
    }
}
