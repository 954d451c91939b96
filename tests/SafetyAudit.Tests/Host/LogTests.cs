using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>What the log is never told, and what nobody from outside can write into it or into the trail.</summary>
public class LogTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task No_log_line_holds_a_secret_or_a_patient()
    {
        string mark = Guid.NewGuid().ToString("N")[..12];
        string patient = "PATIENT-" + mark, narrative = "narrative-" + mark, password = "password " + mark, wrong = "wrong " + mark, code = "code-" + mark,
            note = "note-" + mark;
        await using var dashboard = await RunningDashboard.StartAsync(null, null, "--Logging:LogLevel:Default", "Trace", "--Logging:LogLevel:Microsoft",
            "Trace", "--Logging:LogLevel:Quartz", "Debug",
            "--Logging:LogLevel:Microsoft.AspNetCore", "Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics", "Trace",
                "--Logging:Console:LogLevel:Default", "None");
        using var director = new Visitor(dashboard.Address);
        await director.PostAsync("/set-up?token=" + dashboard.SetUpToken, new() { ["Token"] = dashboard.SetUpToken, ["UserName"] = "director",
            ["Password"] = password, ["Again"] = password });
        await director.UploadAsync("practitioners.csv", Samples.Practitioners);
        await director.UploadAsync($"sessions {patient}.csv", "session_id,clinic_id,practitioner_id,patient_id,started_at,risk_note\n"
            + string.Concat(Enumerable.Range(1, 30).Select(i => $"S{i},C1,P1,{patient},2026-03-02T10:00:00Z,{note}\n"))
                + $"S99,C1,P1,{patient},no instant {note},\nS98,C1,P9,{patient},2026-03-02T10:00:00Z,{note}\n");
        await director.UploadAsync("events.csv", Samples.EventHeader.Replace("recorded_at", "recorded_at,narrative", StringComparison.Ordinal)
            + $"E1,S1,{patient},BRUISE_MINOR,2026-03-02T12:00:00Z,2026-03-02T15:00:00Z,{narrative}\nE2,S2,{patient},NONSENSE,2026-03-02T12:00:00Z,,{narrative}\n\"E3,{patient}\n");
        await director.PostAsync("/access", new() { ["name"] = "second", ["roles"] = "Auditor" }, "/access?handler=Invite");
        string invitation = WebUtility.HtmlDecode(Regex.Match(director.Text, "/welcome[^<\"]+").Value);
        await director.PostAsync("/access", new() { ["name"] = "program", ["clinic"] = "C1" }, "/access?handler=Key");
        string key = Regex.Match(director.Text, "\\bsa_[0-9a-f]{64}\\b").Value;
        Assert.True(invitation.Length > 20 && key.Length > 20);
        await director.PostAsync("/account/code", new() { ["password"] = password }, "/account/code?handler=Begin");
        string wrapped = Regex.Match(director.Text, "name=\"wrapped\"[^>]*value=\"([^\"]+)\"").Groups[1].Value, secret = Regex.Match(director.Text,
            "(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}").Value;
        Assert.True(wrapped.Length > 20 && secret.Length > 20);
        await director.PostAgainAsync(new() { ["wrapped"] = wrapped, ["code"] = code }, "/account/code?handler=Confirm");
        foreach (string path in new[] { "/", "/practitioners/P1", "/records/history?kind=events&id=E1&clinic=C1", $"/records?id={patient}", "/uploads/2",
            "/uploads/2?handler=rejected", "/uploads/3", "/sessions?practitioner=P1&measure=BRUISE_MINOR", $"/practitioners/{patient}" })
            await director.GetAsync(path);
        using var stranger = new Visitor(dashboard.Address);
        await stranger.GetAsync(invitation);
        await stranger.PostAsync(invitation, new() { ["name"] = "second", ["token"] = "forged-" + mark, ["password"] = wrong, ["again"] = wrong }, "/welcome");
        await stranger.SignInAsync("director", wrong);
        await stranger.PostAsync("/sign-in", new() { ["Credential"] = "{\"id\":\"" + code + "\"}" }, "/sign-in?handler=Passkey");
        await stranger.SendAsync(new(HttpMethod.Post, "/sign-in") { Content = new FormUrlEncodedContent(new Dictionary<string,
            string> { ["Password"] = wrong }) });
        stranger.Headers["Authorization"] = "Bearer " + key;
        Assert.Equal(HttpStatusCode.OK, await stranger.GetAsync("/api/v1/rates?from=2026-01-01&to=2026-12-31"));
        stranger.Headers["Authorization"] = "Bearer sa_" + code;
        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.GetAsync("/api/v1/rates?from=2026-01-01&to=2026-12-31"));
        // A fault tells the log more than anything else does.
        await using (var db = WebTests.Db(dashboard)) await db.Database.ExecuteSqlRawAsync("ALTER TABLE practitioners RENAME TO gone");
        Assert.Equal(HttpStatusCode.InternalServerError, await director.GetAsync($"/records?id={patient}"));
        await director.UploadAsync("more.csv", Samples.SessionHeader + Samples.Session("S500").Replace("T1", patient, StringComparison.Ordinal));

        string log = dashboard.Log.Text;
        Assert.Contains("Executed DbCommand", log, StringComparison.Ordinal);
        Assert.Contains("Sign-in refused: wrong_password", log, StringComparison.Ordinal);
        string cookie = director.Cookies["__Host-safetyaudit-sign-in"];
        foreach (string canary in new[] { mark, key, invitation[^40..], Uri.UnescapeDataString(invitation)[^40..], dashboard.SetUpToken, secret,
            secret.Replace(" ", "", StringComparison.Ordinal), wrapped, cookie })
        {
            int at = log.IndexOf(canary, StringComparison.Ordinal);
            // What somebody asked for in a path is told, as a person's sign-in name is.
            if (canary == mark) at = Regex.Replace(log, $"/practitioners/{patient}", "").IndexOf(canary, StringComparison.Ordinal);
            Assert.True(at < 0, at < 0 ? "" : log[Math.Max(0, at - 300)..Math.Min(log.Length, at + 50)]);
        }
    }

    [Fact]
    public async Task Nothing_from_outside_makes_a_line_or_a_colour_in_the_log()
    {
        await using var dashboard = await RunningDashboard.StartAsync(WebTests.MakeDirectorAsync, TimeProvider.System, "--Logging:LogLevel:Default", "Debug");
        const string forged = "\r\nInformation: Signed in: user 1\u001b[2J\u001b]0;x\u0007\u2028Warning: x\u2029\u0085\u202e\u200b";
        using var visitor = new Visitor(dashboard.Address);
        await visitor.SignInAsync("eve" + forged, "x");
        using var director = await WebTests.SignedInAsync(dashboard);
        foreach (string path in new[] { "/practitioners/", "/nowhere/", "/records/" }) await director.GetAsync(path + Uri.EscapeDataString(forged) + "?id="
            + Uri.EscapeDataString(forged));
        await director.PostAsync("/access", new() { ["name"] = forged, ["clinic"] = forged, ["roles"] = "Auditor" }, "/access?handler=Invite");
        await visitor.GetAsync("/trail/" + Uri.EscapeDataString(forged));
        await director.UploadAsync(forged, "x" + forged);
        var lines = dashboard.Log.Lines.ToList();
        Assert.Contains(lines, l => l.Contains("name eveInformation: Signed in", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("Not there, or out of reach: /practitioners/%0D%0AInformation", StringComparison.Ordinal));
        // A statement of ours has lines; nothing else has.
        foreach (string line in lines.Where(l => !l.Contains("DbCommand", StringComparison.Ordinal)))
            Assert.DoesNotMatch("[\\r\\n\\u001b\\u0007\\u0085\\u2028\\u2029\\u202e\\u200b]", line.Contains("Exception", StringComparison.Ordinal)
                ? line.Split('\n')[0] : line);
    }

    [Fact]
    public async Task The_secret_in_an_address_reaches_neither_log_nor_trail_whatever_is_answered()
    {
        await using var dashboard = await RunningDashboard.StartAsync(null, null, "--Logging:LogLevel:Default", "Trace", "--Logging:LogLevel:Microsoft", "Trace",
            "--Logging:LogLevel:Microsoft.AspNetCore", "Trace", "--Logging:Console:LogLevel:Default", "None");
        using var director = new Visitor(dashboard.Address);
        using var stranger = new Visitor(dashboard.Address);
        // Where it does not belong, before it is used up and after.
        string setUp = dashboard.SetUpToken;
        string[] Wrong(string page, string secret) => [$"/{page}/{secret}/more", $"/{page}s/{secret}", $"/{secret}", $"/{page}/{secret}.html", $"/{page}//{secret}", $"/uploads/{secret}", $"/api/v1/{page}/{secret}", $"/error/{secret}"];
        foreach (string path in Wrong("set-up", setUp)) await stranger.GetAsync(path);
        await director.PostAsync("/set-up?token=" + setUp, new() { ["Token"] = setUp, ["UserName"] = "director", ["Password"] = Password, ["Again"] = Password });
        await director.UploadAsync("practitioners.csv", Samples.Practitioners);
        for (int i = 0; i < 100 && !await WebTests.Db(dashboard).Clinics.AnyAsync(); i++) await Task.Delay(100);
        await director.PostAsync("/report-links", new() { ["clinic"] = "C1" }, "/report-links?handler=Make");
        await director.GetAsync("/report-links");
        string link = Regex.Match(director.Text, "/report/([a-z2-7]{32})").Groups[1].Value;
        await director.PostAgainAsync(new() { ["clinic"] = "C1" }, "/report-links?handler=End");
        await director.PostAsync("/account", [], "/account?handler=Calendar");
        string calendar = Regex.Match(director.Text, "/calendar/([a-z2-7]{32})").Groups[1].Value;
        Assert.Equal(HttpStatusCode.OK, await stranger.GetAsync($"/calendar/{calendar}.ics"));
        await director.PostAsync("/account", [], "/account?handler=NoCalendar");
        Assert.True(setUp.Length > 20 && link.Length == 32 && calendar.Length == 32);
        foreach (var visitor in new[] { director, stranger })
        {
            foreach (string path in (string[])[$"/report/{link}", $"/REPORT/{link}", $"/report/{link}?x=1", $"/report/{link}/", $"/set-up?token={setUp}", $"/calendar/{calendar}.ics", $"/CALENDAR/{calendar}", $"/calendar/{calendar}?x=1", .. Wrong("report", link), .. Wrong("calendar", calendar), .. Wrong("set-up", setUp)])
            {
                var answer = await visitor.GetAsync(path);
                Assert.True(answer != HttpStatusCode.OK, $"{path}: {answer}");
                await visitor.GetAsync("/sign-in");
                await visitor.PostAgainAsync(new() { ["form"] = link }, path);
                await visitor.SendAsync(new(HttpMethod.Head, path));
            }
        }
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        string log = dashboard.Log.Text;
        await using var db = WebTests.Db(dashboard);
        string trail = string.Join('\n', (await db.AuditEntries.AsNoTracking().ToListAsync()).Select(e => $"{e.Subject} {e.Before} {e.After} {e.Why}"));
        Assert.Contains("Executed DbCommand", log, StringComparison.Ordinal);
        foreach (string secret in new[] { setUp, link, calendar })
        {
            int at = log.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
            Assert.True(at < 0, at < 0 ? "" : log[Math.Max(0, at - 200)..Math.Min(log.Length, at + 50)]);
            at = trail.IndexOf(secret, StringComparison.OrdinalIgnoreCase);
            Assert.True(at < 0, at < 0 ? "" : trail[Math.Max(0, at - 200)..Math.Min(trail.Length, at + 50)]);
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\u2029")]
    [InlineData("\u202e")]
    [InlineData("\u200b")]
    [InlineData("\u001b[2J")]
    public async Task No_key_and_no_account_has_a_name_that_makes_a_line(string within)
    {
        await using var dashboard = await RunningDashboard.StartAsync(WebTests.MakeDirectorAsync, TimeProvider.System);
        var services = dashboard.App.Services;
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(Samples.Practitioners)), "p.csv", null, "C1", Actor.CommandLine, default);
        string forged = $"reception{within}Information: Signed in: user 1";
        await using (var scope = services.CreateAsyncScope())
        {
            scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
            var access = scope.ServiceProvider.GetRequiredService<GiveAccess>();
            await Assert.ThrowsAsync<AccessRefusedException>(() => access.AddKeyAsync(forged, "C1", default));
            await Assert.ThrowsAsync<AccessRefusedException>(() => access.InviteAsync(forged, new([Role.Auditor], [], null), default));
        }
        using var director = await WebTests.SignedInAsync(dashboard);
        await director.PostAsync("/access", new() { ["name"] = forged, ["clinic"] = "C1" }, "/access?handler=Key");
        await director.PostAsync("/access", new() { ["name"] = forged, ["roles"] = "Auditor" }, "/access?handler=Invite");
        await using var db = WebTests.Db(dashboard);
        Assert.Equal((0, "director"), (await db.ApiKeys.CountAsync(), await db.Users.Select(u => u.UserName).SingleAsync()));

        // One that came about all the same is one line wherever it stands.
        var (key, secret) = ApiKey.Make(forged, "C1", DateTime.UtcNow);
        db.Add(key);
        await db.SaveChangesAsync();
        using var program = new Visitor(dashboard.Address);
        program.Headers["Authorization"] = "Bearer " + secret;
        Assert.Equal(HttpStatusCode.NotFound, await program.GetAsync("/api/v1/uploads/99"));
        await RunningDashboard.MoveReadsAsync(services);
        Assert.Single(dashboard.Log.Lines, l => l.Contains("api_key reception", StringComparison.Ordinal));
        Assert.All(dashboard.Log.Lines.Where(l => l.Contains("reception", StringComparison.Ordinal)), l => Assert.DoesNotContain(within, l, StringComparison.Ordinal));
        using var extract = new MemoryStream();
        long last = await db.AuditEntries.MaxAsync(e => e.Sequence);
        await TrailExtract.WriteAsync(db, extract, 1, last, DateTime.UtcNow, default);
        // Its first line names the format.
        Assert.Equal(last + 1, Encoding.UTF8.GetString(extract.ToArray()).Split(['\r', '\n', '\u0085', '\u2028', '\u2029'], StringSplitOptions.RemoveEmptyEntries).Length);
    }
}
