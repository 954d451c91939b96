namespace SafetyAudit.Statistics;

/// <summary>What run rules read: the assessed points of one phase in standard errors from the centre line, the others left out.</summary>
/// <remarks>Points without limits, or with limits of no width, have no standard errors to be measured in and are left out too.</remarks>
static class ZoneScores
{
    /// <summary>Writes scores and the index of the point each belongs to; answers how many there
    /// are. Points on the centre line to within rounding score 0.</summary>
    public static int Of(ReadOnlySpan<ChartPoint> points, Span<double> scores, Span<int> index)
    {
        int count = 0;
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i] is not { State: PointState.Assessed, Value: { } value, Centre: { } centre,
                Limits: { StandardError: > 0 and < double.PositiveInfinity } limits }) continue;
            double off = value - centre;
            if (Math.Abs(off) <= 1e-12 * (Math.Abs(value) + Math.Abs(centre))) off = 0;
            scores[count] = off == 0 ? 0 : off / limits.StandardError;
            index[count++] = i;
        }
        return count;
    }

    /// <summary>Whether a point is plotted higher (1) or lower (−1) than the one before, or level with it to within rounding (0). Trends and
    /// alternations are read from what is plotted; scores would change with the exposure behind each point.</summary>
    public static int Step(ReadOnlySpan<ChartPoint> points, ReadOnlySpan<int> index, int at)
    {
        double now = points[index[at]].Value!.Value, before = points[index[at - 1]].Value!.Value;
        return Math.Abs(now - before) <= 1e-12 * (Math.Abs(now) + Math.Abs(before)) ? 0 : Math.Sign(now - before);
    }

    /// <summary>How many of the last <paramref name="window"/> scores up to and including <paramref
    /// name="last"/> lie beyond a bound on the side given by the sign; 0 before
    /// there are that many points.</summary>
    public static int Beyond(ReadOnlySpan<double> scores, int last, int window, double bound, int sign)
    {
        int count = 0;
        if (last + 1 < window) return 0;
        for (int i = last - window + 1; i <= last; i++) if (scores[i] * sign > bound) count++;
        return count;
    }
}
