using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>What every request passes before a page sees it, and what every answer carries.</summary>
public class WebTests
{
    const string Password = "correct horse battery";

    [Fact]
    public async Task A_host_that_is_not_ours_is_refused()
    {
        await using var dashboard = await StartAsync();
        foreach (string host in new[] { "localhost", "LOCALHOST:1234", "safety.localhost", "127.0.0.1:9", "[::1]:80" }) await AnswersAsync(host, HttpStatusCode.OK);
        foreach (string host in new[] { "elsewhere.example", "localhost.elsewhere.example", "elsewhere.example:80", "127.0.0.1.elsewhere.example" })
        {
            await AnswersAsync(host, HttpStatusCode.BadRequest);
            Assert.Contains(host.Split(':')[0], dashboard.Log.Text, StringComparison.Ordinal);
        }

        async Task AnswersAsync(string host, HttpStatusCode expected)
        {
            foreach (string path in new[] { "/sign-in", "/health/live" })
                Assert.True(expected == (await AskAsync(dashboard, path, host)).StatusCode, $"{path} of {host}");
        }
    }

    [Fact]
    public async Task The_hosts_that_are_ours_are_a_setting()
    {
        await using var dashboard = await StartAsync("--AllowedHosts", "safety.clinic.example; other.example");
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(dashboard, "/sign-in", "safety.clinic.example")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(dashboard, "/sign-in", "other.example")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync(dashboard, "/sign-in", "localhost")).StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    public async Task What_strangers_say_of_where_they_come_from_changes_nothing(string believingAll)
    {
        // The framework has a setting of its own that would believe everybody.
        await using var dashboard = await StartAsync("--ForwardedHeaders_Enabled", believingAll);
        using var visitor = new Visitor(dashboard.Address);
        visitor.Headers["X-Forwarded-For"] = "203.0.113.9";
        visitor.Headers["X-Forwarded-Proto"] = "https";
        visitor.Headers["X-Forwarded-Host"] = "elsewhere.example";
        visitor.Headers["X-Forwarded-Prefix"] = "/elsewhere";
        visitor.Headers["X-Original-URL"] = "/sign-in";
        visitor.Headers["Forwarded"] = "for=203.0.113.9;host=elsewhere.example;proto=https";
        Assert.Equal(HttpStatusCode.Redirect, await visitor.GetAsync("/alerts"));
        Assert.StartsWith(dashboard.Address + "/sign-in?", visitor.Answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.False(visitor.Answer.Headers.Contains("Strict-Transport-Security"));
        await visitor.SignInAsync("director", "a wrong password");
        Assert.Contains("name director, from 127.0.0.1", dashboard.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("203.0.113.9", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_known_proxy_is_believed_and_https_is_kept_to()
    {
        await using var dashboard = await StartAsync("--Proxies:Known", "127.0.0.1;10.0.0.0/24", "--AllowedHosts", "safety.clinic.example");
        using var visitor = new Visitor(dashboard.Address);
        visitor.Headers["Host"] = "safety.clinic.example";
        // The last proxy is known; what the one before it says of itself is not believed.
        visitor.Headers["X-Forwarded-For"] = "198.51.100.7, 203.0.113.9, 10.0.0.4";
        visitor.Headers["X-Forwarded-Proto"] = "https";
        visitor.Headers["X-Forwarded-Host"] = "elsewhere.example";
        await visitor.GetAsync("/alerts");
        Assert.StartsWith("https://safety.clinic.example/sign-in?", visitor.Answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        await visitor.GetAsync("/sign-in");
        Assert.Equal("max-age=31536000; includeSubDomains", Assert.Single(visitor.Answer.Headers.GetValues("Strict-Transport-Security")));
        await visitor.SignInAsync("director", "a wrong password");
        Assert.Contains("name director, from 203.0.113.9", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_forbids_frames_guessing_devices_and_keeping()
    {
        await using var dashboard = await StartAsync();
        using var director = await SignedInAsync(dashboard);
        using var stranger = new Visitor(dashboard.Address);
        string[] routes = [.. Routes(dashboard).Select(PathOf), "/nowhere", "/error/500", "/error/418", "/assets/nothing.css?v=1",
            "/assets/../appsettings.json", "/assets/site.css", "/assets/passkeys.js"];
        foreach (string route in routes)
            foreach (var visitor in new[] { director, stranger })
            {
                await visitor.GetAsync(route);
                string Only(string name) => Assert.Single(visitor.Answer.Headers.GetValues(name));
                Assert.Equal("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", Only("Content-Security-Policy"));
                Assert.Equal("DENY", Only("X-Frame-Options"));
                Assert.Equal("nosniff", Only("X-Content-Type-Options"));
                Assert.Equal("same-origin", Only("Referrer-Policy"));
                Assert.Equal("same-origin", Only("Cross-Origin-Opener-Policy"));
                Assert.Equal("same-origin", Only("Cross-Origin-Resource-Policy"));
                Assert.Contains("camera=()", Only("Permissions-Policy"), StringComparison.Ordinal);
                Assert.False(visitor.Answer.Headers.Contains("Server"));
                bool ours = route.StartsWith("/assets/", StringComparison.Ordinal) && visitor.Answer.StatusCode == HttpStatusCode.OK;
                Assert.Equal(!ours, visitor.Answer.Headers.CacheControl!.NoStore);
            }
    }

    [Fact]
    public async Task Our_own_files_may_be_kept_under_the_version_of_their_content()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        await visitor.GetAsync("/sign-in");
        string[] files = [.. Regex.Matches(visitor.Text, "(?:href|src)=\"(/assets/[^\"]+)\"").Select(m => m.Groups[1].Value)];
        Assert.Equal(4, files.Length);
        foreach (string file in files)
        {
            Assert.Contains("?v=", file, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync(file));
            Assert.Equal("public, max-age=31536000, immutable", visitor.Answer.Headers.CacheControl!.ToString());
            await visitor.GetAsync(file.Split('?')[0]);
            Assert.Equal("no-cache", visitor.Answer.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task Every_form_that_is_sent_without_its_page_s_token_is_refused()
    {
        await using var dashboard = await StartAsync();
        using var other = await SignedInAsync(dashboard);
        await other.GetAsync("/account");
        string anothers = Token(other.Text);
        using var director = await SignedInAsync(dashboard);
        director.Cookies.Remove("__Host-safetyaudit-form");
        var forms = new List<string>();
        foreach (var endpoint in Routes(dashboard))
        {
            bool takesPosts = endpoint.Metadata.GetMetadata<HttpMethodMetadata>() is not { HttpMethods: var methods } || methods.Contains("POST");
            if (!takesPosts || endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not { } page)
            {
                // What is no page has no forms: nothing but GET opens it, or a key that no browser sends by itself; a sign-in is worth nothing there.
                if (endpoint.RoutePattern.RawText!.StartsWith("/health", StringComparison.Ordinal)) continue;
                if (takesPosts && PathOf(endpoint).StartsWith("/api/", StringComparison.Ordinal))
                {
                    using var body = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
                    Assert.Equal(HttpStatusCode.Unauthorized, await director.SendAsync(new(HttpMethod.Post, PathOf(endpoint)) { Content = body }));
                    continue;
                }
                Assert.False(takesPosts, $"{endpoint} takes posts, and no page checks their token");
                continue;
            }
            var handlers = await HandlersAsync(dashboard, page);
            Assert.All(handlers, handler => Assert.Contains(handler.HttpMethod.ToUpperInvariant(), new[] { "GET", "POST" }));
            forms.AddRange(handlers.Where(h => h.HttpMethod.Equals("post", StringComparison.OrdinalIgnoreCase)).Select(h => PathOf(endpoint)
                + (h.Name is { } name ? "?handler=" + name : "")));
        }
        // The page that tells of an error reads nothing and changes nothing; a form that failed is shown it by the same verb.
        forms.RemoveAll(form => form.StartsWith("/error", StringComparison.Ordinal));
        Assert.True(forms.Distinct().Count() >= 22, string.Join(' ', forms));
        var before = await StateAsync(dashboard);
        foreach (string form in forms.Distinct())
            foreach (string? token in new[] { null, "forged", anothers })
            {
                var fields = new Dictionary<string, string> { ["name"] = "director", ["disabled"] = "true", ["UserName"] = "director",
                    ["Password"] = Password, ["current"] = Password, ["id"] = "1", ["clinic"] = "C1" };
                if (token is not null) fields["__RequestVerificationToken"] = token;
                using HttpContent content = form == "/uploads" ? new MultipartFormDataContent { { new StringContent(token ?? ""),
                    "__RequestVerificationToken" }, { new StringContent(Samples.Practitioners), "file", "p.csv" } } : new FormUrlEncodedContent(fields);
                Assert.True(HttpStatusCode.BadRequest == await director.SendAsync(new(HttpMethod.Post, form) { Content = content }),
                    $"{form} with the token {token}: {director.Answer.StatusCode}");
            }
        Assert.Equal(before, await StateAsync(dashboard));
    }

    [Fact]
    public async Task Nothing_is_changed_by_opening_an_address()
    {
        // With a clinic and an upload that could be changed.
        await using var dashboard = await RunningDashboard.StartAsync(async services =>
        {
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(Samples.Practitioners)), "p.csv", null, "C1", Actor.CommandLine, default);
            await MakeDirectorAsync(services);
        }, TimeProvider.System);
        using var director = await SignedInAsync(dashboard);
        var before = await StateAsync(dashboard);
        const string asked = $"name=director&disabled=true&id=1&clinic=C1&roles=Auditor&current={Password}&wanted=plum+kettle+orbit&again=plum+kettle+orbit&row=1&session=1&decision=1&why=x&version=1";
        foreach (var endpoint in Routes(dashboard))
        {
            string route = PathOf(endpoint);
            // Whatever a page has a handler for, asked for by opening an address.
            string[] handlers = endpoint.Metadata.GetMetadata<PageActionDescriptor>() is { } page ? [.. (await HandlersAsync(dashboard, page)).Select(h => h.Name ?? "").Distinct()] : [""];
            foreach (string handler in handlers) await director.GetAsync($"{route}?handler={handler}&{asked}");
            foreach (string verb in new[] { "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE" })
                await director.SendAsync(new(new(verb), $"{route}?handler={handlers[^1]}&{asked}"));
        }
        Assert.Equal(before, await StateAsync(dashboard));
        Assert.True(await director.IsSignedInAsync());
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_refused()
    {
        await using var dashboard = await StartAsync("--Uploads:LargestMegabytes", "1");
        using var visitor = new Visitor(dashboard.Address);
        // Its token can't be read, so that it is answered like a form without one.
        Assert.Equal(HttpStatusCode.BadRequest, await visitor.PostAsync("/sign-in", new() { ["UserName"] = new string('x', 300_000) }));
        Assert.Contains("The request was not complete", visitor.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.RequestUriTooLong, await visitor.GetAsync("/sign-in?x=" + new string('x', 10_000)));
        visitor.Headers["X-Large"] = new string('x', 40_000);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, await visitor.GetAsync("/sign-in"));
        visitor.Headers.Remove("X-Large");
        for (int i = 0; i < 100; i++) visitor.Headers["X-" + i] = "x";
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, await visitor.GetAsync("/sign-in"));

        // A file has a limit of its own, and its sender reads what it is.
        using var director = await SignedInAsync(dashboard);
        await director.GetAsync("/uploads");
        using var form = new MultipartFormDataContent { { new StringContent(Token(director.Text)), "__RequestVerificationToken" },
            { new StringContent(Samples.SessionHeader + new string('x', 1_200_000)), "file", "s.csv" } };
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.SendAsync(new(HttpMethod.Post, "/uploads") { Content = form }));
        Assert.Contains("The file is larger than 1 MB", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_sends_too_slowly_is_let_go()
    {
        await using var dashboard = await StartAsync();
        using var slow = Connect(dashboard, "127.0.0.1");
        Say(slow, "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nUserName=");
        // Nothing closes it but its slowness: the form is well begun, and the rest of it never comes.
        Assert.Matches("^HTTP/1.1 40[08] ", await HearAsync(slow, TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public async Task A_crowd_is_told_to_come_back_and_health_stays_live()
    {
        await using var dashboard = await StartAsync("--Requests:AtOnce", "4");
        var sockets = new List<Socket>();
        try
        {
            // One address has one place of the four, and may let four wait.
            Hold("127.0.0.1");
            for (int i = 0; i < 4; i++) Get("127.0.0.1");
            string answer = await UntilRefusedAsync(_ => "127.0.0.1");
            Assert.StartsWith("HTTP/1.1 429", answer, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 5", answer, StringComparison.Ordinal);
            Assert.Contains("Busy just now", answer, StringComparison.Ordinal);
            Assert.Contains("default-src 'none'", answer, StringComparison.Ordinal);
            foreach (string open in new[] { "/health/live", "/assets/site.css" }) Assert.Equal(HttpStatusCode.OK, (await AskAsync(dashboard, open,
                "localhost")).StatusCode);

            // All four places, and everybody who may wait; whoever comes then from anywhere is told.
            for (int i = 2; i <= 4; i++) Hold($"127.0.0.{i}");
            for (int i = 5; i <= 20; i++) Get($"127.0.0.{i}");
            Assert.StartsWith("HTTP/1.1 503", await UntilRefusedAsync(i => $"127.0.1.{i}"), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(dashboard, "/health/live", "localhost")).StatusCode);
            Assert.Contains("more requests at once than are answered, from 127.0.0.1 alone", dashboard.Log.Text, StringComparison.Ordinal);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
        // Afterwards it is as before.
        using var visitor = new Visitor(dashboard.Address);
        for (int i = 0; i < 600 && await visitor.GetAsync("/sign-in") != HttpStatusCode.OK; i++) await Task.Delay(100);
        Assert.Equal(HttpStatusCode.OK, visitor.Answer.StatusCode);

        // A form whose end does not come. So much of it is there at once that it is not slow for minutes: it has a place for as long as this test needs.
        void Hold(string from) => Say(Open(from),
            "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 200000\r\n\r\nUserName=" + new string('x', 150_000));
        void Get(string from) => Say(Open(from), "GET /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Socket Open(string from)
        {
            var socket = Connect(dashboard, from);
            sockets.Add(socket);
            return socket;
        }

        // One more after the other, until one is refused; until all who hold a place have it, some are answered as usual.
        async Task<string> UntilRefusedAsync(Func<int, string> from)
        {
            var heard = new List<Task<string>>();
            for (int i = 1; i <= 200; i++)
            {
                Get(from(i));
                heard.Add(HearAsync(sockets[^1], TimeSpan.FromMinutes(2)));
                await Task.WhenAny([Task.Delay(200), .. heard]);
                foreach (var done in heard.FindAll(h => h.IsCompleted))
                {
                    if (await done is { Length: > 0 } answer && !answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) return answer;
                    heard.Remove(done);
                }
            }
            return "nobody was refused";
        }
    }

    [Fact]
    public async Task A_fault_is_answered_without_saying_where_it_lies()
    {
        await using var dashboard = await StartAsync("--environment", "Development");
        using var director = await SignedInAsync(dashboard);
        await using (var db = Db(dashboard)) await db.Database.ExecuteSqlRawAsync("ALTER TABLE baselines RENAME TO gone");
        foreach (string path in new[] { "/measures", "/practitioners", "/baselines" })
        {
            Assert.Equal(HttpStatusCode.InternalServerError, await director.GetAsync(path));
            Assert.Contains("Something went wrong", director.Text, StringComparison.Ordinal);
            Assert.DoesNotMatch("(?i)exception|sqlite|no such table| at SafetyAudit|\\.cs:", director.Text);
            // The navigation has a page of that name; what is said of the fault has not.
            Assert.DoesNotMatch("(?i)baselines", director.Text[director.Text.IndexOf("<main", StringComparison.Ordinal)..]);
            Assert.True(director.Answer.Headers.CacheControl!.NoStore);
            Assert.Contains("default-src 'none'", Assert.Single(director.Answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }
        Assert.Contains("no such table: baselines", dashboard.Log.Text, StringComparison.Ordinal);

        // Home's head is on its way by then, and its answer can no longer be another.
        await using (var db = Db(dashboard)) await db.Database.ExecuteSqlRawAsync("ALTER TABLE alerts RENAME TO gone_too");
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/"));
        Assert.Contains("Something went wrong", director.Text, StringComparison.Ordinal);
        Assert.Contains("whether anything is open is not known", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("No alert", director.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch("(?i)exception|sqlite|no such table| at SafetyAudit|\\.cs:", director.Text);
        Assert.EndsWith("</html>", director.Text.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("no such table: alerts", dashboard.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_head_of_home_goes_out_before_the_page_is_read()
    {
        await using var dashboard = await StartAsync();
        using var director = await SignedInAsync(dashboard);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(dashboard.Address).Port);
        Say(socket, $"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {string.Join("; ", director.Cookies.Select(c => $"{c.Key}={c.Value}"))}\r\n\r\n");
        string answer = await HearAsync(socket, TimeSpan.FromMinutes(2));
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        // What was flushed ends its chunk (RFC 9112, 7.1).
        Assert.Matches("</head>\\s*\r\n[0-9a-f]+\r\n\\s*<body>", answer);
        Assert.EndsWith("\r\n0\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_entered_in_the_trail_is_not_shown()
    {
        await using var dashboard = await StartAsync();
        using var director = await SignedInAsync(dashboard);
        string reads = Path.Combine(dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory, "reads");
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        if (Directory.Exists(reads)) Directory.Delete(reads, recursive: true);
        await File.WriteAllTextAsync(reads, "a file where the folder should be");
        Assert.Equal(HttpStatusCode.InternalServerError, await director.GetAsync("/measures"));
        Assert.DoesNotContain("Minor bruising", director.Text, StringComparison.Ordinal);
        File.Delete(reads);
    }

    [Fact]
    public async Task Secrets_are_asked_for_in_posted_forms_only()
    {
        await using var dashboard = await RunningDashboard.StartAsync(null, TimeProvider.System);
        using var visitor = new Visitor(dashboard.Address);
        await visitor.PostAsync("/set-up?token=" + dashboard.SetUpToken, new() { ["Token"] = dashboard.SetUpToken, ["UserName"] = "first",
            ["Password"] = Password, ["Again"] = Password });
        using var stranger = new Visitor(dashboard.Address);
        int asking = 0;
        foreach (string path in Routes(dashboard).Select(PathOf).Distinct())
            foreach (var reader in new[] { visitor, stranger })
            {
                await reader.GetAsync(path);
                foreach (Match form in Regex.Matches(reader.Text, "<form[^>]*>.*?</form>", RegexOptions.Singleline).Where(f => Regex.IsMatch(f.Value,
                    "type=\"password\"|name=\"(Code|token|Credential)\"")))
                {
                    Assert.Contains("method=\"post\"", form.Value.Split('>')[0], StringComparison.Ordinal);
                    asking++;
                }
            }
        Assert.True(asking >= 5, $"{asking} forms");
    }

    [Fact]
    public async Task Every_line_of_the_log_has_its_time_in_UTC()
    {
        string directory = Directory.CreateTempSubdirectory("safetyaudit-test-").FullName;
        var begun = DateTime.UtcNow;
        using var run = ProgramRun.Start("worker", "--Data:Directory", directory, "--Logging:LogLevel:SafetyAudit", "Information");
        await run.UntilPrintedAsync("Worker ready");
        run.KillHard();
        string[] lines = [.. (await run.PrintedAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.Contains("Worker",
            StringComparison.Ordinal))];
        Assert.NotEmpty(lines);
        Assert.All(lines, line =>
        {
            Assert.Matches("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d\\d\\dZ ", line);
            Assert.InRange(DateTime.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal), begun.AddSeconds(-1), DateTime.UtcNow);
        });
        Directory.Delete(directory, recursive: true);
    }

    static async Task<IList<HandlerMethodDescriptor>> HandlersAsync(RunningDashboard dashboard, PageActionDescriptor page) =>
        (await dashboard.App.Services.GetRequiredService<PageLoader>().LoadAsync(page, EndpointMetadataCollection.Empty)).HandlerMethods;

    internal static IEnumerable<RouteEndpoint> Routes(RunningDashboard dashboard) => dashboard.App.Services.GetRequiredService<EndpointDataSource>()
        .Endpoints.OfType<RouteEndpoint>();

    internal static string PathOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        .Replace("{id:long}", "1", StringComparison.Ordinal).Replace("{id}", "P1", StringComparison.Ordinal).Replace("{rule}", "PR-020", StringComparison.Ordinal)
        .Replace("{link}", "unknown", StringComparison.Ordinal).Replace("{documentName}", "v1", StringComparison.Ordinal)
        .Replace("{code}", "BRUISE_MINOR", StringComparison.Ordinal).Replace("{status:int?}", "404", StringComparison.Ordinal);

    internal static string Token(string page) => Regex.Match(page, "name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"").Groups[1].Value;

    internal static SafetyAuditDb Db(RunningDashboard dashboard) =>
        dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);

    /// <summary>Somebody who may do everything, so that nothing is refused for another reason than the one a test is about.</summary>
    internal static Task MakeDirectorAsync(IServiceProvider services) =>
        RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director, Role.ComplianceOfficer, Role.Administrator] },
            Password);

    internal static async Task<Visitor> SignedInAsync(RunningDashboard dashboard)
    {
        var visitor = new Visitor(dashboard.Address);
        var answer = await visitor.SignInAsync("director", Password);
        Assert.True(answer == HttpStatusCode.Redirect, $"Sign-in answered {answer}:\n{visitor.Text}\n{dashboard.Log.Text}");
        return visitor;
    }

    // No worker: what it does by itself is no answer to a request.
    static Task<RunningDashboard> StartAsync(params string[] settings) => RunningDashboard.StartAsync(MakeDirectorAsync, TimeProvider.System, settings);

    /// <summary>Everything that a request could change, as text; who opened what and who is signed in left out.</summary>
    static async Task<string> StateAsync(RunningDashboard dashboard)
    {
        await using var db = Db(dashboard);
        var users = await db.Users.AsNoTracking().OrderBy(u => u.Id).Select(u =>
            $"{u.UserName} {u.PasswordHash} {u.SecurityStamp} {u.DisabledAtUtc} {u.CodeSecret}").ToListAsync();
        int[] counts = [await db.Uploads.CountAsync(u => u.TakenBackAtUtc == null), await db.Uploads.CountAsync(), await db.ApiKeys.CountAsync(), await db.Clinics.CountAsync(), await db.UserPasskeys.CountAsync(),
            await db.SignIns.CountAsync(s => s.EndedAtUtc != null), await db.ReportLinks.CountAsync(l => l.EndedAtUtc == null), await db.ColumnMappings.CountAsync(),
            await db.LinkDecisions.CountAsync(), await db.Deliveries.CountAsync()];
        return string.Join('\n', users) + string.Join(' ', counts.Select(c => c.ToString(CultureInfo.InvariantCulture)));
    }

    static async Task<HttpResponseMessage> AskAsync(RunningDashboard dashboard, string path, string host)
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, dashboard.Address + path);
        request.Headers.Host = host;
        return await client.SendAsync(request);
    }

    static Socket Connect(RunningDashboard dashboard, string from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(IPAddress.Loopback, new Uri(dashboard.Address).Port);
        return socket;
    }

    static void Say(Socket socket, string text) => socket.Send(Encoding.ASCII.GetBytes(text));

    /// <summary>What comes until the other side closes, or until patience ends.</summary>
    static async Task<string> HearAsync(Socket socket, TimeSpan patience)
    {
        using var end = new CancellationTokenSource(patience);
        var heard = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, end.Token) is > 0 and var read) heard.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException) { }
        return heard.ToString();
    }
}
