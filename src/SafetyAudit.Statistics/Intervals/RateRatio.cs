namespace SafetyAudit.Statistics;

/// <summary>
/// Two Poisson rates compared: given both counts together, the first is binomial with p = ρn₁/(ρn₁ + n₂), ρ the ratio of the rates, so that an interval for p is one for ρ
/// (Przyborowski and Wilenski 1940, Biometrika 31:313; mid-P as in Rothman, Greenland and Lash 2008, §14).
/// </summary>
public static class RateRatio
{
    /// <summary>Mid-P interval for the first rate over the second; from 0 or to infinity where a count is 0.</summary>
    /// <param name="events">Events of the first, 0 or more.</param>
    /// <param name="exposure">Its exposure, above 0.</param>
    /// <param name="otherEvents">Events of the second; not both are 0.</param>
    /// <param name="otherExposure">Its exposure, above 0.</param>
    /// <param name="level">Two-sided level.</param>
    /// <exception cref="ArgumentOutOfRangeException">An exposure is not above 0, or nothing happened at all.</exception>
    public static Interval MidP(long events, double exposure, long otherEvents, double otherExposure, double level = 0.95)
    {
        if (!(exposure > 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "An exposure is finite and above 0.");
        if (!(otherExposure > 0 && double.IsFinite(otherExposure))) throw new ArgumentOutOfRangeException(nameof(otherExposure), "An exposure is finite and above 0.");
        ArgumentOutOfRangeException.ThrowIfLessThan(events + otherEvents, 1, nameof(events));
        var share = BinomialInterval.MidP(events, events + otherEvents, level);
        return new(Ratio(share.Lower), Ratio(share.Upper));

        double Ratio(double p) => p >= 1 ? double.PositiveInfinity : p / (1 - p) * (otherExposure / exposure);
    }
}
