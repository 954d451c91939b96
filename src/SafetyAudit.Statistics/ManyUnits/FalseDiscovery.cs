using System.Buffers;

namespace SafetyAudit.Statistics;

/// <summary>
/// Adjusted p-values for many looks at once: reject where the adjusted value is at most the
/// level. Benjamini and Hochberg (1995) bound the expected share of false
/// alarms among the alarms; Benjamini and Yekutieli (2001) do so under any dependence; Holm
/// (1979), Hochberg (1988) and Bonferroni bound the chance of any false alarm.
/// </summary>
/// <remarks>
/// Ties share the same adjusted value, the order of the p-values doesn't matter, and results are at most 1.
/// An empty list has an empty answer. Not a number, or a value outside 0 to 1, is
/// refused. The review list uses Benjamini–Hochberg: dependence between families is positive. Reference: <c>fdr.csv</c>, 1e-12.
/// </remarks>
public static class FalseDiscovery
{
    /// <summary>min over ranks j ≥ i of p₍ⱼ₎·m/j.</summary>
    /// <param name="p">p-values in any order.</param>
    /// <param name="adjusted">Receives as many values, in the same order.</param>
    /// <exception cref="ArgumentOutOfRangeException">A p-value isn't from 0 to 1.</exception>
    public static void BenjaminiHochberg(ReadOnlySpan<double> p, Span<double> adjusted) => StepUp(p, adjusted, p.Length, divideByRank: true);

    /// <summary>Benjamini–Hochberg times Σ 1/i.</summary>
    /// <inheritdoc cref="BenjaminiHochberg" path="/param"/>
    /// <inheritdoc cref="BenjaminiHochberg" path="/exception"/>
    public static void BenjaminiYekutieli(ReadOnlySpan<double> p, Span<double> adjusted)
    {
        double harmonic = 0;
        for (int i = 1; i <= p.Length; i++) harmonic += 1.0 / i;
        StepUp(p, adjusted, p.Length * harmonic, divideByRank: true);
    }

    /// <summary>min over ranks j ≥ i of p₍ⱼ₎·(m − j + 1).</summary>
    /// <inheritdoc cref="BenjaminiHochberg" path="/param"/>
    /// <inheritdoc cref="BenjaminiHochberg" path="/exception"/>
    public static void Hochberg(ReadOnlySpan<double> p, Span<double> adjusted) => StepUp(p, adjusted, p.Length, divideByRank: false);

    /// <summary>max over ranks j ≤ i of p₍ⱼ₎·(m − j + 1).</summary>
    /// <inheritdoc cref="BenjaminiHochberg" path="/param"/>
    /// <inheritdoc cref="BenjaminiHochberg" path="/exception"/>
    public static void Holm(ReadOnlySpan<double> p, Span<double> adjusted)
    {
        var (order, sorted) = Sorted(p);
        double largest = 0;
        for (int rank = 0; rank < p.Length; rank++)
        {
            largest = Math.Max(largest, Math.Min(1, sorted[rank] * (p.Length - rank)));
            adjusted[order[rank]] = largest;
        }
        Return(order, sorted);
    }

    /// <summary>p·m.</summary>
    /// <inheritdoc cref="BenjaminiHochberg" path="/param"/>
    /// <inheritdoc cref="BenjaminiHochberg" path="/exception"/>
    public static void Bonferroni(ReadOnlySpan<double> p, Span<double> adjusted)
    {
        for (int i = 0; i < p.Length; i++) adjusted[i] = Math.Min(1, Checked(p[i]) * p.Length);
    }

    static void StepUp(ReadOnlySpan<double> p, Span<double> adjusted, double factor, bool divideByRank)
    {
        var (order, sorted) = Sorted(p);
        double smallest = 1;
        for (int rank = p.Length; rank > 0; rank--)
        {
            smallest = Math.Min(smallest, sorted[rank - 1] * (divideByRank ? factor / rank : factor - rank + 1));
            adjusted[order[rank - 1]] = smallest;
        }
        Return(order, sorted);
    }

    static (int[] Order, double[] Sorted) Sorted(ReadOnlySpan<double> p)
    {
        int[] order = ArrayPool<int>.Shared.Rent(p.Length);
        double[] sorted = ArrayPool<double>.Shared.Rent(p.Length);
        for (int i = 0; i < p.Length; i++) (order[i], sorted[i]) = (i, Checked(p[i]));
        sorted.AsSpan(0, p.Length).Sort(order.AsSpan(0, p.Length));
        return (order, sorted);
    }

    static void Return(int[] order, double[] sorted)
    {
        ArrayPool<int>.Shared.Return(order);
        ArrayPool<double>.Shared.Return(sorted);
    }

    static double Checked(double p) => p is >= 0 and <= 1 ? p : throw new ArgumentOutOfRangeException(nameof(p), "A p-value is from 0 to 1.");
}
