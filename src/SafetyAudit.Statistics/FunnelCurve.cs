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
        return Invert(tail, mean => NegativeBinomial.WithMean(shape, mean).AtLeast(count), rises: true, start: count);
    }

    /// <summary>The expectation at which P(X ≤ count) equals <paramref name="tail"/>: at a larger one the count is low.
    /// Not reached (infinite) where the rate is so uncertain that no expectation makes the count low.</summary>
    /// <inheritdoc cref="ExpectedWhereHigh" path="/param"/>
    public static double ExpectedWhereLow(long count, double tail, double shape = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return Invert(tail, mean => NegativeBinomial.WithMean(shape, mean).AtMost(count), rises: false, start: count + 1);
    }

    static double Invert(double tail, Func<double, double> probability, bool rises, double start)
    {
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A tail probability is between 0 and 1.");
        double low = start, high = start;
        while (rises == probability(low) > tail) low /= 2;
        while (rises == probability(high) < tail)
        {
            high *= 2;
            if (high > 1e12) return double.PositiveInfinity;
        }
        // Secant steps on log p over log mean, nearly straight there; bisection whenever a step leaves the bracket.
        double x0 = Math.Log(low), f0 = Math.Log(probability(low) / tail), x1 = Math.Log(high), f1 = Math.Log(probability(high) / tail);
        for (int i = 0; i < 200 && x1 - x0 > 1e-15 * Math.Max(1, Math.Abs(x1)); i++)
        {
            double x = i % 3 == 2 || f1 == f0 ? (x0 + x1) / 2 : x0 - f0 * (x1 - x0) / (f1 - f0);
            if (!(x > x0 && x < x1)) x = (x0 + x1) / 2;
            if (x <= x0 || x >= x1) break;
            double f = Math.Log(probability(Math.Exp(x)) / tail);
            if (f == 0) return Math.Exp(x);
            if (Math.Sign(f) == Math.Sign(f0)) (x0, f0) = (x, f); else (x1, f1) = (x, f);
        }
        return Math.Exp((x0 + x1) / 2);
    }
}
