namespace SafetyAudit.Statistics;

/// <summary>
/// The line of a funnel plot by inversion: for every whole count, the expectation at which that count sits exactly on the limit. Joining the points
/// draws a curve that agrees with the exact test at every count, which interpolated quantiles do not.
/// </summary>
/// <remarks>Reference figures for an infinite shape: <c>funnel_curve_vertices.csv</c>, 1e-10 relative.</remarks>
public static class FunnelCurve
{
    /// <summary>The expectation at which P(X ≥ count) equals <paramref name="tail"/>: at a smaller one the count is high.</summary>
    /// <param name="count">A count of 1 or more: a count of 0 is never high.</param>
    /// <param name="tail">One-sided tail probability of the limit, above 0 and below 1.</param>
    /// <param name="shape">Shape of the rate's distribution; infinite for a known rate.</param>
    public static double ExpectedWhereHigh(long count, double tail, double shape = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Check(tail, shape);
        if (double.IsPositiveInfinity(shape)) return Gamma.Quantile(tail, count);
        // P(X ≥ y) = P(Beta(y, shape) ≤ mean/(shape + mean)).
        double share = Beta.Quantile(tail, count, shape);
        return shape * share / (1 - share);
    }

    /// <summary>The expectation at which P(X ≤ count) equals <paramref name="tail"/>: at a larger one the count is low.
    /// Not reached (infinite) where the rate is so uncertain that no expectation makes the count low.</summary>
    /// <inheritdoc cref="ExpectedWhereHigh" path="/param"/>
    public static double ExpectedWhereLow(long count, double tail, double shape = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Check(tail, shape);
        if (double.IsPositiveInfinity(shape)) return Gamma.UpperQuantile(tail, count + 1.0);
        double rest = Beta.Quantile(tail, shape, count + 1.0);
        return rest > 0 ? shape * (1 - rest) / rest : double.PositiveInfinity;
    }

    static void Check(double tail, double shape)
    {
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A tail probability is between 0 and 1.");
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0.");
    }
}
