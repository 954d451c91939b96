using System.Collections.Concurrent;

namespace SafetyAudit.Statistics;

/// <summary>A rule under test: which streams of a simulated clinic it raises in which watched month.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Raise">Reads the clinic and sets raised[month · streams + stream], watched months from 0; all are unset before.</param>
public sealed record DetectionRule(string Name, DetectionRule.Raiser Raise)
{
    public delegate void Raiser(SimulatedClinic clinic, Span<bool> raised);

    /// <summary>u chart, 3 sigma, limits frozen from the practitioner's own history.</summary>
    public static DetectionRule UChart(string name) => new(name, (clinic, raised) =>
    {
        var (history, months, streams) = (clinic.Scenario.History, clinic.Scenario.Months, clinic.Scenario.Streams);
        var values = new ChartValue[months];
        for (int s = 0; s < streams; s++)
        {
            for (int t = 0; t < months; t++) values[t] = new(clinic.EventsOf(t)[s], clinic.SessionsOf(t)[s]);
            var chart = ControlChart.Draw(ChartKind.U, values, new ChartOptions(LimitMethod.ThreeSigma), [OwnHistory(history)]);
            for (int t = history; t < months; t++) raised[(t - history) * streams + s] = IsAbove(chart, chart.Points[t]);
        }
    });

    /// <summary>
    /// XmR chart of the monthly rate with the NHS rules, limits frozen from the own history, ranges unscreened. A month is raised if, seen from
    /// that month, its point belongs to a pattern on the high side; a month without sessions has no point.
    /// </summary>
    public static DetectionRule MakingDataCountXmR(string name) => new(name, (clinic, raised) =>
    {
        const int pattern = 7;      // no pattern that ends at a point reaches further back
        const MakingDataCountRules high =
            MakingDataCountRules.AboveLimit | MakingDataCountRules.TwoOfThreeHigh | MakingDataCountRules.SevenAbove | MakingDataCountRules.SevenRising;
        var options = new ChartOptions(LimitMethod.ThreeSigma, ScreenRanges: false, MovingRange.MakingDataCountSigma);
        var (history, months, streams) = (clinic.Scenario.History, clinic.Scenario.Months, clinic.Scenario.Streams);
        var values = new ChartValue[months];
        var monthOf = new int[months];
        var rules = new MakingDataCountRules[pattern];
        for (int s = 0; s < streams; s++)
        {
            int count = 0, frozen = 0;
            for (int t = 0; t < months; t++)
            {
                double n = clinic.SessionsOf(t)[s];
                if (n == 0) continue;
                (values[count], monthOf[count]) = (new(clinic.EventsOf(t)[s] / n), t);
                count++;
                if (t < history) frozen = count;
            }
            if (frozen == 0) continue;
            var chart = ControlChart.Draw(ChartKind.XmR, values.AsSpan(0, count), options, [OwnHistory(frozen)]);
            var points = chart.Points;
            for (int i = frozen; i < count; i++)
            {
                if (IsAbove(chart, points[i]))
                {
                    raised[(monthOf[i] - history) * streams + s] = true;
                    continue;
                }
                var latest = points[Math.Max(0, i + 1 - pattern)..(i + 1)];
                MakingDataCount.Find(latest, rules);
                raised[(monthOf[i] - history) * streams + s] = (rules[latest.Length - 1] & high) != 0;
            }
        }
    });

    /// <summary>Funnel of everything watched so far against the published rate taken as known: raised while P(Y ≥ y) is below the tail.</summary>
    public static DetectionRule CumulativeFunnel(string name, double tail) => new(name, (clinic, raised) =>
    {
        foreach (int s in Streams(clinic))
        {
            double events = 0, expected = 0, rate = Published(clinic, s).Mean;
            for (int t = 0; t < clinic.Scenario.Watched; t++)
            {
                events += Events(clinic, t, s);
                expected += Sessions(clinic, t, s) * rate;
                raised[t * clinic.Scenario.Streams + s] = NegativeBinomial.WithMean(double.PositiveInfinity, expected).AtLeast((long)events) < tail;
            }
        }
    });

    /// <summary>Poisson CUSUM for a doubling against the published rate taken as known, one threshold for everybody.</summary>
    public static DetectionRule PublishedCusum(string name, double threshold) =>
        Poisson(name, (clinic, _, s) => Published(clinic, s).Mean, (_, _, _) => threshold);

    /// <summary>The same with each stream's exact threshold for a yearly budget over all families of a practitioner.</summary>
    public static DetectionRule PublishedCusumBudgeted(string name, double budget) =>
        Poisson(name, (clinic, _, s) => Published(clinic, s).Mean, (clinic, rate, s) => Exact(Volume(clinic, s) * rate, PerStream(clinic, budget)));

    /// <summary>The budgeted CUSUM against the peers' mean rate of the month, taken as known.</summary>
    public static DetectionRule PeerCusum(string name, double budget) =>
        Poisson(name, PeerRate, (clinic, rate, s) => Exact(Volume(clinic, s) * rate, PerStream(clinic, budget)));

    /// <summary>The same with the threshold of <see cref="LearningCusumThreshold"/> for a rate that is as good as known.</summary>
    public static DetectionRule PeerCusumFromTable(string name, double budget) => Poisson(name, PeerRate,
        (clinic, rate, s) => LearningCusumThreshold.For(double.PositiveInfinity, Volume(clinic, s) * rate, PerStream(clinic, budget)));

    /// <summary>The learning CUSUM against the peers and their spread, at the threshold of <see cref="LearningCusumThreshold"/> for a budget: 0.05
    /// a practitioner-year for red, 0.25 for amber.</summary>
    public static DetectionRule LearningCusum(string name, double budget) => new(name, (clinic, raised) =>
    {
        double alpha = PerStream(clinic, budget);
        foreach (int s in Streams(clinic))
        {
            var cusum = new SafetyAudit.Statistics.LearningCusum(2);
            for (int t = 0; t < clinic.Scenario.Watched; t++)
            {
                var rate = clinic.Peers[t][s].Null;
                double h = LearningCusumThreshold.For(rate.Shape, rate.Mean * Volume(clinic, s), alpha);
                raised[t * clinic.Scenario.Streams + s] = cusum.Add(Events(clinic, t, s), Sessions(clinic, t, s), rate, h).Signal;
            }
        }
    });

    /// <summary>Benjamini–Hochberg over the latest twelve months of all streams, ordinary spread allowed for, as <see cref="PeerMonitoring"/> does.</summary>
    public static DetectionRule FalseDiscoveryRate(string name, double level) => FromPeers(name, result => result.HighAdjusted <= level);

    /// <summary>The same without any allowance for spread between practitioners.</summary>
    public static DetectionRule FalseDiscoveryRateWithoutSpread(string name, double level) => new(name, (clinic, raised) =>
    {
        int streams = clinic.Scenario.Streams;
        double[] p = new double[streams], adjusted = new double[streams];
        for (int t = 0; t < clinic.Scenario.Watched; t++)
        {
            for (int s = 0; s < streams; s++)
            {
                // The peers' shape before spread widened it: Spread.Widen solved for its first argument.
                var result = clinic.Peers[t][s];
                double shape = 1 / ((1 + 1 / result.Window.Shape) / (1 + result.TauSquared) - 1);
                p[s] = Math.Min(1, NegativeBinomial.WithMean(shape, result.Window.Mean).MidPAtLeast((long)result.WindowEvents));
            }
            FalseDiscovery.BenjaminiHochberg(p, adjusted);
            for (int s = 0; s < streams; s++) raised[t * streams + s] = adjusted[s] <= level;
        }
    });

    /// <summary>
    /// Sequential likelihood ratio for a doubling since the watch began, Σ(y ln 2 − n·peers' rate), raised at ln(1/α) by Ville's bound with α the
    /// stream's share of the budget, and begun again then. It has no floor at zero, so quiet months count against a later rise.
    /// </summary>
    public static DetectionRule Evidence(string name, double budget) => new(name, (clinic, raised) =>
    {
        double wanted = -Math.Log(PerStream(clinic, budget));
        foreach (int s in Streams(clinic))
        {
            double sum = 0;
            for (int t = 0; t < clinic.Scenario.Watched; t++)
            {
                sum += CusumWeight.Poisson(Events(clinic, t, s), Sessions(clinic, t, s) * PeerRate(clinic, t, s), 2);
                if (!(raised[t * clinic.Scenario.Streams + s] = sum >= wanted)) continue;
                sum = 0;
            }
        }
    });

    static DetectionRule FromPeers(string name, Func<PeerResult, bool> isRaised) => new(name, (clinic, raised) =>
    {
        for (int t = 0; t < clinic.Scenario.Watched; t++)
            for (int s = 0; s < clinic.Scenario.Streams; s++) raised[t * clinic.Scenario.Streams + s] = isRaised(clinic.Peers[t][s]);
    });

    // A Poisson CUSUM against a rate that may differ from month to month; the threshold follows the rate.
    static DetectionRule Poisson(
        string name, Func<SimulatedClinic, int, int, double> rateOf, Func<SimulatedClinic, double, int, double> thresholdFor) => new(name, (clinic, raised) =>
    {
        foreach (int s in Streams(clinic))
        {
            double sum = 0;
            for (int t = 0; t < clinic.Scenario.Watched; t++)
            {
                double rate = rateOf(clinic, t, s);
                sum = Math.Max(0, sum + CusumWeight.Poisson(Events(clinic, t, s), Sessions(clinic, t, s) * rate, 2));
                if (!(raised[t * clinic.Scenario.Streams + s] = sum >= thresholdFor(clinic, rate, s))) continue;
                sum = 0;
            }
        }
    });

    static double PerStream(SimulatedClinic clinic, double budget) => FalseAlarms.PerStream(budget, clinic.Scenario.Families.Count);

    // As the tools do whose practice these rules stand for: after a history without events or variation their limits lie on the centre line, and
    // whatever is above it is above its limit. The charts themselves say nothing there.
    static bool IsAbove(ControlChart chart, ChartPoint point) => chart.Phases[0].State is ChartState.NoEvents or ChartState.NoVariation
        ? point.Value > point.Centre
        : point.Signal == LimitSignal.Above;

    static ChartPhase OwnHistory(int points) => new(0, RebaseReason.FirstPhase, points);

    static IEnumerable<int> Streams(SimulatedClinic clinic) => Enumerable.Range(0, clinic.Scenario.Streams);

    static GammaRate Published(SimulatedClinic clinic, int stream) => clinic.Scenario.Families[stream / clinic.Scenario.Practitioners].Published;

    static double PeerRate(SimulatedClinic clinic, int month, int stream) => clinic.Peers[month][stream].Peers.Mean;

    static double Volume(SimulatedClinic clinic, int stream) => clinic.Scenario.SessionsPerMonth[stream % clinic.Scenario.Practitioners];

    static double Events(SimulatedClinic clinic, int month, int stream) => clinic.EventsOf(clinic.Scenario.History + month)[stream];

    static double Sessions(SimulatedClinic clinic, int month, int stream) => clinic.SessionsOf(clinic.Scenario.History + month)[stream];

    // Exact thresholds take milliseconds, and a simulation asks for thousands: expected counts are rounded to the nearest 5 % and the answers kept.
    static readonly ConcurrentDictionary<(int Step, double Alpha), double> Kept = new();

    static double Exact(double mean, double alpha) =>
        Kept.GetOrAdd(((int)Math.Round(Math.Log(mean) * 20), alpha), key => MonthlyCusum.ThresholdFor(Math.Exp(key.Step / 20.0), 2, key.Alpha).Threshold);
}
