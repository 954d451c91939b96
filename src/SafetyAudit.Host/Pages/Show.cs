using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Html;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Measures;
using SafetyAudit.Notices;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Statistics;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>How figures and names read on pages, in the reader's culture. Works nothing out.</summary>
public static partial class Show
{
    /// <summary>Whether somebody looks when it rises, or why not.</summary>
    public static string HowWatched(Measure measure, Baseline? baseline) => measure.IsSentinel ? T("every single one") : Catalogue.IsWatchedByRate(measure, baseline) ? T("by rate") : measure.IsSummary ? T("sums up others, which are watched")
        : baseline is { Ascertainment: not Ascertainment.Passive } ? T("not: the published rate was found otherwise") : T("too rare for rates at clinic size");

    /// <summary>The first page of whoever signed in: what they may see first.</summary>
    public static string Landing(IReadOnlySet<Permission> permissions) => permissions switch
    {
        _ when permissions.Contains(Permission.ReadFigures) => "/",
        _ when permissions.Contains(Permission.ReadTrail) => "/trail",
        _ when permissions.Contains(Permission.ManageAccess) => "/access",
        _ => "/account",
    };

    /// <summary>What a page that failed and its entry in the log are called by.</summary>
    public static string RequestId(HttpContext http) => System.Diagnostics.Activity.Current?.Id ?? http.TraceIdentifier;

    /// <summary>The clinic that a page's address names, for links to pages that take it; empty where it names none.</summary>
    public static string ClinicAsked(HttpContext http, char mark) => http.Request.Query["clinic"].ToString() is { Length: > 0 } clinic ? $"{mark}clinic={Uri.EscapeDataString(clinic)}" : "";

    public static string Role(Role role) => role switch
    {
        SafetyAudit.Access.Role.Director => T("director"),
        SafetyAudit.Access.Role.ComplianceOfficer => T("compliance officer"),
        SafetyAudit.Access.Role.Practitioner => T("practitioner|within"),
        SafetyAudit.Access.Role.Administrator => T("administrator"),
        _ => T("auditor"),
    };

    public static string Reach(Scope scope) => scope switch
    {
        { Clinics: [] } => T("nothing"),
        { PractitionerId: { } own } => T("own records as {0}", own),
        { Clinics: null } => T("all clinics|within"),
        _ => string.Join(", ", scope.Clinics),
    };

    public static string Asks(Permission permission) => permission switch
    {
        SafetyAudit.Access.Permission.ReadFigures => T("rates and alerts"),
        SafetyAudit.Access.Permission.ReadNames => T("names"),
        SafetyAudit.Access.Permission.ReadRecords => T("records, one by one"),
        SafetyAudit.Access.Permission.ReadNarratives => T("free text"),
        SafetyAudit.Access.Permission.SendRecords => T("uploads|within"),
        SafetyAudit.Access.Permission.ReadTrail => T("audit trail|within"),
        SafetyAudit.Access.Permission.ManageAccess => T("accounts and keys"),
        SafetyAudit.Access.Permission.KeepReportLinks => T("report links|within"),
        SafetyAudit.Access.Permission.LayDownProtocol => T("the clinic’s protocol"),
        SafetyAudit.Access.Permission.ReviewCases => T("reviews of alerts"),
        SafetyAudit.Access.Permission.KeepReports => T("compliance reports|within"),
        _ => T("own account"),
    };

    public static string Action(AuditAction action) => action switch
    {
        AuditAction.Added => T("added"),
        AuditAction.Changed => T("changed"),
        AuditAction.Removed => T("removed"),
        AuditAction.Stored => T("rows stored"),
        AuditAction.Completed => T("file counts"),
        AuditAction.Failed => T("file refused"),
        AuditAction.Read => T("opened"),
        AuditAction.Exported => T("taken out"),
        AuditAction.Refused => T("refused|done"),
        AuditAction.SignedIn => T("signed in"),
        AuditAction.SignedOut => T("signed out"),
        _ => T("checked"),
    };

    /// <summary>Who acted, as an entry of the trail names them.</summary>
    public static string Who(string actor) => actor.Split(' ', 2) switch
    {
        ["person", var name] => name,
        ["api_key", var name] => T("API key “{0}”", name),
        ["command_line", var name] => T("{0}, at the command line", name),
        ["worker", _] => T("the worker"),
        ["nobody", var words] => words,
        _ => actor,
    };

    /// <summary>The fields of an entry of the trail, name by name; digests by their first characters.</summary>
    public static IEnumerable<(string Name, string Value)> Fields(string? json)
    {
        if (json is null) yield break;
        using var parsed = JsonDocument.Parse(json);
        if (parsed.RootElement.ValueKind != JsonValueKind.Object) yield return ("", parsed.RootElement.ToString());
        else foreach (var field in parsed.RootElement.EnumerateObject()) yield return (Codes.Words(field.Name), field.Value.ValueKind switch
        {
            JsonValueKind.Array when field.Value.GetArrayLength() == 0 => "none",
            JsonValueKind.Array when field.Value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.String or JsonValueKind.Number) => string.Join(", ", field.Value.EnumerateArray().Select(v => field.Name == "roles" ? Codes.Words(v.ToString()) : v.ToString())),
            JsonValueKind.True => "yes", JsonValueKind.False => "no",
            _ => Shortened(field.Value.ToString()),
        });
    }

    static string Shortened(string value) => value.Length == 64 && value.All(char.IsAsciiHexDigitLower) ? value[..12] + "…" : value;

    public static string Count(long? value) => value is { } v ? Figures.Count(v) : "–";

    public static string Number(double? value) => value is { } v ? Figures.Number(v) : "–";

    /// <summary>A figure and its sign, which no line breaks apart.</summary>
    public static string Tied(string words) => words.Replace(" %", "\u00a0%", StringComparison.Ordinal).Replace(" ×", "\u00a0×", StringComparison.Ordinal);

    /// <summary>A text with what is more than words, a time or a link, where it says {0}, {1}.</summary>
    public static IHtmlContent Put(string words, params IHtmlContent[] values)
    {
        var html = new HtmlContentBuilder();
        int from = 0;
        foreach (Match place in Places().Matches(words))
        {
            html.Append(words[from..place.Index]).AppendHtml(values[place.ValueSpan[1] - '0']);
            from = place.Index + place.Length;
        }
        return html.Append(words[from..]);
    }

    [GeneratedRegex(@"\{[0-9]\}")]
    private static partial Regex Places();

    /// <summary>Words in which dates, DOIs and the ids of records stay on one line.</summary>
    public static IHtmlContent Unbroken(string words)
    {
        var html = new HtmlContentBuilder();
        int from = 0;
        foreach (Match whole in Whole().Matches(words))
        {
            html.Append(words[from..whole.Index]).AppendHtml("<span class=\"when\">").Append(whole.Value).AppendHtml("</span>");
            from = whole.Index + whole.Length;
        }
        return html.Append(words[from..]);
    }

    [GeneratedRegex(@"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b|\b10\.[0-9]{4,}/[^\s;,]{1,40}|\b[A-Z][A-Z0-9]{0,15}-[A-Z0-9]{1,15}\b")]
    private static partial Regex Whole();

    /// <summary>The rise that would have been seen, where there was none.</summary>
    public static string RiseSeen(RateRow row) => row.Position is Position.Inside or Position.Below95 ? Number(row.SmallestRise) : "–";

    public static string Percent(double? share) => share is { } s ? Figures.Percent(s) : "–";

    public static string Share(Part part) => part.Share is null ? T("not assessed") : Percent(part.Share);

    public static string WithInterval(double? value, Interval? interval)
    {
        if (value is not { } v || interval is not { } i) return "–";
        var (lower, upper) = Figures.Interval(v, i.Lower, i.Upper);
        return T("{0} ({1} to {2})", Number(v), lower, upper);
    }

    /// <summary>The ends of an interval around a ratio, which may have no upper one.</summary>
    public static string Ends(double? ratio, Interval interval)
    {
        var (lower, upper) = Figures.Interval(ratio ?? interval.Lower, interval.Lower, interval.Upper);
        // An end that is not 1 does not look as if it were: whether 1 lies within is what is read.
        string one = Number(1);
        if (lower == one && interval.Lower > 1) lower = "> " + one;
        if (upper == one && interval.Upper < 1) upper = "< " + one;
        return T("{0} to {1}", lower, double.IsPositiveInfinity(interval.Upper) ? T("no limit") : upper);
    }

    /// <summary>The ends of an interval of shares.</summary>
    public static string PercentInterval(double lower, double upper)
    {
        var (from, to) = Figures.PercentInterval(lower, upper);
        return T("{0} to {1}", from, to);
    }

    public static string Day(DateOnly day, CultureInfo? reading = null) => day.ToString(DayOf(reading ?? CultureInfo.CurrentCulture), reading ?? CultureInfo.CurrentCulture);

    // Parts in the order of the reader's region, the month as a word: figures alone would be read in two ways.
    static string DayOf(CultureInfo reading) => reading.Name == "en-US" ? "MMM d, yyyy" : reading.TwoLetterISOLanguageName == "de" ? "d. MMM yyyy" : "d MMM yyyy";

    public static string Instant(DateTime? utc) => utc is { } at ? Day(DateOnly.FromDateTime(at)) + at.ToString(" HH:mm", CultureInfo.InvariantCulture) + " UTC" : "–";

    /// <summary>An instant on a page about one clinic: in its time zone, with the distance from UTC that held then.</summary>
    public static string Instant(DateTime? utc, TimeZoneInfo? zone)
    {
        if (utc is not { } at || zone is null) return Instant(utc);
        var there = TimeZoneInfo.ConvertTime(new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)), zone);
        return Day(DateOnly.FromDateTime(there.DateTime)) + there.ToString(" HH:mm (zzz)", CultureInfo.InvariantCulture);
    }

    /// <summary>The same for the page, with UTC for programs and on hovering.</summary>
    public static IHtmlContent Time(DateTime? utc, TimeZoneInfo? zone) => utc is not { } at ? new HtmlString("–")
        : new HtmlString($"<time datetime=\"{at.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}\" title=\"{WebUtility.HtmlEncode(Instant(at))}\">{WebUtility.HtmlEncode(Instant(at, zone))}</time>");

    public static string Hours(double? hours) => hours switch { null => "–", < 48 => $"{hours.Value.ToString("0.#", CultureInfo.CurrentCulture)} h", _ => T("{0:0.#} days", hours.Value / 24) };

    /// <summary>How urgent an alert is, in words and shape.</summary>
    public static (string Style, string Glyph, string Words) Level(AlertLevel level) => level switch
    {
        AlertLevel.Sentinel => ("badge sentinel", "■", T("one event, one review")),
        AlertLevel.Red => ("badge above-998", "▲▲", T("red: asks for a review")),
        AlertLevel.Amber => ("badge above-95", "▲", T("amber: worth a look")),
        _ => ("badge below-998", "▼", T("check the records")),
    };

    /// <summary>How many of each level, in words: "2 red, 5 amber".</summary>
    public static string Levels(IEnumerable<(AlertLevel Level, int Count)> levels) => string.Join(", ", levels.OrderBy(l => l.Level).Select(l => $"{Count(l.Count)} {T(Codes.Of(l.Level))}"));

    public static string Notice(NoticeKind kind) => kind switch
    {
        NoticeKind.SentinelEvent => T("Sentinel event"), NoticeKind.CaseAssigned => T("Asked to lead a review"), NoticeKind.CaseAsked => T("Asked for an answer"), NoticeKind.CaseDueSoon => T("Due soon"), NoticeKind.CaseNotBegun => T("Not begun"), NoticeKind.CaseOverdue => T("Overdue"), NoticeKind.CaseRecordsChanged => T("Records changed"),
        NoticeKind.Digest => T("The week"), NoticeKind.CaseOpened => T("Case opened"), NoticeKind.CaseDecided => T("Case decided"), NoticeKind.ReportFrozen => T("Report waits"), _ => T("Case opened again"),
    };

    public static string Kind(RecordKind kind) => kind switch { RecordKind.FollowUps => T("follow-ups|within"), RecordKind.Patients => T("patients’ risk profiles"), RecordKind.Sessions => T("sessions|within"), RecordKind.Events => T("events|within"), _ => T("practitioners|within") };

    /// <summary>A published rate by its id, in words: the catalogue's own, or a single study's.</summary>
    public static string Baseline(string id) => id[(id.IndexOf('@', StringComparison.Ordinal) + 1)..] is var end && end.All(char.IsAsciiDigit) ? T("the catalogue’s, version {0}", end) : T("one study, {0}", end.Replace('-', ' '));

    public static string YesNo(bool? value) => value switch { true => T("yes"), false => T("no"), null => T("not recorded|within") };

    /// <summary>What a field holds, as it was recorded.</summary>
    public static string Held(string? value) => value switch { null => T("not recorded|within"), "yes" => T("yes"), "no" => T("no"), NotShown => T("(not shown)"), _ => value };

    /// <summary>A field that is not for whoever reads.</summary>
    public const string NotShown = "(not shown)";

    /// <summary>The language in which <see cref="Held"/> says it, where that may not be the page's: codes are kept in English.</summary>
    public static string? LanguageOfHeld(string? value) => value is null or "yes" or "no" or NotShown || !value.Any(char.IsLetter) ? null : Reader.English.Name;

    /// <summary>What happened in a review, in a few words.</summary>
    public static string Entry(CaseEntry entry) => entry.Kind switch
    {
        CaseEntryKind.Checked => $"{T(Words.Check(entry.Check!.Value))}: {(entry.Explains == true ? T("explains it") : T("does not explain it"))}",
        CaseEntryKind.StageEnded => $"{T(Words.Stage(entry.Stage))}: {T("done|within")}",
        _ => T(Words.Entry(entry) + "|entry"),
    };

    /// <summary>The letters and terms of an alert's arithmetic, those that stand in it, each in words.</summary>
    public static IEnumerable<(string Term, string Words)> Terms(string arithmetic) => new (string Sign, string Term, string Words)[]
    {
        ("learning CUSUM", "learning CUSUM", T("a running sum of evidence that learns colleagues’ rate from month to month")),
        ("R = ", "R", T("what the sum gathers evidence for: 2 is a doubling, 0.5 half as many")),
        ("month ", "month", T("the month of the signal, counted from the clinic’s first")),
        ("S = ", "S", T("the sum of evidence in that month")),
        ("h = ", "h", T("the line that the sum is held against")),
        ("budget", "budget", T("false alarms a year that are accepted while nothing is wrong: for a practitioner, and for one measure of theirs (a stream)")),
        ("K = ", "K", T("measures of this practitioner that share the budget")),
        ("mid-P", "mid-P", T("the chance of a count so far out by chance alone, the count itself taken by half")),
        ("Benjamini", "Benjamini–Hochberg", T("the same chance once all comparisons of the month are allowed for, and the share of false ones that is accepted")),
        ("gap test", "gap test", T("how close together the latest events came, over the number of gaps said")),
        ("tail", "tail", T("the chance of gaps so short by chance alone, and the one from which an alert is raised")),
        ("shape", "shape", T("how firmly the expected rate is known: higher is firmer")),
        ("colleagues’ rate", "colleagues’ rate", T("the rate expected of this practitioner’s sessions, from colleagues’ records")),
        ("colleagues' rate", "colleagues’ rate", T("the rate expected of this practitioner’s sessions, from colleagues’ records")),
        ("spread", "spread", T("how much practitioners differ anyway, as a share of their rate")),
    }.Where(t => arithmetic.Contains(t.Sign, StringComparison.Ordinal)).Select(t => (t.Term, t.Words));

    /// <summary>The language in which <see cref="About"/> names it, where that may not be the page's: titles of rules are kept in English.</summary>
    public static string? LanguageOf(string? code) => Rules.ById.ContainsKey(code ?? "") ? Reader.English.Name : null;

    /// <summary>What an alert is about, by name: a measure or a rule.</summary>
    public static string About(string code) => Catalogue.Measures.FirstOrDefault(m => m.Code == code) is { } measure ? T(measure.Title) : (Rules.ById.TryGetValue(code, out var rule) ? $"{rule.Id} {rule.Title}" : Codes.TryParse<CredentialKind>(code, out var credential) ? T(Credential.Words(credential)) : code);

    public static string Outcome(Outcome outcome) => outcome switch { Protocol.Outcome.Pass => T("kept|within"), Protocol.Outcome.Fail => T("not kept|within"), Protocol.Outcome.NotRecorded => T("not recorded|within"), _ => T("not applicable|within") };

    public static string Status(UploadStatus status) => status switch { UploadStatus.Received => T("Waiting"), UploadStatus.Processing => T("Being read"), UploadStatus.Completed => T("Done"), UploadStatus.Cancelled => T("Cancelled"), UploadStatus.Undone => T("Undone"), UploadStatus.NeedsColumns => T("Its columns are not known"), _ => T("Refused") };

    /// <summary>The same of one upload; a cancelled one may still be cleared away.</summary>
    public static string Status(Upload upload) => Status(upload.Status == UploadStatus.Processing && upload.TakenBackAtUtc is not null ? UploadStatus.Cancelled : upload.Status);

    /// <summary>A time that is left, roughly.</summary>
    public static string Left(TimeSpan left) => left.TotalSeconds < 90 ? T("about {0:0} s left", Math.Max(1, Math.Round(left.TotalSeconds))) : left.TotalMinutes < 90 ? T("about {0:0} min left", left.TotalMinutes) : T("about {0:0.#} h left", left.TotalHours);

    /// <summary>How far the counting of practitioners' days has come, alike on pages and terminals.</summary>
    public static string Counting(SafetyAudit.Summaries.CountingProgress progress)
    {
        long days = progress.Left == 0 ? progress.Done : progress.Left;
        string counted = progress.Left == 0 ? days == 1 ? T("{0:N0} practitioner-day counted", days) : T("{0:N0} practitioner-days counted", days) : days == 1 ? T("{0:N0} practitioner-day to be counted", days) : T("{0:N0} practitioner-days to be counted", days);
        return progress is { Left: > 0, Pace: { } pace } ? string.Create(CultureInfo.CurrentCulture, $"{counted}, {pace.DaysPerSecond:N0}/s, {Left(pace.Left)}") : counted;
    }

    /// <summary>A chart, ready for the page, with the links by which it is taken away.</summary>
    /// <param name="http">The request that it answers.</param>
    /// <param name="scene">The picture.</param>
    /// <param name="id">Unique in the page; letters, digits and hyphens.</param>
    /// <param name="label">What the region that scrolls is called.</param>
    /// <param name="newestLast">Whether time goes to the right: a narrow window opens it there.</param>
    public static IHtmlContent Chart(HttpContext http, Scene scene, string id, string label, bool newestLast = false)
    {
        string region = WebUtility.HtmlEncode(label);
        return new HtmlContentBuilder().AppendHtml($"<div class=\"scroll\"{(newestLast ? " data-newest" : "")} tabindex=\"0\" role=\"region\" aria-label=\"{region}\">{SvgWriter.Write(scene, id)}</div>\n")
            .AppendHtml(Take(http, id, label, () => scene, rows: scene.Data is not null));
    }

    /// <summary>The links by which a picture and its rows are taken away, also of what the page itself shows as a table.</summary>
    /// <param name="http">The request that it answers.</param>
    /// <param name="id">Unique in the page; letters, digits and hyphens.</param>
    /// <param name="label">What it is called.</param>
    /// <param name="draw">Draws it, when it is taken away.</param>
    /// <param name="picture">Whether there is a picture.</param>
    /// <param name="rows">Whether there are rows.</param>
    public static IHtmlContent Take(HttpContext http, string id, string label, Func<Scene> draw, bool picture = true, bool rows = true)
    {
        ChartDownloads.Offered(http, id, draw);
        string file = WebUtility.HtmlEncode($"{http.Request.Path}{http.Request.QueryString.Add(ChartDownloads.Asked, id)}");
        return new HtmlString($"""
            <p class="take">{WebUtility.HtmlEncode(T("Download"))}{(picture ? $" <a href=\"{file}&amp;as=svg\" aria-label=\"{WebUtility.HtmlEncode(T("{0} as SVG", label))}\" download>SVG</a> <a href=\"{file}&amp;as=svg\" data-png=\"{id}\" aria-label=\"{WebUtility.HtmlEncode(T("{0} as PNG", label))}\">PNG</a>" : "")}{(rows ? $" <a href=\"{file}&amp;as=csv\" aria-label=\"{WebUtility.HtmlEncode(T("{0} as CSV", label))}\" download>CSV</a>" : "")}</p>
            """);
    }

    /// <summary>Where the sessions are that a row of rates was counted from, as known on the same day; nothing where no list holds just those.</summary>
    public static string? SessionsOf(RateRow row, string asOfQuery = "") => row.LeavesOut && row.OnlyClinicId is null ? null
        : $"/sessions?{(row.PractitionerId is { } id ? $"practitioner={Uri.EscapeDataString(id)}&" : "")}{(row.OnlyClinicId is { } clinic ? $"clinic={Uri.EscapeDataString(clinic)}&" : "")}from={Iso(row.From)}&to={Iso(row.To)}{asOfQuery}";

    /// <summary>A line so small that it stands in a table.</summary>
    public static IHtmlContent Spark(Scene scene, string id) => new HtmlString($"<span class=\"spark\">{SvgWriter.Write(scene, id)}</span>");

    public static string Iso(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>Rows of rates with how their subjects are called, in which language where it is another than the page's, where they lead, and whether their shrunken ratios stand beside them.</summary>
public sealed record RateTable(string Caption, string FirstHeading, IReadOnlyList<RateRow> Rows, Func<RateRow, string> Name, Func<RateRow, string> Link, string? Expected = null, Func<RateRow, string?>? Language = null, bool Shrunken = false)
{
    public string Anchor(RateRow row) => $"row-{row.Measure.Code}-{row.PractitionerId ?? row.ClinicId}-{row.From:yyyyMM}";
}

/// <summary>Rows of data quality with how their subjects are called, where they lead, and where the records are behind a share.</summary>
public sealed record QualityTable(string FirstHeading, IReadOnlyList<QualityRow> Rows, Func<QualityRow, string> Name, Func<QualityRow, QualityPart, string?> Records, Func<QualityRow, string>? Link = null, bool Named = false);

/// <summary>Where in a long list a page stands.</summary>
/// <param name="After">Lines before this page.</param>
/// <param name="Shown">Lines on it.</param>
/// <param name="All">Lines altogether.</param>
/// <param name="PageRows">Lines on a full page.</param>
/// <param name="At">The address of the page that begins after so many lines.</param>
public sealed record Paging(int After, int Shown, int All, int PageRows, Func<int, string> At);
