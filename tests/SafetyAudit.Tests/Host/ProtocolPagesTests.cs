using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Host;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>The protocol on pages: what a clinic lays down, what the rules then say, and what was done about events.</summary>
public class ProtocolPagesTests
{
    const string Password = "correct horse battery";

    const string Sessions = "session_id,clinic_id,practitioner_id,patient_id,started_at,ended_at,post_obs_minutes,needles_inserted,needles_removed\n" +
        "S1,C1,P1,T1,2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,4,6,6\nS2,C1,P1,T1,2026-03-09T10:00:00Z,2026-03-09T10:30:00Z,9,6,5\n";

    const string Events = "event_id,session_id,patient_id,category,onset_at,detected_at,recorded_at,medical_attention,outcome\n" +
        "E1,S2,T1,PNEUMOTHORAX,2026-03-09T12:00:00Z,2026-03-09T13:00:00Z,2026-03-09T14:00:00Z,admitted,ongoing\nE2,S1,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,,,,ongoing\n";

    [Fact]
    public async Task What_is_laid_down_is_checked_kept_and_judged_by()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await director.GetAsync("/adherence/PR-017");
        Assert.Contains("no minutes set", director.Text, StringComparison.Ordinal);

        const string form = "/protocol/change?clinic=C1";
        var given = new Dictionary<string, string>
        {
            ["effective_from"] = "2026-03-01", ["why"] = "our policy of March", ["MinObservationMinutes"] = "5", ["MinReachedShare"] = "80", ["DepthLimits"] = "Rhomboids=15; rhomboids/low=10",
            ["AuthorisedRoles"] = "physiotherapist; Sports Physician", ["Jurisdictions"] = "gb", ["ReviewHours"] = "24", ["ClinicId"] = "C2", ["Id"] = "77", ["DecidedBy"] = "somebody",
        };
        foreach (var (setting, wrong) in new[] { ("MinObservationMinutes", "five"), ("MinObservationMinutes", "-1"), ("MinReachedShare", "180"), ("DepthLimits", "rhomboids"), ("VerifiedDuties", "XX-1"), ("why", ""), ("effective_from", "2026-02-30"), ("ReviewHours", "1e999") })
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync(form, new(given) { [setting] = wrong }));
            Assert.Contains("Nothing was changed", director.Text, StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync(form, given));
        await dashboard.CatchUpAsync();

        await using (var db = WebTests.Db(dashboard))
        {
            var kept = Assert.Single(await db.ClinicProtocols.ToListAsync());
            Assert.Equal(("C1", "director", 5, 0.8, "sports_physician"), (kept.ClinicId, kept.DecidedBy, kept.MinObservationMinutes, kept.MinReachedShare, kept.AuthorisedRoles![1]));
            Assert.Equal([new("rhomboids", null, 15), new("rhomboids", "low", 10)], kept.DepthLimits!);
            var entry = await db.AuditEntries.SingleAsync(e => e.Action == AuditAction.Added && e.Subject.StartsWith("clinic_protocol"));
            Assert.Equal(("person director", "C1", "our policy of March"), (entry.Actor, entry.ClinicId, entry.Why));
        }
        await director.GetAsync("/protocol?clinic=C1");
        Assert.Contains("rhomboids: 15 mm; rhomboids, body mass index low: 10 mm", director.Text, StringComparison.Ordinal);
        // One of the two sessions was observed long enough, as the page says beside what the clinic asks.
        await director.GetAsync("/adherence/PR-017");
        Assert.Contains("Observation: 5 minutes.", director.Text, StringComparison.Ordinal);
        Assert.Matches("<td class=\"num\"[^>]*><a href=\"/sessions\\?practitioner=P1&amp;clinic=C1&amp;rule=PR-017&amp;outcome=pass[^\"]*\">1</a></td>\\s*<td class=\"num\"[^>]*><a href=\"/sessions\\?practitioner=P1&amp;clinic=C1&amp;rule=PR-017&amp;outcome=fail[^\"]*\">1</a></td>", director.Text);
        await director.GetAsync("/sessions?practitioner=P1&rule=PR-017&outcome=fail");
        Assert.Contains("minutes observed afterwards: <span>4", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/sessions?practitioner=P1&rule=PR-017&outcome=pass");
        Assert.Contains("minutes observed afterwards: <span>9", director.Text, StringComparison.Ordinal);
        await director.GetAsync("/adherence");
        Assert.Contains("1 of 2 not kept, 0 not recorded", director.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rule=PR-005&outcome=not_recorded")]
    [InlineData("of=completed")]
    [InlineData("measure=BRUISE_MINOR")]
    [InlineData("rule=PR-034&outcome=not_applicable")]
    public async Task A_long_list_of_sessions_comes_in_parts_that_hold_each_once(string asked)
    {
        await using var dashboard = await StartAsync();
        // Nothing is known of whether these patients consented.
        await ImportAsync(dashboard, "session_id,clinic_id,practitioner_id,patient_id,started_at\n" + string.Concat(Enumerable.Range(1, 170).Select(i => $"N{i:000},C1,P1,T{i},2025-{1 + i % 12:00}-{1 + i % 28:00}T10:00:00Z\n")));
        // Two events of each session are one line of a list of sessions.
        await ImportAsync(dashboard, Samples.EventHeader + string.Concat(from i in Enumerable.Range(1, 170) from twice in "ab" select $"E{i}{twice},N{i:000},T{i},BRUISE_MINOR,2025-{1 + i % 12:00}-{1 + i % 28:00}T11:00:00Z,2025-{1 + i % 12:00}-{1 + i % 28:00}T12:00:00Z\n"));
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        var listed = new List<string>();
        string? next = $"/sessions?practitioner=P1&{asked}&from=2025-01-01&to=2025-12-31";
        int parts = 0;
        for (; next is not null; parts++)
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(next));
            listed.AddRange(System.Text.RegularExpressions.Regex.Matches(director.Text, ">(N\\d{3})</a>").Select(m => m.Groups[1].Value));
            Assert.Contains(parts == 0 ? "sessions 1 to 150 of 170" : "sessions 151 to 170 of 170", director.Text, StringComparison.Ordinal);
            next = System.Text.RegularExpressions.Regex.Match(director.Text, "href=\"([^\"]+)\">Next part") is { Success: true } link ? WebUtility.HtmlDecode(link.Groups[1].Value) : null;
        }
        Assert.Equal((2, 170), (parts, listed.Count));
        Assert.Equal(170, listed.Distinct().Count());
    }

    [Fact]
    public async Task A_month_that_asked_too_few_patients_leads_to_its_sessions_and_to_what_was_tried_after_each()
    {
        await using var dashboard = await StartAsync();
        await using (var db = WebTests.Db(dashboard)) await new LayDownProtocol(db, TimeProvider.System).RunAsync(new() { ClinicId = "C1", EffectiveFrom = new(2025, 1, 1), MinReachedShare = 0.5 }, "a test", default);
        var days = Enumerable.Range(1, 20).ToList();
        await ImportAsync(dashboard, "session_id,clinic_id,practitioner_id,patient_id,started_at\n" + string.Concat(days.Select(d => $"M{d:00},C1,P1,T{d},2025-10-{d:00}T10:00:00Z\n")));
        await ImportAsync(dashboard, "follow_up_id,session_id,clinic_id,attempted_at,outcome\nF1,M01,C1,2025-10-02T10:00:00Z,reached\nF2,M02,C1,2025-10-03T10:00:00Z,no_answer\n");
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await director.GetAsync("/adherence/PR-031?from=2025-10-01&to=2025-10-31");
        string link = Regex.Match(director.Text, "href=\"(/sessions\\?practitioner=P1&amp;clinic=C1&amp;rule=PR-031&amp;outcome=fail[^\"]*)\">1</a>").Groups[1].Value;
        await director.GetAsync(System.Net.WebUtility.HtmlDecode(link));
        Assert.Equal(days.Select(d => $"M{d:00}"), Regex.Matches(director.Text, "/sessions/answers\\?id=(M\\d\\d)&").Select(m => m.Groups[1].Value));
        Assert.Contains("October 2025 at C1: 20 due, 2 tried, 1 reached", director.Text, StringComparison.Ordinal);
        foreach (string said in new[] { ">reached<", "tried, not reached", "nobody tried to ask" }) Assert.Contains(said, director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_shows_what_every_rule_says_of_it_and_which_fields_decided()
    {
        await using var dashboard = await StartAsync();
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/sessions/answers?id=S2&clinic=C1"));
        Assert.Equal(Rules.All.Select(r => r.Id), Regex.Matches(director.Text, "<th scope=\"row\"[^>]*><a href=\"/adherence/(PR-\\d+)\\?clinic=C1\">").Select(m => m.Groups[1].Value).Distinct());
        Assert.Matches("(?s)PR-020.*?not kept.*?needles inserted <strong>6</strong>.*?needles removed <strong>5</strong>", director.Text);
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync("/sessions/answers?id=S9&clinic=C1"));
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync("/sessions/answers"));
    }

    [Fact]
    public async Task What_was_done_about_an_event_is_entered_once_and_can_be_taken_back()
    {
        await using var dashboard = await StartAsync();
        await using (var db = WebTests.Db(dashboard))
            await new LayDownProtocol(db, TimeProvider.System).RunAsync(new() { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1), Jurisdictions = ["GB"], VerifiedDuties = [new("GB-CQC", new(2026, 1, 1), 48)], ReviewHours = 24 }, "a test", default);
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        await director.GetAsync("/duties");
        // RIDDOR as a worked example, the CQC's since the clinic verified it; 48 hours from its finding have passed.
        Assert.Contains("RIDDOR 2013", director.Text, StringComparison.Ordinal);
        Assert.Contains("CQC regulation 18", director.Text, StringComparison.Ordinal);
        Assert.Contains("11 Mar 2026 13:00 UTC", director.Text, StringComparison.Ordinal);
        Assert.Contains("overdue", director.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("LFPSE service", director.Text, StringComparison.Ordinal);
        // Home says of both that they are due, and of the one that it is late.
        Assert.Matches("Reports to somebody outside</a>: 2, 1 of them overdue\\.", await HomeAsync());

        var reported = new Dictionary<string, string> { ["id"] = "E1", ["clinic"] = "", ["duty"] = "GB-RIDDOR", ["kind"] = "reported", ["note"] = "by form" };
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/duties", new(reported) { ["back"] = "?clinic=C1&from=2026-03-01" }, "/duties/step"));
        Assert.Equal("/duties?clinic=C1&from=2026-03-01", director.Location);
        Assert.Matches("Reports to somebody outside</a>: 1, 1 of them overdue\\.", await HomeAsync());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync("/duties", reported, "/duties/step"));
        Assert.Contains("It was entered already", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync("/duties", new(reported) { ["duty"] = "GB-CQC", ["kind"] = "not_reportable", ["note"] = " " }, "/duties/step"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync("/duties", new(reported) { ["id"] = "E9" }, "/duties/step"));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/duties", new() { ["id"] = "E1", ["clinic"] = "", ["kind"] = "review_started", ["at"] = "2026-03-10T09:30" }, "/duties/step"));
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAsync("/duties", new() { ["id"] = "E2", ["clinic"] = "", ["kind"] = "escalated", ["note"] = "to Dr Ash" }, "/duties/step"));
        foreach (string wrong in new[] { "2026-03-01T00:00", "2199-01-01T00:00", "yesterday" })
            Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync("/duties", new(reported) { ["duty"] = "GB-CQC", ["at"] = wrong }, "/duties/step"));
        // The review began in time, though it was entered later.
        await director.GetAsync("/sessions/answers?id=S2&clinic=C1");
        Assert.Matches("(?s)PR-033</a>[^/]*event E1.*?✓ kept", WebUtility.HtmlDecode(director.Text));
        await director.GetAsync("/sessions/answers?id=S1&clinic=C1");
        Assert.Matches("(?s)PR-032</a>[^/]*event E2.*?✓ kept", WebUtility.HtmlDecode(director.Text));

        await using (var db = WebTests.Db(dashboard))
        {
            Assert.Equal(3, await db.EventSteps.CountAsync());
            Assert.Equal(3, await db.AuditEntries.CountAsync(e => e.Action == AuditAction.Added && e.Subject.StartsWith("event_step") && e.Actor == "person director"));
        }
        await director.GetAsync("/duties");
        string step = Regex.Match(director.Text, "name=\"step\" value=\"(\\d+)\"").Groups[1].Value;
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync(new() { ["step"] = step }, "/duties/step?handler=takeback"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await director.PostAsync("/duties", new() { ["step"] = step }, "/duties/step?handler=takeback"));

        // Somebody of another clinic finds none of it.
        using var other = new Visitor(dashboard.Address);
        await other.SignInAsync("director-c2", Password);
        await other.GetAsync("/duties");
        Assert.DoesNotContain("RIDDOR 2013", other.Text, StringComparison.Ordinal);
        await other.GetAsync("/uploads");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await other.PostAgainAsync(new(reported) { ["duty"] = "GB-CQC" }, "/duties/step"));
        Assert.Equal(HttpStatusCode.NotFound, await other.PostAgainAsync(new() { ["effective_from"] = "2026-01-01", ["why"] = "x" }, "/protocol/change?clinic=C1"));

        async Task<string> HomeAsync()
        {
            await director.GetAsync("/");
            return director.Text;
        }
    }

    [Fact]
    public void The_database_leaves_out_no_event_that_a_duty_asks_for()
    {
        var may = ReportingDuties.MayApply.Compile();
        int asked = 0, left = 0;
        foreach (var measure in Catalogue.Categories.Values)
            foreach (var severity in Enum.GetValues<Severity>().Cast<Severity?>().Append(null))
                foreach (var attention in Enum.GetValues<MedicalAttention>().Cast<MedicalAttention?>().Append(null))
                    foreach (int? grade in new int?[] { null, 1, 4 })
                        foreach (string? seriousness in new[] { null, "non-serious", "serious" })
                            foreach (string? outcome in new[] { null, "resolved", "death" })
                            {
                                var e = new AdverseEvent { Category = measure.Code, Severity = severity, MedicalAttention = attention, CtcaeGrade = grade, Seriousness = seriousness, Outcome = outcome };
                                bool applies = ReportingDuties.All.Any(d => d.Applies(e, measure));
                                Assert.True(may(e) || !applies, $"{measure.Code} {severity} {attention} {grade} {seriousness} {outcome}");
                                if (applies) asked++;
                                if (!may(e)) left++;
                            }
        Assert.True(asked > 0 && left > 0);
    }

    static async Task ImportAsync(RunningDashboard dashboard, string file)
    {
        await dashboard.App.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "file.csv", null, null, Actor.CommandLine, default);
        await dashboard.CatchUpAsync();
    }

    [Fact]
    public async Task The_matrix_of_a_large_clinic_comes_in_parts_that_browsers_can_carry()
    {
        await using var dashboard = await StartAsync();
        string[] people = [.. Enumerable.Range(1, 23).Select(i => $"Q{i:00}")];
        await ImportAsync(dashboard, "practitioner_id,display_name,clinic_id\n" + string.Concat(people.Select(p => $"{p},Name of {p},C1\n")));
        await ImportAsync(dashboard, "session_id,clinic_id,practitioner_id,patient_id,started_at,ended_at,needles_inserted,needles_removed\n" + string.Concat(people.Select(p => $"S{p},C1,{p},T1,2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,6,5\n")));
        using var director = new Visitor(dashboard.Address);
        await director.SignInAsync("director", Password);
        var shown = new List<string>();
        foreach (string part in new[] { "/adherence", "/adherence?part=2", "/adherence?part=3" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(part));
            Assert.InRange(director.Text.Length, 1, 150_000);
            var columns = Regex.Matches(director.Text, "<th scope=\"col\" class=\"num\"><a href=\"/practitioners/([A-Z0-9]+)\\?").Select(m => m.Groups[1].Value).ToList();
            Assert.InRange(columns.Count, 1, 10);
            shown.AddRange(columns);
            // The clinic's own column is of all of them: 23 left one needle behind, and one of P1's two sessions did.
            Assert.Matches("PR-020</a>(?s:.*?)<td[^>]*>(?s:.*?)✕24", director.Text);
        }
        Assert.Equal(["P1", .. people], shown);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/adherence?part=99"));
        Assert.Contains("aria-current=\"page\">21 to 24 of 24", director.Text, StringComparison.Ordinal);

        // Taken away it is whole: every rule that looked at anything for every practitioner, and a picture of it that is well-formed.
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/adherence?chart=matrix&as=csv"));
        string[] rows = director.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("rule,title,severity,clinic,practitioner,pass,fail,not_recorded,not_applicable,", rows[0], StringComparison.Ordinal);
        Assert.Equal((24, 24), (rows.Count(r => r.StartsWith("PR-020,", StringComparison.Ordinal)), rows.Count(r => Regex.IsMatch(r, "^PR-020,.*,C1,[^,]+,\\d+,1,"))));
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/adherence?chart=matrix&as=svg"));
        Assert.Equal(25 * Rules.All.Count, System.Xml.Linq.XDocument.Parse(director.Text).Descendants().Count(e => ((string?)e.Attribute("class"))?.StartsWith("cell ", StringComparison.Ordinal) == true));
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/practitioners?chart=months&as=csv"));
        Assert.Contains("\r\nQ07,Name of Q07,ANY_MINOR,2026-03-01,0\r\n", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync("/practitioners?chart=months&as=svg"));
    }

    static Task<RunningDashboard> StartAsync() => RunningDashboard.StartAsync(async services =>
    {
        foreach (string file in new[] { Samples.Practitioners, Sessions, Events })
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "file.csv", null, null, Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "director", Roles = [Role.Director] }, Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "director-c2", Roles = [Role.Director], ClinicIds = ["C2"] }, Password);
    }, TimeProvider.System);
}
