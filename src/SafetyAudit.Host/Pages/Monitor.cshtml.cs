using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

/// <summary>The running sums of one clinic (CUSUM): of each practitioner in one measure as they stand, and of one of them month by month.</summary>
[Needs(Permission.ReadFigures)]
public sealed class MonitorModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    /// <summary>Colleagues from whose records together nobody can tell what one of them did.</summary>
    const int FewestColleagues = 2;

    public sealed record Line(string PractitionerId, MonitorPath Path)
    {
        /// <summary>The last month that was watched; empty where there was too little to watch.</summary>
        public MonitorPoint? Last => Path.Points.Where(p => p.IsWatched).Select(p => (MonitorPoint?)p).LastOrDefault();
    }

    [BindProperty(Name = "measure", SupportsGet = true)] public string? AskedMeasure { get; set; }
    [BindProperty(Name = "practitioner", SupportsGet = true)] public string? AskedPractitioner { get; set; }

    // Expectations come from the clinic's own records, so that there is no monitor of several together.
    public override int Together => 1;

    public override IEnumerable<(string Name, string Value)> Kept =>
        base.Kept.Concat(new (string Name, string? Value)[] { ("measure", AskedMeasure), ("practitioner", AskedPractitioner) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!)));

    public Sessions.Clinic? Clinic { get; private set; }
    public ClinicMonitor? Monitor { get; private set; }
    public Measure? Chosen { get; private set; }
    public List<Line> Lines { get; private set; } = [];
    public Line? Shown { get; private set; }

    /// <summary>Open alerts of the monitor about the measure, of each practitioner.</summary>
    public Dictionary<string, List<long>> Open { get; private set; } = [];
    public DateOnly ProvisionalFrom { get; private set; }

    /// <summary>Whether what is expected of the reader, who sees their own figures alone, would tell those of one colleague.</summary>
    public bool OneColleague { get; private set; }

    /// <summary>This page of another measure or practitioner.</summary>
    public string Of(string measure, string? practitioner) => $"/monitor?measure={measure}{(practitioner is null ? "" : $"&practitioner={Uri.EscapeDataString(practitioner)}")}{ClinicQuery}";

    // What is expected of a month comes from the months before it, so that one month with a single colleague tells of them later too.
    static bool HasMonthOfOneColleague(ClinicMonitor monitor, string own)
    {
        var working = monitor.Paths.Where(p => monitor.Practitioners[p.Practitioner] != own).SelectMany(p => p.Points.Where(point => point.Sessions > 0).Select(point => (point.Index, p.Practitioner))).Distinct().ToLookup(p => p.Index);
        return Enumerable.Range(0, monitor.Months).Any(month => working[month].Count() < FewestColleagues);
    }

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        Clinic = Only ?? (Reach.Count > 0 ? Reach[0] : null);
        if (Clinic is not { Id: var clinic }) return;
        var reviewed = await EvaluateAlerts.ReviewedAsync(Db.Alerts.Where(a => a.ClinicId == clinic), time.UtcNow(), ct);
        Monitor = await EvaluateAlerts.MonitorAsync(Db, clinic, await Rates.BaselinesAsync(Db, null, ct), reviewed, ct);
        if (Monitor is null || Monitor.Measures.Count == 0) return;
        string? own = Db.Actor.Scope.PractitionerId;
        if (Monitor.Practitioners.Count < 2) return;
        if (OneColleague = own is not null && HasMonthOfOneColleague(Monitor, own)) return;
        Chosen = Monitor.Measures.FirstOrDefault(m => m.Code == AskedMeasure) ?? Monitor.Measures[0];
        Lines = [.. InOrder(Monitor.Practitioners.Where(p => own is null || p == own).Select(p => (Id: p, Path: Monitor.PathOf(p, Chosen.Code))).Where(p => p.Path is not null).Select(p => new Line(p.Id, p.Path!)), l => NameOf(l.PractitionerId))];
        Shown = Lines.Find(l => l.PractitionerId == (AskedPractitioner ?? own));
        string code = Chosen.Code;
        Open = (await Db.Alerts.AsNoTracking().Where(a => a.ClinicId == clinic && a.Measure == code && a.Status == AlertStatus.Open && (a.Rule == AlertRule.MoreThanPeers || a.Rule == AlertRule.FewerThanPeers) && a.PractitionerId != null)
            .OrderBy(a => a.Id).Select(a => new { a.Id, a.PractitionerId }).ToListAsync(ct)).GroupBy(a => a.PractitionerId!, a => a.Id).ToDictionary(g => g.Key, g => g.ToList());
        var last = (await Counts.SpanOfClinicAsync(Db, clinic, ct))?.Last ?? To;
        ProvisionalFrom = ReportingDelay.ProvisionalFrom((await ReportingDelay.ReadAsync(Db, last.AddYears(-1), last, ct, clinic)).GetValueOrDefault(clinic), last);
    }
}

/// <summary>A monitor's chart with its key, how it is made, and its figures.</summary>
/// <param name="Monitor">The clinic's months.</param>
/// <param name="Path">The path that is drawn.</param>
/// <param name="Measure">Its measure.</param>
/// <param name="Who">How the practitioner is called.</param>
/// <param name="ProvisionalFrom">The first day of which late reports may still change the figures.</param>
/// <param name="RaisedMonth">The month by which an alert was raised, which is marked.</param>
public sealed record MonitorPicture(ClinicMonitor Monitor, MonitorPath Path, Measure Measure, string Who, DateOnly ProvisionalFrom, DateOnly? RaisedMonth = null)
{
    public string PractitionerId => Monitor.Practitioners[Path.Practitioner];
}
