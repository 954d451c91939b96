namespace SafetyAudit.Statistics;

/// <summary>
/// The cumulative sum S ← max(0, S + w) (Page 1954), that signals when S ≥ h and then starts
/// again from <see cref="Restart"/>. One instance follows one stream in one
/// direction; upwards and downwards are two.
/// </summary>
/// <remarks>Reaching the threshold is a signal, as in most programs (vlad's reset variant asks
/// for more than h). Reference: <c>cusum_paths.csv</c>, 1e-10.</remarks>
public struct Cusum
{
    /// <param name="threshold">h, above 0; infinite for a path without signals.</param>
    /// <param name="restart">Where S starts after a signal: 0, or h/2 for a fast second signal
    /// when the first was found harmless (Lucas and Crosier 1982).</param>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not above 0, or the restart not from 0 to below it.</exception>
    public Cusum(double threshold, double restart = 0)
    {
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), "A threshold is above 0.");
        if (!(restart >= 0 && restart < threshold)) throw new ArgumentOutOfRangeException(nameof(restart), "A restart lies from 0 to below the threshold.");
        (Threshold, Restart) = (threshold, restart);
    }

    public double Threshold { get; }

    public double Restart { get; }

    /// <summary>S after the latest step, before any restart.</summary>
    public double Value { get; private set; }

    /// <summary>Whether the latest step reached the threshold.</summary>
    public bool Signal { get; private set; }

    /// <summary>Adds one weight and tells whether it is a signal.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The weight is not finite.</exception>
    /// <exception cref="InvalidOperationException">No threshold was given: <c>default</c> is no CUSUM.</exception>
    public bool Add(double weight)
    {
        if (!double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), "A weight is finite; leave out a case or period without one.");
        if (Threshold == 0) throw new InvalidOperationException("This CUSUM has no threshold: make it with new Cusum(threshold).");
        double from = Signal ? Restart : Value;
        Value = Math.Max(0, from + weight);
        return Signal = Value >= Threshold;
    }

    /// <summary>The path of many weights from 0: S at each, before any restart, which is at 0.</summary>
    /// <param name="weights">Log-likelihood ratios in order of time.</param>
    /// <param name="threshold">h, above 0; infinite for a path without signals.</param>
    /// <param name="path">Receives as many values as there are weights.</param>
    /// <returns>The number of signals: those are the points at or above h.</returns>
    public static int Path(ReadOnlySpan<double> weights, double threshold, Span<double> path)
    {
        CheckThreshold(threshold);
        double s = 0;
        int signals = 0;
        path = path[..weights.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            if (!double.IsFinite(weights[i]))
                throw new ArgumentOutOfRangeException(nameof(weights), "Weights are finite; leave out a case or period without one.");
            s = Math.Max(0, s + weights[i]);
            path[i] = s;
            if (s >= threshold) { signals++; s = 0; }
        }
        return signals;
    }

    /// <summary>The path of many cases, each with its own risk; the weights are those of <see cref="CusumWeight.Bernoulli"/>.</summary>
    /// <param name="happened">Whether the event happened, in order of time.</param>
    /// <param name="risks">Each case's risk.</param>
    /// <param name="ratio">Odds ratio R.</param>
    /// <param name="threshold">h, above 0; infinite for a path without signals.</param>
    /// <param name="path">Receives as many values as there are cases.</param>
    /// <returns>The number of signals.</returns>
    /// <exception cref="ArgumentException">Cases and risks differ in number.</exception>
    public static int Path(ReadOnlySpan<bool> happened, ReadOnlySpan<double> risks, double ratio, double threshold, Span<double> path)
    {
        if (risks.Length != happened.Length) throw new ArgumentException("Every case has its risk.", nameof(risks));
        CheckThreshold(threshold);
        CusumWeight.Check(ratio);
        foreach (double risk in risks)
            if (!(risk >= 0 && risk <= 1)) throw new ArgumentOutOfRangeException(nameof(risks), "A risk is from 0 to 1.");
        double s = 0, logRatio = Math.Log(ratio), excess = ratio - 1;
        int signals = 0;
        path = path[..happened.Length];
        const int block = 1024;      // logarithms several at a time, of as many cases as stay near at hand
        for (int start = 0; start < path.Length; start += block)
        {
            int end = Math.Min(start + block, path.Length);
            for (int i = start; i < end; i++) path[i] = excess * risks[i];
            Elementary.LogOnePlus(path[start..end]);
            for (int i = start; i < end; i++)
            {
                s = double.MaxNative(0, s + ((happened[i] ? logRatio : 0) - path[i]));      // no weight is "not a number" here
                path[i] = s;
                if (s >= threshold) { signals++; s = 0; }
            }
        }
        return signals;
    }

    static void CheckThreshold(double threshold)
    {
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), "A threshold is above 0; infinite for a path without signals.");
    }
}
