using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class PractitionersModel(SafetyAuditDb db) : PeriodPage(db)
{
    /// <summary>Lines on one page.</summary>
    public const int PageRows = 50;

    public List<RateRow> Rows { get; private set; } = [];

    /// <summary>Those of them that stand on this page.</summary>
    public (List<RateRow> Lines, Paging Paging) Listed => PageOf(Rows, PageRows);

    /// <summary>The last twelve months of each, wherever they worked.</summary>
    public ILookup<string, PractitionerCounts> Months { get; private set; } = Array.Empty<PractitionerCounts>().ToLookup(c => c.PractitionerId);

    /// <summary>A line's months.</summary>
    public IReadOnlyList<double?> MonthsOf(RateRow row) => MonthlyRates.Of(Months[row.PractitionerId!], Counted, To);

    public Measure Counted { get; private set; } = Catalogue.Measures.First(m => m.Code == Measure.AnyMinor);
    public ILookup<string, Alert> OpenAlerts { get; private set; } = Array.Empty<Alert>().ToLookup(_ => "");

    DateOnly MonthsFrom => new DateOnly(To.Year, To.Month, 1).AddMonths(-11);

    public override bool LooksBack => true;

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var state = await BeginAsync(() => (MonthsFrom < From ? MonthsFrom : From, To), ct);
        var all = await Db.Measures.AsNoTracking().Where(m => m.Code == Measure.AnyMinor).ToListAsync(ct);
        Rows = await Rates.ReadAsync(Db, new(From, To, Grouping.Practitioner, Against.Peers), all, await Rates.BaselinesAsync(Db, null, ct, AsKnownUtc), ct);
        Months = (await Counts.ReadMonthlyAsync(Db, MonthsFrom, To, Measure.AnyMinor, ct)).Where(c => !c.ForComparisonOnly).ToLookup(c => c.PractitionerId);
        // Alerts are today's.
        if (AsKnownUtc is not null) return;
        // Wherever: a guest's credential is told of at home.
        string[] listed = [.. Rows.Select(r => r.PractitionerId!).Distinct()];
        await WithAllReachedAsync(async () => OpenAlerts = (await Db.Alerts.AsNoTracking().Where(a => a.Status == AlertStatus.Open && listed.Contains(a.PractitionerId)).OrderBy(a => a.Rule).ToListAsync(ct)).ToLookup(a => a.PractitionerId!));
    }
}
