using System.Buffers;

namespace SafetyAudit.Statistics;

/// <summary>Nelson's rules that end at a point.</summary>
[Flags]
public enum NelsonRules
{
    None = 0,

    /// <summary>1: beyond three standard errors, or beyond the exact limit where that is drawn.</summary>
    BeyondLimit = 1,

    /// <summary>2: nine in a row on one side.</summary>
    NineOnOneSide = 2,

    /// <summary>3: six in a row steadily rising or falling.</summary>
    SixTrend = 4,

    /// <summary>4: fourteen in a row alternating up and down.</summary>
    FourteenAlternating = 8,

    /// <summary>5: two of three beyond two standard errors, on one side.</summary>
    TwoOfThree = 16,

    /// <summary>6: four of five beyond one standard error, on one side.</summary>
    FourOfFive = 32,

    /// <summary>7: fifteen in a row within one standard error.</summary>
    FifteenWithin = 64,

    /// <summary>8: eight in a row beyond one standard error, on either side.</summary>
    EightBeyond = 128,
}

/// <summary>Nelson's eight tests (1984, J. Quality Technology 16:237), marked at the point where a pattern is complete.</summary>
/// <remarks>Points not assessed are left out; a phase without limits signals nothing. Zones are in standard errors;
/// trends and alternations are of the plotted values. Reference: <c>spc_rules.csv</c> (qcc 3.0, every point of every series).</remarks>
public static class Nelson
{
    /// <summary>Marks every point of one phase.</summary>
    /// <param name="points">The phase's points.</param>
    /// <param name="signals">Receives the rules that end at each point.</param>
    public static void Find(ReadOnlySpan<ChartPoint> points, Span<NelsonRules> signals)
    {
        signals[..points.Length].Clear();
        double[]? rented = points.Length <= 256 ? null : ArrayPool<double>.Shared.Rent(points.Length);
        int[]? rentedIndex = rented is null ? null : ArrayPool<int>.Shared.Rent(points.Length);
        Span<double> z = rented ?? stackalloc double[256];
        Span<int> index = rentedIndex ?? stackalloc int[256];
        int count = ZoneScores.Of(points, z, index), run = 0, trend = 1, alternating = 1, within = 0, beyond = 0, direction = 0;
        for (int i = 0; i < count; i++)
        {
            int side = Math.Sign(z[i]);
            run = side != 0 && i > 0 && Math.Sign(z[i - 1]) == side ? run + 1 : side != 0 ? 1 : 0;
            int step = i == 0 ? 0 : ZoneScores.Step(points, index, i);
            trend = step == 0 ? 1 : step == direction ? trend + 1 : 2;
            alternating = step == 0 ? 1 : step == -direction ? alternating + 1 : 2;
            direction = step;
            within = Math.Abs(z[i]) < 1 ? within + 1 : 0;
            beyond = Math.Abs(z[i]) > 1 ? beyond + 1 : 0;

            var found = points[index[i]].Signal != LimitSignal.None ? NelsonRules.BeyondLimit : NelsonRules.None;
            if (run >= 9) found |= NelsonRules.NineOnOneSide;
            if (trend >= 6) found |= NelsonRules.SixTrend;
            if (alternating >= 14) found |= NelsonRules.FourteenAlternating;
            if (side != 0 && z[i] * side > 2 && ZoneScores.Beyond(z, i, 3, 2, side) >= 2) found |= NelsonRules.TwoOfThree;
            if (side != 0 && z[i] * side > 1 && ZoneScores.Beyond(z, i, 5, 1, side) >= 4) found |= NelsonRules.FourOfFive;
            if (within >= 15) found |= NelsonRules.FifteenWithin;
            if (beyond >= 8) found |= NelsonRules.EightBeyond;
            signals[index[i]] = found;
        }
        if (rented is not null) ArrayPool<double>.Shared.Return(rented);
        if (rentedIndex is not null) ArrayPool<int>.Shared.Return(rentedIndex);
    }
}
