using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Notices;
using SafetyAudit.Protocol;

namespace SafetyAudit.Tests.Notices;

public sealed class NoticesTests
{
    static readonly Uri Address = new("https://audit.example.org/");

    static NoticeSettings Settings(int port) => new(Address, new("127.0.0.1", port, new("safety@example.org"), Encrypted: false, null, null), new(20, 0), new(7, 0), TimeZoneInfo.FindSystemTimeZoneById("Europe/London"), []);

    static IDbContextFactory<SafetyAuditDb> Databases(TestInstallation installation) => installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>();

    // As the job does it: plans, then sends.
    static async Task TellAsync(TestInstallation installation, NoticeSettings settings)
    {
        using var outbound = new OutboundRequests(settings);
        await new PlanNotices(Databases(installation), settings, installation.Clock).RunAsync(default);
        await new SendNotices(Databases(installation), settings, outbound, installation.Keys, installation.Clock, NullLogger<SendNotices>.Instance).RunAsync(NoticeChannel.Mail, default);
    }

    // A pneumothorax of P1's at night; three who may review it, and P1, who is a director too.
    static async Task<TestInstallation> SentinelAsync(DatabaseProvider provider = DatabaseProvider.Sqlite)
    {
        var installation = await TestInstallation.OpenAsync(provider);
        installation.Clock.Now = new(2026, 3, 10, 2, 0, 0, TimeSpan.Zero);
        await using (var db = installation.Db())
        {
            db.Users.AddRange(
                new User { UserName = "all@example.org", Roles = [Role.Director] }, new User { UserName = "here@example.org", Roles = [Role.ComplianceOfficer], ClinicIds = ["C1"] }, new User { UserName = "zoe@example.org", Roles = [Role.Director] },
                new User { UserName = "ada@example.org", Roles = [Role.Director], ClinicIds = ["C1"], PractitionerId = "P1" }, new User { UserName = "elsewhere@example.org", Roles = [Role.Director], ClinicIds = ["C2"] },
                new User { UserName = "closed@example.org", Roles = [Role.Director], DisabledAtUtc = installation.Clock.Now.UtcDateTime }, new User { UserName = "no-mail", Roles = [Role.Director] });
            await db.SaveChangesAsync();
        }
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        return installation;
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Two_persons_are_told_of_a_sentinel_event_at_once_and_neither_is_whom_it_is_about(DatabaseProvider provider)
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync(provider);
        for (int again = 0; again < 3; again++) await TellAsync(installation, Settings(server.Port));
        // At two in the morning; the digest of the week waits until seven.
        Assert.Equal(["here@example.org", "all@example.org"], server.Mails.Select(m => m.To));
        await using (var db = installation.Db())
        {
            var review = await db.Cases.SingleAsync();
            Assert.All(server.Mails, mail =>
            {
                Assert.Contains($"https://audit.example.org/cases/{review.Id}", mail.Text, StringComparison.Ordinal);
                Assert.Contains("Subject: Sentinel event: case", mail.Text, StringComparison.Ordinal);
                foreach (string name in new[] { "Ada", "P1", "T1", "S1", "E1", "PNEUMOTHORAX", "pt1-" }) Assert.DoesNotContain(name, mail.Text, StringComparison.Ordinal);
            });
        }
        installation.Clock.Now = new(2026, 3, 10, 7, 30, 0, TimeSpan.Zero);
        await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["ada@example.org", "all@example.org", "elsewhere@example.org", "here@example.org", "zoe@example.org"], server.Mails.Skip(2).Where(m => m.Text.Contains("What is open this week", StringComparison.Ordinal)).Select(m => m.To).Order());
        // Whom it is about is told of no sentinel alert, and neither is another clinic.
        Assert.All(server.Mails.Where(m => m.To is "ada@example.org" or "elsewhere@example.org"), m => Assert.Contains("Open alerts: none", m.Text, StringComparison.Ordinal));
        Assert.All(server.Mails.Skip(2).Where(m => m.To is "zoe@example.org"), m => Assert.Contains("1 sentinel", m.Text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_can_t_be_reached_is_tried_again_and_then_somebody_else_is_told()
    {
        await using var server = new MailServer();
        server.Refused.Add("here@example.org");
        await using var installation = await SentinelAsync();
        var settings = Settings(server.Port) with { QuietFrom = default, QuietTo = default };
        int runs = 0;
        for (; runs < 40 && !server.Mails.Exists(m => m.To == "zoe@example.org" && m.Text.Contains("Sentinel", StringComparison.Ordinal)); runs++)
        {
            await TellAsync(installation, settings);
            await using var db = installation.Db();
            if (await db.Notices.SingleAsync(n => n.Receiver == "here@example.org" && n.Kind == NoticeKind.SentinelEvent) is { Attempts: < PlanNotices.AttemptsBeforeNext }) Assert.DoesNotContain(server.Mails, m => m.To == "zoe@example.org" && m.Text.Contains("Sentinel", StringComparison.Ordinal));
            installation.Clock.Now += TimeSpan.FromMinutes(2);
        }
        Assert.InRange(runs, 3, 39);
        for (int hours = 0; hours < 60; hours++)
        {
            installation.Clock.Now += TimeSpan.FromHours(1);
            await TellAsync(installation, settings);
        }
        await using (var db = installation.Db())
        {
            var given = await db.Notices.SingleAsync(n => n.Receiver == "here@example.org" && n.Kind == NoticeKind.SentinelEvent);
            Assert.Equal((NoticeState.Dead, 7), (given.State, given.Attempts));
            Assert.Contains("no such person", given.Problem, StringComparison.Ordinal);
            server.Refused.Clear();
            Assert.True(await SendNotices.ReplayAsync(db, given.Id, installation.Clock.Now.UtcDateTime, default));
        }
        await TellAsync(installation, settings);
        Assert.Contains(server.Mails, m => m.To == "here@example.org" && m.Text.Contains("Sentinel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_leads_a_review_is_asked_reminded_and_past_its_date_everybody_who_may_review_it_is_told()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        long id;
        await using (var db = installation.Db(new Actor(ActorKind.Person, "all@example.org", "", Roles.Of(Role.Director), new Scope(null))))
        {
            id = (await db.Cases.SingleAsync()).Id;
            Assert.Null(await new ReviewCase(db, installation.Clock).AssignAsync(id, "zoe@example.org", new(2026, 3, 20), default));
            Assert.Null(await new ReviewCase(db, installation.Clock).CheckAsync(id, CaseCheck.Duplicates, false, null, default));
            Assert.Null(await new ReviewCase(db, installation.Clock).CheckAsync(id, CaseCheck.Coding, false, null, default));
            // The protocol's deadline is about the first look.
            var step = await db.EventSteps.SingleAsync();
            Assert.Equal((EventStepKind.ReviewStarted, "E1", installation.Clock.Now.UtcDateTime), (step.Kind, step.EventId, step.AtUtc));
        }
        List<string> To(string subject) => [.. server.Mails.Where(m => m.Text.Contains($"Subject: {subject}", StringComparison.Ordinal)).Select(m => m.To)];
        await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["zoe@example.org"], To("You lead"));
        Assert.Empty(To("Due soon"));
        foreach (int hour in new[] { 3, 12 })
        {
            installation.Clock.Now = new(2026, 3, 19, hour, 0, 0, TimeSpan.Zero);
            await TellAsync(installation, Settings(server.Port));
            Assert.Equal(hour == 3 ? [] : ["zoe@example.org"], To("Due soon"));
        }
        installation.Clock.Now = new(2026, 3, 21, 12, 0, 0, TimeSpan.Zero);
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["all@example.org", "here@example.org", "zoe@example.org"], To("Overdue").Order());
        Assert.Equal(["zoe@example.org"], To("You lead"));
    }

    [Fact]
    public async Task Who_led_or_decided_a_review_is_told_when_its_records_change_afterwards()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        var now = installation.Clock.Now.UtcDateTime;
        await using (var db = installation.Db())
        {
            var review = await db.Cases.SingleAsync();
            (review.Stage, review.Owner, review.DecidedBy, review.DecidedAtUtc) = (CaseStage.Closed, "zoe@example.org", "all@example.org", now);
            db.CaseEntries.Add(new() { CaseId = review.Id, ClinicId = "C1", Kind = CaseEntryKind.RecordsChanged, AtUtc = now, Figures = "2 observed; 1 when it was decided" });
            await db.SaveChangesAsync();
        }
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["all@example.org", "zoe@example.org"], server.Mails.Where(m => m.Text.Contains("Subject: Records changed", StringComparison.Ordinal)).Select(m => m.To).Order());
    }

    [Fact]
    public async Task A_calendar_holds_the_dates_of_what_its_reader_may_review_and_names_nobody()
    {
        await using var installation = await SentinelAsync();
        await using (var db = installation.Db())
        {
            (await db.Cases.SingleAsync()).DueAtUtc = new(2026, 3, 20, 23, 59, 0, DateTimeKind.Utc);
            await db.SaveChangesAsync();
        }
        async Task<string> OfAsync(string name)
        {
            await using var db = installation.Db();
            return await DueCalendar.WriteAsync(Databases(installation), await db.Users.AsNoTracking().SingleAsync(u => u.UserName == name), Address, installation.Clock.Now.UtcDateTime, default);
        }
        string calendar = await OfAsync("all@example.org");
        Assert.Contains("DTSTART;VALUE=DATE:20260320\r\n", calendar, StringComparison.Ordinal);
        Assert.All(calendar.Split("\r\n"), line => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(line), 0, 75));
        foreach (string name in new[] { "Ada", "P1", "PNEUMOTHORAX" }) Assert.DoesNotContain(name, calendar, StringComparison.Ordinal);
        foreach (string other in new[] { "elsewhere@example.org", "ada@example.org" }) Assert.DoesNotContain("VEVENT", await OfAsync(other), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-03-10T19:59:00Z", "2026-03-10T19:59:00Z")]
    [InlineData("2026-03-10T20:00:00Z", "2026-03-11T07:00:00Z")]
    [InlineData("2026-03-11T06:59:00Z", "2026-03-11T07:00:00Z")]
    // In summer London is an hour ahead.
    [InlineData("2026-07-10T19:00:00Z", "2026-07-11T06:00:00Z")]
    public void Quiet_hours_end_in_the_morning(string now, string after) => Assert.Equal(Utc(after), Settings(1).AfterQuiet(Utc(now)));

    [Theory]
    [InlineData("2026-03-09T06:59:00Z", "2026-03-02")]
    [InlineData("2026-03-09T07:00:00Z", "2026-03-09")]
    [InlineData("2026-03-15T23:00:00Z", "2026-03-09")]
    public void The_week_s_digest_is_made_on_Monday_at_seven(string now, string monday) => Assert.Equal(DateOnly.Parse(monday, System.Globalization.CultureInfo.InvariantCulture), Settings(1).DigestDay(Utc(now)));

    static DateTime Utc(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;
}
