using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SafetyAudit.Data;
using SafetyAudit.Notices;

namespace SafetyAudit.Tests.Notices;

public sealed class WebhookTests
{
    static NoticeSettings Settings(params string[] networks) => new(new("https://audit.example.org/"), null, default, default, TimeZoneInfo.Utc, [.. networks.Select(n => System.Net.IPNetwork.Parse(n))]);

    // The example of the Standard Webhooks libraries.
    [Fact]
    public void It_signs_as_the_specification_s_example_does() => Assert.Equal("v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
        Webhook.Sign(Convert.FromBase64String("plJ3nmyCDGBKInavdOK15jsl"), "msg_loFOjxBNrRLzqYUf", "1731705121", Encoding.UTF8.GetBytes("""{"event_type":"ping","data":{"success":true}}""")));

    [Theory]
    [InlineData("127.0.0.1"), InlineData("127.8.8.8"), InlineData("0.0.0.0"), InlineData("10.1.2.3"), InlineData("172.31.0.1"), InlineData("192.168.1.1"), InlineData("169.254.169.254"), InlineData("100.64.0.1"), InlineData("224.0.0.1"), InlineData("255.255.255.255"), InlineData("192.88.99.1"), InlineData("168.63.129.16")]
    [InlineData("::1"), InlineData("::"), InlineData("::ffff:127.0.0.1"), InlineData("::ffff:10.0.0.1"), InlineData("::127.0.0.1"), InlineData("64:ff9b::7f00:1"), InlineData("2002:7f00:1::"), InlineData("fe80::1"), InlineData("fd00::1"), InlineData("ff02::1"), InlineData("2001:0:1::1"), InlineData("2001:db8::1"), InlineData("3fff::1"), InlineData("100::1"), InlineData("fec0::1"), InlineData("4000::1"), InlineData("5f00::1")]
    public void Internal_addresses_are_told_from_public_ones(string address) => Assert.True(OutboundRequests.IsInternal(IPAddress.Parse(address)));

    [Theory, InlineData("93.184.215.14"), InlineData("172.32.0.1"), InlineData("2001:4860:4860::8888"), InlineData("3ffe::1"), InlineData("168.63.129.17"), InlineData("2606:2800:21f:cb07:6820:80da:af6b:8b2c"), InlineData("::ffff:93.184.215.14")]
    public void Public_addresses_are_reached(string address) => Assert.False(OutboundRequests.IsInternal(IPAddress.Parse(address)));

    [Fact]
    public async Task Nothing_internal_is_reached_by_address_name_mapping_rebinding_or_redirect()
    {
        await using var target = await Receiver.StartAsync();
        // A name that is public when it is looked at first, and this machine afterwards.
        int asked = 0;
        using var flips = new OutboundRequests(Settings(), (_, _) => Task.FromResult<IPAddress[]>([++asked == 1 ? IPAddress.Parse("192.0.2.1") : IPAddress.Loopback]));
        using var mixed = new OutboundRequests(Settings(), (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("93.184.215.14"), IPAddress.Loopback]));
        using var plain = new OutboundRequests(Settings());
        foreach (var (outbound, host) in new[] { (flips, "flips.example"), (flips, "flips.example"), (mixed, "mixed.example"), (plain, "127.0.0.1"), (plain, "localhost"), (plain, "[::1]"), (plain, "[::ffff:127.0.0.1]"), (plain, "2130706433"), (plain, "127.1") })
        {
            var refused = await Assert.ThrowsAsync<HttpRequestException>(() => outbound.SendAsync(new(HttpMethod.Post, $"http://{host}:{target.Port}/"), default));
            Assert.Contains("internal", refused.ToString(), StringComparison.Ordinal);
        }
        Assert.Empty(target.Requests);

        // What is allowed is reached, and where it points to is not.
        target.Answer = http => http.Response.Redirect($"http://127.0.0.1:{target.Port}/elsewhere");
        using var allowed = new OutboundRequests(Settings("127.0.0.0/8"));
        using var answer = await allowed.SendAsync(new(HttpMethod.Post, $"http://127.0.0.1:{target.Port}/hook"), default);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(["/hook"], target.Requests.Select(r => r.Path));
    }

    [Theory]
    [InlineData("http://example.org/"), InlineData("ftp://example.org"), InlineData("https://a:b@example.org/"), InlineData("javascript:alert(1)"), InlineData("/here"), InlineData(""), InlineData(null), InlineData("https://example.org/#x")]
    [InlineData("https://10.0.0.1/"), InlineData("https://[::1]/hook"), InlineData("https://127.1/"), InlineData("https://2130706433/")]
    public void An_address_that_will_not_do_is_refused_when_it_is_typed(string? url) => Assert.NotNull(Webhook.Problem(url, Settings()));

    [Fact] public void An_internal_address_that_may_be_reached_can_be_typed() => Assert.Null(Webhook.Problem("https://10.0.0.1/", Settings("10.0.0.0/24")));

    [Fact]
    public async Task A_case_is_told_once_signed_and_under_one_id_however_often_it_is_tried()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var installation = await TestInstallation.OpenAsync();
        string secret;
        await using (var db = installation.Db())
        {
            (var hook, secret) = Webhook.Make("C1", new($"http://127.0.0.1:{receiver.Port}/hook"), installation.Keys, installation.Clock.Now.UtcDateTime);
            db.Webhooks.AddRange(hook, Webhook.Make("C9", new($"http://127.0.0.1:{receiver.Port}/other"), installation.Keys, installation.Clock.Now.UtcDateTime).Webhook);
            await db.SaveChangesAsync();
        }
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        var settings = Settings("127.0.0.0/8");
        var databases = installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>();
        using var outbound = new OutboundRequests(settings);
        receiver.Answer = http => http.Response.StatusCode = receiver.Requests.Count < 3 ? 503 : 204;
        for (int run = 0; run < 8; run++)
        {
            await new PlanNotices(databases, settings, installation.Clock).RunAsync(default);
            await new SendNotices(databases, settings, outbound, installation.Keys, installation.Clock, NullLogger<SendNotices>.Instance).RunAsync(NoticeChannel.Webhook, default);
            installation.Clock.Now += TimeSpan.FromMinutes(10);
        }
        Assert.Equal(3, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(r => r.Id).Distinct());
        Assert.All(receiver.Requests, r =>
        {
            Assert.Equal("/hook", r.Path);
            byte[] key = Convert.FromBase64String(secret["whsec_".Length..]);
            Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{r.Id}.{r.Timestamp}.{r.Body}"))), r.Signature);
            using var said = JsonDocument.Parse(r.Body);
            Assert.Equal(("case.opened", "C1", "sentinel"), (said.RootElement.GetProperty("type").GetString(), said.RootElement.GetProperty("data").GetProperty("clinic_id").GetString(), said.RootElement.GetProperty("data").GetProperty("level").GetString()));
            foreach (string name in new[] { "P1", "Ada", "PNEUMOTHORAX", "E1" }) Assert.DoesNotContain(name, r.Body, StringComparison.Ordinal);
        });
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_was_planned_is_not_read_again_and_what_comes_is_told_once(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        var now = installation.Clock.Now.UtcDateTime;
        await using var db = installation.Db();
        db.Webhooks.AddRange(Webhook.Make("C1", new("https://example.org/1"), installation.Keys, now).Webhook, Webhook.Make("C2", new("https://example.org/2"), installation.Keys, now).Webhook);
        await db.SaveChangesAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        var plan = new PlanNotices(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>(), Settings(), installation.Clock);
        async Task<string[]> KindsAsync() => [.. (await db.Notices.AsNoTracking().OrderBy(n => n.Id).ToListAsync()).Select(n => $"{Codes.Of(n.Kind)} {n.Receiver}")];

        // What goes wrong while notices are kept leaves neither them nor how far it came.
        bool sqlite = provider == DatabaseProvider.Sqlite;
        await db.Database.ExecuteSqlRawAsync(sqlite ? "CREATE TRIGGER full BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'full'); END" : "ALTER TABLE notices ADD CONSTRAINT full_up CHECK (false) NOT VALID");
        await Assert.ThrowsAsync<DbUpdateException>(() => plan.RunAsync(default));
        await db.Database.ExecuteSqlRawAsync(sqlite ? "DROP TRIGGER full" : "ALTER TABLE notices DROP CONSTRAINT full_up");
        Assert.Empty(await db.PlannedUpTo.ToListAsync());
        Assert.Equal(1, await plan.RunAsync(default));
        Assert.Equal(["case_opened 1"], await KindsAsync());
        Assert.Equal(0, await plan.RunAsync(default));

        // What it has been through it does not go through again, also where nothing remembers the notice.
        long last = await db.CaseEntries.MaxAsync(e => e.Id);
        Assert.All(await db.PlannedUpTo.AsNoTracking().ToListAsync(), p => Assert.Equal(last, p.CaseEntryId));
        Assert.Equal(2, await db.PlannedUpTo.CountAsync());
        await db.Notices.ExecuteDeleteAsync();
        Assert.Equal(0, await plan.RunAsync(default));

        var review = await db.Cases.SingleAsync();
        (review.Stage, review.DecidedAtUtc) = (SafetyAudit.Cases.CaseStage.Closed, now.AddMinutes(1));
        db.CaseEntries.Add(new() { CaseId = review.Id, ClinicId = "C1", Kind = SafetyAudit.Cases.CaseEntryKind.Decided, AtUtc = now.AddMinutes(1) });
        await db.SaveChangesAsync();
        await plan.RunAsync(default);
        await plan.RunAsync(default);
        Assert.Contains("case_decided 1", await KindsAsync());
        Assert.Equal((await KindsAsync()).Distinct(), await KindsAsync());
        Assert.DoesNotContain(await KindsAsync(), k => k.EndsWith(" 2", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_was_opened_decided_and_opened_again_is_each_told_as_it_was_then_to_its_clinic_s_program_and_to_that_of_all(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var installation = await TestInstallation.OpenAsync(provider);
        var start = installation.Clock.Now.UtcDateTime;
        await using (var db = installation.Db())
        {
            foreach (string? clinic in new[] { "C1", "C2", null }) db.Webhooks.Add(Webhook.Make(clinic, new($"http://127.0.0.1:{receiver.Port}/{clinic ?? "all"}"), installation.Keys, start).Webhook);
            db.Users.Add(new() { UserName = "director", Roles = [SafetyAudit.Access.Role.Director] });
            await db.SaveChangesAsync();
        }
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        // All of it while no worker plans.
        await using (var db = installation.Db(new(SafetyAudit.Access.ActorKind.Person, "director", "", SafetyAudit.Access.Roles.Of(SafetyAudit.Access.Role.Director), new(null))))
        {
            var review = new SafetyAudit.Cases.ReviewCase(db, installation.Clock);
            foreach (var check in SafetyAudit.Cases.CaseStages.ChecksOf(SafetyAudit.Cases.CaseStage.Data)) Assert.Null(await review.CheckAsync(1, check, check == SafetyAudit.Cases.CaseCheck.Coding, check == SafetyAudit.Cases.CaseCheck.Coding ? "It was a bruise." : null, default));
            installation.Clock.Now += TimeSpan.FromHours(1);
            Assert.Null(await review.DecideAsync(1, SafetyAudit.Cases.CaseDecision.DataCorrected, "The category was wrong.", null, null, null, default));
            installation.Clock.Now += TimeSpan.FromHours(1);
            Assert.Null(await review.ReopenAsync(1, "The X-ray was read again.", default));
        }
        var settings = Settings("127.0.0.0/8");
        var databases = installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>();
        using var outbound = new OutboundRequests(settings);
        await new PlanNotices(databases, settings, installation.Clock).RunAsync(default);
        await new SendNotices(databases, settings, outbound, installation.Keys, installation.Clock, NullLogger<SendNotices>.Instance).RunAsync(NoticeChannel.Webhook, default);
        foreach (string path in new[] { "/C1", "/all" })
        {
            var said = receiver.Requests.Where(r => r.Path == path).Select(r => JsonDocument.Parse(r.Body).RootElement).Select(r => (r.GetProperty("type").GetString(), r.GetProperty("timestamp").GetDateTime(), r.GetProperty("data").GetProperty("decision").GetString()));
            Assert.Equal([("case.opened", start, null), ("case.decided", start.AddHours(1), "data_corrected"), ("case.reopened", start.AddHours(2), null)], said);
        }
        Assert.DoesNotContain(receiver.Requests, r => r.Path == "/C2");
        Assert.Equal(6, receiver.Requests.Select(r => r.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_new_secret_signs_beside_the_old_one_for_a_day_and_then_alone()
    {
        await using var installation = await TestInstallation.OpenAsync();
        var now = installation.Clock.Now.UtcDateTime;
        var (hook, old) = Webhook.Make("C1", new("https://example.org/hook"), installation.Keys, now);
        string renewed = hook.Renew(installation.Keys, now);
        Assert.NotEqual(old, renewed);
        void SignedBy(DateTime at, params string[] secrets)
        {
            using var request = hook.Request("notice_1", "{}"u8.ToArray(), installation.Keys, at);
            string[] signatures = request.Headers.GetValues("webhook-signature").Single().Split(' ');
            string timestamp = request.Headers.GetValues("webhook-timestamp").Single();
            Assert.Equal(secrets.Select(s => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(s["whsec_".Length..]), Encoding.UTF8.GetBytes($"notice_1.{timestamp}.{{}}")))), signatures);
        }
        SignedBy(now.AddHours(23), renewed, old);
        SignedBy(now.AddHours(24), renewed);
    }

    [Fact]
    public async Task Who_does_not_answer_holds_up_nobody_else_and_who_is_gone_is_not_asked_again()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var installation = await TestInstallation.OpenAsync();
        var silence = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silence.Start();
        int silent = ((IPEndPoint)silence.LocalEndpoint).Port;
        var now = installation.Clock.Now.UtcDateTime;
        await using (var db = installation.Db())
        {
            foreach (string url in new[] { $"http://127.0.0.1:{silent}/", $"http://127.0.0.1:{receiver.Port}/gone", $"http://127.0.0.1:{receiver.Port}/hook" }) db.Webhooks.Add(Webhook.Make("C1", new(url), installation.Keys, now).Webhook);
            await db.SaveChangesAsync();
        }
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX") + Samples.Event("E2", "S1", "PNEUMOTHORAX"));
        receiver.Answer = http => http.Response.StatusCode = http.Request.Path == "/gone" ? 410 : 200;
        var settings = Settings("127.0.0.0/8");
        var databases = installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>();
        using var outbound = new OutboundRequests(settings, patience: TimeSpan.FromMilliseconds(700));
        await new PlanNotices(databases, settings, installation.Clock).RunAsync(default);
        Assert.Equal(2, await new SendNotices(databases, settings, outbound, installation.Keys, installation.Clock, NullLogger<SendNotices>.Instance).RunAsync(NoticeChannel.Webhook, default));
        await using (var db = installation.Db())
        {
            var notices = await db.Notices.AsNoTracking().OrderBy(n => n.Id).ToListAsync();
            // Its second one is not tried after the first has had no answer.
            Assert.Equal([(NoticeState.Waiting, 1, "No answer in time."), (NoticeState.Waiting, 0, null)], notices.Where(n => n.Receiver == "1").Select(n => (n.State, n.Attempts, n.Problem)));
            Assert.All(notices.Where(n => n.Receiver == "2"), n => Assert.Equal((NoticeState.Dead, 1, "It answered 410."), (n.State, n.Attempts, n.Problem)));
            Assert.All(notices.Where(n => n.Receiver == "3"), n => Assert.Equal((NoticeState.Sent, 1), (n.State, n.Attempts)));
            (await db.Webhooks.SingleAsync(w => w.Id == 1)).EndedAtUtc = now;
            await db.SaveChangesAsync();
        }
        silence.Stop();
        installation.Clock.Now += TimeSpan.FromMinutes(5);
        await new SendNotices(databases, settings, outbound, installation.Keys, installation.Clock, NullLogger<SendNotices>.Instance).RunAsync(NoticeChannel.Webhook, default);
        await using (var db = installation.Db()) Assert.All(await db.Notices.AsNoTracking().Where(n => n.Receiver == "1").ToListAsync(), n => Assert.Equal((NoticeState.Withdrawn, "The webhook was ended."), (n.State, n.Problem)));
    }

    /// <summary>A program on loopback that keeps what it is told.</summary>
    sealed class Receiver : IAsyncDisposable
    {
        readonly WebApplication app;

        Receiver(WebApplication app) => this.app = app;

        public ConcurrentQueue<(string Path, string Id, string Timestamp, string Signature, string Body)> Requests { get; } = [];

        public Action<HttpContext> Answer { get; set; } = _ => { };

        public int Port => new Uri(app.Urls.First()).Port;

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var receiver = new Receiver(app);
            app.Run(async http =>
            {
                using var reader = new StreamReader(http.Request.Body);
                string body = await reader.ReadToEndAsync();
                receiver.Requests.Enqueue((http.Request.Path, http.Request.Headers["webhook-id"].ToString(), http.Request.Headers["webhook-timestamp"].ToString(), http.Request.Headers["webhook-signature"].ToString(), body));
                receiver.Answer(http);
            });
            await app.StartAsync();
            return receiver;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
