using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Summaries;

/// <summary>
/// Recomputes the practitioner-days whose records changed: exposure, observed, adherence and quality, each from the records and never by adding to what was there.
/// May run at any time, any number of times and in any process.
/// </summary>
public sealed class RefreshSummaries(IDbContextFactory<SafetyAuditDb> databases)
{
    // Making objects of rows is most of the work, and goes twice as fast in two parts; each holds the sessions of so many days.
    const int Parts = 2, DaysAtOnce = 250, BatchesPerCheckpoint = 10;

    // Days of one date lie all over the tables, so a commit of few days writes as many pages as one of many.
    internal int DaysPerTransaction { get; init; } = 2_000;

    /// <summary>Works until no day is stale. Answers how many were recomputed.</summary>
    /// <param name="ct">Stops it between two commits.</param>
    /// <param name="progress">Told at the beginning, after each commit, and at the end, where days waited; of days that come meanwhile only that they were counted.</param>
    public async Task<int> RunAsync(CancellationToken ct, IProgress<CountingProgress>? progress = null)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        int days = 0, batches = 0;
        var begun = Stopwatch.StartNew();
        // Counted once: as often as there are commits it would take longer the more days wait.
        long waiting = progress is null ? 0 : await db.StaleDays.LongCountAsync(ct);
        if (waiting > 0) progress?.Report(new(0, waiting, TimeSpan.Zero));
        // On SQLite the next days are counted while the last are written: half of the time one of two processors would wait.
        Task<Counted>? ahead = null;
        try
        {
            while (true)
            {
                var counted = ahead is null ? null : await ahead;
                ahead = null;
                if (counted is null && !await db.StaleDays.AnyAsync(ct)) break;
                await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Summaries, ct);
                var ids = await NextAsync(db, -1, [], ct);
                if (ids.Count == 0) break;
                // Somebody else was at these days meanwhile, with records that are newer maybe.
                if (counted is null || !counted.Ids.SequenceEqual(ids)) counted = await CountAsync(ids, ct);
                long[] marks = [.. counted.Marks.Values.SelectMany(m => m)];
                if (db.Database.IsSqlite()) ahead = Task.Run(() => CountNextAsync(ids[^1], marks, ct), ct);
                await WriteAsync(db, counted, marks, ct);
                await transaction.CommitAsync(ct);
                days += marks.Length;
                progress?.Report(new(days, Math.Max(0, waiting - days), begun.Elapsed));
                if (++batches % BatchesPerCheckpoint != 0) continue;
                // A checkpoint waits for whoever reads.
                if (ahead is not null) await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await db.CheckpointAsync(more: true, ct);
            }
        }
        finally
        {
            if (ahead is not null) await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        // The others somebody else counted.
        if (days < waiting) progress?.Report(new(days, 0, begun.Elapsed));
        // Run as a sweep too, so that what pages and sign-ins write reaches the file as well.
        await db.CheckpointAsync(more: false, ct);
        return days;
    }

    /// <summary>Days as their records say.</summary>
    /// <param name="Ids">The marks by which they were found stale.</param>
    /// <param name="Days">Those that have sessions.</param>
    /// <param name="Marks">All marks of each day that were there when it was counted: events that come after their sessions mark the same days again.</param>
    sealed record Counted(List<long> Ids, Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), Day> Days, Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), List<long>> Marks);

    Task<List<long>> NextAsync(SafetyAuditDb db, long after, long[] done, CancellationToken ct) =>
        db.StaleDays.Where(d => d.Id > after && !done.Contains(d.Id)).OrderBy(d => d.Id).Select(d => d.Id).Take(DaysPerTransaction).ToListAsync(ct);

    async Task<Counted> CountNextAsync(long after, long[] done, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        return await CountAsync(await NextAsync(db, after, done, ct), ct);
    }

    async Task<Counted> CountAsync(List<long> ids, CancellationToken ct)
    {
        var counted = new Counted(ids, [], []);
        await Parallel.ForEachAsync(ids.Chunk(Math.Clamp((ids.Count + Parts - 1) / Parts, 1, DaysAtOnce)), new ParallelOptions { MaxDegreeOfParallelism = Parts, CancellationToken = ct }, async (some, ct) =>
        {
            var (days, marks) = await ComputeAsync(some, ct);
            // A day that is marked in two parts was counted in both; of one part come its counts and the marks that part knew of, which are no newer than what it counted.
            lock (counted)
                foreach (var (day, known) in marks)
                    if (counted.Marks.TryAdd(day, known) && days.TryGetValue(day, out var its)) counted.Days[day] = its;
        });
        return counted;
    }

    static async Task WriteAsync(SafetyAuditDb db, Counted counted, long[] marks, CancellationToken ct)
    {
        var days = counted.Days.Values;
        // Of the days that were counted, and of no other that was marked meanwhile.
        string ids = string.Join(',', counted.Ids);
        foreach (string table in new[] { "daily_exposures", "daily_observed", "daily_adherence", "daily_quality" })
#pragma warning disable EF1002 // the table names stand in the line above, and the ids are numbers
            await db.Database.ExecuteSqlRawAsync($"DELETE FROM {table} WHERE (clinic_id, practitioner_id, date) IN (SELECT clinic_id, practitioner_id, date FROM stale_days WHERE id IN ({ids}))", ct);
        // In the commit of the counts, so that whatever ends the run leaves no clinic that was counted anew and not judged.
        await db.Database.ExecuteSqlRawAsync($"INSERT INTO stale_clinics (clinic_id) SELECT DISTINCT clinic_id FROM stale_days WHERE id IN ({ids})", ct);
#pragma warning restore EF1002
        await db.BulkInsertAsync([.. days.Select(d => d.Exposure)], ct);
        await db.BulkInsertAsync([.. days.SelectMany(d => d.Observed())], ct);
        await db.BulkInsertAsync([.. days.Select(d => d.Adherence())], ct);
        await db.BulkInsertAsync([.. days.Select(d => d.Quality)], ct);
        // By the ids that were read: one that another transaction commits meanwhile stays for the next turn.
        await db.StaleDays.Where(d => marks.Contains(d.Id)).ExecuteDeleteAsync(ct);
    }

    // On a connection of its own, which sees what was committed when the days were read, or later: what is committed later marks its days anew.
    async Task<(Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), Day> Days, Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), List<long>> Marks)> ComputeAsync(long[] ids, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var snapshot = await db.BeginSnapshotAsync(ct);
        // From the few days to their sessions, which lie together when the days are in the order of their dates, by the index on clinic, practitioner and day; never over all sessions.
        var touched = db.StaleDays.Where(d => ids.Contains(d.Id)).Select(d => new { d.ClinicId, d.PractitionerId, d.Date }).Distinct();
        var marks = await (from d in touched join m in db.StaleDays on d equals new { m.ClinicId, m.PractitionerId, m.Date } select new { d.ClinicId, d.PractitionerId, d.Date, m.Id }).ToListAsync(ct);
        var days = await ComputeAsync(db, from d in touched join s in db.Current<Session>() on d equals new { s.ClinicId, s.PractitionerId, s.Date } select s, ct);
        return (days, marks.GroupBy(m => (m.ClinicId, m.PractitionerId, m.Date), m => m.Id).ToDictionary(g => g.Key, g => g.ToList()));
    }

    /// <summary>The days of these sessions, from them and from the events that are joined to them. Writes nothing.</summary>
    /// <param name="db">What is stored.</param>
    /// <param name="sessions">All current sessions of each of the days.</param>
    /// <param name="ct">Stops the reading.</param>
    internal static async Task<Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), Day>> ComputeAsync(
        SafetyAuditDb db, IQueryable<Session> sessions, CancellationToken ct)
    {
        var days = new Dictionary<(string ClinicId, string PractitionerId, DateOnly Date), Day>();
        var dayOfSession = new Dictionary<(string ClinicId, string SessionId), Day>();
        var addedAt = await db.Clinics.Select(c => new { c.Id, c.AddedAtUtc }).ToDictionaryAsync(c => c.Id, c => c.AddedAtUtc, ct);
        var given = new List<Session>();
        foreach (var treatment in await Treatments.ReadAsync(db, sessions, ct))
        {
            var session = treatment.Session;
            var key = (session.ClinicId, session.PractitionerId, session.Date);
            if (!days.TryGetValue(key, out var day)) days[key] = day = new Day(key);
            day.Add(treatment);
            given.Add(session);
            // What ended a session early counts as much as what came after a whole one.
            if (session.Status is SessionStatus.Completed or SessionStatus.Aborted) dayOfSession[(session.ClinicId, session.SessionId)] = day;
        }
        var first = await FirstReceivedAsync(db, given, ct);
        foreach (var session in given)
        {
            if (!DailyQuality.IsAwaited(session, addedAt[session.ClinicId])) continue;
            var quality = days[(session.ClinicId, session.PractitionerId, session.Date)].Quality;
            quality.Awaited++;
            if (DailyQuality.IsInTime(session, first.GetValueOrDefault((session.ClinicId, session.SessionId), session.ReceivedAtUtc))) quality.InTime++;
        }
        // By the sessions that were just read, of however many clinics: asking for them as above would cost more than finding what belongs to them.
        foreach (long[] ids in given.Where(s => dayOfSession.ContainsKey((s.ClinicId, s.SessionId))).Select(s => s.Id).Chunk(1_000))
        {
            var theirs = from s in db.Sessions.Where(s => ids.Contains(s.Id))
                         join e in db.Current<AdverseEvent>() on new { Clinic = (string?)s.ClinicId, Session = (string?)s.SessionId } equals new { Clinic = e.LinkedClinicId, Session = e.LinkedSessionId }
                         select e;
            foreach (var adverseEvent in await db.BulkReadAsync(theirs, ct)) dayOfSession[(adverseEvent.LinkedClinicId!, adverseEvent.LinkedSessionId!)].Add(adverseEvent);
        }
        return days;
    }

    /// <summary>When corrected sessions first reached us: with their first version, also where that was undone since, or named somebody else than whoever asks.</summary>
    public static async Task<Dictionary<(string ClinicId, string SessionId), DateTime>> FirstReceivedAsync(SafetyAuditDb db, IEnumerable<Session> sessions, CancellationToken ct)
    {
        var first = new Dictionary<(string, string), DateTime>();
        foreach (string[] ids in sessions.Where(s => s.Version > 1).Select(s => s.SessionId).Distinct().Chunk(5_000))
            foreach (var one in await db.EverCountedOfAll<Session>().Where(s => ids.Contains(s.SessionId)).GroupBy(s => new { s.ClinicId, s.SessionId }).Select(g => new { g.Key.ClinicId, g.Key.SessionId, At = g.Min(s => s.ReceivedAtUtc) }).ToListAsync(ct))
                first[(one.ClinicId, one.SessionId)] = one.At;
        return first;
    }

    internal sealed class Day((string ClinicId, string PractitionerId, DateOnly Date) key)
    {
        readonly Dictionary<(string Measure, bool Asked), (int Events, HashSet<string> Sessions)> observed = [];
        readonly HashSet<string> reached = [];
        readonly HashSet<(string PatientId, DateTime StartedAtUtc)> given = [];
        readonly HashSet<(string SessionId, string Category, DateTime OnsetAtUtc)> happened = [];
        readonly int[,] outcomes = new int[Rules.OfSessions.Count, 4];
        int sessions;

        public DailyExposure Exposure { get; } = new() { ClinicId = key.ClinicId, PractitionerId = key.PractitionerId, Date = key.Date };

        public DailyQuality Quality { get; } = new() { ClinicId = key.ClinicId, PractitionerId = key.PractitionerId, Date = key.Date };

        public void Add(Treatment treatment)
        {
            var session = treatment.Session;
            sessions++;
            if (session.Status == SessionStatus.Completed)
            {
                Exposure.Sessions++;
                if (session.IsAtRiskThorax) Exposure.AtRiskSessions++;
                // However many attempts there were, the session counts once.
                if (treatment.FollowUps.Count > 0) Exposure.FollowedUp++;
                if (treatment.FollowUps.Any(f => f.Outcome == FollowUpOutcome.Reached) && reached.Add(session.SessionId)) Exposure.Reached++;
                if (!given.Add((session.PatientId, session.StartedAtUtc))) Quality.RepeatedSessions++;
            }
            for (int i = 0; i < Rules.OfSessions.Count; i++)
            {
                var outcome = Rules.OfSessions[i].For(treatment);
                outcomes[i, (int)outcome]++;
                if (outcome != Outcome.NotApplicable) Quality.Asked++;
                if (outcome is Outcome.Pass or Outcome.Fail) Quality.Answered++;
            }
        }

        public void Add(AdverseEvent adverseEvent)
        {
            Judge(adverseEvent);
            // What asking found counts where asking is counted; a record of it without the follow-up has no exposure to stand against.
            if (adverseEvent.IsFoundByAsking && !reached.Contains(adverseEvent.LinkedSessionId!)) return;
            var severity = adverseEvent.Severity ?? Catalogue.Categories[adverseEvent.Category].DefaultSeverity;
            foreach (var measure in Catalogue.Measures)
            {
                if (!measure.Counts(adverseEvent, severity)) continue;
                var key = (measure.Code, adverseEvent.IsFoundByAsking);
                if (!observed.TryGetValue(key, out var counts)) counts = (0, []);
                counts.Sessions.Add(adverseEvent.LinkedSessionId!);
                observed[key] = (counts.Events + 1, counts.Sessions);
            }
        }

        void Judge(AdverseEvent adverseEvent)
        {
            Quality.Events++;
            if (adverseEvent.LinkMethod == LinkMethod.Explicit) Quality.EventsNamed++;
            Quality.EventDetails += DailyQuality.DetailsOf(adverseEvent);
            if (DailyQuality.IsPrompt(adverseEvent) is { } prompt)
            {
                Quality.EventsTimed++;
                if (prompt) Quality.EventsPrompt++;
            }
            if (!happened.Add((adverseEvent.LinkedSessionId!, adverseEvent.Category, adverseEvent.OnsetAtUtc))) Quality.RepeatedEvents++;
        }

        public IEnumerable<DailyObserved> Observed() =>
            from measure in Catalogue.Measures
            let recorded = Count(measure, asked: false)
            let found = Count(measure, asked: true)
            where recorded + found > 0
            select new DailyObserved
            {
                ClinicId = key.ClinicId, PractitionerId = key.PractitionerId, Date = key.Date, Measure = measure.Code,
                Observed = recorded, FoundByAsking = found,
            };

        int Count(Measure measure, bool asked) => observed.TryGetValue((measure.Code, asked), out var counts) ? measure.CountsEvents ? counts.Events : counts.Sessions.Count : 0;

        public DailyAdherence Adherence() => new()
        {
            ClinicId = key.ClinicId, PractitionerId = key.PractitionerId, Date = key.Date, Sessions = sessions, RulesVersion = Rules.Version, Outcomes = DailyAdherence.Write(outcomes),
        };
    }
}
