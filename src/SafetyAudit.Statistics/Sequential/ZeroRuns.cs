using System.Numerics;
using System.Runtime.InteropServices;

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

    /// <summary>Which counts since a zero leave the sum inside (0, h), for every zero and every month after it. They depend on what the
    /// CUSUM expects and not on the true rate, so an average over rates needs them once.</summary>
    /// <param name="sum">The sum since zero.</param>
    /// <param name="expected">Expected events of each month, as the CUSUM reckons.</param>
    /// <param name="threshold">h.</param>
    public static Bounds BoundsOf<TSum>(in TSum sum, ReadOnlySpan<double> expected, double threshold) where TSum : struct, ISumSinceZero
    {
        var inside = new (int First, int Last)[expected.Length * (expected.Length + 1) / 2];
        for (int t = 0, at = 0; t < expected.Length; t++, at += t)
        {
            double span = 0;
            for (int s = t; s >= 0; s--)
            {
                span += expected[s];
                // The month that came and the one left out expect the same: as it was a month ago.
                inside[at + s] = s > 0 && expected[t] == expected[s - 1] ? inside[at - t + s - 1] : Inside(sum, span, threshold);
            }
        }
        return new(expected.ToArray(), inside, sum.Upwards);
    }

    /// <param name="Expected">Expected events of each month.</param>
    /// <param name="Inside">At t(t + 1)/2 + s: the first and last count inside after month t where the sum was zero before month s.</param>
    /// <param name="Upwards">Whether more events raise the sum.</param>
    public sealed record Bounds(double[] Expected, (int First, int Last)[] Inside, bool Upwards);

    /// <param name="bounds">Those of the CUSUM.</param>
    /// <param name="means">Poisson mean of each month at a true ratio of 1.</param>
    /// <param name="trueRatio">Multiplies the means.</param>
    /// <param name="signalled">Receives the cumulative probability of a signal.</param>
    public static void SignalProbability(Bounds bounds, ReadOnlySpan<double> means, double trueRatio, Span<double> signalled)
    {
        double[] expected = bounds.Expected;
        int months = expected.Length;
        var since = new Row[months];        // since[s]: the sum was zero before month s and not after any month since
        for (int i = 0; i < months; i++) since[i] = new Row();
        var month = new Month();
        double zero = 1, total = 0;
        for (int t = 0; t < months; t++)
        {
            if (expected[t] == 0)
            {
                // No exposure, no change; a run that starts here would be the same as one that starts a month later.
                signalled[t] = total;
                continue;
            }
            if (zero == 0 && Array.TrueForAll(since, row => row.IsEmpty))
            {
                // All have signalled.
                signalled[t] = Math.Min(1, total);
                continue;
            }
            month.Set(means[t] * trueRatio);
            double backToZero = 0, newSignals = 0;
            since[t].Start(zero);
            var inside = bounds.Inside.AsSpan(t * (t + 1) / 2, t + 1);
            for (int s = t; s >= 0; s--)
                if (!since[s].IsEmpty) since[s].Step(month, inside[s].First, inside[s].Last, bounds.Upwards, ref backToZero, ref newSignals);
            zero = backToZero;
            total += newSignals;
            signalled[t] = Math.Min(1, total);
        }
    }

    /// <summary>Refuses what no CUSUM over months can have.</summary>
    public static void Check(double meanPerMonth, double threshold, double trueRatio)
    {
        if (!(meanPerMonth > 0 && meanPerMonth <= MostPerMonth))
            throw new ArgumentOutOfRangeException(nameof(meanPerMonth), "An expected count is above 0 and at most 10,000 a month.");
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), "A threshold is above 0.");
        if (!(trueRatio >= 0 && trueRatio <= 1000)) throw new ArgumentOutOfRangeException(nameof(trueRatio), "A true ratio is from 0 to 1,000.");
    }

    /// <summary>Refuses a ratio that no CUSUM can look for.</summary>
    public static double CheckedRatio(double ratio) => ratio > 0 && double.IsFinite(ratio) && ratio != 1
        ? ratio
        : throw new ArgumentOutOfRangeException(nameof(ratio), "The ratio looked for is finite, above 0 and not 1: 2 for a doubling, ½ for a halving.");

    public const double MostPerMonth = 1e4;

    /// <summary>The smallest threshold with a yearly probability within the budget, by halving over the values the sum can take.</summary>
    public static (double Threshold, double AttainedPerYear) ThresholdFor<TSum>(
        TSum sum, ReadOnlySpan<double> expected, double alpha, Func<double, double> signalled)
        where TSum : struct, ISumSinceZero
    {
        if (!(alpha > 0 && alpha < 1)) throw new ArgumentOutOfRangeException(nameof(alpha), "A budget is between 0 and 1.");
        if (expected.Length < 1) throw new ArgumentOutOfRangeException(nameof(expected), "A horizon is 1 month or more.");
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

    /// <summary>The Poisson masses of a month's count with their sums from either end, kept while the mean stays the same.</summary>
    sealed class Month
    {
        double mean = double.NaN;

        /// <summary>The smallest count that isn't negligible.</summary>
        public int Least { get; private set; }

        /// <summary>The largest.</summary>
        public int Most { get; private set; }

        public double[] Mass { get; private set; } = [];

        /// <summary>Fewer than y events, for y from 0 to one above <see cref="Most"/>.</summary>
        public double[] Below { get; private set; } = [];

        /// <summary>y events or more.</summary>
        public double[] From { get; private set; } = [];

        public void Set(double newMean)
        {
            if (newMean == mean) return;
            mean = newMean;
            Most = (int)Math.Ceiling(mean + 10 * Math.Sqrt(mean) + 20);
            if (Mass.Length <= Most + 1) (Mass, Below, From) = (new double[Most + 2], new double[Most + 2], new double[Most + 2]);
            for (int y = 0; y <= Most; y++) Mass[y] = Loader.PoissonMass(y, mean);
            while (Most > mean && Mass[Most] < Negligible) Most--;
            for (Least = 0; Least < mean && Mass[Least] < Negligible;) Least++;
            Below[0] = From[Most + 1] = 0;
            for (int y = 0; y <= Most; y++) Below[y + 1] = Below[y] + Mass[y];
            for (int y = Most; y >= 0; y--) From[y] = From[y + 1] + Mass[y];
        }
    }

    // The counts c with 0 < sum < h: a range, since the sum is straight in the events; first > last if there are none. Counts on the outer side
    // of last (upwards: above) signal.
    static (int First, int Last) Inside<TSum>(in TSum sum, double expected, double threshold) where TSum : struct, ISumSinceZero
    {
        const int limit = 1 << 30;      // more than can come
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

        public void Step(Month month, int first, int last, bool upwards, ref double zero, ref double signals)
        {
            double[] mass = month.Mass;
            int most = month.Most;
            int nextFrom = Math.Max(first, from), nextLast = Math.Min(last, Last + most), nextLength = Math.Max(0, nextLast - nextFrom + 1);
            if (next.Length < nextLength) next = new double[Math.Max(nextLength, 2 * next.Length)];
            Array.Clear(next, 0, nextLength);
            for (int i = 0; i < length; i++)
            {
                double p = values[i];
                if (p <= Negligible) continue;
                int c = from + i;
                int yFirst = Math.Max(0, nextFrom - c), yLast = Math.Min(most, nextLast - c);
                int low = Math.Max(yFirst, month.Least);
                if (low <= yLast) AddScaled(mass.AsSpan(low..(yLast + 1)), p, next.AsSpan(c + low - nextFrom));
                double below = month.Below[Math.Min(yFirst, most + 1)], above = month.From[Math.Clamp(Math.Max(yLast + 1, yFirst), 0, most + 1)];
                zero += p * (upwards ? below : above);
                signals += p * (upwards ? above : below);
            }
            (values, next) = (next, values);
            int start = 0, end = nextLength - 1;
            while (start <= end && values[start] <= Negligible) start++;
            while (end >= start && values[end] <= Negligible) end--;
            if (start > 0 && start <= end) Array.Copy(values, start, values, 0, end - start + 1);
            (from, length) = (nextFrom + start, end - start + 1);
        }

        static void AddScaled(ReadOnlySpan<double> from, double factor, Span<double> into)
        {
            into = into[..from.Length];
            ref double source = ref MemoryMarshal.GetReference(from), target = ref MemoryMarshal.GetReference(into);
            int i = 0;
            for (; i <= from.Length - Vector<double>.Count; i += Vector<double>.Count)
                (Vector.LoadUnsafe(ref target, (nuint)i) + Vector.LoadUnsafe(ref source, (nuint)i) * factor).StoreUnsafe(ref target, (nuint)i);
            for (; i < from.Length; i++) into[i] += factor * from[i];
        }
    }
}
