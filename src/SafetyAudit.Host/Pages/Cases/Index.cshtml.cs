using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Reviews: what is open, who leads it, what is due.</summary>
[Needs(Permission.ReadFigures)]
public sealed class CasesModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    /// <summary>Closed cases listed; older ones are reached from their alerts.</summary>
    public const int MostClosed = 200;

    [BindProperty(SupportsGet = true)] public string? Status { get; set; }

    public bool Closed => Status == "closed";
    public List<Case> Cases { get; private set; } = [];
    public DateTime NowUtc { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        NowUtc = time.UtcNow();
        Cases = Closed ? await Db.Cases.AsNoTracking().Where(c => c.Stage == CaseStage.Closed).OrderByDescending(c => c.DecidedAtUtc).ThenByDescending(c => c.Id).Take(MostClosed).ToListAsync(ct)
            : [.. (await Db.Cases.AsNoTracking().Where(c => c.Stage != CaseStage.Closed).ToListAsync(ct)).OrderBy(c => c.DueAtUtc ?? DateTime.MaxValue).ThenBy(c => c.Level).ThenBy(c => c.Id)];
    }
}
