namespace SafetyAudit.Statistics;

/// <summary>One group of sessions of similar predicted risk: what was expected of it, and what happened.</summary>
public readonly record struct RiskGroup(int Sessions, double LowestRisk, double HighestRisk, double Expected, double Observed)
{
    /// <summary>Interval for the observed share, mid-P; compare with Expected/Sessions.</summary>
    public Interval ObservedShare(double level = 0.95) => BinomialInterval.MidP((long)Observed, Sessions, level);
}

/// <summary>Calibration of predicted risks by risk group (Hosmer and Lemeshow 1980): sessions
/// in order of predicted risk, cut into groups of equal size.</summary>
/// <remarks>Sessions with the same predicted risk stay together, so there may be fewer groups than asked for. Shown beside every case-mix model.</remarks>
public static class Calibration
{
    /// <param name="predicted">Predicted risks.</param>
    /// <param name="happened">Whether the event happened.</param>
    /// <param name="groups">Groups wanted, 1 or more.</param>
    /// <exception cref="ArgumentException">Predictions and outcomes differ in number.</exception>
    public static RiskGroup[] ByRisk(ReadOnlySpan<double> predicted, ReadOnlySpan<bool> happened, int groups = 10)
    {
        if (predicted.Length != happened.Length) throw new ArgumentException("Every prediction has its outcome.", nameof(happened));
        foreach (double risk in predicted)
            if (!(risk >= 0 && risk <= 1)) throw new ArgumentOutOfRangeException(nameof(predicted), "A predicted risk is from 0 to 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        double[] keys = predicted.ToArray();
        bool[] events = happened.ToArray();
        Array.Sort(keys, events);
        var answer = new List<RiskGroup>(groups);
        int start = 0;
        for (int g = 1; g <= groups && start < keys.Length; g++)
        {
            int end = Math.Max((int)((long)keys.Length * g / groups), start);
            while (end < keys.Length && end > 0 && keys[end] == keys[end - 1]) end++;
            if (end == start) continue;
            double expected = 0, observed = 0;
            for (int i = start; i < end; i++)
            {
                expected += keys[i];
                observed += events[i] ? 1 : 0;
            }
            answer.Add(new(end - start, keys[start], keys[end - 1], expected, observed));
            start = end;
        }
        return [.. answer];
    }
}
