namespace SafetyAudit.Statistics;

/// <summary>
/// Variable life-adjusted display: the running sum of expected minus observed events (Lovegrove et al. 1997,
/// Lancet 350:1128). Rising is better than expected; it reads as events spared. It has
/// no limits of its own: signals are marked on it from the CUSUM.
/// </summary>
/// <remarks>Reference: <c>cusum_paths.csv</c>.</remarks>
public static class Vlad
{
    /// <param name="observed">Events per case or period.</param>
    /// <param name="expected">Expected events, as many.</param>
    /// <param name="path">Receives Σ(expected − observed).</param>
    /// <exception cref="ArgumentException">Observed and expected differ in number.</exception>
    public static void Path(ReadOnlySpan<double> observed, ReadOnlySpan<double> expected, Span<double> path)
    {
        if (observed.Length != expected.Length) throw new ArgumentException("Every observed count has its expected one.", nameof(expected));
        for (int i = 0; i < observed.Length; i++)
            if (!(observed[i] >= 0 && expected[i] >= 0 && double.IsFinite(observed[i] + expected[i])))
                throw new ArgumentOutOfRangeException(nameof(observed), "Events are finite and 0 or more.");
        double sum = 0;
        for (int i = 0; i < observed.Length; i++) path[i] = sum += expected[i] - observed[i];
    }
}
