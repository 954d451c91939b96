namespace SafetyAudit.Statistics;

/// <summary>
/// The count of events when the rate itself is uncertain: a Poisson count whose mean is drawn from a gamma distribution with
/// <see cref="Shape"/> and expectation <see cref="Mean"/>. This is the predictive distribution behind every control limit
/// (Gelman et al., Bayesian Data Analysis, §2.6). An infinite shape is the Poisson distribution: the rate is known.
/// </summary>
/// <remarks>Variance = Mean + Mean²/Shape. A mean of 0 puts all mass at 0.</remarks>
public readonly record struct NegativeBinomial
{
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
        if (double.IsPositiveInfinity(Shape)) return Loader.PoissonMass(count, Mean);
        double p = Shape / (Shape + Mean), q = Mean / (Shape + Mean);
        return Shape / (Shape + count) * Loader.BinomialMass(Shape, Shape + count, p, q);
    }

    /// <summary>P(X ≥ count), to about 1e-13 relative.</summary>
    public double AtLeast(long count)
    {
        if (count <= 0) return 1;
        return count > Mean ? SumUp(count) : 1 - SumDown(count - 1);
    }

    /// <summary>P(X ≤ count), to about 1e-13 relative.</summary>
    public double AtMost(long count)
    {
        if (count < 0) return 0;
        return count < Mean ? SumDown(count) : 1 - SumUp(count + 1);
    }

    /// <summary>P(X &gt; count) + ½ P(X = count): the mid-P upper tail (Lancaster 1961).</summary>
    public double MidPAtLeast(long count) => AtLeast(count + 1) + Mass(count) / 2;

    /// <summary>P(X &lt; count) + ½ P(X = count): the mid-P lower tail.</summary>
    public double MidPAtMost(long count) => AtMost(count - 1) + Mass(count) / 2;

    /// <summary>The smallest count whose P(X ≤ count) is at least <paramref name="probability"/> (0 to below 1).</summary>
    public long Quantile(double probability)
    {
        if (!(probability >= 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is from 0 to below 1.");
        // A search on the tail that is small, so that probabilities near 1 are not lost to rounding.
        var self = this;
        double upper = 1 - probability;
        return SmallestWhere(count => probability > 0.5 ? self.AtLeast(count + 1) <= upper : self.AtMost(count) >= probability);
    }

    /// <summary>The smallest count for which a condition that stays true once true holds: doubling steps, then halving.</summary>
    internal long SmallestWhere(Func<long, bool> holds)
    {
        double sd = Math.Sqrt(Mean + (double.IsPositiveInfinity(Shape) ? 0 : Mean * Mean / Shape));
        long guess = (long)Mean, step = Math.Max(1, (long)sd);
        long low, high;
        if (holds(guess))
        {
            high = guess;
            low = guess - step;
            while (low >= 0 && holds(low)) { high = low; step *= 2; low -= step; }
            low = Math.Max(low, -1);
        }
        else
        {
            low = guess;
            high = guess + step;
            while (!holds(high)) { low = high; step *= 2; high += step; }
        }
        while (high - low > 1)
        {
            long middle = low + (high - low) / 2;
            if (holds(middle)) high = middle; else low = middle;
        }
        return high;
    }

    double SumUp(long count)
    {
        double term = Mass(count), sum = term;
        if (term == 0) return 0;
        for (long k = count; ; k++)
        {
            term *= RatioAbove(k);
            double next = sum + term;
            if (next == sum) return Math.Min(1, next);
            sum = next;
        }
    }

    double SumDown(long count)
    {
        double term = Mass(count), sum = term;
        for (long k = count; k > 0 && term > 0; k--)
        {
            term /= RatioAbove(k - 1);
            double next = sum + term;
            if (next == sum) break;
            sum = next;
        }
        return Math.Min(1, sum);
    }

    // Mass(k+1)/Mass(k)
    double RatioAbove(long k) =>
        double.IsPositiveInfinity(Shape) ? Mean / (k + 1) : (Shape + k) / (k + 1) * (Mean / (Shape + Mean));
}
