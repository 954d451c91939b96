using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>The pages on which people decide about waiting events, and see whom to ask.</summary>
public class FollowUpPagesTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task Somebody_chooses_the_session_of_a_waiting_event_says_none_and_takes_it_back()
    {
        await using var dashboard = await StartAsync(
            Samples.Practitioners, Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", "2026-03-02T11:00:00Z", "P2"),
            "event_id,patient_id,category,onset_at,clinic_id\nE1,T1,BRUISE_MINOR,2026-03-03T10:00:00Z,C1\n");
        using var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync("director", Password);
        await visitor.GetAsync("/events/waiting");
        Assert.Contains("2 of this patient’s at C1 lie within the 7 days before it", WebUtility.HtmlDecode(visitor.Text), StringComparison.Ordinal);
        string row = Value(visitor.Text, "row"), second = Regex.Match(visitor.Text, "name=\"session\" value=\"(\\d+)\"").Groups[1].Value;

        // Somebody who reaches another clinic only finds neither.
        using (var other = new Visitor(dashboard.Address))
        {
            await other.SignInAsync("director-c2", Password);
            await other.GetAsync("/events/waiting");
            Assert.DoesNotContain(">E1<", other.Text[other.Text.IndexOf("<main", StringComparison.Ordinal)..], StringComparison.Ordinal);
            await other.GetAsync("/uploads");
            Assert.Equal(HttpStatusCode.NotFound, await other.PostAgainAsync(new() { ["row"] = row, ["session"] = second }, "/events/waiting?handler=Choose"));
            await other.GetAsync("/uploads");
            Assert.Equal(HttpStatusCode.NotFound, await other.PostAgainAsync(new() { ["row"] = row, ["reason"] = "not mine" }, "/events/waiting?handler=None"));
            Assert.Contains("Not there, or out of reach: /events/waiting, asked for by person director-c2", dashboard.Log.Text, StringComparison.Ordinal);
        }
        Assert.Equal((null, null), await LinkAsync(dashboard));

        // The latest comes first.
        Assert.Equal(HttpStatusCode.Redirect, await visitor.PostAgainAsync(new() { ["row"] = row, ["session"] = second }, "/events/waiting?handler=Choose"));
        Assert.Equal(("S2", LinkMethod.Manual), await LinkAsync(dashboard));
        await visitor.GetAsync("/events/waiting");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await visitor.PostAgainAsync(new() { ["row"] = row, ["session"] = second }, "/events/waiting?handler=Choose"));
        Assert.Contains("somebody else decided", visitor.Text, StringComparison.Ordinal);

        string decision = Value(visitor.Text, "decision");
        using (var other = new Visitor(dashboard.Address))
        {
            await other.SignInAsync("director-c2", Password);
            await other.GetAsync("/uploads");
            Assert.Equal(HttpStatusCode.NotFound, await other.PostAgainAsync(new() { ["decision"] = decision }, "/events/waiting?handler=TakeBack"));
        }
        await visitor.GetAsync("/events/waiting");
        Assert.Equal(HttpStatusCode.Redirect, await visitor.PostAgainAsync(new() { ["decision"] = decision }, "/events/waiting?handler=TakeBack"));
        Assert.Equal((null, null), await LinkAsync(dashboard));
        await visitor.GetAsync("/events/waiting");
        Assert.Equal(HttpStatusCode.Redirect, await visitor.PostAgainAsync(new() { ["row"] = row, ["reason"] = "fell at home" }, "/events/waiting?handler=None"));
        await visitor.GetAsync("/events/waiting");
        Assert.Contains("No event waits", visitor.Text, StringComparison.Ordinal);
        Assert.Contains("fell at home", visitor.Text, StringComparison.Ordinal);

        await using var db = Db(dashboard);
        var entries = await db.AuditEntries.Where(e => e.Subject.StartsWith("link_decision ")).OrderBy(e => e.Sequence).ToListAsync();
        Assert.Equal([("person director", "C1"), ("person director", "C1"), ("person director", "C1")], entries.Select(e => (e.Actor, e.ClinicId)));
    }

    [Fact]
    public async Task The_list_of_whom_to_ask_opens_after_a_day_and_forgets_after_nine()
    {
        // The clock stands at 1 July 2026, 12:00.
        (string Id, string Ended, string Status)[] sessions =
        [
            ("NOTYET", "2026-06-30T12:30:00Z", "completed"), ("DUE", "2026-06-30T11:30:00Z", "completed"), ("OVERDUE", "2026-06-29T11:30:00Z", "completed"), ("LATEST", "2026-06-22T12:30:00Z", "completed"),
            ("DROPPED", "2026-06-22T11:30:00Z", "completed"), ("LONGAGO", "2026-05-01T11:30:00Z", "completed"), ("TRIED", "2026-06-30T11:00:00Z", "completed"), ("STOPPED", "2026-06-30T11:00:00Z", "aborted"),
        ];
        await using var dashboard = await StartAsync(
            Samples.Practitioners, Samples.SessionHeader + string.Concat(sessions.Select(s => $"{s.Id},C1,P1,T1,{s.Ended.Replace(":30:", ":00:")},{s.Ended},{s.Status}\n")),
            "follow_up_id,session_id,clinic_id,attempted_at,outcome\nF1,TRIED,C1,2026-07-01T11:30:00Z,no_answer\nF2,NOTYET,C1,,\n");
        using var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync("director", Password);
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/follow-ups"));
        var listed = Regex.Matches(visitor.Text, "id=(\\w+)&(?:amp;)?clinic=C1\">.*?</tr>", RegexOptions.Singleline).Select(m => (m.Groups[1].Value, m.Value.Contains(">overdue</td>", StringComparison.Ordinal)));
        Assert.Equal([("LATEST", true), ("OVERDUE", true), ("DUE", false)], listed);
        Assert.Contains("3 completed sessions without an attempt", visitor.Text, StringComparison.Ordinal);
        await visitor.GetAsync("/");
        Assert.Contains("Patients to be asked how they fared</a>: 3, 2 of them overdue. <a href=\"/duties?\">Reports to somebody outside</a>: not known, since", visitor.Text, StringComparison.Ordinal);
        // Nobody was reached after any of the seven.
        Assert.Matches("data-label=\"Patients reached\">0\\s?%, grade D</td>", visitor.Text);
        await visitor.GetAsync("/follow-ups");
        Assert.Contains("2 sessions in the year before it", visitor.Text, StringComparison.Ordinal);
        // Seven completed sessions in the year, one tried, nobody reached.
        Assert.Matches("P1|Ada Ash", visitor.Text);
        var numbers = Regex.Match(visitor.Text, "<td class=\"num\"[^>]*><a href=\"([^\"]*)\">7</a></td>\\s*<td class=\"num\"[^>]*><a href=\"([^\"]*)\">1</a></td>\\s*<td class=\"num\"[^>]*><a href=\"([^\"]*)\">0</a></td>\\s*<td class=\"num\"[^>]*>1</td>\\s*<td class=\"num\"[^>]*>0\\s?%</td>\\s*<td class=\"short\"[^>]*>D</td>");
        Assert.True(numbers.Success, visitor.Text);
        // Each leads to as many rows.
        foreach (var (number, rows) in new[] { (1, 7), (2, 1), (3, 0) })
        {
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync(WebUtility.HtmlDecode(numbers.Groups[number].Value)));
            Assert.Equal(rows, Regex.Count(visitor.Text, "href=\"/sessions/answers"));
        }
    }

    static string Value(string text, string name) => Regex.Match(text, $"name=\"{name}\" value=\"(\\d+)\"").Groups[1].Value;

    static SafetyAuditDb Db(RunningDashboard dashboard) => dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);

    static async Task<(string?, LinkMethod?)> LinkAsync(RunningDashboard dashboard)
    {
        await using var db = Db(dashboard);
        var e = await db.Current<AdverseEvent>().SingleAsync();
        return (e.LinkedSessionId, e.LinkMethod);
    }

    static Task<RunningDashboard> StartAsync(params string[] files) => RunningDashboard.StartAsync(async services =>
    {
        foreach (string file in files)
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "file.csv", null, null, Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "director-c2", Roles = [Role.Director], ClinicIds = ["C2"] }, Password);
    }, new TestClock());
}
