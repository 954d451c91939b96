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

    /// <summary>Counts the completed sessions of a clinic in a period, and those with an event of the measure that was recorded unasked: for one practitioner.</summary>
    public static async Task<CaseMixAdjustment> ReadAsync(SafetyAuditDb db, string clinicId, string practitionerId, Measure measure, DateOnly from, DateOnly to, CancellationToken ct) =>
        (await ReadAsync(db, clinicId, measure, from, to, ct))(practitionerId);

    /// <summary>The same for each practitioner of the clinic, counted once for all.</summary>
    public static async Task<Func<string, CaseMixAdjustment>> ReadAsync(SafetyAuditDb db, string clinicId, Measure measure, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var sessions = db.CurrentOfAll<Session>().Where(s => s.ClinicId == clinicId && s.Date >= from && s.Date <= to && s.Status == SessionStatus.Completed);
        // Only sessions that can have the event.
        if (measure.Unit == ExposureUnit.AtRiskSession) sessions = sessions.Where(s => s.IsAtRiskThorax);
        var given = (await sessions.GroupBy(s => new { s.PractitionerId, s.IsFirstSession, s.IsAtRiskThorax, s.AnticoagulantClass }).Select(g => new { g.Key, Sessions = g.Count() }).ToListAsync(ct))
            .ConvertAll(g => (g.Key.PractitionerId, Kind: new Kind(g.Key.IsFirstSession, g.Key.IsAtRiskThorax, Taking(g.Key.AnticoagulantClass)), g.Sessions));
        var seen = (await (from s in sessions
                           join e in db.CurrentOfAll<AdverseEvent>() on new { Id = (string?)s.SessionId, Clinic = (string?)s.ClinicId } equals new { Id = e.LinkedSessionId, Clinic = e.LinkedClinicId }
                           where e.Category == measure.Code && e.ReportChannel != ReportChannel.PatientFollowUp
                           select new { s.Id, s.PractitionerId, s.IsFirstSession, s.IsAtRiskThorax, s.AnticoagulantClass }).Distinct().ToListAsync(ct))
            .ConvertAll(s => (s.PractitionerId, Kind: new Kind(s.IsFirstSession, s.IsAtRiskThorax, Taking(s.AnticoagulantClass))));
        return practitionerId => Of(practitionerId, given, seen);
    }

    static CaseMixAdjustment Of(string practitionerId, List<(string PractitionerId, Kind Kind, int Sessions)> given, List<(string PractitionerId, Kind Kind)> seen)
    {
        var strata = given.Where(g => g.PractitionerId == practitionerId).Select(g => g.Kind).Distinct().Select(kind =>
        {
            var (own, others) = (given.FindAll(g => g.Kind == kind && g.PractitionerId == practitionerId), given.FindAll(g => g.Kind == kind && g.PractitionerId != practitionerId));
            var events = seen.FindAll(s => s.Kind == kind).ToLookup(s => s.PractitionerId == practitionerId);
            return new CaseMixStratum(kind.FirstSession, kind.OverLungs, kind.Anticoagulated, new(events[true].Count(), own.Sum(g => g.Sessions), events[false].Count(), others.Sum(g => g.Sessions)), others.Select(g => g.PractitionerId).Distinct().Count());
        }).OrderByDescending(s => s.Counts.Sessions).ToList();
        var all = new Stratum(strata.Sum(s => s.Counts.Observed), strata.Sum(s => s.Counts.Sessions), seen.Count(s => s.PractitionerId != practitionerId), given.Where(g => g.PractitionerId != practitionerId).Sum(g => g.Sessions));
        return new(strata, IndirectStandardisation.Of([all]), IndirectStandardisation.Of([.. strata.Select(s => s.Counts)]));
    }

    readonly record struct Kind(bool? FirstSession, bool OverLungs, bool? Anticoagulated);

    // "none" is an answer; anything else recorded is something taken.
    static bool? Taking(string? anticoagulantClass) => anticoagulantClass is null ? null : anticoagulantClass != "none";
}
