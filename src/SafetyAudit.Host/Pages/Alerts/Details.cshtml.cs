using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

/// <summary>Why an alert was raised, down to the months and the arithmetic, and what would take it back.</summary>
[Needs(Permission.ReadFigures)]
public sealed class AlertModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public override bool TakesClinic => false;

    protected override string? ClinicOfIt => Alert.ClinicId;

    public Alert Alert { get; private set; } = null!;

    /// <summary>The clinic's, in which times are shown.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public Measure? Measure { get; private set; }
    public Baseline? Baseline { get; private set; }
    public long? CaseId { get; private set; }
    public ClinicMonitor? Monitor { get; private set; }
    public MonitorPath? Path { get; private set; }
    public DateOnly ProvisionalFrom { get; private set; }

    /// <summary>Events fewer with which it would not have been raised; empty for an alert of another kind.</summary>
    public int? EventsToUnflag { get; private set; }

    /// <summary>The alert's period beside every published rate of the measure that fits how its events were found.</summary>
    public List<RateRow> OtherBaselines { get; private set; } = [];

    public RateRow? AgainstPeers { get; private set; }
    public CaseMixAdjustment? CaseMix { get; private set; }

    /// <summary>The months of the alert as they stand today; empty where they can't be set beside those it was raised with.</summary>
    public (long Observed, double Expected)? Today { get; private set; }

    /// <summary>Whether the records have changed since it was raised.</summary>
    public bool Differs => Today is var (observed, expected) && (observed != Alert.RaisedObserved || Math.Abs(expected - Alert.RaisedExpected!.Value) >= 0.005);

    /// <summary>Whether the figures that it rests on are those of one colleague, which are not for whoever reads it to see.</summary>
    public bool OneColleague { get; private set; }

    /// <summary>Whether it is about whoever reads it: somebody else reviews it.</summary>
    public bool IsOwn { get; private set; }

    /// <summary>Whether the reader sees their own figures alone.</summary>
    public bool SeesOwnOnly => Db.Actor.Scope.PractitionerId is not null;

    public bool MayReview => Db.Actor.May(Permission.ReviewCases) && !IsOwn;
    public bool MayDismiss => MayReview && Alert.Status == AlertStatus.Open && CaseId is null && !Alert.AsksForReview;

    public async Task<IActionResult> OnGetAsync(CancellationToken ct) => await ReadAsync(ct) ? Page() : NotFound();

    async Task<bool> ReadAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        if (await Db.Alerts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == Id, ct) is not { } alert) return false;
        Alert = alert;
        await ReadClinicsAsync(ct);
        await NameAsync([alert.PractitionerId], ct);
        Zone = await Db.ZoneOfAsync(alert.ClinicId, ct);
        string? self = await ReviewCase.SelfAsync(Db, ct);
        IsOwn = self is not null && alert.PractitionerId == self;
        CaseId = await ReviewCase.KnownTo(self, Db.Cases).Where(c => c.AlertId == Id).Select(c => (long?)c.Id).SingleOrDefaultAsync(ct);
        Measure = Catalogue.Measures.FirstOrDefault(m => m.Code == alert.Measure);
        Baseline = alert.Baseline is { } id ? await Db.Baselines.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, ct) : null;
        if (Measure is null || alert.PractitionerId is not { } practitioner || alert.Rule is not (AlertRule.MoreThanPeers or AlertRule.FewerThanPeers)) return true;

        var baselines = await Rates.BaselinesAsync(Db, null, ct);
        // As it was when the alert was raised: what was closed since begins its streams anew, but not this one's.
        var reviewed = await EvaluateAlerts.ReviewedAsync(Db.Alerts.Where(a => a.ClinicId == alert.ClinicId), time.UtcNow(), ct);
        if (alert.ReviewedTo is not null) reviewed.Remove(alert.Key);
        Monitor = await EvaluateAlerts.MonitorAsync(Db, alert.ClinicId, baselines, reviewed, ct);
        Path = Monitor?.PathOf(practitioner, Measure.Code);
        if (Path is not null) Today = MonitorAlerts.Again(Monitor!, Path, alert);
        if (Path is not null && MonitorAlerts.MonitorLevelOf(alert) is var level) EventsToUnflag = Monitor!.EventsToUnflag(Path, alert.From, level) ?? Monitor.EventsInWindowToUnflag(Path, alert.To, level);
        var delay = (await ReportingDelay.ReadAsync(Db, alert.To.AddYears(-1), alert.To, ct, alert.ClinicId)).GetValueOrDefault(alert.ClinicId);
        ProvisionalFrom = ReportingDelay.ProvisionalFrom(delay, (await Counts.SpanOfClinicAsync(Db, alert.ClinicId, ct))?.Last ?? alert.To);

        var counts = await Counts.ReadAsync(Db, alert.From, alert.To, ct, alert.ClinicId);
        OneColleague = SeesOwnOnly && counts.Count(c => c.PractitionerId != practitioner && c.Sessions > 0) < 2;
        var question = new RateQuestion(alert.From, alert.To, Grouping.Practitioner, Against.Peers);
        AgainstPeers = Rates.Compute(counts, question, Measure, baselines[Measure.Code]).SingleOrDefault(r => r.PractitionerId == practitioner);
        string? inForce = baselines.GetValueOrDefault(Measure.Code)?.Id;
        foreach (var other in await Db.Baselines.AsNoTracking().Where(b => b.MeasureCode == Measure.Code).OrderByDescending(b => b.Id == inForce).ThenBy(b => b.Id).ToListAsync(ct))
            OtherBaselines.AddRange(Rates.Compute(counts, question with { Against = Against.Literature }, Measure, other).Where(r => r.PractitionerId == practitioner));
        if (!Measure.IsSummary && !OneColleague) CaseMix = await CaseMixAdjustment.ReadAsync(Db, alert.ClinicId, practitioner, Measure, alert.From, alert.To, ct);
        return true;
    }
}
