namespace SafetyAudit.Statistics;

/// <summary>The two tails of a count, each accurate where it is small.</summary>
interface ICountTails
{
    double AtLeast(long count);
    double AtMost(long count);
}

/// <summary>Whole-number quantiles and limits: doubling steps from a guess, then halving.</summary>
static class CountSearch
{
    /// <summary>The smallest count whose P(X ≤ count) is at least a probability (0 to below 1), judged on the tail that is small.</summary>
    public static long Quantile<T>(in T tails, double probability, double mean, double deviation, long most = long.MaxValue) where T : struct, ICountTails
    {
        if (!(probability >= 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is from 0 to below 1.");
        return probability > 0.5
            ? HighestNotHigh(tails, 1 - probability, mean, deviation, most)
            : Smallest(new AtMostReaches<T>(tails, probability, inclusive: true), Guess(mean, deviation, probability, most), deviation, most);
    }

    /// <summary>The largest count whose upper tail P(X ≥ count) is still above <paramref name="tail"/>.</summary>
    public static long HighestNotHigh<T>(in T tails, double tail, double mean, double deviation, long most = long.MaxValue) where T : struct, ICountTails =>
        Smallest(new NextIsHigh<T>(tails, tail), Guess(mean, deviation, 1 - tail, most), deviation, most);

    /// <summary>The smallest count whose lower tail P(X ≤ count) is above <paramref name="tail"/>.</summary>
    public static long LowestNotLow<T>(in T tails, double tail, double mean, double deviation, long most = long.MaxValue) where T : struct, ICountTails =>
        Smallest(new AtMostReaches<T>(tails, tail, inclusive: false), Guess(mean, deviation, tail, most), deviation, most);

    static long Guess(double mean, double deviation, double probability, long most)
    {
        double z = probability > 0 && probability < 1 ? Normal.Quantile(probability) : 0;
        double guess = mean + deviation * z + (z * z - 1) / 6 * (1 + deviation * deviation / Math.Max(mean, 1e-300) - 1);
        return (long)Math.Clamp(guess, 0, Math.Min(most, 1e18));
    }

    static long Smallest<TCondition>(in TCondition holds, long guess, double deviation, long most) where TCondition : struct, ICondition
    {
        long step = Math.Max(1, (long)(deviation / 16)), low, high;
        if (holds.At(guess))
        {
            high = guess;
            low = guess - step;
            while (low >= 0 && holds.At(low)) { high = low; step *= 2; low -= step; }
            low = Math.Max(low, -1);
        }
        else
        {
            low = guess;
            high = guess + step;
            while (high < most && !holds.At(high)) { low = high; step *= 2; high += step; }
            high = Math.Min(high, most);
        }
        while (high - low > 1)
        {
            long middle = low + (high - low) / 2;
            if (holds.At(middle)) high = middle; else low = middle;
        }
        return high;
    }

    interface ICondition
    {
        bool At(long count);
    }

    readonly struct NextIsHigh<T>(T tails, double tail) : ICondition where T : struct, ICountTails
    {
        public bool At(long count) => tails.AtLeast(count + 1) <= tail;
    }

    readonly struct AtMostReaches<T>(T tails, double tail, bool inclusive) : ICondition where T : struct, ICountTails
    {
        public bool At(long count) => inclusive ? tails.AtMost(count) >= tail : tails.AtMost(count) > tail;
    }
}
