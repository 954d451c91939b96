namespace SafetyAudit.Statistics;

/// <summary>
/// Moving ranges |xᵢ − xᵢ₋₁| and the constants that turn their mean into a standard deviation. For
/// normal values the mean range of two is d₂ = 2/√π = 1.128379… standard
/// deviations. Tools round it differently, and so draw limits that differ by 0.05 %.
/// </summary>
/// <remarks>Wheeler and Chambers (1992), Understanding Statistical Process Control. Reference: <c>spc_points.csv</c>, <c>spc_rules.csv</c>.</remarks>
public static class MovingRange
{
    /// <summary>√π/2: limits at 2.658681 mean ranges. The default.</summary>
    public const double ExactSigma = 0.88622692545275801;

    /// <summary>1/1.128, as in qcc and qicharts2: limits at 2.659574 mean ranges.</summary>
    public const double RoundedSigma = 1 / 1.128;

    /// <summary>2.66/3, as the NHS prints it.</summary>
    public const double MakingDataCountSigma = 2.66 / 3;

    /// <summary>Upper limit of a moving range in mean ranges, 3.267 as tabulated (D₄).</summary>
    public const double UpperLimit = 3.267;

    /// <summary>Mean of the ranges between one number and the next; with screening, without those
    /// above 3.267 times the mean, once. 0 for fewer than two numbers.</summary>
    public static double Mean(ReadOnlySpan<double> values, bool screened)
    {
        if (values.Length < 2) return 0;
        double sum = 0;
        for (int i = 1; i < values.Length; i++) sum += Math.Abs(values[i] - values[i - 1]);
        if (!double.IsFinite(sum)) throw new ArgumentOutOfRangeException(nameof(values), "Values are finite.");
        double mean = sum / (values.Length - 1);
        if (!screened) return mean;

        int kept = 0;
        sum = 0;
        for (int i = 1; i < values.Length; i++)
        {
            double range = Math.Abs(values[i] - values[i - 1]);
            if (range > UpperLimit * mean) continue;
            sum += range;
            kept++;
        }
        return sum / kept;      // the smallest range is never above 3.267 times the mean, so one is always kept
    }
}
