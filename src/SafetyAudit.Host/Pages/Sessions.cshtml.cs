using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// The rows behind a figure: sessions of a practitioner or of a clinic with an event of a measure, with one outcome of a rule, those that were completed and how far their patients were asked, or those whose records lack something.
/// </summary>
[Needs(Permission.ReadRecords)]
public sealed class SessionsModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    const int Most = 150;

    public sealed record Row(Session Session, List<Line> What);

    /// <summary>How many events, and how many sessions they are of.</summary>
    public sealed record Counted(int Sessions, int Events);

    /// <summary>What is said of a session, or a field and what it holds.</summary>
    public sealed record Line(string Words, bool Holds = false, string? Value = null);

    [BindProperty(SupportsGet = true)] public string? Practitioner { get; set; }
    [BindProperty(SupportsGet = true)] public string? Measure { get; set; }
    [BindProperty(SupportsGet = true)] public string? Rule { get; set; }
    [BindProperty(SupportsGet = true)] public string? Outcome { get; set; }

    /// <summary>
    /// Which completed sessions are asked for, whatever happened in them: <c>completed</c> for all, <c>tried</c> where somebody tried to ask the patient, <c>reached</c> where one answered; or
    /// whose records lack something, by the codes of <see cref="QualityGap"/>.
    /// </summary>
    [BindProperty(Name = "of", SupportsGet = true)] public string? AskedOf { get; set; }
    [BindProperty(Name = "part", SupportsGet = true)] public int? AskedPart { get; set; }

    /// <summary>Which part of the list is shown, from 1.</summary>
    public int Part => Math.Clamp(AskedPart ?? 1, 1, 1000);

    int passed;

    public bool MaySend => Db.Actor.May(Permission.SendRecords);

    /// <summary>The rule whose outcome the rows have, where one was asked for.</summary>
    public ProtocolRule? Asked { get; private set; }

    public string Heading { get; private set; } = "";
    public List<Row> Rows { get; private set; } = [];
    public bool Cut { get; private set; }

    /// <summary>How many sessions all parts of the list hold together; nothing where only going through all of them would tell.</summary>
    public long? Total { get; private set; }

    /// <summary>Whether there is more than the part shown.</summary>
    public bool InParts => Cut || Part > 1;

    /// <summary>The first and the last line of this part among all.</summary>
    public (long First, long Last) Lines => ((Part - 1L) * Most + 1, (Part - 1L) * Most + Rows.Count);

    /// <summary>Of a measure, what was recorded without asking, what asking found, and what no figure counts (<see cref="Summaries.RefreshSummaries"/>).</summary>
    public (Counted Told, Counted Found, Counted Neither)? InFigures { get; private set; }

    /// <summary>Whose sessions are listed.</summary>
    public string Whose => string.Join(" · ", new[] { Practitioner is null ? null : NameOf(Practitioner), AskedClinic is not null ? ClinicNameOf(AskedClinic) : Practitioner is null ? string.Join(", ", Reach.Select(c => c.Name)) : null }.OfType<string>());

    public bool SeesOwnOnly => Db.Actor.Scope.PractitionerId is not null;

    public override bool LooksBack => true;

    // It goes by the practitioner; a clinic asked for leaves out the sessions elsewhere.
    public override bool TakesClinic => false;

    protected override string? ClinicOfIt => AskedClinic ?? About?.FirstOrDefault(c => c.Length > 0);

    public override IEnumerable<(string Name, string Value)> Kept =>
        new (string Name, string? Value)[] { ("practitioner", Practitioner), ("measure", Measure), ("rule", Rule), ("outcome", Outcome), ("of", AskedOf), ("clinic", AskedClinic) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!));

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        // What is not known leads to no other list than was asked for.
        if (AskedOf is not (null or "completed" or "tried" or "reached") && !Codes.TryParse<QualityGap>(AskedOf, out _) || Measure is not null && Catalogue.Measures.All(m => m.Code != Measure)
            || Rule is not null && !Rules.ById.ContainsKey(Rule) || Outcome is not null && !Codes.TryParse<Outcome>(Outcome, out _)) return NotFound();
        if (Practitioner is not null) await BeAboutAsync(Practitioner, ct);
        else if (AskedClinic is not null)
        {
            if (!await Db.Clinics.AnyAsync(c => c.Id == AskedClinic, ct)) return NotFound();
            if (AsKnownUtc is null) About = [AskedClinic];
        }
        await using var state = await BeginAsync(() => (From, To), ct);
        var sessions = Db.Current<Session>().Where(s => s.Date >= From && s.Date <= To);
        List<string> clinics;
        if (Practitioner is { } whose)
        {
            if (!await Db.Current<Practitioner>().AnyAsync(p => p.PractitionerId == whose, ct) && !await Db.DailyExposures.AnyAsync(d => d.PractitionerId == whose, ct)) return NotFound();
            // By way of the clinics worked at, since the index on sessions begins with the clinic.
            clinics = await Db.DailyExposures.Where(d => d.PractitionerId == whose).Select(d => d.ClinicId).Distinct().Where(c => AskedClinic == null || c == AskedClinic).ToListAsync(ct);
            sessions = sessions.Where(s => clinics.Contains(s.ClinicId) && s.PractitionerId == whose);
        }
        else
        {
            // Of many clinics one at a time.
            if (AskedClinic is null && HasMany) return NotFound();
            clinics = AskedClinic is { } clinic ? [clinic] : [.. Reach.Select(c => c.Id)];
            sessions = sessions.Where(s => clinics.Contains(s.ClinicId));
        }
        if (Codes.TryParse<QualityGap>(AskedOf ?? "", out var gap))
        {
            await WithGapAsync(gap, clinics, ct);
            return Page();
        }
        if (AskedOf is not null)
        {
            await CompletedAsync(sessions, ct);
            return Page();
        }
        if (Rule is null || !Rules.ById.TryGetValue(Rule, out var asked))
        {
            await WithEventsAsync(sessions, ct);
            return Page();
        }
        var wanted = Codes.TryParse<Outcome>(Outcome ?? "", out var code) ? code : Protocol.Outcome.Fail;
        (Asked, Heading) = (asked, Show.Outcome(wanted));
        await (asked switch
        {
            SessionRule rule => OfSessionsAsync(rule, wanted, sessions, clinics, ct),
            EventRule rule => OfEventsAsync(rule, wanted, sessions, ct),
            MonthRule rule => OfMonthsAsync(rule, wanted, sessions, ct),
            _ => throw new InvalidOperationException($"No list of sessions is known for {asked.Id}."),
        });
        return Page();
    }

    /// <summary>The address of another part of the same list.</summary>
    public string PartAddress(int part) => $"/sessions?{string.Join('&', Kept.Select(k => $"{k.Name}={Uri.EscapeDataString(k.Value)}"))}&{PeriodQuery}&part={part}";

    // Whether the next session stands in a part before the one shown.
    bool IsBefore() => passed < (Part - 1) * Most && ++passed > 0;

    async Task OfSessionsAsync(SessionRule rule, Outcome wanted, IQueryable<Session> sessions, List<string> clinics, CancellationToken ct)
    {
        // A month at a time, the latest first, until the page is full.
        for (var end = To; end >= From && !Cut; end = end.AddMonths(-1))
        {
            var (first, last) = (end.AddMonths(-1) < From ? From : end.AddMonths(-1).AddDays(1), end);
            foreach (var treatment in (await Treatments.ReadAsync(Db, sessions.Where(s => s.Date >= first && s.Date <= last), ct)).OrderByDescending(t => t.Session.StartedAtUtc).ThenBy(t => t.Session.Id))
            {
                if (rule.For(treatment) != wanted) continue;
                if (IsBefore()) continue;
                if (Cut = Rows.Count == Most) break;
                Rows.Add(new(treatment.Session, [.. Decisive(rule, treatment)]));
            }
        }
        // While days wait to be counted the sum may not be that of the list.
        if (InParts && !await Db.StaleDays.AnyAsync(d => clinics.Contains(d.ClinicId), ct)) Total = AdherenceTable.Sum(await AdherenceTable.ReadAsync(Db, new(From, To, AskedClinic, Practitioner, Rule: rule), time.UtcNow(), ct))[wanted];
    }

    async Task CompletedAsync(IQueryable<Session> sessions, CancellationToken ct)
    {
        Heading = AskedOf switch { "tried" => T("Completed sessions after which somebody tried to ask"), "reached" => T("Completed sessions whose patient was reached"), _ => T("Completed sessions") };
        // Of whatever scope, as they are counted. Filters that are left out are left out for a whole query: whose sessions are listed is said in it, and not left to them.
        var asked = Db.CurrentOfAll<FollowUp>().Where(FollowUp.IsAttempt);
        sessions = sessions.Where(s => s.Status == SessionStatus.Completed);
        if (Db.Actor.Scope.PractitionerId is { } own) sessions = sessions.Where(s => s.PractitionerId == own);
        if (AskedOf == "tried") sessions = sessions.Where(s => asked.Any(f => f.SessionId == s.SessionId && f.LinkedClinicId == s.ClinicId));
        if (AskedOf == "reached") sessions = sessions.Where(s => asked.Any(f => f.SessionId == s.SessionId && f.LinkedClinicId == s.ClinicId && f.Outcome == FollowUpOutcome.Reached));
        var listed = await sessions.OrderByDescending(s => s.StartedAtUtc).ThenBy(s => s.Id).Skip((Part - 1) * Most).Take(Most + 1).ToListAsync(ct);
        Cut = listed.Count > Most;
        if (InParts) Total = await sessions.CountAsync(ct);
        string[] ids = [.. listed.Select(s => s.SessionId).Distinct()];
        var theirs = (await asked.Where(f => ids.Contains(f.SessionId)).Select(f => new { f.SessionId, f.LinkedClinicId, f.Outcome }).ToListAsync(ct)).ToLookup(f => (f.SessionId, f.LinkedClinicId), f => f.Outcome);
        Rows = [.. listed.Take(Most).Select(s => new Row(s, [new(Asking([.. theirs[(s.SessionId, s.ClinicId)]]))]))];
    }

    async Task WithGapAsync(QualityGap gap, List<string> clinics, CancellationToken ct)
    {
        Heading = T(Words.Gap(gap));
        await foreach (var row in QualityGaps.ReadAsync(Db, gap, clinics, Practitioner, From, To, ct))
        {
            if (IsBefore()) continue;
            if (Cut = Rows.Count == Most) return;
            Rows.Add(new(row.Session, gap switch
            {
                QualityGap.LateSessions => [new(T("first came in {0}, after {1}", Show.Instant(row.FirstReceivedAtUtc), Show.Hours((row.FirstReceivedAtUtc - (row.Session.EndedAtUtc ?? row.Session.StartedAtUtc)).TotalHours)))],
                QualityGap.RepeatedSessions => [new(T("the same patient and start as {0}", row.Repeats))],
                QualityGap.IncompleteEvents => [.. row.Events.Select(e => new Line(T("{0} ({1}) lacks: {2}", T(Catalogue.Categories[e.Category].Title), e.EventId, string.Join(", ", Summaries.DailyQuality.Details.Where(d => !d.Gives(e)).Select(d => T(d.Words))))))],
                QualityGap.LateEvents => [.. row.Events.Select(e => new Line(T("{0} ({1}) was written down after {2}", T(Catalogue.Categories[e.Category].Title), e.EventId, Show.Hours((e.RecordedAtUtc!.Value - e.OnsetAtUtc).TotalHours))))],
                _ => [.. row.Events.Select(e => new Line(Say(e)))],
            }));
        }
    }

    static string Asking(List<FollowUpOutcome?> outcomes) => outcomes.Count == 0 ? T("nobody tried to ask") : outcomes.Contains(FollowUpOutcome.Reached) ? T("reached|within") : T("tried, not reached|within");

    async Task OfEventsAsync(EventRule rule, Outcome wanted, IQueryable<Session> sessions, CancellationToken ct)
    {
        var found = (await ReportedEvents.ReadAsync(Db, From, To, AskedClinic, Practitioner, AsKnownUtc ?? time.UtcNow(), ct)).Where(e => e.Reported.Event.LinkedSessionId is not null && rule.Check(e.Reported) == wanted)
            .Select(e => e.Reported).OrderByDescending(e => e.Event.OnsetAtUtc).ThenBy(e => e.Event.EventId, StringComparer.Ordinal).ThenBy(e => e.Event.ClinicId, StringComparer.Ordinal).GroupBy(e => (SessionId: e.Event.LinkedSessionId!, ClinicId: e.Event.LinkedClinicId!)).ToList();
        Total = found.Count;
        var shown = found.Skip((Part - 1) * Most).Take(Most).ToList();
        Cut = found.Count > Part * Most;
        var ids = shown.ConvertAll(g => g.Key.SessionId).Distinct().ToList();
        var theirs = (await sessions.Where(s => ids.Contains(s.SessionId)).ToListAsync(ct)).ToDictionary(s => (s.SessionId, s.ClinicId));
        Rows = [.. shown.Where(g => theirs.ContainsKey(g.Key)).Select(g => new Row(theirs[g.Key], [.. g.SelectMany(e => rule.Fields.Select(f => new Line($"{e.Event.EventId}, {T(RuleFields.Name(f) + "|field")}", true, RuleFields.Text(f, e))))]))];
    }

    async Task OfMonthsAsync(MonthRule rule, Outcome wanted, IQueryable<Session> sessions, CancellationToken ct)
    {
        foreach (var row in await FollowUpMonths.ReadAsync(Db, From, To, AskedClinic, Practitioner, ct))
        {
            if (rule.Check(row.FollowUp) != wanted) continue;
            var (month, of) = (row.Month, row.FollowUp);
            string whole = T("{0:MMMM yyyy} at {1}: {2} due, {3} tried, {4} reached", month, row.ClinicId, Show.Count(of.Due), Show.Count(of.Attempted), Show.Count(of.Reached));
            foreach (var treatment in (await Treatments.ReadAsync(Db, sessions.Where(s => s.ClinicId == row.ClinicId && s.PractitionerId == row.PractitionerId && s.Date >= month && s.Date < month.AddMonths(1) && s.Status == SessionStatus.Completed), ct)).OrderBy(t => t.Session.StartedAtUtc).ThenBy(t => t.Session.Id))
            {
                if (IsBefore()) continue;
                if (Cut = Rows.Count == Most) return;
                Rows.Add(new(treatment.Session, [new(whole), new(Asking([.. treatment.FollowUps.Select(f => f.Outcome)]))]));
            }
        }
    }

    async Task WithEventsAsync(IQueryable<Session> sessions, CancellationToken ct)
    {
        var measure = Catalogue.Measures.FirstOrDefault(m => m.Code == Measure);
        Heading = measure is not null ? T(measure.Title) : T("Sessions with an event");
        // One that is no sum counts events of its own category alone.
        var wanted = Db.Current<AdverseEvent>();
        if (measure is { IsSummary: false, Code: var code }) wanted = wanted.Where(e => e.Category == code);
        var events = await (from s in sessions
                            join e in wanted on new { Clinic = (string?)s.ClinicId, Session = (string?)s.SessionId } equals new { Clinic = e.LinkedClinicId, Session = e.LinkedSessionId }
                            orderby s.StartedAtUtc descending, s.Id, e.Id
                            select new { Session = s, Event = e }).ToListAsync(ct);
        var all = events.Where(x => measure?.Counts(x.Event, x.Event.Severity ?? Catalogue.Categories[x.Event.Category].DefaultSeverity) != false).ToList();
        if (measure is not null)
        {
            string[] asked = [.. all.Where(x => x.Event.IsFoundByAsking).Select(x => x.Session.SessionId).Distinct()];
            var reached = (await Db.CurrentOfAll<FollowUp>().Where(f => f.Outcome == FollowUpOutcome.Reached && asked.Contains(f.SessionId)).Select(f => new { f.SessionId, f.LinkedClinicId }).ToListAsync(ct)).ToHashSet();
            // As days are counted (RefreshSummaries).
            var ways = all.ToLookup(x => x.Session.Status is not (SessionStatus.Completed or SessionStatus.Aborted) ? (bool?)null : !x.Event.IsFoundByAsking ? false
                : x.Session.Status == SessionStatus.Completed && reached.Contains(new { x.Session.SessionId, LinkedClinicId = (string?)x.Session.ClinicId }) ? true : null, x => x.Session.Id);
            Counted Of(bool? way) => new(ways[way].Distinct().Count(), ways[way].Count());
            InFigures = (Of(false), Of(true), Of(null));
        }
        var counted = all.GroupBy(x => x.Session.Id).ToList();
        Total = counted.Count;
        Cut = counted.Count > Part * Most;
        Rows = [.. counted.Skip((Part - 1) * Most).Take(Most).Select(g => new Row(g.First().Session, [.. g.Select(x => new Line(Say(x.Event)))]))];
    }

    /// <summary>The fields that decided a rule's outcome, with what they hold.</summary>
    static IEnumerable<Line> Decisive(ProtocolRule rule, Treatment treatment) => rule.Fields.Where(f => f is not ("sex" or "birth_decade" or "bmi_band")).Select(f => new Line(T(RuleFields.Name(f) + "|field"), true, RuleFields.Text(f, treatment)));

    static string Say(AdverseEvent e)
    {
        var measure = Catalogue.Categories[e.Category];
        string resolved = e.ResolvedAtUtc is { } at ? T("resolved after {0}", Show.Hours((at - e.OnsetAtUtc).TotalHours)) : T("not recorded as resolved");
        return $"{T(measure.Title)}, {T(Codes.Of(e.Severity ?? measure.DefaultSeverity))}, {T("onset {0}", Show.Instant(e.OnsetAtUtc))}, {resolved}{(e.IsFoundByAsking ? ", " + T("found by asking") : "")}{(e.LinkMethod is LinkMethod.Nearest ? ", " + T("joined by its time") : e.LinkMethod is LinkMethod.Manual ? ", " + T("joined by hand") : "")} ({e.EventId})";
    }
}
