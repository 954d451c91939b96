namespace SafetyAudit.Statistics;

/// <summary>
/// Signal probabilities of the <see cref="LearningCusum"/> over equal months: the true rate is drawn once from
/// Gamma(A, A/μ); given the rate the sum since zero depends only on the events and months
/// since, so the programme of <see cref="MonthlyCusum"/> applies, and the probabilities are averaged over the rate by Gauss–Legendre quadrature,
/// on the logarithm of the rate up to one expected event in all the months and on its square root above.
/// </summary>
/// <remarks>
/// The nodes lie over all but 1e-9 of the distribution, closer where more events make the probability steeper in the rate: right to about
/// 1e-4 of itself from a shape of 0.05 up. A few milliseconds to half a second; a threshold takes about a third of a second in the ordinary
/// range and some seconds where a small shape meets tens of events a month (4 s at a shape of 2 and 30 a month). Reference:
/// <c>learning_cusum_thresholds.csv</c>, <c>oc_uncertain_baseline.csv</c>; confirmed by seeded simulation.
/// </remarks>
public static class LearningCusumFalseAlarm
{
    /// <summary>The probability of at least one signal up to and including each month.</summary>
    /// <param name="shape">A, above 0.</param>
    /// <param name="meanPerMonth">μ, expected events a month at the mean rate, above 0.</param>
    /// <param name="ratio">R of the CUSUM.</param>
    /// <param name="threshold">h, above 0.</param>
    /// <param name="signalled">Receives as many cumulative probabilities as months are wanted.</param>
    /// <param name="trueRatio">What the drawn rate is really multiplied with: 1 for false alarms.</param>
    /// <param name="changeAfter">Months before that ratio begins.</param>
    public static void SignalProbability(
        double shape, double meanPerMonth, double ratio, double threshold, Span<double> signalled, double trueRatio = 1, int changeAfter = 0) =>
        Average(new Learning(ratio, shape), shape, meanPerMonth, threshold, signalled, trueRatio, changeAfter);

    /// <summary>The same for an ordinary Poisson CUSUM that takes the mean rate as known although it isn't.</summary>
    /// <inheritdoc cref="SignalProbability" path="/param"/>
    public static void PlugInSignalProbability(
        double shape, double meanPerMonth, double ratio, double threshold, Span<double> signalled, double trueRatio = 1, int changeAfter = 0) =>
        Average(new PlugIn(ratio), shape, meanPerMonth, threshold, signalled, trueRatio, changeAfter);

    /// <summary>The smallest threshold whose mean yearly signal probability over the given months
    /// is at most <paramref name="alpha"/>, with what it attains.</summary>
    /// <param name="shape">A, finite and above 0.</param>
    /// <param name="meanPerMonth">μ, expected events a month at the mean rate, above 0.</param>
    /// <param name="ratio">R of the CUSUM, above 0 and not 1.</param>
    /// <param name="alpha">Yearly budget of this stream, between 0 and 1.</param>
    /// <param name="months">Horizon, 1 or more.</param>
    public static (double Threshold, double AttainedPerYear) ThresholdFor(double shape, double meanPerMonth, double ratio, double alpha, int months = 60)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(months, 1);
        ZeroRuns.Check(meanPerMonth, 1, 1);
        if (!(shape > 0 && double.IsFinite(shape))) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is finite and above 0.");
        double[] expected = new double[months], signalled = new double[months];
        Array.Fill(expected, meanPerMonth);
        return ZeroRuns.ThresholdFor(new Learning(ratio, shape), expected, alpha, h =>
        {
            SignalProbability(shape, meanPerMonth, ratio, h, signalled);
            return signalled[^1];
        });
    }

    static void Average<TSum>(in TSum sum, double shape, double meanPerMonth, double threshold, Span<double> signalled, double trueRatio, int changeAfter)
        where TSum : struct, ISumSinceZero
    {
        if (!(shape > 0) || double.IsPositiveInfinity(shape))
            throw new ArgumentOutOfRangeException(nameof(shape), "A shape is finite and above 0; a known rate is MonthlyCusum's.");
        ZeroRuns.Check(meanPerMonth, threshold, trueRatio);
        if (changeAfter < 0) throw new ArgumentOutOfRangeException(nameof(changeAfter), "Months before a change are 0 or more.");
        int months = signalled.Length;
        double[] means = new double[months], given = new double[months];
        Array.Fill(means, meanPerMonth);
        var bounds = ZeroRuns.BoundsOf(sum, means, threshold);
        signalled.Clear();
        double low = Gamma.Quantile(Negligible, shape) / shape, high = Gamma.UpperQuantile(Negligible, shape) / shape, weightSum = 0;
        double all = months * meanPerMonth * Math.Max(1, trueRatio), none = Math.Min(FewestEvents / all, high), few = Math.Min(1 / all, high);
        if (none > low)
        {
            // So low a rate that no event is to be expected in all the months: the probability is that of the rate's upper end.
            Add(none, Gamma.Below(none * shape, shape), signalled);
            low = none;
        }
        if (few > low)
        {
            // Up to one expected event, probability and density are smooth in the logarithm of the rate, however small the shape.
            var (x, w) = GaussLegendre.Nodes(LowNodes, Math.Log(low), Math.Log(few));
            for (int i = 0; i < LowNodes; i++)
            {
                double rate = Math.Exp(x[i]);
                Add(rate, w[i] * rate * shape * Gamma.Density(rate * shape, shape), signalled);
            }
            low = few;
        }
        if (high > low)
        {
            // Above, counts spread evenly on the square root of the rate.
            double from = Math.Sqrt(low), to = Math.Sqrt(high);
            int nodes = LeastNodes + (int)(1.2 * (to - from) * Math.Sqrt(months * meanPerMonth));
            var (x, w) = GaussLegendre.Nodes(nodes, from, to);
            for (int i = 0; i < nodes; i++)
            {
                double rate = x[i] * x[i];
                Add(rate, w[i] * 2 * x[i] * shape * Gamma.Density(rate * shape, shape), signalled);
            }
        }
        foreach (ref double p in signalled) p = Math.Min(1, p / weightSum);

        void Add(double rate, double weight, Span<double> into)
        {
            weightSum += weight;
            if (weight < 1e-10) return;
            for (int t = 0; t < months; t++) means[t] = meanPerMonth * rate * (t < changeAfter ? 1 : trueRatio);
            ZeroRuns.SignalProbability(bounds, means, 1, given);
            for (int t = 0; t < months; t++) into[t] += weight * given[t];
        }
    }

    // The rate's distribution is cut where less than this lies beyond.
    const double Negligible = 1e-9;

    // Events in all the months below which a rate is as good as none.
    const double FewestEvents = 1e-7;

    const int LowNodes = 28, LeastNodes = 40;

    readonly struct Learning(double ratio, double shape) : ISumSinceZero
    {
        readonly double log = Math.Log(ZeroRuns.CheckedRatio(ratio));
        public bool Upwards => ratio > 1;
        public double At(double events, double expected) =>
            events * log - (shape + events) * Elementary.LogOnePlus((ratio - 1) * expected / (shape + expected));
    }

    readonly struct PlugIn(double ratio) : ISumSinceZero
    {
        readonly double log = Math.Log(ZeroRuns.CheckedRatio(ratio));
        public bool Upwards => ratio > 1;
        public double At(double events, double expected) => events * log - (ratio - 1) * expected;
    }
}
