using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Host;
using SafetyAudit.Reports;
using SafetyAudit.Tests.Reports;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>The compliance officer's quarterly report, from the preview to the files, and a year later.</summary>
public class ReportJourneyTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_quarter_is_previewed_frozen_signed_issued_and_taken_out_and_stays_what_it_was()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            var receive = services.GetRequiredService<ReceiveUpload>();
            foreach (string content in MakeReportTests.Files()) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, null, Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "clara", Roles = [Role.ComplianceOfficer] }, Password);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "one", Roles = [Role.Director], ClinicIds = ["C2"] }, Password);
        });
        await using var browser = await Browser.OpenAsync();
        var page = await SignedInAsync(browser, dashboard, "clara");
        await page.ClickAsync("nav a:text-is('Reports')");
        await page.ArrivesAsync(dashboard.Address + "/reports");
        await page.FillAsync("[name=period]", "2026Q1");
        await page.SelectOptionAsync("[name=audience]", "public");
        await page.ClickAsync("button:text-is('Preview')");
        await page.ArrivesAsync(url => url.Contains("period=2026Q1", StringComparison.Ordinal));
        string preview = await page.InnerTextAsync("main");
        foreach (string told in new[] { "rejected rows wait", "events wait for their session", "sessions are provisional", "cells are not shown" }) Assert.Contains(told, preview, StringComparison.Ordinal);
        Assert.Matches(@"[1-9]\d*\s+cells are not shown", preview);
        await LookAsync(page, browser, "reports-preview");

        await page.ClickAsync("button:has-text('Freeze it')");
        await page.ArrivesAsync(dashboard.Address + "/reports/1");
        Assert.Contains("frozen, a draft", await page.InnerTextAsync("main"), StringComparison.Ordinal);
        // What nobody has signed does not leave but as a draft.
        using var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync("clara", Password);
        Assert.Equal(HttpStatusCode.NotFound, await visitor.GetAsync("/reports/1?handler=file&name=report.pdf"));
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/reports/1?handler=draft"));
        Assert.Equal("application/pdf", visitor.Answer.Content.Headers.ContentType!.MediaType);
        await LookAsync(page, browser, "reports-frozen");

        await page.ClickAsync("button:has-text('Sign it as clara')");
        await page.WaitForSelectorAsync("text=signed");
        await page.FillAsync("[name=to]", "the public, on the web site");
        await page.ClickAsync("button:has-text('Enter that it was issued')");
        await page.WaitForSelectorAsync("text=by clara, to the public, on the web site");

        // A year later an event comes in late: the files are the same, by the page and by a run of the same question; a fresh run would say otherwise, and why.
        var services = dashboard.App.Services;
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.EventHeader + Samples.Event("LATE", "S0-61", onset: "2026-02-19T10:00:00Z"))), "late.csv", null, null, Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        Report report;
        await using (var db = WebTests.Db(dashboard)) report = await db.Reports.SingleAsync();
        Assert.Equal((ReportState.Issued, Audience.Public), (report.State, report.Audience));
        foreach (var file in await services.GetRequiredService<MakeReport>().MakeAsync(Actor.CommandLine, report.Question, default))
        {
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync($"/reports/1?handler=file&name={file.Name}"));
            byte[] taken = await visitor.Answer.Content.ReadAsByteArrayAsync();
            Assert.True(file.Content.AsSpan().SequenceEqual(taken), $"{file.Name} differs");
        }
        await page.ClickAsync("text=Compare it with a fresh run");
        await page.ArrivesAsync(url => url.Contains("compare", StringComparison.Ordinal));
        string compared = await page.InnerTextAsync("main");
        Assert.Contains("27", compared, StringComparison.Ordinal);
        Assert.Contains("sessions of the period: 0; events of such sessions: 1", compared, StringComparison.Ordinal);
        await LookAsync(page, browser, "reports-compared");

        // And from now on by itself.
        await page.GotoAsync(dashboard.Address + "/reports");
        await page.ClickAsync("button:has-text('Schedule')");
        await page.WaitForSelectorAsync("text=Each quarter, for the board: practitioners by pseudonym, all clinics, 14 days after its end; by clara");
        await LookAsync(page, browser, "reports-scheduled");

        // Another clinic's director neither sees it nor makes one of all clinics.
        using var other = new Visitor(dashboard.Address);
        await other.SignInAsync("one", Password);
        Assert.Equal(HttpStatusCode.NotFound, await other.GetAsync("/reports/1"));
        Assert.Equal(HttpStatusCode.NotFound, await other.GetAsync("/reports/1?handler=file&name=report.pdf"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await other.GetAsync("/reports?period=2026Q1&audience=board"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await other.GetAsync("/reports?period=2026Q1&audience=board&clinic=C1"));
        Assert.Equal(HttpStatusCode.OK, await other.GetAsync("/reports?period=2026Q1&audience=board&clinic=C2"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await other.GetAsync("/reports?period=2026Q9&audience=board&clinic=C2"));
        Assert.DoesNotContain(browser.Errors, e => !e.Contains("422", StringComparison.Ordinal));
        Assert.Empty(browser.Elsewhere(dashboard.Address));
    }

    [Fact]
    public async Task A_practitioner_takes_their_own_figures_and_an_event_its_report_and_nobody_else_s()
    {
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            var receive = services.GetRequiredService<ReceiveUpload>();
            foreach (string content in MakeReportTests.Files()) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, null, Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "p2", Roles = [Role.Practitioner], PractitionerId = "P2" }, Password);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "dora", Roles = [Role.Director], ClinicIds = ["C1"] }, Password);
        });
        using var own = new Visitor(dashboard.Address);
        await own.SignInAsync("p2", Password);
        Assert.Equal(HttpStatusCode.OK, await own.GetAsync("/practitioners/P2?handler=report&period=2026Q1"));
        Assert.Equal(("application/pdf", "P2-2026Q1.pdf"), (own.Answer.Content.Headers.ContentType!.MediaType, own.Answer.Content.Headers.ContentDisposition!.FileName));
        Assert.Equal(HttpStatusCode.NotFound, await own.GetAsync("/practitioners/P1?handler=report&period=2026Q1"));
        Assert.Equal(HttpStatusCode.BadRequest, await own.GetAsync("/practitioners/P2?handler=report&period=2026Q9"));

        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("dora", Password);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/practitioners/P2"));
        foreach (string told in new[] { "id=\"credentials\"", "id=\"reviews\"", "id=\"follow-up\"", "handler\" value=\"report" }) Assert.Contains(told, director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/records/history?kind=events&id=F1-50&clinic="));
        Assert.Contains("handler=incident", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/records/history?handler=incident&kind=events&id=F1-50&clinic="));
        Assert.Equal("application/pdf", director.Answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/records/history?handler=fhir&kind=events&id=F1-50&clinic="));
        Assert.Equal("application/fhir+json", director.Answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("\"actuality\": \"actual\"", director.Text, StringComparison.Ordinal);
        // An event of another clinic, and a record that is no event.
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync("/records/history?handler=incident&kind=events&id=F3-50&clinic="));
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync("/records/history?handler=fhir&kind=sessions&id=S1-50&clinic=C1"));
        // What was taken out is in the trail as that, with what was asked for.
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        await using var db = WebTests.Db(dashboard);
        Assert.Equal(2, await db.AuditEntries.CountAsync(e => e.Action == SafetyAudit.AuditTrail.AuditAction.Exported && e.Actor == "person dora" && e.Why!.Contains("F1-50")));
    }

    // In light and dark and on a phone: nothing for axe to find, and nothing wider than the screen.
    static async Task LookAsync(IPage page, Browser browser, string name)
    {
        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 320) })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.SetViewportSizeAsync(width, 900);
            await page.IsUsableAsync($"{name} {look}");
            await page.ShotAsync($"{name}-{look}");
        }
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await page.SetViewportSizeAsync(1280, 900);
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
