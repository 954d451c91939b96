using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Cases;

/// <summary>The figures that each check of a review looks at, in a few sentences, as they are when they are asked for.</summary>
public static class CaseFigures
{
    /// <param name="db">Within the scope of whoever asks.</param>
    /// <param name="review">The review.</param>
    /// <param name="check">What is looked at.</param>
    /// <param name="nowUtc">The instant at which deadlines are looked at.</param>
    /// <param name="ct">Stops the reading.</param>
    public static Task<string> ReadAsync(SafetyAuditDb db, Case review, CaseCheck check, DateTime nowUtc, CancellationToken ct) => check switch
    {
        CaseCheck.Duplicates => DuplicatesAsync(db, review, ct),
        CaseCheck.Denominators => DenominatorsAsync(db, review, ct),
        CaseCheck.Coding => CodingAsync(db, review, ct),
        CaseCheck.Ascertainment => AscertainmentAsync(db, review, ct),
        CaseCheck.CaseMix => CaseMixAsync(db, review, ct),
        _ => AdherenceAsync(db, review, nowUtc, ct),
    };

    static async Task<string> DuplicatesAsync(SafetyAuditDb db, Case review, CancellationToken ct)
    {
        var sum = await Days(db.DailyQuality, review).GroupBy(_ => 1).Select(g => new { Sessions = g.Sum(d => d.RepeatedSessions), Events = g.Sum(d => d.RepeatedEvents), All = g.Sum(d => d.Events) }).SingleOrDefaultAsync(ct);
        return Say($"Sessions of the same patient at the same minute: {sum?.Sessions ?? 0}. Events of the same category and onset in one session: {sum?.Events ?? 0} of {sum?.All ?? 0}.");
    }

    static async Task<string> DenominatorsAsync(SafetyAuditDb db, Case review, CancellationToken ct)
    {
        var byStatus = await db.Current<Session>().Where(s => s.ClinicId == review.ClinicId && (review.PractitionerId == null || s.PractitionerId == review.PractitionerId) && s.Date >= review.From && s.Date <= review.To)
            .GroupBy(s => s.Status).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        int days = await Days(db.DailyExposures, review).Where(d => d.Sessions > 0).Select(d => d.Date).Distinct().CountAsync(ct);
        int waiting = await db.QuarantinedRows.CountAsync(q => q.ClosedAtUtc == null && q.ClinicId == review.ClinicId, ct);
        return Say($"{byStatus.GetValueOrDefault(SessionStatus.Completed):#,0} completed sessions on {days} days; aborted {byStatus.GetValueOrDefault(SessionStatus.Aborted)}, cancelled {byStatus.GetValueOrDefault(SessionStatus.Cancelled)}, not attended {byStatus.GetValueOrDefault(SessionStatus.NoShow)}. Rows of the clinic that were rejected and wait: {waiting}.");
    }

    static async Task<string> CodingAsync(SafetyAuditDb db, Case review, CancellationToken ct)
    {
        var events = await EventsOf(db, review).Select(e => new { e.Category, e.Severity }).ToListAsync(ct);
        var by = events.GroupBy(e => e.Category).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => Say($"{NameOf(g.Key)} {g.Count()}"));
        return Say($"Events: {events.Count}, of which {events.Count(e => e.Severity is null)} without a severity") + (events.Count == 0 ? "." : $". {string.Join("; ", by)}.");
    }

    static async Task<string> AscertainmentAsync(SafetyAuditDb db, Case review, CancellationToken ct)
    {
        var all = await Counts.ReadAsync(db, review.From, review.To, ct, review.ClinicId);
        var own = all.FindAll(c => review.PractitionerId is null || c.PractitionerId == review.PractitionerId);
        var others = review.PractitionerId is null ? [] : all.FindAll(c => c.PractitionerId != review.PractitionerId);
        return $"{Share(own)} of completed sessions had a patient reached by follow-up"
            + (others.Count > 0 ? $", {Share(others)} among colleagues" : "") + Say($". Found by asking: {own.Sum(c => c.FoundByAskingInAll)}; recorded unasked: {own.Sum(c => c.RecordedInAll)}.");

        static string Share(List<PractitionerCounts> counts) => counts.Sum(c => c.Sessions) is > 0 and var n ? Figures.Percent((double)counts.Sum(c => c.Reached) / n, Figures.Kept) : "none";
    }

    static async Task<string> CaseMixAsync(SafetyAuditDb db, Case review, CancellationToken ct)
    {
        var measure = Catalogue.Measures.FirstOrDefault(m => m.Code == review.Measure);
        if (review.PractitionerId is not { } practitioner || measure is null || measure.IsSummary) return "There is nobody to compare with: a case-mix adjustment sets one practitioner beside colleagues in one measure.";
        var adjusted = await CaseMixAdjustment.ReadAsync(db, review.ClinicId, practitioner, measure, review.From, review.To, ct);
        return Say($"Sessions with the event: {adjusted.Crude.Observed:N0}. Expected at colleagues’ rate {Figures.Number(adjusted.Crude.Expected, Figures.Kept)} (ratio {Ratio(adjusted.Crude.Ratio, adjusted.CrudeInterval)}); at their rate in sessions alike {Figures.Number(adjusted.Adjusted.Expected, Figures.Kept)} (ratio {Ratio(adjusted.Adjusted.Ratio, adjusted.AdjustedInterval)}). Alike in: first session, over the lungs, anticoagulants.")
            + (adjusted.Adjusted.SessionsLeftOut > 0 ? Say($" {adjusted.Adjusted.SessionsLeftOut:N0} sessions were unlike any of colleagues’ and are left out.") : "");

        static string Ratio(double? ratio, Interval? interval) => ratio is { } r ? Say($"{r:0.00}, 95 % {interval!.Value.Lower:0.00} to {interval.Value.Upper:0.00}") : "not assessed";
    }

    static async Task<string> AdherenceAsync(SafetyAuditDb db, Case review, DateTime nowUtc, CancellationToken ct)
    {
        var rows = AdherenceTable.By(await AdherenceTable.ReadAsync(db, new(review.From, review.To, review.ClinicId, review.PractitionerId), nowUtc, ct), AdherenceGrouping.Rule);
        var failed = rows.Where(r => r.Adherence.Fail > 0).OrderByDescending(r => r.Rule.Severity == RuleSeverity.Critical).ThenByDescending(r => r.Adherence.Fail).Take(5).Select(r => Say($"{r.Rule.Id} {r.Rule.Title}: not kept in {r.Adherence.Fail} of {r.Adherence.Judged}"));
        var blank = rows.Where(r => r.Adherence.NotRecorded > r.Adherence.Judged).ToList();
        if (rows.TrueForAll(r => r.Adherence.Judged == 0)) return "Nothing could be judged: what the rules need is not recorded, or no session lies in the period.";
        return (failed.Any() ? string.Join("; ", failed) + "." : "No rule was seen not kept.") + (blank.Count > 0 ? Say($" {blank.Count} rules are mostly not recorded, so that nothing is known of them.") : "");
    }

    // By way of the period's sessions: one by one from the events, SQLite would go through those sessions for each.
    static IQueryable<AdverseEvent> EventsOf(SafetyAuditDb db, Case review) =>
        from s in db.Current<Session>().Where(s => s.ClinicId == review.ClinicId && (review.PractitionerId == null || s.PractitionerId == review.PractitionerId) && s.Date >= review.From && s.Date <= review.To)
        join e in db.Current<AdverseEvent>() on new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId } equals new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId }
        select e;

    static IQueryable<Summaries.DailyQuality> Days(IQueryable<Summaries.DailyQuality> days, Case r) => days.Where(d => d.ClinicId == r.ClinicId && (r.PractitionerId == null || d.PractitionerId == r.PractitionerId) && d.Date >= r.From && d.Date <= r.To);

    static IQueryable<Summaries.DailyExposure> Days(IQueryable<Summaries.DailyExposure> days, Case r) => days.Where(d => d.ClinicId == r.ClinicId && (r.PractitionerId == null || d.PractitionerId == r.PractitionerId) && d.Date >= r.From && d.Date <= r.To);

    static string NameOf(string category) => Catalogue.Measures.FirstOrDefault(m => m.Code == category)?.Name ?? category;

    static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
