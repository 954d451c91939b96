using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>Sessions alike in what makes events likelier: what the practitioner and the colleagues had of them.</summary>
/// <param name="FirstSession">Whether it was the patient's first; null where not recorded.</param>
/// <param name="OverLungs">Whether a region lies over the lungs.</param>
/// <param name="Anticoagulated">Whether the patient took anything against clotting; null where not recorded.</param>
/// <param name="Counts">Observed and sessions of the practitioner, then of the colleagues.</param>
/// <param name="Colleagues">How many colleagues gave such sessions. Of one alone the counts are that colleague's, and not for the practitioner to see.</param>
public sealed record CaseMixStratum(bool? FirstSession, bool OverLungs, bool? Anticoagulated, Stratum Counts, int Colleagues);

/// <summary>
/// One practitioner and measure beside colleagues, crude and adjusted for what kind of sessions they gave: indirect standardisation on the colleagues' rates,
/// stratum by stratum (<see cref="IndirectStandardisation"/>). Says nothing of what is not recorded.
/// </summary>
/// <param name="Strata">The strata, the largest first.</param>
/// <param name="Crude">Against the colleagues' rate as a whole.</param>
/// <param name="Adjusted">Against their rate in each stratum.</param>
public sealed record CaseMixAdjustment(IReadOnlyList<CaseMixStratum> Strata, IndirectStandardisation Crude, IndirectStandardisation Adjusted)
{
    /// <summary>95 % mid-P interval of the adjusted ratio; empty where nothing is expected.</summary>
    public Interval? AdjustedInterval => Adjusted.Expected > 0 ? PoissonInterval.MidP((long)Adjusted.Observed) / Adjusted.Expected : null;

    public Interval? CrudeInterval => Crude.Expected > 0 ? PoissonInterval.MidP((long)Crude.Observed) / Crude.Expected : null;

    /// <summary>Counts the completed sessions of a clinic in a period, and those with an event of the measure that was recorded unasked.</summary>
    public static async Task<CaseMixAdjustment> ReadAsync(SafetyAuditDb db, string clinicId, string practitionerId, Measure measure, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var sessions = db.CurrentOfAll<Session>().Where(s => s.ClinicId == clinicId && s.Date >= from && s.Date <= to && s.Status == SessionStatus.Completed);
        var given = await sessions.GroupBy(s => new { s.PractitionerId, s.IsFirstSession, s.IsAtRiskThorax, s.AnticoagulantClass }).Select(g => new { g.Key, Sessions = g.Count() }).ToListAsync(ct);
        var seen = await (from s in sessions
                          join e in db.CurrentOfAll<AdverseEvent>() on new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId } equals new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId }
                          where e.Category == measure.Code && e.ReportChannel != ReportChannel.PatientFollowUp
                          select new { s.Id, IsOwn = s.PractitionerId == practitionerId, s.IsFirstSession, s.IsAtRiskThorax, s.AnticoagulantClass }).Distinct().ToListAsync(ct);
        var events = seen.GroupBy(s => (s.IsOwn, s.IsFirstSession, s.IsAtRiskThorax, Taking(s.AnticoagulantClass))).ToDictionary(g => g.Key, g => (double)g.Count());
        var counts = given.GroupBy(g => (IsOwn: g.Key.PractitionerId == practitionerId, g.Key.IsFirstSession, g.Key.IsAtRiskThorax, Taking(g.Key.AnticoagulantClass))).ToDictionary(g => g.Key, g => (double)g.Sum(x => x.Sessions));
        var strata = counts.Keys.Select(k => (k.IsFirstSession, k.IsAtRiskThorax, k.Item4)).Distinct().Select(k =>
        {
            var (own, others) = ((true, k.IsFirstSession, k.IsAtRiskThorax, k.Item3), (false, k.IsFirstSession, k.IsAtRiskThorax, k.Item3));
            return new CaseMixStratum(k.IsFirstSession, k.IsAtRiskThorax, k.Item3, new(events.GetValueOrDefault(own), counts.GetValueOrDefault(own), events.GetValueOrDefault(others), counts.GetValueOrDefault(others)),
                given.Where(g => g.Key.PractitionerId != practitionerId && (g.Key.IsFirstSession, g.Key.IsAtRiskThorax, Taking(g.Key.AnticoagulantClass)) == k).Select(g => g.Key.PractitionerId).Distinct().Count());
        }).Where(s => s.Counts.Sessions > 0).OrderByDescending(s => s.Counts.Sessions).ToList();
        var all = new Stratum(strata.Sum(s => s.Counts.Observed), strata.Sum(s => s.Counts.Sessions), events.Where(e => !e.Key.IsOwn).Sum(e => e.Value), counts.Where(c => !c.Key.IsOwn).Sum(c => c.Value));
        return new(strata, IndirectStandardisation.Of([all]), IndirectStandardisation.Of([.. strata.Select(s => s.Counts)]));
    }

    // "none" is an answer; anything else recorded is something taken.
    static bool? Taking(string? anticoagulantClass) => anticoagulantClass is null ? null : anticoagulantClass != "none";
}
