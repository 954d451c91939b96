namespace SafetyAudit.Statistics;

/// <summary>The binomial distribution of the number of sessions with an event among n (n ≥ 0), each with probability p (0 to 1).</summary>
/// <remarks>
/// Tails through the beta distribution, P(X ≥ x) = P(Beta(x, n − x + 1) ≤ p), from their own side. Counts outside 0 to n have probability 0.
/// Reference: <c>intervals.csv</c>, <c>funnel_results.csv</c> (exact tails of proportions).
/// </remarks>
public static class Binomial
{
    /// <summary>P(X = count).</summary>
    /// <exception cref="ArgumentOutOfRangeException">n is negative or p is not from 0 to 1.</exception>
    public static double Mass(long count, long n, double p)
    {
        Check(n, p);
        return count < 0 || count > n ? 0 : Loader.BinomialMass(count, n - count, p, 1 - p);
    }

    /// <summary>P(X ≥ count).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double AtLeast(long count, long n, double p)
    {
        Check(n, p);
        return count <= 0 ? 1 : count > n ? 0 : Beta.Below(p, count, n - count + 1.0);
    }

    /// <summary>P(X ≤ count).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double AtMost(long count, long n, double p)
    {
        Check(n, p);
        return count < 0 ? 0 : count >= n ? 1 : Beta.Above(p, count + 1.0, n - count);
    }

    /// <summary>P(X &gt; count) + ½ P(X = count): the mid-P upper tail (Lancaster 1961).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double MidPAtLeast(long count, long n, double p) => AtLeast(Math.Min(count, long.MaxValue - 1) + 1, n, p) + Mass(count, n, p) / 2;

    /// <summary>P(X &lt; count) + ½ P(X = count): the mid-P lower tail.</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double MidPAtMost(long count, long n, double p) => AtMost(Math.Max(count, 0) - 1, n, p) + Mass(count, n, p) / 2;

    /// <summary>The smallest count whose P(X ≤ count) is at least <paramref name="probability"/> (0 to below 1).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static long Quantile(double probability, long n, double p)
    {
        Check(n, p);
        return CountSearch.Quantile(new Tails(n, p), probability, n * p, Math.Sqrt(n * p * (1 - p)), n);
    }

    static void Check(long n, double p)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (!(p >= 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(p), "A probability is from 0 to 1.");
    }

    readonly struct Tails(long n, double p) : ICountTails
    {
        public double AtLeast(long count) => Binomial.AtLeast(count, n, p);
        public double AtMost(long count) => Binomial.AtMost(count, n, p);
    }
}
