using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
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

    [Fact]
    public async Task The_page_and_programs_get_the_same_value()
    {
        var clock = new TestClock();
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            foreach (var (at, content) in Arrivals)
            {
                clock.Now = DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture);
                await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, null, Actor.CommandLine, default);
                await services.CatchUpAsync(null, default);
            }
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
        Assert.Matches("(?s)C1</a></th>.*?5.4\\s?%<div class=\"small\">of 129</div>.*?75.0\\s?%<div class=\"small\">of 4</div>.*?60.0\\s?%<div class=\"small\">of 5</div>", text);
        Assert.Matches("(?s)Ben Birch at C1, month by month.*February 2026.*not assessed", text);
        Assert.Contains("March 2026, events joined to their session: 0 of 1", text, StringComparison.Ordinal);
        Assert.Contains($"within {DailyQuality.InTimeDays} days after their end", text, StringComparison.Ordinal);
        await director.GetAsync("/uploads");
        Assert.Contains("href=\"/data-quality\"", director.Text, StringComparison.Ordinal);
    }
}
