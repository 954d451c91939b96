using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Alerts;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>An event reported by a clinic's link, without signing in: one event a press, nothing to be read, nobody known who does not wish it.</summary>
public class OpenReportTests
{
    const string Password = "correct horse battery";

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_report_is_one_event_however_often_it_is_sent_and_two_unnamed_patients_stay_two(DatabaseProvider provider)
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync(provider);
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        var fields = Filled(await FormAsync(stranger, link));
        // Without a cookie, as by a browser that keeps none; and all at once, as by somebody who presses again and again.
        var codes = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var press = new Visitor(world.Dashboard.Address);
            Assert.Equal(HttpStatusCode.OK, await SendAsync(press, link, fields));
            return CodeIn(press.Text);
        }));
        string code = Assert.Single(codes.Distinct());
        Assert.Matches("^R-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}$", code);
        // Changed and sent again from the same page: the first counts, and it is said.
        Assert.Equal(HttpStatusCode.OK, await SendAsync(stranger, link, With(fields, "howbad", "severe")));
        Assert.Equal(code, CodeIn(stranger.Text));
        Assert.Contains("A report had come from this form before", stranger.Text, StringComparison.Ordinal);
        await SendAsync(stranger, link, Filled(await FormAsync(stranger, link)));
        await world.Installation.Services.CatchUpAsync(null, default);

        await using var db = world.Installation.Db();
        var events = await db.AdverseEvents.ToListAsync();
        Assert.Equal((2, 2), (events.Count, events.Select(e => e.PatientId).Distinct().Count()));
        var one = events.Single(e => e.EventId == code);
        Assert.Equal(("C1", "BRUISE_MINOR", ReportChannel.OpenForm, Severity.Mild, "patient", MedicalAttention.PrimaryCare), (one.ClinicId, one.Category, one.ReportChannel, one.Severity, one.ReporterRole, one.MedicalAttention));
        // London is an hour ahead of UTC in June.
        Assert.Equal(new DateTime(2026, 6, 3, 9, 30, 0, DateTimeKind.Utc), one.OnsetAtUtc);
        Assert.Equal("P1", one.PractitionerId);
        Assert.Equal("Treatment on 2026-06-02. Practitioner as told: ada ash.\n\nIt turned blue.", one.Narrative);
        var upload = await db.Uploads.SingleAsync(u => u.Id == one.UploadId);
        Assert.Equal(($"report {code}.json", "C1", "report link of C1", 1L), (upload.FileName, upload.ClinicId, upload.ReceivedBy, upload.RowsNew));
        // Who reported is known to nobody: no entry of the trail has the address.
        var entry = await db.AuditEntries.FirstAsync(e => e.Subject == $"upload {upload.Id}" && e.Action == AuditAction.Added);
        Assert.Equal(("open_form report link of C1", "not kept"), (entry.Actor, entry.Origin));
        await world.HoldsAsync();

        using var director = await DirectorAsync(world);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/records?id={code.ToLowerInvariant()}"));
        Assert.Contains($"id={code}", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/uploads");
        Assert.Contains($"report {code}.json", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_reads_what_a_reporter_wrote_is_entered_in_the_trail_and_no_list_shows_it()
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync();
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(stranger, link, With(Filled(await FormAsync(stranger, link)), "what", "lung")));
        string code = CodeIn(stranger.Text);
        await world.Installation.Services.CatchUpAsync(null, default);
        await using var db = world.Installation.Db();
        long upload = await db.AdverseEvents.Where(e => e.EventId == code).Select(e => e.UploadId).SingleAsync();
        long alert = await db.Alerts.Select(a => a.Id).SingleAsync();
        await RunningDashboard.AddUserAsync(world.Dashboard.App.Services, new SafetyAudit.Access.User { UserName = "auditor", Roles = [SafetyAudit.Access.Role.Auditor] }, Password);
        using var director = await DirectorAsync(world);
        using var auditor = new Visitor(world.Dashboard.Address);
        await auditor.SignInAsync("auditor", Password);

        foreach (string list in new[] { "/", "/alerts", $"/alerts/{alert}", "/events/waiting", "/uploads", $"/uploads/{upload}", $"/records?id={code}" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(list));
            Assert.DoesNotContain("turned blue", director.Text, StringComparison.Ordinal);
        }
        string of = $"?kind=events&id={code}&clinic=C1";
        foreach (string page in new[] { "/records/history" + of, "/records/correct" + of })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(page));
            Assert.Contains("It turned blue.", director.Text, StringComparison.Ordinal);
        }
        string taken = of.Replace("?", "?handler=fhir&", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/records/history" + taken));
        Assert.Contains("It turned blue.", director.Text, StringComparison.Ordinal);
        foreach (string page in new[] { "/records/history" + of, "/records/history" + taken })
        {
            Assert.Equal(HttpStatusCode.OK, await auditor.GetAsync(page));
            Assert.DoesNotContain("turned blue", auditor.Text, StringComparison.Ordinal);
        }

        await RunningDashboard.MoveReadsAsync(world.Dashboard.App.Services);
        var entries = await db.AuditEntries.AsNoTracking().ToListAsync();
        Assert.Equal([("person auditor", "/records/history"), ("person director", "/records/correct"), ("person director", "/records/history")],
            entries.Where(e => e.Action == AuditAction.Read && e.Why == of).Select(e => (e.Actor, e.Subject)).Order());
        Assert.Equal(["person auditor", "person director"], entries.Where(e => e.Action == AuditAction.Exported && e.Subject == "/records/history" && e.Why == taken).Select(e => e.Actor).Order());
        // That it was read is told, and not what it says.
        Assert.DoesNotContain(entries, e => $"{e.Before} {e.After} {e.Why}".Contains("turned blue", StringComparison.Ordinal));
        Assert.DoesNotContain("turned blue", world.Dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_serious_report_raises_its_alert_and_one_whose_session_is_known_or_arrives_later_joins_it()
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync();
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        await world.Installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2").Replace("T1", "T2"), "C1");
        var named = new Dictionary<string, string> { ["when"] = "2026-03-04T10:00", ["patient"] = " T1 " };
        string known = await ReportAsync("S1", "T1"), later = await ReportAsync("S9", "T1"), anothers = await ReportAsync("S2", "T1"), unnamed = await ReportAsync("S1", "");
        await SendAsync(stranger, link, With(With(Filled(await FormAsync(stranger, link)), "what", "lung"), "treatment", ""));
        string serious = CodeIn(stranger.Text);
        await world.Installation.Services.CatchUpAsync(null, default);
        await world.Installation.ImportAsync(Samples.SessionHeader + Samples.Session("S9"), "C1");

        await using var db = world.Installation.Db();
        Assert.Equal(0, await db.QuarantinedRows.CountAsync());
        var events = await db.AdverseEvents.ToDictionaryAsync(e => e.EventId);
        Assert.Equal(("S1", "S9", null, null), (events[known].LinkedSessionId, events[later].LinkedSessionId, events[anothers].LinkedSessionId, events[unnamed].LinkedSessionId));
        Assert.Contains("Session as told: S2.", events[anothers].Narrative, StringComparison.Ordinal);
        Assert.Contains("Session as told: S1.", events[unnamed].Narrative, StringComparison.Ordinal);
        Assert.Equal(("PNEUMOTHORAX", serious), (events[serious].Category, Assert.Single(await db.Alerts.Where(a => a.Rule == AlertRule.SentinelEvent && a.Status == AlertStatus.Open).ToListAsync()).Reason.Split(", event ")[1].Split(',')[0]));
        await world.HoldsAsync();

        async Task<string> ReportAsync(string session, string patient)
        {
            var fields = With(With(With(Filled(await FormAsync(stranger, link)), "session", session), "patient", patient), "when", named["when"]);
            Assert.Equal(HttpStatusCode.OK, await SendAsync(stranger, link, fields));
            return CodeIn(stranger.Text);
        }
    }

    [Fact]
    public async Task A_link_that_is_unknown_ended_or_replaced_is_answered_like_any_page_that_is_not_there()
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync();
        using var director = await DirectorAsync(world);
        string first = await LinkAsync(world, director);
        using var stranger = new Visitor(world.Dashboard.Address);
        var fields = Filled(await FormAsync(stranger, first));
        string second = await LinkAsync(world, director);
        Assert.NotEqual(first, second);
        await stranger.GetAsync("/error/404");
        string notThere = stranger.Text;
        foreach (string gone in new[] { first, "/report/unknown", "/report/" + new string('a', 3000), "/report/%3Cscript%3E" })
        {
            Assert.Equal(HttpStatusCode.NotFound, await stranger.GetAsync(gone));
            Assert.Equal(notThere, stranger.Text);
            Assert.Equal(HttpStatusCode.NotFound, await SendAsync(stranger, gone, fields));
        }
        // A form of one clinic's link is none of another's.
        Assert.Equal(HttpStatusCode.NotFound, await SendAsync(stranger, second, fields));
        Assert.Equal(HttpStatusCode.OK, await stranger.GetAsync(second));
        await director.PostAsync("/report-links", new() { ["clinic"] = "C1" }, "/report-links?handler=End");
        Assert.Equal(HttpStatusCode.NotFound, await stranger.GetAsync(second));
        await using var db = world.Installation.Db();
        Assert.Equal(1, await db.Uploads.CountAsync());
        // The secret stands nowhere in the open.
        string secret = second["/report/".Length..];
        Assert.DoesNotContain(secret, string.Join('\n', (await db.AuditEntries.ToListAsync()).Select(e => $"{e.Subject} {e.Before} {e.After}")), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, world.Dashboard.Log.Text, StringComparison.Ordinal);
        await world.HoldsAsync();
        await db.ReportLinks.Where(l => l.EndedAtUtc != null).ExecuteUpdateAsync(set => set.SetProperty(l => l.EndedAtUtc, (DateTime?)null));
        var faults = new List<string>();
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) faults.Add(fault);
        Assert.Contains(faults, f => f.Contains("report_link 1 was altered: ended_at_utc", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_a_form_of_ours_is_taken_not_a_forged_old_or_robot_s_one_and_what_is_missing_is_told()
    {
        var clock = new TestClock { Now = DateTimeOffset.UtcNow };
        await using var world = await RecordsEndpointTests.World.OpenAsync(clock: clock);
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        var fields = Filled(await FormAsync(stranger, link));
        foreach (string forged in new[] { "", "forged", fields["form"][..^6] + "AAAAAA" }) Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(stranger, link, With(fields, "form", forged)));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await SendAsync(stranger, link, With(fields, "website", "http://spam")));
        foreach (var (field, value, says) in new[] { ("what", "DROP TABLE", "Choose what happened."), ("when", "2199-01-01T10:00", "in the future"), ("patient", "T\u200b1", "at most 64"), ("who", "", "Choose who reports") })
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, await SendAsync(stranger, link, With(fields, field, value)));
            Assert.Contains(says, WebUtility.HtmlDecode(stranger.Text), StringComparison.Ordinal);
            // What was written is not lost.
            Assert.Contains("It turned blue.", stranger.Text, StringComparison.Ordinal);
        }
        await using var db = world.Installation.Db();
        Assert.Equal(1, await db.Uploads.CountAsync());
    }

    [Theory]
    [InlineData("What", "", "Choose what happened.")]
    [InlineData("When", "", "Say when it happened")]
    [InlineData("When", "03/04/25", "Say when it happened")]
    [InlineData("When", "1891-01-01T10:00", "Say when it happened")]
    [InlineData("When", "2001-01-01T10:00", "more than ten years back")]
    [InlineData("When", "2026-06-03T14:31", "in the future")]
    [InlineData("HowBad", "5", "Choose how bad")]
    [InlineData("Done", "x", "Choose what was done")]
    [InlineData("Who", null, "Choose who reports")]
    [InlineData("Session", "a\nb", "at most 64")]
    [InlineData("Patient", "12345678901234567890123456789012345678901234567890123456789012345", "at most 64")]
    [InlineData("Practitioner", "a\0", "at most 100")]
    [InlineData("Text", "a\u0007", "at most 4,000")]
    [InlineData("Treatment", "yesterday", "day of the treatment")]
    public void What_can_t_be_taken_is_told_in_plain_words(string field, string? value, string says)
    {
        var good = new EventReport { What = "other", When = "2026-06-03T10:30", HowBad = "mild", Who = "staff" };
        var (zone, now) = (TimeZoneInfo.FindSystemTimeZoneById("Europe/London"), new DateTime(2026, 6, 3, 12, 30, 0, DateTimeKind.Utc));
        Assert.Empty(good.Problems(zone, now));
        var bad = good with { };
        typeof(EventReport).GetProperty(field)!.SetValue(bad, value);
        Assert.Contains(says, Assert.Single(bad.Problems(zone, now)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_lay_open_for_an_hour_is_taken_and_one_of_yesterday_gets_a_new_token()
    {
        var clock = new TestClock { Now = DateTimeOffset.UtcNow };
        await using var world = await RecordsEndpointTests.World.OpenAsync(clock: clock);
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        var fields = Filled(await FormAsync(stranger, link));
        var another = Filled(await FormAsync(stranger, link));
        clock.Now += TimeSpan.FromHours(1);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(stranger, link, fields));
        clock.Now += TimeSpan.FromHours(20);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await SendAsync(stranger, link, another));
        Assert.Contains("open for a long time", stranger.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(stranger, link, With(another, "form", FormIn(stranger.Text))));
        Assert.NotNull(CodeIn(stranger.Text));
    }

    [Fact]
    public async Task Who_sends_many_is_told_to_wait_and_loses_nothing_that_was_written()
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync();
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        for (int i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.OK, await SendAsync(stranger, link, Filled(await FormAsync(stranger, link))));
        Assert.Equal(HttpStatusCode.TooManyRequests, await SendAsync(stranger, link, Filled(await FormAsync(stranger, link))));
        Assert.NotNull(stranger.Answer.Headers.RetryAfter);
        Assert.Contains("It turned blue.", stranger.Text, StringComparison.Ordinal);
        await using var db = world.Installation.Db();
        Assert.Equal(11, await db.Uploads.CountAsync());
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(stranger, link, With(Filled(await FormAsync(stranger, link)), "text", new string('x', 300_000))));
    }

    [Fact]
    public async Task Whatever_is_written_is_kept_as_text_and_never_keeps_the_report_out()
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync();
        string link = await LinkAsync(world);
        using var stranger = new Visitor(world.Dashboard.Address);
        string[] texts = ["\"><script data-mark>window.marked=1</script>", "=HYPERLINK(\"x\")", "'; DROP TABLE uploads; --", "{\"event_id\":\"E9\"}", "ünïcödé 🩹", "a\r\nb", "pt1-0123456789abcdefghjkmnpqrs", "\uFFFD"];
        foreach (string text in texts)
        {
            var fields = With(With(Filled(await FormAsync(stranger, link)), "text", text), "practitioner", text.ReplaceLineEndings(" "));
            fields = With(With(fields, "patient", text.ReplaceLineEndings(" ")), "session", text.ReplaceLineEndings(" "));
            Assert.True(HttpStatusCode.OK == await SendAsync(stranger, link, fields), text);
            Assert.DoesNotContain("data-mark", stranger.Text, StringComparison.Ordinal);
        }
        // Shown again where something is missing, it is text too.
        foreach (string field in new[] { "text", "practitioner", "when", "treatment", "patient", "session" })
        {
            using var other = new Visitor(world.Dashboard.Address);
            var status = await SendAsync(other, link, With(With(Filled(await FormAsync(other, link)), field, texts[0]), "what", ""));
            Assert.True(status is HttpStatusCode.UnprocessableEntity or HttpStatusCode.TooManyRequests, $"{status}");
            Assert.DoesNotContain("<script data-mark", other.Text, StringComparison.Ordinal);
            Assert.Contains("script data-mark", other.Text, StringComparison.Ordinal);
        }
        await world.Installation.Services.CatchUpAsync(null, default);
        await using var db = world.Installation.Db();
        Assert.Equal((texts.Length, 0), (await db.AdverseEvents.CountAsync(), await db.QuarantinedRows.CountAsync()));
        var narratives = await db.AdverseEvents.Select(e => e.Narrative!).ToListAsync();
        Assert.All(texts, text => Assert.Contains(narratives, n => n.EndsWith(text, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task On_a_phone_the_form_is_filled_in_pressed_twice_and_answered_with_a_code()
    {
        await using var world = await RecordsEndpointTests.World.OpenAsync();
        using var director = await DirectorAsync(world);
        string link = await LinkAsync(world, director);
        await using var browser = await Browser.OpenAsync();
        foreach (var scheme in new[] { Microsoft.Playwright.ColorScheme.Light, Microsoft.Playwright.ColorScheme.Dark })
        {
            var phone = await browser.PageAsync(scheme, width: 375);
            await phone.GotoAsync(world.Dashboard.Address + link);
            await LookAsync(phone, $"report-{scheme}");
            await phone.SelectOptionAsync("[name=what]", "bruise");
            await phone.FillAsync("[name=when]", "2026-06-03T10:30");
            await phone.SelectOptionAsync("[name=howbad]", "mild");
            await phone.FillAsync("[name=text]", "It turned blue.");
            await phone.SelectOptionAsync("[name=who]", "relative");
            await phone.DblClickAsync("main button");
            await phone.WaitForSelectorAsync(".tracking");
            string code = await phone.InnerTextAsync(".tracking");
            await LookAsync(phone, $"report-sent-{scheme}");
            // Sent once more by loading the answer again: the same report. Back is a new form, in which nothing stands that was written.
            await phone.ReloadAsync();
            Assert.Equal(code, await phone.InnerTextAsync(".tracking"));
            await phone.GoBackAsync();
            Assert.Equal(("", ""), (await phone.InputValueAsync("[name=text]"), await phone.InputValueAsync("[name=when]")));
        }
        await using var db = world.Installation.Db();
        Assert.Equal(3, await db.Uploads.CountAsync());
        Assert.Empty(browser.Errors);
        Assert.Empty(browser.Elsewhere(world.Dashboard.Address));

        var desk = await browser.PageAsync();
        await desk.GotoAsync(world.Dashboard.Address + "/sign-in");
        await desk.FillAsync("[name=UserName]", "director");
        await desk.FillAsync("[name=Password]", Password);
        await desk.ClickAsync("main button >> nth=0");
        await desk.GotoAsync(world.Dashboard.Address + "/report-links");
        await LookAsync(desk, "report-links");
        Assert.EndsWith(link, await desk.InnerTextAsync("main code"), StringComparison.Ordinal);

        static async Task LookAsync(Microsoft.Playwright.IPage page, string name)
        {
            await page.IsUsableAsync(name);
            await page.ShotAsync(name.ToLowerInvariant());
        }
    }

    static async Task<Visitor> DirectorAsync(RecordsEndpointTests.World world)
    {
        await RunningDashboard.AddUserAsync(world.Dashboard.App.Services, "director", Password);
        var director = new Visitor(world.Dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await director.SignInAsync("director", Password));
        return director;
    }

    /// <summary>Makes the clinic's link, in the place of the one it has, and answers its path.</summary>
    static async Task<string> LinkAsync(RecordsEndpointTests.World world, Visitor? director = null)
    {
        var own = director ?? await MakerAsync(world);
        Assert.Equal(HttpStatusCode.Redirect, await own.PostAsync("/report-links", new() { ["clinic"] = "C1" }, "/report-links?handler=Make"));
        Assert.Equal(HttpStatusCode.OK, await own.GetAsync("/report-links"));
        Assert.Contains("<svg class=\"qr\"", own.Text, StringComparison.Ordinal);
        return Regex.Match(own.Text, "/report/[a-z2-7]{32}").Value;
    }

    static async Task<Visitor> MakerAsync(RecordsEndpointTests.World world)
    {
        await RunningDashboard.AddUserAsync(world.Dashboard.App.Services, "maker", Password);
        var maker = new Visitor(world.Dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await maker.SignInAsync("maker", Password));
        return maker;
    }

    static async Task<string> FormAsync(Visitor visitor, string link)
    {
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync(link));
        return FormIn(visitor.Text);
    }

    static string FormIn(string page) => Regex.Match(page, "name=\"form\" value=\"([^\"]+)\"").Groups[1].Value;

    static string CodeIn(string page) => Regex.Match(page, "class=\"tracking\">([^<]+)<").Groups[1].Value is { Length: > 0 } code ? code : throw new InvalidOperationException(page);

    static Dictionary<string, string> Filled(string form) => new()
    {
        ["form"] = form, ["what"] = "bruise", ["when"] = "2026-06-03T10:30", ["treatment"] = "2026-06-02", ["practitioner"] = "ada ash", ["session"] = "", ["howbad"] = "mild",
        ["done"] = "primary_care", ["patient"] = "", ["text"] = "It turned blue.", ["who"] = "patient", ["website"] = "",
    };

    static Dictionary<string, string> With(Dictionary<string, string> fields, string name, string value) => new(fields) { [name] = value };

    static Task<HttpStatusCode> SendAsync(Visitor visitor, string link, Dictionary<string, string> fields)
    {
        // As a browser without cookies.
        visitor.Cookies.Clear();
        return visitor.SendAsync(new(HttpMethod.Post, link) { Content = new FormUrlEncodedContent(fields) });
    }
}
