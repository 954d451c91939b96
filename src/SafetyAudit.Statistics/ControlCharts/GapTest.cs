namespace SafetyAudit.Statistics;

/// <summary>Whether the gaps up to an event could be compared with anything.</summary>
public enum GapTestState
{
    Judged,

    /// <summary>Nothing is known of the ordinary rate: not to be read as "fine".</summary>
    NotAssessed,
}

/// <summary>The look-back that speaks loudest at an event.</summary>
/// <param name="State">Whether anything could be said.</param>
/// <param name="Gaps">The number of gaps looked back over; 0 if there is none.</param>
/// <param name="Tail">Its tail times the number of look-backs tried, at most 1.</param>
public readonly record struct GapTestResult(GapTestState State, int Gaps, double Tail)
{
    public void Deconstruct(out int gaps, out double tail) => (gaps, tail) = (Gaps, Tail);
}

/// <summary>
/// Rare events: has the rate risen? The exposure over which the last k events came, compared with what k
/// events should take. At a known rate that exposure follows an Erlang distribution and
/// P(k events within T) = P(Poisson(λT) ≥ k); at an uncertain rate the count is negative binomial.
/// A single gap is one event's word and seldom enough; two to four gaps can
/// signal a rise from the second event on (the t_r chart of Xie, Goh and Ranjan 2002,
/// Reliability Engineering and System Safety 77:143; here with an uncertain rate).
/// </summary>
/// <remarks>
/// Looking back over 1 to K gaps at an event, each k is given tail/K (Bonferroni), so that the chance of a false signal at one event is at most the
/// tail; K is the number of look-backs tried, which is fewer while there are fewer gaps.
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
        if (!(exposure >= 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and 0 or more.");
        return baseline.Predict(exposure).AtLeast(events);
    }

    /// <summary>The exposure within which k events are a signal: at most this much.</summary>
    /// <param name="events">k, 1 or more.</param>
    /// <param name="tail">One-sided level, between 0 and 1.</param>
    /// <param name="baseline">What is known of the ordinary rate.</param>
    public static double LongestSignal(int events, double tail, GammaRate baseline) =>
        FunnelCurve.ExpectedWhereHigh(events, tail, baseline.Known.Shape) / baseline.Mean;

    /// <summary>The look-back that speaks loudest at the latest event.</summary>
    /// <param name="gaps">Exposure between events, oldest first, the last ending at the latest event.</param>
    /// <param name="baseline">What is known of the ordinary rate.</param>
    /// <param name="most">Longest look-back, in gaps: 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A gap is negative or not finite, or the longest look-back is below 1.</exception>
    public static GapTestResult Latest(ReadOnlySpan<double> gaps, GammaRate baseline, int most = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        foreach (double gap in gaps)
            if (!(gap >= 0 && double.IsFinite(gap))) throw new ArgumentOutOfRangeException(nameof(gaps), "Gaps are finite and 0 or more.");
        if (!baseline.IsKnown) return new(GapTestState.NotAssessed, 0, 1);
        int tried = Math.Min(most, gaps.Length), best = 0;
        double smallest = 1, exposure = 0;
        for (int k = 1; k <= tried; k++)
        {
            exposure += gaps[^k];
            double tail = Tail(k, exposure, baseline);
            if (tail < smallest) (best, smallest) = (k, tail);
        }
        return new(GapTestState.Judged, best, Math.Min(1, smallest * Math.Max(1, tried)));
    }
}
