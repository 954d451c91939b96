using System.Buffers;

namespace SafetyAudit.Statistics;

/// <summary>The NHS Making Data Count rules that a point is part of.</summary>
[Flags]
public enum MakingDataCountRules
{
    None = 0,

    AboveLimit = 1,

    BelowLimit = 2,

    /// <summary>One of at least two among three points in a row near the upper limit (from two
    /// standard errors to the limit), all three above the mean.</summary>
    TwoOfThreeHigh = 4,

    /// <summary>Likewise below.</summary>
    TwoOfThreeLow = 8,

    /// <summary>One of seven or more in a row above the mean.</summary>
    SevenAbove = 16,

    /// <summary>Likewise below.</summary>
    SevenBelow = 32,

    /// <summary>One of seven or more in a row, each higher than the one before.</summary>
    SevenRising = 64,

    /// <summary>Likewise lower.</summary>
    SevenFalling = 128,
}

/// <summary>The variation icon of one point.</summary>
public enum Variation
{
    CommonCause,
    Concern,
    Improvement,
}

/// <summary>
/// NHS England, Making Data Count: points beyond the process limits; two of three near a limit;
/// seven on one side; a trend of seven. Unlike the Western Electric rules every
/// point of a pattern is marked, and in two of three a point beyond the limit doesn't count.
/// </summary>
/// <remarks>
/// Made for XmR charts with limits at 2.66 mean moving ranges (<see
/// cref="MovingRange.MakingDataCountSigma"/>). Points not assessed are left out; a phase without limits
/// signals nothing. Trends are of the plotted values.
/// On rates of rare events these rules signal falsely several times a practitioner-year. Reference: <c>spc_rules.csv</c> (NHSRplotthedots 0.2.2).
/// </remarks>
public static class MakingDataCount
{
    /// <summary>Marks every point of one phase.</summary>
    /// <param name="points">The phase's points.</param>
    /// <param name="signals">Receives the rules that each point is part of.</param>
    public static void Find(ReadOnlySpan<ChartPoint> points, Span<MakingDataCountRules> signals)
    {
        signals[..points.Length].Clear();
        double[]? rented = points.Length <= 256 ? null : ArrayPool<double>.Shared.Rent(points.Length);
        int[]? rentedIndex = rented is null ? null : ArrayPool<int>.Shared.Rent(points.Length);
        Span<double> z = rented ?? stackalloc double[256];
        Span<int> index = rentedIndex ?? stackalloc int[256];
        int count = ZoneScores.Of(points, z, index), runStart = 0, trendStart = 0;
        for (int i = 0; i < count; i++)
        {
            var beyond = points[index[i]].Signal;
            if (beyond != LimitSignal.None) signals[index[i]] |= beyond == LimitSignal.Above ? MakingDataCountRules.AboveLimit
                : MakingDataCountRules.BelowLimit;

            int side = Math.Sign(z[i]);
            if (i == 0 || side == 0 || Math.Sign(z[i - 1]) != side) runStart = i;
            if (side != 0) Mark(signals, index, runStart, i, 7, side > 0 ? MakingDataCountRules.SevenAbove : MakingDataCountRules.SevenBelow);

            int step = i == 0 ? 0 : ZoneScores.Step(points, index, i);
            if (step == 0) trendStart = i;
            else if (i == 1 || ZoneScores.Step(points, index, i - 1) != step) trendStart = i - 1;
            if (step != 0) Mark(signals, index, trendStart, i, 7, step > 0 ? MakingDataCountRules.SevenRising : MakingDataCountRules.SevenFalling);

            if (i >= 2 && side != 0) TwoOfThree(points, z, index, i, side, signals);
        }
        if (rented is not null) ArrayPool<double>.Shared.Return(rented);
        if (rentedIndex is not null) ArrayPool<int>.Shared.Return(rentedIndex);
    }

    /// <summary>The icon of a point: concern where it is special in the unwanted direction.</summary>
    /// <param name="rules">The rules the point is part of.</param>
    /// <param name="higherIsWorse">True for adverse events.</param>
    public static Variation VariationOf(MakingDataCountRules rules, bool higherIsWorse = true)
    {
        const MakingDataCountRules high =
            MakingDataCountRules.AboveLimit | MakingDataCountRules.TwoOfThreeHigh | MakingDataCountRules.SevenAbove | MakingDataCountRules.SevenRising;
        var first = First(rules);
        return first == MakingDataCountRules.None ? Variation.CommonCause : (high & first) != 0 == higherIsWorse ? Variation.Concern : Variation.Improvement;
    }

    /// <summary>The rule that is named where a point is part of several: limit, two of three, trend, seven on one side.</summary>
    public static MakingDataCountRules First(MakingDataCountRules rules)
    {
        foreach (var rule in (ReadOnlySpan<MakingDataCountRules>)[
            MakingDataCountRules.AboveLimit, MakingDataCountRules.BelowLimit, MakingDataCountRules.TwoOfThreeHigh, MakingDataCountRules.TwoOfThreeLow,
            MakingDataCountRules.SevenRising, MakingDataCountRules.SevenFalling, MakingDataCountRules.SevenAbove, MakingDataCountRules.SevenBelow])
            if ((rules & rule) != 0) return rule;
        return MakingDataCountRules.None;
    }

    static void Mark(Span<MakingDataCountRules> signals, ReadOnlySpan<int> index, int from, int to, int least, MakingDataCountRules rule)
    {
        int length = to - from + 1;
        if (length == least) for (int j = from; j <= to; j++) signals[index[j]] |= rule;
        else if (length > least) signals[index[to]] |= rule;
    }

    static void TwoOfThree(ReadOnlySpan<ChartPoint> points, ReadOnlySpan<double> z, ReadOnlySpan<int> index, int last, int side,
        Span<MakingDataCountRules> signals)
    {
        int near = 0;
        for (int j = last - 2; j <= last; j++)
        {
            if (Math.Sign(z[j]) != side) return;
            if (IsNear(points[index[j]], z[j], side)) near++;
        }
        if (near < 2) return;
        for (int j = last - 2; j <= last; j++)
            if (IsNear(points[index[j]], z[j], side)) signals[index[j]] |= side > 0 ? MakingDataCountRules.TwoOfThreeHigh : MakingDataCountRules.TwoOfThreeLow;
    }

    static bool IsNear(ChartPoint point, double z, int side) => z * side > 2 && point.Signal == LimitSignal.None;
}
