using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Months, single events and how long events last, on the pages that show them.</summary>
public class TimeChartPagesTests
{
    const string Password = "correct horse battery", Period = "from=2026-01-01&to=2026-06-30";

    // Twenty sessions a month by two practitioners, four bruises each month; fatigue after S5 (January) and S105 (June).
    static Task<RunningDashboard> StartAsync() => RunningDashboard.StartAsync(async services =>
    {
        await RunningDashboard.AddUserAsync(services, "director", Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "own", Roles = [Role.Practitioner], PractitionerId = "P1" }, Password);
        string Day(int i) => $"2026-{i / 20 + 1:00}-{i % 20 + 1:00}";
        foreach (string file in new[]
        {
            Samples.Practitioners,
            Samples.SessionHeader + string.Concat(Enumerable.Range(0, 120).Select(i => Samples.Session($"S{i}", Day(i) + "T10:00:00Z", i % 2 == 0 ? "P1" : "P2"))),
            "event_id,session_id,patient_id,category,onset_at,recorded_at,resolved_at,outcome\n"
                + string.Concat(Enumerable.Range(0, 120).Where(i => i % 20 < 4).Select(i => $"E{i},S{i},T1,BRUISE_MINOR,{Day(i)}T12:00:00Z,{Day(i)}T15:00:00Z,{(i % 20 == 3 ? "" : Day(i + 2) + "T12:00:00Z")},{(i % 20 == 3 ? "ongoing" : "resolved")}\n"))
                + $"F1,S5,T1,FATIGUE,{Day(5)}T12:00:00Z,{Day(5)}T15:00:00Z,,\nF2,S105,T1,FATIGUE,{Day(105)}T12:00:00Z,{Day(105)}T15:00:00Z,,\n",
        })
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "f.csv", null, null, SafetyAudit.Access.Actor.CommandLine, default);
        await Composition.CatchUpAsync(services, null, default);
    }, TimeProvider.System);

    [Fact]
    public async Task A_clinics_months_stand_against_their_own_past_with_what_happened_meanwhile()
    {
        await using var dashboard = await StartAsync();
        await using (var db = WebTests.Db(dashboard))
        {
            db.ClinicProtocols.Add(new() { ClinicId = "C1", EffectiveFrom = new(2026, 3, 10), DecidedAtUtc = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc), DecidedBy = "director" });
            var alert = new Alert { Rule = AlertRule.MoreThanPeers, ClinicId = "C1", PractitionerId = "P2", Measure = "BRUISE_MINOR", Key = "k", From = new(2026, 1, 1), To = new(2026, 4, 30), Reason = "" };
            db.Alerts.Add(alert);
            await db.SaveChangesAsync();
            db.Cases.Add(new() { AlertId = alert.Id, Rule = alert.Rule, ClinicId = "C1", PractitionerId = "P2", Measure = "BRUISE_MINOR", From = alert.From, To = alert.To, Stage = CaseStage.Closed, Decision = CaseDecision.ProcessChanged, DecidedAtUtc = new(2026, 5, 20, 9, 0, 0, DateTimeKind.Utc) });
            await db.SaveChangesAsync();
        }
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{Period}&anew=2026-04-01"));
        string page = WebUtility.HtmlDecode(director.Text);
        Assert.Contains("June 2026: 4 with one of 20 sessions, 200.0 per 1,000; inside the limits", page, StringComparison.Ordinal);
        Assert.Matches("<strong>A</strong> 10 Mar 2026: <a href=\"/protocol\\?clinic=C1\">the local protocol changed</a>", page);
        Assert.Matches("<strong>B</strong> 20 May 2026: <a href=\"/cases/\\d+\">case \\d+ decided: The clinic changes how it works</a>", page);
        Assert.Contains(">limits anew</text>", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"/measures/BRUISE_MINOR?anew=2026-04-01&lasting=yes&{Period}#lasting\"", page, StringComparison.Ordinal);

        // What it draws, as rows; whoever sees their own figures alone gets their own, and no word of a case about somebody else.
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{Period}&chart=months-chart&as=csv"));
        Assert.StartsWith("month,counted,of,not_recorded,share,centre,lower,upper,signal,provisional\r\n2026-01-01,4,20,0,0.2,0.2,", director.Text, StringComparison.Ordinal);
        using var own = new Visitor(dashboard.Address);
        await own.SignInAsync("own", Password);
        await own.GetAsync($"/measures/BRUISE_MINOR?{Period}&chart=months-chart&as=csv");
        Assert.Contains("\r\n2026-01-01,2,10,0,0.2,0.2,", own.Text, StringComparison.Ordinal);
        await own.GetAsync($"/measures/BRUISE_MINOR?{Period}");
        Assert.Contains("Your own sessions there", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("decided:", own.Text, StringComparison.Ordinal);
        // On somebody's own page stands what is about them.
        await director.GetAsync($"/practitioners/P2?measure=BRUISE_MINOR&{Period}");
        Assert.Contains("decided: The clinic changes how it works", director.Text, StringComparison.Ordinal);
        await director.GetAsync($"/practitioners/P1?measure=BRUISE_MINOR&{Period}");
        Assert.DoesNotContain("decided: The clinic changes how it works", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_periods_of_ones_own_choice_stand_in_their_order_and_lead_to_their_rows()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        const string here = "from=2026-04-01&to=2026-04-30";
        // Whichever is asked for beside which: March before April.
        foreach (string asked in new[] { $"{here}&compare_from=2026-03-01&compare_to=2026-03-31", "from=2026-03-01&to=2026-03-31&compare_from=2026-04-30&compare_to=2026-04-01" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{asked}"));
            string page = WebUtility.HtmlDecode(director.Text);
            Assert.Contains("1 Mar 2026 to 31 Mar 2026, then 1 Apr 2026 to 30 Apr 2026.", page, StringComparison.Ordinal);
            // Of P1, who gave the even ones: two of ten in each month.
            Assert.Matches("(?s)<a href=\"/sessions\\?practitioner=P1&clinic=C1&from=2026-03-01&to=2026-03-31&measure=BRUISE_MINOR\">2 in 10</a>.*?<a href=\"/sessions\\?practitioner=P1&clinic=C1&from=2026-04-01&to=2026-04-30&measure=BRUISE_MINOR\">2 in 10</a>", page);
        }
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/sessions?practitioner=P1&clinic=C1&measure=BRUISE_MINOR&from=2026-03-01&to=2026-03-31"));
        Assert.Contains("Recorded without asking: sessions 2, events 2.", director.Text, StringComparison.Ordinal);
        // The choice stays in links and forms of the page.
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/practitioners/P1?{here}&compare_from=2026-03-01&compare_to=2026-03-31"));
        Assert.Contains("&compare_from=2026-03-01&compare_to=2026-03-31", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
        Assert.Contains("<input type=\"hidden\" name=\"compare_from\" value=\"2026-03-01\">", director.Text, StringComparison.Ordinal);

        // What lies in both periods is no change.
        foreach (string shared in new[] { $"{here}&compare_from=2026-03-15&compare_to=2026-04-01", "from=2024-05-01&to=2026-04-30&compare=year" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{shared}"));
            Assert.Contains("The two periods share days.", director.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Two periods\"", director.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rare_events_stand_one_by_one_and_what_was_not_seen_is_not_called_impossible()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/FATIGUE?{Period}"));
        string page = WebUtility.HtmlDecode(director.Text);
        Assert.Contains("6 January 2026: the first in 6 sessions", page, StringComparison.Ordinal);
        Assert.Contains("6 June 2026: 100 sessions after the one before", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/sessions?practitioner=P2&clinic=C1&measure=FATIGUE&from=2026-06-06&to=2026-06-06\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"months\"", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/FATIGUE?{Period}&chart=strip&as=csv"));
        Assert.Matches("^clinic,day,sessions_since_the_one_before,is_first\r\n[^,]+,2026-01-06,6,true\r\n[^,]+,2026-06-06,100,false\r\n$", director.Text);

        // −ln(0.05) / 120 = 24.96 per 1,000.
        await director.GetAsync($"/measures/NEEDLE_RETAINED?{Period}");
        Assert.Contains("none recorded; up to 25.0 per 1,000 would show none as often as once in twenty times", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
        Assert.Contains("no proof that none can happen", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task How_long_events_last_is_read_when_it_is_asked_for_and_says_of_how_many()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await director.GetAsync($"/measures/BRUISE_MINOR?{Period}");
        Assert.DoesNotContain("lasting-chart", director.Text, StringComparison.Ordinal);
        await director.GetAsync($"/measures/BRUISE_MINOR?{Period}&lasting=yes");
        string page = WebUtility.HtmlDecode(director.Text);
        // Eighteen were over after two days, six were not when written down after three hours.
        Assert.Contains("Of 24 events half were over within 48 h", page, StringComparison.Ordinal);
        Assert.Matches(new Regex("24 events whose onset lies in the period, 18 say when they were over; 6 were not when last heard of"), page);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{Period}&lasting=yes&chart=lasting-chart&as=csv"));
        Assert.Equal("hours,at_risk,resolved,share_resolved,lower95,upper95\r\n48,18,18,1,,\r\n", director.Text);
    }
}
