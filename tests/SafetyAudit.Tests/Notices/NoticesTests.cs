using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
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
    public async Task A_report_that_was_made_by_itself_is_told_to_those_who_keep_reports_of_its_clinics_until_it_is_signed()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        // A Wednesday by day, so that neither quiet hours nor the week's digest have a part.
        installation.Clock.Now = new(2026, 4, 15, 10, 0, 0, TimeSpan.Zero);
        long id;
        await using (var db = installation.Db())
        {
            db.ReportSchedules.Add(new() { Audience = SafetyAudit.Reports.Audience.Board, ClinicId = "C1", DaysAfter = 14, Rhythm = SafetyAudit.Reports.ReportRhythm.Quarter, MadeBy = "x", MadeAtUtc = Utc("2026-01-05T00:00:00Z") });
            await db.SaveChangesAsync();
            Assert.Equal(1, await installation.Services.GetRequiredService<SafetyAudit.Reports.FreezeDueReports>().RunAsync(default));
            id = (await db.Reports.SingleAsync()).Id;
        }
        for (int again = 0; again < 3; again++) await TellAsync(installation, Settings(server.Port));
        var mails = server.Mails.Where(m => m.Text.Contains("A report waits to be signed", StringComparison.Ordinal)).ToList();
        Assert.Equal(["ada@example.org", "all@example.org", "here@example.org", "zoe@example.org"], mails.Select(m => m.To).Order());
        Assert.All(mails, m => Assert.Contains("https://audit.example.org/reports", m.Text, StringComparison.Ordinal));

        await using var later = installation.Db();
        var report = await later.Reports.SingleAsync(r => r.Id == id);
        report.State = SafetyAudit.Reports.ReportState.Signed;
        later.Users.Add(new User { UserName = "new@example.org", Roles = [Role.Director] });
        await later.SaveChangesAsync();
        await TellAsync(installation, Settings(server.Port));
        Assert.DoesNotContain(server.Mails, m => m.To == "new@example.org" && m.Text.Contains("A report waits", StringComparison.Ordinal));
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
            Assert.True(await SendNotices.SettleAsync(db, given.Id, again: true, installation.Clock.Now.UtcDateTime, default));
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

    static async Task ChangeAsync(TestInstallation installation, Action<Case> change)
    {
        await using var db = installation.Db();
        change(await db.Cases.SingleAsync());
        await db.SaveChangesAsync();
    }

    static async Task AddAsync(TestInstallation installation, params User[] users)
    {
        await using var db = installation.Db();
        db.Users.AddRange(users);
        await db.SaveChangesAsync();
    }

    static List<string> To(MailServer server, string subject) => [.. server.Mails.Where(m => m.Text.Contains($"Subject: {subject}", StringComparison.Ordinal)).Select(m => m.To).Order()];

    [Fact]
    public async Task Whom_a_review_is_about_is_asked_for_an_answer_within_what_they_reach()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        await AddAsync(installation, new User { UserName = "p1@example.org", Roles = [Role.Practitioner], ClinicIds = ["C1"], PractitionerId = "P1" }, new User { UserName = "p1-elsewhere@example.org", Roles = [Role.Practitioner], ClinicIds = ["C2"], PractitionerId = "P1" },
            new User { UserName = "p2@example.org", Roles = [Role.Practitioner], ClinicIds = ["C1"], PractitionerId = "P2" });
        await TellAsync(installation, Settings(server.Port));
        Assert.Empty(To(server, "Your answer"));
        await ChangeAsync(installation, c => (c.Stage, c.AskedAtUtc) = (CaseStage.Person, installation.Clock.Now.UtcDateTime));
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["ada@example.org", "p1@example.org"], To(server, "Your answer"));
    }

    [Fact]
    public async Task A_review_that_the_protocol_wants_begun_is_told_of_until_it_is()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
        await ChangeAsync(installation, c => (c.BeginByUtc, c.DueAtUtc) = (new(2026, 7, 1, 13, 30, 0, DateTimeKind.Utc), new(2026, 7, 15, 22, 59, 0, DateTimeKind.Utc)));
        await TellAsync(installation, Settings(server.Port));
        // By the clinic's clock, which London's is in summer.
        Assert.All(server.Mails.Where(m => m.Text.Contains("Sentinel event", StringComparison.Ordinal)), m => Assert.Contains("Its review is to begin by 1 July 2026 14:30 (Europe/London). It is to be decided by 15 July 2026 23:59 (Europe/London).", m.Text, StringComparison.Ordinal));
        Assert.Empty(To(server, "Not begun"));
        installation.Clock.Now = new(2026, 7, 1, 13, 30, 0, TimeSpan.Zero);
        await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["all@example.org", "here@example.org", "zoe@example.org"], To(server, "Not begun"));
        await using (var db = installation.Db(new Actor(ActorKind.Person, "all@example.org", "", Roles.Of(Role.Director), new Scope(null))))
            Assert.Null(await new ReviewCase(db, installation.Clock).CheckAsync((await db.Cases.SingleAsync()).Id, CaseCheck.Coding, false, null, default));
        installation.Clock.Now += TimeSpan.FromDays(8);
        await TellAsync(installation, Settings(server.Port));
        Assert.Equal(3, To(server, "Not begun").Count);
        // Begun in time or not, it is not overdue before it was to be decided; then it is, and is told of again each week.
        Assert.Empty(To(server, "Overdue"));
        foreach (int day in new[] { 16, 17, 23, 24 })
        {
            installation.Clock.Now = new(2026, 7, day, 12, 0, 0, TimeSpan.Zero);
            await TellAsync(installation, Settings(server.Port));
            Assert.Equal(day < 23 ? 3 : 6, To(server, "Overdue").Count);
        }
    }

    [Fact]
    public async Task Two_are_told_of_a_red_finding_too_and_in_the_morning()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        await ChangeAsync(installation, c => c.Level = SafetyAudit.Alerts.AlertLevel.Red);
        await TellAsync(installation, Settings(server.Port));
        Assert.Empty(server.Mails);
        installation.Clock.Now = new(2026, 3, 10, 7, 0, 0, TimeSpan.Zero);
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["all@example.org", "here@example.org"], To(server, "A review is asked for"));
        Assert.Empty(To(server, "Sentinel"));
    }

    [Fact]
    public async Task A_case_that_comes_to_another_clinic_or_person_is_told_to_those_who_may_review_it_then()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["all@example.org", "here@example.org"], To(server, "Sentinel"));
        await ChangeAsync(installation, c => (c.ClinicId, c.PractitionerId) = ("C2", "P2"));
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["all@example.org", "elsewhere@example.org", "here@example.org"], To(server, "Sentinel"));
    }

    [Fact]
    public async Task Where_those_who_may_review_can_t_be_reached_an_administrator_is_told_and_the_next_person_knows_why()
    {
        await using var server = new MailServer();
        server.Refused.UnionWith(["here@example.org", "all@example.org", "zoe@example.org"]);
        await using var installation = await SentinelAsync();
        await AddAsync(installation, new User { UserName = "root@example.org", Roles = [Role.Administrator] }, new User { UserName = "root-elsewhere@example.org", Roles = [Role.Administrator], ClinicIds = ["C2"] });
        var settings = Settings(server.Port) with { QuietFrom = default, QuietTo = default };
        for (int runs = 0; runs < 40; runs++)
        {
            await TellAsync(installation, settings);
            installation.Clock.Now += TimeSpan.FromMinutes(2);
        }
        Assert.Equal(["root@example.org"], To(server, "Sentinel"));
        var mail = server.Mails.Single(m => m.Text.Contains("Sentinel event", StringComparison.Ordinal));
        Assert.Contains("Another who should know could not be reached.", mail.Text, StringComparison.Ordinal);
        Assert.Contains("You may not read it yourself.", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("/cases/", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("one of two", mail.Text, StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Before_its_date_two_are_reminded_where_nobody_leads_and_nobody_where_the_date_was_near_from_the_start(bool near)
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        await ChangeAsync(installation, c => c.DueAtUtc = near ? c.OpenedAtUtc.AddHours(47) : new(2026, 3, 13, 12, 0, 0, DateTimeKind.Utc));
        await TellAsync(installation, Settings(server.Port));
        Assert.Empty(To(server, "Due soon"));
        installation.Clock.Now = new(2026, 3, 11, 12, 0, 0, TimeSpan.Zero);
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(near ? [] : ["all@example.org", "here@example.org"], To(server, "Due soon"));
    }

    [Fact]
    public async Task An_account_that_is_made_in_the_week_has_its_first_digest_on_Monday_and_an_administrator_s_tells_what_could_not_be_delivered()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 3, 11, 12, 0, 0, TimeSpan.Zero);
        await AddAsync(installation, new User { UserName = "root@example.org", Roles = [Role.Administrator] }, new User { UserName = "auditor@example.org", Roles = [Role.Auditor] });
        await using (var db = installation.Db())
        {
            db.Notices.Add(new() { Key = "k", Kind = NoticeKind.CaseOverdue, Receiver = "gone@example.org", State = NoticeState.Dead });
            await db.SaveChangesAsync();
        }
        foreach (var (day, hour) in new[] { (11, 12), (15, 12), (16, 6) })
        {
            installation.Clock.Now = new(2026, 3, day, hour, 0, 0, TimeSpan.Zero);
            await TellAsync(installation, Settings(server.Port));
            Assert.Empty(To(server, "What is open"));
        }
        installation.Clock.Now = new(2026, 3, 16, 7, 0, 0, TimeSpan.Zero);
        for (int again = 0; again < 2; again++) await TellAsync(installation, Settings(server.Port));
        Assert.Equal(["ada@example.org", "all@example.org", "elsewhere@example.org", "here@example.org", "root@example.org", "zoe@example.org"], To(server, "What is open"));
        var mail = server.Mails.Single(m => m.To == "root@example.org" && m.Text.Contains("What is open", StringComparison.Ordinal));
        Assert.Contains("Notices that could not be delivered: 1.", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Open cases", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_changed_records_others_are_told_where_who_led_and_decided_is_gone_and_nobody_of_what_was_before()
    {
        await using var server = new MailServer();
        await using var installation = await SentinelAsync();
        installation.Clock.Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        var now = installation.Clock.Now.UtcDateTime;
        await ChangeAsync(installation, c => (c.Stage, c.Owner, c.DecidedBy, c.DecidedAtUtc) = (CaseStage.Closed, "gone@example.org", "closed@example.org", now.AddHours(-2)));
        foreach (var at in new[] { now.AddHours(-1), now })
        {
            await using (var db = installation.Db())
            {
                db.CaseEntries.Add(new() { CaseId = (await db.Cases.SingleAsync()).Id, ClinicId = "C1", Kind = CaseEntryKind.RecordsChanged, AtUtc = at });
                await db.SaveChangesAsync();
            }
            // The first run finds what was before mail was set up.
            await TellAsync(installation, Settings(server.Port));
            Assert.Equal(at < now ? [] : ["all@example.org", "here@example.org"], To(server, "Records changed"));
        }
    }

    [Fact]
    public async Task A_calendar_holds_the_dates_of_what_its_reader_may_review_and_names_nobody()
    {
        await using var installation = await SentinelAsync();
        // The last minute of 20 July in London.
        await ChangeAsync(installation, c => (c.DueAtUtc, c.BeginByUtc) = (new(2026, 7, 20, 22, 59, 0, DateTimeKind.Utc), new(2026, 7, 1, 8, 0, 0, DateTimeKind.Utc)));
        async Task<string> OfAsync(string name)
        {
            await using var db = installation.Db();
            return await DueCalendar.WriteAsync(Databases(installation), await db.Users.AsNoTracking().SingleAsync(u => u.UserName == name), Address, installation.Clock.Now.UtcDateTime, default);
        }
        string calendar = await OfAsync("all@example.org");
        Assert.Equal(["DTSTART:20260701T080000Z", "DTSTART:20260720T225900Z"], calendar.Split("\r\n").Where(line => line.StartsWith("DTSTART", StringComparison.Ordinal)));
        Assert.All(calendar.Split("\r\n"), line => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(line), 0, 75));
        foreach (string name in new[] { "Ada", "P1", "PNEUMOTHORAX" }) Assert.DoesNotContain(name, calendar, StringComparison.Ordinal);
        foreach (string other in new[] { "elsewhere@example.org", "ada@example.org" }) Assert.DoesNotContain("VEVENT", await OfAsync(other), StringComparison.Ordinal);
        await ChangeAsync(installation, c => (c.Stage, c.RemeasureOn) = (CaseStage.Closed, new(2026, 12, 1)));
        Assert.Equal(["DTSTART;VALUE=DATE:20261201"], (await OfAsync("all@example.org")).Split("\r\n").Where(line => line.StartsWith("DTSTART", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("mail.example.org", "false", true), InlineData("192.0.2.1", "false", true), InlineData("mail.example.org", "true", false), InlineData("localhost", "false", false), InlineData("127.0.0.1", "false", false), InlineData("::1", "false", false)]
    public void A_mail_server_s_password_does_not_cross_a_network_in_the_open(string host, string encrypted, bool refused)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Notices:Address"] = "https://audit.example.org", ["Notices:SmtpHost"] = host, ["Notices:SmtpEncrypted"] = encrypted, ["Notices:SmtpUser"] = "u", ["Notices:SmtpPassword"] = "p", ["Notices:From"] = "safety@example.org",
        }).Build();
        if (refused) Assert.Contains("in the open", Assert.Throws<ArgumentException>(() => SafetyAudit.Host.Settings.Notices(configuration)).Message, StringComparison.Ordinal);
        else Assert.Equal("u", SafetyAudit.Host.Settings.Notices(configuration).Smtp!.User);
    }

    [Theory]
    [InlineData("2026-03-10T19:59:00Z", "2026-03-10T19:59:00Z")]
    [InlineData("2026-03-10T20:00:00Z", "2026-03-11T07:00:00Z")]
    [InlineData("2026-03-11T06:59:00Z", "2026-03-11T07:00:00Z")]
    // In summer London is an hour ahead.
    [InlineData("2026-07-10T19:00:00Z", "2026-07-11T06:00:00Z")]
    // The night in which its clocks go forward, and the one in which they go back.
    [InlineData("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z")]
    [InlineData("2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z")]
    public void Quiet_hours_end_in_the_morning(string now, string after) => Assert.Equal(Utc(after), Settings(1).AfterQuiet(Utc(now)));

    // On 29 March 2026 there is no half past one in London: at one it is two.
    [Fact] public void Quiet_hours_that_end_in_an_hour_that_is_left_out_end_after_it() => Assert.Equal(Utc("2026-03-29T01:00:00Z"), (Settings(1) with { QuietTo = new(1, 30) }).AfterQuiet(Utc("2026-03-28T22:00:00Z")));

    [Theory]
    [InlineData("2026-03-30T05:59:00Z", "2026-03-23")]
    [InlineData("2026-03-30T06:00:00Z", "2026-03-30")]
    [InlineData("2026-10-26T06:59:00Z", "2026-10-19")]
    [InlineData("2026-10-26T07:00:00Z", "2026-10-26")]
    [InlineData("2026-03-09T06:59:00Z", "2026-03-02")]
    [InlineData("2026-03-09T07:00:00Z", "2026-03-09")]
    [InlineData("2026-03-15T23:00:00Z", "2026-03-09")]
    public void The_week_s_digest_is_made_on_Monday_at_seven(string now, string monday) => Assert.Equal(DateOnly.Parse(monday, System.Globalization.CultureInfo.InvariantCulture), Settings(1).DigestDay(Utc(now)));

    static DateTime Utc(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime;
}
