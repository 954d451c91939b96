namespace SafetyAudit.Statistics;

/// <summary>The two tails of a count, each accurate where it is small.</summary>
interface ICountTails
{
    double AtLeast(long count);
    double AtMost(long count);
}

/// <summary>Whole-number quantiles and limits: doubling steps from a guess, then halving.</summary>
/// <remarks>
/// Tails are right to about 1e-14, and a level that a tail meets exactly (one in forty of forty equally likely counts) mustn't be missed by a
/// rounding: a tail within 1e-13 of itself above the level counts as on it, and so as reached.
/// </remarks>
static class CountSearch
{
    /// <summary>The largest mean for which counts are searched: beyond, they could leave the range of whole numbers.</summary>
    public const double MostMean = 1e15;

    const long MostCount = 1L << 60;

    /// <summary>How far above a level a tail still counts as on it, as a share of itself.</summary>
    public const double Slack = 1e-13;

    /// <summary>Whether a tail is at or under a level, to within rounding.</summary>
    public static bool IsWithin(double tail, double level) => tail <= level * (1 + Slack);

    static bool Reaches(double tail, double level) => tail >= level * (1 - Slack);

    /// <summary>The smallest count whose P(X ≤ count) is at least a probability (0 to below 1), judged on the tail that is small.</summary>
    public static long Quantile<T>(in T tails, double probability, double mean, double deviation, long most = long.MaxValue, long? near = null)
        where T : struct, ICountTails
    {
        if (!(probability >= 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is from 0 to below 1.");
        return probability > 0.5
            ? HighestNotHigh(tails, 1 - probability, mean, deviation, most, near)
            : Smallest(
                new AtMostReaches<T>(tails, probability, inclusive: true), near ?? Guess(mean, deviation, probability, most), near is null ? deviation : 1,
                    most);
    }

    /// <summary>The largest count whose upper tail P(X ≥ count) is still above <paramref name="tail"/>.</summary>
    public static long HighestNotHigh<T>(in T tails, double tail, double mean, double deviation, long most = long.MaxValue, long? near = null)
        where T : struct, ICountTails
    {
        CheckTail(tail);
        return Smallest(new NextIsHigh<T>(tails, tail), near ?? Guess(mean, deviation, 1 - tail, most), near is null ? deviation : 1, most);
    }

    /// <summary>The smallest count whose lower tail P(X ≤ count) is above <paramref name="tail"/>.</summary>
    public static long LowestNotLow<T>(in T tails, double tail, double mean, double deviation, long most = long.MaxValue, long? near = null)
        where T : struct, ICountTails
    {
        CheckTail(tail);
        return Smallest(new AtMostReaches<T>(tails, tail, inclusive: false), near ?? Guess(mean, deviation, tail, most), near is null ? deviation : 1, most);
    }

    static void CheckTail(double tail)
    {
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A tail probability is between 0 and 1.");
    }

    static long Guess(double mean, double deviation, double probability, long most)
    {
        if (!(mean <= MostMean)) throw new ArgumentOutOfRangeException(nameof(mean), "Counts are searched for means up to 1e15 events; give a smaller mean.");
        double z = probability > 0 && probability < 1 ? Normal.Quantile(probability) : 0;
        double guess = mean + deviation * z + (z * z - 1) / 6 * (1 + deviation * deviation / Math.Max(mean, 1e-300) - 1);
        return (long)Math.Clamp(guess, 0, Math.Min(most, MostCount));
    }

    static long Smallest<TCondition>(in TCondition holds, long guess, double deviation, long most) where TCondition : struct, ICondition
    {
        long step = (long)Math.Clamp(deviation / 16, 1, MostCount / 4), low, high;
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
            most = Math.Min(most, MostCount);
            while (high < most && !holds.At(high))
            {
                if (high > MostCount / 4) throw new ArgumentOutOfRangeException(nameof(guess),
                    "The count lies beyond 1e17; give a smaller mean or a larger tail.");
                low = high;
                step *= 2;
                high += step;
            }
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
        public bool At(long count) => IsWithin(tails.AtLeast(count + 1), tail);
    }

    readonly struct AtMostReaches<T>(T tails, double tail, bool inclusive) : ICondition where T : struct, ICountTails
    {
        public bool At(long count) => inclusive ? Reaches(tails.AtMost(count), tail) : !IsWithin(tails.AtMost(count), tail);
    }
}
