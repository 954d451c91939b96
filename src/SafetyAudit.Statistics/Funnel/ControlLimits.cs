namespace SafetyAudit.Statistics;

/// <summary>Where an observed count lies among the counts to be expected: two-sided 95 % and 99.8 % (tails of 0.025 and 0.001).</summary>
public enum Position
{
    /// <summary>No expectation could be formed, so nothing is said. Never to be read as "fine".</summary>
    NotAssessed,
    Below998,
    Below95,
    Inside,
    Above95,
    Above998,
}

/// <summary>
/// The counts that are still within expectation, both ends included, under a predictive distribution. A count is outside exactly when
/// its tail probability is at or under the level (to within 1e-13 of it, so that a tail that meets the level exactly isn't missed by a
/// rounding), so limits, test and position can't disagree.
/// </summary>
/// <remarks>
/// Seaton and Manktelow (2012): limits come from the spread of a count around its expectation, not from an interval around the observed one.
/// A lower limit of 0 means that too little work was done for any count to be called low (for a Poisson count, expected below −ln tail).
/// </remarks>
public readonly record struct ControlLimits(long Lower998, long Lower95, long Upper95, long Upper998)
{
    /// <summary>One-sided tail of the 99.8 % limits.</summary>
    public const double Tail998 = 0.001;

    /// <summary>One-sided tail of the 95 % limits.</summary>
    public const double Tail95 = 0.025;

    /// <summary>The limits for a count with this predictive distribution.</summary>
    public static ControlLimits For(NegativeBinomial expected) => For(expected, expected.Mean, expected.Deviation);

    /// <summary>The limits for a share of sessions with this predictive distribution.</summary>
    public static ControlLimits For(BetaBinomial expected) => new(
        expected.LowestNotLow(Tail998), expected.LowestNotLow(Tail95), expected.HighestNotHigh(Tail95), expected.HighestNotHigh(Tail998));

    /// <summary>Where a count lies; agrees with the limits at every count.</summary>
    public Position PositionOf(long observed) =>
        observed > Upper998 ? Position.Above998
        : observed > Upper95 ? Position.Above95
        : observed < Lower998 ? Position.Below998
        : observed < Lower95 ? Position.Below95
        : Position.Inside;

    static ControlLimits For<T>(in T tails, double mean, double deviation) where T : struct, ICountTails => new(
        CountSearch.LowestNotLow(tails, Tail998, mean, deviation), CountSearch.LowestNotLow(tails, Tail95, mean, deviation),
        CountSearch.HighestNotHigh(tails, Tail95, mean, deviation), CountSearch.HighestNotHigh(tails, Tail998, mean, deviation));
}
