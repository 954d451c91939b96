namespace SafetyAudit.Statistics;

/// <summary>
/// The count of events when the rate itself is uncertain: a Poisson count whose mean is drawn from a gamma distribution with
/// <see cref="Shape"/> and expectation <see cref="Mean"/>. This is the predictive distribution behind every control limit
/// (Gelman et al., Bayesian Data Analysis, §2.6). An infinite shape is the Poisson distribution: the rate is known.
/// </summary>
/// <remarks>
/// Variance = Mean + Mean²/Shape. From a shape of 1e20 the rate is taken as known (Poisson), which changes the variance by 1 part in 1e11 at a
/// mean of 1e9. A mean of 0 puts all mass at 0. Tails through the beta distribution, P(X ≥ y) = P(Beta(y, shape) ≤ mean/(shape + mean)),
/// each from its own side: about 1e-13 relative. Reference: <c>negbin_predictive.csv</c>.
/// </remarks>
public readonly record struct NegativeBinomial : ICountTails
{
    /// <summary>The shape from which on the rate is taken as known.</summary>
    internal const double AsGoodAsKnown = 1e20;

    NegativeBinomial(double shape, double mean) => (Shape, Mean) = (shape, mean);

    /// <summary>Shape of the gamma distribution of the rate: about how many events the knowledge of it is worth.</summary>
    public double Shape { get; }

    /// <summary>Expected count, in events.</summary>
    public double Mean { get; }

    /// <summary>The distribution with this shape (above 0, may be infinite) and this mean (0 or more).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Shape is not above 0, or mean is negative or not finite.</exception>
    public static NegativeBinomial WithMean(double shape, double mean)
    {
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0.");
        if (!(mean >= 0) || !double.IsFinite(mean)) throw new ArgumentOutOfRangeException(nameof(mean), "A mean is a finite number of events, 0 or more.");
        return new(shape, mean);
    }

    /// <summary>P(X = count).</summary>
    public double Mass(long count)
    {
        if (count < 0) return 0;
        if (Shape >= AsGoodAsKnown) return Loader.PoissonMass(count, Mean);
        double p = Shape / (Shape + Mean), q = Mean / (Shape + Mean);
        return Shape / (Shape + count) * Loader.BinomialMass(Shape, count, p, q);
    }

    /// <summary>ln P(X = count), for counts so far out that the probability itself is below the smallest double; the count need not be whole.</summary>
    internal double LogMass(double count) => Shape >= AsGoodAsKnown
        ? Loader.LogPoissonMass(count, Mean)
        : Math.Log(Shape / (Shape + count)) + Loader.LogBinomialMass(Shape, count, Shape / (Shape + Mean), Mean / (Shape + Mean));

    /// <summary>P(X ≥ count).</summary>
    public double AtLeast(long count)
    {
        if (count <= 0) return 1;
        if (Shape >= AsGoodAsKnown) return Gamma.Below(Mean, count);
        return Beta.Below(Mean / (Shape + Mean), Shape / (Shape + Mean), count, Shape);
    }

    /// <summary>P(X ≤ count).</summary>
    public double AtMost(long count)
    {
        if (count < 0) return 0;
        if (Shape >= AsGoodAsKnown) return Gamma.Above(Mean, count + 1.0);
        return Beta.Below(Shape / (Shape + Mean), Mean / (Shape + Mean), Shape, count + 1.0);
    }

    /// <summary>P(X &gt; count) + ½ P(X = count): the mid-P upper tail (Lancaster 1961).</summary>
    public double MidPAtLeast(long count) => AtLeast(Math.Min(count, long.MaxValue - 1) + 1) + Mass(count) / 2;

    /// <summary>P(X &lt; count) + ½ P(X = count): the mid-P lower tail.</summary>
    public double MidPAtMost(long count) => AtMost(Math.Max(count, 0) - 1) + Mass(count) / 2;

    /// <summary>The smallest count whose P(X ≤ count) is at least <paramref name="probability"/> (0 to below 1).</summary>
    public long Quantile(double probability) => CountSearch.Quantile(this, probability, Mean, Deviation);

    internal double Deviation => Math.Sqrt(Mean + (double.IsPositiveInfinity(Shape) ? 0 : Mean * Mean / Shape));
}
