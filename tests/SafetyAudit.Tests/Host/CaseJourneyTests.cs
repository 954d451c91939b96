using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>The director's Monday review, and a practitioner who is flagged: from the alert to the decision, in a browser.</summary>
public class CaseJourneyTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_flagged_practitioner_is_heard_before_anything_is_decided_about_them()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 3 ? 4 : 13);
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            var receive = services.GetRequiredService<ReceiveUpload>();
            foreach (string content in new[] { practitioners, sessions, events }) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, "C1", Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "third", Roles = [Role.Practitioner], PractitionerId = "P3" }, Password);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "fourth", Roles = [Role.Practitioner], PractitionerId = "P4" }, Password);
        }, TimeProvider.System);
        await using var browser = await Browser.OpenAsync();

        // Monday: from Home to the alert of P3, to its case, to who leads it: four clicks at most.
        var director = await SignedInAsync(browser, dashboard, "director");
        Assert.Contains("1\ncases under review", (await director.InnerTextAsync("main")).Replace("\n\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);
        await director.Locator(".alert-line", new() { HasText = "P3" }).Locator("a", new() { HasText = "Why" }).First.ClickAsync();
        string why = await director.InnerTextAsync("main");
        foreach (string told in new[] { "Why it was raised", "What would take it back", "Arithmetic, for checking", "Brady 2014", "Could it have been seen?", "Crude, and adjusted" }) Assert.Contains(told, why, StringComparison.Ordinal);
        await director.ClickAsync("main a:text-is('Case 1')");
        await director.ClickAsync("text=Assign");
        await director.WaitForLoadStateAsync();
        Assert.True(director.Url.EndsWith("/cases/1", StringComparison.Ordinal), director.Url + await director.InnerTextAsync("main"));
        Assert.Contains("led by director", await director.InnerTextAsync("main"), StringComparison.Ordinal);
        string number = "/cases/1";

        // The person it is about does not see it yet, and nobody skips a stage by its address.
        var third = await SignedInAsync(browser, dashboard, "third");
        Assert.Equal(404, (await third.GotoAsync(dashboard.Address + number))!.Status);
        await director.ClickAsync("text=Go on to");
        Assert.Contains("Not looked at yet", await director.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        foreach (var stage in new[] { CaseStage.Data, CaseStage.CaseMix, CaseStage.Process })
        {
            await director.GotoAsync(dashboard.Address + number);
            for (int i = 0; i < CaseStages.ChecksOf(stage).Count; i++)
            {
                await director.Locator(".check").Nth(i).Locator("button[value=no]").ClickAsync();
                await director.WaitForFunctionAsync($"() => document.querySelectorAll('.check p.small').length >= {i + 1}");
            }
            await director.ClickAsync("text=Go on to");
            await director.WaitForFunctionAsync("() => !document.querySelector('.stages [aria-current]') || document.querySelector('[role=alert]') === null");
        }
        await director.GotoAsync(dashboard.Address + number);
        Assert.Contains("has not answered yet", await director.InnerTextAsync("main"), StringComparison.Ordinal);

        // P3 sees it and answers; a colleague sees nothing of it.
        await third.GotoAsync(dashboard.Address + number);
        Assert.Contains("about your own records", await third.InnerTextAsync("main"), StringComparison.Ordinal);
        Assert.Equal(0, await third.Locator("text=Decide and close").CountAsync());
        await third.IsUsableAsync("the case of the third");
        await third.FillAsync("[name=answer]", "I write down every small bruise since the course in January.");
        await third.ClickAsync("button:text-is('Answer')");
        await third.ArrivesAsync(dashboard.Address + number);
        var fourth = await SignedInAsync(browser, dashboard, "fourth");
        Assert.Equal(404, (await fourth.GotoAsync(dashboard.Address + number))!.Status);
        await fourth.GotoAsync(dashboard.Address + "/cases");
        Assert.DoesNotContain("P3", await fourth.InnerTextAsync("main"), StringComparison.Ordinal);

        await director.GotoAsync(dashboard.Address + number);
        Assert.Contains("every small bruise", await director.InnerTextAsync("main"), StringComparison.Ordinal);
        await director.IsUsableAsync("the case");
        await director.SelectOptionAsync("[name=decision]", "nothing_found");
        await director.FillAsync("[name=reasons]", "More is written down than by colleagues; the sessions and events were read one by one.");
        await director.ClickAsync("text=Decide and close");
        await director.ArrivesAsync(dashboard.Address + number);
        Assert.Contains("Nothing was found", await director.InnerTextAsync("main"), StringComparison.Ordinal);
        await using (var db = WebTests.Db(dashboard))
        {
            var review = await db.Cases.SingleAsync();
            Assert.Equal((CaseStage.Closed, CaseDecision.NothingFound, AlertStatus.Closed), (review.Stage, review.Decision!.Value, (await db.Alerts.SingleAsync(a => a.Id == review.AlertId)).Status));
        }

        // J6: months later a patient tells of a bruise after a session of that time. What was known before is answered as before, and the decided case says what changed.
        RateQuestion question;
        async Task<long> ObservedAsync(DateTime? known)
        {
            await using var db = WebTests.Db(dashboard);
            return (await RatesCommand.ReadAsync(db, dashboard.App.Services.GetRequiredService<DatabaseSettings>(), question, known, "BRUISE_MINOR", null, default)).Single(r => r.PractitionerId == "P3").Observed;
        }
        string late;
        await using (var db = WebTests.Db(dashboard))
        {
            var review = await db.Cases.SingleAsync();
            question = new(review.From, review.To, Grouping.Practitioner, Against.Peers);
            var session = await db.Current<Session>().Where(s => s.PractitionerId == "P3" && s.Date >= review.From && s.Date <= review.To && !db.AdverseEvents.Any(e => e.LinkedSessionId == s.SessionId)).OrderBy(s => s.Id).FirstAsync();
            late = Samples.EventHeader + Samples.Event("LATE", session.SessionId, onset: session.StartedAtUtc.AddHours(2).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)).Replace(",T1,", $",{session.PatientId},", StringComparison.Ordinal);
        }
        var before = DateTime.UtcNow;
        long then = await ObservedAsync(null);
        await dashboard.App.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(late)), "late.csv", null, "C1", Actor.CommandLine, default);
        await dashboard.CatchUpAsync();
        Assert.Equal((then + 1, then), (await ObservedAsync(null), await ObservedAsync(before)));
        await director.GotoAsync(dashboard.Address + number);
        string changed = await director.InnerTextAsync("main");
        Assert.Matches("Records have changed since the decision: (\\d+) observed from .*?; (\\d+) when it was decided", changed);
        await dashboard.CatchUpAsync();
        await using (var db = WebTests.Db(dashboard)) Assert.Single(await db.CaseEntries.Where(e => e.Kind == CaseEntryKind.RecordsChanged).ToListAsync());
        Assert.DoesNotContain(browser.Errors, e => !e.Contains("404", StringComparison.Ordinal) && !e.Contains("422", StringComparison.Ordinal));
        Assert.Empty(browser.Elsewhere(dashboard.Address));
    }

    static async Task<IPage> SignedInAsync(Browser browser, RunningDashboard dashboard, string name)
    {
        var page = await browser.PageAsync();
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await page.FillAsync("[name=UserName]", name);
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button");
        await page.ArrivesAsync(url => !url.Contains("sign-in", StringComparison.Ordinal));
        return page;
    }
}
