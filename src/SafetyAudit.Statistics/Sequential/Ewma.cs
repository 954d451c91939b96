namespace SafetyAudit.Statistics;

/// <summary>Exponentially weighted moving average z ← (1 − λ)z + λx (Roberts 1959), here of observed minus
/// expected, from 0. A smoother for the eye; alarms come from the CUSUM.</summary>
/// <remarks>Reference: <c>cusum_paths.csv</c>.</remarks>
public static class Ewma
{
    /// <param name="values">Values in order of time, such as observed − expected.</param>
    /// <param name="weight">λ, above 0 and at most 1: the weight of the newest value.</param>
    /// <param name="path">Receives the averages.</param>
    /// <param name="start">Average before the first value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not above 0 and at most 1.</exception>
    public static void Path(ReadOnlySpan<double> values, double weight, Span<double> path, double start = 0)
    {
        if (!(weight > 0 && weight <= 1)) throw new ArgumentOutOfRangeException(nameof(weight), "A weight is above 0 and at most 1.");
        if (!double.IsFinite(start)) throw new ArgumentOutOfRangeException(nameof(start), "A start is finite.");
        double z = start;
        foreach (double value in values)
            if (!double.IsFinite(value)) throw new ArgumentOutOfRangeException(nameof(values), "Values are finite.");
        for (int i = 0; i < values.Length; i++) path[i] = z = (1 - weight) * z + weight * values[i];
    }

    /// <summary>The standard error of an average of independent values of equal variance after t
    /// values: σ√(λ(1 − (1 − λ)^2t)/(2 − λ)) (Lucas and Saccucci 1990).</summary>
    public static double StandardError(double deviation, double weight, int t)
    {
        if (!(deviation >= 0 && double.IsFinite(deviation)))
            throw new ArgumentOutOfRangeException(nameof(deviation), "A standard deviation is finite and 0 or more.");
        if (!(weight > 0 && weight <= 1)) throw new ArgumentOutOfRangeException(nameof(weight), "A weight is above 0 and at most 1.");
        ArgumentOutOfRangeException.ThrowIfNegative(t);
        return deviation * Math.Sqrt(weight / (2 - weight) * (1 - Math.Pow(1 - weight, 2.0 * t)));
    }
}
