using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Pages with their figures as the records were known at an instant.</summary>
public class AsKnownPagesTests
{
    const string Password = "correct horse battery", Period = "from=2026-01-01&to=2026-03-31";

    // Three sessions of each practitioner and one bruise of P1; later a second bruise of P1 and two more sessions of P2 came.
    [Fact]
    public async Task A_page_shows_what_was_known_and_leads_to_the_sessions_that_were()
    {
        string then = "";
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await RunningDashboard.AddUserAsync(services, "director", Password);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "own", Roles = [Role.Practitioner], PractitionerId = "P2" }, Password);
            await SendAsync(Samples.Practitioners);
            await SendAsync(Samples.SessionHeader + string.Concat(Enumerable.Range(1, 6).Select(i => Samples.Session($"S{i}", $"2026-03-0{i}T10:00:00Z", i % 2 == 1 ? "P1" : "P2"))));
            await SendAsync(Samples.EventHeader + Samples.Event("E1", "S1", onset: "2026-03-01T12:00:00Z"));
            await Composition.CatchUpAsync(services, null, default);
            then = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
            await SendAsync(Samples.SessionHeader + Samples.Session("S7", "2026-03-07T10:00:00Z", "P2") + Samples.Session("S8", "2026-03-08T10:00:00Z", "P2"));
            await SendAsync(Samples.EventHeader + Samples.Event("E3", "S3", onset: "2026-03-03T12:00:00Z"));
            await Composition.CatchUpAsync(services, null, default);

            Task SendAsync(string file) => services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "f.csv", null, null, Actor.CommandLine, default);
        });
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        string asOf = $"{Period}&as_of={then}";

        Assert.Equal([("P1", 3, 2), ("P2", 5, 0)], await DrawnAsync(director, $"/measures/BRUISE_MINOR?{Period}"));
        Assert.Equal([("P1", 3, 1), ("P2", 3, 0)], await DrawnAsync(director, $"/measures/BRUISE_MINOR?{asOf}"));
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{asOf}"));
        string page = WebUtility.HtmlDecode(director.Text);
        Assert.Contains("as they were known at", page, StringComparison.Ordinal);
        Assert.Contains($"href=\"/measures/BRUISE_MINOR?{Period.Replace("&", "&amp;", StringComparison.Ordinal)}\">Today’s records<", director.Text.Replace("&#x2019;", "’", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains($"/practitioners/P1?measure=BRUISE_MINOR&{Period}&as_of={Uri.EscapeDataString(then)}", page, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/sessions?practitioner=P1&measure=BRUISE_MINOR&{asOf}"));
        Assert.Contains("(E1)", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("(E3)", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/sessions?practitioner=P1&measure=BRUISE_MINOR&{Period}"));
        Assert.Contains("(E3)", director.Text, StringComparison.Ordinal);
        foreach (string other in new[] { "/practitioners", "/practitioners/P2", "/adherence", "/adherence/PR-001" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"{other}?{asOf}"));
            Assert.Contains("as they were known at", director.Text, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?{Period}&as_of=2020-01-01"));
        Assert.Contains("Nothing was known at 1 Jan 2020 23:59 UTC", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);

        // Whoever may see their own figures alone sees no more of another day.
        using var own = new Visitor(dashboard.Address);
        await own.SignInAsync("own", Password);
        Assert.Equal(HttpStatusCode.OK, await own.GetAsync($"/measures/BRUISE_MINOR?{asOf}"));
        Assert.Contains("/practitioners/P2?", own.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("/practitioners/P1?", own.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await own.GetAsync($"/practitioners/P1?{asOf}"));
    }

    [Fact]
    public async Task What_is_no_instant_of_the_past_is_said_and_never_taken_for_one()
    {
        await using var dashboard = await RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, "director", Password));
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        foreach (string asked in new[] { "yesterday", "2999-01-01", "<b>", "2026-13-01" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/measures/BRUISE_MINOR?as_of={Uri.EscapeDataString(asked)}"));
            Assert.Contains($"Today’s records are shown: “{asked}” is no day or instant of the past.", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
            Assert.DoesNotContain("<b>", director.Text, StringComparison.Ordinal);
        }
        // So is a day that is none, and what stands in its place is no page's to repeat as it came.
        foreach (string page in new[] { "/measures", "/alerts?status=all", "/practitioners" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"{page}{(page.Contains('?', StringComparison.Ordinal) ? '&' : '?')}from=2026-02-30&to={Uri.EscapeDataString("<b>then</b>")}"));
            Assert.Contains("“2026-02-30” is no day and is left out", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
            Assert.Contains("&lt;b&gt;then&lt;/b&gt;", director.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("<b>then", director.Text, StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/data-quality?as_of=2026-01-01"));
        Assert.Contains("This page shows today’s records only.", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
    }

    // Who is drawn in the funnel, with sessions and events.
    static async Task<List<(string, int, int)>> DrawnAsync(Visitor visitor, string page)
    {
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync($"{page}&chart=funnel-0&as=csv"));
        var rows = visitor.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(',')).ToList();
        int sessions = Array.IndexOf(rows[0], "sessions"), observed = Array.IndexOf(rows[0], "observed");
        return [.. rows.Skip(1).Select(r => (r[0].Contains("Ada", StringComparison.Ordinal) ? "P1" : r[0].Contains("Ben", StringComparison.Ordinal) ? "P2" : r[0], int.Parse(r[sessions], CultureInfo.InvariantCulture), int.Parse(r[observed], CultureInfo.InvariantCulture)))];
    }
}
