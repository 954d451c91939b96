using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Languages;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Alerts;

/// <summary>
/// Looks at the figures and keeps at most one open alert per rule, subject and measure. Runs any number of times with the same result; an alert whose
/// figures no longer bear it out says so and stays in the record, and what was looked into is not raised again for what had been seen then.
/// </summary>
/// <remarks>
/// Practitioners are judged month by month against colleagues only, see <see cref="PeerMonitor"/>: a published rate taken as fact would flag most of a clinic that
/// simply records more (2.8 false alerts per practitioner-year against 0.03 in simulation). Clinics are judged over the twelve months up to their last session.
/// </remarks>
public sealed class EvaluateAlerts(IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>How many people's credentials are judged in one transaction.</summary>
    const int PeopleAtATime = 500;

    /// <summary>Judges sentinel events, then credentials, then clinic by clinic, each in a transaction of its own: what is kept at a time does not grow with the clinics, and nobody else waits to write until all are judged. Ended in the middle, the marks stay.</summary>
    /// <param name="onlyMarked">Judges the clinics that are marked (<see cref="SafetyAuditDb.StaleClinics"/>) alone, and leaves the others' alerts as they are: what an upload costs does not grow with the clinics it says nothing of. What changes with time, reviews and baselines is found by judging all.</param>
    /// <param name="ct">Stops it; what was judged until then stays.</param>
    public async Task RunAsync(bool onlyMarked, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        // Before all that is judged by.
        var marks = await MarksAsync(db, ct);
        if (onlyMarked && marks.Clinics.Count == 0) return;
        string[]? clinics = onlyMarked ? [.. marks.Clinics] : null;
        var now = time.UtcNow();
        var measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct);

        await SentinelsAsync(db, measures, now, clinics, ct);
        // Before the clinics, which forget who was there when they were last judged.
        bool credentials = await CredentialsAsync(db, now, clinics, ct);
        var baselines = await Rates.BaselinesAsync(db, null, ct);
        var judged = new HashSet<string>();
        var failed = new List<Exception>();
        foreach (string clinic in clinics ?? await EveryClinicAsync(db, ct))
            try
            {
                if (await ClinicAsync(db, clinic, baselines, measures, now, forgets: credentials, ct)) judged.Add(clinic);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // One whose figures cannot be judged keeps none of the others waiting, and stays marked.
                failed.Add(new InvalidOperationException($"Clinic {clinic} could not be judged for alerts.", e));
                db.ChangeTracker.Clear();
            }

        // Clinics whose figures could not be judged yet stay marked.
        string[] done = credentials ? [.. judged] : [];
        foreach (var (first, last) in done.Length > 0 ? marks.Runs : []) await db.StaleClinics.Where(c => c.Id >= first && c.Id <= last && done.Contains(c.ClinicId)).ExecuteDeleteAsync(ct);
        if (failed.Count > 0) throw failed.Count == 1 ? failed[0] : new AggregateException(failed);
    }

    // The clinics that are marked, and the ids of the marks in runs without a gap: what is written meanwhile has other ids, also where it took one before these were read, and stays for the next time.
    // Read one by one: each commit of a count marks its clinics anew, so that a very large file leaves as many marks as a small one has rows.
    static async Task<(HashSet<string> Clinics, List<(long First, long Last)> Runs)> MarksAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var clinics = new HashSet<string>();
        var runs = new List<(long First, long Last)>();
        await foreach (var mark in db.StaleClinics.OrderBy(c => c.Id).Select(c => new { c.Id, c.ClinicId }).AsAsyncEnumerable().WithCancellation(ct))
        {
            clinics.Add(mark.ClinicId);
            if (runs.Count > 0 && runs[^1].Last == mark.Id - 1) runs[^1] = (runs[^1].First, mark.Id);
            else runs.Add((mark.Id, mark.Id));
        }
        return (clinics, runs);
    }

    // Those too of which no more is known than their alerts, their marks and who was watched there.
    static Task<string[]> EveryClinicAsync(SafetyAuditDb db, CancellationToken ct) =>
        db.Clinics.Select(c => c.Id).Union(db.Alerts.Where(a => a.Status == AlertStatus.Open).Select(a => a.ClinicId)).Union(db.MonitoredPractitioners.Select(m => m.ClinicId)).Union(db.StaleClinics.Select(c => c.ClinicId)).OrderBy(id => id).ToArrayAsync(ct);

    // Read and write in one transaction that no other evaluation runs beside, so that the alerts belong to one state of the figures.
    static async Task KeepAsync(SafetyAuditDb db, IDbContextTransaction transaction, Dictionary<string, Alert> open, List<Alert> found, DateTime now, CancellationToken ct)
    {
        // One that did not hold for a while and holds again is the same alert, with the review that it has; so is one that stands at a clinic that is not judged, while its event is found at one that is.
        var missing = found.Where(f => !open.ContainsKey(f.Key)).Select(f => f.Key).ToList();
        var again = missing.Count == 0 ? [] : (await db.Alerts.Where(a => a.Status != AlertStatus.Closed && missing.Contains(a.Key)).ToListAsync(ct)).GroupBy(a => a.Key).ToDictionary(g => g.Key, g => g.MaxBy(a => (a.Status == AlertStatus.Open, a.Id))!);
        foreach (var finding in found)
        {
            finding.EvaluatedAtUtc = now;
            if (open.Remove(finding.Key, out var known) || again.TryGetValue(finding.Key, out known))
            {
                known.Status = AlertStatus.Open;
                (known.Reason, known.From, known.To, known.Observed, known.Expected, known.Baseline, known.EvaluatedAtUtc, known.ClinicId, known.PractitionerId, known.Level, known.Arithmetic) =
                    (finding.Reason, finding.From, finding.To, finding.Observed, finding.Expected, finding.Baseline, now, finding.ClinicId, finding.PractitionerId, finding.Level, finding.Arithmetic);
                continue;
            }
            finding.Raise(now);
            db.Alerts.Add(finding);
        }
        foreach (var gone in open.Values) (gone.Status, gone.EvaluatedAtUtc) = (AlertStatus.NoLongerHolds, now);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        db.ChangeTracker.Clear();
    }

    static Task<Dictionary<string, Alert>> OpenAsync(IQueryable<Alert> alerts, CancellationToken ct) => alerts.Where(a => a.Status == AlertStatus.Open).ToDictionaryAsync(a => a.Key, ct);

    // What is raised from a clinic's days, and who is watched there. False while days wait to be counted: half-recounted figures accuse the wrong people. The recount asks for this job again when it is through.
    static async Task<bool> ClinicAsync(SafetyAuditDb db, string clinic, Dictionary<string, Baseline> baselines, List<Measure> measures, DateTime now, bool forgets, CancellationToken ct)
    {
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
        if (await db.StaleDays.AnyAsync(d => d.ClinicId == clinic, ct)) return false;
        var open = await OpenAsync(db.Alerts.Where(a => a.ClinicId == clinic && a.Rule != AlertRule.SentinelEvent && a.Rule != AlertRule.CredentialLapsing), ct);
        var watched = await db.MonitoredPractitioners.Where(m => m.ClinicId == clinic).ToDictionaryAsync(m => m.PractitionerId, ct);
        var found = new List<Alert>();
        if (await PeriodAsync(db, clinic, ct) is var (start, end))
        {
            var reviewed = await ReviewedAsync(db.Alerts.Where(a => a.ClinicId == clinic), now, ct);
            if (await MonitorAsync(db, clinic, baselines, reviewed, ct) is { } monitor)
            {
                foreach (var one in Monitored(monitor, now))
                    if (watched.Remove(one.PractitionerId, out var row)) db.Entry(row).CurrentValues.SetValues(one);
                    else db.MonitoredPractitioners.Add(one);
                found.AddRange(MonitorAlerts.Of(monitor, end, open.GetValueOrDefault, key => reviewed.TryGetValue(key, out var seen) ? seen : null));
            }
            found.AddRange(await AsAWholeAsync(db, clinic, start, end, baselines, measures, now, ct).Where(a => !reviewed.TryGetValue(a.Key, out var seen) || seen.To < start).ToListAsync(ct));
            // What was looked into is judged by what came after, until that is all there is to judge.
            foreach (var day in reviewed.Where(r => IsAsAWhole(r.Key)).Select(r => r.Value.To).Distinct().Where(d => d >= start && d < end))
                found.AddRange(await AsAWholeAsync(db, clinic, day.AddDays(1), end, baselines, measures, now, ct).Where(a => reviewed.TryGetValue(a.Key, out var seen) && seen.To == day).ToListAsync(ct));
        }
        // Who was there is known until their credentials were judged.
        if (forgets) db.MonitoredPractitioners.RemoveRange(watched.Values);
        await KeepAsync(db, transaction, open, found, now, ct);
        return true;
    }

    // What is kept of a clinic's monitor; its points are many, and every clinic's at a time would be too many.
    static IEnumerable<MonitoredPractitioner> Monitored(ClinicMonitor monitor, DateTime now) =>
        from practitioner in monitor.Practitioners
        let own = monitor.Of(practitioner)
        select new MonitoredPractitioner { ClinicId = monitor.ClinicId, PractitionerId = practitioner, Years = own.PractitionerYears, ExpectedRed = own.ExpectedFalseAlarms.Red, ExpectedAmber = own.ExpectedFalseAlarms.Amber, EvaluatedAtUtc = now };

    /// <summary>The twelve months over which a clinic is judged; empty for a clinic without sessions.</summary>
    public static async Task<(DateOnly From, DateOnly To)?> PeriodAsync(SafetyAuditDb db, string clinicId, CancellationToken ct) =>
        await Counts.SpanAsync(db, clinicId, ct) is { } span ? (span.Last.AddYears(-1).AddDays(1), span.Last) : null;

    /// <summary>The monitor of a clinic as its alerts are raised from it: with the clinic's own budget, and anew after what was looked into.</summary>
    public static async Task<ClinicMonitor?> MonitorAsync(SafetyAuditDb db, string clinicId, IReadOnlyDictionary<string, Baseline> baselines, IReadOnlyDictionary<string, Reviewed> reviewed, CancellationToken ct)
    {
        var laidDown = await db.ClinicProtocols.AsNoTracking().Where(p => p.ClinicId == clinicId).ToListAsync(ct);
        return await ClinicMonitor.ReadAsync(db, clinicId, Watched(baselines), baselines, day => ClinicProtocol.On(clinicId, laidDown, day).FalseAlarmsPerYear,
            (practitioner, measure) => (Seen(AlertRule.MoreThanPeers, practitioner, measure), Seen(AlertRule.FewerThanPeers, practitioner, measure)), ct);

        Reviewed? Seen(AlertRule rule, string practitioner, string measure) => reviewed.TryGetValue(KeyOf(rule, clinicId, practitioner, measure), out var seen) ? seen : null;
    }

    /// <summary>The day up to which what one of these alerts was about has been looked at, by the alert's key: one for each key, however often it was. Not of sentinel events, each of which is one review, nor of warnings whose day has come.</summary>
    public static async Task<Dictionary<string, Reviewed>> ReviewedAsync(IQueryable<Alert> alerts, DateTime nowUtc, CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(nowUtc);
        return await alerts.Where(a => a.Status == AlertStatus.Closed && a.ReviewedTo != null && a.Rule != AlertRule.SentinelEvent && (a.Rule != AlertRule.CredentialLapsing || a.ReviewedTo >= today))
            .GroupBy(a => a.Key).Select(g => new { g.Key, To = g.Max(a => a.ReviewedTo), RedTo = g.Max(a => a.Level == AlertLevel.Red ? a.ReviewedTo : null), NothingTo = g.Max(a => a.Level == AlertLevel.Red && a.FoundNothing ? a.ReviewedTo : null) })
            .ToDictionaryAsync(g => g.Key, g => new Reviewed(g.To!.Value, g.RedTo, g.RedTo != null && g.NothingTo == g.RedTo), ct);
    }

    /// <summary>The measures that are watched by rate.</summary>
    public static List<Measure> Watched(IReadOnlyDictionary<string, Baseline> baselines) => [.. Catalogue.Measures.Where(m => Catalogue.IsWatchedByRate(m, baselines.GetValueOrDefault(m.Code)))];

    // A credential is told of at its owner's home, which may be another clinic than where they work, and another than it was. So people are judged and not clinics: whoever works here, is warned of here, or was here when it was last judged. False while days wait to be counted.
    static async Task<bool> CredentialsAsync(SafetyAuditDb db, DateTime now, string[]? clinics, CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(now);
        var people = new HashSet<string>(await Credential.WorkingAsync(db.DailyExposures.Where(d => clinics == null || clinics.Contains(d.ClinicId)), today, ct));
        people.UnionWith(await db.MonitoredPractitioners.Where(m => clinics == null || clinics.Contains(m.ClinicId)).Select(m => m.PractitionerId).Distinct().ToListAsync(ct));
        people.UnionWith(await db.Alerts.Where(a => a.Status == AlertStatus.Open && a.Rule == AlertRule.CredentialLapsing && a.PractitionerId != null && (clinics == null || clinics.Contains(a.ClinicId))).Select(a => a.PractitionerId!).Distinct().ToListAsync(ct));
        foreach (string[] some in people.Order(StringComparer.Ordinal).Chunk(PeopleAtATime))
        {
            await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
            if (await db.StaleDays.AnyAsync(ct)) return false;
            var open = await OpenAsync(db.Alerts.Where(a => a.Rule == AlertRule.CredentialLapsing && some.Contains(a.PractitionerId)), ct);
            var working = await Credential.WorkingAsync(db.DailyExposures.Where(d => some.Contains(d.PractitionerId)), today, ct);
            var found = await ProtocolAlerts.OfCredentialsAsync(db, [.. working], today, ct);
            string[] keys = [.. found.Select(a => a.Key)];
            var reviewed = await ReviewedAsync(db.Alerts.Where(a => keys.Contains(a.Key)), now, ct);
            await KeepAsync(db, transaction, open, found.FindAll(a => ProtocolAlerts.IsLapse(a) || !reviewed.ContainsKey(a.Key)), now, ct);
        }
        return true;
    }

    static readonly string[] OfOther = [Codes.Of(AlertRule.SentinelEvent), Codes.Of(AlertRule.MoreThanPeers), Codes.Of(AlertRule.FewerThanPeers), Codes.Of(AlertRule.CredentialLapsing)];

    static bool IsAsAWhole(string key) => !OfOther.Contains(key.Split('|')[0]);

    // What is raised from a period of a clinic's days taken together.
    static async IAsyncEnumerable<Alert> AsAWholeAsync(SafetyAuditDb db, string clinic, DateOnly start, DateOnly end, Dictionary<string, Baseline> baselines, List<Measure> measures, DateTime now, [EnumeratorCancellation] CancellationToken ct)
    {
        var counts = await Counts.ReadAsync(db, start, end, ct, clinic);
        foreach (var row in Watched(baselines).SelectMany(m => Rates.Compute(counts, new(start, end, Grouping.Clinic), m, baselines.GetValueOrDefault(m.Code))))
            if (row.Position is Position.Above998 or Position.Below998) yield return AgainstLiterature(row, row.Position == Position.Above998 ? AlertRule.ClinicAboveLiterature : AlertRule.ClinicBelowLiterature);
        foreach (var alert in await ProtocolAlerts.OfAdherenceAsync(db, clinic, start, end, now, ct)) yield return alert;
        var exposures = await db.DailyExposures.Where(d => d.ClinicId == clinic && d.Date <= end && d.Date > end.AddYears(-ClinicMonitor.Years)).GroupBy(d => d.Date).Select(g => new { Day = g.Key, Sessions = g.Sum(d => (long)d.Sessions), AtRisk = g.Sum(d => (long)d.AtRiskSessions) }).OrderBy(d => d.Day).ToListAsync(ct);
        var rare = measures.Where(m => RareEvents.IsWatched(m, baselines.GetValueOrDefault(m.Code))).ToList();
        var codes = rare.ConvertAll(m => m.Code);
        var events = (await db.DailyObserved.Where(d => d.ClinicId == clinic && d.Date <= end && d.Date > end.AddYears(-ClinicMonitor.Years) && codes.Contains(d.Measure)).GroupBy(d => new { d.Measure, d.Date }).Select(g => new { g.Key.Measure, g.Key.Date, Observed = g.Sum(d => (long)d.Observed) }).ToListAsync(ct)).ToLookup(d => d.Measure);
        foreach (var measure in rare)
        {
            if (!events.Contains(measure.Code)) continue;
            var on = events[measure.Code].ToDictionary(d => d.Date, d => d.Observed);
            // The events that close a gap must lie in the period; where gaps begin does not matter.
            if (RareEvents.Of(clinic, measure, baselines[measure.Code], exposures.ConvertAll(d => (d.Day, (double)(measure.Unit == ExposureUnit.AtRiskSession ? d.AtRisk : d.Sessions), on.GetValueOrDefault(d.Day)))) is { } alert && alert.To >= start) yield return alert;
        }
    }

    static Alert AgainstLiterature(RateRow row, AlertRule rule) => new()
    {
        Rule = rule, Level = rule == AlertRule.ClinicBelowLiterature ? AlertLevel.Blue : AlertLevel.Amber, ClinicId = row.ClinicId, Measure = row.Measure.Code, Key = KeyOf(rule, row.ClinicId, null, row.Measure.Code),
        From = row.From, To = row.To, Observed = row.Observed, Expected = row.Expected, Baseline = row.Baseline?.Id,
        Reason = string.Create(Figures.Kept,
            $"{row.Measure.Title}: the clinic recorded {row.Observed:N0} in {row.Sessions:N0} sessions, where {row.Baseline!.Source} leads to expect {Figures.Number(row.Expected!.Value, Figures.Kept)} (99.8 % limits {row.Limits!.Value.Lower998:N0} to {row.Limits.Value.Upper998:N0}). ")
            + (rule == AlertRule.ClinicBelowLiterature ? "Check the records first." : "Published rates differ several-fold between settings: a question about the clinic's recording and practice as a whole, not about one person."),
    };

    // One event, one review: whatever its rate, whether or not its session has arrived. What was reviewed is left out by the database.
    static async Task SentinelsAsync(SafetyAuditDb db, List<Measure> measures, DateTime now, string[]? clinics, CancellationToken ct)
    {
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
        var open = await OpenAsync(db.Alerts.Where(a => a.Rule == AlertRule.SentinelEvent && (clinics == null || clinics.Contains(a.ClinicId))), ct);
        var byCode = measures.ToDictionary(m => m.Code);
        var sentinels = measures.Where(m => m.IsSentinel).Select(m => m.Code).ToList();
        var events = db.Current<AdverseEvent>();
        string[] known = [.. open.Keys.Select(key => EventOf(key)?.Id).OfType<string>().Distinct()];
        // Each of the parts is found by an index. The last are events with an alert here that may count at another clinic by now: the alert goes with them.
        IQueryable<AdverseEvent>[] parts = clinics is null ? [events] : [events.Where(e => clinics.Contains(e.LinkedClinicId)), events.Where(e => e.LinkedClinicId == null && clinics.Contains(e.ClinicId ?? "")), events.Where(e => known.Contains(e.EventId))];
        var candidates = new List<(AdverseEvent Event, string? PractitionerId)>();
        foreach (var part in parts)
            candidates.AddRange((await part.Where(e => sentinels.Contains(e.Category) || e.Severity == Severity.Critical || e.CtcaeGrade >= 4 || e.MedicalAttention == MedicalAttention.Admitted || e.Seriousness!.StartsWith("serious") || Measure.SeriousOutcomes.Contains(e.Outcome!)
                    || db.Measures.Any(m => m.Code == e.Category && m.DefaultSeverity == Severity.Critical))
                .Where(e => !db.Alerts.Any(a => a.Key == SentinelKey + (e.ClinicId ?? "") + "||" + e.EventId && a.Status == AlertStatus.Closed))
                .Select(e => new { Event = e, PractitionerId = db.Sessions.Where(s => s.SessionId == e.LinkedSessionId && s.ClinicId == e.LinkedClinicId && s.SupersededAtUtc == null).Select(s => s.PractitionerId).FirstOrDefault() })
                .ToListAsync(ct)).Select(c => (c.Event, c.PractitionerId)));
        var found = new List<Alert>();
        foreach (var (e, practitioner) in candidates.DistinctBy(c => c.Event.Id))
        {
            var measure = byCode[e.Category];
            bool serious = Measure.IsSerious(e, e.Severity ?? measure.DefaultSeverity);
            if (!measure.IsSentinel && !serious) continue;
            var day = DateOnly.FromDateTime(e.OnsetAtUtc);
            string clinic = e.LinkedClinicId ?? e.ClinicId ?? "";
            found.Add(new Alert
            {
                Rule = AlertRule.SentinelEvent, Level = AlertLevel.Sentinel, ClinicId = clinic, PractitionerId = practitioner ?? e.PractitionerId, Measure = e.Category, From = day, To = day, Observed = 1,
                Key = KeyOf(AlertRule.SentinelEvent, e.ClinicId, null, e.EventId),
                Reason = $"{measure.Title}, event {e.EventId}, onset {Figures.Day(day, Figures.Kept)}. One such event is one review, always."
                    + (measure.IsSentinel ? "" : " Its report marks it as serious.") + (e.LinkedSessionId is null ? " Its session has not arrived yet." : ""),
            });
        }
        await KeepAsync(db, transaction, open, found, now, ct);
    }

    /// <summary>The event that a sentinel event's alert is about, by its key: its id, and its own clinic.</summary>
    internal static (string Id, string Clinic)? EventOf(string key) => key.Split('|', 4) is [_, var clinic, _, var id] ? (id, clinic) : null;

    /// <summary>How the key of a sentinel event's alert begins; the event's own clinic, two strokes and its id follow.</summary>
    internal static readonly string SentinelKey = KeyOf(AlertRule.SentinelEvent, "", "", "")[..^2];

    internal static string KeyOf(AlertRule rule, string? clinic, string? practitioner, string? about) => string.Join('|', Codes.Of(rule), clinic, practitioner, about);
}
