using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class PractitionerModel(SafetyAuditDb db, MakeReport make, TimeProvider time) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public string Id { get; set; } = "";
    [BindProperty(Name = "measure", SupportsGet = true)] public string? AskedMeasure { get; set; }

    public Practitioner Practitioner { get; private set; } = new();
    public char FollowUpGrade { get; private set; } = 'D';
    public List<Alert> Alerts { get; private set; } = [];
    public List<Measure> Watched { get; private set; } = [];
    public Measure Chosen { get; private set; } = Catalogue.Measures[0];
    public Trend Trend { get; private set; } = null!;
    public DateOnly? ProvisionalFrom { get; private set; }
    public IReadOnlyList<DatedNote> Notes { get; private set; } = [];
    public List<RateRow> AgainstPeers { get; private set; } = [];
    public List<RateRow> AgainstLiterature { get; private set; } = [];

    /// <summary>The measures that are not watched by rate: sentinel and rare ones, and sums over others.</summary>
    public List<RateRow> Others { get; private set; } = [];

    /// <summary>Sessions in which asking the patient found one, which stand in no rate of what is recorded without asking.</summary>
    public long Found(string measure) => Counted.Sum(c => c.FoundByAsking.GetValueOrDefault(measure));

    public Dictionary<string, Baseline> Baselines { get; private set; } = [];
    public List<AdherenceRow> Adherence { get; private set; } = [];
    public IReadOnlyList<PeriodChange> Changes { get; private set; } = [];

    /// <summary>What was done in each clinic in the period.</summary>
    public List<PractitionerCounts> Counted { get; private set; } = [];

    /// <summary>The clinic at which most sessions of the period were given.</summary>
    public string? MostlyAt => Counted.MaxBy(c => c.Sessions)?.ClinicId ?? Practitioner.ClinicId;

    public List<Credential> Credentials { get; private set; } = [];

    /// <summary>Reviews about the practitioner, the newest first; of the reader's own those that they were asked about.</summary>
    public List<Case> Reviews { get; private set; } = [];

    /// <summary>Whether the reader is the practitioner.</summary>
    public bool IsSelf { get; private set; }

    public override bool LooksBack => true;

    public override bool TakesClinic => false;

    protected override string? ClinicOfIt => Practitioner.ClinicId ?? About?.FirstOrDefault(c => c.Length > 0);

    DateOnly TrendFrom => AskedFrom is null ? To.AddYears(-2).AddDays(1) : From;

    public override IEnumerable<(string Name, string Value)> Kept => AskedMeasure is null ? [] : [("measure", AskedMeasure)];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await BeAboutAsync(Id, ct);
        // Of a day before anything was known of them the page says so.
        bool isKnownNow = AsKnownUtc is not null && (await Db.Current<Practitioner>().AnyAsync(p => p.PractitionerId == Id, ct) || await TreatsHereAsync(ct) is not null);
        await using var state = await BeginAsync(() => WithOther(TrendFrom), ct);
        // Someone of another clinic who also treats here has figures here; their name and licence are their own clinic's.
        if ((await Db.Current<Practitioner>().SingleOrDefaultAsync(p => p.PractitionerId == Id, ct) ?? await TreatsHereAsync(ct) ?? (isKnownNow ? new Practitioner { PractitionerId = Id } : null)) is not { } practitioner) return NotFound();
        Practitioner = practitioner;
        var baselines = await Rates.BaselinesAsync(Db, null, ct, AsKnownUtc);
        Watched = EvaluateAlerts.Watched(baselines);
        // Alerts, credentials and reviews are today's, and stay away from figures of another day.
        if (AsKnownUtc is null) Alerts = await Db.Alerts.AsNoTracking().Where(a => a.Status == AlertStatus.Open && a.PractitionerId == Id).OrderBy(a => a.Rule).ThenBy(a => a.Measure).ToListAsync(ct);
        string wanted = AskedMeasure ?? Alerts.Find(a => Watched.Exists(m => m.Code == a.Measure))?.Measure ?? "BRUISE_MINOR";
        Chosen = Catalogue.Measures.FirstOrDefault(m => m.Code == wanted) ?? Watched[0];
        // The trend looks back two years, so that a change shows against what was before it.
        Trend = await Trend.ReadAsync(Db, Chosen, baselines.GetValueOrDefault(Chosen.Code), Id, TrendFrom, To, ct);
        if (practitioner.ClinicId is { } clinic && Trend.Months.Count > 0)
        {
            ProvisionalFrom = ReportingDelay.ProvisionalFrom((await ReportingDelay.ReadAsync(Db, To.AddYears(-1), To, ct, clinic)).GetValueOrDefault(clinic), (await Counts.SpanOfClinicAsync(Db, clinic, ct))?.Last ?? To);
            Notes = await DatedNotes.ReadAsync(Db, clinic, Chosen.Code, Trend.Months[0].From, To, ct, Id);
        }
        AgainstPeers = (await Rates.ReadAsync(Db, new(From, To, Grouping.Practitioner, Against.Peers), Watched, baselines, ct)).FindAll(r => r.PractitionerId == Id);
        AgainstLiterature = (await Rates.ReadAsync(Db, new(From, To), Watched, baselines, ct)).FindAll(r => r.PractitionerId == Id);
        if (Other is var (earlier, until)) Changes = PeriodChange.Of((await Rates.ReadAsync(Db, new(earlier, until), Watched, baselines, ct)).FindAll(r => r.PractitionerId == Id), AgainstLiterature);
        Counted = (await Counts.ReadAsync(Db, From, To, ct)).FindAll(c => c.PractitionerId == Id && !c.ForComparisonOnly);
        // As they were recorded in all sessions, beside nothing: most are too rare for one practitioner's rate to say anything.
        Others = [.. Catalogue.Measures.Except(Watched).SelectMany(m => Rates.Compute(Counted, new(From, To), m, null))];
        Baselines = baselines;
        if (AsKnownUtc is null) Credentials = await Credential.ReadAsync(Db, DateOnly.FromDateTime(time.UtcNow()), null, ct, [Id]);
        string? self = await ReviewCase.SelfAsync(Db, ct);
        IsSelf = self == Id;
        if (AsKnownUtc is null) Reviews = await ReviewCase.KnownTo(self, Db.Cases.AsNoTracking()).Where(c => c.PractitionerId == Id).OrderByDescending(c => c.Id).ToListAsync(ct);
        FollowUpGrade = AgainstPeers.FirstOrDefault()?.FollowUpGrade ?? 'D';
        Adherence = [.. (await AdherenceTable.ReadAsync(Db, new(From, To, PractitionerId: Id), AsKnownUtc ?? time.UtcNow(), ct)).GroupBy(r => r.Rule).Select(g => g.First() with { Adherence = AdherenceTable.Sum(g) })];
        return Page();
    }

    /// <summary>The quarter that a report is offered of.</summary>
    public string Quarter => ReportPeriod.QuarterBefore(DateOnly.FromDateTime(time.UtcNow())).Name;

    public async Task<IActionResult> OnGetReportAsync(string? period, CancellationToken ct)
    {
        if (ReportPeriod.Parse(period?.Trim() ?? "") is not { } asked) return BadRequest($"A period is {ReportPeriod.Forms}.");
        return await make.OfPractitionerAsync(Db.Actor, Id, asked, time.UtcNow(), ct) is { } report ? File(report.Content, "application/pdf", report.Name) : NotFound();
    }

    async Task<Practitioner?> TreatsHereAsync(CancellationToken ct) => await Db.DailyExposures.AnyAsync(d => d.PractitionerId == Id, ct) ? new Practitioner { PractitionerId = Id } : null;
}
