using System.Buffers;

namespace SafetyAudit.Statistics;

/// <summary>
/// The <see cref="ControlLimits"/> of many units whose rate is known with the same shape, as on one funnel plot: each vertex of the
/// <see cref="FunnelCurve"/> is worked out once and shared, so a unit costs a few look-ups and gets the same limits as by itself.
/// </summary>
/// <remarks>A limit beyond the shared vertices, or any with a shape below 1, is worked out for the unit alone. A unit's limits don't depend on the other
/// units or their order. An expected count of 0 has the limits 0 and 0: nothing can be called.</remarks>
public static class FunnelLimits
{
    // Beyond this count vertices are seldom shared and each unit is worked out by itself.
    const int MostShared = 1 << 14;

    const long Beyond = -1;

    /// <param name="expected">Expected events per unit, each finite and 0 or more.</param>
    /// <param name="shape">Shape of the distribution of the common rate; infinite for a known rate.</param>
    /// <param name="limits">Receives as many limits as there are units.</param>
    /// <exception cref="ArgumentOutOfRangeException">An expected count is negative or not finite, or the shape is not above 0.</exception>
    /// <exception cref="ArgumentException">There is less room than there are units.</exception>
    public static void For(ReadOnlySpan<double> expected, double shape, Span<ControlLimits> limits)
    {
        if (limits.Length < expected.Length) throw new ArgumentException("There must be room for every unit's limits.", nameof(limits));
        double most = 0;
        foreach (double mean in expected) most = Math.Max(most, NegativeBinomial.WithMean(shape, mean).Mean);
        double reach = most + 8 * NegativeBinomial.WithMean(shape, most).Deviation + 16;
        int size = (int)Math.Min(reach, MostShared);

        double[] rented = ArrayPool<double>.Shared.Rent(4 * size);
        var vertices = rented.AsSpan(0, 4 * size);
        vertices.Fill(double.NaN);
        var low998 = new Side(vertices[..size], shape, ControlLimits.Tail998, high: false);
        var low95 = new Side(vertices.Slice(size, size), shape, ControlLimits.Tail95, high: false);
        var high95 = new Side(vertices.Slice(2 * size, size), shape, ControlLimits.Tail95, high: true);
        var high998 = new Side(vertices.Slice(3 * size, size), shape, ControlLimits.Tail998, high: true);
        for (int i = 0; i < expected.Length; i++)
        {
            double mean = expected[i];
            var distribution = NegativeBinomial.WithMean(shape, mean);
            double deviation = distribution.Deviation;
            bool alone = shape < 1 || mean + 8 * deviation + 16 > MostShared;
            long upper998 = alone ? Beyond : high998.Limit(distribution), upper95 = alone ? Beyond : high95.Limit(distribution);
            limits[i] = upper998 == Beyond || upper95 == Beyond
                ? ControlLimits.For(distribution)
                : new(low998.Limit(distribution), low95.Limit(distribution), upper95, upper998);
        }
        ArrayPool<double>.Shared.Return(rented);
    }

    readonly ref struct Side(Span<double> vertices, double shape, double tail, bool high)
    {
        readonly Span<double> vertices = vertices;
        readonly double z = Normal.Quantile(high ? 1 - tail : tail);

        /// <summary>High: the largest count that isn't high. Low: the smallest that isn't low. <see cref="Beyond"/> if it isn't among the vertices.</summary>
        public long Limit(NegativeBinomial at)
        {
            if (at.Mean == 0) return 0;
            int count = (int)Math.Clamp(at.Mean + z * at.Deviation + (z * z - 1) / 6 + (high ? 0 : 1), 0, vertices.Length - 1);
            if (high)
            {
                while (count > 0 && IsOutside(count, at)) count--;
                while (count + 1 < vertices.Length && !IsOutside(count + 1, at)) count++;
            }
            else
            {
                while (count > 0 && !IsOutside(count - 1, at)) count--;
                while (count + 1 < vertices.Length && IsOutside(count, at)) count++;
            }
            return count + 1 < vertices.Length ? count : Beyond;
        }

        // By the vertex, or by the tail itself where the mean is so near that rounding could tell otherwise than ControlLimits.
        bool IsOutside(int count, NegativeBinomial at)
        {
            double vertex = Vertex(count);
            return Math.Abs(vertex - at.Mean) <= 1e-8 * at.Mean
                ? CountSearch.IsWithin(high ? at.AtLeast(count) : at.AtMost(count), tail)
                : high ? at.Mean < vertex : at.Mean > vertex;
        }

        double Vertex(int count)
        {
            ref double vertex = ref vertices[count];
            if (double.IsNaN(vertex)) vertex = high ? FunnelCurve.ExpectedWhereHigh(count, tail, shape) : FunnelCurve.ExpectedWhereLow(count, tail, shape);
            return vertex;
        }
    }
}
