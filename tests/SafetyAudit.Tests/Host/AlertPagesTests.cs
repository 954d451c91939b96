using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Pages;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>What the pages of alerts and cases say, and to whom.</summary>
public class AlertPagesTests
{
    const string Password = "correct horse battery";

    // Without the worker, that nothing is evaluated meanwhile.
    static readonly TestClock Clock = new();

    static Task<RunningDashboard> StartAsync(int people) => RunningDashboard.StartAsync(async services =>
    {
        var (practitioners, sessions, events) = Samples.Clinic(people, 900, p => p == 2 ? 3 : 13);
        var receive = services.GetRequiredService<ReceiveUpload>();
        foreach (string content in new[] { practitioners, sessions, events }) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, "C1", Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "treats", Roles = [Role.Director, Role.Practitioner], PractitionerId = "P2" }, Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "second", Roles = [Role.Practitioner], PractitionerId = "P2" }, Password);
    }, Clock);

    static async Task<Visitor> SignedInAsync(RunningDashboard dashboard, string name)
    {
        var visitor = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.SignInAsync(name, Password));
        return visitor;
    }

    static async Task<string> TextAsync(Visitor visitor, string path)
    {
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync(path));
        return WebUtility.HtmlDecode(visitor.Text);
    }

    static async Task<(long Alert, long Case)> RedAsync(RunningDashboard dashboard)
    {
        await using var db = WebTests.Db(dashboard);
        var red = await db.Alerts.SingleAsync(a => a.PractitionerId == "P2" && a.Rule == AlertRule.MoreThanPeers && a.Status == AlertStatus.Open);
        Assert.Equal(AlertLevel.Red, red.Level);
        return (red.Id, (await db.Cases.SingleAsync(c => c.AlertId == red.Id)).Id);
    }

    [Fact]
    public async Task A_director_who_treats_is_offered_nothing_about_themselves_and_is_told_why()
    {
        await using var dashboard = await StartAsync(6);
        var (alert, review) = await RedAsync(dashboard);
        using var director = await SignedInAsync(dashboard, "director");
        using var treats = await SignedInAsync(dashboard, "treats");
        Assert.Contains($"href=\"/cases/{review}\"", await TextAsync(director, $"/alerts/{alert}"), StringComparison.Ordinal);
        Assert.Contains($"href=\"/cases/{review}\"", await TextAsync(director, "/alerts"), StringComparison.Ordinal);
        Assert.Contains($"href=\"/cases/{review}\"", await TextAsync(director, "/cases"), StringComparison.Ordinal);

        string own = await TextAsync(treats, $"/alerts/{alert}");
        Assert.Contains("About you: somebody else reviews it", own, StringComparison.Ordinal);
        foreach (string path in new[] { $"/alerts/{alert}", "/alerts", "/cases" }) Assert.DoesNotContain($"href=\"/cases/{review}\"", await TextAsync(treats, path), StringComparison.Ordinal);
        foreach (string offer in new[] { "action=\"/alerts/review", "Dismiss" }) Assert.DoesNotContain(offer, own, StringComparison.Ordinal);
        Assert.Contains("<span class=\"figure\">1</span><br><span class=\"name\">cases under review", await TextAsync(director, "/"), StringComparison.Ordinal);
        Assert.Contains("<span class=\"figure\">0</span><br><span class=\"name\">cases under review", await TextAsync(treats, "/"), StringComparison.Ordinal);

        // Once asked they find it, marked, and answer; they still review nothing of it.
        await using (var db = WebTests.Db(dashboard)) await db.Cases.ExecuteUpdateAsync(set => set.SetProperty(c => c.AskedAtUtc, Clock.UtcNow()).SetProperty(c => c.Stage, CaseStage.Person));
        Assert.Contains("(about you: somebody else reviews it)", await TextAsync(treats, "/cases"), StringComparison.Ordinal);
        Assert.Contains("; 1 more about you", await TextAsync(treats, "/"), StringComparison.Ordinal);
        string asked = await TextAsync(treats, $"/cases/{review}");
        Assert.Contains("Your answer", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("action=\"/cases/step", asked, StringComparison.Ordinal);
        Assert.Contains($"href=\"/cases/{review}\"", await TextAsync(treats, $"/alerts/{alert}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_one_colleague_alone_a_practitioner_is_shown_nothing_that_tells_the_colleague_s_figures()
    {
        await using var dashboard = await StartAsync(2);
        var (alert, _) = await RedAsync(dashboard);
        using var director = await SignedInAsync(dashboard, "director");
        using var second = await SignedInAsync(dashboard, "second");
        string whole = await TextAsync(director, $"/alerts/{alert}"), own = await TextAsync(second, $"/alerts/{alert}");
        foreach (string tells in new[] { "The strata", "Month by month", "Kept with the alert", "of the same days today" })
        {
            Assert.Contains(tells, whole, StringComparison.Ordinal);
            Assert.DoesNotContain(tells, own, StringComparison.Ordinal);
        }
        Assert.Contains("they would tell that colleague’s figures", own, StringComparison.Ordinal);
        string page = await TextAsync(second, "/practitioners/P2");
        Assert.Contains("one colleague alone", page, StringComparison.Ordinal);
        Assert.DoesNotContain("one colleague alone", await TextAsync(director, "/practitioners/P2"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_more_colleagues_the_strata_are_shown_but_for_those_of_one_alone()
    {
        await using var dashboard = await StartAsync(4);
        var (alert, _) = await RedAsync(dashboard);
        // P3 alone of P2's colleagues gives first sessions.
        await using (var db = WebTests.Db(dashboard)) await db.Sessions.Where(s => (s.PractitionerId == "P2" || s.PractitionerId == "P3")).ExecuteUpdateAsync(set => set.SetProperty(s => s.IsFirstSession, true));
        using var director = await SignedInAsync(dashboard, "director");
        using var second = await SignedInAsync(dashboard, "second");
        Assert.Contains("that colleague’s counts are left out (–)", await TextAsync(second, $"/alerts/{alert}"), StringComparison.Ordinal);
        Assert.DoesNotContain("are left out (–)", await TextAsync(director, $"/alerts/{alert}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alert_says_what_it_was_raised_with_and_whether_the_records_have_changed_since()
    {
        await using var dashboard = await StartAsync(6);
        var (alert, _) = await RedAsync(dashboard);
        using var director = await SignedInAsync(dashboard, "director");
        string before = await TextAsync(director, $"/alerts/{alert}");
        Assert.Contains("The records of these days say the same as when it was raised.", before, StringComparison.Ordinal);
        Assert.Contains("(raised by this month)", before, StringComparison.Ordinal);
        Assert.Contains("raised by this month</text>", before, StringComparison.Ordinal);
        Assert.Contains("Why this expectation differs from the one above", before, StringComparison.Ordinal);
        await using (var db = WebTests.Db(dashboard))
        {
            var raised = await db.Alerts.SingleAsync(a => a.Id == alert);
            var day = await db.DailyObserved.FirstAsync(d => d.PractitionerId == "P2" && d.Measure == "BRUISE_MINOR" && d.Date >= raised.From && d.Date <= raised.To && d.Observed > 0);
            day.Observed += 7;
            await db.SaveChangesAsync();
            string after = await TextAsync(director, $"/alerts/{alert}");
            Assert.Contains("The records have changed since it was raised.", after, StringComparison.Ordinal);
            Assert.Matches($"of the same days today</th><td class=\"num\">{raised.RaisedObserved + 7}</td>", after);
        }
    }

    [Fact]
    public async Task Lists_are_cut_into_pages_and_Home_tells_the_levels_apart()
    {
        await using var dashboard = await StartAsync(3);
        await using (var db = WebTests.Db(dashboard))
        {
            await db.CaseEntries.ExecuteDeleteAsync();
            await db.Cases.ExecuteDeleteAsync();
            await db.Alerts.ExecuteDeleteAsync();
            for (int i = 0; i < 60; i++)
            {
                var level = i < 2 ? AlertLevel.Red : i < 57 ? AlertLevel.Amber : AlertLevel.Blue;
                db.Alerts.Add(new() { Rule = i < 57 ? AlertRule.MoreThanPeers : AlertRule.FewerThanPeers, Level = level, ClinicId = "C1", PractitionerId = "P1", Measure = "BRUISE_MINOR", Key = $"k{i}", Reason = $"Reason {i:00}.", From = new(2026, 3, 1), To = new(2026, 3, 31), RaisedAtUtc = Clock.UtcNow().AddDays(i == 0 ? -6 : -8) });
            }
            await db.SaveChangesAsync();
            foreach (var alert in await db.Alerts.OrderBy(a => a.Id).ToListAsync()) db.Cases.Add(new() { AlertId = alert.Id, ClinicId = "C1", Level = alert.Level, From = alert.From, To = alert.To, OpenedAtUtc = alert.RaisedAtUtc });
            await db.SaveChangesAsync();
        }
        using var director = await SignedInAsync(dashboard, "director");
        string home = await TextAsync(director, "/");
        Assert.Contains("Open alerts: 2 red, 55 amber, 3 blue; 1 new in the last 7 days", home, StringComparison.Ordinal);
        Assert.Contains("above colleagues’: 2 red, 55 amber", home, StringComparison.Ordinal);
        int Alerts(string text) => System.Text.RegularExpressions.Regex.Count(text, "id=\"alert-[0-9]+\"");
        Assert.Equal(1, Alerts(await TextAsync(director, "/alerts?status=new")));
        string second = await TextAsync(director, "/alerts?after=50"), first = await TextAsync(director, "/alerts");
        Assert.Equal((25, 10), (Alerts(first), Alerts(second)));
        Assert.Contains("Reason 00.", first, StringComparison.Ordinal);
        Assert.Contains("1 to 25 of 60", first, StringComparison.Ordinal);
        Assert.Contains("href=\"/alerts?after=25\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(25, Alerts(await TextAsync(director, "/alerts?after=25")));
        Assert.Contains("Reason 59.", second, StringComparison.Ordinal);
        Assert.Equal(3, Alerts(await TextAsync(director, "/alerts?rule=fewer_than_peers")));
        Assert.Equal(10, Alerts(await TextAsync(director, "/alerts?after=2000")));
        // About one person or measure, and begun within some days.
        Assert.Equal(0, Alerts(await TextAsync(director, "/alerts?practitioner=P2")));
        Assert.Contains("No such alert is open.", director.Text, StringComparison.Ordinal);
        string filtered = await TextAsync(director, "/alerts?practitioner=P1&measure=BRUISE_MINOR&status=all");
        Assert.Contains("1 to 25 of 60", filtered, StringComparison.Ordinal);
        Assert.Contains("href=\"/alerts?practitioner=P1&amp;measure=BRUISE_MINOR&amp;status=all&amp;after=25\"", director.Text, StringComparison.Ordinal);
        string sixDaysAgo = Show.Iso(DateOnly.FromDateTime(Clock.UtcNow().AddDays(-6))), eightDaysAgo = Show.Iso(DateOnly.FromDateTime(Clock.UtcNow().AddDays(-8)));
        Assert.Equal(1, Alerts(await TextAsync(director, $"/alerts?from={sixDaysAgo}")));
        Assert.Contains("1 to 25 of 59", await TextAsync(director, $"/alerts?to={eightDaysAgo}"), StringComparison.Ordinal);
        int Found(string text) => System.Text.RegularExpressions.Regex.Count(text, "<th scope=\"row\"[^>]*><a href=\"/cases/");
        Assert.Equal((0, 1, 0), (Found(await TextAsync(director, "/cases?practitioner=P1")), Found(await TextAsync(director, $"/cases?from={sixDaysAgo}")), Found(await TextAsync(director, "/cases?to=2000-01-01"))));
        Assert.Contains("No such case.", director.Text, StringComparison.Ordinal);
        foreach (string odd in new[] { "/alerts?after=-5", "/alerts?rule=nothing", "/cases?after=-5", "/alerts?compare=before", "/cases?compare=year&to=9999-12-31", "/alerts?from=0001-01-01&measure=nothing" }) Assert.Equal(HttpStatusCode.OK, await director.GetAsync(odd));
        int Cases(string text) => System.Text.RegularExpressions.Regex.Count(text, "<th scope=\"row\"[^>]*><a href=\"/cases/");
        Assert.Equal((25, 10), (Cases(await TextAsync(director, "/cases")), Cases(await TextAsync(director, "/cases?after=50"))));
    }
}
