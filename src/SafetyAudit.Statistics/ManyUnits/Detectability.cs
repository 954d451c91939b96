namespace SafetyAudit.Statistics;

/// <summary>
/// What one look could have seen: shown wherever nothing was found. A look signals when the count's upper
/// tail at the expected rate is at or under a level; its power is the chance of
/// that when the rate is really R times the expected one.
/// </summary>
/// <remarks>
/// Counts are whole, so power is a saw-tooth in the expected count: "needed" is where it no longer falls below
/// what is wanted. With an uncertain rate (finite shape) both the limit and the chance are
/// negative binomial. Reference: <c>oc_single_look_power.csv</c>.
/// </remarks>
public static class Detectability
{
    /// <summary>One-sided level of a look by default: the 99.8 % line.</summary>
    public const double DefaultTail = 0.001;

    /// <summary>The smallest count that is a signal, at least 1.</summary>
    /// <param name="expected">Expected events, 0 or more.</param>
    /// <param name="tail">One-sided level.</param>
    /// <param name="shape">Shape of the rate; infinite for a known one.</param>
    public static long SmallestSignal(double expected, double tail = DefaultTail, double shape = double.PositiveInfinity)
    {
        var at = NegativeBinomial.WithMean(shape, expected);
        return CountSearch.HighestNotHigh(at, tail, expected, at.Deviation) + 1;
    }

    /// <summary>The chance of a signal when the rate is <paramref name="ratio"/> times the expected one.</summary>
    /// <param name="expected">Expected events, 0 or more.</param>
    /// <param name="ratio">True rate over expected rate.</param>
    /// <param name="tail">One-sided level.</param>
    /// <param name="shape">Shape of the rate; infinite for a known one.</param>
    public static double Power(double expected, double ratio, double tail = DefaultTail, double shape = double.PositiveInfinity) =>
        ratio >= 0 && double.IsFinite(ratio)
            ? NegativeBinomial.WithMean(shape, expected * ratio).AtLeast(SmallestSignal(expected, tail, shape))
            : throw new ArgumentOutOfRangeException(nameof(ratio), "A true ratio is finite and 0 or more.");

    /// <summary>The smallest rise that would have been seen with a given chance.</summary>
    /// <param name="expected">Expected events, above 0.</param>
    /// <param name="power">Wanted chance, 0.8 as a rule.</param>
    /// <param name="tail">One-sided level.</param>
    /// <param name="shape">Shape of the rate; infinite for a known one.</param>
    public static double SmallestRatio(double expected, double power = 0.8, double tail = DefaultTail, double shape = double.PositiveInfinity) =>
        expected > 0
            ? FunnelCurve.ExpectedWhereHigh(SmallestSignal(expected, tail, shape), power, shape) / expected
            : throw new ArgumentOutOfRangeException(nameof(expected), "Expected events are above 0: without expectation no ratio could have been seen.");

    /// <summary>The expected count from which on a rise is seen with at least a given chance; divide by
    /// the rate for sessions, by the monthly expectation for months.</summary>
    /// <param name="ratio">True rate over expected rate, above 1.</param>
    /// <param name="power">Wanted chance.</param>
    /// <param name="tail">One-sided level.</param>
    /// <param name="shape">Shape of the rate; infinite for a known one.</param>
    /// <returns>Infinite where the rate is so uncertain that no amount of work would do.</returns>
    public static double ExpectedNeeded(double ratio, double power = 0.8, double tail = DefaultTail, double shape = double.PositiveInfinity)
    {
        if (!(ratio > 1 && double.IsFinite(ratio))) throw new ArgumentOutOfRangeException(nameof(ratio), "A rise is a finite ratio above 1.");
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A level is between 0 and 1.");
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0.");
        if (!(power > tail && power < 1)) throw new ArgumentOutOfRangeException(nameof(power), "A wanted chance lies between the level and 1.");
        // With endless work the count over its expectation is the rate itself, gamma with this shape.
        if (!double.IsPositiveInfinity(shape) && Gamma.Above(Gamma.UpperQuantile(tail, shape) / ratio, shape) <= power) return double.PositiveInfinity;
        // While count c is the smallest signal, expectation runs from vertex(c − 1) to vertex(c), and the
        // chance is least at its start. Doubling finds a count from which even that
        // is enough; halving finds the last where it isn't.
        long low = 1, high = 2;
        while (!EnoughAtStart(high))
        {
            (low, high) = (high, high * 2);
            if (high > 1L << 40) return double.PositiveInfinity;
        }
        while (high - low > 1)
        {
            long middle = low + (high - low) / 2;
            if (EnoughAtStart(middle)) high = middle; else low = middle;
        }
        double reached = FunnelCurve.ExpectedWhereHigh(low, power, shape) / ratio, end = FunnelCurve.ExpectedWhereHigh(low, tail, shape);
        return Math.Min(reached, end);

        bool EnoughAtStart(long count) =>
            NegativeBinomial.WithMean(shape, ratio * FunnelCurve.ExpectedWhereHigh(count - 1, tail, shape)).AtLeast(count) >= power;
    }
}
