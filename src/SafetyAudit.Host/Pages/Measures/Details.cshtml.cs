using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.ReadFigures)]
public sealed class MeasureModel(SafetyAuditDb db) : PeriodPage(db)
{
    [BindProperty(SupportsGet = true)] public string Code { get; set; } = "";
    [BindProperty(Name = "against", SupportsGet = true)] public string? AskedAgainst { get; set; }

    [BindProperty(Name = "anew", SupportsGet = true)] public DateOnly? AskedAnew { get; set; }
    [BindProperty(Name = "lasting", SupportsGet = true)] public string? AskedLasting { get; set; }

    /// <summary><c>adjusted</c>: for the kind of sessions each gave.</summary>
    [BindProperty(Name = "mix", SupportsGet = true)] public string? AskedMix { get; set; }

    /// <summary>Another published rate than the one in use.</summary>
    [BindProperty(Name = "baseline", SupportsGet = true)] public string? AskedBaseline { get; set; }

    public Measure Measure { get; private set; } = Catalogue.Measures[0];
    public bool MayReadRecords => Db.Actor.May(Permission.ReadRecords);
    /// <summary>The published rate that is shown: the one in use, or the one asked for.</summary>
    public Baseline? Baseline { get; private set; }

    /// <summary>The id of the one in use.</summary>
    public string? InForce { get; private set; }
    public Against Against { get; private set; }

    /// <summary>Whether what is expected of each can be adjusted for the kind of sessions: of an event that is counted by itself, beside colleagues.</summary>
    public bool CanAdjust => Against == Against.Peers && !Measure.IsSummary && Measure.Unit is ExposureUnit.Session or ExposureUnit.AtRiskSession;

    public bool IsAdjusted => CanAdjust && AskedMix == "adjusted";

    /// <summary>Sessions like none of colleagues', which an adjusted figure leaves out.</summary>
    public long LeftOut { get; private set; }

    /// <summary>One funnel per clinic beside colleagues, since the comparison is within the clinic; one for all beside the literature.</summary>
    public List<(string? Name, Funnel Funnel)> Funnels { get; private set; } = [];

    // Lines on one page of a list, each of which weighs as much as several points of a funnel; of several funnels' lists together.
    const int PageRows = 20, FewestRows = 12;

    /// <summary>Those of a funnel that are shown one by one.</summary>
    public (List<RateRow> Lines, Paging Paging) LinesOf(Funnel funnel, int number) => PageOf(funnel.Rows, Math.Max(FewestRows, PageRows / Funnels.Count), $"#one-by-one-{number}");

    public List<(Baseline Baseline, List<RateRow> Rows)> Clinics { get; private set; } = [];

    /// <summary>Clinics first, then practitioners.</summary>
    public IReadOnlyList<PeriodChange> Changes { get; private set; } = [];

    public (List<PeriodChange> Lines, Paging Paging) ChangesHere => PageOf(Changes, PageRows, "#compare");

    /// <summary>How clinics within reach are called, in the order of names.</summary>
    public IReadOnlyDictionary<string, string> ClinicNames { get; private set; } = new Dictionary<string, string>();

    /// <summary>Clinics with sessions in the months shown, of which one is shown month by month.</summary>
    public string? Clinic { get; private set; }

    /// <summary>Someone who sees their own figures alone: what is said of a clinic is then of their sessions there.</summary>
    public bool SeesOwnOnly => Db.Actor.Scope.PractitionerId is not null;

    /// <summary>The clinic's months; nothing of events too rare for that, or counted in other units.</summary>
    public ControlMonths? Months { get; private set; }
    public DateOnly ProvisionalFrom { get; private set; }
    public IReadOnlyList<DatedNote> Notes { get; private set; } = [];

    /// <summary>First day of the time that trends and rare events look back on.</summary>
    public DateOnly Since { get; private set; }

    /// <summary>Events one by one, where they are too rare for a rate.</summary>
    public List<EventGaps>? Gaps { get; private set; }

    /// <summary>How long they last; read when it is asked for, since it is read from the records.</summary>
    public Resolution? Lasting { get; private set; }

    public override bool LooksBack => true;

    public override bool ShowsFewTogether => true;

    public override IEnumerable<(string Name, string Value)> Kept =>
        new (string Name, string? Value)[] { ("against", AskedAgainst), ("clinic", Only?.Id ?? AskedClinic), ("anew", AskedAnew is { } anew ? Show.Iso(anew) : null), ("lasting", AskedLasting), ("mix", AskedMix), ("baseline", AskedBaseline) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!));

    /// <summary>This page with one part of its query changed, or left out.</summary>
    public string With(string name, string? value) => $"/measures/{Measure.Code}?{string.Concat(Kept.Where(k => k.Name != name).Append((Name: name, Value: value!)).Where(k => k.Value is not null).Select(k => $"{k.Name}={Uri.EscapeDataString(k.Value)}&"))}{PeriodQuery}";

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await Db.Measures.AsNoTracking().SingleOrDefaultAsync(m => m.Code == Code, ct) is not { } measure) return NotFound();
        Measure = measure;
        Against = AskedAgainst == "literature" ? Against.Literature : Against.Peers;
        bool looksFar = AsKnownUtc is not null && EventGaps.IsFor(measure, (await Rates.BaselinesAsync(Db, null, ct, AsKnownUtc)).GetValueOrDefault(Code));
        await using var state = await BeginAsync(() => WithOther(To.AddYears(looksFar ? -ClinicMonitor.Years : -2).AddDays(1)), ct);
        var counts = await Counts.ReadAsync(Db, From, To, ct);
        string? inForce = (await ChooseBaseline.InForceAsync(Db, AsKnownUtc, ct)).GetValueOrDefault(Code);
        var baselines = await Db.Baselines.AsNoTracking().Where(b => b.MeasureCode == Code).OrderByDescending(b => b.Id == inForce).ThenBy(b => b.Id).ToListAsync(ct);
        Baseline = baselines.Find(b => b.Id == (AskedBaseline ?? inForce));
        if (AskedBaseline is not null && Baseline is null) return NotFound();
        InForce = inForce;
        var clinics = await Db.Clinics.AsNoTracking().ToDictionaryAsync(c => c.Id, c => c.Name, ct);
        ClinicNames = clinics;
        Clinic = AskedClinic ?? InOrder(clinics, c => c.Value).Select(c => c.Key).FirstOrDefault();
        var rows = Rates.Compute(counts, new(From, To, Grouping.Practitioner, Against), measure, Baseline, IsAdjusted ? await MixesAsync(counts, ct) : null);
        Funnels = Against == Against.Literature ? [(null, Funnel.Of(rows))]
            : [.. InOrder(rows.GroupBy(r => r.ClinicId), g => clinics[g.Key]).Select(g => (Reach.Count > 1 ? clinics[g.Key] : null, Funnel.Of([.. g])))];
        Clinics = baselines.ConvertAll(b => (b, Rates.Compute(counts, new(From, To, Grouping.Clinic), measure, b)));
        await ReadTimesAsync(ct);
        if (Other is var (earlier, until))
        {
            var before = await Counts.ReadAsync(Db, earlier, until, ct);
            Changes =
            [
                .. PeriodChange.Of(Rates.Compute(before, new(earlier, until, Grouping.Clinic), measure, Baseline), Rates.Compute(counts, new(From, To, Grouping.Clinic), measure, Baseline)),
                .. PeriodChange.Of(Rates.Compute(before, new(earlier, until, Grouping.Practitioner), measure, Baseline), Rates.Compute(counts, new(From, To, Grouping.Practitioner), measure, Baseline)),
            ];
        }
        return Page();
    }

    async Task<Dictionary<(string, string), CaseMixAdjustment>> MixesAsync(List<PractitionerCounts> counts, CancellationToken ct)
    {
        var mixes = new Dictionary<(string, string), CaseMixAdjustment>();
        foreach (var clinic in counts.GroupBy(c => c.ClinicId))
        {
            var mixOf = await CaseMixAdjustment.ReadAsync(Db, clinic.Key, Measure, From, To, ct);
            foreach (var one in clinic) mixes[(clinic.Key, one.PractitionerId)] = mixOf(one.PractitionerId);
            LeftOut += (long)clinic.Where(c => !c.ForComparisonOnly).Sum(c => mixes[(c.ClinicId, c.PractitionerId)].Adjusted.SessionsLeftOut);
        }
        return mixes;
    }

    async Task ReadTimesAsync(CancellationToken ct)
    {
        if (AskedLasting == "yes" && !Measure.IsSummary) Lasting = await Resolution.ReadAsync(Db, Measure, From, To, ct);
        // Two years, so that a change shows against what was before it; of what is rare, all that is looked back on.
        bool isRare = EventGaps.IsFor(Measure, Baseline);
        Since = AskedFrom is not null ? From : isRare ? To.AddYears(-ClinicMonitor.Years).AddDays(1) : To.AddYears(-2).AddDays(1);
        if (isRare)
        {
            Gaps = await EventGaps.ReadAsync(Db, Measure, Since, To, ct);
            // Years before the records began would look like years without events.
            if (Gaps.Count > 0 && Gaps.Min(g => g.First) is var first && first > Since) Since = first;
        }
        if (isRare || Clinic is null || Measure.Unit is not (ExposureUnit.Session or ExposureUnit.AtRiskSession)) return;
        Months = await ControlMonths.ReadAsync(Db, Measure, Clinic, Since, To, AskedAnew, ct);
        ProvisionalFrom = ReportingDelay.ProvisionalFrom((await ReportingDelay.ReadAsync(Db, To.AddYears(-1), To, ct, Clinic)).GetValueOrDefault(Clinic), (await Counts.SpanOfClinicAsync(Db, Clinic, ct))?.Last ?? To);
        Notes = await DatedNotes.ReadAsync(Db, Clinic, Measure.Code, Months.Months[0].Month, To, ct);
    }
}
