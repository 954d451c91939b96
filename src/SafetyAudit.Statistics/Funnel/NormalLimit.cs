namespace SafetyAudit.Statistics;

/// <summary>
/// Approximate funnel limits and z-scores on one of the <see cref="FunnelScale"/>s: back-transformed g(target) + z·√(φ·s² + τ²), with the multiplicative
/// over-dispersion φ or the additive one τ² (Spiegelhalter 2005, Statistics in Medicine 24:1185, §4 and appendix A; Quality and Safety in Health Care 14:347).
/// </summary>
/// <remarks>
/// Limits are held within what is possible: 0 or more, and at most 1 for shares. The denominator must be above 0.
/// Reference figures: <c>funnel_limits.csv</c>, <c>funnel_results.csv</c>.
/// </remarks>
public static class NormalLimit
{
    /// <summary>The limit with a given lower tail probability.</summary>
    /// <param name="scale">Where the indicator is taken as normal.</param>
    /// <param name="target">The ratio (1 as a rule) or share that a unit is compared with, above 0.</param>
    /// <param name="denominator">Expected events or sessions, above 0.</param>
    /// <param name="probability">Lower tail probability of the limit, 0 to 1 exclusive.</param>
    /// <param name="phi">Multiplicative over-dispersion, 1 for none.</param>
    /// <param name="tauSquared">Additive over-dispersion on the scale, 0 for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">Denominator or target is not finite and above 0, a share not below 1, a probability not between
    /// 0 and 1, or an over-dispersion, count or share of sessions impossible.</exception>
    public static double For(FunnelScale scale, double target, double denominator, double probability, double phi = 1, double tauSquared = 0)
    {
        double error = StandardError(scale, target, denominator);
        if (!(phi > 0 && double.IsFinite(phi)))
            throw new ArgumentOutOfRangeException(nameof(phi), "Multiplicative over-dispersion is finite and above 0; 1 is none.");
        if (!(tauSquared >= 0 && double.IsFinite(tauSquared)))
            throw new ArgumentOutOfRangeException(nameof(tauSquared), "Additive over-dispersion is finite and 0 or more; 0 is none.");
        double at = Transform(scale, target) + Normal.Quantile(probability) * Math.Sqrt(phi * error * error + tauSquared);
        return scale switch
        {
            FunnelScale.Ratio => Math.Max(0, at),
            FunnelScale.LogRatio => Math.Exp(at),
            FunnelScale.SquareRootRatio => Math.Max(0, at) * Math.Max(0, at),
            FunnelScale.Share => Math.Clamp(at, 0, 1),
            FunnelScale.ArcsineShare => Math.Pow(Math.Sin(Math.Clamp(at, 0, Math.PI / 2)), 2),
            _ => throw new ArgumentOutOfRangeException(nameof(scale)),
        };
    }

    /// <summary>The z-score of an observed count on the scale; −∞ for 0 events on <see cref="FunnelScale.LogRatio"/>.</summary>
    /// <param name="scale">Where the indicator is taken as normal.</param>
    /// <param name="observed">Observed events, 0 or more.</param>
    /// <param name="denominator">Expected events or sessions, above 0.</param>
    /// <param name="target">The ratio or share that the unit is compared with, above 0.</param>
    /// <inheritdoc cref="For" path="/exception"/>
    public static double Score(FunnelScale scale, double observed, double denominator, double target)
    {
        double error = StandardError(scale, target, denominator);
        if (!(observed >= 0 && double.IsFinite(observed))) throw new ArgumentOutOfRangeException(nameof(observed), "Observed events are finite and 0 or more.");
        if (IsShare(scale) && observed > denominator)
            throw new ArgumentOutOfRangeException(nameof(observed), "Of a share, no more sessions have an event than there are sessions.");
        return (Transform(scale, observed / denominator) - Transform(scale, target)) / error;
    }

    /// <summary>Standard error on the scale.</summary>
    /// <inheritdoc cref="For" path="/param"/>
    /// <inheritdoc cref="For" path="/exception"/>
    public static double StandardError(FunnelScale scale, double target, double denominator)
    {
        if (!(denominator > 0 && double.IsFinite(denominator)))
            throw new ArgumentOutOfRangeException(nameof(denominator), "A denominator is finite and above 0.");
        if (!(target > 0 && double.IsFinite(target))) throw new ArgumentOutOfRangeException(nameof(target), "A target is finite and above 0.");
        if (IsShare(scale) && target >= 1) throw new ArgumentOutOfRangeException(nameof(target), "A target share is below 1: at 1 nothing can vary.");
        return scale switch
        {
            FunnelScale.Ratio => Math.Sqrt(target / denominator),
            FunnelScale.LogRatio => 1 / Math.Sqrt(target * denominator),
            FunnelScale.SquareRootRatio or FunnelScale.ArcsineShare => 1 / (2 * Math.Sqrt(denominator)),
            FunnelScale.Share => Math.Sqrt(target * (1 - target) / denominator),
            _ => throw new ArgumentOutOfRangeException(nameof(scale)),
        };
    }

    static bool IsShare(FunnelScale scale) => scale is FunnelScale.Share or FunnelScale.ArcsineShare;

    static double Transform(FunnelScale scale, double value) => scale switch
    {
        FunnelScale.LogRatio => Math.Log(value),
        FunnelScale.SquareRootRatio => Math.Sqrt(value),
        FunnelScale.ArcsineShare => Math.Asin(Math.Sqrt(value)),
        _ => value,
    };
}
