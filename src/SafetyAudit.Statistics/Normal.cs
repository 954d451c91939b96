namespace SafetyAudit.Statistics;

/// <summary>The standard normal distribution.</summary>
public static class Normal
{
    /// <summary>The z whose lower tail is <paramref name="probability"/> (0 to 1, exclusive): Acklam's rational approximation (2003), relative error 1.15e-9,
    /// enough for the starting values and drawing it is used for.</summary>
    public static double Quantile(double probability)
    {
        if (!(probability > 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
        if (probability > 0.5) return -Quantile(1 - probability);
        if (probability < 0.02425)
        {
            double q = Math.Sqrt(-2 * Math.Log(probability));
            return (((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q - 2.549732539343734e+00) * q + 4.374664141464968e+00) * q + 2.938163982698783e+00)
                / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q + 3.754408661907416e+00) * q + 1);
        }
        double d = probability - 0.5, r = d * d;
        return (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r + 1.383577518672690e+02) * r - 3.066479806614716e+01) * r + 2.506628277459239e+00) * d
            / (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r + 6.680131188771972e+01) * r - 1.328068155288572e+01) * r + 1);
    }
}
