namespace SafetyAudit.Statistics;

/// <summary>How well predicted risks tell sessions with an event from those without.</summary>
/// <remarks>Reference: <c>risk_fit.csv</c>.</remarks>
public static class Discrimination
{
    /// <summary>
    /// c statistic: the chance that a session with an event had the higher predicted risk than one
    /// without, ties counting half (Hanley and McNeil 1982); from rank sums.
    /// </summary>
    /// <param name="predicted">Predicted risks.</param>
    /// <param name="happened">Whether the event happened.</param>
    /// <returns>Nothing if all or none had the event.</returns>
    /// <exception cref="ArgumentException">Predictions and outcomes differ in number.</exception>
    public static double? CStatistic(ReadOnlySpan<double> predicted, ReadOnlySpan<bool> happened)
    {
        if (predicted.Length != happened.Length) throw new ArgumentException("Every prediction has its outcome.", nameof(happened));
        foreach (double risk in predicted)
            if (double.IsNaN(risk)) throw new ArgumentOutOfRangeException(nameof(predicted), "A prediction is a number; leave out a session without one.");
        double[] keys = predicted.ToArray();
        bool[] events = happened.ToArray();
        Array.Sort(keys, events);
        double rankSum = 0, with = 0;
        for (int i = 0; i < keys.Length;)
        {
            int end = i, count = 0;
            while (end < keys.Length && keys[end] == keys[i]) if (events[end++]) count++;
            rankSum += count * (i + end + 1) / 2.0;      // the mean of ranks i + 1 … end
            with += count;
            i = end;
        }
        double without = keys.Length - with;
        return with == 0 || without == 0 ? null : (rankSum - with * (with + 1) / 2) / (with * without);
    }

    /// <summary>Brier score: mean squared difference between predicted risk and outcome (Brier 1950). Nothing for no sessions.</summary>
    /// <inheritdoc cref="CStatistic" path="/param"/>
    /// <inheritdoc cref="CStatistic" path="/exception"/>
    public static double? Brier(ReadOnlySpan<double> predicted, ReadOnlySpan<bool> happened)
    {
        if (predicted.Length != happened.Length) throw new ArgumentException("Every prediction has its outcome.", nameof(happened));
        foreach (double risk in predicted)
            if (!(risk >= 0 && risk <= 1)) throw new ArgumentOutOfRangeException(nameof(predicted), "A predicted risk is from 0 to 1.");
        if (predicted.IsEmpty) return null;
        double sum = 0;
        for (int i = 0; i < predicted.Length; i++)
        {
            double off = predicted[i] - (happened[i] ? 1 : 0);
            sum += off * off;
        }
        return sum / predicted.Length;
    }
}
