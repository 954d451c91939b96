namespace SafetyAudit.Statistics;

/// <summary>The Poisson distribution of a count with a known mean (events; mean ≥ 0).</summary>
/// <remarks>Tails are summed from their own side, never as 1 − the other, so they keep relative accuracy down to 1e-300.</remarks>
public static class Poisson
{
    /// <summary>P(X = count).</summary>
    public static double Mass(long count, double mean) => count < 0 ? 0 : Loader.PoissonMass(count, Checked(mean));

    /// <summary>P(X ≥ count).</summary>
    public static double AtLeast(long count, double mean) => NegativeBinomial.WithMean(double.PositiveInfinity, Checked(mean)).AtLeast(count);

    /// <summary>P(X ≤ count).</summary>
    public static double AtMost(long count, double mean) => NegativeBinomial.WithMean(double.PositiveInfinity, Checked(mean)).AtMost(count);

    static double Checked(double mean) =>
        mean >= 0 && double.IsFinite(mean) ? mean : throw new ArgumentOutOfRangeException(nameof(mean), "A mean is a finite number of events, 0 or more.");
}
