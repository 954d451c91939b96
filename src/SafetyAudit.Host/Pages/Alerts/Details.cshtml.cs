using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Host.Pages;

/// <summary>Why an alert was raised, down to the months and the arithmetic, and what would take it back.</summary>
[Needs(Permission.ReadFigures)]
public sealed class AlertModel(SafetyAuditDb db) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public Alert Alert { get; private set; } = null!;
    public Measure? Measure { get; private set; }
    public Baseline? Baseline { get; private set; }
    public long? CaseId { get; private set; }
    public ClinicMonitor? Monitor { get; private set; }
    public MonitorPath? Path { get; private set; }
    public DateOnly ProvisionalFrom { get; private set; }

    /// <summary>Events fewer with which it would not have been raised; empty for an alert of another kind.</summary>
    public int? FewerToUnflag { get; private set; }

    /// <summary>The alert's period beside every published rate of the measure that fits how its events were found.</summary>
    public List<RateRow> OtherBaselines { get; private set; } = [];

    public RateRow? AgainstPeers { get; private set; }
    public CaseMixAdjustment? CaseMix { get; private set; }

    /// <summary>The smallest rise that the period could have shown with a chance of 80 %.</summary>
    public double? Detectable { get; private set; }

    public bool MayReview => Db.Actor.May(Permission.ReviewCases);
    public bool MayDismiss => MayReview && Alert.Status == AlertStatus.Open && CaseId is null && !Alert.AsksForReview;

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await ReadAsync(ct) ? Page() : NotFound();

    async Task<bool> ReadAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        if (await Db.Alerts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == Id, ct) is not { } alert) return false;
        Alert = alert;
        await ReadPeriodAsync(ct);
        CaseId = await Db.Cases.Where(c => c.AlertId == Id).Select(c => (long?)c.Id).SingleOrDefaultAsync(ct);
        Measure = Catalogue.Measures.FirstOrDefault(m => m.Code == alert.Measure);
        Baseline = alert.Baseline is { } id ? await Db.Baselines.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, ct) : null;
        if (Measure is null || alert.PractitionerId is not { } practitioner || alert.Rule is not (AlertRule.MoreThanPeers or AlertRule.FewerThanPeers)) return true;

        var baselines = await Rates.BaselinesAsync(Db, null, ct);
        // As it was when the alert was raised: what was closed since begins its streams anew, but not this one's.
        var reviewed = await EvaluateAlerts.ReviewedAsync(Db, ct);
        if (alert.ReviewedTo is not null) reviewed.Remove(alert.Key);
        Monitor = await EvaluateAlerts.MonitorAsync(Db, alert.ClinicId, baselines, reviewed, ct);
        Path = Monitor?.PathOf(practitioner, Measure.Code);
        if (Path is not null && alert.Rule == AlertRule.MoreThanPeers) FewerToUnflag = Monitor!.FewerToUnflag(Path, alert.From, alert.Level == AlertLevel.Red) ?? Monitor.FewerInWindowToUnflag(Path, alert.To, alert.Level == AlertLevel.Red);
        var delay = (await ReportingDelay.ReadAsync(Db, alert.To.AddYears(-1), alert.To, ct)).GetValueOrDefault(alert.ClinicId);
        ProvisionalFrom = ((await Counts.SpanOfClinicAsync(Db, alert.ClinicId, ct))?.Last ?? alert.To).AddDays(-(int)Math.Ceiling((delay?.NinetiethHours ?? 0) / 24));

        var counts = (await Counts.ReadAsync(Db, alert.From, alert.To, ct)).FindAll(c => c.ClinicId == alert.ClinicId);
        var question = new RateQuestion(alert.From, alert.To, Grouping.Practitioner, Against.Peers);
        AgainstPeers = Rates.Compute(counts, question, Measure, baselines[Measure.Code]).SingleOrDefault(r => r.PractitionerId == practitioner);
        foreach (var other in await Db.Baselines.AsNoTracking().Where(b => b.MeasureCode == Measure.Code).OrderByDescending(b => b.IsDefault).ThenBy(b => b.Id).ToListAsync(ct))
            OtherBaselines.AddRange(Rates.Compute(counts, question with { Against = Against.Literature }, Measure, other).Where(r => r.PractitionerId == practitioner));
        if (AgainstPeers?.Predicted is { Mean: > 0 } predicted) Detectable = Detectability.SmallestRatio(predicted.Mean, shape: predicted.Shape);
        if (!Measure.IsSummary) CaseMix = await CaseMixAdjustment.ReadAsync(Db, alert.ClinicId, practitioner, Measure, alert.From, alert.To, ct);
        return true;
    }
}
