using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// Home: what is open, the funnel that shows most, and how fresh each clinic's records are. All from one snapshot of the database. Of many clinics it says what is open in all and whose
/// records stopped, and shows the figures of the one that is asked for.
/// </summary>
[Needs(Permission.ReadFigures)]
public sealed class IndexModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    public sealed record ClinicLine(string Id, string Name, DateOnly? LastSession, long Sessions, int Events, double? MedianDelayHours, double? NinetiethDelayHours, long Reached, int Above, int Below, int Inside, double? Rise);

    public static readonly IReadOnlyList<(AlertRule[] Rules, string Name)> Groups =
    [
        ([AlertRule.SentinelEvent], "sentinel or serious events, one review each"),
        ([AlertRule.MoreThanPeers], "practitioner rates above colleagues’"),
        ([AlertRule.FewerThanPeers], "below colleagues’: check the records"),
        ([AlertRule.ClinicAboveLiterature, AlertRule.ClinicBelowLiterature, AlertRule.RareEventsClose], "clinic rates beyond the published ones, or rare events close to each other"),
        ([AlertRule.ProtocolFailed, AlertRule.ProtocolNotRecorded], "critical protocol rules not kept or not recorded"),
        ([AlertRule.AdherenceBelowTarget, AlertRule.CompletenessFalling], "rules below the target, or less recorded than before"),
        ([AlertRule.CredentialLapsing], "credentials that lapse or have lapsed"),
    ];

    /// <summary>Open alerts of each rule and level.</summary>
    public Dictionary<(AlertRule Rule, AlertLevel Level), int> Counts { get; private set; } = [];

    public int Open => Counts.Values.Sum();

    /// <summary>How many of each level, of these rules or of all.</summary>
    public IEnumerable<(AlertLevel Level, int Count)> LevelsOf(params AlertRule[] rules) => Counts.Where(c => rules.Length == 0 || rules.Contains(c.Key.Rule)).GroupBy(c => c.Key.Level).Select(g => (g.Key, g.Sum(c => c.Value)));

    // Enough for the lines listed, of which each may hold several.
    const int MostUrgent = 200;
    public const int Lines = 8;

    /// <summary>Lines of the table below the funnel; all of them stand on the measure's page.</summary>
    public const int MostRows = 25;

    List<Alert> urgent = [];
    public double ExpectedFalseAlarms { get; private set; }

    public int OpenCases { get; private set; }

    /// <summary>Of those, how many nobody leads.</summary>
    public int Unled { get; private set; }
    public int Overdue { get; private set; }

    /// <summary>Open cases about the reader, who reviews others, that they were asked about.</summary>
    public int AboutSelf { get; private set; }

    /// <summary>Days for which an alert is called new.</summary>
    public const int NewDays = 7;

    /// <summary>Open alerts raised within these days.</summary>
    public int New { get; private set; }

    /// <summary>Open alerts whose last days may still change, since late reports come; not looked into for many clinics together.</summary>
    public int? Provisional { get; private set; }
    public Funnel? Funnel { get; private set; }
    public string FunnelClinic { get; private set; } = "";
    public List<ClinicLine> Clinics { get; private set; } = [];
    public int StaleDays { get; private set; }
    public int Waiting { get; private set; }

    /// <summary>The open alerts, the most urgent first; those of one kind about one person together.</summary>
    public IEnumerable<List<Alert>> Alike => urgent.GroupBy(a => (a.Level, a.Rule, a.ClinicId, a.PractitionerId ?? a.Key)).Select(g => g.ToList());
    /// <summary>Days without a session after which a clinic's records are taken to have stopped.</summary>
    public const int QuietDays = 7;

    /// <summary>Of many clinics those whose last session is longer ago than that before the latest of all, or that have none.</summary>
    public List<(Clinic Clinic, DateOnly? Last)> Quiet { get; private set; } = [];

    /// <summary>The last day on which any of many clinics had a session, today at the latest; and whether that is long ago.</summary>
    public DateOnly Latest { get; private set; }
    public bool Stopped { get; private set; }

    // Many clinics together: what each is about is shown of the one that is asked for.
    public bool IsOverview => HasMany && Only is null;

    public override bool OneAtATime => false;

    public bool MaySend => Db.Actor.May(Permission.SendRecords);
    public bool MayReadRecords => Db.Actor.May(Permission.ReadRecords);
    public int Quarantined { get; private set; }

    /// <summary>Patients to be asked how they fared, and those of them who should have been asked by now; for whoever reads records, and not of many clinics together.</summary>
    public (int Count, int Overdue)? FollowUpsDue { get; private set; }

    /// <summary>Events that a duty asks to report to somebody outside and that nobody has, those past their deadline, and of how many clinics duties are known.</summary>
    public (int Count, int Overdue, int Clinics) Duties { get; private set; }

    /// <summary>Views that the reader keeps, the latest of them; and how many there are.</summary>
    public List<SavedView> Views { get; private set; } = [];
    public int ViewCount { get; private set; }
    const int MostViews = 8;

    public override Func<CancellationToken, Task> Late => ReadAsync;

    public void OnGet() { }

    async Task ReadAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        // Of all that the reader reaches, also what names no clinic: it is missing from the figures of whichever clinic is shown.
        StaleDays = await Db.StaleDays.CountAsync(ct);
        Waiting = await Db.Current<AdverseEvent>().Where(AdverseEvent.IsWaiting).CountAsync(ct);
        Quarantined = await Db.QuarantinedRows.CountAsync(q => q.ClosedAtUtc == null, ct);
        (ViewCount, Views) = (await Db.SavedViews.CountAsync(ct), await Db.SavedViews.AsNoTracking().OrderByDescending(v => v.KeptAtUtc).ThenByDescending(v => v.Id).Take(MostViews).ToListAsync(ct));
        await ReadPeriodAsync(ct);
        if (!HasSessions && Only is null) return;

        var now = time.UtcNow();
        var open = Db.Alerts.AsNoTracking().Where(a => a.Status == AlertStatus.Open);
        Counts = await open.GroupBy(a => new { a.Rule, a.Level }).Select(g => new { g.Key.Rule, g.Key.Level, Count = g.Count() }).ToDictionaryAsync(g => (g.Rule, g.Level), g => g.Count, ct);
        var since = now.AddDays(-NewDays);
        New = await open.CountAsync(a => a.RaisedAtUtc >= since, ct);
        // Levels are kept as words, which sort otherwise.
        urgent = await open.OrderBy(a => a.Level == AlertLevel.Sentinel ? 0 : a.Level == AlertLevel.Red ? 1 : a.Level == AlertLevel.Amber ? 2 : 3).ThenByDescending(a => a.RaisedAtUtc).ThenBy(a => a.Rule).ThenBy(a => a.Id).Take(MostUrgent).ToListAsync(ct);
        await NameAsync(urgent.Select(a => a.PractitionerId), ct);
        ExpectedFalseAlarms = await Db.MonitoredPractitioners.SumAsync(m => m.ExpectedRed, ct);
        string? self = await ReviewCase.ReviewerAsync(Db, ct);
        var cases = ReviewCase.OpenToReview(self, Db.Cases);
        var late = ReviewCase.Late(Db, now).Select(c => c.Id);
        (OpenCases, Unled, Overdue) = (await cases.CountAsync(ct), await cases.CountAsync(c => c.Owner == null, ct), await cases.CountAsync(c => late.Contains(c.Id), ct));
        if (self is not null) AboutSelf = await Db.Cases.CountAsync(c => c.Stage != CaseStage.Closed && c.PractitionerId == self && c.AskedAtUtc != null, ct);
        var last = await Analysis.Counts.LastDaysAsync(Db, ct);
        if (IsOverview)
        {
            var today = DateOnly.FromDateTime(now);
            Latest = last.Values.Max() is var day && day > today ? today : day;
            Stopped = Latest.AddDays(QuietDays) < today;
            Quiet = [.. Reach.Select(c => (c, last.TryGetValue(c.Id, out var its) ? its : (DateOnly?)null)).Where(c => c.Item2 is not { } its || its.AddDays(QuietDays) < Latest)];
            return;
        }
        await ReadFiguresAsync(last, ct);
        if (!Db.Actor.May(Permission.ReadRecords)) return;
        var due = new DueFollowUps(now);
        var (overdue, asked) = (due.OverdueUtc, due.Listed(Db, await Db.ClinicsReachedAsync(null, ct)));
        FollowUpsDue = await asked.GroupBy(_ => 1).Select(g => new { All = g.Count(), Overdue = g.Count(s => (s.EndedAtUtc ?? s.StartedAtUtc) <= overdue) }).SingleOrDefaultAsync(ct) is { } counted ? (counted.All, counted.Overdue) : (0, 0);
        var (duties, known) = await DutyCase.OpenAsync(Db, now, ct);
        Duties = (duties.Count, duties.Count(d => d.IsOverdue(now)), known);
    }

    async Task ReadFiguresAsync(Dictionary<string, DateOnly> last, CancellationToken ct)
    {
        var baselines = await Rates.BaselinesAsync(Db, null, ct);
        var counts = await Analysis.Counts.ReadAsync(Db, From, To, ct);
        List<RateRow> Compute(Grouping by, Against against) => [.. EvaluateAlerts.Watched(baselines).SelectMany(m => Rates.Compute(counts, new(From, To, by, against), m, baselines.GetValueOrDefault(m.Code)))];
        var rows = Compute(Grouping.Practitioner, Against.Peers);
        // The clinic and measure with the row furthest above is the one worth a picture here.
        if (rows.Where(r => r.Predicted != null).MinBy(r => r.PHigh!.Value) is { } telling)
        {
            Funnel = Funnel.Of(rows.FindAll(r => r.Measure.Code == telling.Measure.Code && r.ClinicId == telling.ClinicId));
            FunnelClinic = ClinicNameOf(telling.ClinicId);
        }

        var delays = await ReportingDelay.ReadAsync(Db, From, To, ct);
        var beside = await Db.Alerts.AsNoTracking().Where(a => a.Status == AlertStatus.Open && (a.Rule == AlertRule.MoreThanPeers || a.Rule == AlertRule.FewerThanPeers)).Select(a => new { a.ClinicId, a.To }).ToListAsync(ct);
        Provisional = beside.Count(a => last.TryGetValue(a.ClinicId, out var day) && delays.GetValueOrDefault(a.ClinicId) is { NinetiethHours: not null } delay && a.To > ReportingDelay.ProvisionalFrom(delay, day));

        // Clinics as a whole are no concern of someone who sees their own figures.
        if (Db.Actor.Scope.PractitionerId is not null) return;
        var literature = Compute(Grouping.Clinic, Against.Literature).ToLookup(r => r.ClinicId);
        foreach (var clinic in Reach.Where(c => Only is null || c.Id == Only.Id))
        {
            var delay = delays.GetValueOrDefault(clinic.Id);
            var here = literature[clinic.Id].ToList();
            Clinics.Add(new(clinic.Id, clinic.Name, last.TryGetValue(clinic.Id, out var day) ? day : null, here.FirstOrDefault()?.Sessions ?? 0, delay?.Events ?? 0, delay?.MedianHours, delay?.NinetiethHours, counts.Where(c => c.ClinicId == clinic.Id).Sum(c => (long)c.Reached),
                here.Count(r => r.Position == Position.Above998), here.Count(r => r.Position == Position.Below998), here.Count(r => r.Position is Position.Inside or Position.Above95 or Position.Below95), here.Where(r => r.Position is Position.Inside or Position.Below95).Min(r => r.SmallestRise)));
        }
    }
}
