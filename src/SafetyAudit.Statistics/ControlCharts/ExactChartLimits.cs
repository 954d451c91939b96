namespace SafetyAudit.Statistics;

/// <summary>
/// Probability limits of count, rate, share, gap and time charts at a one-sided tail: quantiles
/// of the Poisson, binomial, geometric and exponential distributions.
/// A value signals when it is above the upper or below the lower limit, so that each side's false-alarm probability is at most the tail.
/// </summary>
/// <remarks>A tail met exactly is met, to within rounding, as in <see cref="CountSearch"/>. Reference figures: <c>spc_exact_limits.csv</c>.</remarks>
public static class ExactChartLimits
{
    /// <summary>Normal tail beyond three standard errors, rounded as in the tables.</summary>
    public const double Tail = 0.00135;

    /// <summary>Beyond two.</summary>
    public const double WarningTail = 0.02275;

    /// <summary>c chart with this mean.</summary>
    public static ChartLimits Count(double mean) =>
        new(CountLower(mean, Tail), CountUpper(mean, Tail), CountLower(mean, WarningTail), CountUpper(mean, WarningTail), Math.Sqrt(mean));

    /// <summary>u chart with this rate at one exposure: limits of the count, over the exposure.</summary>
    public static ChartLimits Rate(double rate, double exposure)
    {
        if (!(exposure > 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and above 0.");
        if (!(rate >= 0 && double.IsFinite(rate))) throw new ArgumentOutOfRangeException(nameof(rate), "A rate is finite and 0 or more.");
        var count = Count(rate * exposure);
        return new(count.Lower / exposure, count.Upper / exposure, count.LowerWarning / exposure, count.UpperWarning / exposure, Math.Sqrt(rate / exposure));
    }

    /// <summary>p chart with this share at n sessions.</summary>
    public static ChartLimits Share(double share, double sessions)
    {
        if (!(sessions > 0 && sessions <= CountSearch.MostMean))
            throw new ArgumentOutOfRangeException(nameof(sessions), "Sessions are above 0 and at most 1e15.");
        long n = (long)sessions;
        return new(ShareLower(share, n, Tail) / sessions, ShareUpper(share, n, Tail) / sessions, ShareLower(share, n, WarningTail) / sessions,
            ShareUpper(share, n, WarningTail) / sessions,
            Math.Sqrt(share * (1 - share) / sessions));
    }

    /// <summary>g chart with this probability of an event in a session.</summary>
    public static ChartLimits Gap(double p) =>
        new(GapLower(p, Tail), GapUpper(p, Tail), GapLower(p, WarningTail), GapUpper(p, WarningTail), Math.Sqrt(1 - p) / p);

    /// <summary>t chart with this mean time between events.</summary>
    public static ChartLimits Time(double mean) =>
        new(TimeLower(mean, Tail), TimeUpper(mean, Tail), TimeLower(mean, WarningTail), TimeUpper(mean, WarningTail), mean);

    /// <summary>Smallest count that isn't low.</summary>
    public static long CountLower(double mean, double tail)
    {
        CheckTail(tail);
        return Poisson.Quantile(tail, mean);
    }

    /// <summary>Largest count that isn't high.</summary>
    public static long CountUpper(double mean, double tail)
    {
        CheckTail(tail);
        return Poisson.Quantile(1 - tail, mean);
    }

    /// <summary>Smallest number of sessions with an event that isn't low.</summary>
    public static long ShareLower(double share, long n, double tail)
    {
        CheckTail(tail);
        return Binomial.Quantile(tail, n, share);
    }

    /// <summary>Largest number of sessions with an event that isn't high.</summary>
    public static long ShareUpper(double share, long n, double tail)
    {
        CheckTail(tail);
        return Binomial.Quantile(1 - tail, n, share);
    }

    /// <summary>Smallest gap that isn't short: the smallest whose P(gap ≤ limit) = 1 − (1 − p)^(limit + 1) reaches the tail.</summary>
    public static double GapLower(double p, double tail) =>
        Chance(p, tail) == 1 ? 0 : Math.Ceiling(Elementary.LogOnePlus(-tail * (1 - CountSearch.Slack)) / Elementary.LogOnePlus(-p)) - 1;

    /// <summary>Longest gap that isn't long: P(gap &gt; limit) = (1 − p)^(limit + 1) ≤ tail.</summary>
    public static double GapUpper(double p, double tail) =>
        Chance(p, tail) == 1 ? 0 : Math.Max(0, Math.Ceiling((Math.Log(tail) + CountSearch.Slack) / Elementary.LogOnePlus(-p)) - 1);

    /// <summary>Shortest time that isn't short.</summary>
    public static double TimeLower(double mean, double tail) => -Time(mean, tail) * Elementary.LogOnePlus(-tail);

    /// <summary>Longest time that isn't long.</summary>
    public static double TimeUpper(double mean, double tail) => -Time(mean, tail) * Math.Log(tail);

    static double Chance(double p, double tail)
    {
        if (!(p > 0 && p <= 1)) throw new ArgumentOutOfRangeException(nameof(p), "The chance of an event in a session is above 0 and at most 1.");
        CheckTail(tail);
        return p;
    }

    static double Time(double mean, double tail)
    {
        if (!(mean > 0 && double.IsFinite(mean))) throw new ArgumentOutOfRangeException(nameof(mean), "A mean time between events is finite and above 0.");
        CheckTail(tail);
        return mean;
    }

    static void CheckTail(double tail)
    {
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A tail probability is between 0 and 1.");
    }
}
