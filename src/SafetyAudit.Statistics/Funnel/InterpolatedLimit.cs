namespace SafetyAudit.Statistics;

/// <summary>
/// Spiegelhalter's interpolated limit (2005, Statistics in Medicine 24:1185, appendix A.1): (r − α)/denominator with r the smallest count whose
/// F(r) ≥ p and α = (F(r) − p)/(F(r) − F(r − 1)), held at 0. For comparison with papers: it smooths the steps, and so calls some counts
/// whose tail is above 1 − p. Calls are made by <see cref="ControlLimits"/>, curves drawn by <see cref="FunnelCurve"/>.
/// </summary>
/// <remarks>Reference figures: <c>funnel_limits.csv</c> (exact and predictive), 1e-8 events.</remarks>
public readonly record struct InterpolatedLimit(long Count, double Share)
{
    /// <summary>r − α, in events, at least 0; divide by the expected count or the sessions.</summary>
    public double Events => Math.Max(0, Count - Share);

    /// <summary>The limit with lower tail probability <paramref name="probability"/> (0 to 1, exclusive) of a count of events.</summary>
    public static InterpolatedLimit For(NegativeBinomial expected, double probability)
    {
        long r = expected.Quantile(Checked(probability));
        return At(r, probability, probability > 0.5 ? expected.AtLeast(r + 1) : expected.AtMost(r), expected.Mass(r));
    }

    /// <summary>The limit of the number of sessions with an event, the share being known.</summary>
    public static InterpolatedLimit For(long n, double p, double probability)
    {
        long r = Binomial.Quantile(Checked(probability), n, p);
        return At(r, probability, probability > 0.5 ? Binomial.AtLeast(r + 1, n, p) : Binomial.AtMost(r, n, p), Binomial.Mass(r, n, p));
    }

    /// <summary>The limit of the number of sessions with an event, the share being uncertain.</summary>
    public static InterpolatedLimit For(BetaBinomial expected, double probability)
    {
        long r = expected.Quantile(Checked(probability));
        return At(r, probability, probability > 0.5 ? expected.AtLeast(r + 1) : expected.AtMost(r), expected.Mass(r));
    }

    // F(r) − p from the tail that is small.
    static InterpolatedLimit At(long r, double probability, double tail, double mass) =>
        new(r, (probability > 0.5 ? 1 - probability - tail : tail - probability) / mass);

    static double Checked(double probability) => probability > 0 && probability < 1
        ? probability
        : throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
}
