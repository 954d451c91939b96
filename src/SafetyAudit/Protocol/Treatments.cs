using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Protocol;

/// <summary>Reads sessions with everything that the rules ask about them, in a fixed number of queries however many there are.</summary>
public static class Treatments
{
    // Few enough that a list of them, as text, is no large object: our own numbers, and ids as clinics give them.
    const int NumbersAtOnce = 2_000, IdsAtOnce = 1_000;

    /// <param name="db">What is stored. What rules look up beside a session is looked up whoever asks, so that everybody is given the same answer.</param>
    /// <param name="sessions">Which sessions, within the scope of whoever asks; they are held in memory together.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<Treatment>> ReadAsync(SafetyAuditDb db, IQueryable<Session> sessions, CancellationToken ct)
    {
        var read = await db.BulkReadAsync(sessions, ct);
        if (read.Count == 0) return [];

        // In a query of its own: leaving a filter out would leave it out of the sessions asked for too. By the index on clinic, patient and start, from the session backwards.
        // The few uploads that don't count are left out by their numbers: asked for those that do, PostgreSQL may go through all the sessions of one for each session here.
        var before = new Dictionary<long, Session>();
        var uncounted = await db.Uploads.IgnoreQueryFilters([SafetyAuditDb.UploadScope]).Where(u => u.Status != UploadStatus.Completed || u.Purpose == UploadPurpose.Withdrawal).Select(u => u.Id).ToListAsync(ct);
        var everybody = db.Sessions.IgnoreQueryFilters([SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope]).AsNoTracking();
        // What it is asked for is read while it is at hand: its page is another one for every session here.
        foreach (long[] ids in read.Select(s => s.Id).Chunk(NumbersAtOnce))
        {
            var pairs = from s in everybody.Where(s => ids.Contains(s.Id))
                        join b in everybody on everybody.Where(b => b.SupersededAtUtc == null && !uncounted.Contains(b.UploadId) && b.PatientId == s.PatientId && b.StartedAtUtc < s.StartedAtUtc && b.ClinicId == s.ClinicId
                                && (b.Status == SessionStatus.Completed || b.Status == SessionStatus.Aborted && (b.FirstNeedleAtUtc != null || b.NeedlesInserted > 0)))
                            .OrderByDescending(b => b.StartedAtUtc).ThenByDescending(b => b.SessionId).Select(b => (long?)b.Id).FirstOrDefault() equals (long?)b.Id
                        // By the number of the session that was asked about.
                        select new Session { Id = s.Id, Regions = b.Regions, Technique = b.Technique };
            foreach (var one in await db.BulkReadAsync(pairs, ct)) (before[one.Id], one.Id) = (one, 0);
        }

        var followUps = new Dictionary<(string, string), List<FollowUp>>();
        bool areAsked = await db.FollowUps.IgnoreQueryFilters([SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope]).AnyAsync(ct);
        foreach (string[] ids in areAsked ? read.Select(s => s.SessionId).Distinct().Chunk(IdsAtOnce) : [])
            foreach (var one in await db.CurrentOfAll<FollowUp>().Where(FollowUp.IsAttempt).Where(f => ids.Contains(f.SessionId) && f.LinkedClinicId != null)
                .Select(f => new FollowUp { SessionId = f.SessionId, LinkedClinicId = f.LinkedClinicId, AttemptedAtUtc = f.AttemptedAtUtc, Outcome = f.Outcome }).ToListAsync(ct))
                if (followUps.TryGetValue((one.LinkedClinicId!, one.SessionId), out var list)) list.Add(one);
                else followUps[(one.LinkedClinicId!, one.SessionId)] = [one];

        var risks = new List<PatientRisk>();
        if (await db.PatientRisks.IgnoreQueryFilters([SafetyAuditDb.ClinicScope]).AnyAsync(ct))
            foreach (string[] ids in read.Select(s => s.PatientId).Distinct().Chunk(IdsAtOnce))
                risks.AddRange(await db.CurrentOfAll<PatientRisk>().Where(p => ids.Contains(p.PatientId)).ToListAsync(ct));
        var riskOf = risks.ToLookup(r => (r.ClinicId, r.PatientId));

        var people = read.Select(s => s.PractitionerId).Distinct().ToList();
        var records = (await db.BulkReadAsync(db.VersionsOfAll<Practitioner>().Where(p => people.Contains(p.PractitionerId)).OrderByDescending(p => p.Version), ct)).GroupBy(p => p.PractitionerId)
            // A licence before the newest counts on; of a record that was withdrawn none does.
            .Where(versions => versions.Any(p => p.SupersededAtUtc is null)).ToDictionary(g => g.Key, g => g.ToList());
        var clinics = read.Select(s => s.ClinicId).Distinct().ToList();
        var zones = (await db.Clinics.Where(c => clinics.Contains(c.Id)).Select(c => new { c.Id, c.TimeZone }).ToListAsync(ct)).ToDictionary(c => c.Id, c => ZoneOf(c.TimeZone));
        var laidDown = (await db.ClinicProtocols.AsNoTracking().Where(p => clinics.Contains(p.ClinicId)).ToListAsync(ct)).ToLookup(p => p.ClinicId);

        var days = new Dictionary<(string, DateOnly), (ClinicProtocol Clinic, DateTime Starts)>();
        return read.ConvertAll(s =>
        {
            if (!days.TryGetValue((s.ClinicId, s.Date), out var day))
                days[(s.ClinicId, s.Date)] = day = (ClinicProtocol.On(s.ClinicId, laidDown[s.ClinicId], s.Date), StartOf(s.Date, zones[s.ClinicId]));
            return new Treatment
            {
                Session = s, Clinic = day.Clinic, DayStartsUtc = day.Starts,
                Practitioner = records.TryGetValue(s.PractitionerId, out var versions) ? Rules.RecordFor(versions, s.Date) : null,
                PractitionerThen = versions is null ? null : Rules.RecordHeldOn(versions, s.Date),
                Risk = riskOf[(s.ClinicId, s.PatientId)].Where(p => p.ValidFrom <= s.Date).MaxBy(p => p.ValidFrom),
                Before = before.GetValueOrDefault(s.Id),
                FollowUps = followUps.TryGetValue((s.ClinicId, s.SessionId), out var asked) ? asked : [],
            };
        });
    }

    static TimeZoneInfo ZoneOf(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : throw new InvalidDataException($"The database holds '{id}', which is no time zone.");

    // Midnight at the clinic; where the clocks skip it, the instant at which they do.
    static DateTime StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(midnight)) midnight = midnight.AddMinutes(15);
        return TimeZoneInfo.ConvertTimeToUtc(midnight, zone);
    }
}
