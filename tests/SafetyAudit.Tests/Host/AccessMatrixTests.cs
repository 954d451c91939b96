using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Commands;
using SafetyAudit.Host.Security;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Who may open what: every role on every route, and nobody beyond their clinics. What is not in these tables is a mistake, on either side.</summary>
public class AccessMatrixTests
{
    const string Password = "correct horse battery";

    /// <summary>Every route, with who may open it. Written down here a second time, so that a policy that is loosened or lost fails.</summary>
    static readonly Dictionary<string, string[]> MayOpen = new()
    {
        ["/"] = ["director", "compliance", "practitioner"],
        ["/practitioners"] = ["director", "compliance", "practitioner"],
        ["/practitioners/{id}"] = ["director", "compliance", "practitioner"],
        ["/measures"] = ["director", "compliance", "practitioner"],
        ["/measures/{code}"] = ["director", "compliance", "practitioner"],
        ["/clinics"] = ["director", "compliance", "practitioner"],
        ["/data-quality"] = ["director", "compliance", "practitioner"],
        ["/alerts"] = ["director", "compliance", "practitioner"],
        ["/alerts/{id:long}"] = ["director", "compliance", "practitioner"],
        ["/alerts/review"] = ["director", "compliance"],
        ["/cases"] = ["director", "compliance", "practitioner"],
        ["/cases/{id:long}"] = ["director", "compliance", "practitioner"],
        ["/cases/step"] = ["director", "compliance"],
        ["/cases/reply"] = ["director", "compliance", "practitioner"],
        ["/adherence"] = ["director", "compliance", "practitioner"],
        ["/adherence/{rule}"] = ["director", "compliance", "practitioner"],
        ["/monitor"] = ["director", "compliance", "practitioner"],
        ["/credentials"] = ["director", "compliance", "practitioner"],
        ["/protocol"] = ["director", "compliance", "practitioner"],
        ["/protocol/change"] = ["director", "compliance"],
        ["/duties/step"] = ["director", "compliance"],
        ["/duties"] = ["director", "compliance", "practitioner", "auditor"],
        ["/sessions/answers"] = ["director", "compliance", "practitioner", "auditor"],
        ["/sessions"] = ["director", "compliance", "practitioner", "auditor"],
        ["/records"] = ["director", "compliance", "practitioner", "auditor"],
        ["/records/history"] = ["director", "compliance", "practitioner", "auditor"],
        ["/records/correct"] = ["director", "compliance"],
        ["/follow-ups"] = ["director", "compliance", "practitioner", "auditor"],
        ["/events/waiting"] = ["director", "compliance"],
        ["/uploads"] = ["director", "compliance"],
        ["/uploads/{id:long}"] = ["director", "compliance"],
        ["/uploads/{id:long}/columns"] = ["director", "compliance"],
        ["/uploads/{id:long}/undo"] = ["director", "compliance"],
        ["/reports"] = ["director", "compliance"],
        ["/reports/{id:long}"] = ["director", "compliance"],
        ["/trail"] = ["compliance", "auditor"],
        ["/access"] = ["administrator"],
        ["/baselines"] = ["director", "compliance", "practitioner"],
        ["/search"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/shortcuts"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/tour"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/views"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/settings"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/live"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/account"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/account/code"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/sign-out"] = ["director", "compliance", "practitioner", "administrator", "auditor"],
        ["/notices"] = ["administrator"],
        ["/calendar/{secret}"] = ["everybody"],
        ["/report-links"] = ["director", "administrator"],
        ["/api/v1/rates"] = ["key"],
        ["/api/v1/data-quality"] = ["key"],
        ["/api/v1/sessions"] = ["key"],
        ["/api/v1/events"] = ["key"],
        ["/api/v1/follow-ups"] = ["key"],
        ["/api/v1/fhir"] = ["key"],
        ["/api/v1/uploads/{id:long}"] = ["key"],
        ["/report/{link}"] = ["everybody"],
        ["/openapi/{documentName}.json"] = ["everybody"],
        ["/sign-in"] = ["everybody"],
        ["/sign-in/code"] = ["everybody"],
        ["/set-up"] = ["everybody"],
        ["/welcome"] = ["everybody"],
        ["/error/{status:int?}"] = ["everybody"],
        ["/health/live"] = ["everybody"],
        ["/health/ready"] = ["everybody"],
    };

    static readonly (string Name, Role[] Roles, string[] Clinics, string? Practitioner)[] People =
    [
        ("director", [Role.Director], [], null), ("compliance", [Role.ComplianceOfficer], [], null), ("practitioner", [Role.Practitioner], [], "P1"),
        ("administrator", [Role.Administrator], [], null), ("auditor", [Role.Auditor], [], null), ("director-c1", [Role.Director], ["C1"], null),
        ("auditor-c1", [Role.Auditor], ["C1"], null), ("nothing", [Role.Practitioner], [], null), ("closed", [Role.Director, Role.Administrator], [], null),
    ];

    [Fact]
    public async Task Every_route_opens_to_those_it_is_for_and_to_nobody_else()
    {
        await using var dashboard = await StartAsync();
        var routes = dashboard.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Distinct().ToList();
        Assert.Equal(MayOpen.Keys.Order(StringComparer.Ordinal), routes.Order(StringComparer.Ordinal));

        var visitors = new Dictionary<string, Visitor> { ["nobody"] = new(dashboard.Address), ["key"] = new(dashboard.Address) };
        foreach (string role in new[] { "director", "compliance", "practitioner", "administrator", "auditor" })
        {
            visitors[role] = new(dashboard.Address);
            await SignInAsync(dashboard, visitors[role], role);
        }
        visitors["key"].Headers["Authorization"] = $"Bearer {await KeyAsync(dashboard, "C1")}";
        foreach (var (route, may) in MayOpen)
        {
            // The first upload is read; the last one waits for someone to say which column is which.
            string path = route.Replace("{id:long}", route.EndsWith("/columns", StringComparison.Ordinal) ? "8" : "1").Replace("{id}", "P1").Replace("{rule}", "PR-020").Replace("{code}", "BRUISE_MINOR").Replace("{status:int?}", "404").Replace("{link}", "unknown").Replace("{documentName}", "v1")
                + route switch { "/sessions" => "?practitioner=P1", "/sessions/answers" => "?id=S1&clinic=C1", "/protocol/change" => "?clinic=C1", "/records/history" or "/records/correct" => "?kind=sessions&id=S1&clinic=C1", "/api/v1/rates" or "/api/v1/data-quality" => "?from=2026-01-01&to=2026-12-31", _ => "" };
            foreach (var (who, visitor) in visitors)
            {
                var answer = route switch
                {
                    "/api/v1/fhir" => await visitor.PostBodyAsync(path, """{"resourceType":"Practitioner","id":"P8"}""", "application/fhir+json"),
                    "/api/v1/sessions" => await visitor.PostBodyAsync(path, """{"session_id":"S70","practitioner_id":"P1","patient_id":"T1","started_at":"2026-03-02T10:00:00Z"}""", "application/json"),
                    "/api/v1/follow-ups" => await visitor.PostBodyAsync(path, """{"follow_up_id":"F70","session_id":"S1","attempted_at":"2026-03-04T12:00:00Z","outcome":"reached"}""", "application/json"),
                    "/api/v1/events" => await visitor.PostBodyAsync(path, """{"event_id":"E70","session_id":"S70","patient_id":"T1","category":"BRUISE_MINOR","onset_at":"2026-03-02T12:00:00Z"}""", "application/json"),
                    _ => await visitor.GetAsync(path),
                };
                bool mayOpen = may.Contains(who) || may is ["everybody"];
                if (mayOpen) Assert.True(answer is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted || route is "/error/{status:int?}" or "/report/{link}" or "/calendar/{secret}" or "/set-up" or "/sign-in/code" or "/sign-out" or "/welcome", $"{who} should open {path}, and gets {answer}");
                else if (route.StartsWith("/api", StringComparison.Ordinal)) Assert.True(answer is HttpStatusCode.Unauthorized, $"{who} gets {answer} from {path}");
                else if (who is "nobody" or "key") Assert.True(answer is HttpStatusCode.Redirect && visitor.Location!.StartsWith("/sign-in", StringComparison.Ordinal), $"{who} gets {answer} from {path}");
                else
                {
                    Assert.True(answer is HttpStatusCode.Forbidden, $"{who} gets {answer} from {path}");
                    // A form of a page that does not open changes nothing either.
                    Assert.Equal(HttpStatusCode.Forbidden, await visitor.PostAgainAsync([], path));
                    Assert.Matches($"Refused: GET {System.Text.RegularExpressions.Regex.Escape(path.Split('?')[0])} asks for \\w+, by person {who} from ", dashboard.Log.Text);
                }
                // Each form that posts carries its own token: without script nothing else adds one.
                foreach (System.Text.RegularExpressions.Match form in System.Text.RegularExpressions.Regex.Matches(visitor.Text, "<form[^>]*method=\"post\".*?</form>", System.Text.RegularExpressions.RegexOptions.Singleline))
                    Assert.True(form.Value.Contains("__RequestVerificationToken", StringComparison.Ordinal), $"{path}: {form.Value}");
                Assert.Contains("default-src 'none'", Assert.Single(visitor.Answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
                Assert.Contains("no-store", visitor.Answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            }
        }
        // Each of these refusals is in the audit trail too.
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.True(await db.AuditEntries.AnyAsync(e => e.Action == AuditAction.Refused && e.Actor == "person auditor" && e.Subject == "GET /uploads"));
        Assert.True(await db.AuditEntries.AnyAsync(e => e.Action == AuditAction.Read && e.Actor == "person director" && e.Subject == "/practitioners/P1"));
        foreach (var visitor in visitors.Values) visitor.Dispose();
    }

    [Fact]
    public async Task A_route_that_says_to_nobody_whom_it_is_for_opens_to_nobody()
    {
        await using var app = Dashboard.Build(["--Data:Directory", await RunningDashboard.FillAsync(WebTests.MakeDirectorAsync), "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default", "None"], worker: false);
        // As somebody would add it who forgets about access; one more on the programs' side.
        app.MapGet("/forgotten", () => "open");
        app.MapGet("/api/v1/forgotten", () => "open");
        await CommandLine.PrepareDatabaseAsync(app.Services, default);
        await app.StartAsync();
        using var everything = new Visitor(app.Urls.First());
        Assert.Equal(HttpStatusCode.Redirect, await everything.GetAsync("/forgotten"));
        Assert.StartsWith("/sign-in", everything.Location, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, await everything.GetAsync("/api/v1/forgotten"));
        Assert.Equal(HttpStatusCode.Redirect, await everything.SignInAsync("director", Password));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (await everything.GetAsync("/"), await everything.GetAsync("/forgotten")));
        await app.StopAsync();
    }

    [Fact]
    public async Task What_lies_in_another_clinic_or_is_another_practitioner_s_is_not_there()
    {
        await using var dashboard = await StartAsync();
        // (address, who gets it, who is told that it is not there). Uploads: 2 holds C1's sessions, 5 C2's, 7 rows of both.
        (string Path, string[] Found, string[] NotThere)[] cases =
        [
            ("/practitioners/P1", ["director", "director-c1", "practitioner"], ["nothing"]),
            ("/practitioners/P2", ["director", "director-c1"], ["practitioner", "nothing"]),
            ("/practitioners/P3", ["director"], ["director-c1", "practitioner", "nothing"]),
            ("/sessions?practitioner=P1", ["director", "director-c1", "practitioner", "auditor-c1"], ["nothing"]),
            ("/sessions?practitioner=P2", ["director", "director-c1", "auditor-c1"], ["practitioner"]),
            ("/sessions?practitioner=P3", ["director", "auditor"], ["director-c1", "practitioner", "auditor-c1"]),
            ("/records/history?kind=sessions&id=S1&clinic=C1", ["director", "director-c1", "auditor-c1", "practitioner"], ["nothing"]),
            ("/records/history?kind=sessions&id=S2&clinic=C1", ["director", "director-c1", "auditor-c1"], ["practitioner"]),
            ("/records/history?kind=sessions&id=S3&clinic=C2", ["director", "auditor"], ["director-c1", "auditor-c1", "practitioner"]),
            ("/records/history?kind=events&id=E1&clinic=C1", ["director", "director-c1", "practitioner"], ["nothing"]),
            ("/records/history?kind=events&id=E2&clinic=C1", ["director", "director-c1"], ["practitioner"]),
            ("/records/history?kind=events&id=E3&clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/records/history?kind=practitioners&id=P3&clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/records/correct?kind=sessions&id=S1&clinic=C1", ["director", "director-c1"], []),
            ("/records/correct?kind=sessions&id=S3&clinic=C2", ["director"], ["director-c1"]),
            ("/records/correct?kind=events&id=E3&clinic=C2", ["director"], ["director-c1"]),
            ("/uploads/2/undo", ["director", "director-c1"], []),
            ("/uploads/5/undo", ["director"], ["director-c1"]),
            ("/uploads/2", ["director", "director-c1"], []),
            ("/uploads/5", ["director"], ["director-c1"]),
            ("/uploads/5?handler=rejected", ["director"], ["director-c1"]),
            ("/uploads/7", ["director"], ["director-c1"]),
            ("/sessions/answers?id=S1&clinic=C1", ["director", "director-c1", "practitioner", "auditor-c1"], ["nothing"]),
            ("/sessions/answers?id=S3&clinic=C2", ["director", "auditor"], ["director-c1", "practitioner", "auditor-c1"]),
            ("/sessions?clinic=C1&measure=BRUISE_MINOR", ["director", "director-c1", "practitioner", "auditor-c1"], ["nothing"]),
            ("/sessions?clinic=C2&measure=BRUISE_MINOR", ["director", "auditor"], ["director-c1", "practitioner", "auditor-c1"]),
            ("/monitor?clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/adherence?clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/adherence/PR-001?clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/credentials?clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/protocol?clinic=C2", ["director"], ["director-c1", "practitioner"]),
            ("/protocol/change?clinic=C2", ["director"], ["director-c1"]),
            ("/trail?handler=check", ["auditor"], ["auditor-c1"]),
            ("/trail?handler=extract", ["auditor"], ["auditor-c1"]),
        ];
        foreach (string who in cases.SelectMany(c => c.Found.Concat(c.NotThere)).Distinct())
        {
            using var visitor = new Visitor(dashboard.Address);
            await SignInAsync(dashboard, visitor, who);
            foreach (var (path, found, notThere) in cases)
            {
                if (found.Contains(who)) Assert.True(await visitor.GetAsync(path) == HttpStatusCode.OK, $"{who} should find {path}, and gets {visitor.Answer.StatusCode}");
                if (notThere.Contains(who)) Assert.True(await visitor.GetAsync(path) == HttpStatusCode.NotFound, $"{who} should not find {path}, and gets {visitor.Answer.StatusCode}");
            }
        }
        // A list that is narrowed to somebody beyond reach repeats the id that was asked for, and does not tell whose it is.
        using (var narrow = new Visitor(dashboard.Address))
        {
            await SignInAsync(dashboard, narrow, "director-c1");
            foreach (string list in new[] { "/alerts?status=all&practitioner=P3", "/cases?practitioner=P3" })
            {
                Assert.Equal(HttpStatusCode.OK, await narrow.GetAsync(list));
                Assert.DoesNotContain("Cara Cole", narrow.Text, StringComparison.Ordinal);
            }
        }
        // Once in the log and once in the trail, though the page that tells of it is a second answer.
        Assert.Single(dashboard.Log.Text.Split('\n'), l => l.Contains("Not there, or out of reach: /practitioners/P3, asked for by person director-c1", StringComparison.Ordinal));
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.Equal(1, await db.AuditEntries.CountAsync(e => e.Action == AuditAction.Refused && e.Subject == "/practitioners/P3" && e.Actor == "person director-c1"));
    }

    [Fact]
    public async Task No_page_tells_of_what_its_reader_does_not_reach()
    {
        await using var dashboard = await StartAsync();
        string[] pages = ["/", "/clinics", "/practitioners", "/measures/BRUISE_MINOR", "/measures/BRUISE_MINOR?against=literature", "/alerts?status=all", "/data-quality", "/data-quality?clinic=C2&practitioner=P3", "/uploads", "/records?id=S3", "/records?id=P3", "/trail", "/sessions?practitioner=P1", "/sessions?clinic=C1", "/sessions?of=completed", "/sessions?of=tried", "/sessions?of=reached", "/sessions?of=reached&clinic=C1", "/sessions?measure=ANY_MINOR", "/sessions?rule=PR-001&outcome=not_recorded", "/sessions?rule=PR-034&outcome=pass", .. Enum.GetValues<SafetyAudit.Analysis.QualityGap>().Select(g => $"/sessions?of={Codes.Of(g)}"), "/monitor", "/follow-ups", "/events/waiting", "/adherence", "/adherence/PR-001", "/credentials", "/duties", "/protocol", "/baselines", "/search?q=P", "/search?q=Cole", "/views", "/tour"];
        (string Who, string[] Hidden)[] readers =
        [
            ("director-c1", ["P3", "Cara Cole", "S3", "E3", "secret of E3"]),
            // Colleagues count in what is expected of them, and are not shown.
            ("practitioner", ["P2", "P3", "Ben Birch", "Cara Cole", "S2", "E2"]),
            ("auditor", ["Ada Ash", "Ben Birch", "Cara Cole"]),
            ("auditor-c1", ["Ada Ash", "Cara Cole", "clinic C2"]),
            ("nothing", ["P1", "P2", "Ada Ash"]),
        ];
        foreach (var (who, hidden) in readers)
        {
            using var visitor = new Visitor(dashboard.Address);
            await SignInAsync(dashboard, visitor, who);
            int opened = 0;
            foreach (string page in pages)
            {
                if (await visitor.GetAsync(page) != HttpStatusCode.OK) continue;
                opened++;
                // Without what was asked for, and without the tokens, whose random letters may spell anything.
                string main = visitor.Text[visitor.Text.IndexOf("<main", StringComparison.Ordinal)..visitor.Text.IndexOf("</main>", StringComparison.Ordinal)].Replace($"value=\"{page.Split('=')[^1]}\"", "").Replace($"“{page.Split('=')[^1]}”", "");
                // The links to a chart's file hold the page's own address.
                main = System.Text.RegularExpressions.Regex.Replace(main, "href=\"[^\"]*&amp;chart=[^\"]*\"", "");
                main = WithoutTokens(main);
                foreach (string word in hidden) Assert.False(System.Text.RegularExpressions.Regex.IsMatch(main, $@"\b{word}\b"), $"{who} reads {word} on {page}");
            }
            Assert.True(opened > 0 || who == "nothing", $"{who} opened no page");
        }
        using (var auditor = new Visitor(dashboard.Address))
        {
            await SignInAsync(dashboard, auditor, "auditor");
            await auditor.GetAsync("/records/history?kind=events&id=E3&clinic=C2");
            Assert.DoesNotContain("secret of E3", auditor.Text, StringComparison.Ordinal);
            await auditor.GetAsync("/records/history?kind=practitioners&id=P3&clinic=C2");
            Assert.DoesNotContain("Cara Cole", auditor.Text, StringComparison.Ordinal);
            // Whom to ask is a list of records; how many were asked is a figure.
            await auditor.GetAsync("/follow-ups?from=2026-01-01&to=2026-12-31");
            Assert.DoesNotContain("P2", WithoutTokens(auditor.Text[auditor.Text.IndexOf("<main", StringComparison.Ordinal)..]), StringComparison.Ordinal);
            using var director = new Visitor(dashboard.Address);
            await SignInAsync(dashboard, director, "director-c1");
            await director.GetAsync("/follow-ups?from=2026-01-01&to=2026-12-31");
            Assert.Contains("Ben Birch", director.Text, StringComparison.Ordinal);
        }
        using var key = new Visitor(dashboard.Address);
        key.Headers["Authorization"] = $"Bearer {await KeyAsync(dashboard, "C1")}";
        foreach (string interval in new[] { "midp", "mid_p", "exact" })
            Assert.Equal(HttpStatusCode.OK, await key.GetAsync($"/api/v1/rates?from=2026-01-01&to=2026-12-31&measure=BRUISE_MINOR&interval={interval}"));
        Assert.Contains("\"P1\"", key.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("P3", key.Text, StringComparison.Ordinal);
        // Upload 2 is C1's, 5 is C2's, 7 has rows of both.
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound),
            (await key.GetAsync("/api/v1/uploads/2"), await key.GetAsync("/api/v1/uploads/5"), await key.GetAsync("/api/v1/uploads/7")));
    }

    static string WithoutTokens(string page) => WebTests.Token(page) is { Length: > 0 } token ? page.Replace(token, "") : page;

    [Fact]
    public async Task What_a_form_shows_that_was_not_taken_is_entered_as_opened_too()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, director, "director");
        await director.GetAsync("/account");
        const string record = "/records/correct?kind=events&id=E1&clinic=C1";
        // Without a reason it is not taken, and the page shows the record.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAgainAsync(new() { ["version"] = "1" }, record));
        Assert.Contains("secret of E1", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.PostAgainAsync(new() { ["kind"] = "sessions" }, "/uploads/8/columns"));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync([], "/uploads/8?handler=Cancel"));
        await RunningDashboard.MoveReadsAsync(dashboard.App.Services);
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        var read = await db.AuditEntries.Where(e => e.Action == AuditAction.Read && e.Actor == "person director").OrderBy(e => e.Sequence).Select(e => e.Subject + e.Why).ToListAsync();
        Assert.Equal([record, "/uploads/8/columns"], read);
    }

    [Fact]
    public async Task A_closed_account_and_a_revoked_key_open_nothing_at_once()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, visitor, "closed");
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/"));
        await WithAccessAsync(dashboard, access => access.DisableAsync("closed", disabled: true, default));
        Assert.Equal(HttpStatusCode.Redirect, await visitor.GetAsync("/"));

        using var key = new Visitor(dashboard.Address);
        key.Headers["Authorization"] = $"Bearer {await KeyAsync(dashboard, "C1")}";
        Assert.Equal(HttpStatusCode.OK, await key.GetAsync("/api/v1/rates?from=2026-01-01&to=2026-12-31"));
        await WithAccessAsync(dashboard, access => access.RevokeKeyAsync(1, default));
        Assert.Equal(HttpStatusCode.Unauthorized, await key.GetAsync("/api/v1/rates?from=2026-01-01&to=2026-12-31"));

        // Another role counts from the next request on.
        using var changed = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, changed, "director");
        await WithAccessAsync(dashboard, access => access.ChangeAsync("director", new([Role.Auditor], [], null), default));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (await changed.GetAsync("/"), await changed.GetAsync("/trail")));
    }

    [Fact]
    public async Task An_account_that_is_opened_again_has_none_of_its_old_sign_ins_and_an_invitation_names_who_gave_it()
    {
        await using var dashboard = await StartAsync();
        using var visitor = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, visitor, "director");
        using var thief = visitor.Thief();
        await WithAccessAsync(dashboard, access => access.DisableAsync("director", disabled: true, default));
        await WithAccessAsync(dashboard, access => access.DisableAsync("director", disabled: false, default));
        Assert.Equal(HttpStatusCode.Redirect, await thief.GetAsync("/"));

        using var administrator = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, administrator, "administrator");
        await administrator.PostAsync("/access", new() { ["name"] = "director" }, "/access?handler=InviteAgain");
        string invitation = new Uri(System.Text.RegularExpressions.Regex.Match(WebUtility.HtmlDecode(administrator.Text), "http://[^<]+/welcome[^<]+").Value).PathAndQuery;
        using var invited = new Visitor(dashboard.Address);
        string token = System.Web.HttpUtility.ParseQueryString(invitation[invitation.IndexOf('?', StringComparison.Ordinal)..])["token"]!;
        Assert.Equal(HttpStatusCode.Redirect, await invited.PostAsync(invitation, new() { ["name"] = "director", ["token"] = token, ["password"] = "three other words here", ["again"] = "three other words here" }, "/welcome"));
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        var entries = await db.AuditEntries.Where(e => e.Subject == "user director").OrderByDescending(e => e.Sequence).Take(2).ToListAsync();
        Assert.Equal(("person director", "by invitation"), (entries[0].Actor, entries[0].Why));
        Assert.Equal(("person administrator", "invited to choose a new password"), (entries[1].Actor, entries[1].Why));
        Assert.DoesNotContain("AQAAAA", entries[0].After!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Accounts_are_kept_by_those_who_reach_the_whole_installation()
    {
        await using var dashboard = await StartAsync();
        await Assert.ThrowsAsync<AccessRefusedException>(() => WithAccessAsync(dashboard, access => access.ChangeAsync("director-c1", new([Role.Director, Role.Administrator], ["C1"], null), default)));
        // Should such an account come about all the same, it opens nothing.
        await dashboard.ChangeAsync("director-c1", user => user.Roles = [Role.Director, Role.Administrator]);
        using var visitor = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, visitor, "director-c1");
        Assert.Equal(HttpStatusCode.Forbidden, await visitor.GetAsync("/access"));

        // Nor does one who sees their own figures alone keep the clinics' report links.
        await dashboard.ChangeAsync("practitioner", user => user.Roles = [Role.Practitioner, Role.Administrator]);
        using var own = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, own, "practitioner");
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (await own.GetAsync("/report-links"), await own.GetAsync("/access")));
        await dashboard.ChangeAsync("practitioner", user => user.Roles = [Role.Practitioner]);

        // Two who take the role from one another at the same time: one of them keeps it.
        await dashboard.ChangeAsync("director-c1", user => user.Roles = [Role.Director]);
        string[] both = ["administrator", "closed"];
        await Task.WhenAll(both.Select(async name =>
        {
            try { await WithAccessAsync(dashboard, access => access.ChangeAsync(name, new([Role.Auditor], [], null), default)); }
            catch (AccessRefusedException) { }
        }));
        await using var db = dashboard.App.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.Single(await db.Users.AsNoTracking().Where(u => both.Contains(u.UserName)).ToListAsync(), u => u.Roles.Contains(Role.Administrator));
    }

    [Fact]
    public async Task Someone_of_another_clinic_who_treats_here_has_figures_and_no_name_here_and_odd_requests_are_answered()
    {
        await using var dashboard = await StartAsync();
        var services = dashboard.App.Services;
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S77", practitioner: "P3"))), "guest.csv", null, "C1", Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        using var visitor = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, visitor, "director-c1");
        Assert.Equal(HttpStatusCode.OK, await visitor.GetAsync("/practitioners/P3"));
        Assert.DoesNotContain("Cara Cole", visitor.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await visitor.GetAsync("/records/history?kind=practitioners&id=P3&clinic=C2"));

        Assert.Equal(HttpStatusCode.NotFound, await visitor.GetAsync("/practitionrs"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, await visitor.PostAsync("/practitioners/P1", []));
        using var key = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, await key.GetAsync("/api/v1/rates"));
        Assert.Equal("application/problem+json", key.Answer.Content.Headers.ContentType!.MediaType);
        // What people type into the search has no place in the trail.
        await visitor.GetAsync("/records?id=MRN-SECRET-77");
        await RunningDashboard.MoveReadsAsync(services);
        await using var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        Assert.True(await db.AuditEntries.AnyAsync(e => e.Subject == "/records"));
        Assert.False(await db.AuditEntries.AnyAsync(e => e.Why!.Contains("MRN-SECRET")));
    }

    [Fact]
    public async Task An_id_that_somebody_typed_is_entered_only_where_it_is_a_record_s()
    {
        await using var dashboard = await StartAsync();
        var services = dashboard.App.Services;
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream("patient_id,valid_from,birth_decade\nT1,2026-01-01,1980\n"u8.ToArray()), "patients.csv", null, "C1", Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        const string typed = "MRN-4711-77";
        using var director = new Visitor(dashboard.Address);
        await SignInAsync(dashboard, director, "director");
        await director.GetAsync("/account");
        foreach (string kind in new[] { "patients", "sessions", "events", "follow_ups", "practitioners", "nonsense" })
            foreach (string id in new[] { typed, typed + " 2026-01-01" })
                foreach (string page in new[] { "/records/history", "/records/correct" })
                {
                    string address = $"{page}?kind={kind}&id={Uri.EscapeDataString(id)}&clinic=C1";
                    Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync(address));
                    Assert.Equal(HttpStatusCode.NotFound, await director.SendAsync(new(HttpMethod.Head, address)));
                    await director.GetAsync("/account");
                    Assert.True(await director.PostAgainAsync(new() { ["version"] = "1", ["why"] = "x" }, address) is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed);
                }
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync($"/sessions/answers?id={typed}&clinic=C1"));
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/records?id={typed}"));
        using (var auditor = new Visitor(dashboard.Address))
        {
            await SignInAsync(dashboard, auditor, "auditor");
            Assert.Equal(HttpStatusCode.OK, await auditor.GetAsync($"/trail?subject={typed}&actor={typed}"));
        }
        // What is found is entered before it is shown: a patient's profile under the pseudonym.
        await using var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.Worker);
        string pseudonym = await db.PatientRisks.Select(p => p.PatientId).SingleAsync();
        Assert.Matches("^pt1-[0-9a-z]{26}$", pseudonym);
        string[] found = [$"/records/history?kind=patients&id={pseudonym}%202026-01-01&clinic=C1", "/records/correct?kind=sessions&id=S1&clinic=C1", "/sessions/answers?id=S1&clinic=C1"];
        foreach (string address in found) Assert.Equal(HttpStatusCode.OK, await director.GetAsync(address));

        await RunningDashboard.MoveReadsAsync(services);
        var entries = await db.AuditEntries.Where(e => e.Actor == "person director" || e.Actor == "person auditor").OrderBy(e => e.Sequence).ToListAsync();
        Assert.Equal(["/records", .. found], entries.Where(e => e.Action == AuditAction.Read && e.Actor == "person director").Select(e => e.Subject + e.Why));
        // That somebody asked for what is not there is told, and not for what.
        Assert.Equal(["/records/correct", "/records/history", "/sessions/answers"], entries.Where(e => e.Action == AuditAction.Refused && e.Why!.StartsWith("not there", StringComparison.Ordinal)).Select(e => e.Subject).Distinct().Order(StringComparer.Ordinal));
        Assert.DoesNotContain(entries, e => $"{e.Subject} {e.Before} {e.After} {e.Why}".Contains(typed, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(typed, dashboard.Log.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_last_administrator_stays_and_files_go_to_one_s_own_clinics_only()
    {
        await using var dashboard = await StartAsync();
        await WithAccessAsync(dashboard, access => access.DisableAsync("closed", disabled: true, default));
        await Assert.ThrowsAsync<AccessRefusedException>(() => WithAccessAsync(dashboard, access => access.DisableAsync("administrator", disabled: true, default)));
        await Assert.ThrowsAsync<AccessRefusedException>(() => WithAccessAsync(dashboard, access => access.ChangeAsync("administrator", new([Role.Auditor], [], null), default)));

        var receive = dashboard.App.Services.GetRequiredService<ReceiveUpload>();
        var ofC1 = new Actor(ActorKind.Person, "director-c1", "", Roles.Of(Role.Director), new(["C1"]));
        foreach (string? clinic in new[] { null, "C2" })
            await Assert.ThrowsAsync<FileRefusedException>(() => receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.Practitioners)), "p.csv", null, clinic, ofC1, default));
    }

    [Fact]
    public async Task Every_kind_of_record_that_belongs_to_a_clinic_is_kept_within_scopes()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await using var db = installation.Db();
        foreach (var entity in db.Model.GetEntityTypes().Where(e => e.FindProperty("ClinicId") is not null || e.FindProperty("PatientId") is not null))
            Assert.True(entity.GetDeclaredQueryFilters().Count > 0, $"{entity.ClrType.Name} has no filter by clinic: add it to SafetyAuditDb.Restrict");
        await using var nobody = installation.Db(Actor.Nobody);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        Assert.Equal((0, 0, 0, 0, 0), (await nobody.Sessions.CountAsync(), await nobody.Practitioners.CountAsync(), await nobody.Uploads.CountAsync(), await nobody.DailyExposures.CountAsync(), await nobody.AuditEntries.CountAsync()));
    }

    static Task<RunningDashboard> StartAsync() => RunningDashboard.StartOnCopyAsync(Filled);

    static readonly Lazy<Task<string>> Filled = new(() => RunningDashboard.FillAsync(async services =>
    {
        var receive = services.GetRequiredService<ReceiveUpload>();
        string events = Samples.EventHeader.TrimEnd() + ",narrative\n";
        foreach (var (content, clinic) in new (string, string?)[]
        {
            (Samples.Practitioners, "C1"),
            (Samples.SessionHeader + string.Concat(Enumerable.Range(10, 30).Select(i => Samples.Session($"S{i}", practitioner: i % 2 == 0 ? "P1" : "P2"))) + Samples.Session("S1") + Samples.Session("S2", practitioner: "P2"), "C1"),
            (events + Samples.Event("E1", "S1").TrimEnd() + ",secret of E1\n" + Samples.Event("E2", "S2").TrimEnd() + ",secret of E2\n", "C1"),
            ("practitioner_id,display_name,clinic_id\nP3,Cara Cole,C2\n", "C2"),
            (Samples.SessionHeader + Samples.Session("S3", practitioner: "P3", clinic: "C2") + Samples.Session("S4", practitioner: "P9", clinic: "C2"), "C2"),
            (events + Samples.Event("E3", "S3").TrimEnd() + ",secret of E3\n", "C2"),
            (Samples.SessionHeader + Samples.Session("S8") + Samples.Session("S9", practitioner: "P3", clinic: "C2"), null),
        }) await receive.ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)), "file.csv", null, clinic, Actor.CommandLine, default);
        Assert.Equal(8, (await receive.ReceiveAsync(new MemoryStream("a,b\n1,2\n"u8.ToArray()), "other.csv", null, "C1", Actor.CommandLine, default, new(MayAsk: true)))[0].Id);
        await receive.ReceiveAsync(new MemoryStream("follow_up_id,session_id,clinic_id,attempted_at,outcome\nF1,S1,C1,2026-03-03T11:30:00Z,reached\nF2,S2,C1,2026-03-03T11:30:00Z,reached\n"u8.ToArray()), "file.csv", null, "C1", Actor.CommandLine, default);
        // Before any other, so that they are alert and case 1: of P1, who was asked about it.
        await using (var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.Worker, default))
        {
            var now = DateTime.UtcNow;
            db.Alerts.Add(new() { Rule = SafetyAudit.Alerts.AlertRule.MoreThanPeers, ClinicId = "C1", PractitionerId = "P1", Measure = "BRUISE_MINOR", Key = "k", Reason = "r", From = new(2026, 3, 1), To = new(2026, 3, 31), RaisedAtUtc = now, EvaluatedAtUtc = now });
            await db.SaveChangesAsync();
            db.Reports.Add(new() { Period = "2026Q1", ClinicId = "C1", AsKnownUtc = now, ProgramVersion = "1", ManifestHash = "h", FrozenAtUtc = now, FrozenBy = "x" });
            db.Cases.Add(new() { AlertId = 1, ClinicId = "C1", PractitionerId = "P1", Measure = "BRUISE_MINOR", From = new(2026, 3, 1), To = new(2026, 3, 31), OpenedAtUtc = now, AskedAtUtc = now });
            await db.SaveChangesAsync();
        }
        await services.CatchUpAsync(null, default);
        foreach (var (name, roles, clinics, practitioner) in People)
            await RunningDashboard.AddUserAsync(services, new User { UserName = name, Roles = roles, ClinicIds = clinics, PractitionerId = practitioner }, Password);
    }));

    static async Task SignInAsync(RunningDashboard dashboard, Visitor visitor, string name) =>
        Assert.True(await visitor.SignInAsync(name, Password) == HttpStatusCode.Redirect, $"{name} can't sign in: {visitor.Answer.StatusCode}\n{dashboard.Log.Text}");

    internal static async Task<string> KeyAsync(RunningDashboard dashboard, string clinic)
    {
        string secret = "";
        await WithAccessAsync(dashboard, async access => secret = (await access.AddKeyAsync("reception", clinic, default)).Secret);
        return secret;
    }

    static async Task WithAccessAsync(RunningDashboard dashboard, Func<GiveAccess, Task> work)
    {
        await using var scope = dashboard.App.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
        await work(scope.ServiceProvider.GetRequiredService<GiveAccess>());
    }
}
