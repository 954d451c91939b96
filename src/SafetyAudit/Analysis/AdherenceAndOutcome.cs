using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>Whether sessions in which a rule was not kept have more events than those in which it was: an association, not a cause.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Measure">Whose events, as practitioners record them.</param>
/// <param name="Strata">By practitioner: whoever fails often and records much would else stand for the rule. Not kept first.</param>
/// <param name="Ratio">Odds of an event where the rule was not kept, over those where it was.</param>
public sealed record AdherenceAndOutcome(SessionRule Rule, Measure Measure, IReadOnlyList<(string PractitionerId, TwoGroups Groups)> Strata, MantelHaenszel Ratio)
{
    /// <summary>Sessions beyond which a shorter period has to be chosen.</summary>
    public const int MostSessions = 100_000;

    /// <returns>Nothing where the period holds too many sessions.</returns>
    public static async Task<AdherenceAndOutcome?> ReadAsync(SafetyAuditDb db, SessionRule rule, Measure measure, DateOnly from, DateOnly to, string? clinicId, CancellationToken ct)
    {
        if (await db.DailyExposures.Where(d => d.Date >= from && d.Date <= to && (clinicId == null || d.ClinicId == clinicId)).SumAsync(d => d.Sessions, ct) > MostSessions) return null;
        string[] clinics = await db.ClinicsReachedAsync(clinicId, ct);
        var counts = new Dictionary<string, long[]>();
        // A month at a time, so that memory doesn't grow with the period.
        for (var first = from; first <= to; first = first.AddMonths(1))
        {
            var last = first.AddMonths(1).AddDays(-1) is var end && end < to ? end : to;
            var sessions = db.Current<Session>().Where(s => clinics.Contains(s.ClinicId) && s.Date >= first && s.Date <= last);
            var events = (await (from s in sessions
                                 join e in db.Current<AdverseEvent>() on new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId } equals new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId }
                                 where e.ReportChannel != ReportChannel.PatientFollowUp || e.ReportChannel == null
                                 select new { Session = s.Id, Event = e }).ToListAsync(ct))
                .Where(x => measure.Counts(x.Event, x.Event.Severity ?? Catalogue.Categories[x.Event.Category].DefaultSeverity)).Select(x => x.Session).ToHashSet();
            foreach (var treatment in await Treatments.ReadAsync(db, sessions, ct))
            {
                var outcome = rule.For(treatment);
                if (outcome is not (Outcome.Pass or Outcome.Fail)) continue;
                if (!counts.TryGetValue(treatment.Session.PractitionerId, out long[]? c)) counts[treatment.Session.PractitionerId] = c = new long[4];
                int group = outcome == Outcome.Fail ? 0 : 2;
                c[group + 1]++;
                if (events.Contains(treatment.Session.Id)) c[group]++;
            }
        }
        List<(string, TwoGroups Groups)> strata = [.. counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => (c.Key, new TwoGroups(c.Value[0], c.Value[1], c.Value[2], c.Value[3])))];
        return new(rule, measure, strata, MantelHaenszel.Of([.. strata.Select(s => s.Groups)]));
    }
}
