namespace SafetyAudit.Statistics;

/// <summary>
/// Log-likelihood ratios that a CUSUM, an SPRT or a VLAD's signal adds up: the evidence of one case or period for odds or a rate R times what is expected.
/// </summary>
/// <remarks>
/// Steiner, Cook, Farewell and Treasure (2000, Biostatistics 1:441). R = 2 looks for a doubling, R = ½ for a halving; R is above 0 and not 1.
/// The expected weight is 0 at a true ratio (R − 1)/ln R, 1.44 for R = 2: small harmless excesses don't add up. Reference: <c>cusum_paths.csv</c>.
/// </remarks>
public static class CusumWeight
{
    /// <summary>One case: w = y ln R − ln(1 − p + Rp), odds multiplied by R.</summary>
    /// <param name="happened">Whether the event happened.</param>
    /// <param name="risk">The case's own risk, 0 to 1.</param>
    /// <param name="ratio">R.</param>
    /// <exception cref="ArgumentOutOfRangeException">The risk is not from 0 to 1, or the ratio not finite, above 0 and other than 1.</exception>
    public static double Bernoulli(bool happened, double risk, double ratio)
    {
        if (!(risk >= 0 && risk <= 1)) throw new ArgumentOutOfRangeException(nameof(risk), "A risk is from 0 to 1.");
        Check(ratio);
        return (happened ? Math.Log(ratio) : 0) - Elementary.LogOnePlus((ratio - 1) * risk);
    }

    /// <summary>One period: w = y ln R − (R − 1)μ, rate multiplied by R.</summary>
    /// <param name="count">Events.</param>
    /// <param name="mean">Expected events, 0 or more.</param>
    /// <param name="ratio">R.</param>
    /// <exception cref="ArgumentOutOfRangeException">Count or mean is negative or not finite, or the ratio not finite, above 0 and other than 1.</exception>
    public static double Poisson(double count, double mean, double ratio)
    {
        if (!(count >= 0 && double.IsFinite(count))) throw new ArgumentOutOfRangeException(nameof(count), "Events are finite and 0 or more.");
        if (!(mean >= 0 && double.IsFinite(mean))) throw new ArgumentOutOfRangeException(nameof(mean), "Expected events are finite and 0 or more.");
        Check(ratio);
        return count * Math.Log(ratio) - (ratio - 1) * mean;
    }

    internal static void Check(double ratio) => ZeroRuns.CheckedRatio(ratio);
}
