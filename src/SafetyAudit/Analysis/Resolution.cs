using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>How long events of one category last, in hours from their onset (<see cref="KaplanMeier"/>).</summary>
/// <param name="Measure">The category, with the hours within which such events usually resolve.</param>
/// <param name="Curve">Of those that say when they resolved or that they had not.</param>
/// <param name="Resolved">Events that say when they resolved.</param>
/// <param name="Ongoing">Events that had not when last heard of: watched until then.</param>
/// <param name="NotSaid">Events that say neither, or not when: not in the curve.</param>
public sealed record Resolution(Measure Measure, KaplanMeier Curve, int Resolved, int Ongoing, int NotSaid)
{
    static readonly double[] Usual = [1, 6, 12, 24, 48, 72, 168, 336, 720, 2160];

    /// <summary>The hours at which the curve is read: round ones and those of the category, as far as any event was watched.</summary>
    public IReadOnlyList<double> Readings => Curve.Last is not { } last ? [] :
        [.. Usual.Append(Measure.ExpectedResolutionHours ?? 0).Append(Measure.ProlongedAfterHours ?? 0).Where(h => h > 0 && h <= last).Distinct().Order()];

    /// <summary>Events whose onset lies in the period (both days included, in UTC).</summary>
    /// <param name="db">Within the scope of whoever asks.</param>
    /// <param name="measure">A category of events.</param>
    /// <param name="from">First day.</param>
    /// <param name="to">Last day.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<Resolution> ReadAsync(SafetyAuditDb db, Measure measure, DateOnly from, DateOnly to, CancellationToken ct)
    {
        DateTime start = from.ToDateTime(default, DateTimeKind.Utc), end = to.AddDays(1).ToDateTime(default, DateTimeKind.Utc);
        string[] clinics = await db.ClinicsReachedAsync(null, ct);
        return Of(measure, await db.Current<AdverseEvent>().Where(e => clinics.Contains(e.LinkedClinicId) && e.OnsetAtUtc >= start && e.OnsetAtUtc < end && e.Category == measure.Code)
            .Select(e => new AdverseEvent { OnsetAtUtc = e.OnsetAtUtc, ResolvedAtUtc = e.ResolvedAtUtc, Outcome = e.Outcome, RecordedAtUtc = e.RecordedAtUtc, ReceivedAtUtc = e.ReceivedAtUtc }).ToListAsync(ct));
    }

    /// <param name="measure">A category of events.</param>
    /// <param name="events">Its events.</param>
    public static Resolution Of(Measure measure, IReadOnlyCollection<AdverseEvent> events)
    {
        var watched = new List<(double, bool)>();
        int resolved = 0, notSaid = 0;
        foreach (var e in events)
        {
            // Nobody can say of a silent record whether it is over: it is neither, and counted apart.
            DateTime? until = e.ResolvedAtUtc ?? (e.Outcome is "ongoing" or "recovering" ? e.RecordedAtUtc ?? e.ReceivedAtUtc : null);
            if (until is null) notSaid++;
            else
            {
                if (e.ResolvedAtUtc is not null) resolved++;
                watched.Add((Math.Max(0, (until.Value - e.OnsetAtUtc).TotalHours), e.ResolvedAtUtc is not null));
            }
        }
        return new(measure, KaplanMeier.Fit([.. watched]), resolved, watched.Count - resolved, notSaid);
    }
}
