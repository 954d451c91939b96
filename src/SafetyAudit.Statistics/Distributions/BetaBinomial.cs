namespace SafetyAudit.Statistics;

/// <summary>
/// The number of sessions with an event among n when the share itself is uncertain, p ~ Beta(a, b): the predictive distribution behind limits for
/// proportions (Skellam 1948; Gelman et al., Bayesian Data Analysis, §2.4). Published x of N give a = x + ½, b = N − x + ½ (Jeffreys).
/// </summary>
/// <remarks>
/// Mean n·a/(a + b). With a = x + 1 and b = N − x the upper tail equals Fisher's exact test. Tails are summed from their own side with the recurrence of the
/// masses, 1e-12 relative. n = 0 puts all mass at 0. Reference: <c>betabin_predictive.csv</c>.
/// </remarks>
public readonly record struct BetaBinomial : ICountTails
{
    /// <param name="n">Sessions, 0 or more.</param>
    /// <param name="a">First shape, above 0: about the events known of, plus one half.</param>
    /// <param name="b">Second shape, above 0: about the sessions without event known of, plus one half.</param>
    /// <exception cref="ArgumentOutOfRangeException">n is negative, or a shape is not finite and above 0.</exception>
    public BetaBinomial(long n, double a, double b)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (!(a > 0) || !double.IsFinite(a)) throw new ArgumentOutOfRangeException(nameof(a), "A shape is a finite number above 0.");
        if (!(b > 0) || !double.IsFinite(b)) throw new ArgumentOutOfRangeException(nameof(b), "A shape is a finite number above 0.");
        (N, A, B) = (n, a, b);
    }

    /// <summary>Sessions.</summary>
    public long N { get; }

    public double A { get; }

    public double B { get; }

    /// <summary>Expected count, in sessions with an event.</summary>
    public double Mean => N * A / (A + B);

    /// <summary>P(X = count), as the ratio of three binomial masses at the same p so that nothing cancels.</summary>
    public double Mass(long count)
    {
        if (count < 0 || count > N) return 0;
        // C(n, x) B(x + a, n − x + b)/B(a, b), each factor with the beta function written as a binomial mass at p = (x + a)/(n + a + b).
        double s = A + B, p = (count + A) / (N + s), q = (N - count + B) / (N + s);
        return Loader.BinomialMass(count, N - count, p, q) * Loader.BinomialMass(A, B, p, q) / Loader.BinomialMass(count + A, N - count + B, p, q)
            * (A * B / s) * ((N + s) / ((count + A) * (N - count + B)));
    }

    /// <summary>P(X ≥ count).</summary>
    public double AtLeast(long count) => count <= 0 ? 1 : count > N ? 0 : count > Mean ? SumUp(count) : 1 - SumDown(count - 1);

    /// <summary>P(X ≤ count).</summary>
    public double AtMost(long count) => count < 0 ? 0 : count >= N ? 1 : count < Mean ? SumDown(count) : 1 - SumUp(count + 1);

    /// <summary>P(X &gt; count) + ½ P(X = count): the mid-P upper tail (Lancaster 1961).</summary>
    public double MidPAtLeast(long count) => AtLeast(Math.Min(count, long.MaxValue - 1) + 1) + Mass(count) / 2;

    /// <summary>P(X &lt; count) + ½ P(X = count): the mid-P lower tail.</summary>
    public double MidPAtMost(long count) => AtMost(Math.Max(count, 0) - 1) + Mass(count) / 2;

    /// <summary>The smallest count whose P(X ≤ count) is at least <paramref name="probability"/> (0 to below 1).</summary>
    public long Quantile(double probability) => CountSearch.Quantile(
        this, probability, Mean, Deviation, N, !(probability > 0 && probability < 1) ? null : probability > 0.5 ? NearHigh(1 - probability)
            : NearLow(probability));

    /// <summary>The largest count whose upper tail is above <paramref name="tail"/>.</summary>
    internal long HighestNotHigh(double tail) => CountSearch.HighestNotHigh(this, tail, Mean, Deviation, N, NearHigh(tail));

    /// <summary>The smallest count whose lower tail is above <paramref name="tail"/>.</summary>
    internal long LowestNotLow(double tail) => CountSearch.LowestNotLow(this, tail, Mean, Deviation, N, NearLow(tail));

    // Each tail is a long sum where n is large, so a limit is found there with one sum and a walk by single masses from where the share's own
    // distribution puts it; the search that follows only confirms it.
    const long FewestForWalk = 10_000;

    long? NearHigh(double tail)
    {
        if (N < FewestForWalk) return null;
        long k = Math.Clamp((long)(N * Beta.UpperQuantile(tail, A, B)), 1, N);
        double sum = AtLeast(k), mass = Mass(k);
        for (; k < N && sum > tail; k++)
        {
            sum -= mass;
            mass *= Up(k);
        }
        for (; k > 1 && sum + mass * Down(k) <= tail; k--) sum += mass *= Down(k);
        return k - 1;
    }

    long? NearLow(double tail)
    {
        if (N < FewestForWalk) return null;
        long k = Math.Clamp((long)(N * Beta.Quantile(tail, A, B)), 0, N - 1);
        double sum = AtMost(k), mass = Mass(k);
        for (; k > 0 && sum > tail; k--)
        {
            sum -= mass;
            mass *= Down(k);
        }
        for (; k < N - 1 && sum + mass * Up(k) <= tail; k++) sum += mass *= Up(k);
        return sum > tail ? k : k + 1;
    }

    // The mass at k + 1, or k − 1, over the mass at k.
    double Up(long k) => (N - k) / (k + 1.0) * ((k + A) / (N - k - 1 + B));

    double Down(long k) => k / (N - k + 1.0) * ((N - k + B) / (k - 1 + A));

    internal double Deviation => Math.Sqrt(Mean * B / (A + B) * (A + B + N) / (A + B + 1));

    double SumUp(long count)
    {
        double term = Mass(count), sum = term;
        for (long k = count; k < N && term > 0; k++)
        {
            term *= Up(k);
            double next = sum + term;
            if (next == sum) break;
            sum = next;
        }
        return Math.Min(1, sum);
    }

    double SumDown(long count)
    {
        double term = Mass(count), sum = term;
        for (long k = count; k > 0 && term > 0; k--)
        {
            term *= Down(k);
            double next = sum + term;
            if (next == sum) break;
            sum = next;
        }
        return Math.Min(1, sum);
    }
}
