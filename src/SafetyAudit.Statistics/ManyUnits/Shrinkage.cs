namespace SafetyAudit.Statistics;

/// <summary>
/// Gamma–Poisson shrinkage of standardised ratios: each true ratio is drawn from a gamma distribution with shape α and rate β, so that a unit's ratio
/// given O events where E were expected is Gamma(O + α, E + β). Few events pull to the group, many speak for themselves.
/// </summary>
/// <remarks>
/// Clayton and Kaldor (1987, Biometrics 43:671). An infinite α is the boundary "no spread beyond chance": every unit gets the common ratio α/β.
/// Reference figures: <c>shrinkage_hyper.csv</c>, <c>shrinkage.csv</c> (MASS::glm.nb, optim and mpmath).
/// </remarks>
public readonly record struct Shrinkage(double Alpha, double Beta, double CommonRatio)
{
    /// <summary>Units below which the spread is assumed rather than estimated: a coefficient of variation of 0.2 around a ratio of 1.</summary>
    public const int FewestUnits = 10;

    /// <summary>The prior for small groups: α = β = 1/0.2².</summary>
    public static Shrinkage Assumed { get; } = new(25, 25, 1);

    /// <summary>
    /// α and β by maximising the marginal (negative binomial) likelihood of all units. Falls back to <see cref="Assumed"/> with fewer than
    /// <see cref="FewestUnits"/> units of positive expectation, or with no event at all.
    /// </summary>
    /// <param name="units">Observed events (0 or more) and expected events (units with no expectation are passed over).</param>
    public static Shrinkage Fit(ReadOnlySpan<(double Observed, double Expected)> units)
    {
        foreach (var (o, e) in units)
            if (!(o >= 0 && e >= 0 && double.IsFinite(o) && double.IsFinite(e)))
                throw new ArgumentOutOfRangeException(nameof(units), "Observed and expected events are finite and 0 or more.");
        double observed = 0, expected = 0;
        int used = 0;
        foreach (var (o, e) in units)
        {
            if (!(e > 0)) continue;
            observed += o;
            expected += e;
            used++;
        }
        return used < FewestUnits || observed == 0 ? Assumed : MaximumLikelihood(units, observed / expected);
    }

    /// <summary>Maximum likelihood without the guards of <see cref="Fit"/>.</summary>
    /// <param name="units">As for <see cref="Fit"/>.</param>
    /// <param name="crude">Σ observed / Σ expected, above 0: the start, and the answer at the boundary.</param>
    internal static Shrinkage MaximumLikelihood(ReadOnlySpan<(double Observed, double Expected)> units, double crude)
    {
        // At the boundary (dispersion 0) the likelihood's slope in the dispersion is ½ Σ[(O−mE)² − O]: not positive means no spread.
        double slope = 0;
        foreach (var (o, e) in units) if (e > 0) slope += (o - crude * e) * (o - crude * e) - o;
        if (slope <= 0) return new(double.PositiveInfinity, double.PositiveInfinity, crude);

        // Profile: for each α the best common ratio m solves Σ (O − mE)/(1 + mE/α) = 0; then α by golden section on log α.
        double low = Math.Log(1e-3), high = Math.Log(1e8);
        double golden = (Math.Sqrt(5) - 1) / 2;
        double a = high - golden * (high - low), b = low + golden * (high - low);
        double fa = Profile(units, Math.Exp(a), crude).LogLikelihood, fb = Profile(units, Math.Exp(b), crude).LogLikelihood;
        while (high - low > 1e-7)
        {
            if (fa > fb) { high = b; b = a; fb = fa; a = high - golden * (high - low); fa = Profile(units, Math.Exp(a), crude).LogLikelihood; }
            else { low = a; a = b; fa = fb; b = low + golden * (high - low); fb = Profile(units, Math.Exp(b), crude).LogLikelihood; }
        }
        double alpha = Math.Exp((low + high) / 2);
        double ratio = Profile(units, alpha, crude).Ratio;
        return new(alpha, alpha / ratio, ratio);
    }

    /// <summary>Mean of a unit's ratio after its own data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Observed or expected events are negative or not finite.</exception>
    public double Mean(double observed, double expected) =>
        Boundary(observed, expected) ? CommonRatio : (observed + Alpha) / (expected + Beta);

    /// <summary>Geometric mean of a unit's ratio after its own data, e^ψ(O + α)/(E + β) (DuMouchel 1999): the figure drug-safety tables print.</summary>
    /// <inheritdoc cref="Mean" path="/exception"/>
    public double GeometricMean(double observed, double expected) =>
        Boundary(observed, expected) ? CommonRatio : Math.Exp(Elementary.Digamma(observed + Alpha)) / (expected + Beta);

    /// <summary>How far the unit's own data count, E/(E + β): 0 is the group's mean alone, 1 its own ratio alone.</summary>
    public double Weight(double expected) => Boundary(0, expected) ? 0 : expected / (expected + Beta);

    /// <summary>The ratio below which the unit's true one lies with this probability (0 to 1, exclusive).</summary>
    /// <inheritdoc cref="Mean" path="/exception"/>
    public double Quantile(double observed, double expected, double probability) =>
        !(probability > 0 && probability < 1) ? throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.")
        : Boundary(observed, expected) ? CommonRatio : Gamma.Quantile(probability, observed + Alpha) / (expected + Beta);

    /// <summary>Logarithm of the marginal (negative binomial) likelihood of units at these
    /// hyperparameters; those without expectation are passed over.</summary>
    public double LogLikelihood(ReadOnlySpan<(double Observed, double Expected)> units)
    {
        foreach (var (o, e) in units)
            if (!(o >= 0 && e >= 0 && double.IsFinite(o) && double.IsFinite(e)))
                throw new ArgumentOutOfRangeException(nameof(units), "Observed and expected events are finite and 0 or more.");
        double sum = 0;
        foreach (var (o, e) in units) if (e > 0) sum += NegativeBinomial.WithMean(Alpha, CommonRatio * e).LogMass(o);
        return sum;
    }

    /// <summary>Equal-tailed interval of a unit's ratio after its own data.</summary>
    public Interval Interval(double observed, double expected, double level = 0.95)
    {
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), "A level is above 0 and below 1.");
        if (Boundary(observed, expected)) return new(CommonRatio, CommonRatio);
        double tail = (1 - level) / 2, shape = observed + Alpha, rate = expected + Beta;
        return new Interval(Gamma.Quantile(tail, shape), Gamma.UpperQuantile(tail, shape)) / rate;
    }

    /// <summary>P(ratio &gt; threshold) after its own data.</summary>
    public double Exceedance(double observed, double expected, double threshold) =>
        !(threshold >= 0) ? throw new ArgumentOutOfRangeException(nameof(threshold), "A ratio is 0 or more.")
        : Boundary(observed, expected) ? (CommonRatio > threshold ? 1 : 0) : Gamma.Above(threshold * (expected + Beta), observed + Alpha);

    // Whether there is no spread beyond chance, after the unit's own figures are found possible.
    bool Boundary(double observed, double expected)
    {
        if (!(observed >= 0 && double.IsFinite(observed))) throw new ArgumentOutOfRangeException(nameof(observed), "Observed events are finite and 0 or more.");
        if (!(expected >= 0 && double.IsFinite(expected))) throw new ArgumentOutOfRangeException(nameof(expected), "Expected events are finite and 0 or more.");
        if (!(Alpha > 0 && Beta > 0)) throw new InvalidOperationException("This prior has no shape: take Shrinkage.Assumed or one that was fitted.");
        return double.IsPositiveInfinity(Alpha);
    }

    static (double LogLikelihood, double Ratio) Profile(ReadOnlySpan<(double Observed, double Expected)> units, double alpha, double crude)
    {
        double m = crude;
        for (int step = 0; step < 100; step++)
        {
            double f = 0, slope = 0;
            foreach (var (o, e) in units)
            {
                if (!(e > 0)) continue;
                double w = 1 + m * e / alpha;
                f += (o - m * e) / w;
                slope -= e / w + (o - m * e) * e / alpha / (w * w);
            }
            double next = m - f / slope;
            if (!(next > 0)) next = m / 2;
            bool done = Math.Abs(next - m) <= 1e-15 * next;
            m = next;
            if (done) break;
        }
        double log = 0;
        foreach (var (o, e) in units)
            if (e > 0) log += NegativeBinomial.WithMean(alpha, m * e).LogMass(o);
        return (log, m);
    }
}
