namespace SafetyAudit.Statistics;

/// <summary>
/// Individual values: mean ± 3 standard deviations, the standard deviation being the mean moving
/// range over 1.128 (Shewhart 1931; Wheeler and Chambers 1992). For continuous
/// things such as hours to follow-up, not for rates of rare events.
/// </summary>
/// <remarks>Ranges are taken between neighbours among the points used, excluded ones left out. Equal
/// values: no variation to judge by, and no limits. Reference: <c>spc_points.csv</c> (i).</remarks>
static class XmRChart
{
    public static PhaseResult Draw(ControlChart.Baseline baseline, Span<ChartPoint> points, ChartOptions options, ChartPhase phase)
    {
        double centre = baseline.Mean();
        if (baseline.Used == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, centre, points);
        Span<double> values = baseline.Used <= 256 ? stackalloc double[baseline.Used] : new double[baseline.Used];
        int count = 0;
        foreach (var point in baseline.Points) if (point.State == PointState.Assessed) values[count++] = point.Value!.Value;
        double range = MovingRange.Mean(values, options.ScreenRanges), error = range * options.SigmaPerRange;
        if (ControlChart.IsNothing(range, baseline.Size()))
            return ControlChart.CentreOnly(phase, ChartState.NoVariation, baseline.Used, centre, points, 0);
        var limits = ControlChart.Around(centre, error);
        foreach (ref var point in points) point = ControlChart.Judge(point, centre, limits);
        return new(phase, ChartState.Drawn, baseline.Used, centre, range, null);
    }
}
