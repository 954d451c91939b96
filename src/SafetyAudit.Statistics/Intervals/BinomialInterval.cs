namespace SafetyAudit.Statistics;

/// <summary>Interval for a share of sessions: x of n with an event.</summary>
/// <remarks>
/// With 0 of n the lower limit is 0, with n of n the upper limit is 1; n = 0 has no share and is refused.
/// Reference figures: <c>intervals.csv</c> (R 4.2.2 and mpmath), 1e-10 relative.
/// </remarks>
public static class BinomialInterval
{
    /// <summary>Clopper and Pearson's exact interval (1934): coverage at least <paramref name="level"/> at every share.</summary>
    /// <param name="count">Sessions with an event, 0 to n.</param>
    /// <param name="n">Sessions, 1 or more.</param>
    /// <param name="level">Confidence level, above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is not from 0 to n, n is below 1, or the level is not between 0 and 1.</exception>
    public static Interval Exact(long count, long n, double level = 0.95)
    {
        double tail = Tail(count, n, level);
        if (count == n) return new(Math.Exp(Math.Log(tail) / n), 1);
        if (count > n / 2) return Mirrored(Exact(n - count, n, level));
        return new(
            count == 0 ? 0 : Beta.Quantile(tail, count, n - count + 1.0),
            count == n ? 1 : count == 0 ? -Elementary.ExpMinusOne(Math.Log(tail) / n) : Beta.UpperQuantile(tail, count + 1.0, n - count));
    }

    /// <summary>The mid-P interval (Lancaster 1961): half of the observed count's own probability is left out of each tail; the default here.</summary>
    /// <inheritdoc cref="Exact" path="/param"/>
    /// <inheritdoc cref="Exact" path="/exception"/>
    public static Interval MidP(long count, long n, double level = 0.95)
    {
        double tail = Tail(count, n, level);
        if (count == n) return new(Math.Exp(Math.Log(2 * tail) / n), 1);
        if (count > n / 2) return Mirrored(MidP(n - count, n, level));
        if (count == 0) return new(0, -Elementary.ExpMinusOne(Math.Log(2 * tail) / n));
        double z = Normal.Quantile(tail), a = count + 0.5, b = n - count + 0.5;
        return new(
            Inversion.Solve(new MidPTail(count, n, upper: true), tail, Beta.Start(a, b, tail, z), 0, 1),
            Inversion.Solve(new MidPTail(count, n, upper: false), tail, Beta.Start(a, b, 1 - tail, -z), 0, 1));
    }

    /// <summary>Wilson's score interval without continuity correction (1927): (p + z²/2n ± z√(p(1−p)/n + z²/4n²))/(1 + z²/n); for charts of large n.</summary>
    /// <inheritdoc cref="Exact" path="/param"/>
    /// <inheritdoc cref="Exact" path="/exception"/>
    public static Interval Wilson(long count, long n, double level = 0.95)
    {
        double z = -Normal.Quantile(Tail(count, n, level));
        if (count > n / 2) return Mirrored(Wilson(n - count, n, level));
        double p = (double)count / n, square = z * z / n, root = z * Math.Sqrt(p * (1 - p) / n + square / (4.0 * n));
        double upper = (p + square / 2 + root) / (1 + square);
        // The product of the limits is p²/(1 + z²/n): dividing keeps the digits that subtracting would lose.
        return new(p * p / (1 + square) / upper, upper);
    }

    /// <summary>Jeffreys' interval: quantiles of Beta(x + ½, n − x + ½), with the end 0 at 0 and 1 at n (Brown, Cai and DasGupta 2001).</summary>
    /// <inheritdoc cref="Exact" path="/param"/>
    /// <inheritdoc cref="Exact" path="/exception"/>
    public static Interval Jeffreys(long count, long n, double level = 0.95)
    {
        double tail = Tail(count, n, level);
        if (count > n / 2) return Mirrored(Jeffreys(n - count, n, level));
        return new(
            count == 0 ? 0 : Beta.Quantile(tail, count + 0.5, n - count + 0.5),
            count == n ? 1 : Beta.UpperQuantile(tail, count + 0.5, n - count + 0.5));
    }

    static Interval Mirrored(Interval other) => new(1 - other.Upper, 1 - other.Lower);

    static double Tail(long count, long n, double level)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        if (count < 0 || count > n) throw new ArgumentOutOfRangeException(nameof(count), "A count is from 0 to n.");
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), "A confidence level is above 0 and below 1.");
        return (1 - level) / 2;
    }

    readonly struct MidPTail(long count, long n, bool upper) : ITail
    {
        public TailPoint At(double p)
        {
            double q = 1 - p, mass = Loader.BinomialMass(count, n - count, p, q), x = count, rest = n - count;
            // d/dp of P(X > x) is (n−x)·mass/q and of the mass itself is mass·(x/p − (n−x)/q): together half of mass·(x/p + (n−x)/q).
            double below = x / p, above = rest / q, sum = below + above;
            return new(
                mass / 2 + (upper ? count + 1 > n ? 0 : Beta.Below(p, q, x + 1, rest) : Beta.Below(q, p, rest + 1, x)),
                mass * sum / 2 * (upper ? 1 : -1),
                below - above + (above / q - below / p) / sum);
        }
    }
}
