using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Mvc.RazorPages.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Tests.Host;

/// <summary>Texts and files that mean harm, through every door that takes them, and what becomes of them.</summary>
public class HostileInputTests
{
    const string Password = "correct horse battery";

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
        Assert.Equal(HttpStatusCode.Redirect, await director.UploadAsync(name, content));
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
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.UploadAsync(name, content));
        string told = WebUtility.HtmlDecode(Regex.Match(director.Text, "role=\"alert\"><p>(.*?)</p>").Groups[1].Value);
        Assert.Contains(says, told, StringComparison.Ordinal);
        Assert.Contains("CSV UTF-8 (comma delimited)", told, StringComparison.Ordinal);
        await using var db = WebTests.Db(dashboard);
        Assert.Equal(0, await db.Uploads.CountAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(dashboard.App.Services.GetRequiredService<DatabaseSettings>().Directory, "uploads")));
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
}
