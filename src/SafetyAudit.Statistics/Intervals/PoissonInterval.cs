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
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or the level is not between 0 and 1.</exception>
    public static Interval Exact(long count, double level = 0.95)
    {
        double tail = Tail(count, level);
        return new(count == 0 ? 0 : Gamma.Quantile(tail, count), count == 0 ? -Math.Log(tail) : Gamma.UpperQuantile(tail, count + 1.0));
    }

    /// <summary>Garwood's interval for many counts: each different count below 1,024 is worked out once, all without allocation.</summary>
    /// <param name="counts">Observed events, 0 or more.</param>
    /// <param name="intervals">Receives as many intervals as there are counts.</param>
    /// <param name="level">Confidence level, above 0 and below 1.</param>
    public static void Exact(ReadOnlySpan<long> counts, Span<Interval> intervals, double level = 0.95)
    {
        Tail(0, level);
        Span<Interval> known = stackalloc Interval[1024];
        known.Clear();
        for (int i = 0; i < counts.Length; i++)
        {
            long count = counts[i];
            if ((ulong)count >= (ulong)known.Length)
            {
                intervals[i] = Exact(count, level);
                continue;
            }
            ref var remembered = ref known[(int)count];
            if (remembered.Upper == 0) remembered = Exact(count, level);
            intervals[i] = remembered;
        }
    }

    /// <summary>The mid-P interval (Lancaster 1961): half of the observed count's own probability is left out of each tail; the default here,
    /// since its average coverage is nearest to the level (0.956 for means 0.2–20 at 0.95).</summary>
    /// <inheritdoc cref="Exact(long, double)" path="/param"/>
    /// <inheritdoc cref="Exact(long, double)" path="/exception"/>
    public static Interval MidP(long count, double level = 0.95)
    {
        double tail = Tail(count, level);
        if (count == 0) return new(0, -Math.Log(2 * tail));
        double z = Normal.Quantile(tail);
        return new(
            Inversion.Solve(new MidPTail(count, upper: true), tail, Gamma.Start(count + 0.5, tail, z), 0, double.PositiveInfinity),
            Inversion.Solve(new MidPTail(count, upper: false), tail, Gamma.Start(count + 0.5, 1 - tail, -z), 0, double.PositiveInfinity));
    }

    /// <summary>Byar's approximation, y(1 − 1/9y ∓ z/3√y)³ with y + 1 for the upper limit (Breslow and Day 1987, vol. II, eq. 2.13): only to reproduce NHS
    /// tables. The lower limit is held at 0, below which it falls at 1 event and 99.8 %.</summary>
    /// <inheritdoc cref="Exact(long, double)" path="/param"/>
    /// <inheritdoc cref="Exact(long, double)" path="/exception"/>
    public static Interval Byar(long count, double level = 0.95)
    {
        double z = -Normal.Quantile(Tail(count, level));
        return new(count == 0 ? 0 : Math.Max(0, Cube(count, -z)), Cube(count + 1.0, z));

        static double Cube(double y, double z)
        {
            double root = 1 - 1 / (9 * y) + z / (3 * Math.Sqrt(y));
            return y * root * root * root;
        }
    }

    /// <summary>Jeffreys' interval: quantiles of Gamma(count + ½), with the lower limit 0 at 0 events.</summary>
    /// <inheritdoc cref="Exact(long, double)" path="/param"/>
    /// <inheritdoc cref="Exact(long, double)" path="/exception"/>
    public static Interval Jeffreys(long count, double level = 0.95)
    {
        double tail = Tail(count, level);
        return new(count == 0 ? 0 : Gamma.Quantile(tail, count + 0.5), Gamma.UpperQuantile(tail, count + 0.5));
    }

    static double Tail(long count, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), "A confidence level is above 0 and below 1.");
        return (1 - level) / 2;
    }

    readonly struct MidPTail(long count, bool upper) : ITail
    {
        public TailPoint At(double mean)
        {
            double mass = Loader.PoissonMass(count, mean), ratio = count / mean;
            return new(
                mass / 2 + (upper ? Gamma.Below(mean, count + 1.0) : Gamma.Above(mean, count)),
                mass * (1 + ratio) / 2 * (upper ? 1 : -1),
                ratio - 1 - ratio / mean / (1 + ratio));
        }
    }
}
