namespace SafetyAudit.Statistics;

/// <summary>
/// Observed over expected events, O/E, with its intervals and the tail probabilities of O when the expected count is right (Poisson).
/// The intervals are those of the count O, divided by E (Breslow and Day 1987, vol. II, §2.3).
/// </summary>
/// <remarks>The expected count must be above 0: without expectation there is no ratio, and "not
/// assessed" is for the caller to say. Reference: <c>oe_ratio.csv</c>.</remarks>
public readonly record struct StandardisedRatio
{
    /// <param name="observed">Observed events, 0 or more.</param>
    /// <param name="expected">Expected events, finite and above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">Observed is negative, or expected is not finite and above 0.</exception>
    public StandardisedRatio(long observed, double expected)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(observed);
        if (!(expected > 0) || !double.IsFinite(expected)) throw new ArgumentOutOfRangeException(nameof(expected), "An expected count is finite and above 0.");
        (Observed, Expected) = (observed, expected);
    }

    public long Observed { get; }

    public double Expected { get; }

    public double Ratio => Observed / Expected;

    public Interval Exact(double level = 0.95) => PoissonInterval.Exact(Observed, level) / Expected;

    public Interval MidP(double level = 0.95) => PoissonInterval.MidP(Observed, level) / Expected;

    public Interval Byar(double level = 0.95) => PoissonInterval.Byar(Observed, level) / Expected;

    /// <summary>P(X ≥ observed).</summary>
    public double UpperTail => Poisson.AtLeast(Observed, Expected);

    /// <summary>P(X ≤ observed).</summary>
    public double LowerTail => Poisson.AtMost(Observed, Expected);

    /// <summary>The upper tail less half of the observed count's own probability.</summary>
    public double MidPUpperTail => Poisson.MidPAtLeast(Observed, Expected);

    /// <summary>The lower tail less half of the observed count's own probability.</summary>
    public double MidPLowerTail => Poisson.MidPAtMost(Observed, Expected);

    /// <summary>Twice the smaller exact tail, at most 1.</summary>
    public double TwoSided => Math.Min(1, 2 * Math.Min(UpperTail, LowerTail));

    /// <summary>Twice the smaller mid-P tail, at most 1.</summary>
    public double MidPTwoSided => Math.Min(1, 2 * Math.Min(MidPUpperTail, MidPLowerTail));

    /// <summary>O/E times the common rate: what the rate would be with an average mix of sessions.</summary>
    /// <param name="commonRate">Events per session over all units.</param>
    public double AdjustedRate(double commonRate) => commonRate >= 0 && double.IsFinite(commonRate)
        ? Ratio * commonRate
        : throw new ArgumentOutOfRangeException(nameof(commonRate), "A rate is finite and 0 or more.");
}
