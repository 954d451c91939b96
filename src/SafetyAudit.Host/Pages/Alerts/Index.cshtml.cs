using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class AlertsModel(SafetyAuditDb db, TimeProvider time) : FilteredPage(db)
{
    /// <summary>False alarms of the sums for fewer that are budgeted for in these years, as if they had run from the first month.</summary>
    public double ExpectedFew => PeerMonitor.LowPerPractitionerYear * PractitionerYears;

    public int RaisedFew { get; private set; }

    /// <summary>Alerts on one page.</summary>
    public const int PageRows = 25;

    [BindProperty(SupportsGet = true)] public string? Status { get; set; }

    public override IEnumerable<(string Name, string Value)> Kept => [.. base.Kept, .. Status is { } status ? [("status", status)] : Array.Empty<(string, string)>(), .. RuleCodes.Select(r => ("rule", r))];

    /// <summary>The rules whose alerts are listed, by their codes; all where none is named.</summary>
    [BindProperty(Name = "rule", SupportsGet = true)] public List<string?> AskedRules { get; set; } = [];

    IEnumerable<string> RuleCodes => AskedRules.OfType<string>().Where(r => r.Length > 0);

    /// <summary>How many there are of each rule, on all pages.</summary>
    public Dictionary<AlertRule, int> Counts { get; private set; } = [];

    /// <summary>When the monitor last ran of those clinics that are seen; empty where it never did.</summary>
    public DateTime? EvaluatedAtUtc { get; private set; }

    public Paging Paging => new(After, Alerts.Count, Counts.Values.Sum(), PageRows, PageAt);

    public override string BegunFrom => T("Raised on or after");

    public override bool IsFiltered => base.IsFiltered || RuleCodes.Any();

    public bool All => Status == "all";

    /// <summary>Whether those alone are listed that are open and new, as Home counts them.</summary>
    public bool New => Status == "new";
    public List<Alert> Alerts { get; private set; } = [];

    /// <summary>The case of each alert that has one.</summary>
    public Dictionary<long, long> Cases { get; private set; } = [];

    /// <summary>False alarms to be expected over all the months watched, and alerts about practitioners’ rates that are on record, by the level that they have now.</summary>
    public double ExpectedRed { get; private set; }
    public double ExpectedAmber { get; private set; }
    public int RaisedRed { get; private set; }
    public int RaisedAmber { get; private set; }
    public double PractitionerYears { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (Status is not (null or "open" or "new" or "all")) return NotFound();
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadClinicsAsync(ct);
        await NameAsync(ct);
        var rules = RuleCodes.Select(r => Codes.TryParse<AlertRule>(r, out var rule) ? rule : (AlertRule?)null).Where(r => r is not null).Select(r => r!.Value).ToList();
        var since = time.UtcNow().AddDays(-IndexModel.NewDays);
        var asked = Db.Alerts.AsNoTracking().Where(a => (All || a.Status == AlertStatus.Open) && (!New || a.RaisedAtUtc >= since) && (!RuleCodes.Any() || rules.Contains(a.Rule)));
        await ReadChoicesAsync(asked.Select(a => a.PractitionerId), asked.Select(a => a.Measure), ct);
        asked = asked.Where(a => (AskedPractitioner == null || a.PractitionerId == AskedPractitioner) && (AskedMeasure == null || a.Measure == AskedMeasure) && (SinceUtc == null || a.RaisedAtUtc >= SinceUtc) && (BeforeUtc == null || a.RaisedAtUtc < BeforeUtc));
        var counted = await Db.Alerts.GroupBy(a => new { a.Rule, a.Level, IsOpen = a.Status == AlertStatus.Open, IsNew = a.RaisedAtUtc >= since }).Select(g => new { g.Key.Rule, g.Key.Level, g.Key.IsOpen, g.Key.IsNew, Count = g.Count() }).ToListAsync(ct);
        Counts = IsFiltered ? await asked.GroupBy(a => a.Rule).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct)
            : counted.Where(c => (All || c.IsOpen) && (!New || c.IsNew)).GroupBy(c => c.Rule).ToDictionary(g => g.Key, g => g.Sum(c => c.Count));
        AskedAfter = AfterOf(Counts.Values.Sum(), PageRows);
        int Raised(AlertRule rule, AlertLevel? level = null) => counted.Where(c => c.Rule == rule && (level is null || c.Level == level)).Sum(c => c.Count);
        (RaisedRed, RaisedAmber, RaisedFew) = (Raised(AlertRule.MoreThanPeers, AlertLevel.Red), Raised(AlertRule.MoreThanPeers, AlertLevel.Amber), Raised(AlertRule.FewerThanPeers));
        // Levels are kept as words, which sort otherwise.
        Alerts = await asked.OrderBy(a => a.Level == AlertLevel.Sentinel ? 0 : a.Level == AlertLevel.Red ? 1 : a.Level == AlertLevel.Amber ? 2 : 3).ThenBy(a => a.Rule).ThenBy(a => a.ClinicId).ThenBy(a => a.PractitionerId).ThenBy(a => a.Measure).ThenByDescending(a => a.Id)
            .Skip(After).Take(PageRows).ToListAsync(ct);
        await NameAsync(Alerts.Select(a => a.PractitionerId), ct);
        var (ids, self) = (Alerts.ConvertAll(a => a.Id), await ReviewCase.SelfAsync(Db, ct));
        Cases = await ReviewCase.KnownTo(self, Db.Cases).Where(c => ids.Contains(c.AlertId)).Select(c => new { c.AlertId, c.Id }).ToDictionaryAsync(c => c.AlertId, c => c.Id, ct);
        if (await Db.MonitoredPractitioners.GroupBy(_ => 1).Select(g => new { Red = g.Sum(m => m.ExpectedRed), Amber = g.Sum(m => m.ExpectedAmber), Years = g.Sum(m => m.Years), At = g.Min(m => m.EvaluatedAtUtc) }).SingleOrDefaultAsync(ct) is { } monitored)
            (ExpectedRed, ExpectedAmber, PractitionerYears, EvaluatedAtUtc) = (monitored.Red, monitored.Amber, monitored.Years, monitored.At);
        return Page();
    }
}
