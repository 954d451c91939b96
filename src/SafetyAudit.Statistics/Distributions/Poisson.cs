namespace SafetyAudit.Statistics;

/// <summary>The Poisson distribution of a count with a known mean (events; mean ≥ 0).</summary>
/// <remarks>
/// Tails through the gamma distribution, P(X ≥ y) = P(Gamma(y) ≤ μ), from their own side and never as 1 − the other where they are small: 1e-13 relative
/// down to 1e-300, at means from 1e-12 to 1e9. A mean of 0 puts all mass at 0. Reference: <c>oe_ratio.csv</c>, <c>intervals.csv</c>.
/// </remarks>
public static class Poisson
{
    /// <summary>P(X = count).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The mean is negative or not finite.</exception>
    public static double Mass(long count, double mean) => count < 0 ? 0 : Loader.PoissonMass(count, Checked(mean));

    /// <summary>P(X ≥ count).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double AtLeast(long count, double mean) => count <= 0 ? 1 : Gamma.Below(Checked(mean), count);

    /// <summary>P(X ≤ count).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double AtMost(long count, double mean) => count < 0 ? 0 : Gamma.Above(Checked(mean), count + 1.0);

    /// <summary>P(X &gt; count) + ½ P(X = count): the mid-P upper tail (Lancaster 1961).</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double MidPAtLeast(long count, double mean) => AtLeast(Math.Min(count, long.MaxValue - 1) + 1, mean) + Mass(count, mean) / 2;

    /// <summary>P(X &lt; count) + ½ P(X = count): the mid-P lower tail.</summary>
    /// <inheritdoc cref="Mass" path="/exception"/>
    public static double MidPAtMost(long count, double mean) => AtMost(Math.Max(count, 0) - 1, mean) + Mass(count, mean) / 2;

    /// <summary>The smallest count whose P(X ≤ count) is at least <paramref name="probability"/> (0 to below 1).</summary>
    public static long Quantile(double probability, double mean) => NegativeBinomial.WithMean(double.PositiveInfinity, mean).Quantile(probability);

    static double Checked(double mean) =>
        mean >= 0 && double.IsFinite(mean) ? mean : throw new ArgumentOutOfRangeException(nameof(mean), "A mean is a finite number of events, 0 or more.");
}
