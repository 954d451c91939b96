using SafetyAudit.Analysis;
using SafetyAudit.Statistics;

namespace SafetyAudit.Tests.Analysis;

/// <summary>The monitor that alerts are raised from, on simulated clinics: the targets are the design's, from simulations in another program.</summary>
public class EvaluationTests
{
    const int Clinics = 150;

    static readonly DetectionRule[] Rules = [PeerMonitor.Rule("red", p => p.IsRed), PeerMonitor.Rule("any", p => p.IsRed || p.IsAmber), PeerMonitor.Rule("low", p => p.IsLow), PeerMonitor.Rule("red, reviews find nothing", p => p.IsRed, foundNothing: true)];

    static RuleResult[] Run(string scenario) => [.. OperatingCharacteristics.Simulate(Evaluation.Scenarios.Single(s => s.Name == scenario).Clinics, Rules, Clinics, seed: 11)];

    [Theory]
    [InlineData("nothing_wrong")]
    [InlineData("clinic_records_more_than_literature")]
    public void Red_false_alarms_keep_to_their_budget_also_where_a_clinic_merely_records_more(string scenario)
    {
        var results = Run(scenario);
        Assert.True(results[0].AlertsPerPractitionerYear.Value <= 0.05, $"{results[0].AlertsPerPractitionerYear}");
        Assert.True(results[1].AlertsPerPractitionerYear.Value <= 0.30, $"{results[1].AlertsPerPractitionerYear}");
        Assert.True(results[2].AlertsPerPractitionerYear.Value <= 0.05, $"{results[2].AlertsPerPractitionerYear}");
        // Also where every review found nothing, and its sum goes on from half the line.
        Assert.InRange(results[3].AlertsPerPractitionerYear.Value, results[0].AlertsPerPractitionerYear.Value, 0.05);
        // It is no rule that never says anything.
        Assert.True(results[0].AlertsPerPractitionerYear.Value > 0.005);
    }

    [Theory]
    [InlineData("nothing_wrong")]
    [InlineData("clinic_records_more_than_literature")]
    public void The_first_year_of_a_clinic_s_records_is_judged_within_the_budget_too(string scenario)
    {
        var first = Evaluation.Scenarios.Single(s => s.Name == scenario).Clinics with { History = 0, Watched = 12 };
        var red = OperatingCharacteristics.Simulate(first, Rules, Clinics, seed: 11)[0].AlertsPerPractitionerYear;
        Assert.True(red.Value <= 0.05, $"{red}");
        Assert.True(red.Value > 0.002, $"{red}");
    }

    [Fact]
    public void A_doubling_at_two_and_a_half_events_a_month_is_found_within_a_year()
    {
        var results = Run("doubling_at_33_sessions_a_month");
        // Three standard errors below the design's 79 and 93 %.
        Assert.True(results[0].FoundWithin(12).Value >= 0.79 - 3 * Math.Sqrt(0.79 * 0.21 / Clinics), $"{results[0].FoundWithin(12)}");
        Assert.True(results[1].FoundWithin(12).Value >= 0.93 - 3 * Math.Sqrt(0.93 * 0.07 / Clinics), $"{results[1].FoundWithin(12)}");
    }

    [Fact]
    public void A_halving_is_found_more_often_than_by_twelve_months_together_alone()
    {
        var change = Evaluation.Scenarios.Single(s => s.Name == "halving_at_97_sessions_a_month").Clinics;
        var rules = OperatingCharacteristics.Simulate(change, [PeerMonitor.Rule("low", p => p.IsLow), PeerMonitor.Rule("look", p => p.IsByLook(MonitorLevel.Few))], Clinics, seed: 11);
        Assert.True(rules[0].FoundWithin(12).Value > rules[1].FoundWithin(12).Value, $"{rules[0].FoundWithin(12)}, {rules[1].FoundWithin(12)}");
        Assert.True(rules[0].FoundWithin(12).Value >= 0.6, $"{rules[0].FoundWithin(12)}");
    }

    [Fact]
    public void Months_that_nobody_can_be_compared_in_say_nothing()
    {
        double[][] none = [.. Enumerable.Range(0, 30).Select(_ => new double[2])];
        var paths = PeerMonitor.Run([GammaRate.Unknown], 2, none, none, 12, _ => AlarmBudget.Default);
        Assert.All(paths.SelectMany(p => p.Points), p => Assert.False(p.IsWatched || p.IsRed || p.IsAmber || p.IsLow));
    }

    [Fact]
    public void A_stream_that_begins_anew_has_forgotten_what_was_before()
    {
        // Sixty sessions and four events a month; the second practitioner has twelve in months 14 to 16.
        double[][] sessions = [.. Enumerable.Range(0, 24).Select(_ => new double[] { 60, 60, 60, 60 })];
        double[][] events = [.. Enumerable.Range(0, 24).Select(t => new double[] { 4, t is >= 14 and <= 16 ? 12 : 4, 4, 4 })];
        var prior = GammaRate.Published(4 / 60.0, 10, null);
        var straight = PeerMonitor.Run([prior], 4, events, sessions, 12, _ => AlarmBudget.Default)[1].Points;
        Assert.Contains(straight, p => p.Red.Signal);
        var anew = PeerMonitor.Run([prior], 4, events, sessions, 12, _ => AlarmBudget.Default, s => s == 1 ? new(17, 17) : default)[1].Points.Where(p => p.Index >= 17);
        Assert.All(anew, p => Assert.False(p.Red.Signal || p.Amber.Signal));
        Assert.All(anew, p => Assert.True(p.Red.Value < 1));
    }

    [Fact]
    public void After_a_review_that_found_nothing_what_goes_on_signals_sooner()
    {
        // Sixty sessions and four events a month; the second practitioner has nine from month 14 on. A review is closed in the month of the first signal.
        double[][] sessions = [.. Enumerable.Range(0, 48).Select(_ => new double[] { 60, 60, 60, 60 })];
        double[][] events = [.. Enumerable.Range(0, 48).Select(t => new double[] { 4, t >= 14 ? 9 : 4, 4, 4 })];
        var prior = GammaRate.Published(4 / 60.0, 10, null);
        IReadOnlyList<MonitorPoint> Of(Restart restart) => PeerMonitor.Run([prior], 4, events, sessions, 12, _ => AlarmBudget.Default, s => s == 1 ? restart : default)[1].Points;
        int first = Of(default).First(p => p.Red.Signal).Index;
        var (from0, fromHalf) = (Of(new(first + 1, first + 1)), Of(new(first + 1, first + 1, AtHalf: true)));
        Assert.Equal(fromHalf[first + 1].RedThreshold / 2, fromHalf[first + 1].Red.Value - fromHalf[first + 1].Red.Weight, 9);
        Assert.True(fromHalf.First(p => p.Red.Signal && p.Index > first).Index < from0.First(p => p.Red.Signal && p.Index > first).Index);
        // The amber sum begins at zero either way.
        Assert.Equal(from0.Select(p => p.Amber), fromHalf.Select(p => p.Amber));
    }

    [Theory]
    [InlineData(null, 24, 0.05, 0.25)]
    [InlineData(1.0, 20, 0.05, 0.25)]
    [InlineData(3.0, 12, 0.25, 1.25)]
    public void A_clinic_s_own_budget_is_shared_out_among_its_practitioners(double? laidDown, int practitioners, double red, double amber)
    {
        var budget = AlarmBudget.Of(laidDown, practitioners);
        Assert.Equal((red, amber), (budget.RedPerPractitionerYear, budget.AmberPerPractitionerYear));
    }
}
