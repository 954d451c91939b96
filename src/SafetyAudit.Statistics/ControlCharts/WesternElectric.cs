using System.Buffers;

namespace SafetyAudit.Statistics;

/// <summary>The Western Electric rules that end at a point.</summary>
[Flags]
public enum WesternElectricRules
{
    None = 0,

    /// <summary>1: beyond three standard errors, or beyond the exact limit where that is drawn.</summary>
    BeyondLimit = 1,

    /// <summary>2: two of three beyond two standard errors, on one side.</summary>
    TwoOfThree = 2,

    /// <summary>3: four of five beyond one standard error, on one side.</summary>
    FourOfFive = 4,

    /// <summary>4: eight in a row on one side.</summary>
    EightOnOneSide = 8,
}

/// <summary>
/// Western Electric zone rules (Statistical Quality Control Handbook, 1956, p. 25–28), marked at
/// the point where a pattern is complete, that point being part of it.
/// Points beyond three standard errors count in rule 2 and 3, as in qcc.
/// </summary>
/// <remarks>
/// Points not assessed are left out; a phase without limits signals nothing. All four together signal falsely about once in 90 points of a stable normal
/// process (Champ and Woodall 1987: 91.75). Reference: <c>spc_rules.csv</c>.
/// </remarks>
public static class WesternElectric
{
    /// <summary>Marks every point of one phase.</summary>
    /// <param name="points">The phase's points.</param>
    /// <param name="signals">Receives the rules that end at each point.</param>
    public static void Find(ReadOnlySpan<ChartPoint> points, Span<WesternElectricRules> signals)
    {
        signals[..points.Length].Clear();
        double[]? rented = points.Length <= 256 ? null : ArrayPool<double>.Shared.Rent(points.Length);
        int[]? rentedIndex = rented is null ? null : ArrayPool<int>.Shared.Rent(points.Length);
        Span<double> z = rented ?? stackalloc double[256];
        Span<int> index = rentedIndex ?? stackalloc int[256];
        int count = ZoneScores.Of(points, z, index), run = 0;
        for (int i = 0; i < count; i++)
        {
            int side = Math.Sign(z[i]);
            run = side != 0 && i > 0 && Math.Sign(z[i - 1]) == side ? run + 1 : side != 0 ? 1 : 0;
            var found = points[index[i]].Signal != LimitSignal.None ? WesternElectricRules.BeyondLimit : WesternElectricRules.None;
            if (side != 0)
            {
                if (z[i] * side > 2 && ZoneScores.Beyond(z, i, 3, 2, side) >= 2) found |= WesternElectricRules.TwoOfThree;
                if (z[i] * side > 1 && ZoneScores.Beyond(z, i, 5, 1, side) >= 4) found |= WesternElectricRules.FourOfFive;
                if (run >= 8) found |= WesternElectricRules.EightOnOneSide;
            }
            signals[index[i]] = found;
        }
        if (rented is not null) ArrayPool<double>.Shared.Return(rented);
        if (rentedIndex is not null) ArrayPool<int>.Shared.Return(rentedIndex);
    }
}
