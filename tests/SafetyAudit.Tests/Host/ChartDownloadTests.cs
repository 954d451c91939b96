using System.Net;
using System.Xml.Linq;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

public class ChartDownloadTests
{
    const string Password = "correct horse battery";

    static Task<RunningDashboard> StartAsync() => RunningDashboard.StartAsync(async services =>
    {
        await RunningDashboard.AddUserAsync(services, "director", Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "own", Roles = [Role.Practitioner], PractitionerId = "P1" }, Password);
        foreach (string file in new[]
        {
            Samples.Practitioners.Replace("Ada Ash", "=Ada Ash", StringComparison.Ordinal),
            Samples.SessionHeader + string.Concat(Enumerable.Range(1, 60).Select(i => Samples.Session($"S{i}", practitioner: i % 2 == 0 ? "P1" : "P2"))),
            Samples.EventHeader + string.Concat(Enumerable.Range(1, 9).Select(i => Samples.Event($"E{i}", $"S{i}"))),
        })
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "f.csv", null, null, Actor.CommandLine, default);
        await Composition.CatchUpAsync(services, null, default);
    });

    [Fact]
    public async Task A_chart_is_taken_away_as_a_picture_and_as_its_rows_by_who_may_see_its_page()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/measures/BRUISE_MINOR?from=2026-01-01&to=2026-12-31"));
        Assert.Contains("href=\"/measures/BRUISE_MINOR?from=2026-01-01&amp;to=2026-12-31&amp;chart=funnel-0&amp;as=svg\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/measures/BRUISE_MINOR?from=2026-01-01&to=2026-12-31&chart=funnel-0&as=svg"));
        Assert.Equal(("image/svg+xml", "attachment; filename=measures-BRUISE-MINOR-funnel-0.svg"), (director.Answer.Content.Headers.ContentType!.MediaType, director.Answer.Content.Headers.ContentDisposition!.ToString().Replace("\"", "")));
        // A file of its own: well-formed, with its looks inside, and leading nowhere.
        var svg = XDocument.Parse(director.Text);
        Assert.Equal("{http://www.w3.org/2000/svg}svg", svg.Root!.Name.ToString());
        Assert.Contains(".chart .point {", director.Text, StringComparison.Ordinal);
        Assert.Contains("--paper: #ffffff", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("href", director.Text, StringComparison.Ordinal);
        // Nothing stands around a file that would say what it shows.
        var caption = svg.Root.Elements("{http://www.w3.org/2000/svg}text").Where(t => (string?)t.Attribute("class") == "caption").Select(t => t.Value).ToList();
        Assert.Equal(2, caption.Count);
        Assert.Contains("Minor bruising", caption[0], StringComparison.Ordinal);
        Assert.Equal("1 Jan 2026 to 31 Dec 2026", caption[1]);
        Assert.Equal(2, director.Text.Split("<path class=\"point ").Length - 1);

        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/measures/BRUISE_MINOR?from=2026-01-01&to=2026-12-31&chart=funnel-0&as=csv"));
        string[] rows = director.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("name,measure,from,to,sessions,exposure,observed,", rows[0], StringComparison.Ordinal);
        // A name that a spreadsheet would run goes out as text. Thirty sessions each, nine events: S1 to S9, the even ones P1's.
        Assert.StartsWith("'=Ada Ash,BRUISE_MINOR,2026-01-01,2026-12-31,30,30,4,", rows[1], StringComparison.Ordinal);
        Assert.StartsWith("Ben Birch,BRUISE_MINOR,2026-01-01,2026-12-31,30,30,5,", rows[2], StringComparison.Ordinal);

        foreach (string none in new[] { "/measures/BRUISE_MINOR?chart=nothing&as=svg", "/measures/BRUISE_MINOR?chart=nothing&as=csv", "/measures/NOTHING?chart=funnel-0&as=svg" })
            Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync(none));
        // Anything else asks for the page.
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/measures/BRUISE_MINOR?chart=funnel-0&as=exe"));
        Assert.StartsWith("text/html", director.Answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);

        using var own = new Visitor(dashboard.Address);
        await own.SignInAsync("own", Password);
        await own.GetAsync("/measures/BRUISE_MINOR?from=2026-01-01&to=2026-12-31&chart=funnel-0&as=csv");
        Assert.DoesNotContain("Ben Birch", own.Text, StringComparison.Ordinal);
        foreach (string table in new[] { "/practitioners?from=2026-01-01&to=2026-12-31&chart=months&as=csv", "/adherence?from=2026-01-01&to=2026-12-31&chart=matrix&as=csv" })
        {
            Assert.Equal(HttpStatusCode.OK, await own.GetAsync(table));
            Assert.Contains("=Ada Ash", own.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Ben Birch", own.Text, StringComparison.Ordinal);
        }
        using var nobody = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await nobody.GetAsync("/measures/BRUISE_MINOR?chart=funnel-0&as=csv"));

        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        await using var db = WebTests.Db(dashboard);
        Assert.True(await db.AuditEntries.AnyAsync(e => e.Action == AuditAction.Exported && e.Actor == "person director" && e.Subject == "/measures/BRUISE_MINOR"));
    }

    [Fact]
    public async Task A_chart_is_taken_away_as_PNG_drawn_by_the_browser()
    {
        await using var dashboard = await StartAsync();
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        await page.GotoAsync(dashboard.Address + "/sign-in");
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");
        await page.ArrivesAsync(dashboard.Address + "/");
        await page.GotoAsync(dashboard.Address + "/measures/BRUISE_MINOR?from=2026-01-01&to=2026-12-31");
        var file = await page.RunAndWaitForDownloadAsync(() => page.Locator("[data-png=funnel-0]").ClickAsync());
        Assert.Equal("measures-BRUISE-MINOR-funnel-0.png", file.SuggestedFilename);
        byte[] png = await File.ReadAllBytesAsync((await file.PathAsync())!);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png[..4]);
        int width = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16));
        // Three times the picture, with more in it than one colour.
        Assert.Equal(3 * double.Parse((await page.Locator("svg.chart").First.GetAttributeAsync("viewBox"))!.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture), width);
        Assert.True(png.Length > 20_000, $"{png.Length} bytes");
        await File.WriteAllBytesAsync(Path.Combine(Browser.Screenshots, "funnel.png"), png);
        Assert.Empty(browser.Errors);
    }
}
