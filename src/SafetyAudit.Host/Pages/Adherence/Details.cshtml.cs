using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.AdherencePages;

/// <summary>One rule: what it asks and where it comes from, its figures, its months, and whether events go with not keeping it.</summary>
[Needs(Permission.ReadFigures)]
public sealed class RuleModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    [BindProperty(Name = "rule", SupportsGet = true)] public string Id { get; set; } = "";
    [BindProperty(SupportsGet = true)] public string? Practitioner { get; set; }
    [BindProperty(SupportsGet = true)] public string? Measure { get; set; }

    public ProtocolRule Rule { get; private set; } = Rules.All[0];

    /// <summary>What each clinic that is shown had set on the last day of the period.</summary>
    public List<(Clinic Clinic, ClinicProtocol Protocol)> Protocols { get; private set; } = [];

    public List<AdherenceRow> Rows { get; private set; } = [];
    public ControlMonths Trend { get; private set; } = null!;
    public IReadOnlyList<DatedNote> Notes { get; private set; } = [];
    public Measure? Chosen { get; private set; }

    /// <summary>Nothing while no measure was chosen, or where the period holds too many sessions.</summary>
    public AdherenceAndOutcome? Outcome { get; private set; }

    public bool MayReadRecords => Db.Actor.May(Permission.ReadRecords);

    public string Query => PeriodQuery + ClinicQuery;

    public override bool LooksBack => true;

    public override IEnumerable<(string Name, string Value)> Kept =>
        base.Kept.Concat(new (string Name, string? Value)[] { ("practitioner", Practitioner), ("measure", Measure) }.Where(k => k.Value is not null).Select(k => (k.Name, k.Value!)));

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (!Rules.ById.TryGetValue(Id, out var rule)) return NotFound();
        Rule = rule;
        await using var state = await BeginAsync(() => (From, To), ct);
        if (rule.Settings.Count > 0)
        {
            var all = await Db.ClinicProtocols.AsNoTracking().ToListAsync(ct);
            Protocols = [.. Reach.Where(c => Only is null || c.Id == Only.Id).Select(c => (c, ClinicProtocol.On(c.Id, all.Where(p => p.ClinicId == c.Id), To)))];
        }
        var question = new AdherenceQuestion(From, To, Only?.Id, ByMonth: true, Rule: rule);
        var rows = (await AdherenceTable.ReadAsync(Db, question, AsKnownUtc ?? time.UtcNow(), ct)).FindAll(r => r.PractitionerId.Length > 0);
        Rows = [.. rows.GroupBy(r => (r.ClinicId, r.PractitionerId)).Select(g => g.First() with { Period = From, Adherence = AdherenceTable.Sum(g) })];
        Trend = ControlMonths.Of(question, rows.Where(r => Practitioner is null || r.PractitionerId == Practitioner));
        if (Only is not null) Notes = await DatedNotes.ReadAsync(Db, Only.Id, rule.Id, From, To, ct);
        Chosen = Catalogue.Measures.FirstOrDefault(m => m.Code == Measure);
        if (Chosen is not null && rule is SessionRule sessionRule && MayReadRecords) Outcome = await AdherenceAndOutcome.ReadAsync(Db, sessionRule, Chosen, From, To, Only?.Id, ct);
        return Page();
    }

    /// <summary>What the comparison with outcomes says, in a sentence.</summary>
    public static string Say(MantelHaenszel ratio) => ratio.State switch
    {
        StratifiedState.NothingToCompare => T("There is nothing to compare: no practitioner has sessions of both kinds with an event among them."),
        StratifiedState.OneSided => T("Events were recorded in one of the two groups only: no ratio can be told, and no difference be shown."),
        _ => T("Odds of such an event where the rule was not kept, over those where it was, within practitioners: {0}, 95 % interval.", Show.WithInterval(ratio.OddsRatio, ratio.Interval)) + " "
            + (ratio.Interval is { Lower: <= 1, Upper: >= 1 } ? T("No difference can be told from chance.") : T("More than chance would explain.")) + " " + T("An association, not a cause."),
    };
}
