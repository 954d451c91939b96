using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Undo, cancel and corrections as people do them.</summary>
public class TakeBackPageTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task An_upload_is_undone_from_its_page_with_a_reason_and_the_history_says_so()
    {
        await using var dashboard = await StartAsync();
        using var director = await SignedInAsync(dashboard, "director");
        await director.GetAsync("/uploads/4/undo");
        Assert.Matches("(?s)>0</span><br><span class=\"name\">records that will no longer count.*>1</span><br><span class=\"name\">records that go back to the version before it", director.Text);
        Assert.Equal(HttpStatusCode.OK, await director.PostAgainAsync(new() { ["why"] = " " }, "/uploads/4/undo"));
        Assert.Contains("Say why it is undone", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync(new() { ["why"] = "wrong <clinic>" }, "/uploads/4/undo"));
        await director.GetAsync("/uploads/4");
        Assert.Contains("wrong &lt;clinic&gt;", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Undo this upload", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/uploads/4/undo");
        Assert.Contains("there is nothing to undo", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/records/history?kind=sessions&id=S1&clinic=C1");
        Assert.Contains("Version 2, undone by director on", director.Text, StringComparison.Ordinal);
        Assert.Contains("Version 1, counts now", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_is_corrected_from_its_history_and_the_second_of_two_is_told()
    {
        await using var dashboard = await StartAsync();
        using var director = await SignedInAsync(dashboard, "director");
        using var other = await SignedInAsync(dashboard, "compliance");
        const string page = "/records/correct?kind=sessions&id=S2&clinic=C1";
        await director.GetAsync("/records/history?kind=sessions&id=S2&clinic=C1");
        Assert.Contains("/records/correct?kind=sessions&id=S2&clinic=C1", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await other.GetAsync(page));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync(page, new() { ["version"] = "1", ["why"] = "x", ["cell_practitioner_id"] = "P1" }));
        Assert.Contains("Nothing was changed", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync(page, new() { ["version"] = "1", ["why"] = "x", ["cell_practitioner_id"] = "P<9>" }));
        Assert.Contains("practitioner_unknown", director.Text, StringComparison.Ordinal);
        Assert.Contains("value=\"P&lt;9&gt;\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync(page, new() { ["version"] = "1", ["why"] = "", ["cell_practitioner_id"] = "P2" }));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync(page, new() { ["version"] = "1", ["why"] = "typed wrong", ["cell_practitioner_id"] = "P2", ["cell_patient_id"] = "typed-patient-7", ["cell_session_id"] = "S9", ["cell_no_column"] = "x" }));
        Assert.Equal("/records/history?kind=sessions&id=S2&clinic=C1", director.Location);
        await director.GetAsync(director.Location!);
        Assert.Contains("Corrected by hand by <strong>director</strong>", director.Text, StringComparison.Ordinal);
        Assert.Contains("Why: typed wrong", director.Text, StringComparison.Ordinal);
        Assert.Contains("What changed: patient_id, practitioner_id", director.Text, StringComparison.Ordinal);
        // The patient's id as it was typed is nowhere in the open.
        await using (var db = WebTests.Db(dashboard)) Assert.StartsWith("pt1-", (await db.Current<Session>().SingleAsync(s => s.SessionId == "S2")).PatientId, StringComparison.Ordinal);
        Assert.DoesNotContain("typed-patient-7", director.Text, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, await other.PostAgainAsync(new() { ["version"] = "1", ["why"] = "mine", ["cell_practitioner_id"] = "P1" }, page));
        Assert.Contains("Somebody else changed this record", other.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await other.PostAsync(page, new() { ["version"] = "2", ["why"] = "entered twice" }, page + "&handler=Withdraw"));
        await other.GetAsync("/records/history?kind=sessions&id=S2&clinic=C1");
        Assert.Matches("(?s)Withdrawn</strong> by compliance: entered twice.*Bring it back", other.Text);
        Assert.Equal(HttpStatusCode.NotFound, await other.GetAsync(page));
        await other.GetAsync("/records?id=S2");
        Assert.Contains("/records/history?kind=sessions&id=S2", other.Text, StringComparison.Ordinal);
        // Whoever may only read gets neither the way there nor the page.
        using var auditor = await SignedInAsync(dashboard, "auditor");
        await auditor.GetAsync("/records/history?kind=sessions&id=S3&clinic=C1");
        Assert.DoesNotContain("/records/correct", auditor.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await auditor.PostAgainAsync(new() { ["version"] = "1", ["why"] = "x" }, "/records/correct?kind=sessions&id=S3&clinic=C1&handler=Withdraw"));
    }

    [Fact]
    public async Task A_waiting_upload_looks_again_by_itself_until_it_is_cancelled()
    {
        await using var dashboard = await StartAsync(TimeProvider.System);
        var upload = (await dashboard.App.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("W1"))), "wait.csv", null, "C1", Actor.CommandLine, default))[0];
        using var director = await SignedInAsync(dashboard, "director");
        string page = $"/uploads/{upload.Id}";
        await director.GetAsync(page);
        Assert.Contains($"<noscript><meta http-equiv=\"refresh\" content=\"2; url={page}?by-itself\"></noscript>", director.Text, StringComparison.Ordinal);
        await using (var db = WebTests.Db(dashboard))
            await db.Uploads.Where(u => u.Id == upload.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Processing).SetProperty(u => u.RowsRead, 50_000).SetProperty(u => u.Bytes, 4_000_000)
                .SetProperty(u => u.BytesRead, 1_000_000).SetProperty(u => u.StartedAtUtc, DateTime.UtcNow.AddSeconds(-50)));
        await director.GetAsync(page);
        // 50,000 rows and a quarter of the bytes in 50 seconds.
        Assert.Matches("50,000 rows so far, (1,000|9[89][0-9]) rows a second, about 3 min left", director.Text);
        Assert.Contains($"content=\"15; url={page}?by-itself\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync([], page + "?handler=Cancel"));
        await director.GetAsync(page);
        Assert.Contains("Cancelled</strong> by director", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Cancel this upload", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.PostAgainAsync([], page + "?handler=Cancel"));
        Assert.Contains("It can’t be cancelled any more".Replace('’', (char)39), WebUtility.HtmlDecode(director.Text), StringComparison.Ordinal);
        await dashboard.CatchUpAsync();
        await director.GetAsync(page);
        Assert.DoesNotContain("http-equiv=\"refresh\"", director.Text, StringComparison.Ordinal);
        await using var after = WebTests.Db(dashboard);
        Assert.Equal(UploadStatus.Cancelled, (await after.Uploads.SingleAsync(u => u.Id == upload.Id)).Status);
    }

    [Fact]
    public async Task Once_a_file_is_read_its_page_tells_how_far_counting_has_come()
    {
        await using var dashboard = await StartAsync(TimeProvider.System);
        var services = dashboard.App.Services;
        // Of a patient of their own, so that nobody else's day is judged anew.
        string sessions = Samples.SessionHeader + string.Concat(Enumerable.Range(1, 3).Select(day => Samples.Session($"D{day}", $"2026-03-0{day}T10:00:00Z").Replace(",T1,", ",T7,", StringComparison.Ordinal)));
        var upload = (await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(sessions)), "days.csv", null, "C1", Actor.CommandLine, default))[0];
        await services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
        using var director = await SignedInAsync(dashboard, "director");
        string page = $"/uploads/{upload.Id}";
        await director.GetAsync(page);
        Assert.Contains("brought up to date for clinic C1: 3 practitioner-days to be counted. This page follows", director.Text, StringComparison.Ordinal);
        Assert.Contains($"<noscript><meta http-equiv=\"refresh\" content=\"2; url={page}?by-itself\"></noscript>", director.Text, StringComparison.Ordinal);
        await using var browser = await Browser.OpenAsync();
        var phone = await browser.PageAsync(ColorScheme.Dark, 320);
        await phone.GotoAsync(dashboard.Address + "/sign-in");
        await phone.FillAsync("[name=UserName]", "director");
        await phone.FillAsync("[name=Password]", Password);
        await phone.ClickAsync("main button");
        await phone.ArrivesAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
        await phone.GotoAsync(dashboard.Address + page);
        await phone.IsUsableAsync("counting");
        await phone.ShotAsync("counting");
        // One day, then it is stopped.
        using var stop = new CancellationTokenSource();
        var counting = new RefreshSummaries(services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>()) { DaysPerTransaction = 1 };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => counting.RunAsync(stop.Token, new Told<CountingProgress>(p =>
        {
            if (p.Done == 1) stop.Cancel();
        })));
        await director.GetAsync(page);
        Assert.Matches("2 practitioner-days to be counted, [0-9,]+/s, about [0-9]+ (s|min) left", director.Text);
        // The page that is open follows by itself.
        await phone.WaitForFunctionAsync("() => document.body.innerText.includes('2 practitioner-days to be counted')");
        await services.CatchUpAsync(null, default);
        await phone.WaitForFunctionAsync("() => !document.body.innerText.includes('to be counted')");
        await director.GetAsync(page);
        Assert.DoesNotContain("to be counted", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv=\"refresh\"", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_sent_as_all_or_nothing_and_figures_are_asked_for_as_known_then()
    {
        await using var dashboard = await StartAsync(TimeProvider.System);
        using var key = new Visitor(dashboard.Address);
        key.Headers["Authorization"] = $"Bearer {await AccessMatrixTests.KeyAsync(dashboard, "C1")}";
        const string rates = "/api/v1/rates?from=2026-01-01&to=2026-12-31&measure=BRUISE_MINOR";
        Assert.Equal(HttpStatusCode.OK, await key.GetAsync(rates));
        string now = key.Text;
        Assert.Contains("\"sessions\": 2", now, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, now), (await key.GetAsync(rates + "&as_of=2100-01-01"), key.Text));
        Assert.Equal((HttpStatusCode.OK, "[]\n"), (await key.GetAsync(rates + "&as_of=2020-01-01T00:00:00Z"), key.Text));
        Assert.Equal(HttpStatusCode.BadRequest, await key.GetAsync(rates + "&as_of=then"));
        Assert.Contains("as_of must be a date", key.Text, StringComparison.Ordinal);

        using var director = await SignedInAsync(dashboard, "director");
        await director.GetAsync("/uploads");
        using var form = new MultipartFormDataContent
        {
            { new StringContent(WebTests.Token(director.Text)), "__RequestVerificationToken" }, { new StringContent("nothing"), "rejected" },
            { new StringContent(Samples.SessionHeader + Samples.Session("N1") + Samples.Session("N2", practitioner: "P9")), "file", "n.csv" },
        };
        Assert.Equal(HttpStatusCode.Redirect, await director.SendAsync(new(HttpMethod.Post, "/uploads") { Content = form }));
        string page = director.Location!;
        await dashboard.CatchUpAsync();
        await director.GetAsync(page);
        Assert.Contains("1 of 2 rows were rejected", director.Text, StringComparison.Ordinal);
        await key.GetAsync(rates);
        Assert.Equal(now, key.Text);
    }

    [Fact]
    public async Task The_pages_can_be_used_by_everybody()
    {
        await using var dashboard = await StartAsync(TimeProvider.System);
        await using var browser = await Browser.OpenAsync();
        using (var director = await SignedInAsync(dashboard, "director"))
        {
            await director.PostAsync("/records/correct?kind=sessions&id=S2&clinic=C1", new() { ["version"] = "1", ["why"] = "typed wrong", ["cell_practitioner_id"] = "P2" });
            await director.PostAsync("/records/correct?kind=sessions&id=S3&clinic=C1", new() { ["version"] = "1", ["why"] = "entered twice" }, "/records/correct?kind=sessions&id=S3&clinic=C1&handler=Withdraw");
            await director.PostAsync("/uploads/4/undo", new() { ["why"] = "wrong clinic" });
        }
        var receive = dashboard.App.Services.GetRequiredService<ReceiveUpload>();
        await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(Samples.EventHeader + Samples.Event("E9", ""))), "reported.csv", null, "C1", Actor.CommandLine, default);
        const string export = "id,practitioner_id,patient_id,starts_at,ends_at,did_not_arrive,cancelled_at,notes\n1,P1,T1,2026-03-02T09:00:00Z,2026-03-02T09:30:00Z,false,,x\n2,P1,T2,2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,perhaps,,\n";
        long kept = (await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(export)), "appointments.csv", null, "C1", Actor.CommandLine, default, new(MayAsk: true)))[0].Id;
        await dashboard.CatchUpAsync();
        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 375) })
        {
            var page = await browser.PageAsync(scheme, width);
            await page.GotoAsync(dashboard.Address + "/sign-in");
            await page.FillAsync("[name=UserName]", "director");
            await page.FillAsync("[name=Password]", Password);
            await page.ClickAsync("main button");
            await page.WaitForURLAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
            foreach (var (name, path) in new[]
            {
                ("undo", "/uploads/3/undo"), ("undone", "/uploads/4"), ("uploads", "/uploads"), ("correct", "/records/correct?kind=sessions&id=S2&clinic=C1"), ("corrected", "/records/history?kind=sessions&id=S2&clinic=C1"),
                ("waiting-events", "/events/waiting"), ("follow-ups", "/follow-ups"), ("columns", $"/uploads/{kept}/columns"), ("upload-columns", $"/uploads/{kept}"),
                ("withdrawn", "/records/history?kind=sessions&id=S3&clinic=C1"), ("history-undone", "/records/history?kind=sessions&id=S1&clinic=C1"),
            })
            {
                await page.GotoAsync(dashboard.Address + path);
                await page.ShotAsync($"{name}-{look}");
                await page.IsUsableAsync($"{name}, {look}");
            }
            await page.GotoAsync($"{dashboard.Address}/uploads/{kept}/columns");
            await page.ClickAsync("text=Look at what comes of it");
            Assert.Contains("1 would be taken", await page.InnerTextAsync("main"), StringComparison.Ordinal);
            await page.ShotAsync($"columns-preview-{look}");
            await page.IsUsableAsync($"the preview, {look}");
            await page.Context.CloseAsync();
        }
        Assert.Empty(browser.Errors);
    }

    // Uploads: 1 practitioners, 2 sessions S1 to S3, 3 an event, 4 S1 given to P2.
    static Task<RunningDashboard> StartAsync(TimeProvider? clock = null) => RunningDashboard.StartAsync(async services =>
    {
        var receive = services.GetRequiredService<ReceiveUpload>();
        foreach (string content in new[]
        {
            Samples.Practitioners, Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2") + Samples.Session("S3"), Samples.EventHeader + Samples.Event("E1", "S2"), Samples.SessionHeader + Samples.Session("S1", practitioner: "P2"),
        }) await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), "file.csv", null, "C1", Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        foreach (var (name, role) in new[] { ("director", Role.Director), ("compliance", Role.ComplianceOfficer), ("auditor", Role.Auditor) })
            await RunningDashboard.AddUserAsync(services, new User { UserName = name, Roles = [role] }, Password);
    }, clock);

    static async Task<Visitor> SignedInAsync(RunningDashboard dashboard, string name)
    {
        var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync(name, Password);
        return visitor;
    }
}
