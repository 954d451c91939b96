using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>How one rule did in one simulated situation.</summary>
/// <param name="Scenario">What the clinics are like.</param>
/// <param name="Rule">The rule.</param>
/// <param name="IsOurs">Whether the product raises its alerts by it, or others do.</param>
/// <param name="Result">False alerts and months to detection.</param>
public sealed record EvaluationRow(string Scenario, string Rule, bool IsOurs, RuleResult Result);

/// <summary>
/// The alerting design tried on simulated clinics: the monitor that pages and alerts use beside the rules that are in use elsewhere, all on the same clinics.
/// </summary>
/// <remarks>
/// Clinics of twenty practitioners with 2 to 120 sessions a month and eight families of events, a year of history and two years watched. Rates and what they are worth
/// as evidence: Brady, McEvoy, Dommerholt and Doody (2014), 7,629 sessions. Doublings: of minor bruising, in one practitioner.
/// </remarks>
public static class Evaluation
{
    // Events in Brady's 7,629 sessions and their weight as evidence: bruising, bleeding, pain during and after, aggravation, drowsiness, headache, nausea.
    static readonly (int Events, double Weight)[] Published = [(576, 10), (355, 2), (230, 5), (167, 2), (67, 5), (20, 5), (11, 5), (10, 5)];
    const double PublishedSessions = 7629;

    // What Boyce et al. (2020) found over Brady's bruising, bleeding and pain during: a clinic may record so much more and nothing be wrong.
    static readonly double[] RecordsMore = [1, 3.4, 2];

    public const int Practitioners = 20;
    const int Bruising = 0;

    static readonly DetectionRule[] Peers =
    [
        DetectionRule.UChart("u_chart_3_sigma"), DetectionRule.MakingDataCountXmR("xmr_nhs_rules"), DetectionRule.PublishedCusum("cusum_h_3.5_literature", 3.5),
        DetectionRule.CumulativeFunnel("funnel_99.8_literature", 0.001),
    ];

    static readonly DetectionRule[] Ours = [PeerMonitor.Rule("red", p => p.IsRed), PeerMonitor.Rule("red_reviews_find_nothing", p => p.IsRed, foundNothing: true), PeerMonitor.Rule("red_or_amber", p => p.IsRed || p.IsAmber), PeerMonitor.Rule("fewer_than_colleagues", p => p.IsLow)];

    public static readonly IReadOnlyList<(string Name, ClinicScenario Clinics)> Scenarios =
    [
        ("nothing_wrong", Clinic()), ("clinic_records_more_than_literature", Clinic(recordsMore: true)), ("practitioners_differ_cv_30", Clinic(spread: 0.3)),
        ("doubling_at_9_sessions_a_month", Clinic(changed: 8)), ("doubling_at_33_sessions_a_month", Clinic(changed: 14)), ("doubling_at_97_sessions_a_month", Clinic(changed: 19)),
        ("doubling_at_33_after_a_quiet_year", Clinic(changed: 14, from: 24)), ("doubled_at_33_from_the_start", Clinic(changed: 14, from: 0)), ("doubling_at_33_practitioners_differ_cv_30", Clinic(changed: 14, spread: 0.3)),
        ("halving_at_33_sessions_a_month", Clinic(changed: 14, ratio: 0.5)), ("halving_at_97_sessions_a_month", Clinic(changed: 19, ratio: 0.5)),
    ];

    /// <summary>Simulates every scenario.</summary>
    /// <param name="clinics">Clinics of each, at least 2. The standard error of a share is about ½/√clinics.</param>
    /// <param name="seed">The same seed gives the same table.</param>
    /// <param name="told">Told of each scenario before it is simulated.</param>
    /// <param name="ct">Stops between scenarios.</param>
    public static List<EvaluationRow> Run(int clinics, ulong seed, Action<string>? told, CancellationToken ct)
    {
        var rows = new List<EvaluationRow>();
        foreach (var (name, scenario) in Scenarios)
        {
            ct.ThrowIfCancellationRequested();
            told?.Invoke(name);
            var results = OperatingCharacteristics.Simulate(scenario, [.. Ours, .. Peers], clinics, seed);
            rows.AddRange(results.Select((result, i) => new EvaluationRow(name, result.Rule, i < Ours.Length, result)));
        }
        return rows;
    }

    static ClinicScenario Clinic(int? changed = null, int from = 12, double spread = 0, bool recordsMore = false, double ratio = 2)
    {
        var families = Published.Select((f, i) =>
        {
            var family = new SimulatedFamily(GammaRate.Published(f.Events / PublishedSessions, f.Weight, f.Events));
            return recordsMore && i < RecordsMore.Length ? family with { TrueRate = family.TrueRate * RecordsMore[i] } : family;
        }).ToArray();
        return new(families, ClinicScenario.VolumesBetween(Practitioners, 2, 120), Spread: spread, Change: changed is { } one ? new PlantedChange(Bruising, one - 1, from, ratio) : null);
    }
}
