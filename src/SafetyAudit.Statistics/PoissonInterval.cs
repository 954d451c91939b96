namespace SafetyAudit.Statistics;

/// <summary>
/// Interval for the mean behind one observed count. Divide by the exposure for a rate, by the expected count for a standardised ratio.
/// </summary>
/// <remarks>
/// At 0 events the lower limit is 0 and the upper one is −ln(α/2) (exact) or −ln α (mid-P): never an empty interval.
/// Reference figures: <c>intervals.csv</c> (R 4.2.2 and mpmath), 1e-10 relative.
/// </remarks>
public static class PoissonInterval
{
    /// <summary>Garwood's exact interval (1936): coverage at least <paramref name="level"/> at every mean.</summary>
    /// <param name="count">Observed events, 0 or more.</param>
    /// <param name="level">Confidence level, above 0 and below 1.</param>
    public static Interval Exact(long count, double level = 0.95)
    {
        double tail = Tail(count, level);
        double lower = count == 0 ? 0 : Solve(count, tail, WilsonHilferty(count, tail), mean => Poisson.AtLeast(count, mean), mean => Poisson.Mass(count - 1, mean));
        double upper = Solve(count + 1, tail, WilsonHilferty(count + 1, 1 - tail), mean => Poisson.AtMost(count, mean), mean => -Poisson.Mass(count, mean));
        return new(lower, upper);
    }

    /// <summary>The mid-P interval (Lancaster 1961): half of the observed count's own probability is left out of each tail; the default here,
    /// since its average coverage is nearest to the level (0.956 for means 0.2–20 at 0.95).</summary>
    /// <inheritdoc cref="Exact" path="/param"/>
    public static Interval MidP(long count, double level = 0.95)
    {
        double tail = Tail(count, level);
        if (count == 0) return new(0, -Math.Log(2 * tail));
        double lower = Solve(count, tail, WilsonHilferty(count + 0.5, tail),
            mean => Poisson.AtLeast(count + 1, mean) + Poisson.Mass(count, mean) / 2,
            mean => (Poisson.Mass(count, mean) + Poisson.Mass(count - 1, mean)) / 2);
        double upper = Solve(count, tail, WilsonHilferty(count + 0.5, 1 - tail),
            mean => Poisson.AtMost(count - 1, mean) + Poisson.Mass(count, mean) / 2,
            mean => -(Poisson.Mass(count, mean) + Poisson.Mass(count - 1, mean)) / 2);
        return new(lower, upper);
    }

    static double Tail(long count, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), "A confidence level is above 0 and below 1.");
        return (1 - level) / 2;
    }

    /// <summary>Gamma quantile by Wilson and Hilferty (1931): a start close enough for Newton's steps.</summary>
    static double WilsonHilferty(double shape, double probability)
    {
        double z = Normal.Quantile(probability);
        double root = 1 - 1 / (9 * shape) + z / (3 * Math.Sqrt(shape));
        return shape * Math.Max(root * root * root, 1e-4);
    }

    /// <summary>The mean at which a tail equals its target: Newton's method on the logarithm of the tail, kept within brackets.</summary>
    static double Solve(long scale, double target, double start, Func<double, double> tail, Func<double, double> slope)
    {
        double low = 0, high = double.PositiveInfinity, mean = start;
        for (int step = 0; step < 200; step++)
        {
            double at = tail(mean), rise = slope(mean);
            bool above = rise > 0 ? at > target : at < target;
            if (above) high = mean; else low = mean;

            double next = at > 0 && rise != 0 ? mean - at * Math.Log(at / target) / rise : double.NaN;
            if (Math.Abs(next - mean) <= 1e-15 * mean) return next;
            if (!(next > low && next < high)) next = double.IsPositiveInfinity(high) ? 2 * mean + scale : (low + high) / 2;
            mean = next;
        }
        return mean;
    }
}
