using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Whoever reaches many clinics sees one at a time, and of all together what is open and whose records have stopped.</summary>
public class ManyClinicsTests
{
    const string Password = "correct horse battery";

    static readonly string[] Ids = ["C1", "C2", "C3", "C4", "C5", "C6"];

    static readonly Lazy<Task<string>> Filled = new(() => RunningDashboard.FillAsync(async services =>
    {
        await RunningDashboard.AddUserAsync(services, "director", Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "of-one", Roles = [Role.Director], ClinicIds = ["C2"] }, Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "of-two", Roles = [Role.Director], ClinicIds = ["C2", "C3"] }, Password);
        await RunningDashboard.AddUserAsync(services, new User { UserName = "of-both", Roles = [Role.Director], ClinicIds = ["C1", "C2"] }, Password);
        var (practitioners, sessions, events) = Samples.Clinic(3, 60, p => 6);
        foreach (string clinic in Ids)
            foreach (string file in new[] { practitioners, sessions, events })
                await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Of(clinic, file))), "f.csv", null, null, Actor.CommandLine, default);
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Samples.Practitioners)), "f.csv", null, null, Actor.CommandLine, default);
        // Nobody needled at C6 in the last weeks of the others; and one of C1 treats at C2 too.
        string guest = Samples.SessionHeader + Samples.Session("G1", "2026-06-20T10:00:00Z", "P1", "C2") + Samples.Session("L1", "2026-06-20T10:00:00Z", "P2", "C1");
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(guest)), "f.csv", null, null, Actor.CommandLine, default);
        // Somebody at home nowhere, whose licence has lapsed, and an event that names neither session nor clinic.
        foreach (string file in new[]
        {
            "practitioner_id,display_name,clinic_id,licence_status,licence_issued,licence_expires\nH1,Hal Home,,active,2015-01-01,2026-01-31\n", Samples.SessionHeader + Samples.Session("H1S", "2026-06-19T10:00:00Z", "H1", "C1"),
            "event_id,session_id,patient_id,category,onset_at,practitioner_id\nX1,NONE,T1,PNEUMOTHORAX,2026-03-02T12:00:00Z,P2\n",
        })
            await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(file)), "f.csv", null, null, Actor.CommandLine, default);
        await Composition.CatchUpAsync(services, null, default);
    }));

    // The same clinic under another name, with other people and ids.
    static string Of(string clinic, string file) => clinic == "C1" ? file : Regex.Replace(Regex.Replace(file.Replace("C1", clinic, StringComparison.Ordinal), @"\b([PSE])(\d)", $"{clinic}$1$2"), "T1", $"T{clinic}");

    // With a clock, and so without the worker, where a test makes alerts that the figures do not bear out.
    static async Task<(RunningDashboard, Visitor)> AsAsync(string user, TimeProvider? clock = null)
    {
        var dashboard = await RunningDashboard.StartOnCopyAsync(Filled, clock);
        var visitor = new Visitor(dashboard.Address);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.SignInAsync(user, Password));
        return (dashboard, visitor);
    }

    // Which clinics a page speaks of, outside the list to choose from.
    static string[] ClinicsIn(string page)
    {
        string main = Regex.Replace(page[page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)], "<select.*?</select>", "", RegexOptions.Singleline);
        return [.. Ids.Where(c => Regex.IsMatch(main, $@"\b{c}(P\d|\b)") || c == "C1" && Regex.IsMatch(main, @"\bP[1-3]\b"))];
    }

    [Theory]
    [InlineData("/practitioners")]
    [InlineData("/measures/BRUISE_MINOR")]
    [InlineData("/measures/BRUISE_MINOR?against=literature")]
    [InlineData("/credentials")]
    [InlineData("/data-quality")]
    [InlineData("/adherence")]
    [InlineData("/adherence/PR-001")]
    [InlineData("/follow-ups")]
    public async Task A_page_about_figures_shows_one_clinic_and_the_one_that_is_asked_for(string page)
    {
        var (dashboard, director) = await AsAsync("director");
        await using var _ = dashboard;
        using var __ = director;
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync(page));
        Assert.Equal(["C1"], ClinicsIn(director.Text));
        string asked = page + (page.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "clinic=";
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync(asked + "C3"));
        Assert.Equal(["C3"], ClinicsIn(director.Text));
        Assert.Matches("<option value=\"C3\" selected=\"selected\">", director.Text);
        // It goes along.
        Assert.Contains("href=\"/practitioners?clinic=C3\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await director.GetAsync(asked + "NOWHERE"));
    }

    [Theory]
    [InlineData("/practitioners")]
    [InlineData("/measures/BRUISE_MINOR")]
    [InlineData("/credentials")]
    [InlineData("/")]
    [InlineData("/alerts?status=all")]
    [InlineData("/cases?status=open")]
    [InlineData("/follow-ups")]
    [InlineData("/duties")]
    [InlineData("/monitor")]
    [InlineData("/sessions?measure=BRUISE_MINOR")]
    public async Task What_is_asked_for_widens_nobodys_reach(string page)
    {
        var (dashboard, two) = await AsAsync("of-two");
        await using var _ = dashboard;
        using var __ = two;
        string asked = page + (page.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "clinic=";
        Assert.Equal(HttpStatusCode.NotFound, await two.GetAsync(asked + "C1"));
        Assert.Equal(HttpStatusCode.OK, await two.GetAsync(asked + "C3"));
        Assert.DoesNotContain(ClinicsIn(two.Text), c => c is "C4" or "C5" or "C6");
    }

    [Fact]
    public async Task One_clinic_among_many_looks_as_it_does_to_a_reader_of_it_alone()
    {
        var (dashboard, director) = await AsAsync("director");
        await using var _ = dashboard;
        using var __ = director;
        using var one = new Visitor(dashboard.Address);
        await one.SignInAsync("of-one", Password);
        foreach (string page in new[] { "/practitioners?from=2026-01-01&to=2026-06-30", "/measures/BRUISE_MINOR?from=2026-01-01&to=2026-06-30", "/adherence/PR-001?from=2026-01-01&to=2026-06-30" })
        {
            Assert.Equal(HttpStatusCode.OK, await director.GetAsync(page + "&clinic=C2"));
            Assert.Equal(HttpStatusCode.OK, await one.GetAsync(page));
            Assert.Equal(Figures(one.Text), Figures(director.Text));
        }

        static string[] Figures(string page) => [.. Regex.Matches(page, "<td[^>]*>(.*?)</td>", RegexOptions.Singleline).Select(m => Regex.Replace(m.Groups[1].Value, "<[^>]*>", "").Trim().Replace("Ada Ash", "P1", StringComparison.Ordinal))];
    }

    [Fact]
    public async Task Whoever_works_in_two_clinics_is_counted_in_both_and_so_are_the_rows_behind()
    {
        var (dashboard, both) = await AsAsync("of-both");
        await using var _ = dashboard;
        using var __ = both;
        foreach (string page in new[] { "/practitioners?from=2026-01-01&to=2026-06-30", "/practitioners?from=2026-01-01&to=2026-06-30&clinic=C1", "/practitioners?from=2026-01-01&to=2026-06-30&clinic=C2" })
        {
            Assert.Equal(HttpStatusCode.OK, await both.GetAsync(page));
            var link = Regex.Match(WebUtility.HtmlDecode(both.Text), "<a href=\"(/sessions\\?practitioner=P1&[^\"]*of=completed)\">(\\d+)</a>");
            Assert.Equal(page.Contains("clinic=C2", StringComparison.Ordinal) ? "1" : page.Contains("clinic=C1", StringComparison.Ordinal) ? "60" : "61", link.Groups[2].Value);
            Assert.Equal(HttpStatusCode.OK, await both.GetAsync(link.Groups[1].Value));
            Assert.Contains($"· {link.Groups[2].Value} sessions", WebUtility.HtmlDecode(both.Text), StringComparison.Ordinal);
        }
        // The line of twelve months too: the one session at C2 is in June, in which there was none at C1.
        Assert.Equal(HttpStatusCode.OK, await both.GetAsync("/practitioners?from=2026-01-01&to=2026-06-30&chart=months&as=csv"));
        Assert.Matches(@"(?m)^P1,[^,]*,ANY_MINOR,2026-06-01,0\r?$", both.Text);
    }

    [Fact]
    public async Task Each_clinic_in_a_line_says_what_its_own_pages_say()
    {
        var clock = new TestClock { Now = new(2026, 3, 6, 12, 0, 0, TimeSpan.Zero) };
        var (dashboard, director) = await AsAsync("director", clock);
        await using var _ = dashboard;
        using var __ = director;
        await using (var db = WebTests.Db(dashboard))
        {
            await db.CaseEntries.ExecuteDeleteAsync();
            await db.Cases.ExecuteDeleteAsync();
            await db.Alerts.ExecuteDeleteAsync();
            var red = new Alert { Rule = AlertRule.MoreThanPeers, Level = AlertLevel.Red, ClinicId = "C3", PractitionerId = "C3P1", Measure = "BRUISE_MINOR", Key = "a", Reason = "" };
            db.Alerts.AddRange(red, new Alert { Rule = AlertRule.FewerThanPeers, Level = AlertLevel.Blue, ClinicId = "C3", PractitionerId = "C3P2", Measure = "BRUISE_MINOR", Key = "b", Reason = "" });
            await db.SaveChangesAsync();
            db.Cases.Add(new() { AlertId = red.Id, ClinicId = "C3", PractitionerId = "C3P1", Level = red.Level, OpenedAtUtc = clock.Now.UtcDateTime.AddDays(-40), DueAtUtc = clock.Now.UtcDateTime.AddDays(-1), AskedAtUtc = clock.Now.UtcDateTime.AddDays(-3) });
            await db.SaveChangesAsync();
            await RunningDashboard.AddUserAsync(dashboard.App.Services, new User { UserName = "own", Roles = [Role.Practitioner], PractitionerId = "C3P1" }, Password);
        }
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/"));
        Assert.Contains("href=\"/clinics\"", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/clinics"));
        Assert.Equal(Ids, ClinicsIn(director.Text));
        static string[] Cells(Visitor reader, string clinic) => [.. Regex.Matches(Regex.Match(reader.Text, $"(?s)href=\"/\\?clinic={clinic}\".*?</tr>").Value, "<td[^>]*>(.*?)</td>", RegexOptions.Singleline).Select(m => Regex.Replace(WebUtility.HtmlDecode(Regex.Replace(m.Groups[1].Value, "<[^>]*>", " ")), @"\s+", " ").Trim())];
        string[] three = Cells(director, "C3");
        Assert.Equal(("5 Mar 2026", "0 %, grade D", "1 red, 1 blue", "1 1 overdue", "0"), (three[0], three[2].Replace('\u00a0', ' '), three[3], three[4], three[6]));
        Assert.Equal(("20 Jun 2026", "none", "0"), (Cells(director, "C1")[0], Cells(director, "C4")[3], Cells(director, "C4")[4]));
        // Its sessions of the four weeks, and whom it is to ask, are what its own lists say.
        var weeks = Regex.Match(WebUtility.HtmlDecode(director.Text), @"sessions from (\d+ \w+ \d+) to (\d+ \w+ \d+),");
        string Day(int group) => DateOnly.Parse(weeks.Groups[group].Value, System.Globalization.CultureInfo.GetCultureInfo("en-GB")).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        Assert.NotEqual("0", three[1]);
        await director.GetAsync($"/sessions?of=completed&clinic=C3&from={Day(1)}&to={Day(2)}");
        Assert.Matches($"· {three[1]} sessions", WebUtility.HtmlDecode(director.Text));
        Assert.Matches("^[1-9]", three[5]);
        await director.GetAsync("/follow-ups?clinic=C3");
        Assert.Matches($">\\s*{three[5].Split(' ')[0]}\\b", director.Text);

        // Whoever sees their own figures alone: their own sessions, and the review that they were asked about.
        using var own = new Visitor(dashboard.Address);
        await own.SignInAsync("own", Password);
        Assert.Equal(HttpStatusCode.OK, await own.GetAsync("/clinics"));
        string[] mine = Cells(own, "C3");
        Assert.Equal(("1 red", "1 1 overdue", "–"), (mine[3], mine[4], mine[6]));
        Assert.True(int.Parse(mine[1], System.Globalization.CultureInfo.InvariantCulture) < int.Parse(three[1], System.Globalization.CultureInfo.InvariantCulture));

        using var one = new Visitor(dashboard.Address);
        await one.SignInAsync("of-one", Password);
        Assert.Equal(HttpStatusCode.OK, await one.GetAsync("/clinics"));
        Assert.Equal(["C2"], ClinicsIn(one.Text));
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/clinics?after=9999"));
    }

    /// <summary>Somebody at home in another clinic is called by their name by whoever reaches both.</summary>
    [Fact]
    public async Task A_guest_keeps_their_name_and_their_own_page_holds_both_clinics()
    {
        var (dashboard, director) = await AsAsync("director");
        await using var _ = dashboard;
        using var __ = director;
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync("/practitioners/P1?clinic=C5"));
        Assert.Equal(["C1", "C2"], ClinicsIn(Regex.Replace(director.Text, "href=\"[^\"]*\"", "")));
        await director.GetAsync("/practitioners?clinic=C2");
        Assert.Contains("Ada Ash", director.Text, StringComparison.Ordinal);
        using var one = new Visitor(dashboard.Address);
        await one.SignInAsync("of-one", Password);
        await one.GetAsync("/practitioners?clinic=C2");
        Assert.DoesNotContain("Ada Ash", one.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await one.GetAsync("/practitioners/P1"));
        Assert.Equal(HttpStatusCode.NotFound, await one.GetAsync("/practitioners/P2"));
    }

    [Fact]
    public async Task What_names_no_clinic_is_left_out_for_nobody_who_reaches_it()
    {
        var (dashboard, director) = await AsAsync("director");
        await using var _ = dashboard;
        using var __ = director;
        using var two = new Visitor(dashboard.Address);
        await two.SignInAsync("of-two", Password);
        foreach (string clinic in new[] { "", "?clinic=C3" })
        {
            await director.GetAsync("/duties" + clinic);
            Assert.Contains(">X1</a>", director.Text, StringComparison.Ordinal);
            await two.GetAsync("/duties" + clinic);
            Assert.DoesNotContain(">X1<", two.Text, StringComparison.Ordinal);
        }
        await director.GetAsync("/practitioners/P2");
        Assert.Contains("event X1", director.Text, StringComparison.Ordinal);
        foreach (string page in new[] { "/practitioners/H1", "/credentials?clinic=C1" })
        {
            await director.GetAsync(page);
            Assert.Contains("Hal Home", director.Text, StringComparison.Ordinal);
            Assert.Contains("31 Jan 2026", director.Text, StringComparison.Ordinal);
        }
        await director.GetAsync("/credentials?clinic=C3");
        Assert.DoesNotContain("Hal Home", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_says_which_clinic_it_is_about_and_how_to_come_back_to_all()
    {
        var (dashboard, two) = await AsAsync("of-two");
        await using var _ = dashboard;
        using var __ = two;
        foreach (string page in new[] { "/", "/practitioners", "/credentials", "/alerts", "/cases", "/duties", "/follow-ups", "/adherence/PR-001" })
        {
            await two.GetAsync(page);
            Assert.DoesNotContain("shown-clinic", two.Text, StringComparison.Ordinal);
            await two.GetAsync($"{page}?clinic=C3");
            Assert.Contains("<p id=\"shown-clinic\">", two.Text, StringComparison.Ordinal);
            Assert.Matches($"<a href=\"{page}(\\?[^\"]*)?\">All clinics</a>", two.Text);
        }
    }

    [Fact]
    public async Task What_was_known_then_does_not_depend_on_who_sent_the_file()
    {
        var (dashboard, director) = await AsAsync("director");
        await using var _ = dashboard;
        using var __ = director;
        string now = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        foreach (string page in new[] { "/adherence", "/practitioners", "/measures/BRUISE_MINOR" })
        {
            await director.GetAsync($"{page}?as_of={now}&clinic=C2");
            Assert.Contains("as they were known at", director.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Nothing was known", director.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Home_says_what_is_open_in_all_and_whose_records_have_stopped()
    {
        var (dashboard, director) = await AsAsync("director", TimeProvider.System);
        await using var _ = dashboard;
        using var __ = director;
        await using (var db = WebTests.Db(dashboard))
        {
            foreach (string clinic in new[] { "C4", "C5" })
                db.Alerts.Add(new() { Rule = AlertRule.ClinicAboveLiterature, Level = AlertLevel.Amber, ClinicId = clinic, Measure = "BRUISE_MINOR", Key = $"test|{clinic}", From = new(2026, 1, 1), To = new(2026, 4, 30), Reason = $"made for {clinic}" });
            await db.SaveChangesAsync();
        }
        await director.GetAsync("/");
        string home = WebUtility.HtmlDecode(director.Text), all = Regex.Match(home, "id=\"open-alerts\".*?</span></span>", RegexOptions.Singleline).Value;
        Assert.Contains("made for C4", home, StringComparison.Ordinal);
        Assert.Contains("made for C5", home, StringComparison.Ordinal);
        // C1 and C2 had sessions in June; the others' end in spring.
        Assert.Contains("4 of 6 clinics have had no session in the 7 days before the latest of all", home, StringComparison.Ordinal);
        Assert.Matches("<a href=\"/\\?clinic=C6\">.*?</a> <span class=\"small\">C6</span>: last session ", home);

        await director.GetAsync("/?clinic=C4");
        home = WebUtility.HtmlDecode(director.Text);
        Assert.Contains("made for C4", home, StringComparison.Ordinal);
        Assert.DoesNotContain("made for C5", home, StringComparison.Ordinal);
        Assert.DoesNotContain("clinics have had no session", home, StringComparison.Ordinal);
        // What stands around the page is still the reader's.
        Assert.Equal(all, Regex.Match(home, "id=\"open-alerts\".*?</span></span>", RegexOptions.Singleline).Value);
        await director.GetAsync("/alerts?status=open&clinic=C5");
        Assert.Equal(["C5"], ClinicsIn(director.Text));
    }

    /// <summary>The pages of one alert and its case call people by their names wherever they are at home, keep what was entered in a clinic it came from, and lead back to the clinic it is about.</summary>
    [Fact]
    public async Task An_alert_and_its_case_name_whom_they_are_about_and_lead_back_to_their_clinic()
    {
        var (dashboard, director) = await AsAsync("director", TimeProvider.System);
        await using var _ = dashboard;
        using var __ = director;
        long[] ids;
        await using (var db = WebTests.Db(dashboard))
        {
            // P1 is at home in C1 and has no day in C5.
            Alert[] made = [.. new[] { "a", "b" }.Select(key => new Alert { Rule = AlertRule.ClinicAboveLiterature, Level = AlertLevel.Amber, ClinicId = "C5", PractitionerId = "P1", Key = $"test|{key}", From = new(2026, 1, 1), To = new(2026, 4, 30), Reason = "made" })];
            db.Alerts.AddRange(made);
            await db.SaveChangesAsync();
            ids = [.. made.Select(a => a.Id)];
        }
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync($"/alerts/{ids[0]}"));
        Assert.Contains("Ada Ash", director.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync(new() { ["id"] = $"{ids[0]}", ["why"] = "Asked, and it was a mistake in the file." }, WebUtility.HtmlDecode(Regex.Match(director.Text, "action=\"(/alerts/review\\?[^\"]*)\"").Groups[1].Value)));
        Assert.Equal("/alerts?clinic=C5", director.Location);

        await director.GetAsync($"/alerts/{ids[1]}");
        Assert.Equal(HttpStatusCode.Redirect, await director.PostAgainAsync(new() { ["id"] = $"{ids[1]}" }, "/alerts/review"));
        string review = director.Location!;
        await using (var db = WebTests.Db(dashboard))
            await db.CaseEntries.ExecuteUpdateAsync(e => e.SetProperty(x => x.ClinicId, "C4").SetProperty(x => x.Note, "noted while it was elsewhere"));
        Assert.Equal(HttpStatusCode.OK, await director.GetAsync(review));
        Assert.Contains("Ada Ash", director.Text, StringComparison.Ordinal);
        Assert.Contains("noted while it was elsewhere", director.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_local_protocol_is_chosen_from_a_list()
    {
        var (dashboard, director) = await AsAsync("director");
        await using var _ = dashboard;
        using var __ = director;
        await director.GetAsync("/protocol?clinic=C3");
        Assert.Matches("<select name=\"clinic\">.*<option value=\"C3\" selected=\"selected\">", Regex.Replace(director.Text, "\\s+", " "));
        Assert.DoesNotContain("href=\"/protocol?clinic=C4\"", director.Text, StringComparison.Ordinal);
    }
}
