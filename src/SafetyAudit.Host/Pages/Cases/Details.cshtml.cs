using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Notices;
using SafetyAudit.Protocol;
using SafetyAudit.Statistics;

namespace SafetyAudit.Host.Pages;

/// <summary>One review: what its stage asks for with the figures as they are, what was done, and whether it helped.</summary>
[Needs(Permission.ReadFigures)]
public sealed class CaseModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public override bool TakesClinic => false;

    protected override string? ClinicOfIt => Case.ClinicId;

    public Case Case { get; private set; } = null!;
    public Alert Alert { get; private set; } = null!;
    public List<CaseEntry> Entries { get; private set; } = [];

    /// <summary>What each check of the stage that is on looks at, as it is now.</summary>
    public Dictionary<CaseCheck, string> Figures { get; private set; } = [];

    /// <summary>The latest answer to each check since the case was opened.</summary>
    public Dictionary<CaseCheck, CaseEntry> Answers { get; private set; } = [];

    /// <summary>The practitioner's latest answer since the case was opened, or why none is waited for.</summary>
    public CaseEntry? Heard { get; private set; }

    /// <summary>Whom notices went to, the newest first.</summary>
    public List<Notice> Told { get; private set; } = [];

    /// <summary>Whether the event was reported with a tracking code, under which an answer can be read.</summary>
    public bool HasReporter { get; private set; }

    /// <summary>Who may lead it.</summary>
    public List<string> Reviewers { get; private set; } = [];

    /// <summary>The clinic's, in which days begin and end.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    /// <summary>Whether it has not begun while the protocol's hours run.</summary>
    public bool NotBegun { get; private set; }

    public DateTime NowUtc { get; private set; }
    public bool MayReview { get; private set; }
    public bool IsOwn { get; private set; }

    /// <summary>The measure before the decision and from the day of measuring again on, once that day has come.</summary>
    public RateRow? Earlier { get; private set; }
    public RateRow? Later { get; private set; }
    public Trend? Trend { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        if (await Db.Cases.AsNoTracking().SingleOrDefaultAsync(c => c.Id == Id, ct) is not { } found) return NotFound();
        Case = found;
        // Its event may have gone to another clinic, and the alert with it, which the case then follows.
        if (await Db.Alerts.AsNoTracking().SingleOrDefaultAsync(a => a.Id == Case.AlertId, ct) is not { } raised) return NotFound();
        Alert = raised;
        await ReadClinicsAsync(ct);
        await NameAsync([Case.PractitionerId], ct);
        NowUtc = time.UtcNow();
        IsOwn = Case.PractitionerId is { } subject && subject == await ReviewCase.SelfAsync(Db, ct);
        // By the account: a director who also treats learns of a case about themselves as everybody does.
        if (IsOwn && Case.AskedAtUtc is null) return NotFound();
        MayReview = Db.Actor.May(Permission.ReviewCases) && !IsOwn;
        (Zone, NotBegun) = (await Db.ZoneOfAsync(Case.ClinicId, ct), await ReviewCase.NotBegun(Db).AnyAsync(c => c.Id == Id, ct));
        bool own = IsOwn;
        Entries = await Db.CaseEntries.AsNoTracking().Where(e => e.CaseId == Id && (!own || e.Kind == CaseEntryKind.Reply)).OrderByDescending(e => e.Id).ToListAsync(ct);
        foreach (var entry in await ReviewCase.EntriesSinceOpenedAsync(Db, Id, ct))
        {
            if (entry.Check is { } check) Answers[check] = entry;
            if (entry.Kind is CaseEntryKind.Reply or CaseEntryKind.NoReply) Heard = entry;
        }
        if (MayReview)
        {
            Told = await Db.Notices.AsNoTracking().Where(n => n.CaseId == Id && n.Channel == NoticeChannel.Mail).OrderByDescending(n => n.Id).ToListAsync(ct);
            HasReporter = await ReviewCase.HasReporterAsync(Db, Case, ct);
            foreach (var check in CaseStages.ChecksOf(Case.Stage)) Figures[check] = await CaseFigures.ReadAsync(Db, Case, check, NowUtc, ct);
            Reviewers = [.. (await Db.Users.AsNoTracking().Where(u => u.DisabledAtUtc == null).ToListAsync(ct)).Where(u => ReviewCase.MayReview(u, Case)).Select(u => u.UserName!).Order(StringComparer.Ordinal)];
        }
        if (IsOfRate && Case is { RemeasureOn: { } from, PractitionerId: { } practitioner, DecidedAtUtc: { } decided } && from <= DateOnly.FromDateTime(NowUtc) && Catalogue.Measures.FirstOrDefault(m => m.Code == Case.Measure) is { } measure)
        {
            var baseline = (await Rates.BaselinesAsync(Db, null, ct)).GetValueOrDefault(measure.Code);
            Earlier = await RowAsync(measure, baseline, practitioner, Case.From, DateOnly.FromDateTime(decided), ct);
            Later = await RowAsync(measure, baseline, practitioner, from, DateOnly.FromDateTime(NowUtc), ct);
            Trend = await Trend.ReadAsync(Db, measure, baseline, practitioner, Case.From, DateOnly.FromDateTime(NowUtc), ct);
        }
        return Page();
    }

    /// <summary>Whether it is about a practitioner's rate, which is set beside the one before by itself.</summary>
    public bool IsOfRate => Case is { Rule: AlertRule.MoreThanPeers or AlertRule.FewerThanPeers, PractitionerId: not null };

    /// <summary>Where the figures since the day of measuring again stand; nothing before that day, or where no page holds them.</summary>
    public string? Again
    {
        get
        {
            if (Case.RemeasureOn is not { } from || from > DateOnly.FromDateTime(NowUtc)) return null;
            string since = $"from={Show.Iso(from)}&to={Show.Iso(DateOnly.FromDateTime(NowUtc))}&clinic={Uri.EscapeDataString(Case.ClinicId)}";
            return Case.Measure is { } about && Rules.ById.ContainsKey(about) ? $"/adherence/{about}?{since}"
                : Catalogue.Measures.Any(m => m.Code == Case.Measure) ? Case.PractitionerId is { } of ? $"/sessions?practitioner={Uri.EscapeDataString(of)}&measure={Case.Measure}&{since}" : $"/measures/{Case.Measure}?{since}"
                : Case.Rule == AlertRule.CredentialLapsing ? $"/credentials?clinic={Uri.EscapeDataString(Case.ClinicId)}"
                : Case.PractitionerId is { } who ? $"/practitioners/{Uri.EscapeDataString(who)}?{since}" : null;
        }
    }

    async Task<RateRow?> RowAsync(Measure measure, Baseline? baseline, string practitioner, DateOnly from, DateOnly to, CancellationToken ct) =>
        Rates.Compute(await Counts.ReadAsync(Db, from, to, ct, Case.ClinicId), new(from, to, Grouping.Practitioner, Against.Peers), measure, baseline).SingleOrDefault(r => r.PractitionerId == practitioner);

    /// <summary>The rate after over the rate before; empty where either has no sessions or nothing happened before.</summary>
    public (double Ratio, Interval Interval)? Changed => Earlier is { } b && Later is { } a && new PeriodChange(b, a) is { Ratio: { } ratio, Interval: { } interval } ? (ratio, interval) : null;
}
