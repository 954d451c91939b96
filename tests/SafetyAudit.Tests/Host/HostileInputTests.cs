using System.Net;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Host.Security;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Texts that mean harm, through every door that takes text, and what becomes of them.</summary>
public class HostileInputTests
{
    const string Password = "correct horse battery";

    // Each would leave its mark in the page, were it taken for more than text: an element or an attribute named data-mark, or a variable set by a script.
    static readonly string[] Markup =
    [
        "<img src=x data-mark onerror=window.marked=1>", "\"><script data-mark>window.marked=1</script>", "'><svg data-mark onload=window.marked=1>",
        "</title></desc></text></svg><script data-mark>window.marked=1</script>", "\" data-mark=1 onmouseover=\"window.marked=1",
            "' data-mark=1 onfocus='window.marked=1' autofocus='",
        "</textarea></style></pre><b data-mark>", "javascript:window.marked=1//", "{{constructor.constructor('window.marked=1')()}}",
            "&lt;b data-mark&gt;&#60;b data-mark&#62;",
        "<!--><b data-mark>-->", "]]><b data-mark>", "<a href=\"javascript:window.marked=1\" data-mark>x</a>", "${window.marked=1}`'\"",
            "=HYPERLINK(\"javascript:1\";\"<b data-mark>\")",
    ];

    [Fact]
    public async Task Markup_in_any_text_is_text_on_every_page_and_in_every_chart()
    {
        await using var dashboard = await RunningDashboard.StartAsync(FillWithMarkupAsync, TimeProvider.System);
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        page.Dialog += (_, dialog) => { browser.Errors.Add("a dialog: " + dialog.Message); _ = dialog.DismissAsync(); };
        await page.GotoAsync(dashboard.Address + "/sign-in?returnUrl=" + Uri.EscapeDataString(Markup[1]) + "&over=" + Uri.EscapeDataString(Markup[0]));
        await LookAsync(page);
        await page.FillAsync("[name=UserName]", Markup[4]);
        await page.FillAsync("[name=Password]", Markup[0]);
        await page.ClickAsync("main button >> nth=0");
        await LookAsync(page);
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");

        // Forms whose text is shown again.
        await page.GotoAsync(dashboard.Address + "/access");
        foreach (string name in Markup.Where(m => m.Length <= 100))
        {
            await page.FillAsync("form[action*=Key] [name=name]", name);
            await page.ClickAsync("form[action*=Key] button");
            await LookAsync(page);
        }
        await page.GotoAsync(dashboard.Address + "/access");
        await page.EvaluateAsync("() => document.querySelectorAll('form[action*=Invite] input').forEach(i => { i.removeAttribute('maxlength'); i.removeAttribute('pattern'); })");
        await page.FillAsync("section form [name=name] >> nth=0", Markup[0]);
        await page.CheckAsync("section form [value=Auditor] >> nth=0");
        await page.ClickAsync("section form button >> nth=0");
        Assert.Contains("data-mark", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        await LookAsync(page);

        // Every page that a link leads to, with texts in what is asked for too; one practitioner's and one record's pages stand for the others of their form.
        string all = Uri.EscapeDataString(string.Concat(Markup));
        var waiting = new Queue<string>(["/", "/practitioners", "/measures", "/alerts?status=all", "/uploads", "/access", "/account", "/account/code",
            "/trail?reads=true", "/records",
            $"/trail?subject={all}&actor={all}&action={all}", $"/records?id={all}", $"/practitioners?clinic={all}", $"/measures/{all}",
                $"/practitioners/{all}", $"/error/404?x={all}",
            $"/sessions?practitioner=P1&measure={all}&outcome={all}", $"/welcome?name={all}&token={all}", $"/account?done={all}",
                $"/alerts?status={all}&from=2020-01-01", $"/search?q={all}", $"/views?path={all}", "/baselines", $"/measures/BRUISE_MINOR?against={all}",
            .. Markup.Select(m => "/records?id=" + Uri.EscapeDataString(Id(m))), .. Markup.Select(m => "/practitioners/" + Uri.EscapeDataString(Id(m)))]);
        var forms = new Dictionary<string, int>();
        int opened = 0, charts = 0, files = 0;
        string seen = "";
        var known = waiting.ToHashSet();
        while (waiting.TryDequeue(out string? path))
        {
            await page.GotoAsync(dashboard.Address + path);
            await LookAsync(page);
            opened++;
            charts += await page.EvaluateAsync<int>("() => document.querySelectorAll('svg.chart a').length");
            seen += await page.EvaluateAsync<string>("() => document.body.innerText");
            foreach (string link in await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('a')].map(a => a.href.baseVal ?? a.getAttribute('href'))"))
            {
                Assert.Matches("^(/|#|\\?)(?!/)", link);
                // In whatever order and with whatever values the same is asked for, it is one form.
                string[] parts = Regex.Replace(link, "=[^&]*|/(uploads|practitioners|measures|alerts|cases|adherence|adherence/event)/[^?]*|#.*", "$1").Split('?', '&');
                string form = string.Join('&', parts[1..].Order(StringComparer.Ordinal).Prepend(parts[0]));
                if (Regex.IsMatch(link, "handler=|&as=csv|^#") || !known.Add(link)) continue;
                forms[form] = forms.GetValueOrDefault(form) + 1;
                if (forms[form] > 2) continue;
                if (link.Contains("&as=svg", StringComparison.Ordinal)) await LookAtFileAsync(link);
                else waiting.Enqueue(link);
            }
        }
        Assert.True(opened > 60 && charts > 10 && files > 3, $"{opened} pages, {charts} points, {files} files");
        // They did get there, as text.
        foreach (string text in Markup) Assert.Contains(Regex.Replace(text, "\\s+", ""), Regex.Replace(seen, "\\s+", ""), StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Errors, e => !Regex.IsMatch(e, "40[04]|422"));
        Assert.Empty(browser.Elsewhere(dashboard.Address));

        // A chart that is taken away as a file is opened by other programs, without this page's policy.
        async Task LookAtFileAsync(string link)
        {
            var answer = await page.Context.APIRequest.GetAsync(dashboard.Address + link);
            Assert.Equal("image/svg+xml", answer.Headers["content-type"].Split(';')[0]);
            foreach (var element in XDocument.Parse(await answer.TextAsync()).Descendants())
                Assert.True(element.Name.LocalName is not ("script" or "foreignObject" or "iframe") && !element.Attributes().Any(a => a.Name.LocalName is "data-mark" || a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || Regex.IsMatch(a.Value, "^\\s*(javascript|data|vbscript):", RegexOptions.IgnoreCase)), element.ToString());
            files++;
        }

        async Task LookAsync(IPage at)
        {
            string? found = await at.EvaluateAsync<string?>("""
                () => {
                  if (window.marked) return 'a script ran';
                  const bad = [...document.querySelectorAll('*')].find(e => e.hasAttribute('data-mark') || e.localName === 'script' && !/\/assets\/(passkeys|site)\.js\?v=/.test(e.src)
                    || [...e.attributes].some(a => a.name.startsWith('on') || /^\s*(javascript|data|vbscript):/i.test(a.value) && ['href', 'src', 'action', 'xlink:href', 'formaction'].includes(a.name)));
                  return bad ? bad.outerHTML.slice(0, 300) : null;
                }
                """);
            Assert.True(found is null, $"{at.Url}: {found}");
        }
    }

    [Fact]
    public async Task Markup_and_formulas_go_out_in_CSV_as_they_came_in_and_run_nowhere()
    {
        await using var dashboard = await RunningDashboard.StartAsync(FillWithMarkupAsync, TimeProvider.System);
        using var director = await WebTests.SignedInAsync(dashboard);
        await using var db = WebTests.Db(dashboard);
        long id = await db.QuarantinedRows.Select(q => q.UploadId).FirstAsync();
        await director.GetAsync($"/uploads/{id}?handler=rejected");
        Assert.Equal("text/csv", director.Answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"attachment; filename=upload-{id}-rejected.csv; filename*=UTF-8''upload-{id}-rejected.csv",
            director.Answer.Content.Headers.ContentDisposition!.ToString());
        var rejected = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == id).OrderBy(q => q.Line).ToListAsync();
        using var rows = CsvRows.Open(() => new MemoryStream(Encoding.UTF8.GetBytes(director.Text)));
        int at = 0;
        foreach (var kept in rejected)
        {
            // The file's own columns come back, cell by cell; a row that has none, as its text.
            string text = kept.Unseal(dashboard.App.Services.GetRequiredService<KeyRing>()).Text;
            var cells = CsvRows.CellsOf(text);
            foreach (string cell in cells.Count == rows.Headers.Count - 4 ? cells : [text])
                Assert.Contains(CsvText.Out(cell).Replace("\"", "\"\"", StringComparison.Ordinal), director.Text, StringComparison.Ordinal);
        }
        // No cell begins with what a spreadsheet would run.
        foreach (string line in director.Text.Split('\n'))
            foreach (Match cell in Regex.Matches(line, "(?:^|,)\"?([^,\"])"))
                if (at++ > 0 && cell.Index == 0) Assert.DoesNotContain(cell.Groups[1].Value, "=+-@\t\r");
    }

    public static TheoryData<DatabaseProvider, string> Sql
    {
        get
        {
            var all = new TheoryData<DatabaseProvider, string>();
            foreach (var provider in Enum.GetValues<DatabaseProvider>())
                foreach (string text in new[] { "' OR '1'='1'; DROP TABLE sessions; --", "1); DELETE FROM practitioners; SELECT pg_sleep(9) --",
                    "\\\" %' ESCAPE {0} UNION SELECT password_hash FROM users --", "\0", "\uD800" })
                    all.Add(provider, text);
            return all;
        }
    }

    [Theory, MemberData(nameof(Sql))]
    public async Task Statements_in_what_is_asked_for_are_text(DatabaseProvider provider, string text)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        var database = installation.Services.GetRequiredService<DatabaseSettings>();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P2"));
        string before = await installation.DigestAsync();
        await using var dashboard = await RunningDashboard.StartAsync(WebTests.MakeDirectorAsync, TimeProvider.System,
            "--Database:Provider", Codes.Of(provider), "--Database:ConnectionString", database.ConnectionString, "--Keys:Directory",
                Path.Combine(installation.Directory, "keys"));
        using var director = await WebTests.SignedInAsync(dashboard);
        string key;
        await using (var scope = dashboard.App.Services.CreateAsyncScope())
        {
            scope.ServiceProvider.GetRequiredService<SafetyAuditDb>().Actor = Actor.CommandLine;
            key = (await scope.ServiceProvider.GetRequiredService<GiveAccess>().AddKeyAsync("program", "C1", default)).Secret;
        }
        // A lone surrogate can't be in an address; bytes that are no UTF-8 can.
        string value = text == "\uD800" ? "%ED%A0%80%FF" : Uri.EscapeDataString(text);
        int asked = 0;
        foreach (string question in await QuestionsAsync(dashboard))
        {
            if (question.StartsWith("/api", StringComparison.Ordinal)) director.Headers["Authorization"] = "Bearer " + key;
            var answer = await director.GetAsync(question.Replace("VALUE", value, StringComparison.Ordinal));
            Assert.True((int)answer < 500 && answer != HttpStatusCode.Unauthorized, $"{question}: {answer}");
            director.Headers.Clear();
            asked++;
        }
        Assert.True(asked > 40, $"{asked} questions");
        // And the forms that look something up.
        foreach (var (page, handler, field) in new[] { ("/sign-in", "", "UserName"), ("/access", "Change", "name"), ("/access", "Disable", "name"),
            ("/access", "Key", "clinic"), ("/access", "Invite", "practitioner"), ("/account", "End", "id") })
        {
            var fields = new Dictionary<string, string> { ["name"] = "new", ["roles"] = "Practitioner", ["Password"] = "x", [field] = text };
            Assert.True((int)await director.PostAsync(page, fields, handler.Length > 0 ? $"{page}?handler={handler}" : page) < 500,
                $"{page} {handler}: {director.Answer.StatusCode}");
        }
        Assert.DoesNotMatch("(?i)syntax error|SqliteException|PostgresException|NpgsqlException", dashboard.Log.Text);
        Assert.Equal(before, await installation.DigestAsync());
    }

    [Theory]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example")]
    [InlineData("https:elsewhere.example")]
    [InlineData("/\t/elsewhere.example")]
    [InlineData("\\\\elsewhere.example")]
    [InlineData("/%0d%0aLocation:%20https://elsewhere.example")]
    [InlineData("~//elsewhere.example")]
    public async Task No_address_leads_elsewhere(string wanted)
    {
        await using var dashboard = await RunningDashboard.StartAsync(WebTests.MakeDirectorAsync, TimeProvider.System);
        using var visitor = new Visitor(dashboard.Address);
        string value = Uri.EscapeDataString(wanted);
        foreach (bool signedIn in new[] { false, true })
        {
            if (signedIn)
            {
                await visitor.PostAsync("/sign-in?returnUrl=" + value, new() { ["UserName"] = "director", ["Password"] = Password, ["ReturnUrl"] = wanted });
                Stays();
            }
            foreach (string route in WebTests.Routes(dashboard).Select(WebTests.PathOf).Append("//elsewhere.example/%2e%2e").Distinct())
            {
                await visitor.GetAsync($"{dashboard.Address}{route}?returnUrl={value}&ReturnUrl={value}&next={value}&url={value}&redirect={value}");
                Stays();
            }
        }

        void Stays()
        {
            if (visitor.Answer.Headers.Location is { } to)
                Assert.Equal(new Uri(dashboard.Address).Authority, new Uri(new Uri(dashboard.Address), to.OriginalString.Replace('\\', '/').Replace("\t", "",
                    StringComparison.Ordinal)).Authority);
        }
    }

    [Fact]
    public async Task Fields_that_a_form_does_not_have_change_nothing()
    {
        await using var dashboard = await RunningDashboard.StartAsync(null, TimeProvider.System);
        using var first = new Visitor(dashboard.Address);
        string setUp = "/set-up?token=" + dashboard.SetUpToken;
        await first.PostAsync(setUp, With(new() { ["Token"] = dashboard.SetUpToken, ["UserName"] = "first", ["Password"] = Password, ["Again"] = Password }));
        Assert.Equal("/uploads", first.Location);
        Assert.Equal("Director,Administrator|||open|no code", await StandingAsync("first"));

        await first.PostAsync("/access", new() { ["name"] = "second", ["roles"] = "Auditor" }, "/access?handler=Invite");
        string invitation = WebUtility.HtmlDecode(Regex.Match(first.Text, "/welcome[^<\"]+").Value);
        using var second = new Visitor(dashboard.Address);
        await second.PostAsync(invitation, With(new() { ["name"] = "second", ["token"] = QueryOf(invitation, "token"), ["password"] = Password,
            ["again"] = Password }), "/welcome");
        Assert.Equal("/sign-in", second.Location);
        await second.PostAsync("/sign-in", With(new() { ["UserName"] = "second", ["Password"] = Password }));
        string standing = await StandingAsync("second");
        Assert.Equal("Auditor|||open|no code", standing);
        foreach (string handler in new[] { "Password", "RenamePasskey", "PasskeyOptions", "Passkey", "End" })
            await second.PostAsync("/account", With(new() { ["current"] = Password, ["wanted"] = "plum kettle orbit", ["again"] = "plum kettle orbit",
                ["password"] = Password, ["id"] = "x" }), "/account?handler=" + handler);
        await second.PostAsync("/account/code", With(new() { ["password"] = "plum kettle orbit" }), "/account/code?handler=Begin");
        Assert.Equal(standing, await StandingAsync("second"));
        Assert.Equal("Director,Administrator|||open|no code", await StandingAsync("first"));

        async Task<string> StandingAsync(string name)
        {
            await using var db = WebTests.Db(dashboard);
            var user = await db.Users.AsNoTracking().SingleAsync(u => u.UserName == name);
            return $"{string.Join(',', user.Roles)}|{string.Join(',', user.ClinicIds)}|{user.PractitionerId}|{(user.DisabledAtUtc is null ? "open" : "closed")}|{(user.CodeSecret is null ? "no code" : "code")}";
        }

        static string QueryOf(string address, string name) => Uri.UnescapeDataString(Regex.Match(address, $"[?&]{name}=([^&]+)").Groups[1].Value);

        // Every property of an account and of a sign-in, by each name that a model could be bound under.
        static Dictionary<string, string> With(Dictionary<string, string> fields)
        {
            foreach (var property in typeof(User).GetProperties().Concat(typeof(SignIn).GetProperties()).Where(p => p.CanWrite))
                foreach (string prefix in new[] { "", "User.", "Account.", "user.", "Input.", "Model." })
                    fields.TryAdd(prefix + property.Name, property.Name switch { "Roles" => "Administrator", "PractitionerId" => "P1", "ClinicIds" => "C9",
                        "CodeSecret" => "x", "DisabledAtUtc" => "2020-01-01", _ => "1" });
            foreach (string role in new[] { "Roles[0]", "User.Roles[0]", "Account.Roles[0]", "roles[0]" }) fields.TryAdd(role, "Administrator");
            return fields;
        }
    }

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
        await UploadAsync(director, "practitioners.csv", Samples.Practitioners);
        await UploadAsync(director, $"sessions {patient}.csv", "session_id,clinic_id,practitioner_id,patient_id,started_at,risk_note\n"
            + string.Concat(Enumerable.Range(1, 30).Select(i => $"S{i},C1,P1,{patient},2026-03-02T10:00:00Z,{note}\n"))
                + $"S99,C1,P1,{patient},no instant {note},\nS98,C1,P9,{patient},2026-03-02T10:00:00Z,{note}\n");
        await UploadAsync(director, "events.csv", Samples.EventHeader.Replace("recorded_at", "recorded_at,narrative", StringComparison.Ordinal)
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
        await UploadAsync(director, "more.csv", Samples.SessionHeader + Samples.Session("S500").Replace("T1", patient, StringComparison.Ordinal));

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
        await UploadAsync(director, forged, "x" + forged);
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
        await UploadAsync(director, "practitioners.csv", Samples.Practitioners);
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

    [Theory]
    [InlineData("../../../etc/passwd")]
    [InlineData("..\\..\\..\\windows\\system32\\evil.csv")]
    [InlineData("/etc/cron.d/evil")]
    [InlineData("C:\\CON")]
    [InlineData("NUL.csv")]
    [InlineData("aux")]
    [InlineData("%2e%2e%2f%2e%2e%2fevil.csv")]
    [InlineData("....//....//evil.csv")]
    [InlineData("evil.csv\u0000.txt")]
    [InlineData("~/.ssh/authorized_keys")]
    [InlineData("x.csv:stream")]
    [InlineData("evil\u202Evsc.exe")]
    public async Task The_name_of_a_file_is_never_a_path(string name)
    {
        await using var dashboard = await RunningDashboard.StartAsync(WebTests.MakeDirectorAsync, TimeProvider.System);
        string directory = dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory;
        using var director = await WebTests.SignedInAsync(dashboard);
        string content = Samples.Practitioners;
        Assert.Equal(HttpStatusCode.Redirect, await UploadAsync(director, name, content));
        await using var db = WebTests.Db(dashboard);
        var upload = await db.Uploads.AsNoTracking().SingleAsync();
        string[] below = [.. Directory.GetFiles(directory, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(directory,
            f)).Where(f => f.StartsWith("uploads", StringComparison.Ordinal) || f.Contains("evil", StringComparison.Ordinal))];
        Assert.Equal([Path.Combine("uploads", upload.Fingerprint + ".csv.sealed")], below);
        Assert.DoesNotMatch("[/\\\\\\p{C}]", upload.FileName);
        await director.GetAsync($"/uploads/{upload.Id}?handler=rejected");
        Assert.Equal($"upload-{upload.Id}-rejected.csv", director.Answer.Content.Headers.ContentDisposition!.FileName);
    }

    public static TheoryData<string, byte[], string> OtherFiles => new()
    {
        { "sheet.csv", [.. "PK\u0003\u0004"u8, .. new byte[200]], "spreadsheet or an archive" },
        { "empty-archive.csv", [.. "PK\u0005\u0006"u8, .. new byte[18]], "spreadsheet or an archive" },
        { "old-sheet.csv", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, .. new byte[200]], "spreadsheet or an archive" },
        { "packed.csv", [0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6], "spreadsheet or an archive" },
        { "seven.csv", [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C, 1, 2], "spreadsheet or an archive" },
        { "rar.csv", [.. "Rar!"u8, 0x1A, 7, 0], "spreadsheet or an archive" },
        { "paper.csv", [.. "%PDF-1.7\n"u8], "PDF" },
        { "page.csv", [.. "<!DOCTYPE html><html>session_id,started_at</html>"u8], "web page" },
        { "page.csv", [.. "\uFEFF  \n<html>"u8], "web page" },
        { "entities.csv", [.. "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"u8], "XML" },
        { "bundle.csv", [.. "{\"resourceType\":\"Bundle\"}"u8], "JSON" },
        { "list.csv", [.. "[1,2]"u8], "JSON" },
    };

    [Theory, MemberData(nameof(OtherFiles))]
    public async Task A_file_that_is_no_CSV_is_refused_with_what_to_do(string name, byte[] content, string says)
    {
        await using var dashboard = await RunningDashboard.StartAsync(WebTests.MakeDirectorAsync, TimeProvider.System);
        using var director = await WebTests.SignedInAsync(dashboard);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await UploadAsync(director, name, content));
        string told = WebUtility.HtmlDecode(Regex.Match(director.Text, "role=\"alert\"><p>(.*?)</p>").Groups[1].Value);
        Assert.Contains(says, told, StringComparison.Ordinal);
        Assert.Contains("CSV UTF-8 (comma delimited)", told, StringComparison.Ordinal);
        await using var db = WebTests.Db(dashboard);
        Assert.Equal(0, await db.Uploads.CountAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory, "uploads")));
    }

    static Task<HttpStatusCode> UploadAsync(Visitor visitor, string name, string content) => UploadAsync(visitor, name, Encoding.UTF8.GetBytes(content));

    static async Task<HttpStatusCode> UploadAsync(Visitor visitor, string name, byte[] content)
    {
        await visitor.GetAsync("/uploads");
        byte[] before = Encoding.UTF8.GetBytes("--b\r\nContent-Disposition: form-data; name=__RequestVerificationToken\r\n\r\n" + WebTests.Token(visitor.Text)
            + $"\r\n--b\r\nContent-Disposition: form-data; name=file; filename=\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings("")}\"\r\n\r\n");
        var form = new ByteArrayContent([.. before, .. content, .. "\r\n--b--\r\n"u8]);
        form.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        return await visitor.SendAsync(new(HttpMethod.Post, "/uploads") { Content = form });
    }

    /// <summary>Every address that takes a value, with VALUE in that place: routes, queries of pages and of the API.</summary>
    static async Task<List<string>> QuestionsAsync(RunningDashboard dashboard)
    {
        var questions = new List<string>();
        foreach (var endpoint in WebTests.Routes(dashboard))
        {
            string path = WebTests.PathOf(endpoint), route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (route.Contains('{', StringComparison.Ordinal)) questions.Add(Regex.Replace(route, "\\{[^}]+\\}", "VALUE"));
            IEnumerable<string> names = endpoint.Metadata.GetMetadata<MethodInfo>() is { } api ? api.GetParameters().Select(p => p.Name!) : ["handler", "page"];
            if (endpoint.Metadata.GetMetadata<PageActionDescriptor>() is { } page)
            {
                var compiled = await dashboard.App.Services.GetRequiredService<PageLoader>().LoadAsync(page, EndpointMetadataCollection.Empty);
                names = names.Concat(compiled.BoundProperties.Select(p => p.BindingInfo?.BinderModelName ?? p.Name))
                    .Concat(compiled.HandlerMethods.Where(h => h.HttpMethod.Equals("get", StringComparison.OrdinalIgnoreCase)).SelectMany(h =>
                        h.Parameters).Select(p => p.Name));
            }
            // With what the page needs to go on at all, so that the value is used and not only read.
            string rest = route switch
            {
                "/sessions" => "&practitioner=P1", "/records/history" => "&kind=sessions&id=S1&clinic=C1",
                    "/api/v1/rates" => "&from=2026-01-01&to=2026-12-31", "/trail" => "&reads=true", _ => "",
            };
            foreach (string name in names.Distinct(StringComparer.OrdinalIgnoreCase))
                questions.Add($"{path}?{name}=VALUE{Regex.Replace(rest, $"&{name}=[^&]*", "", RegexOptions.IgnoreCase)}");
        }
        return questions;
    }

    // Ids may have 64 characters and hold what other texts may.
    static string Id(string text) => text.Length > 64 ? text[..64] : text;

    static string Cell(string text) => $"\"{CsvText.Out(text).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>An installation whose every text means harm: names, ids, codes, notes, clinics, files, and rows that are not taken.</summary>
    static async Task FillWithMarkupAsync(IServiceProvider services)
    {
        var practitioners = new StringBuilder("practitioner_id,display_name,clinic_id,role,licence_number,jurisdiction,permitted_muscles,licence_status,licence_issued,licence_expires\n");
        var sessions = new StringBuilder(Samples.SessionHeader.TrimEnd() + ",risk_note,technique,needle_lot,consent_form,screen_flags\n");
        var events = new StringBuilder(Samples.EventHeader.TrimEnd() + ",narrative,action_taken,causality,clinic_id,body_region\n");
        practitioners.Append("P1,Ada Ash,C1,,,,,active,2015-01-01,2030-12-31\n");
        for (int i = 0; i < Markup.Length; i++)
        {
            string text = Markup[i], cell = Cell(text), id = Cell(Id(text));
            practitioners.Append($"{id},{cell},C1,{cell},{cell},{cell},{cell},lapsed,2015-01-01,2020-12-31\n");
            for (int s = 0; s < 60; s++)
            {
                string session = s == 0 ? id : $"S{i}-{s}", at = $"2026-{s % 6 + 1:00}-{s % 28 + 1:00}T10:00:00Z";
                sessions.Append($"{session},C1,{id},{(s == 0 ? id : "T1")},{at},,completed,{cell},{cell},{cell},{cell},{cell}\n");
                // The first two have far more than their colleagues, so that they have alerts and labels in the charts.
                if (s % (i < 2 ? 2 : 30) == 0) events.Append($"{(s == 0 ? id : $"E{i}-{s}")},{session},{(s == 0 ? id : "T1")},BRUISE_MINOR,{at.Replace("T10", "T11")},,{cell},{cell},{cell},C1,{cell}\n");
            }
            sessions.Append($"{id},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell}\n");
        }
        var receive = services.GetRequiredService<ReceiveUpload>();
        foreach (var (name, content) in new[] { (Markup[0] + ".csv", practitioners), (Markup[1], sessions), (Markup[4], events), (Markup[3],
            new StringBuilder(Samples.Practitioners.Replace("practitioner_id", $"{Cell(Markup[0])},practitioner_id", StringComparison.Ordinal))) })
            await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(content.ToString())), name, null, null, Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        await using (var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.CommandLine))
        {
            var clinic = await db.Clinics.SingleAsync(c => c.Id == "C1");
            clinic.Name = Markup[0];
            db.Clinics.Add(new() { Id = Id(Markup[4]), Name = Markup[1], TimeZone = "Etc/UTC" });
            await db.SaveChangesAsync();
            Assert.True(await db.Practitioners.CountAsync(p => p.DisplayName == Markup[0]) == 1 && await db.Alerts.CountAsync() > 3
                && await db.QuarantinedRows.CountAsync() >= Markup.Length);
        }
        await WebTests.MakeDirectorAsync(services);
    }
}
