namespace SafetyAudit.Statistics;

/// <summary>c chart: counts over equal exposure. Centre the mean c̄; exact limits the Poisson quantiles 0.00135 and
/// 0.99865, or c̄ ± 3√c̄ (Shewhart 1931; Montgomery, Introduction to SQC, §7.3).</summary>
/// <remarks>A count signals when it is above the upper or below the lower limit. Without any event there are no limits. Reference: <c>spc_points.csv</c>
/// (c), <c>spc_exact_limits.csv</c>.</remarks>
static class CountChart
{
    public static PhaseResult Draw(ControlChart.Baseline baseline, Span<ChartPoint> points, ChartOptions options, ChartPhase phase)
    {
        double centre = baseline.Mean();
        if (baseline.Used == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, centre, points);
        if (centre == 0) return ControlChart.CentreOnly(phase, ChartState.NoEvents, baseline.Used, centre, points);
        var limits = options.Method == LimitMethod.Exact ? ExactChartLimits.Count(centre) : ControlChart.Around(centre, Math.Sqrt(centre), least: 0);
        foreach (ref var point in points) point = ControlChart.Judge(point, centre, limits);
        return new(phase, ChartState.Drawn, baseline.Used, centre, null, null);
    }
}
