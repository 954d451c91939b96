using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Reviews: what is open, who leads it, what is due.</summary>
[Needs(Permission.ReadFigures)]
public sealed class CasesModel(SafetyAuditDb db, TimeProvider time) : FilteredPage(db)
{
    /// <summary>Cases on one page.</summary>
    public const int PageRows = 25;

    /// <summary>How many there are on all pages.</summary>
    public int Count { get; private set; }

    /// <summary>Which practitioner the reader is, if any: what is about them somebody else reviews.</summary>
    public string? Self { get; private set; }

    public Paging Paging => new(After, Cases.Count, Count, PageRows, PageAt);

    [BindProperty(SupportsGet = true)] public string? Status { get; set; }

    public override IEnumerable<(string Name, string Value)> Kept => Closed ? [.. base.Kept, ("status", "closed")] : base.Kept;

    public override string BegunFrom => T("Opened on or after");

    public bool Closed => Status == "closed";
    public List<Case> Cases { get; private set; } = [];
    public DateTime NowUtc { get; private set; }

    /// <summary>Those that have not begun while the protocol's hours run.</summary>
    public HashSet<long> NotBegun { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (Status is not (null or "open" or "closed")) return NotFound();
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadClinicsAsync(ct);
        await NameAsync(ct);
        NowUtc = time.UtcNow();
        string? self = Self = await ReviewCase.SelfAsync(Db, ct);
        var asked = ReviewCase.KnownTo(self, Db.Cases.AsNoTracking()).Where(c => (c.Stage == CaseStage.Closed) == Closed);
        await ReadChoicesAsync(asked.Select(c => c.PractitionerId), asked.Select(c => c.Measure), ct);
        asked = asked.Where(c => (AskedPractitioner == null || c.PractitionerId == AskedPractitioner) && (AskedMeasure == null || c.Measure == AskedMeasure) && (SinceUtc == null || c.OpenedAtUtc >= SinceUtc) && (BeforeUtc == null || c.OpenedAtUtc < BeforeUtc));
        Count = await asked.CountAsync(ct);
        AskedAfter = AfterOf(Count, PageRows);
        var notBegun = ReviewCase.NotBegun(Db).Select(c => c.Id);
        // Levels are kept as words, which sort otherwise.
        var ordered = Closed ? asked.OrderByDescending(c => c.DecidedAtUtc).ThenByDescending(c => c.Id)
            : asked.OrderBy(c => c.DueAtUtc == null).ThenBy(c => notBegun.Contains(c.Id) && c.BeginByUtc < c.DueAtUtc ? c.BeginByUtc : c.DueAtUtc).ThenBy(c => c.Level == AlertLevel.Sentinel ? 0 : c.Level == AlertLevel.Red ? 1 : c.Level == AlertLevel.Amber ? 2 : 3).ThenBy(c => c.Id);
        Cases = await ordered.Skip(After).Take(PageRows).ToListAsync(ct);
        await NameAsync(Cases.Select(c => c.PractitionerId), ct);
        var shown = Cases.ConvertAll(c => c.Id);
        NotBegun = [.. await notBegun.Where(id => shown.Contains(id)).ToListAsync(ct)];
        return Page();
    }
}
