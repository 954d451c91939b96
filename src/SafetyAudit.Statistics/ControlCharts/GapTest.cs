namespace SafetyAudit.Statistics;

/// <summary>
/// Rare events: has the rate risen? The exposure over which the last k events came, compared with what k
/// events should take. At a known rate that exposure follows an Erlang distribution and
/// P(k events within T) = P(Poisson(λT) ≥ k); at an uncertain rate the count is negative binomial.
/// A single gap is one event's word and seldom enough; two to four gaps can
/// signal a rise from the second event on (the t_r chart of Xie, Goh and Ranjan 2002,
/// Reliability Engineering and System Safety 77:143; here with an uncertain rate).
/// </summary>
/// <remarks>
/// Looking back over 1 to K gaps at every event, each k is given tail/K (Bonferroni), so that the chance of a false signal at one event is at most the tail.
/// Figures tested: Erlang tails from R (pgamma), and seeded simulation.
/// </remarks>
public static class GapTest
{
    /// <summary>P(at least k events within this exposure): small when they came too fast.</summary>
    /// <param name="events">k, 1 or more.</param>
    /// <param name="exposure">Exposure that the k gaps took together, 0 or more.</param>
    /// <param name="baseline">What is known of the ordinary rate.</param>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than 1 event, or negative exposure.</exception>
    public static double Tail(int events, double exposure, GammaRate baseline)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(events, 1);
        if (!(exposure >= 0)) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is 0 or more.");
        return baseline.Predict(exposure).AtLeast(events);
    }

    /// <summary>The exposure within which k events are a signal: at most this much.</summary>
    /// <param name="events">k, 1 or more.</param>
    /// <param name="tail">One-sided level, between 0 and 1.</param>
    /// <param name="baseline">What is known of the ordinary rate.</param>
    public static double LongestSignal(int events, double tail, GammaRate baseline) => FunnelCurve.ExpectedWhereHigh(events, tail, baseline.Shape) / baseline.Mean;

    /// <summary>The look-back that speaks loudest at the latest event.</summary>
    /// <param name="gaps">Exposure between events, oldest first, the last ending at the latest event.</param>
    /// <param name="baseline">What is known of the ordinary rate.</param>
    /// <param name="most">Longest look-back, in gaps.</param>
    /// <returns>The number of gaps looked back over (0 if there is none), and its tail times the number of look-backs tried, at most 1.</returns>
    public static (int Gaps, double Tail) Latest(ReadOnlySpan<double> gaps, GammaRate baseline, int most = 4)
    {
        int tried = Math.Min(most, gaps.Length), best = 0;
        double smallest = 1, exposure = 0;
        for (int k = 1; k <= tried; k++)
        {
            exposure += gaps[^k];
            double tail = Tail(k, exposure, baseline);
            if (tail < smallest) (best, smallest) = (k, tail);
        }
        return (best, Math.Min(1, smallest * most));
    }
}
