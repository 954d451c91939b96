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
    /// <param name="Observed">Events, or sessions with one.</param>
    /// <param name="Exposure">Sessions at risk of it; empty for a unit that sessions don't carry.</param>
    public sealed record Seen(long Observed, double? Exposure)
    {
        public double? RatePer1000 => Exposure is > 0 and var n ? 1000 * Observed / n : null;

        /// <summary>95 % interval of the rate, by the measures' own rule (<see cref="PoissonInterval.MidP"/>).</summary>
        public Interval? RateInterval => Exposure is > 0 and var n ? PoissonInterval.MidP(Observed) / n * 1000 : null;
    }

    public List<Measure> Measures { get; private set; } = [];
    public Dictionary<string, Baseline> Baselines { get; private set; } = [];

    /// <summary>What practitioners recorded at the clinics that are shown, together.</summary>
    public Dictionary<string, Seen> Here { get; private set; } = [];

    /// <summary>Open alerts about each measure.</summary>
    public Dictionary<string, int> OpenAlerts { get; private set; } = [];

    public bool SeesOwnOnly => Db.Actor.Scope.PractitionerId is not null;

    public override bool LooksBack => true;

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var state = await BeginAsync(() => From, ct);
        Measures = await Db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct);
        Baselines = await Rates.BaselinesAsync(Db, null, ct, AsKnownUtc);
        var counts = (await Counts.ReadAsync(Db, From, To, ct)).FindAll(c => !c.ForComparisonOnly);
        foreach (var measure in Measures)
        {
            // As practitioners recorded them, in all sessions, whatever the published rate counts: clinics that ask their patients and clinics that don't are added up alike.
            var rows = Rates.Compute(counts, new(From, To, Grouping.Clinic), measure, null);
            Here[measure.Code] = new(rows.Sum(r => r.Observed), rows.Exists(r => r.Exposure is null) ? null : rows.Sum(r => r.Exposure));
        }
        // Alerts are today's.
        if (AsKnownUtc is null) OpenAlerts = await Db.Alerts.Where(a => a.Status == AlertStatus.Open && a.Measure != null).GroupBy(a => a.Measure!).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
    }
}
