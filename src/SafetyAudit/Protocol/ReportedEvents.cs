using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>Reads events with everything that the rules ask about them.</summary>
public static class ReportedEvents
{
    /// <summary>Events of a period, each with its practitioner, where one is known, and the date on which it counts: its session's, else that of its onset.</summary>
    public static async Task<List<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)>> ReadAsync(
        SafetyAuditDb db, DateOnly from, DateOnly to, string? clinicId, string? practitionerId, DateTime nowUtc, CancellationToken ct)
    {
        var linked = await (from s in db.Current<Session>()
                            where s.Date >= @from && s.Date <= to && (clinicId == null || s.ClinicId == clinicId) && (practitionerId == null || s.PractitionerId == practitionerId)
                            join e in db.Current<AdverseEvent>() on new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId } equals new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId }
                            select new { Event = e, PractitionerId = (string?)s.PractitionerId, s.Date }).ToListAsync(ct);
        var (start, end) = (from.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc), to.AddDays(1).ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc));
        var waiting = await db.Current<AdverseEvent>().Where(e => e.LinkedSessionId == null && e.OnsetAtUtc >= start && e.OnsetAtUtc < end && (clinicId == null || e.ClinicId == clinicId)
            && (practitionerId == null || e.PractitionerId == practitionerId)).ToListAsync(ct);
        List<(AdverseEvent Event, string? PractitionerId, DateOnly Date)> all =
            [.. linked.Select(l => (l.Event, l.PractitionerId, l.Date)), .. waiting.Select(e => (e, e.PractitionerId, DateOnly.FromDateTime(e.OnsetAtUtc)))];

        var laidDown = (await db.ClinicProtocols.AsNoTracking().ToListAsync(ct)).ToLookup(p => p.ClinicId);
        var steps = (await db.EventSteps.AsNoTracking().Where(s => s.TakenBackAtUtc == null).ToListAsync(ct)).ToLookup(s => (s.EventId, s.ClinicId));
        return all.ConvertAll<(ReportedEvent, string?, DateOnly)>(one =>
        {
            string clinic = one.Event.LinkedClinicId ?? one.Event.ClinicId ?? "";
            var measure = Catalogue.Categories[one.Event.Category];
            var done = steps[(one.Event.EventId, clinic)];
            return (new ReportedEvent
            {
                Event = one.Event, ProlongedAfterHours = measure.ProlongedAfterHours, IsSentinel = measure.IsSentinel, Clinic = ClinicProtocol.On(clinic, laidDown[clinic], one.Date), NowUtc = nowUtc,
                EscalatedAtUtc = done.Where(s => s.Kind == EventStepKind.Escalated).Min(s => (DateTime?)s.AtUtc),
                ReviewStartedAtUtc = done.Where(s => s.Kind == EventStepKind.ReviewStarted).Min(s => (DateTime?)s.AtUtc),
            }, one.PractitionerId, one.Date);
        });
    }
}
