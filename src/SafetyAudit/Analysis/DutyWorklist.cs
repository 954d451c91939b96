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

    /// <summary>The duties of clinics within reach that nobody has met or turned down, up to today; null where no clinic has laid down a jurisdiction that has any.</summary>
    public static async Task<List<DutyCase>?> OpenAsync(SafetyAuditDb db, DateTime nowUtc, CancellationToken ct)
    {
        if (!(await db.ClinicProtocols.AsNoTracking().ToListAsync(ct)).Exists(p => ReportingDuties.Of(p).Any())) return null;
        var today = DateOnly.FromDateTime(nowUtc);
        return Of(await ReportedEvents.ReadAsync(db, today.AddYears(-Years), today, null, null, nowUtc, ct, ReportingDuties.MayApply)).FindAll(c => c.Done is null);
    }

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
