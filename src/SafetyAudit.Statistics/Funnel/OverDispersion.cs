namespace SafetyAudit.Statistics;

/// <summary>What is done with the extreme z-scores before the over-dispersion is estimated.</summary>
public enum Trimming
{
    None,

    /// <summary>Scores beyond the two quantiles are set to them (Spiegelhalter 2005).</summary>
    Winsorised,

    /// <summary>Scores beyond are left out: ranks r with t(n+1) ≤ r &lt; (1 − t)(n+1) are kept (NHS SHMI).</summary>
    Truncated,
}

/// <summary>Whether an over-dispersion could be estimated.</summary>
public enum OverDispersionState
{
    Estimated,

    /// <summary>Fewer than two scores are left.</summary>
    TooFewUnits,

    /// <summary>A score is infinite, as with 0 events on a logarithmic scale: no estimate exists
    /// there. <see cref="Spread.LeaveOneOut"/> works on the counts.</summary>
    InfiniteScore,
}

/// <summary>
/// Classical over-dispersion of z-scores: multiplicative φ = Σz²/I, and additive τ² = (Iφ − (I − 1))/(Σw − Σw²/Σw) with w = 1/s² (DerSimonian and
/// Laird 1986; Spiegelhalter 2005, QSHC 14:347), at least 0. Trimming pulls φ down even when nothing is over-dispersed, so the figures corrected by
/// c = E(z²) under trimming stand beside the plain ones: φ/c. Without it a true coefficient of
/// variation of 0.20 is estimated as 0.14 (winsorised) or 0.08 (truncated).
/// </summary>
/// <remarks>
/// For sparse counts use <see cref="Spread.LeaveOneOut"/> instead. Where nothing could be estimated φ is 1 and τ² is 0, and the state says why.
/// Reference figures: <c>funnel_summary.csv</c>, 1e-6.
/// </remarks>
public readonly record struct OverDispersion(OverDispersionState State, int Used, double Phi, double TauSquared, double CorrectedPhi,
    double CorrectedTauSquared)
{
    /// <param name="scores">z-scores; replaced by their trimmed values in winsorising, and sorted together with the errors.</param>
    /// <param name="errors">Their standard errors on the same scale, each finite and above 0.</param>
    /// <param name="trimming">What is done with extremes.</param>
    /// <param name="share">Share trimmed at each end, 0 to below ½.</param>
    /// <remarks>Among equal scores the smaller error ranks first, so that truncation leaves out the same units in whatever order they come.</remarks>
    /// <exception cref="ArgumentException">Scores and errors differ in number.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A score is not a number, an error not finite and above 0, or half or more is trimmed.</exception>
    public static OverDispersion Estimate(Span<double> scores, Span<double> errors, Trimming trimming = Trimming.Winsorised, double share = 0.1)
    {
        if (scores.Length != errors.Length) throw new ArgumentException("Every score has its error.", nameof(errors));
        if (!(share >= 0 && share < 0.5)) throw new ArgumentOutOfRangeException(nameof(share), "Less than half is trimmed at each end.");
        foreach (double score in scores)
            if (double.IsNaN(score)) throw new ArgumentOutOfRangeException(nameof(scores), "A score is a number; infinite ones have a state of their own.");
        foreach (double error in errors)
            if (!(error > 0 && double.IsFinite(error))) throw new ArgumentOutOfRangeException(nameof(errors), "A standard error is finite and above 0.");
        scores.Sort(errors);
        for (int start = 0; start < scores.Length;)
        {
            int end = start + 1;
            while (end < scores.Length && scores[end] == scores[start]) end++;
            if (end - start > 1) errors[start..end].Sort();
            start = end;
        }
        int from = 0, until = scores.Length;
        if (trimming == Trimming.Truncated)
        {
            // A hair of slack, so that 0.1 × 380 counts as 38.
            from = (int)Math.Ceiling(share * (scores.Length + 1) - 1e-9) - 1;
            until = (int)Math.Ceiling((1 - share) * (scores.Length + 1) - 1e-9) - 1;
            from = Math.Max(from, 0);
            until = Math.Clamp(until, from, scores.Length);
        }
        else if (trimming == Trimming.Winsorised && scores.Length > 1) Winsorise(scores, share);

        int used = until - from;
        if (used < 2) return new(OverDispersionState.TooFewUnits, used, 1, 0, 1, 0);
        double sum = 0, weight = 0, weightSquared = 0;
        for (int i = from; i < until; i++)
        {
            sum += scores[i] * scores[i];
            double w = 1 / (errors[i] * errors[i]);
            weight += w;
            weightSquared += w * w;
        }
        if (!double.IsFinite(sum)) return new(OverDispersionState.InfiniteScore, used, 1, 0, 1, 0);
        double phi = sum / used, corrected = phi / Consistency(trimming, share), scale = weight - weightSquared / weight;
        return new(OverDispersionState.Estimated, used, phi, Additive(phi), corrected, Additive(corrected));

        double Additive(double value) => scale > 0 ? Math.Max(0, (used * value - (used - 1)) / scale) : 0;
    }

    /// <summary>c = E(z²) after trimming a standard normal score: 1 − 2t less what the ends held, plus 2tq² where they are set to the quantile q.</summary>
    public static double Consistency(Trimming trimming, double share)
    {
        if (!(share >= 0 && share < 0.5)) throw new ArgumentOutOfRangeException(nameof(share), "Less than half is trimmed at each end.");
        if (trimming == Trimming.None || share == 0) return 1;
        double q = -Normal.Quantile(share), inside = 1 - 2 * share - 2 * q * Normal.Density(q);
        return trimming == Trimming.Truncated ? inside / (1 - 2 * share) : inside + 2 * share * q * q;
    }

    static void Winsorise(Span<double> sorted, double share)
    {
        double low = Quantile(sorted, share), high = Quantile(sorted, 1 - share);
        foreach (ref double score in sorted) score = Math.Clamp(score, low, high);
    }

    // Linear between order statistics at (n − 1)p, R's default.
    static double Quantile(ReadOnlySpan<double> sorted, double probability)
    {
        double at = (sorted.Length - 1) * probability;
        int below = (int)at;
        return below + 1 < sorted.Length && at > below ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
