using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>One limit of a funnel plot as points to join: expectation across, standardised ratio up.</summary>
public sealed record FunnelLine(double Tail, bool IsUpper, IReadOnlyList<(double Expected, double Ratio)> Points);

/// <summary>
/// Standardised ratios against expectation. Where one curve of limits holds for all it stands in <see cref="Lines"/>; against peers, who differ for each
/// subject, there is none, and every row carries limits of its own. So picture and test agree at every count.
/// </summary>
public sealed record Funnel(IReadOnlyList<RateRow> Rows, IReadOnlyList<FunnelLine> Lines, double MaxExpected)
{
    /// <summary>The funnel of one measure's rows; rows that were not assessed stay out of the picture and in the table.</summary>
    public static Funnel Of(IReadOnlyList<RateRow> rows)
    {
        var assessed = rows.Where(r => r.Expected > 0).ToList();
        if (assessed.Count == 0) return new(rows, [], 0);
        double max = assessed.Max(r => r.Expected!.Value) * 1.08;
        double shape = assessed[0].Predicted!.Value.Shape;
        if (assessed.Exists(r => Math.Abs(r.Predicted!.Value.Shape - shape) > 1e-9 * shape)) return new(rows, [], max);
        return new(rows, [Upper(ControlLimits.Tail998), Upper(ControlLimits.Tail95), Lower(ControlLimits.Tail95), Lower(ControlLimits.Tail998)], max);

        FunnelLine Upper(double tail)
        {
            var points = new List<(double, double)>();
            foreach (long count in Counts(max, shape, tail))
            {
                double expected = FunnelCurve.ExpectedWhereHigh(count, tail, shape);
                points.Add((expected, count / expected));
                if (expected > max) break;
            }
            return new(tail, true, points);
        }

        FunnelLine Lower(double tail)
        {
            var points = new List<(double, double)>();
            foreach (long count in Counts(max, shape, tail).Prepend(0))
            {
                double expected = FunnelCurve.ExpectedWhereLow(count, tail, shape);
                if (double.IsPositiveInfinity(expected)) break;
                if (points.Count == 0 && count == 0 && expected > max) break;
                points.Add((expected, count / expected));
                if (expected > max) break;
            }
            return new(tail, false, points);
        }
    }

    // Every count while they are few, then in steps of about 3 %: the curve is smooth there, and each point drawn is still exact.
    static IEnumerable<long> Counts(double max, double shape, double tail)
    {
        long most = FunnelTop(max, shape, tail);
        for (long count = 1; count <= most; count = Math.Max(count + 1, (long)(count * 1.03))) yield return count;
        yield return most + 1;
    }

    static long FunnelTop(double max, double shape, double tail) => NegativeBinomial.WithMean(shape, max).Quantile(1 - tail) + 1;
}
