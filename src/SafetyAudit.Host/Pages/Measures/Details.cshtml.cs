using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class MeasureModel(SafetyAuditDb db) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public string Code { get; set; } = "";
    [BindProperty(Name = "against", SupportsGet = true)] public string? AskedAgainst { get; set; }

    public Measure Measure { get; private set; } = Catalogue.Measures[0];
    public Baseline? Baseline { get; private set; }
    public Against Against { get; private set; }

    /// <summary>One funnel per clinic beside colleagues, since the comparison is within the clinic; one for all beside the literature.</summary>
    public List<(string? Name, Funnel Funnel)> Funnels { get; private set; } = [];
    public List<(Baseline Baseline, List<RateRow> Rows)> Clinics { get; private set; } = [];

    /// <summary>Clinics first, then practitioners.</summary>
    public IReadOnlyList<PeriodChange> Changes { get; private set; } = [];

    public override IEnumerable<(string Name, string Value)> Kept => AskedAgainst is null ? [] : [("against", AskedAgainst)];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        if (await Db.Measures.AsNoTracking().SingleOrDefaultAsync(m => m.Code == Code, ct) is not { } measure) return NotFound();
        Measure = measure;
        Against = AskedAgainst == "literature" ? Against.Literature : Against.Peers;
        await ReadPeriodAsync(ct);
        var counts = await Counts.ReadAsync(Db, From, To, ct);
        string? inForce = (await ChooseBaseline.InForceAsync(Db, null, ct)).GetValueOrDefault(Code);
        var baselines = await Db.Baselines.AsNoTracking().Where(b => b.MeasureCode == Code).OrderByDescending(b => b.Id == inForce).ThenBy(b => b.Id).ToListAsync(ct);
        Baseline = baselines.Find(b => b.Id == inForce);
        var rows = Rates.Compute(counts, new(From, To, Grouping.Practitioner, Against), measure, Baseline);
        var clinics = await Db.Clinics.AsNoTracking().ToDictionaryAsync(c => c.Id, c => c.Name, ct);
        Funnels = Against == Against.Literature ? [(null, Funnel.Of(rows))]
            : [.. rows.GroupBy(r => r.ClinicId).OrderBy(g => clinics[g.Key], StringComparer.CurrentCulture).Select(g => (clinics.Count > 1 ? clinics[g.Key] : null, Funnel.Of([.. g])))];
        Clinics = baselines.ConvertAll(b => (b, Rates.Compute(counts, new(From, To, Grouping.Clinic), measure, b)));
        if (Other is var (earlier, until))
        {
            var before = await Counts.ReadAsync(Db, earlier, until, ct);
            Changes =
            [
                .. PeriodChange.Of(Rates.Compute(before, new(earlier, until, Grouping.Clinic), measure, Baseline), Rates.Compute(counts, new(From, To, Grouping.Clinic), measure, Baseline)),
                .. PeriodChange.Of(Rates.Compute(before, new(earlier, until, Grouping.Practitioner), measure, Baseline), Rates.Compute(counts, new(From, To, Grouping.Practitioner), measure, Baseline)),
            ];
        }
        return Page();
    }
}
