namespace SafetyAudit.Statistics;

/// <summary>
/// t chart: time or exposure between events. Exact limits of the exponential distribution with the mean
/// gap, −mean·ln(1 − α) and −mean·ln α, centre its median mean·ln 2; or XmR limits of
/// gap^(1/3.6), raised again (Nelson 1994, J. Quality Technology 26:239), only for comparison with tools.
/// </summary>
/// <remarks>Gaps of 0, two events on one day, are possible dates but impossible gaps: count sessions between events
/// instead (g). Reference: <c>spc_exact_limits.csv</c>, <c>spc_points.csv</c> (t).</remarks>
static class TimeChart
{
    const double Power = 3.6;

    public static PhaseResult Draw(ControlChart.Baseline baseline, Span<ChartPoint> points, ChartOptions options, ChartPhase phase)
    {
        double mean = baseline.Mean();
        if (options.Method == LimitMethod.Exact)
        {
            double median = mean * Math.Log(2);
            if (baseline.Used == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, median, points);
            if (mean == 0) return ControlChart.CentreOnly(phase, ChartState.NoVariation, baseline.Used, median, points);
            var exact = ExactChartLimits.Time(mean);
            foreach (ref var point in points) point = ControlChart.Judge(point, median, exact);
            return new(phase, ChartState.Drawn, baseline.Used, median, null, null);
        }

        Span<double> roots = baseline.Used <= 256 ? stackalloc double[baseline.Used] : new double[baseline.Used];
        int count = 0;
        double sum = 0;
        foreach (var point in baseline.Points) if (point.State == PointState.Assessed) sum += roots[count++] = Math.Pow(point.Value!.Value, 1 / Power);
        double centre = sum / count;
        if (count == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, Math.Pow(centre, Power), points);
        double range = MovingRange.Mean(roots, options.ScreenRanges), error = range * options.SigmaPerRange;
        if (ControlChart.IsNothing(range, centre))
            return ControlChart.CentreOnly(phase, ChartState.NoVariation, count, Math.Pow(centre, Power), points, 0);
        var on = ControlChart.Around(centre, error, least: 0);
        var limits = new ChartLimits(
            Math.Pow(on.Lower, Power), Math.Pow(on.Upper, Power), Math.Pow(on.LowerWarning, Power), Math.Pow(on.UpperWarning, Power),
            Math.Pow(centre + error, Power) - Math.Pow(centre, Power));
        foreach (ref var point in points) point = ControlChart.Judge(point, Math.Pow(centre, Power), limits);
        return new(phase, ChartState.Drawn, count, Math.Pow(centre, Power), range, null);
    }
}
