namespace SafetyAudit.Statistics;

/// <summary>
/// g chart: sessions between events. Centre the median of the gaps; exact limits of the geometric distribution with p = 1/(mean + 1):
/// a gap is long when P(gap > upper) = (1 − p)^(upper + 1) ≤ α, short when P(gap &lt; lower) ≤ α (Benneyan 2001; Kaminsky et al. 1992 for the chart).
/// </summary>
/// <remarks>
/// The usual mean + 3σ line has a tail of 0.018, a false "improvement" every 55 events: at a mean of
/// 50 it is 201, the exact one 333. A single short gap can hardly signal a rise
/// (the lower limit is 0 for p = 0.02): see <see cref="GapTest"/> and the CUSUM. Equal gaps are no lack of
/// variation: limits come from the mean. Reference: <c>spc_exact_limits.csv</c>.
/// </remarks>
static class GapChart
{
    public static PhaseResult Draw(ControlChart.Baseline baseline, Span<ChartPoint> points, ChartOptions options, ChartPhase phase)
    {
        double[] gaps = new double[baseline.Used];
        int count = 0;
        foreach (var point in baseline.Points) if (point.State == PointState.Assessed) gaps[count++] = point.Value!.Value;
        Array.Sort(gaps);
        double centre = count % 2 == 1 ? gaps[count / 2] : (gaps[count / 2 - 1] + gaps[count / 2]) / 2;
        if (count == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, centre, points);

        double mean = baseline.Mean();
        if (mean == 0) return ControlChart.CentreOnly(phase, ChartState.NoVariation, count, centre, points);
        var limits = ExactChartLimits.Gap(1 / (mean + 1));
        foreach (ref var point in points) point = ControlChart.Judge(point, centre, limits);
        return new(phase, ChartState.Drawn, count, centre, null, null);
    }
}
