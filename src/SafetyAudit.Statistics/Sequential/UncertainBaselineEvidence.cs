namespace SafetyAudit.Statistics;

/// <summary>
/// Sequential evidence that a rate is ρ times a baseline that is itself uncertain, λ ~ Gamma(A, B), integrated out:
/// ln E = Y ln ρ − (A + Y) ln((B + ρN)/(B + N)) after Y events in N exposure. As B → ∞ it is Y ln ρ − λN(ρ − 1).
/// </summary>
/// <remarks>
/// E has mean 1 while nothing is wrong, so P(E ever reaches 1/α) ≤ α at any number of looks (Ville 1939). For a fixed
/// case question with a start date, not as a standing alarm: evidence that nothing is wrong
/// is saved up, and a change after a good year is found late. Reference: <c>sequential_uncertain_baseline.csv</c>, 1e-9.
/// </remarks>
public static class UncertainBaselineEvidence
{
    /// <summary>The ratios over which <see cref="LogMixture"/> averages by default.</summary>
    public static ReadOnlySpan<double> DefaultRatios => [1.5, 2, 3, 5];

    /// <summary>ln E for one ratio.</summary>
    /// <param name="events">Y, since the question was asked.</param>
    /// <param name="exposure">N, since then.</param>
    /// <param name="baseline">Gamma(A, B).</param>
    /// <param name="ratio">ρ, above 0.</param>
    public static double Log(double events, double exposure, GammaRate baseline, double ratio)
    {
        if (!(ratio > 0 && double.IsFinite(ratio))) throw new ArgumentOutOfRangeException(nameof(ratio), "A ratio is finite and above 0.");
        if (!(events >= 0 && double.IsFinite(events))) throw new ArgumentOutOfRangeException(nameof(events), "Events are finite and 0 or more.");
        if (!(exposure >= 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and 0 or more.");
        baseline = baseline.Known;
        return events * Math.Log(ratio) - (baseline.Shape + events) * Elementary.LogOnePlus((ratio - 1) * exposure / (baseline.Exposure + exposure));
    }

    /// <summary>ln of the mean E over several ratios in equal parts: evidence without choosing one.</summary>
    /// <param name="events">Y, since the question was asked.</param>
    /// <param name="exposure">N, since then.</param>
    /// <param name="baseline">Gamma(A, B).</param>
    /// <param name="ratios">Ratios above 0; empty for 1.5, 2, 3 and 5.</param>
    public static double LogMixture(double events, double exposure, GammaRate baseline, ReadOnlySpan<double> ratios = default)
    {
        if (ratios.IsEmpty) ratios = DefaultRatios;
        double largest = double.NegativeInfinity, sum = 0;
        foreach (double ratio in ratios) largest = Math.Max(largest, Log(events, exposure, baseline, ratio));
        foreach (double ratio in ratios) sum += Math.Exp(Log(events, exposure, baseline, ratio) - largest);
        return largest + Math.Log(sum / ratios.Length);
    }
}
