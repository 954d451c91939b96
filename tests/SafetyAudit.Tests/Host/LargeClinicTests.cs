using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>A clinic of a hundred: its pages stay as light as others, and nobody is missing from a list that comes in parts.</summary>
public class LargeClinicTests
{
    const string Password = "correct horse battery";
    const int People = 100, HeaviestPage = 150_000;

    static readonly Lazy<Task<string>> Filled = new(() => RunningDashboard.FillAsync(async services =>
    {
        await RunningDashboard.AddUserAsync(services, "director", Password);
        var (practitioners, sessions, events) = Samples.Clinic(People, 40, p => 3 + p % 4);
        foreach (string file in new[] { practitioners, sessions, events })
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(file)), "f.csv", null, null, Actor.CommandLine, default);
        await Composition.CatchUpAsync(services, null, default);
    }));

    static async Task<(RunningDashboard, Visitor)> DirectorAsync()
    {
        var dashboard = await RunningDashboard.StartOnCopyAsync(Filled);
        var visitor = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.SignInAsync("director", Password));
        return (dashboard, visitor);
    }

    [Fact]
    public async Task No_page_is_heavier_than_a_phone_should_be_sent()
    {
        var (dashboard, director) = await DirectorAsync();
        await using var _ = dashboard;
        using var __ = director;
        string[] pages =
        [
            "/", "/measures", "/measures/BRUISE_MINOR", "/measures/BRUISE_MINOR?against=literature", "/measures/BRUISE_MINOR?mix=adjusted", "/measures/BRUISE_MINOR?lasting=yes&from=2026-04-01&compare=before", "/practitioners", "/practitioners/P7",
            "/adherence", "/adherence/PR-002", "/adherence/PR-030", "/credentials", "/data-quality", "/data-quality?practitioner=P99", "/follow-ups", "/duties", "/monitor", "/alerts", "/alerts?status=all", "/cases",
        ];
        foreach (string page in pages)
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(page));
            Assert.True(Encoding.UTF8.GetByteCount(director.Text) <= HeaviestPage, $"{page}: {Encoding.UTF8.GetByteCount(director.Text)} bytes");
        }
    }

    [Theory]
    [InlineData("/practitioners", "<th scope=\"row\" class=\"name\"[^>]*><a href=\"/practitioners/(P[0-9]+)\\?")]
    [InlineData("/measures/BRUISE_MINOR?from=2026-02-01", "<tr id=\"row-BRUISE_MINOR-(P[0-9]+)-")]
    [InlineData("/credentials", "<text class=\"axis-label\" x=\"4\"[^>]*>(P[0-9]+)<")]
    [InlineData("/data-quality", "<th scope=\"row\"[^>]*><a href=\"/data-quality\\?clinic=C1&amp;practitioner=(P[0-9]+)&")]
    public async Task A_list_in_parts_names_everybody_once(string page, string line)
    {
        var (dashboard, director) = await DirectorAsync();
        await using var _ = dashboard;
        using var __ = director;
        var named = new List<string>();
        int parts = 0;
        for (string? next = page; next is not null; parts++)
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(next));
            named.AddRange(Regex.Matches(director.Text, line).Select(m => m.Groups[1].Value));
            Assert.Contains($"{named.Count} of {People}", director.Text, StringComparison.Ordinal);
            next = Regex.Match(director.Text, "<a href=\"([^\"]+)\">After these</a>") is { Success: true } after ? WebUtility.HtmlDecode(after.Groups[1].Value).Split('#')[0] : null;
        }
        Assert.InRange(parts, 2, People / 10);
        Assert.Equal(Enumerable.Range(1, People).Select(p => $"P{p}").Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        // Beyond the end is the last part.
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"{page}{(page.Contains('?', StringComparison.Ordinal) ? '&' : '?')}after=99999"));
        Assert.Contains($"{People} of {People}", director.Text, StringComparison.Ordinal);
        Assert.Contains(named[^1], Regex.Matches(director.Text, line).Select(m => m.Groups[1].Value));
    }

    [Fact]
    public async Task A_link_to_somebody_in_the_matrix_shows_their_column_and_a_list_has_no_end_beyond_its_last_line()
    {
        var (dashboard, director) = await DirectorAsync();
        await using var _ = dashboard;
        using var __ = director;
        await director.GetAsync("/adherence?practitioner=P57");
        Assert.Contains("href=\"/practitioners/P57", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/adherence");
        Assert.DoesNotContain("href=\"/practitioners/P57", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/alerts?status=all"));
        Assert.Matches("id=\"alert-[0-9]+\"", director.Text);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/alerts?status=all&after=99999"));
        Assert.Matches("id=\"alert-[0-9]+\"", director.Text);
    }

    [Fact]
    public async Task Namesakes_are_told_apart()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await RunningDashboard.AddUserAsync(services, "director", Password);
            string people = Samples.Practitioners.Replace("Ben Birch", "Ada Ash", StringComparison.Ordinal) + "P3,Siân Cole,C1,active,2015-01-01,2030-12-31\n";
            string sessions = Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P2") + Samples.Session("S3", practitioner: "P3");
            foreach (string file in new[] { people, sessions }) await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(file)), "f.csv", null, null, Actor.CommandLine, default);
            await Composition.CatchUpAsync(services, null, default);
        });
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        foreach (string page in new[] { "/practitioners", "/credentials", "/measures/BRUISE_MINOR", "/data-quality", "/practitioners/P2" })
        {
            await director.GetAsync(page);
            Assert.Contains("Ada Ash (P2)", director.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Siân Cole (", WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
        }
        // Whoever looks for one need not have her accents on the keyboard.
        await director.GetAsync("/search?q=sian");
        Assert.Contains("href=\"/practitioners/P3\"", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_taken_away_of_a_list_in_parts_is_the_whole_list()
    {
        var (dashboard, director) = await DirectorAsync();
        await using var _ = dashboard;
        using var __ = director;
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/practitioners?chart=months&as=csv"));
        for (int p = 1; p <= People; p++) Assert.Matches($"(?m)^P{p},", director.Text);
        foreach (string chart in new[] { "/measures/BRUISE_MINOR?chart=funnel-0&as=csv&after=20", "/measures/BRUISE_MINOR?chart=caterpillar-0&as=csv&after=20", "/credentials?chart=credential-chart&as=csv&after=25" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(chart));
            for (int p = 1; p <= People; p++) Assert.Matches($"(?m)\\bP{p}\\b", director.Text);
        }
    }
}
