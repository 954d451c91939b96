using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>When a sign-in counts and when it no longer does, with a clock that the test moves.</summary>
public class SignInTests
{
    const string Password = "plum kettle orbit", Other = "violet anchor soup";

    [Fact]
    public async Task A_copied_cookie_is_dead_after_signing_out()
    {
        await using var dashboard = await StartAsync();
        using var visitor = await SignedInAsync(dashboard);
        using var thief = visitor.Thief();
        Assert.True(await thief.IsSignedInAsync());
        Assert.Equal(HttpStatusCode.Redirect, await visitor.PostAsync("/account", [], "/sign-out"));
        Assert.DoesNotContain(visitor.Cookies.Keys, name => name.Contains("sign-in", StringComparison.Ordinal));
        Assert.False(await thief.IsSignedInAsync());
        Assert.Equal(SignInEnd.SignedOut, Assert.Single(await RowsAsync(dashboard)).EndedBecause);
    }

    [Fact]
    public async Task Every_sign_in_has_an_id_of_its_own_and_ends_the_one_before()
    {
        await using var dashboard = await StartAsync();
        using var visitor = await SignedInAsync(dashboard);
        using var before = visitor.Thief();
        await visitor.SignInAsync("director", Password);
        Assert.True(await visitor.IsSignedInAsync());
        Assert.False(await before.IsSignedInAsync());
        var rows = await RowsAsync(dashboard);
        Assert.Equal(2, rows.Select(r => r.Id).Distinct().Count());
        Assert.Equal("Chrome on Linux", rows[0].Browser);
        Assert.Equal("127.0.0.1", rows[0].Address);
        Assert.Equal([SignInEnd.SignedInAgain, null], rows.Select(r => r.EndedBecause));
    }

    [Fact]
    public async Task Disabling_a_user_ends_their_sign_ins_at_once_and_they_cannot_sign_in()
    {
        await using var dashboard = await StartAsync();
        using var visitor = await SignedInAsync(dashboard);
        await dashboard.ChangeAsync("director", user => user.DisabledAtUtc = new(2026, 7, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.False(await visitor.IsSignedInAsync());
        Assert.Contains("over=disabled", visitor.Location, StringComparison.Ordinal);
        await visitor.SignInAsync("director", Password);
        Assert.Contains("do not fit together", visitor.Text, StringComparison.Ordinal);
        Assert.Contains("Sign-in refused: disabled", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changing_the_password_ends_every_other_sign_in()
    {
        await using var dashboard = await StartAsync();
        using var here = await SignedInAsync(dashboard);
        using var there = await SignedInAsync(dashboard);
        using var copy = here.Thief();
        var wrong = new Dictionary<string, string> { ["current"] = Other, ["wanted"] = Other, ["again"] = Other };
        Assert.Equal(HttpStatusCode.OK, await here.PostAsync("/account", wrong, "/account?handler=Password"));
        Assert.Contains("not your present password", here.Text, StringComparison.Ordinal);
        var right = new Dictionary<string, string>(wrong) { ["current"] = Password };
        Assert.Equal(HttpStatusCode.Redirect, await here.PostAsync("/account", right, "/account?handler=Password"));
        Assert.True(await here.IsSignedInAsync());
        Assert.False(await copy.IsSignedInAsync());
        Assert.False(await there.IsSignedInAsync());
        Assert.Contains("over=credentials_changed", there.Location, StringComparison.Ordinal);
        await there.SignInAsync("director", Password);
        Assert.False(await there.IsSignedInAsync());
        await there.SignInAsync("director", Other);
        Assert.True(await there.IsSignedInAsync());
    }

    [Fact]
    public async Task One_sign_in_or_all_can_be_ended_from_the_account_page()
    {
        await using var dashboard = await StartAsync();
        using var here = await SignedInAsync(dashboard);
        using var there = await SignedInAsync(dashboard);
        using var third = await SignedInAsync(dashboard);
        string other = (await RowsAsync(dashboard))[1].Id;
        await here.GetAsync("/account");
        Assert.Equal(3, here.Text.Split("End this one").Length - 1);
        await here.PostAgainAsync(new() { ["id"] = other }, "/account?handler=End");
        Assert.Equal((true, false, true), (await here.IsSignedInAsync(), await there.IsSignedInAsync(), await third.IsSignedInAsync()));
        await here.PostAsync("/account", [], "/account?handler=Everywhere");
        Assert.Equal((false, false), (await here.IsSignedInAsync(), await third.IsSignedInAsync()));
    }

    [Fact]
    public async Task Nobody_ends_a_sign_in_of_somebody_else()
    {
        await using var dashboard = await StartAsync();
        using var director = await SignedInAsync(dashboard);
        await RunningDashboard.AddUserAsync(dashboard.App.Services, "officer", Other);
        using var officer = new Visitor(dashboard.Address);
        await officer.SignInAsync("officer", Other);
        await officer.GetAsync("/account");
        Assert.Equal(HttpStatusCode.NotFound, await officer.PostAgainAsync(new() { ["id"] = (await RowsAsync(dashboard))[0].Id }, "/account?handler=End"));
        Assert.True(await director.IsSignedInAsync());
    }

    [Fact]
    public async Task After_fifteen_minutes_without_activity_it_asks_again_and_leads_back()
    {
        var clock = new TestClock();
        await using var dashboard = await StartAsync(clock);
        using var visitor = await SignedInAsync(dashboard);
        for (int i = 0; i < 4; i++)
        {
            clock.Now += TimeSpan.FromMinutes(14.7);
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/measures"));
        }
        clock.Now += TimeSpan.FromMinutes(15);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.GetAsync("/measures/BRUISE_MINOR?against=peers"));
        await visitor.SignInAsync("director", Password, visitor.Location!);
        Assert.Equal("/sign-in?returnUrl=%2Fmeasures%2FBRUISE_MINOR%3Fagainst%3Dpeers&over=idle", visitor.Answer.RequestMessage!.RequestUri!.PathAndQuery);
        Assert.Equal("/measures/BRUISE_MINOR?against=peers", visitor.Location);
        await visitor.GetAsync("/sign-in?over=idle");
        Assert.Contains("Signed out after 15 minutes without activity", visitor.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_asks_again_by_itself_keeps_no_sign_in_alive()
    {
        var clock = new TestClock();
        // There is no worker: the file waits, and its page looks again and again.
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.Practitioners)), "p.csv", null, "C1", Actor.CommandLine, default);
            await RunningDashboard.AddUserAsync(services, "director", Password);
        }, clock);
        using var visitor = await SignedInAsync(dashboard);
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/uploads/1"));
        string again = System.Text.RegularExpressions.Regex.Match(visitor.Text, "url=(/uploads/[^\"]+)").Groups[1].Value;
        for (int i = 0; i < 2; i++)
        {
            clock.Now += TimeSpan.FromMinutes(7);
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync(again));
            // Nor is the stream that tells an open page of changes.
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/live"));
        }
        clock.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.GetAsync(again));
        Assert.Contains("over=idle", visitor.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_twelve_hours_it_asks_again_however_busy()
    {
        var clock = new TestClock();
        await using var dashboard = await StartAsync(clock);
        using var visitor = await SignedInAsync(dashboard);
        for (var end = clock.Now.AddHours(12); clock.Now.AddMinutes(12) < end; )
        {
            clock.Now += TimeSpan.FromMinutes(12);
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/sign-in"));
            Assert.True(await visitor.IsSignedInAsync());
        }
        clock.Now += TimeSpan.FromMinutes(12);
        Assert.False(await visitor.IsSignedInAsync());
        Assert.Contains("over=expired", visitor.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_do_not_write_to_the_database_or_wait_for_it()
    {
        var clock = new TestClock();
        await using var dashboard = await StartAsync(clock);
        using var visitor = await SignedInAsync(dashboard);
        await using (var scope = dashboard.App.Services.CreateAsyncScope())
        {
            // Somebody holds the only pen.
            var db = scope.ServiceProvider.GetRequiredService<SafetyAuditDb>();
            await using var busy = await db.Database.BeginTransactionAsync();
            clock.Now += TimeSpan.FromMinutes(6);
            // Answered before the pen is laid down: whoever waited for it would wait half a minute, and then fail.
            Assert.True(await visitor.IsSignedInAsync().WaitAsync(TimeSpan.FromSeconds(25)));
            Assert.Equal(new DateTime(2026, 7, 1, 12, 0, 0), Assert.Single(await RowsAsync(dashboard)).LastSeenAtUtc);
        }
        for (int i = 0; i < 200 && (await RowsAsync(dashboard))[0].LastSeenAtUtc.Minute == 0; i++) await Task.Delay(100);
        Assert.Equal(clock.Now.UtcDateTime, (await RowsAsync(dashboard))[0].LastSeenAtUtc);
    }

    [Fact]
    public async Task Where_a_second_step_is_required_a_password_alone_opens_only_the_account()
    {
        await using var dashboard = await RunningDashboard.StartAsync(
            services => RunningDashboard.AddUserAsync(services, "director", Password), new TestClock(), "--Access:SecondStepRequired", "true");
        using var visitor = await SignedInAsync(dashboard);
        foreach (string page in new[] { "/", "/measures", "/uploads", "/practitioners/P1" })
        {
            Assert.Equal(HttpStatusCode.Redirect, await visitor.GetAsync(page));
            Assert.Equal("/account", visitor.Location);
        }
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/account/code"));
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/account"));
        Assert.Contains("A password alone is not enough here", visitor.Text, StringComparison.Ordinal);
        await dashboard.ChangeAsync("director", user => user.CodeSecret = "as if set up");
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/measures"));
    }

    [Fact]
    public async Task While_the_database_does_not_answer_everything_is_closed_and_says_so()
    {
        await using var dashboard = await StartAsync();
        using var visitor = await SignedInAsync(dashboard);
        await using (var db = await dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE sign_ins RENAME TO elsewhere");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await visitor.GetAsync("/measures"));
        Assert.Contains("Not available just now", visitor.Text, StringComparison.Ordinal);
        await using (var db = await dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContextAsync())
            await db.Database.ExecuteSqlRawAsync("ALTER TABLE elsewhere RENAME TO sign_ins");
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/measures"));
    }

    [Fact]
    public async Task Signing_in_leads_to_pages_of_ours_only()
    {
        await using var dashboard = await StartAsync();
        foreach (string wanted in new[] { "https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/", "/\t/elsewhere.example/", "http:/elsewhere.example", "javascript:alert(1)", "/sign-out", "/SIGN-OUT" })
        {
            using var visitor = new Visitor(dashboard.Address);
            var fields = new Dictionary<string, string> { ["UserName"] = "director", ["Password"] = Password, ["ReturnUrl"] = wanted };
            await visitor.PostAsync("/sign-in?returnUrl=" + Uri.EscapeDataString(wanted), fields);
            Assert.Equal((wanted, HttpStatusCode.Redirect, "/"), (wanted, visitor.Answer.StatusCode, visitor.Location));
        }
    }

    [Fact]
    public async Task Every_cookie_is_bound_to_this_host_encrypted_and_out_of_reach_of_scripts()
    {
        await using var dashboard = await StartAsync();
        using var visitor = await SignedInAsync(dashboard);
        await visitor.PostAsync("/account", [], "/sign-out");
        await visitor.GetAsync("/sign-in");
        await visitor.PostAgainAsync([], "/sign-in?handler=PasskeyOptions");
        Assert.Contains("challenge", visitor.Text, StringComparison.Ordinal);
        // Between the password and the code there is one too.
        await dashboard.ChangeAsync("director", user => user.CodeSecret = "as if set up");
        await visitor.SignInAsync("director", Password);
        Assert.Equal(["__Host-safetyaudit-form", "__Host-safetyaudit-passkey", "__Host-safetyaudit-second-step", "__Host-safetyaudit-sign-in"],
            visitor.SetCookies.Select(c => c.Split('=')[0]).Distinct().Order());
        foreach (string cookie in visitor.SetCookies)
        {
            Assert.Contains("path=/;", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
            // Links in mails have to arrive signed in; nothing else comes from elsewhere.
            Assert.Contains(cookie.StartsWith("__Host-safetyaudit-sign-in=", StringComparison.Ordinal) ? "samesite=lax" : "samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Guessing_is_slowed_down_and_logged_but_locks_nobody_else_out()
    {
        await using var dashboard = await StartAsync();
        await RunningDashboard.AddUserAsync(dashboard.App.Services, "officer", Other);
        using var guesser = new Visitor(dashboard.Address);
        for (int i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.OK, await guesser.SignInAsync("director", "guess number " + i));
        Assert.Equal(HttpStatusCode.TooManyRequests, await guesser.SignInAsync("Director", Password));
        Assert.InRange(guesser.Answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains("Too many attempts. Wait a minute", guesser.Text, StringComparison.Ordinal);
        using var officer = new Visitor(dashboard.Address);
        await officer.SignInAsync("officer", Other);
        Assert.True(await officer.IsSignedInAsync());
        Assert.Contains("Sign-in refused: wrong_password, name director, from 127.0.0.1", dashboard.Log.Text, StringComparison.Ordinal);
        Assert.Contains("Sign-in refused: too_many_attempts, from 127.0.0.1", dashboard.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("guess number", dashboard.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_from_outside_make_no_lines_in_the_log()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync("eve\r\nInformation: Signed in: user 1\u202e\u2028" + new string('x', 200), "a wrong password");
        Assert.Contains("name eveInformation: Signed in: user 1" + new string('x', 31) + "…, from", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_exists_is_answered_like_one_that_does_not()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync("director", "a wrong password");
        string known = visitor.Text.Replace("director", "NAME", StringComparison.Ordinal);
        await visitor.SignInAsync("stranger77", "a wrong password");
        static string WithoutToken(string text) => System.Text.RegularExpressions.Regex.Replace(text, "value=\"CfDJ[^\"]+\"", "");
        Assert.Equal(WithoutToken(known), WithoutToken(visitor.Text.Replace("stranger77", "NAME", StringComparison.Ordinal)));
        // The same work: one hash of the same kind and as many rounds either way.
        await using var scope = dashboard.App.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var hasher = new ToldHasher(users.PasswordHasher);
        users.PasswordHasher = hasher;
        var check = new PasswordCheck(users, hasher, NullLogger<PasswordCheck>.Instance);
        foreach (string name in new[] { "director", "stranger77" }) Assert.Null(await check.AcceptAsync(new DefaultHttpContext(), name, "a wrong password"));
        Assert.Equal(2, hasher.Verified.Count);
        Assert.Equal(hasher.Verified[0], hasher.Verified[1]);
    }

    /// <summary>Identity's hasher, with what it was asked to verify: of each hash the part before the salt, which says by what and in how many rounds.</summary>
    sealed class ToldHasher(IPasswordHasher<User> hasher) : IPasswordHasher<User>
    {
        public List<string> Verified { get; } = [];

        public string HashPassword(User user, string password) => hasher.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
        {
            Verified.Add(Convert.ToHexString(Convert.FromBase64String(hashedPassword)[..13]));
            return hasher.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Both_databases_keep_sign_ins_recovery_codes_and_passkeys(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        var now = installation.Clock.UtcNow();
        await using (var db = installation.Db())
        {
            var user = new User { UserName = "a", RecoveryCodes = ["x", "y"] };
            db.Users.Add(user);
            db.SignIns.Add(new()
            {
                Id = "s", UserId = user.Id, Method = SignInMethod.PasswordAndCode, StartedAtUtc = now, LastSeenAtUtc = now, ExpiresAtUtc = now,
                Address = "::1", Browser = "b",
            });
            db.UserPasskeys.Add(new()
            {
                CredentialId = [1, 2], UserId = user.Id, Data = new()
                {
                    PublicKey = [3], Name = "phone", CreatedAt = installation.Clock.Now, SignCount = 7, Transports = ["usb", "nfc"],
                    AttestationObject = [], ClientDataJson = [],
                },
            });
            await db.SaveChangesAsync();
        }
        await using (var db = installation.Db())
        {
            Assert.Equal(["x", "y"], (await db.Users.SingleAsync()).RecoveryCodes);
            var passkey = await db.UserPasskeys.SingleAsync(p => p.CredentialId == new byte[] { 1, 2 });
            Assert.Equal(("phone", 7u, "usb nfc"), (passkey.Data.Name, passkey.Data.SignCount, string.Join(' ', passkey.Data.Transports!)));
            Assert.Equal("password_and_code", await db.Database.SqlQueryRaw<string>("SELECT method AS \"Value\" FROM sign_ins").SingleAsync());
            db.Users.Remove(await db.Users.SingleAsync());
            await db.SaveChangesAsync();
            Assert.Empty(await db.SignIns.ToListAsync());
        }
    }

    static Task<RunningDashboard> StartAsync(TestClock? clock = null) =>
        RunningDashboard.StartAsync(services => RunningDashboard.AddUserAsync(services, "director", Password), clock ?? new TestClock());

    static async Task<Visitor> SignedInAsync(RunningDashboard dashboard)
    {
        var visitor = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.SignInAsync("director", Password));
        return visitor;
    }

    static async Task<List<SignIn>> RowsAsync(RunningDashboard dashboard)
    {
        await using var db = await dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContextAsync();
        return await db.SignIns.AsNoTracking().OrderBy(s => s.StartedAtUtc).ThenBy(s => s.EndedAtUtc == null).ToListAsync();
    }
}
