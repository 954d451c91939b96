namespace SafetyAudit.Statistics;

/// <summary>
/// Signal probabilities of the <see cref="LearningCusum"/> over equal months: the true rate is drawn once from
/// Gamma(A, A/μ); given the rate the sum since zero depends only on the events and months
/// since, so the programme of <see cref="MonthlyCusum"/> applies, and the probabilities are averaged over the rate by Gauss–Legendre quadrature.
/// </summary>
/// <remarks>
/// The nodes lie over all but 1e-9 of the distribution, closer where more events make the probability
/// steeper in the rate: right to about 1e-3 of itself. A few milliseconds to
/// half a second. Reference: <c>learning_cusum_thresholds.csv</c>, <c>oc_uncertain_baseline.csv</c>; confirmed by seeded simulation.
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
    public static (double Threshold, double AttainedPerYear) ThresholdFor(double shape, double meanPerMonth, double ratio, double alpha, int months = 60)
    {
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
        if (!(meanPerMonth > 0)) throw new ArgumentOutOfRangeException(nameof(meanPerMonth), "An expected count is above 0.");
        int months = signalled.Length;
        double[] expected = new double[months], means = new double[months], given = new double[months];
        Array.Fill(expected, meanPerMonth);
        signalled.Clear();
        double low = Gamma.Quantile(1e-9, shape) / shape, high = Gamma.UpperQuantile(1e-9, shape) / shape, weightSum = 0;
        // On the square root of the rate the density is flatter at 0 and the nodes lie where it has its mass.
        int nodes = 16 + (int)(0.7 * (Math.Sqrt(high) - Math.Sqrt(low)) * Math.Sqrt(months * meanPerMonth));
        var (x, w) = GaussLegendre.Nodes(nodes, Math.Sqrt(low), Math.Sqrt(high));
        for (int i = 0; i < nodes; i++)
        {
            double rate = x[i] * x[i], weight = w[i] * 2 * x[i] * shape * Gamma.Density(rate * shape, shape);
            weightSum += weight;
            if (weight < 1e-14) continue;
            for (int t = 0; t < months; t++) means[t] = meanPerMonth * rate * (t < changeAfter ? 1 : trueRatio);
            ZeroRuns.SignalProbability(sum, expected, threshold, means, 1, given);
            for (int t = 0; t < months; t++) signalled[t] += weight * given[t];
        }
        foreach (ref double p in signalled) p /= weightSum;
    }

    readonly struct Learning(double ratio, double shape) : ISumSinceZero
    {
        readonly double log = Math.Log(ratio);
        public bool Upwards => ratio > 1;
        public double At(double events, double expected) => events * log - (shape + events) * Elementary.LogOnePlus((ratio - 1) * expected / (shape + expected));
    }

    readonly struct PlugIn(double ratio) : ISumSinceZero
    {
        readonly double log = Math.Log(ratio);
        public bool Upwards => ratio > 1;
        public double At(double events, double expected) => events * log - (ratio - 1) * expected;
    }
}
