namespace SafetyAudit.Statistics;

/// <summary>
/// Exact signal probabilities of the monthly Poisson CUSUM with a known rate, by a dynamic programme over
/// the month in which the sum last was zero and the events since: between zeros
/// the sum depends on nothing else. From them the threshold for a yearly false-alarm budget.
/// </summary>
/// <remarks>
/// Months may differ in their expected count. A month without expectation changes nothing. Reference:
/// <c>cusum_poisson_monthly.csv</c>, <c>cusum_thresholds_fap.csv</c>, 1e-9; confirmed by seeded simulation.
/// </remarks>
public static class MonthlyCusum
{
    /// <summary>The probability of at least one signal up to and including each month.</summary>
    /// <param name="means">Expected events of each month, 0 or more.</param>
    /// <param name="ratio">R of the CUSUM, above 0 and not 1.</param>
    /// <param name="threshold">h, above 0.</param>
    /// <param name="signalled">Receives as many cumulative probabilities as there are months.</param>
    /// <param name="trueRatio">Rate ratio that is really so: 1 for false alarms, 2 for the detection of a doubling.</param>
    public static void SignalProbability(ReadOnlySpan<double> means, double ratio, double threshold, Span<double> signalled, double trueRatio = 1)
    {
        ZeroRuns.Check(1, threshold, trueRatio);
        foreach (double mean in means)
            if (!(mean >= 0 && mean <= ZeroRuns.MostPerMonth))
                throw new ArgumentOutOfRangeException(nameof(means), "Expected events are from 0 to 10,000 a month.");
        ZeroRuns.SignalProbability(ZeroRuns.BoundsOf(new KnownRate(ratio), means, threshold), means, trueRatio, signalled);
    }

    /// <summary>The smallest threshold whose mean yearly signal probability over the given months, 1
    /// − (1 − P)^(12/months), is at most <paramref name="alpha"/>.</summary>
    /// <param name="meanPerMonth">Expected events a month, above 0.</param>
    /// <param name="ratio">R of the CUSUM.</param>
    /// <param name="alpha">Yearly budget of this stream, between 0 and 1.</param>
    /// <param name="months">Horizon.</param>
    /// <returns>The threshold, a billionth above the last value of S that must not signal, and
    /// the yearly probability it attains: a step function of h.</returns>
    public static (double Threshold, double AttainedPerYear) ThresholdFor(double meanPerMonth, double ratio, double alpha, int months = 60)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(months, 1);
        ZeroRuns.Check(meanPerMonth, 1, 1);
        double[] means = new double[months], signalled = new double[months];
        Array.Fill(means, meanPerMonth);
        return ZeroRuns.ThresholdFor(new KnownRate(ratio), means, alpha, h =>
        {
            SignalProbability(means, ratio, h, signalled);
            return signalled[^1];
        });
    }

    readonly struct KnownRate(double ratio) : ISumSinceZero
    {
        readonly double log = Math.Log(ZeroRuns.CheckedRatio(ratio));
        public bool Upwards => ratio > 1;
        public double At(double events, double expected) => events * log - (ratio - 1) * expected;
    }
}
