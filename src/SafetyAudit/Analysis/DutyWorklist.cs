using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Analysis;

/// <summary>An event that a reporting duty may ask to be reported, and what became of it.</summary>
/// <param name="Event">The event.</param>
/// <param name="ClinicId">The clinic that has the duty.</param>
/// <param name="PractitionerId">Of its session, or as the report names them.</param>
/// <param name="Measure">Its category.</param>
/// <param name="Duty">The duty.</param>
/// <param name="DeadlineUtc">From its finding on, or from its record where nobody said when it was found; empty where no deadline is known.</param>
/// <param name="Done">Reported, or found not to be reportable; empty while it is open.</param>
public sealed record DutyCase(AdverseEvent Event, string ClinicId, string? PractitionerId, Measure Measure, ReportingDuty Duty, DateTime? DeadlineUtc, EventStep? Done)
{
    /// <summary>Years back to which duties are listed.</summary>
    public const int Years = 2;

    /// <summary>The duties of clinics within reach that nobody has met or turned down, up to today.</summary>
    /// <returns>They, and of how many clinics duties are known today: of the others nothing is asked, which is not to say that they have none.</returns>
    public static async Task<(List<DutyCase> Open, int Clinics)> OpenAsync(SafetyAuditDb db, DateTime nowUtc, CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(nowUtc);
        var laidDown = await db.ClinicProtocols.AsNoTracking().ToListAsync(ct);
        if (!laidDown.Exists(p => ReportingDuties.Of(p).Any())) return ([], 0);
        int known = laidDown.GroupBy(p => p.ClinicId).Count(g => ReportingDuties.Of(ClinicProtocol.On(g.Key, g, today)).Any());
        var since = today.AddYears(-Years);
        return (Of(await EventsAsync(db, ReportingDuties.MayApply, since, DateOnly.MaxValue, nowUtc, ct)).FindAll(c => c.Done is null), known);
    }

    /// <summary>Events of a period that something may be due about: a report, a review, or care where they lasted too long.</summary>
    public static Task<List<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)>> EventsAsync(SafetyAuditDb db, DateOnly from, DateOnly to, DateTime nowUtc, CancellationToken ct) =>
        EventsAsync(db, MayBeDue, from, to, nowUtc, ct);

    // The few events first, by their index, and then what belongs to them: there are dozens of sessions to an event. An event comes after its session began; a session that was corrected since may lie after it, by less than a year, it is taken.
    static async Task<List<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)>> EventsAsync(
        SafetyAuditDb db, Expression<Func<AdverseEvent, bool>> which, DateOnly from, DateOnly to, DateTime nowUtc, CancellationToken ct)
    {
        string?[] clinics = await db.ClinicsReachedAsync(null, ct);
        var earliest = from.Year > 1 ? from.AddYears(-1).ToDateTime(default, DateTimeKind.Utc) : default;
        var events = db.Current<AdverseEvent>().Where(which).Where(e => e.OnsetAtUtc >= earliest);
        string[] ids = [.. await events.Where(e => clinics.Contains(e.LinkedClinicId)).Select(e => e.EventId).ToListAsync(ct), .. await events.Where(e => e.LinkedClinicId == null).Select(e => e.EventId).ToListAsync(ct)];
        return (await ReportedEvents.ReadAsync(db, ids, nowUtc, ct)).FindAll(e => e.Date >= from && e.Date <= to);
    }

    // For the database: never false where the rules and duties, which are asked of those that are left, say otherwise.
    static readonly Expression<Func<AdverseEvent, bool>> MayBeDue = Catalogue.Categories.Values.Where(m => m.ProlongedAfterHours is not null).GroupBy(m => m.ProlongedAfterHours!.Value, m => m.Code)
        .Select(g => Outlasts([.. g], TimeSpan.FromHours(g.Key).TotalSeconds)).Aggregate(ReportingDuties.MayApply, (either, or) => Expression.Lambda<Func<AdverseEvent, bool>>(Expression.OrElse(either.Body, Expression.Invoke(or, either.Parameters)), either.Parameters));

    // The database may cut fractions of a second off.
    static Expression<Func<AdverseEvent, bool>> Outlasts(string[] categories, double seconds) => e => categories.Contains(e.Category) && (e.ResolvedAtUtc == null || SafetyAuditDb.SecondsBetween(e.OnsetAtUtc, e.ResolvedAtUtc) > seconds - 1);

    public bool IsOverdue(DateTime nowUtc) => Done is null && DeadlineUtc < nowUtc;

    /// <summary>The worklist of events, open cases first, those due soonest before others.</summary>
    public static List<DutyCase> Of(IEnumerable<(ReportedEvent Reported, string? PractitionerId, DateOnly Date)> events)
    {
        var cases = new List<DutyCase>();
        foreach (var (reported, practitioner, _) in events)
        {
            var e = reported.Event;
            var measure = Catalogue.Categories[e.Category];
            foreach (var (duty, hours) in ReportingDuties.Of(reported.Clinic))
            {
                if (!duty.Applies(e, measure)) continue;
                var found = e.DetectedAtUtc ?? reported.WrittenAtUtc;
                cases.Add(new(e, reported.Clinic.ClinicId, practitioner, measure, duty, hours is { } h ? found.AddHours(h) : null, reported.Steps.Where(s => s.Duty == duty.Id).MaxBy(s => s.Id)));
            }
        }
        return [.. cases.OrderBy(c => c.Done is not null).ThenBy(c => c.DeadlineUtc ?? DateTime.MaxValue).ThenByDescending(c => c.Event.OnsetAtUtc).ThenBy(c => c.Event.EventId, StringComparer.Ordinal)];
    }
}
