namespace SafetyAudit.Statistics;

/// <summary>A CUSUM's value as a function of what happened since it last was zero.</summary>
interface ISumSinceZero
{
    /// <summary>Whether more events raise the sum.</summary>
    bool Upwards { get; }

    double At(double events, double expected);
}

/// <summary>The dynamic programme shared by <see cref="MonthlyCusum"/> and <see
/// cref="LearningCusumFalseAlarm"/>: states are (month of the last zero, events since).</summary>
static class ZeroRuns
{
    // Whatever has less probability than this is let go; over 60 months and a hundred states it can't reach 1e-12.
    const double Negligible = 1e-18;

    /// <param name="sum">The sum since zero.</param>
    /// <param name="expected">Expected events of each month, as the CUSUM reckons.</param>
    /// <param name="threshold">h.</param>
    /// <param name="means">Poisson mean of each month at a true ratio of 1.</param>
    /// <param name="trueRatio">Multiplies the means.</param>
    /// <param name="signalled">Receives the cumulative probability of a signal.</param>
    public static void SignalProbability<TSum>(
        in TSum sum, ReadOnlySpan<double> expected, double threshold, ReadOnlySpan<double> means, double trueRatio, Span<double> signalled)
        where TSum : struct, ISumSinceZero
    {
        int months = expected.Length;
        var since = new Row[months];        // since[s]: the sum was zero before month s and not after any month since
        for (int i = 0; i < months; i++) since[i] = new Row();
        double[] mass = [];
        double zero = 1, total = 0;
        for (int t = 0; t < months; t++)
        {
            if (expected[t] == 0)
            {
                // No exposure, no change; a run that starts here would be the same as one that starts a month later.
                signalled[t] = total;
                continue;
            }
            double mean = means[t] * trueRatio;
            int most = Masses(mean, ref mass);
            double backToZero = 0, newSignals = 0, span = 0;
            since[t].Start(zero);
            for (int s = t; s >= 0; s--)
            {
                span += expected[s];
                var row = since[s];
                if (row.IsEmpty) continue;
                // Events since s for which the sum stays inside (0, h): a range, since the sum is straight in the events.
                var (first, last) = Inside(sum, span, threshold, row.Last + most);
                row.Step(mass, most, first, last, sum.Upwards, ref backToZero, ref newSignals);
            }
            zero = backToZero;
            total += newSignals;
            signalled[t] = Math.Min(1, total);
        }
    }

    /// <summary>The smallest threshold with a yearly probability within the budget, by halving over the values the sum can take.</summary>
    public static (double Threshold, double AttainedPerYear) ThresholdFor<TSum>(
        TSum sum, ReadOnlySpan<double> expected, double alpha, Func<double, double> signalled)
        where TSum : struct, ISumSinceZero
    {
        if (!(alpha > 0 && alpha < 1)) throw new ArgumentOutOfRangeException(nameof(alpha), "A budget is between 0 and 1.");
        double years = expected.Length / 12.0;
        double Yearly(double h) => -Elementary.ExpMinusOne(Elementary.LogOnePlus(-Math.Min(signalled(h), 1 - 1e-16)) / years);

        const double margin = 1e-9;
        double reach = 1, attained = Yearly(margin);
        if (attained <= alpha) return (margin, attained);
        while (Yearly(reach) > alpha)
        {
            reach *= 2;
            if (reach > 1000) throw new InvalidOperationException("No threshold below 1000 keeps the budget.");
        }
        var values = new List<double> { 0 };
        double span = 0;
        foreach (double month in expected)
        {
            span += month;
            double previous = double.NegativeInfinity;
            for (int events = 0; ; events++)
            {
                double value = sum.At(events, span);
                if (value > 0 && value <= reach) values.Add(value);
                if (sum.Upwards ? value > reach : value <= 0) break;
                if (sum.Upwards && value <= previous) break;
                previous = value;
            }
        }
        values.Sort();
        int low = 0, high = values.Count;        // the first keeps not within the budget; beyond the last, reach does
        double best = reach, bestAttained = double.NaN;
        while (high - low > 1)
        {
            int middle = low + (high - low) / 2;
            double h = values[middle] + margin, at = Yearly(h);
            if (at <= alpha) (high, best, bestAttained) = (middle, h, at); else low = middle;
        }
        return (best, double.IsNaN(bestAttained) ? Yearly(best) : bestAttained);
    }

    static int Masses(double mean, ref double[] mass)
    {
        int most = (int)Math.Ceiling(mean + 10 * Math.Sqrt(mean) + 20);
        if (mass.Length <= most) mass = new double[most + 1];
        for (int y = 0; y <= most; y++) mass[y] = Loader.PoissonMass(y, mean);
        return most;
    }

    // The counts c with 0 < sum < h, among 0 … limit; first > last if there are none. Counts on the outer side of last (upwards: above) signal.
    static (int First, int Last) Inside<TSum>(in TSum sum, double expected, double threshold, int limit) where TSum : struct, ISumSinceZero
    {
        double at0 = sum.At(0, expected), slope = sum.At(1, expected) - at0;
        if (sum.Upwards)
        {
            int first = (int)Math.Clamp(Math.Floor(-at0 / slope), 0, limit + 1.0);
            while (first > 0 && sum.At(first - 1, expected) > 0) first--;
            while (first <= limit && sum.At(first, expected) <= 0) first++;
            int last = (int)Math.Clamp(Math.Floor((threshold - at0) / slope) + 1, first - 1.0, limit);
            while (last >= first && sum.At(last, expected) >= threshold) last--;
            return (first, last);
        }
        else
        {
            int last = (int)Math.Clamp(Math.Floor(-at0 / slope) + 1, -1, limit);
            while (last >= 0 && sum.At(last, expected) <= 0) last--;
            int first = (int)Math.Clamp(Math.Floor((threshold - at0) / slope) - 1, 0, last + 1.0);
            while (first <= last && sum.At(first, expected) >= threshold) first++;
            return (first, last);
        }
    }

    /// <summary>Probabilities of the events since one zero, kept where they aren't negligible.</summary>
    sealed class Row
    {
        double[] values = [], next = [];
        int from, length;

        public bool IsEmpty => length == 0;

        public int Last => from + length - 1;

        public void Start(double probability)
        {
            if (values.Length == 0) values = new double[16];
            values[0] = probability;
            (from, length) = (0, probability > Negligible ? 1 : 0);
        }

        public void Step(double[] mass, int most, int first, int last, bool upwards, ref double zero, ref double signals)
        {
            int nextFrom = Math.Max(first, from), nextLast = Math.Min(last, Last + most), nextLength = Math.Max(0, nextLast - nextFrom + 1);
            if (next.Length < nextLength) next = new double[Math.Max(nextLength, 2 * next.Length)];
            Array.Clear(next, 0, nextLength);
            for (int i = 0; i < length; i++)
            {
                double p = values[i];
                if (p <= Negligible) continue;
                int c = from + i;
                double stay = 0, below = 0;
                int yFirst = Math.Max(0, nextFrom - c), yLast = Math.Min(most, nextLast - c);
                for (int y = 0; y < yFirst && y <= most; y++) below += mass[y];
                for (int y = yFirst; y <= yLast; y++)
                {
                    next[c + y - nextFrom] += p * mass[y];
                    stay += mass[y];
                }
                double above = 0;
                for (int y = Math.Max(yLast + 1, yFirst); y <= most; y++)
                {
                    double m = mass[y];
                    above += m;
                    if (m < 1e-20 * above) break;
                }
                zero += p * (upwards ? below : above);
                signals += p * (upwards ? above : below);
            }
            (values, next) = (next, values);
            int low = 0, high = nextLength - 1;
            while (low <= high && values[low] <= Negligible) low++;
            while (high >= low && values[high] <= Negligible) high--;
            if (low > 0 && low <= high) Array.Copy(values, low, values, 0, high - low + 1);
            (from, length) = (nextFrom + low, high - low + 1);
        }
    }
}
