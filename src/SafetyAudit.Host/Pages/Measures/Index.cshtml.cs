using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class MeasuresModel(SafetyAuditDb db) : PageModel
{
    public List<Measure> Measures { get; private set; } = [];
    public Dictionary<string, Baseline> Baselines { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken ct)
    {
        Measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct);
        Baselines = await Rates.BaselinesAsync(db, null, ct);
    }
}
