namespace SafetyAudit.Statistics;

/// <summary>
/// The line of a funnel plot by inversion: for every whole count, the expectation at which that count sits exactly on the limit. Joining the points
/// draws a curve that agrees with the exact test at every count, which interpolated quantiles do not.
/// </summary>
/// <remarks>
/// With a finite shape the logarithm of the expectation is solved for, so that nothing cancels however small or large the shape is.
/// From a shape of 1e20 the rate is taken as known. Reference figures for an infinite shape: <c>funnel_curve_vertices.csv</c>, 1e-10 relative.
/// </remarks>
public static class FunnelCurve
{
    /// <summary>The expectation at which P(X ≥ count) equals <paramref name="tail"/>: at a smaller one the count is high.</summary>
    /// <param name="count">A count of 1 or more: a count of 0 is never high.</param>
    /// <param name="tail">One-sided tail probability of the limit, above 0 and below 1.</param>
    /// <param name="shape">Shape of the rate's distribution; infinite for a known rate.</param>
    /// <returns>Infinite where it lies beyond 1e308, as it may for very small shapes.</returns>
    public static double ExpectedWhereHigh(long count, double tail, double shape = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Check(tail, shape);
        return shape >= NegativeBinomial.AsGoodAsKnown ? Gamma.Quantile(tail, count) : Solve(new(count, shape, upper: true), tail);
    }

    /// <summary>The expectation at which P(X ≤ count) equals <paramref name="tail"/>: at a larger one the count is low.
    /// Not reached (infinite) where the rate is so uncertain that no expectation makes the count low.</summary>
    /// <inheritdoc cref="ExpectedWhereHigh" path="/param"/>
    public static double ExpectedWhereLow(long count, double tail, double shape = double.PositiveInfinity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Check(tail, shape);
        return shape >= NegativeBinomial.AsGoodAsKnown ? Gamma.UpperQuantile(tail, count + 1.0) : Solve(new(count + 1.0, shape, upper: false), tail);
    }

    // Logarithms of the smallest and largest doubles.
    const double Low = -745, High = 709.7;

    static double Solve(in LogMeanTail at, double tail)
    {
        double log = Inversion.Solve(at, tail, at.Start(tail), Low, High);
        return log > High - 0.1 ? double.PositiveInfinity : Math.Exp(log);
    }

    static void Check(double tail, double shape)
    {
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A tail probability is between 0 and 1.");
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0.");
    }

    /// <summary>P(X ≥ a), or P(X ≤ a − 1), of a negative binomial count against the logarithm of its mean: I_x(a, b) with x = mean/(b + mean).</summary>
    readonly struct LogMeanTail(double a, double b, bool upper) : ITail
    {
        public TailPoint At(double log)
        {
            double mean = Math.Exp(log), sum = b + mean, x = mean / sum, y = b / sum;
            double slope = Loader.BinomialMass(a, b, x, y) * (b / (a + b)) * a, bend = a * y - b * x, curve = (a + b) * x * y;
            return new(upper ? Beta.Below(x, y, a, b) : Beta.Below(y, x, b, a), upper ? slope : -slope, bend, -curve, -curve * (y - x));
        }

        /// <summary>Abramowitz and Stegun 26.5.22 for the odds, or the leading term at the nearer end for shapes below 1.</summary>
        public double Start(double tail)
        {
            double below = upper ? tail : 1 - tail, above = upper ? 1 - tail : tail;        // of x
            double start;
            if (a >= 1 && b >= 1)
            {
                double z = upper ? Normal.Quantile(tail) : -Normal.Quantile(tail);
                double ra = a == 1 ? 1 : 1 / (2 * a - 1), rb = b == 1 ? 1 : 1 / (2 * b - 1), h = 2 / (ra + rb), lambda = (z * z - 3) / 6;
                double w = h + lambda > 0 ? -z * Math.Sqrt(h + lambda) / h - (rb - ra) * (lambda + 5.0 / 6 - 2 / (3 * h)) : 0;
                start = Math.Log(a) - 2 * w;
            }
            else
            {
                double logBeta = Loader.LogGamma(a) + Loader.LogGamma(b) - Loader.LogGamma(a + b);
                double logX = (Math.Log(below * a) + logBeta) / a, logY = (Math.Log(above * b) + logBeta) / b;
                start = below < a / (a + b) && logX < 0 ? Math.Log(b) + logX - Elementary.LogOnePlus(-Math.Exp(logX))
                    : logY < 0 ? Math.Log(b) - logY + Elementary.LogOnePlus(-Math.Exp(logY))
                    : Math.Log(a);
            }
            return double.IsNaN(start) ? 0 : Math.Clamp(start, Low + 1, High - 1);
        }
    }
}
