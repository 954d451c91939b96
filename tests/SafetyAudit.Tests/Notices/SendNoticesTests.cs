using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Notices;

namespace SafetyAudit.Tests.Notices;

/// <summary>Sending whatever happens: two at once, a crash, a stop, servers that answer anything.</summary>
public sealed class SendNoticesTests
{
    static NoticeSettings Settings(int port, bool encrypted = false) =>
        new(new("https://audit.example.org/"), new("127.0.0.1", port, new("safety@example.org"), encrypted, null, null), default, default, TimeZoneInfo.FindSystemTimeZoneById("Europe/London"), []);

    static readonly NoticeSettings Quiet = Settings(1) with { QuietFrom = new(20, 0), QuietTo = new(7, 0) };

    static async Task<int> SendAsync(TestInstallation installation, NoticeSettings settings, TimeProvider? time = null, ILogger<SendNotices>? log = null, CancellationToken ct = default)
    {
        using var outbound = new OutboundRequests(settings);
        return await new SendNotices(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>(), settings, outbound, installation.Keys, time ?? installation.Clock, log ?? NullLogger<SendNotices>.Instance).RunAsync(NoticeChannel.Mail, ct);
    }

    static Notice To(string receiver, NoticeKind kind, long? review, DateTime now, int attempts = 0) => new() { Key = $"{receiver} {Codes.Of(kind)} {review}", Kind = kind, Channel = NoticeChannel.Mail, Receiver = receiver, ClinicId = "C1", CaseId = review, MadeAtUtc = now, NotBeforeUtc = now, Attempts = attempts };

    // A case that is overdue and led by nobody, three who may review it, and a notice of it to each of the first ones.
    static async Task<(TestInstallation Installation, long Case)> OverdueAsync(int notices, DatabaseProvider provider = DatabaseProvider.Sqlite, NoticeKind kind = NoticeKind.CaseOverdue)
    {
        var installation = await TestInstallation.OpenAsync(provider);
        installation.Clock.Now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);
        var now = installation.Clock.Now.UtcDateTime;
        await using var db = installation.Db();
        string[] names = ["a@example.org", "b@example.org", "c@example.org"];
        db.Users.AddRange(names.Select(name => new User { UserName = name, Roles = [Role.Director] }));
        var alert = new Alert { Rule = AlertRule.MoreThanPeers, Level = AlertLevel.Red, ClinicId = "C1", Key = "k", Reason = "r", From = new(2026, 3, 1), To = new(2026, 3, 1) };
        db.Alerts.Add(alert);
        await db.SaveChangesAsync();
        var review = new Case { AlertId = alert.Id, Rule = alert.Rule, Level = alert.Level, ClinicId = "C1", OpenedAtUtc = now.AddDays(-9), DueAtUtc = now.AddDays(-1) };
        db.Cases.Add(review);
        await db.SaveChangesAsync();
        db.Notices.AddRange(names.Take(notices).Select(name => To(name, kind, review.Id, now)));
        await db.SaveChangesAsync();
        return (installation, review.Id);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Of_four_who_send_at_once_one_sends_each(DatabaseProvider provider)
    {
        await using var server = new MailServer();
        var (installation, _) = await OverdueAsync(3, provider);
        await using var _1 = installation;
        int[] sent = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => SendAsync(installation, Settings(server.Port)))));
        Assert.Equal(["a@example.org", "b@example.org", "c@example.org"], server.Mails.Select(m => m.To).Order());
        Assert.Equal(3, sent.Sum());
        await using var db = installation.Db();
        Assert.All(await db.Notices.ToListAsync(), n => Assert.Equal((NoticeState.Sent, 1), (n.State, n.Attempts)));
    }

    [Fact]
    public async Task What_left_before_a_crash_goes_out_again_under_the_same_id_and_not_before_its_lease_ends()
    {
        await using var server = new MailServer();
        var (installation, _) = await OverdueAsync(1);
        await using var _1 = installation;
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("CREATE TRIGGER crash BEFORE UPDATE ON notices WHEN NEW.state = 'sent' BEGIN SELECT RAISE(ABORT, 'gone'); END");
        await Assert.ThrowsAsync<DbUpdateException>(() => SendAsync(installation, Settings(server.Port)));
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("DROP TRIGGER crash");
        Assert.Equal(0, await SendAsync(installation, Settings(server.Port)));
        installation.Clock.Now += TimeSpan.FromMinutes(2);
        Assert.Equal(1, await SendAsync(installation, Settings(server.Port)));
        Assert.Equal(2, server.Mails.Count);
        Assert.Single(server.Mails.Select(m => System.Text.RegularExpressions.Regex.Match(m.Text, "Message-ID: <notice-1@audit.example.org>", System.Text.RegularExpressions.RegexOptions.IgnoreCase).Value).Distinct(), id => id.Length > 0);
    }

    [Fact]
    public async Task Who_was_held_up_past_the_lease_writes_nothing_over_what_another_has_sent()
    {
        var (installation, _) = await OverdueAsync(1);
        await using var _1 = installation;
        await using var server = new MailServer();
        // The first one's server is gone; while it learns that, the lease ends and another sends.
        var late = new Acts(installation.Clock, 2, async () =>
        {
            installation.Clock.Now += TimeSpan.FromMinutes(3);
            Assert.Equal(1, await SendAsync(installation, Settings(server.Port)));
        });
        Assert.Equal(0, await SendAsync(installation, Settings(1), late));
        await using var db = installation.Db();
        var notice = await db.Notices.SingleAsync();
        Assert.Equal((NoticeState.Sent, 2, null), (notice.State, notice.Attempts, notice.Problem));
    }

    [Fact]
    public async Task A_stop_after_sending_sends_nothing_twice()
    {
        await using var server = new MailServer();
        var (installation, _) = await OverdueAsync(2);
        await using var _1 = installation;
        using var stop = new CancellationTokenSource();
        // The clock is looked at once before an attempt and once after it.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(installation, Settings(server.Port), new Acts(installation.Clock, 2, stop.CancelAsync), ct: stop.Token));
        await using (var db = installation.Db()) Assert.Equal([NoticeState.Sent, NoticeState.Waiting], await db.Notices.OrderBy(n => n.Id).Select(n => n.State).ToListAsync());
        installation.Clock.Now += TimeSpan.FromHours(1);
        await SendAsync(installation, Settings(server.Port));
        Assert.Equal(["a@example.org", "b@example.org"], server.Mails.Select(m => m.To));
    }

    [Fact]
    public async Task What_can_never_be_sent_is_given_up_and_keeps_nothing_else_from_leaving()
    {
        await using var server = new MailServer();
        var (installation, review) = await OverdueAsync(0);
        await using var _ = installation;
        var now = installation.Clock.Now.UtcDateTime;
        await using (var db = installation.Db())
        {
            // Of a case that is not there; one whose worker died in each attempt; and one as all others.
            db.Notices.AddRange(To("a@example.org", NoticeKind.CaseOverdue, 4711, now), To("b@example.org", NoticeKind.CaseOverdue, review, now, SendNotices.MostAttempts), To("c@example.org", NoticeKind.CaseOverdue, review, now));
            await db.SaveChangesAsync();
        }
        var settings = Settings(server.Port);
        Assert.Equal(0, await SendAsync(installation, settings with { Address = null }));
        Assert.Equal(0, await SendAsync(installation, settings with { Smtp = null }));
        await using (var db = installation.Db()) Assert.Equal([0, 7, 0], await db.Notices.OrderBy(n => n.Id).Select(n => n.Attempts).ToListAsync());
        for (int hours = 0; hours < 40; hours++)
        {
            await SendAsync(installation, settings);
            installation.Clock.Now += TimeSpan.FromHours(1);
        }
        Assert.Equal(["c@example.org"], server.Mails.Select(m => m.To));
        await using (var db = installation.Db()) Assert.Equal([(NoticeState.Dead, 7), (NoticeState.Dead, 7), (NoticeState.Sent, 1)], (await db.Notices.OrderBy(n => n.Id).ToListAsync()).Select(n => (n.State, n.Attempts)));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_a_server_answers_makes_no_line_in_the_log_and_stops_nothing(DatabaseProvider provider)
    {
        await using var server = new MailServer { Refusal = "550 no\u0000 such \u001b[31mperson\u0007" + new string('x', 900) };
        server.Refused.Add("a@example.org");
        var (installation, _) = await OverdueAsync(2, provider);
        await using var _1 = installation;
        var log = new Lines();
        Assert.Equal(1, await SendAsync(installation, Settings(server.Port), log: log));
        await using var db = installation.Db();
        var refused = await db.Notices.SingleAsync(n => n.Receiver == "a@example.org");
        Assert.Equal((NoticeState.Waiting, 1), (refused.State, refused.Attempts));
        Assert.Contains("such", refused.Problem, StringComparison.Ordinal);
        Assert.InRange(refused.Problem!.Length, 10, 301);
        Assert.All((string[])[refused.Problem, .. log.Said], line => Assert.DoesNotContain(line, char.IsControl));
        Assert.Single(log.Said);
    }

    [Theory]
    [InlineData("2026-03-10T19:59:00Z", 1, 1)]
    [InlineData("2026-03-10T20:00:00Z", 0, 0)]
    [InlineData("2026-03-11T06:59:00Z", 0, 0)]
    [InlineData("2026-03-11T07:00:00Z", 1, 1)]
    public async Task Quiet_hours_hold_for_whatever_waits_whenever_it_was_planned(string now, int sent, int attempts)
    {
        await using var server = new MailServer();
        var (installation, review) = await OverdueAsync(1);
        await using var _ = installation;
        installation.Clock.Now = DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(sent, await SendAsync(installation, Quiet with { Smtp = Settings(server.Port).Smtp }));
        await using var db = installation.Db();
        Assert.Equal(attempts, (await db.Notices.SingleAsync()).Attempts);
    }

    [Fact]
    public async Task A_second_attempt_waits_for_the_morning_too_and_a_sentinel_event_does_not()
    {
        await using var server = new MailServer();
        server.Refused.Add("a@example.org");
        var (installation, review) = await OverdueAsync(1);
        await using var _ = installation;
        var settings = Quiet with { Smtp = Settings(server.Port).Smtp };
        installation.Clock.Now = new(2026, 3, 10, 19, 59, 30, TimeSpan.Zero);
        Assert.Equal(0, await SendAsync(installation, settings));
        server.Refused.Clear();
        await using (var db = installation.Db())
        {
            db.Notices.Add(To("b@example.org", NoticeKind.SentinelEvent, review, installation.Clock.Now.UtcDateTime));
            await db.SaveChangesAsync();
        }
        installation.Clock.Now = new(2026, 3, 10, 23, 0, 0, TimeSpan.Zero);
        Assert.Equal(1, await SendAsync(installation, settings));
        Assert.Equal(["b@example.org"], server.Mails.Select(m => m.To));
        await using (var db = installation.Db()) Assert.Equal((1, new DateTime(2026, 3, 11, 7, 0, 0, DateTimeKind.Utc)), await db.Notices.Where(n => n.Receiver == "a@example.org").Select(n => new ValueTuple<int, DateTime>(n.Attempts, n.NotBeforeUtc)).SingleAsync());
        installation.Clock.Now = new(2026, 3, 11, 7, 0, 0, TimeSpan.Zero);
        Assert.Equal(1, await SendAsync(installation, settings));
    }

    [Fact]
    public async Task Sentinel_events_are_sent_first()
    {
        await using var server = new MailServer();
        var (installation, review) = await OverdueAsync(2);
        await using var _ = installation;
        await using (var db = installation.Db())
        {
            db.Notices.Add(To("c@example.org", NoticeKind.SentinelEvent, review, installation.Clock.Now.UtcDateTime));
            await db.SaveChangesAsync();
        }
        Assert.Equal(3, await SendAsync(installation, Settings(server.Port)));
        Assert.Equal(["c@example.org", "a@example.org", "b@example.org"], server.Mails.Select(m => m.To));
    }

    // Decided; given another date; the receiver's role taken away, their clinics, their account; the receiver turns out to be whom it is about.
    [Theory, InlineData("decided"), InlineData("date"), InlineData("role"), InlineData("clinics"), InlineData("account"), InlineData("subject")]
    public async Task What_no_longer_holds_when_it_would_be_sent_is_not_sent(string change)
    {
        await using var server = new MailServer();
        var (installation, _) = await OverdueAsync(1);
        await using var _1 = installation;
        await using (var db = installation.Db())
        {
            var (review, user) = (await db.Cases.SingleAsync(), await db.Users.SingleAsync(u => u.UserName == "a@example.org"));
            switch (change)
            {
                case "decided": review.Stage = CaseStage.Closed; break;
                case "date": review.DueAtUtc = installation.Clock.Now.UtcDateTime.AddDays(9); break;
                case "role": user.Roles = [Role.Auditor]; break;
                case "clinics": user.ClinicIds = ["C2"]; break;
                case "account": user.DisabledAtUtc = installation.Clock.Now.UtcDateTime; break;
                default: (review.PractitionerId, user.PractitionerId) = ("P1", "P1"); break;
            }
            await db.SaveChangesAsync();
        }
        Assert.Equal(0, await SendAsync(installation, Settings(server.Port)));
        Assert.Empty(server.Mails);
        await using (var db = installation.Db()) Assert.Equal((NoticeState.Withdrawn, 1), await db.Notices.Select(n => new ValueTuple<NoticeState, int>(n.State, n.Attempts)).SingleAsync());
    }

    // After about 1, 5 and 30 minutes, 2, 6 and 12 hours, each a quarter earlier or later, and never all alike.
    [Fact]
    public async Task The_pauses_grow_and_what_failed_together_is_not_tried_together()
    {
        await using var server = new MailServer();
        server.Refused.UnionWith(["a@example.org", "b@example.org", "c@example.org"]);
        var (installation, _) = await OverdueAsync(3);
        await using var _1 = installation;
        foreach (double minutes in new[] { 1, 5, 30, 120, 360, 720.0 })
        {
            await SendAsync(installation, Settings(server.Port));
            await using var db = installation.Db();
            var pauses = await db.Notices.Select(n => n.NotBeforeUtc).ToListAsync();
            Assert.All(pauses, at => Assert.InRange((at - installation.Clock.Now.UtcDateTime).TotalMinutes, 0.75 * minutes, 1.25 * minutes));
            Assert.True(pauses.Distinct().Count() > 1);
            installation.Clock.Now += TimeSpan.FromMinutes(1.25 * minutes);
        }
        await SendAsync(installation, Settings(server.Port));
        await using (var db = installation.Db()) Assert.All(await db.Notices.ToListAsync(), n => Assert.Equal((NoticeState.Dead, 7), (n.State, n.Attempts)));
    }

    [Fact]
    public async Task Nothing_is_sent_in_the_open_where_encryption_is_asked_for()
    {
        await using var server = new MailServer();
        var (installation, _) = await OverdueAsync(1);
        await using var _1 = installation;
        Assert.Equal(0, await SendAsync(installation, Settings(server.Port, encrypted: true)));
        Assert.Empty(server.Mails);
        await using var db = installation.Db();
        Assert.Contains("secure", (await db.Notices.SingleAsync()).Problem, StringComparison.Ordinal);
    }

    [Theory, InlineData("a@example.org\r\nBcc: x@example.org"), InlineData("a@example.org\nBcc: x@example.org"), InlineData("Ann <a@example.org>"), InlineData("a@example.org, x@example.org"), InlineData("a"), InlineData(null)]
    public void A_name_that_is_no_mail_address_gets_no_mail(string? name) => Assert.Null(SendNotices.AddressOf(new User { UserName = name }));

    [Fact]
    public async Task No_text_makes_a_header_of_a_mail()
    {
        await using var server = new MailServer();
        var (installation, review) = await OverdueAsync(1);
        await using var _ = installation;
        await using (var db = installation.Db())
        {
            (await db.Cases.SingleAsync()).ClinicId = "C1\r\nBcc: x@example.org\r\n\r\n";
            await db.SaveChangesAsync();
        }
        await SendAsync(installation, Settings(server.Port));
        var mail = Assert.Single(server.Mails);
        Assert.Equal("a@example.org", mail.To);
        Assert.DoesNotContain(mail.Text.Split("\n\n")[0].Split('\n'), line => line.StartsWith("Bcc", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A clock that does something when it is looked at for the so-manieth time.</summary>
    sealed class Acts(TestClock clock, int when, Func<Task> act) : TimeProvider
    {
        int asked;

        public override DateTimeOffset GetUtcNow()
        {
            if (Interlocked.Increment(ref asked) == when) act().GetAwaiter().GetResult();
            return clock.Now;
        }
    }

    sealed class Lines : ILogger<SendNotices>
    {
        public List<string> Said { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Said.Add(formatter(state, exception));
    }
}
