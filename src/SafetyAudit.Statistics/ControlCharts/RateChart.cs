namespace SafetyAudit.Statistics;

/// <summary>
/// u chart: events per exposure. Centre ū = Σevents/Σexposure; exact limits the Poisson
/// quantiles of the point's expected count over its exposure, or ū ± 3√(ū/n)
/// (Montgomery, §7.3). u′ multiplies the standard error by σ_z, the mean moving range of the z-scores over 1.128 (Laney 2002, Quality Engineering 14:531).
/// </summary>
/// <remarks>Laney's limits are three-sigma ones. A point without exposure has no value and no limits.
/// Reference: <c>spc_points.csv</c> (u, up), <c>spc_exact_limits.csv</c>.</remarks>
static class RateChart
{
    public static PhaseResult Draw(ControlChart.Baseline baseline, ReadOnlySpan<ChartValue> values, Span<ChartPoint> points, ChartOptions options,
        ChartPhase phase, bool widened)
    {
        double events = 0, exposure = 0;
        for (int i = 0; i < baseline.Points.Length; i++)
        {
            if (baseline.Points[i].State != PointState.Assessed) continue;
            events += baseline.Values[i].Numerator;
            exposure += baseline.Values[i].Denominator;
        }
        double centre = events / exposure;
        if (baseline.Used == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, centre, points);
        if (centre == 0) return ControlChart.CentreOnly(phase, ChartState.NoEvents, baseline.Used, centre, points);
        double? sigmaZ = widened ? LaneyFactor.Of(baseline, centre, centre, options) : null;
        if (sigmaZ is { } z && ControlChart.IsNothing(z, 1)) return ControlChart.CentreOnly(phase, ChartState.NoVariation, baseline.Used, centre, points, null,
            0);
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i].Value is null) continue;
            double n = values[i].Denominator;
            var limits = options.Method == LimitMethod.Exact && !widened
                ? ExactChartLimits.Rate(centre, n)
                : ControlChart.Around(centre, Math.Sqrt(centre / n) * (sigmaZ ?? 1), least: 0);
            points[i] = ControlChart.Judge(points[i], centre, limits);
        }
        return new(phase, ChartState.Drawn, baseline.Used, centre, null, sigmaZ);
    }
}
