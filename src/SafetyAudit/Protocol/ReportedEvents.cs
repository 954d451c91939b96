using System.Linq.Expressions;
using System.Runtime.InteropServices;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>Reads events with everything that the rules ask about them.</summary>
public static class ReportedEvents
{
    const int IdsAtOnce = 5_000;

    // What rules, duties and lists ask of an event; what was written in free text is not among it.
    static readonly Expression<Func<AdverseEvent, AdverseEvent>> Asked = e => new AdverseEvent
    {
        EventId = e.EventId, ClinicId = e.ClinicId, PatientId = e.PatientId, PractitionerId = e.PractitionerId, Category = e.Category, OnsetAtUtc = e.OnsetAtUtc, DetectedAtUtc = e.DetectedAtUtc, RecordedAtUtc = e.RecordedAtUtc,
        ReceivedAtUtc = e.ReceivedAtUtc, Version = e.Version, ResolvedAtUtc = e.ResolvedAtUtc, Outcome = e.Outcome, Severity = e.Severity, CtcaeGrade = e.CtcaeGrade, Seriousness = e.Seriousness,
        MedicalAttention = e.MedicalAttention, LinkedClinicId = e.LinkedClinicId, LinkedSessionId = e.LinkedSessionId,
    };

    /// <summary>Events of a period, each with its practitioner, where one is known, and the date on which it counts: its session's, else that of its onset.</summary>
    public static async Task<List<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)>> ReadAsync(
        SafetyAuditDb db, DateOnly from, DateOnly to, string? clinicId, string? practitionerId, DateTime nowUtc, CancellationToken ct)
    {
        // From the events of the clinics to their sessions: of those there are a dozen for each event, and a session that was corrected may lie after its event.
        string[] clinics = await db.ClinicsReachedAsync(clinicId, ct);
        var sessions = db.Current<Session>().Where(s => s.Date >= from && s.Date <= to && (practitionerId == null || s.PractitionerId == practitionerId));
        var linked = await (from e in db.Current<AdverseEvent>().Where(e => clinics.Contains(e.LinkedClinicId)).Select(Asked)
                            join s in sessions on new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId } equals new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId }
                            select new { Event = e, PractitionerId = (string?)s.PractitionerId, s.Date }).ToListAsync(ct);
        var (start, end) = (from.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc), to.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc));
        var waiting = await db.Current<AdverseEvent>().Where(e => e.LinkedClinicId == null && e.LinkedSessionId == null && e.OnsetAtUtc >= start && e.OnsetAtUtc < end && (clinicId == null || e.ClinicId == clinicId)
            && (practitionerId == null || e.PractitionerId == practitionerId)).Select(Asked).ToListAsync(ct);
        List<(AdverseEvent Event, string? PractitionerId, DateOnly Date)> all =
            [.. linked.Select(l => (l.Event, l.PractitionerId, l.Date)), .. waiting.Select(e => (e, e.PractitionerId, DateOnly.FromDateTime(e.OnsetAtUtc)))];
        return await WithAllAsync(db, all, nowUtc, ct);
    }

    /// <summary>The same of the events with these ids.</summary>
    public static async Task<List<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)>> ReadAsync(SafetyAuditDb db, IEnumerable<string> eventIds, DateTime nowUtc, CancellationToken ct)
    {
        var all = new List<(AdverseEvent Event, string? PractitionerId, DateOnly Date)>();
        foreach (string[] ids in eventIds.Distinct().Chunk(IdsAtOnce))
        {
            var found = await (from e in db.Current<AdverseEvent>().Where(e => ids.Contains(e.EventId)).Select(Asked)
                               join s in db.Current<Session>() on new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId } equals new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId } into sessions
                               from s in sessions.DefaultIfEmpty()
                               select new { Event = e, PractitionerId = (string?)s.PractitionerId, Date = (DateOnly?)s.Date }).ToListAsync(ct);
            all.AddRange(found.Select(f => (f.Event, f.PractitionerId ?? f.Event.PractitionerId, f.Date ?? DateOnly.FromDateTime(f.Event.OnsetAtUtc))));
        }
        return await WithAllAsync(db, all, nowUtc, ct);
    }

    static async Task<List<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)>> WithAllAsync(SafetyAuditDb db, List<(AdverseEvent Event, string? PractitionerId, DateOnly Date)> all, DateTime nowUtc, CancellationToken ct)
    {
        // A correction moves no deadline: an event came when its first version did, also where that counted elsewhere, or named no clinic yet.
        var cameAt = new Dictionary<(string Id, string Clinic), List<(string Patient, DateTime At)>>();
        foreach (string[] ids in all.Where(one => one.Event.Version > 1).Select(one => one.Event.EventId).Distinct().Chunk(IdsAtOnce))
            foreach (var first in await db.EverCounted<AdverseEvent>().IgnoreQueryFilters([SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope]).Where(e => ids.Contains(e.EventId)).GroupBy(e => new { e.EventId, Clinic = e.ClinicId ?? "", e.PatientId }).Select(g => new { g.Key, At = g.Min(e => e.ReceivedAtUtc) }).ToListAsync(ct))
                (CollectionsMarshal.GetValueRefOrAddDefault(cameAt, (first.Key.EventId, first.Key.Clinic), out _) ??= []).Add((first.Key.PatientId, first.At));

        var laidDown = (await db.ClinicProtocols.AsNoTracking().ToListAsync(ct)).ToLookup(p => p.ClinicId);
        // Whoever sees the event sees what was done about it, wherever the event was kept then.
        var taken = new List<EventStep>();
        foreach (string[] ids in all.Select(one => one.Event.EventId).Distinct().Chunk(IdsAtOnce))
            taken.AddRange(await db.EventSteps.IgnoreQueryFilters([SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope]).AsNoTracking().Where(s => s.TakenBackAtUtc == null && ids.Contains(s.EventId)).ToListAsync(ct));
        var steps = taken.ToLookup(s => s.EventId);
        return all.ConvertAll<(ReportedEvent, string?, DateOnly)>(one =>
        {
            var e = one.Event;
            string own = e.ClinicId ?? "", clinic = e.LinkedClinicId ?? own;
            var measure = Catalogue.Categories[e.Category];
            // A clinic that the event names only since does not undo what was done.
            EventStep[] done = [.. steps[e.EventId].Where(s => s.EventClinicId == own || s.EventClinicId.Length == 0)];
            return (new ReportedEvent
            {
                Event = e, ProlongedAfterHours = measure.ProlongedAfterHours, IsSentinel = measure.IsSentinel || Measure.IsSerious(e, e.Severity ?? measure.DefaultSeverity),
                Clinic = ClinicProtocol.On(clinic, laidDown[clinic], one.Date), NowUtc = nowUtc, CameAtUtc = CameAt(e, own), Steps = done,
            }, one.PractitionerId, one.Date);
        });

        // Its own versions, and those that named no clinic yet and the same patient (EventIntake.SameRecord).
        DateTime CameAt(AdverseEvent e, string own) =>
            cameAt.GetValueOrDefault((e.EventId, own), []).Concat(own.Length == 0 ? [] : cameAt.GetValueOrDefault((e.EventId, ""), []).Where(f => f.Patient == e.PatientId)).Select(f => f.At).Append(e.ReceivedAtUtc).Min();
    }
}
