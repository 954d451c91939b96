using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Host.Pages;

/// <summary>Every measure: what is counted, what was recorded here in the period, and what the literature leads to expect.</summary>
[Needs(Permission.ReadFigures)]
public sealed class MeasuresModel(SafetyAuditDb db) : PeriodPage(db)
{
    public List<Measure> Measures { get; private set; } = [];
    public Dictionary<string, Baseline> Baselines { get; private set; } = [];

    /// <summary>What practitioners recorded at the clinics that are shown, together; empty without sessions.</summary>
    public Dictionary<string, RateRow> Here { get; private set; } = [];

    /// <summary>Open alerts about each measure.</summary>
    public Dictionary<string, int> OpenAlerts { get; private set; } = [];

    public bool MayReadRecords => Db.Actor.May(Permission.ReadRecords);

    public bool SeesOwnOnly => Db.Actor.Scope.PractitionerId is not null;

    public override bool LooksBack => true;

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var state = await BeginAsync(() => (From, To), ct);
        Measures = await Db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct);
        Baselines = await Rates.BaselinesAsync(Db, null, ct, AsKnownUtc);
        var counts = (await Counts.ReadAsync(Db, From, To, ct)).FindAll(c => !c.ForComparisonOnly);
        foreach (var measure in Measures)
        {
            // As practitioners recorded them, in all sessions, whatever the published rate counts: clinics that ask their patients and clinics that don't are added up alike.
            var rows = Rates.Compute(counts, new(From, To, Grouping.Clinic), measure, null);
            if (rows.Count == 0) continue;
            long observed = rows.Sum(r => r.Observed);
            Here[measure.Code] = rows[0] with { Sessions = rows.Sum(r => r.Sessions), Exposure = rows.Exists(r => r.Exposure is null) ? null : rows.Sum(r => r.Exposure), Observed = observed, ObservedInterval = PoissonInterval.MidP(observed) };
        }
        // Alerts are today's.
        if (AsKnownUtc is null) OpenAlerts = await Db.Alerts.Where(a => a.Status == AlertStatus.Open && a.Measure != null).GroupBy(a => a.Measure!).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
    }
}
