using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Cases;

/// <summary>
/// Somebody reviews an alert, step by step. Every step answers what is wrong in words, or nothing when it was taken. Within the actor's scope; nobody reviews what is about
/// themselves, and no stage is left before everything that it asks for was looked at.
/// </summary>
public sealed class ReviewCase(SafetyAuditDb db, TimeProvider time)
{
    public const int LongestText = 4_000, FewestWordsLetters = 10;

    /// <summary>Days before a sentinel event at which its review looks: the longest window within which an event is joined to its session.</summary>
    const int DaysBeforeEvent = 30;

    /// <summary>Days after its opening by whose end a case is to be decided, unless somebody says otherwise. Our own choice: no source gives them.</summary>
    public static int DaysToDecide(AlertLevel level) => level switch { AlertLevel.Sentinel => 14, AlertLevel.Red => 28, _ => 56 };

    const string Gone = "The case is not there. Look at the list again.";

    /// <summary>Opens a case for an open alert that has none, and says who leads it.</summary>
    /// <returns>The case's number, or what is wrong.</returns>
    public async Task<(long? Id, string? Problem)> OpenAsync(long alertId, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Two who open it at once open one.
        await db.WorkAloneAsync(ExclusiveWork.Alerts, ct);
        if (await db.Alerts.SingleOrDefaultAsync(a => a.Id == alertId, ct) is not { } alert) return (null, "The alert is not there. Look at the list again.");
        if (await db.Cases.Where(c => c.AlertId == alertId).Select(c => (long?)c.Id).FirstOrDefaultAsync(ct) is { } there) return (there, null);
        if (alert.Status != AlertStatus.Open) return (null, "The alert is no longer open.");
        if (await IsOwnAsync(alert.PractitionerId, ct)) return (null, OwnCase);
        var review = (await OfAsync(db, [alert], time.UtcNow(), ct))[0];
        db.Cases.Add(review);
        await db.SaveChangesAsync(ct);
        Enter(review, CaseEntryKind.Opened, figures: FiguresOf(alert));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return (review.Id, null);
    }

    /// <summary>Says who leads the review, and by when it is to be decided.</summary>
    public Task<string?> AssignAsync(long id, string owner, DateOnly? due, CancellationToken ct) => TakeAsync(id, async review =>
    {
        var user = await db.Users.SingleOrDefaultAsync(u => u.UserName == owner && u.DisabledAtUtc == null, ct);
        if (user is null || !Reaches(user, review)) return "There is nobody of this name who may review here. Choose from the list.";
        if (!MayReview(user, review)) return "Nobody reviews what is about themselves. Choose somebody else.";
        var zone = await db.ZoneOfAsync(review.ClinicId, ct);
        // The form gives back the day that is set, which may be past: naming somebody changes nothing of it.
        if (due is { } day && (review.DueAtUtc is not { } set || DayIn(zone, set) != day))
        {
            if (day < DayIn(zone, time.UtcNow())) return "The date lies in the past. Correct it.";
            review.DueAtUtc = EndOf(day, zone);
        }
        review.Owner = owner;
        Enter(review, CaseEntryKind.Assigned, note: owner);
        return null;
    }, ct);

    /// <summary>Answers a check of the stage that is on: the figures as they are now are kept with it.</summary>
    public Task<string?> CheckAsync(long id, CaseCheck check, bool explains, string? note, CancellationToken ct) => TakeAsync(id, async review =>
    {
        if (!CaseStages.ChecksOf(review.Stage).Contains(check)) return "That belongs to another stage. Look at the case again.";
        note = Trimmed(note);
        if (note?.Length > LongestText) return TooLong;
        if (explains && note is null) return "Say how it explains the alert.";
        if (!explains && note is not null) return "A reason was given although it was said not to explain the alert. Choose one.";
        await ReviewStartedAsync(review, ct);
        Enter(review, CaseEntryKind.Checked, note: note, check: check, explains: explains, figures: await CaseFigures.ReadAsync(db, review, check, time.UtcNow(), ct));
        return null;
    }, ct);

    /// <summary>Ends a stage once everything in it was looked at.</summary>
    public Task<string?> EndStageAsync(long id, CaseStage stage, CancellationToken ct) => TakeAsync(id, async review =>
    {
        if (review.Stage != stage || stage is CaseStage.Person) return "That stage is not on. Look at the case again.";
        if (await MissingAsync(review, ct) is { } missing) return missing;
        Enter(review, CaseEntryKind.StageEnded);
        review.Stage = CaseStages.After(stage);
        if (review.Stage == CaseStage.Person && review.PractitionerId is not null) review.AskedAtUtc = time.UtcNow();
        return null;
    }, ct);

    /// <summary>Adds a note.</summary>
    public Task<string?> NoteAsync(long id, string? note, CancellationToken ct) => TakeAsync(id, review =>
    {
        note = Trimmed(note);
        if (note is null) return Task.FromResult<string?>("Write something.");
        if (note.Length > LongestText) return Task.FromResult<string?>(TooLong);
        Enter(review, CaseEntryKind.Note, note: note);
        return Task.FromResult<string?>(null);
    }, ct);

    /// <summary>The practitioner answers, as long as the case is open; nobody else does for them.</summary>
    public async Task<string?> ReplyAsync(long id, string? answer, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.WorkAloneAsync(ExclusiveWork.Alerts, ct);
        if (await db.Cases.SingleOrDefaultAsync(c => c.Id == id, ct) is not { } review) return Gone;
        if (!await IsOwnAsync(review.PractitionerId, ct)) return "Only the practitioner whom it is about answers here.";
        if (review.Stage != CaseStage.Person) return review.Stage == CaseStage.Closed ? "The case is closed. Ask for it to be opened again." : "It has not come to you yet.";
        answer = Trimmed(answer);
        if (answer is null) return "Write something.";
        if (answer.Length > LongestText) return TooLong;
        Enter(review, CaseEntryKind.Reply, note: answer);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <summary>Says why no answer of the practitioner is waited for.</summary>
    public Task<string?> NoReplyAsync(long id, string? why, CancellationToken ct) => TakeAsync(id, review =>
    {
        why = Trimmed(why);
        if (review.Stage != CaseStage.Person) return Task.FromResult<string?>("That stage is not on. Look at the case again.");
        if (why is null || why.Length < FewestWordsLetters) return Task.FromResult<string?>("Say why no answer is waited for.");
        if (why.Length > LongestText) return Task.FromResult<string?>(TooLong);
        Enter(review, CaseEntryKind.NoReply, note: why);
        return Task.FromResult<string?>(null);
    }, ct);

    /// <summary>Decides and closes the case, and its alert with it. What explains everything may end it early; what is said of a person ends it last.</summary>
    public Task<string?> DecideAsync(long id, CaseDecision decision, string? reasons, string? actions, DateOnly? remeasure, string? feedback, CancellationToken ct) => TakeAsync(id, async review =>
    {
        (reasons, actions, feedback) = (Trimmed(reasons), Trimmed(actions), Trimmed(feedback));
        if (reasons is null || reasons.Length < FewestWordsLetters) return "Say why, in a sentence or more.";
        if (reasons.Length > LongestText || actions?.Length > LongestText || feedback?.Length > LongestText) return TooLong;
        if (review.Stage < CaseStages.Earliest(decision)) return "The stages before that have not been gone through. Look at the case again.";
        if (await MissingAsync(review, ct) is { } missing) return missing;
        // What is said to explain everything must have been found to.
        if (decision is CaseDecision.DataCorrected or CaseDecision.CaseMixExplains && !(await EntriesSinceOpenedAsync(db, review.Id, ct)).Exists(e => e.Explains == true && e.Stage == CaseStages.Earliest(decision)))
            return "Nothing that was looked at was found to explain it. Say of a check that it does, and how.";
        var now = time.UtcNow();
        if (decision is CaseDecision.ProcessChanged or CaseDecision.PractitionerSupported && (actions is null || remeasure is null)) return "Say what is done, and from when the figures are to show whether it helped.";
        if (remeasure is { } day && day <= DateOnly.FromDateTime(now)) return "The date of measuring again lies in the past. Correct it.";
        var alert = await db.Alerts.SingleAsync(a => a.Id == review.AlertId, ct);
        (review.Stage, review.Decision, review.Reasons, review.Actions, review.RemeasureOn, review.Feedback, review.DecidedAtUtc, review.DecidedBy) = (CaseStage.Closed, decision, reasons, actions, remeasure, feedback, now, db.Actor.Name);
        Enter(review, CaseEntryKind.Decided, note: string.Join(" · ", new[] { Codes.Of(decision).Replace('_', ' '), reasons, actions, remeasure is { } again ? $"measured again from {again:yyyy-MM-dd}" : null }.Where(said => said is not null)), decision: decision, figures: FiguresOf(alert));
        alert.FoundNothing = decision == CaseDecision.NothingFound;
        await CloseAsync(alert, reasons, now, ct);
        return null;
    }, ct);

    /// <summary>Opens a closed case again, where it was: nothing of it is lost.</summary>
    public async Task<string?> ReopenAsync(long id, string? why, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.WorkAloneAsync(ExclusiveWork.Alerts, ct);
        if (await db.Cases.SingleOrDefaultAsync(c => c.Id == id, ct) is not { } review) return Gone;
        if (await IsOwnAsync(review.PractitionerId, ct)) return OwnCase;
        why = Trimmed(why);
        if (review.Stage != CaseStage.Closed) return "The case is open.";
        if (why is null || why.Length < FewestWordsLetters) return "Say why, in a sentence or more.";
        if (why.Length > LongestText) return TooLong;
        var alert = await db.Alerts.SingleAsync(a => a.Id == review.AlertId, ct);
        if (await db.Alerts.AnyAsync(a => a.Key == alert.Key && a.Status == AlertStatus.Open && a.Id != alert.Id, ct)) return "A newer alert about the same is open. Review that one.";
        Enter(review, CaseEntryKind.Reopened, note: why);
        (review.Stage, review.Decision, review.Reasons, review.Actions, review.RemeasureOn, review.DecidedAtUtc, review.DecidedBy) = (CaseStage.Data, null, null, null, null, null, null);
        // Open until the next evaluation finds that its figures no longer bear it out.
        (alert.Status, alert.ClosedAtUtc, alert.ClosedBy, alert.ClosedBecause, alert.ReviewedTo, alert.FoundNothing) = (AlertStatus.Open, null, null, null, null, false);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <summary>Dismisses an alert that asks for a look only, with a reason. What asks for a review gets one.</summary>
    public async Task<string?> DismissAsync(long alertId, string? why, CancellationToken ct)
    {
        why = Trimmed(why);
        if (why is null || why.Length < FewestWordsLetters) return "Say why, in a sentence or more.";
        if (why.Length > LongestText) return TooLong;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.WorkAloneAsync(ExclusiveWork.Alerts, ct);
        if (await db.Alerts.SingleOrDefaultAsync(a => a.Id == alertId, ct) is not { Status: AlertStatus.Open } alert) return "The alert is no longer open. Look at the list again.";
        if (await IsOwnAsync(alert.PractitionerId, ct)) return OwnCase;
        if (await db.Cases.AnyAsync(c => c.AlertId == alertId, ct)) return "It has a case. Decide that.";
        if (alert.AsksForReview) return "It asks for a review, and can't be dismissed without one.";
        await CloseAsync(alert, why, time.UtcNow(), ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <summary>Whether somebody may lead a review: by their role, within their clinics, and not where it is about themselves.</summary>
    public static bool MayReview(User user, Case review) => Reaches(user, review) && (user.PractitionerId is null || user.PractitionerId != review.PractitionerId);

    static bool Reaches(User user, Case review) => user.DisabledAtUtc is null && Roles.Of(user.Roles).Contains(Permission.ReviewCases) && user.Scope.HasClinic(review.ClinicId);

    /// <summary>Whether the event was reported with a tracking code.</summary>
    public static async Task<bool> HasReporterAsync(SafetyAuditDb db, Case review, CancellationToken ct) =>
        await EventOfAsync(db, review, ct) is var (id, clinic) && await db.AdverseEvents.AnyAsync(e => e.EventId == id && (e.ClinicId ?? "") == clinic && e.ReportChannel == ReportChannel.OpenForm, ct);

    /// <summary>What somebody who reported an event by a clinic's open form may know: whether it arrived, whether a review of it was decided, and what was written for them then.</summary>
    public static async Task<(bool Arrived, bool Decided, string? Feedback)> ForReporterAsync(SafetyAuditDb db, string clinicId, string code, CancellationToken ct)
    {
        if (!await db.AdverseEvents.AnyAsync(e => e.EventId == code && e.ClinicId == clinicId && e.ReportChannel == ReportChannel.OpenForm, ct)) return default;
        string key = EvaluateAlerts.KeyOf(AlertRule.SentinelEvent, clinicId, null, code);
        var review = await (from c in db.Cases join a in db.Alerts on c.AlertId equals a.Id where a.Key == key && c.Stage == CaseStage.Closed orderby c.Id descending select c).FirstOrDefaultAsync(ct);
        return (true, review is not null, review?.Feedback);
    }

    /// <summary>The event that a sentinel case is about: its id, and its own clinic.</summary>
    static async Task<(string Id, string Clinic)?> EventOfAsync(SafetyAuditDb db, Case review, CancellationToken ct) =>
        review.Rule == AlertRule.SentinelEvent ? EvaluateAlerts.EventOf(await db.Alerts.Where(a => a.Id == review.AlertId).Select(a => a.Key).SingleAsync(ct)) : null;

    /// <summary>The open cases of sentinel events that are about others than the reader, by the event's id and its own clinic.</summary>
    public static async Task<Dictionary<(string Id, string Clinic), long>> OpenAboutEventsAsync(SafetyAuditDb db, CancellationToken ct)
    {
        string? self = await SelfAsync(db, ct);
        var open = await (from c in db.Cases
                          join a in db.Alerts on c.AlertId equals a.Id
                          where c.Rule == AlertRule.SentinelEvent && c.Stage != CaseStage.Closed && (self == null || c.PractitionerId == null || c.PractitionerId != self)
                          orderby c.Id
                          select new { a.Key, c.Id }).ToListAsync(ct);
        var byEvent = new Dictionary<(string, string), long>();
        foreach (var one in open) if (EvaluateAlerts.EventOf(one.Key) is { } of) byEvent[of] = one.Id;
        return byEvent;
    }

    /// <summary>The open cases of which the protocol lays down by when they begin, and that have not begun.</summary>
    public static IQueryable<Case> NotBegun(SafetyAuditDb db) => db.Cases.Where(c => c.Stage != CaseStage.Closed && c.BeginByUtc != null
        && !db.EventSteps.Any(s => s.Kind == EventStepKind.ReviewStarted && s.TakenBackAtUtc == null && db.Alerts.Any(a => a.Id == c.AlertId && a.Key == EvaluateAlerts.SentinelKey + s.EventClinicId + "||" + s.EventId)));

    /// <summary>The open cases past the instant by which they begin or are decided.</summary>
    public static IQueryable<Case> Late(SafetyAuditDb db, DateTime now)
    {
        var notBegun = NotBegun(db).Where(c => c.BeginByUtc <= now).Select(c => c.Id);
        return db.Cases.Where(c => c.Stage != CaseStage.Closed && (c.DueAtUtc <= now || notBegun.Contains(c.Id)));
    }

    // The protocol asks by when the review of such an event began: with the first thing that somebody looked at.
    async Task ReviewStartedAsync(Case review, CancellationToken ct)
    {
        if (await EventOfAsync(db, review, ct) is not var (id, clinic)) return;
        if (await db.EventSteps.AnyAsync(s => s.EventId == id && s.EventClinicId == clinic && s.Kind == EventStepKind.ReviewStarted && s.TakenBackAtUtc == null, ct)) return;
        var now = time.UtcNow();
        db.EventSteps.Add(new() { EventId = id, EventClinicId = clinic, ClinicId = review.ClinicId, Kind = EventStepKind.ReviewStarted, AtUtc = now, EnteredAtUtc = now, EnteredBy = db.Actor.Name, Note = $"case {review.Id}" });
    }

    async Task CloseAsync(Alert alert, string why, DateTime now, CancellationToken ct)
    {
        var last = await db.DailyExposures.IgnoreQueryFilters([SafetyAuditDb.OwnScope]).Where(d => d.ClinicId == alert.ClinicId && d.Sessions > 0).MaxAsync(d => (DateOnly?)d.Date, ct);
        // A credential is looked into up to the day on which it lapses, not for ever.
        var reviewed = alert.Rule == AlertRule.CredentialLapsing ? alert.To : last ?? alert.To;
        (alert.Status, alert.ClosedAtUtc, alert.ClosedBy, alert.ClosedBecause, alert.ReviewedTo) = (AlertStatus.Closed, now, db.Actor.Name, why, reviewed);
    }

    // One step of a reviewer in a case that is open.
    async Task<string?> TakeAsync(long id, Func<Case, Task<string?>> step, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Two steps at once are taken one after the other, each on the state that the other left.
        await db.WorkAloneAsync(ExclusiveWork.Alerts, ct);
        if (await db.Cases.SingleOrDefaultAsync(c => c.Id == id, ct) is not { } review) return Gone;
        if (await IsOwnAsync(review.PractitionerId, ct)) return OwnCase;
        if (review.Stage == CaseStage.Closed) return "The case is closed. Open it again first.";
        if (await step(review) is { } problem) return problem;
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    // What the stage that is on still asks for, of those since the case was last opened.
    async Task<string?> MissingAsync(Case review, CancellationToken ct)
    {
        var entries = await EntriesSinceOpenedAsync(db, review.Id, ct);
        var open = CaseStages.ChecksOf(review.Stage).Where(c => !entries.Exists(e => e.Check == c)).ToList();
        if (open.Count > 0) return $"Not looked at yet: {string.Join(", ", open.Select(Codes.Of)).Replace('_', '-')}.";
        return review is { Stage: CaseStage.Person, PractitionerId: not null } && !entries.Exists(e => e.Kind is CaseEntryKind.Reply or CaseEntryKind.NoReply) ? "The practitioner has not answered yet. Wait, or say why no answer is waited for." : null;
    }

    /// <summary>What was done since the case was opened, or opened again.</summary>
    public static async Task<List<CaseEntry>> EntriesSinceOpenedAsync(SafetyAuditDb db, long caseId, CancellationToken ct)
    {
        var all = await db.CaseEntries.AsNoTracking().Where(e => e.CaseId == caseId).OrderBy(e => e.Id).ToListAsync(ct);
        int from = all.FindLastIndex(e => e.Kind == CaseEntryKind.Reopened);
        return all[(from + 1)..];
    }

    const string OwnCase = "Nobody reviews what is about themselves.";
    static readonly string TooLong = $"It is longer than {LongestText} characters. Shorten it.";

    async Task<bool> IsOwnAsync(string? practitionerId, CancellationToken ct) => practitionerId is not null && practitionerId == await SelfAsync(db, ct);

    /// <summary>Which practitioner somebody is, if any: by the account and not by what it may reach, since a director who also treats has a practitioner's id too.</summary>
    public static async Task<string?> SelfAsync(SafetyAuditDb db, CancellationToken ct) =>
        db.Actor.Scope.PractitionerId ?? await db.Users.Where(u => u.UserName == db.Actor.Name).Select(u => u.PractitionerId).FirstOrDefaultAsync(ct);

    /// <summary>Which practitioner somebody is whose reviews are those of others; null for whoever sees their own figures alone, and reviews nobody.</summary>
    public static async Task<string?> ReviewerAsync(SafetyAuditDb db, CancellationToken ct) => db.Actor.Scope.PractitionerId is null ? await SelfAsync(db, ct) : null;

    /// <summary>The cases that somebody is told of: whom one is about learns of it when they are asked.</summary>
    /// <param name="self">Which practitioner they are, if any, as <see cref="SelfAsync"/> says.</param>
    /// <param name="cases">Those within their reach.</param>
    public static IQueryable<Case> KnownTo(string? self, IQueryable<Case> cases) => cases.Where(c => self == null || c.PractitionerId == null || c.PractitionerId != self || c.AskedAtUtc != null);

    /// <summary>The open cases that somebody reviews: a reviewer's are those of others; of their own they learn when they are asked.</summary>
    /// <param name="reviewer">Which practitioner they are, if any, as <see cref="ReviewerAsync"/> says.</param>
    /// <param name="cases">Those within their reach.</param>
    public static IQueryable<Case> OpenToReview(string? reviewer, IQueryable<Case> cases) => cases.Where(c => c.Stage != CaseStage.Closed && (reviewer == null || c.PractitionerId == null || c.PractitionerId != reviewer));

    void Enter(Case review, CaseEntryKind kind, string? note = null, CaseCheck? check = null, bool? explains = null, CaseDecision? decision = null, string? figures = null)
    {
        var entry = New(review, kind, time.UtcNow(), db.Actor.Name, figures);
        (entry.Note, entry.Check, entry.Explains, entry.Decision) = (note, check, explains, decision);
        db.CaseEntries.Add(entry);
    }

    internal static CaseEntry New(Case review, CaseEntryKind kind, DateTime now, string by, string? figures) =>
        new() { CaseId = review.Id, ClinicId = review.ClinicId, PractitionerId = review.PractitionerId, Kind = kind, Stage = review.Stage, AtUtc = now, By = by, Figures = figures };

    /// <summary>New cases of alerts, in their order, each with its dates.</summary>
    internal static async Task<List<Case>> OfAsync(SafetyAuditDb db, List<Alert> alerts, DateTime now, CancellationToken ct)
    {
        var begins = await BeginByAsync(db, alerts, now, ct);
        var zones = new Dictionary<string, TimeZoneInfo>();
        foreach (string clinic in alerts.Select(a => a.ClinicId).Distinct()) zones[clinic] = await db.ZoneOfAsync(clinic, ct);
        return alerts.ConvertAll(alert => new Case
        {
            AlertId = alert.Id, Rule = alert.Rule, Level = alert.Level, ClinicId = alert.ClinicId, PractitionerId = alert.PractitionerId, Measure = alert.Measure, To = alert.To,
            // An event comes after its session: what led to it lies before its day.
            From = alert.Level == AlertLevel.Sentinel ? alert.From.AddDays(-DaysBeforeEvent) : alert.From,
            OpenedAtUtc = now, OpenedBy = db.Actor.Name, BeginByUtc = begins.GetValueOrDefault(alert.Id), DueAtUtc = EndOf(DayIn(zones[alert.ClinicId], now).AddDays(DaysToDecide(alert.Level)), zones[alert.ClinicId]),
        });
    }

    /// <summary>By when the reviews of alerts begin, by the alert's number, as the protocol lays down from the record of their events.</summary>
    internal static async Task<Dictionary<long, DateTime?>> BeginByAsync(SafetyAuditDb db, List<Alert> alerts, DateTime now, CancellationToken ct)
    {
        var events = alerts.Where(a => a.Rule == AlertRule.SentinelEvent).ToDictionary(a => a.Id, a => EvaluateAlerts.EventOf(a.Key)!.Value);
        var read = new Dictionary<(string, string), DateTime?>();
        foreach (var (reported, _, _) in await ReportedEvents.ReadAsync(db, events.Values.Select(e => e.Id), now, ct)) read[(reported.Event.EventId, reported.Event.ClinicId ?? "")] = reported.ReviewBeginsByUtc;
        return events.ToDictionary(e => e.Key, e => read.GetValueOrDefault(e.Value));
    }

    public static DateOnly DayIn(TimeZoneInfo zone, DateTime utc) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(utc, zone));

    // Its last minute, by the clinic's clock.
    static DateTime EndOf(DateOnly day, TimeZoneInfo zone)
    {
        var end = day.ToDateTime(new TimeOnly(23, 59));
        while (zone.IsInvalidTime(end)) end = end.AddMinutes(-15);
        return TimeZoneInfo.ConvertTimeToUtc(end, zone);
    }

    internal static string FiguresOf(Alert alert) => alert.Arithmetic is null ? alert.Reason : $"{alert.Reason} [{alert.Arithmetic}]";

    static string? Trimmed(string? text) => text?.Trim() is { Length: > 0 } said ? said : null;
}
