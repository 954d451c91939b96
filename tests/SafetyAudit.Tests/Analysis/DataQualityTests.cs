using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Summaries;
using SafetyAudit.Tests.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Analysis;

/// <summary>How well records are kept, counted by hand on records of which each spoils one thing.</summary>
public class DataQualityTests
{
    const string Sessions = "session_id,clinic_id,practitioner_id,patient_id,started_at,status,needles_opened,needles_inserted,needles_removed,needles_disposed\n";
    const string Events = "event_id,session_id,clinic_id,practitioner_id,patient_id,category,onset_at,recorded_at,severity,report_channel\n";
    static readonly DateOnly From = new(2026, 2, 1), To = new(2026, 4, 30);

    /// <summary>The clinic is added on 1 March; the first sessions come on 10 March, the others, the events and two corrections on 3 April.</summary>
    static readonly (string At, string Content)[] Arrivals =
    [
        ("2026-03-01T12:00:00Z", Samples.Practitioners),
        ("2026-03-10T12:00:00Z", Sessions
            + "S1,C1,P1,T1,2026-03-02T10:00:00Z,completed,5,5,5,5\n"    // eight days before it came
            + "S2,C1,P1,T1,2026-03-05T10:00:00Z,completed,,,,\n"
            + "S3,C1,P1,T1,2026-03-05T10:00:00Z,completed,,,,\n"        // the same patient and start
            + "S4,C1,P2,T1,2026-02-20T10:00:00Z,completed,,,,\n"        // before the clinic was added
            + "S6,C1,P2,T1,2026-02-20T10:00:00Z,cancelled,,,,\n"
            + "S7,C1,P9,T1,2026-02-20T10:00:00Z,completed,,,,\n"),      // rejected: nobody knows P9
        ("2026-04-03T12:00:00Z", Sessions + "S5,C1,P1,T1,2026-04-01T10:00:00Z,completed,,,,\nS1,C1,P1,T1,2026-03-02T10:05:00Z,completed,5,5,5,5\nS2,C1,P1,T1,2026-03-05T10:00:00Z,completed,4,,,\n"),
        ("2026-04-03T12:00:00Z", Events
            + "E1,S2,C1,,T1,BRUISE_MINOR,2026-03-05T12:00:00Z,2026-03-05T15:00:00Z,,practitioner\n"
            + "E2,S2,C1,,T1,BRUISE_MINOR,2026-03-05T12:00:00Z,2026-03-09T12:00:00Z,mild,\n"     // the same session, category and onset; four days late
            + "E3,,C1,P1,T1,BRUISE_MINOR,2026-04-01T12:00:00Z,,,\n"                             // joined by patient and time
            + "E4,,C1,P2,T9,BRUISE_MINOR,2026-03-15T12:00:00Z,2026-03-15T12:30:00Z,,\n"         // a patient without sessions: waits
            + "E5,,C1,,T9,BRUISE_MINOR,2026-03-16T12:00:00Z,,,\n"),
    ];

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Each_share_is_what_the_records_give_and_what_has_nothing_to_count_is_not_assessed(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (var (at, content) in Arrivals)
        {
            installation.Clock.Now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
            await installation.ImportAsync(content);
        }
        await using var db = installation.Db();
        var quality = await DataQuality.ReadAsync(db, From, To, default);

        var clinic = Assert.Single(quality.Clinics);
        Assert.Equal((5L, 1L), (clinic.Sessions, clinic.RejectedRows));
        // Of 34 rules about sessions 8 ask nothing while the clinic has laid down nothing; one more asks nothing of the patient's first session. Their licence answers one of each of five
        // sessions; of S1, inserted and removed, opened and disposed of, two more.
        Assert.Equal(new Part(5 + 2, 5 * (34 - 8) - 1), clinic.Answers);
        Assert.Equal(new Part(2 + 2, 9), clinic.EventDetails);
        // S1 came late, whenever it was corrected; S4 could not come in time.
        Assert.Equal(new Part(3, 4), clinic.InTime);
        Assert.Equal(new Part(1, 2), clinic.Prompt);
        Assert.Equal(new Part(3, 5), clinic.Linked);
        Assert.Equal(new Part(2, 3), clinic.Named);
        Assert.Equal((new Part(1, 5), new Part(1, 3)), (clinic.RepeatedSessions, clinic.RepeatedEvents));
        Assert.Equal(new ReportingDelay(3, 3, 96), clinic.Delay);

        Assert.Equal([("P1", 4L, new Part(3, 4), new Part(3, 3)), ("P2", 1L, new Part(0, 0), new Part(0, 1))], quality.Practitioners.Select(p => (p.PractitionerId!, p.Sessions, p.InTime, p.Linked)));
        Assert.Null(quality.Practitioners[1].InTime.Share);
        Assert.Null(quality.Practitioners[1].RejectedRows);

        Assert.Equal([("2026-02-01", "2026-02-28", 1L), ("2026-03-01", "2026-03-31", 3L), ("2026-04-01", "2026-04-30", 1L)],
            quality.Months.Where(m => m.PractitionerId is null).Select(m => ($"{m.From:yyyy-MM-dd}", $"{m.To:yyyy-MM-dd}", m.Sessions)));
        Assert.Equal([new Part(0, 0), new Part(2, 4), new Part(1, 1)], quality.Months.Where(m => m.PractitionerId is null).Select(m => m.Linked));
        // Part of a month is that part.
        Assert.Equal([("2026-03-04", "2026-03-20")], (await DataQuality.ReadAsync(db, new(2026, 3, 4), new(2026, 3, 20), default)).Months.Where(m => m.PractitionerId is null).Select(m => ($"{m.From:yyyy-MM-dd}", $"{m.To:yyyy-MM-dd}")));

        await using var own = installation.Db(new(ActorKind.Person, "ben", "", Roles.Of(Role.Practitioner), new(null, "P2")));
        var bens = await DataQuality.ReadAsync(own, From, To, default);
        Assert.Empty(bens.Clinics);
        Assert.Equal(("P2", new Part(0, 1)), (Assert.Single(bens.Practitioners).PractitionerId, bens.Practitioners[0].Linked));
        await using var elsewhere = installation.Db(new(ActorKind.Person, "c2", "", Roles.Of(Role.Director), new(["C2"])));
        Assert.Empty((await DataQuality.ReadAsync(elsewhere, From, To, default)).Months);

        // What is kept holds against the records; and the first arrival of S1 stays its first when the file it came in is undone.
        Assert.Empty(await SafetyAudit.Tests.Uploads.LinkEventsTests.VerifyAsync(installation));
        await installation.Services.GetRequiredService<TakeBackUpload>().UndoAsync(2, "wrong file", Actor.CommandLine, default);
        await installation.SummariseAsync();
        Assert.Empty(await SafetyAudit.Tests.Uploads.LinkEventsTests.VerifyAsync(installation));
        Assert.Equal(new Part(2, 3), Assert.Single((await DataQuality.ReadAsync(db, From, To, default)).Clinics).InTime);
    }

    /// <summary>The sessions S2 and S4 are asked about, S2 twice; S8 is not here, and asked about twice; nobody has tried to ask about S3.</summary>
    static readonly (string At, string Content)[] Asking =
    [
        .. Arrivals[..2],
        ("2026-04-03T12:00:00Z", "follow_up_id,session_id,clinic_id,due_at,attempted_at,outcome\n"
            + "F1,S2,C1,,2026-03-06T10:00:00Z,no_answer\nF2,S2,C1,,2026-03-07T10:00:00Z,reached\n"
            + "F3,S4,C1,2026-02-21T10:00:00Z,,declined\n"
            + "F4,S8,C1,,2026-03-31T23:00:00Z,no_answer\nF5,S8,C1,,2026-04-01T23:00:00Z,reached\n"
            + "F6,S3,C1,2026-03-06T10:00:00Z,,\nF7,S9,C1,2026-03-06T10:00:00Z,,\n"   // due, and no more
            + "F8,S8,,,2026-03-31T23:00:00Z,reached\n"                                    // no clinic
            + "F9,S10,C1,,2026-01-31T23:00:00Z,reached\n"),                               // before the period
        ("2026-04-03T12:00:00Z", Events + "E6,,,P1,T9,BRUISE_MINOR,2026-03-15T12:00:00Z,,,\nE7,,C1,P1,T9,BRUISE_MINOR,2026-03-15T12:00:00Z,,,\n"),
    ];

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Follow_ups_that_wait_stand_with_the_clinic_they_name_and_what_names_none_is_counted_for_those_who_reach_all(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (var (at, content) in Asking)
        {
            installation.Clock.Now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
            await installation.ImportAsync(content);
        }
        await using var db = installation.Db();
        var quality = await DataQuality.ReadAsync(db, From, To, default);
        Assert.Equal((new Part(2, 3), new Part(0, 1)), (Assert.Single(quality.Clinics).FollowUps, quality.Clinics[0].Linked));
        Assert.Equal([("2026-02-01", new Part(1, 1)), ("2026-03-01", new Part(1, 2))], quality.Months.Where(m => m.PractitionerId is null).Select(m => ($"{m.From:yyyy-MM-dd}", m.FollowUps)));
        Assert.All(quality.Practitioners.Concat(quality.Months.Where(m => m.PractitionerId is not null)), p => Assert.Null(p.FollowUps.Share));
        Assert.Equal(new WithoutClinic(1, 1), quality.Unplaced);
        Assert.Equal(new WithoutClinic(0, 0), (await DataQuality.ReadAsync(db, From, new(2026, 3, 14), default)).Unplaced);

        // Whoever reaches this clinic alone sees the same of it, and nothing of what is no clinic's.
        await using var one = installation.Db(new(ActorKind.Person, "c1", "", Roles.Of(Role.Director), new(["C1"])));
        var ones = await DataQuality.ReadAsync(one, From, To, default);
        Assert.Equal((new Part(2, 3), null), (Assert.Single(ones.Clinics).FollowUps, ones.Unplaced));
        await using var own = installation.Db(new(ActorKind.Person, "ada", "", Roles.Of(Role.Practitioner), new(null, "P1")));
        var adas = await DataQuality.ReadAsync(own, From, To, default);
        Assert.Null(adas.Unplaced);
        Assert.Equal([("P1", new Part(0, 0))], adas.Months.Select(m => (m.PractitionerId!, m.FollowUps)).Distinct());

        // The session arrives, and with it the one that names no clinic finds its way.
        await installation.ImportAsync(Sessions + "S8,C1,P1,T1,2026-03-30T10:00:00Z,completed,,,,\n");
        quality = await DataQuality.ReadAsync(db, From, To, default);
        Assert.Equal((new Part(3, 3), new WithoutClinic(1, 0)), (quality.Clinics[0].FollowUps, quality.Unplaced));
    }

    [Fact]
    public async Task What_a_share_lacks_is_listed_record_by_record()
    {
        await using var installation = await TestInstallation.OpenAsync(DatabaseProvider.Sqlite);
        string more = Events + "E6,S5,C1,,T1,PAIN_POST,2026-04-01T12:00:00Z,2026-04-03T11:00:00Z,mild,practitioner\nE7,S5,C1,,T1,PAIN_POST,2026-04-01T12:00:00Z,2026-04-03T11:00:00Z,mild,practitioner\n";
        foreach (var (at, content) in new[] { Arrivals[0], ("2026-03-06T12:00:00Z", Sessions + "S9,C1,P2,T1,2026-03-04T10:00:00Z,completed,,,,\n") }.Concat(Arrivals[1..]).Append(("2026-04-03T12:00:00Z", Sessions + "S9,C1,P1,T1,2026-03-04T10:00:00Z,completed,,,,\n")).Append(("2026-04-03T12:00:00Z", more)))
        {
            installation.Clock.Now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
            await installation.ImportAsync(content);
        }
        var lacking = new HashSet<QualityGap>();
        // To whoever sees their own records alone it is the same; a version of theirs that named somebody else counts for when it came.
        foreach (string? own in new[] { null, "P1" })
        {
            await using var db = own is null ? installation.Db() : installation.Db(new(ActorKind.Person, "ada", "", Roles.Of(Role.Practitioner), new(null, own)));
            var quality = await DataQuality.ReadAsync(db, From, To, default);
            Assert.NotEmpty(quality.Practitioners);
            foreach (var row in quality.Clinics.Concat(quality.Practitioners).Concat(quality.Months))
            {
                foreach (var part in QualityPart.All)
                {
                    if (part.Gap is not { } gap) continue;
                    var (counted, listed) = (part.Of(row), 0L);
                    await foreach (var one in QualityGaps.ReadAsync(db, gap, [row.ClinicId], row.PractitionerId, row.From, row.To, default))
                        listed += gap switch { QualityGap.LateSessions or QualityGap.RepeatedSessions => 1, QualityGap.IncompleteEvents => one.Events.Sum(e => DailyQuality.Details.Count - DailyQuality.DetailsOf(e)), _ => one.Events.Count };
                    Assert.Equal((own, row.ClinicId, row.PractitionerId, row.From, gap, part.CountsGaps ? counted.Met : counted.Of - counted.Met), (own, row.ClinicId, row.PractitionerId, row.From, gap, listed));
                    if (listed > 0) lacking.Add(gap);
                }
            }
        }
        // Else nothing was held against anything.
        Assert.Equal(Enum.GetValues<QualityGap>().ToHashSet(), lacking);
    }

    [Fact]
    public async Task The_page_and_programs_are_told_of_follow_ups_and_of_what_names_no_clinic()
    {
        var clock = new TestClock();
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await FillAsync(services, clock, Asking);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, "correct horse battery");
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director-c1", Roles = [Role.Director], ClinicIds = ["C1"] }, "correct horse battery");
        }, clock);
        using var program = new Visitor(dashboard.Address);
        program.Headers["Authorization"] = $"Bearer {await AccessMatrixTests.KeyAsync(dashboard, "C1")}";
        Assert.Equal(HttpStatusCode.OK, await program.GetAsync("/api/v1/data-quality?from=2026-02-01&to=2026-04-30&by=clinic"));
        var row = JsonDocument.Parse(program.Text).RootElement.EnumerateArray().Single();
        Assert.Equal((2, 1, 2.0 / 3), (row.GetProperty("sessions_followed_up").GetInt32(), row.GetProperty("follow_ups_waiting").GetInt32(), row.GetProperty("follow_up_linkage").GetDouble()));
        Assert.Equal(HttpStatusCode.OK, await program.GetAsync("/api/v1/data-quality?from=2026-02-01&to=2026-04-30"));
        Assert.All(JsonDocument.Parse(program.Text).RootElement.EnumerateArray(), p => Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.Null),
            (p.GetProperty("sessions_followed_up").ValueKind, p.GetProperty("follow_ups_waiting").ValueKind, p.GetProperty("follow_up_linkage").ValueKind)));

        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", "correct horse battery");
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/data-quality?from=2026-02-01&to=2026-04-30&clinic=C1"));
        string text = WebUtility.HtmlDecode(director.Text);
        Assert.Contains("they name no clinic: 1 event and 1 follow-up of the period that wait", text, StringComparison.Ordinal);
        // Of the clinic and its months, not of practitioners.
        Assert.Equal(2, System.Text.RegularExpressions.Regex.Count(text, "Follow-ups joined</th>"));
        Assert.Matches("(?s)C1</a></th>.*?66.7\\s?%<div class=\"small\">of 3</div>.*?Practitioners</h2>.*?February 2026.*?100\\s?%<div class=\"small\">of 1</div>.*?March 2026.*?50.0\\s?%<div class=\"small\">of 2</div>", text);
        // The chart has a line for them where there are any, and its key too: not for a practitioner.
        Assert.Contains("<li>▼ follow-ups joined to their session</li>", text, StringComparison.Ordinal);
        Assert.Contains("March 2026, follow-ups joined to their session: 1 of 2", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/data-quality?from=2026-02-01&to=2026-04-30&clinic=C1&practitioner=P1"));
        Assert.DoesNotContain("follow-ups joined to their session", director.Text, StringComparison.Ordinal);
        using var one = new Visitor(dashboard.Address);
        await one.SignInAsync("director-c1", "correct horse battery");
        Assert.Equal(HttpStatusCode.OK, await one.GetAsync("/data-quality?from=2026-02-01&to=2026-04-30&clinic=C1"));
        Assert.DoesNotContain("they name no clinic", one.Text, StringComparison.Ordinal);
        Assert.Contains("Follow-ups joined</th>", one.Text, StringComparison.Ordinal);

        await using var browser = await Browser.OpenAsync();
        foreach (var (look, scheme, width) in new[] { ("light", ColorScheme.Light, 1280), ("dark", ColorScheme.Dark, 1280), ("phone", ColorScheme.Light, 320) })
        {
            var page = await browser.PageAsync(scheme, width);
            await page.GotoAsync(dashboard.Address + "/sign-in");
            await page.FillAsync("[name=UserName]", "director");
            await page.FillAsync("[name=Password]", "correct horse battery");
            await page.ClickAsync("main button");
            await page.ArrivesAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
            await page.GotoAsync(dashboard.Address + "/data-quality?from=2026-02-01&to=2026-04-30&clinic=C1");
            await page.IsUsableAsync($"data quality, {look}");
            await page.ShotAsync($"data-quality-{look}");
        }
        Assert.Empty(browser.Errors);
    }

    static async Task FillAsync(IServiceProvider services, TestClock clock, (string At, string Content)[] arrivals)
    {
        foreach (var (at, content) in arrivals)
        {
            clock.Now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, null, Actor.CommandLine, default);
            await services.CatchUpAsync(null, default);
        }
    }

    [Fact]
    public async Task The_page_and_programs_get_the_same_value()
    {
        var clock = new TestClock();
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await FillAsync(services, clock, Arrivals);
            await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, "correct horse battery");
        }, clock);
        using var program = new Visitor(dashboard.Address);
        program.Headers["Authorization"] = $"Bearer {await AccessMatrixTests.KeyAsync(dashboard, "C1")}";
        string asked = "/api/v1/data-quality?from=2026-02-01&to=2026-04-30";
        Assert.Equal(HttpStatusCode.OK, await program.GetAsync(asked + "&by=clinic"));
        var row = JsonDocument.Parse(program.Text).RootElement.EnumerateArray().Single();
        Assert.Equal((JsonValueKind.Null, "C1", 7, 129, 7.0 / 129, 3, 4, 0.75, 2, 3, 96.0, 1),
            (row.GetProperty("practitioner_id").ValueKind, row.GetProperty("clinic_id").GetString(), row.GetProperty("answers_recorded").GetInt32(), row.GetProperty("answers_asked").GetInt32(), row.GetProperty("completeness").GetDouble(),
            row.GetProperty("sessions_in_time").GetInt32(), row.GetProperty("sessions_awaited").GetInt32(), row.GetProperty("timeliness").GetDouble(), row.GetProperty("events_waiting").GetInt32(), row.GetProperty("events_joined").GetInt32(),
            row.GetProperty("delay_90_hours").GetDouble(), row.GetProperty("rejected_rows").GetInt32()));
        Assert.Equal(HttpStatusCode.OK, await program.GetAsync(asked + "&every=month"));
        var months = JsonDocument.Parse(program.Text).RootElement.EnumerateArray().Select(m => (m.GetProperty("practitioner_id").GetString(), m.GetProperty("from").GetString(), m.GetProperty("sessions").GetInt32(), m.GetProperty("timeliness").ValueKind));
        Assert.Equal([("P1", "2026-03-01", 3, JsonValueKind.Number), ("P1", "2026-04-01", 1, JsonValueKind.Number), ("P2", "2026-02-01", 1, JsonValueKind.Null), ("P2", "2026-03-01", 0, JsonValueKind.Null)], months);
        foreach (string wrong in new[] { "/api/v1/data-quality?from=2026-02-01", asked + "&every=day", asked + "&by=room", "/api/v1/data-quality?from=2026-05-01&to=2026-04-30" })
        {
            Assert.Equal(HttpStatusCode.BadRequest, await program.GetAsync(wrong));
            Assert.Equal("application/problem+json", program.Answer.Content.Headers.ContentType!.MediaType);
        }

        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", "correct horse battery");
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/data-quality?from=2026-02-01&to=2026-04-30&clinic=C1&practitioner=P2"));
        string text = WebUtility.HtmlDecode(director.Text);
        Assert.Matches("(?s)C1</a></th>.*?5.4\\s?%</a><div class=\"small\">of 129</div>.*?75.0\\s?%</a><div class=\"small\">of 4</div>.*?60.0\\s?%<div class=\"small\">of 5</div>", text);
        Assert.Matches("(?s)Ben Birch at C1, month by month.*February 2026.*not assessed", text);
        Assert.Contains("March 2026, events joined to their session: 0 of 1", text, StringComparison.Ordinal);
        Assert.Contains($"within {DailyQuality.InTimeDays} days after their end", text, StringComparison.Ordinal);
        await director.GetAsync("/uploads");
        Assert.Contains("href=\"/data-quality\"", director.Text, StringComparison.Ordinal);

        // From a share to the records that it lacks.
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync(System.Text.RegularExpressions.Regex.Match(text, "href=\"(/sessions\\?of=late_sessions&clinic=C1&from=2026-02-01&to=2026-04-30)\"").Groups[1].Value));
        Assert.Matches("(?s)Completed sessions that came late</h1>.*1 sessions.*first came in .*, after \\d", WebUtility.HtmlDecode(director.Text));
    }
}
