namespace SafetyAudit.Statistics;

/// <summary>
/// p chart: sessions with an event among n. Centre p̄ = Σx/Σn; exact limits the binomial
/// quantiles over n, or p̄ ± 3√(p̄(1 − p̄)/n) within 0 to 1 (Montgomery, §7.2).
/// p′ multiplies the standard error by σ_z (Laney 2002).
/// </summary>
/// <remarks>Exact limits need whole numbers of sessions; a part session is left out of n.
/// Reference: <c>spc_points.csv</c> (p, pp), <c>spc_exact_limits.csv</c>.</remarks>
static class ShareChart
{
    public static PhaseResult Draw(ControlChart.Baseline baseline, ReadOnlySpan<ChartValue> values, Span<ChartPoint> points, ChartOptions options,
        ChartPhase phase, bool widened)
    {
        double events = 0, sessions = 0;
        for (int i = 0; i < baseline.Points.Length; i++)
        {
            if (baseline.Points[i].State != PointState.Assessed) continue;
            events += baseline.Values[i].Numerator;
            sessions += baseline.Values[i].Denominator;
        }
        double centre = Math.Min(1, events / sessions), variance = centre * (1 - centre);
        if (baseline.Used == 1) return ControlChart.CentreOnly(phase, ChartState.OnePoint, 1, centre, points);
        if (variance == 0)
            return ControlChart.CentreOnly(phase, centre == 0 ? ChartState.NoEvents : ChartState.NoVariation, baseline.Used, centre, points);
        double? sigmaZ = widened ? LaneyFactor.Of(baseline, centre, variance, options) : null;
        if (sigmaZ is { } z && ControlChart.IsNothing(z, 1)) return ControlChart.CentreOnly(phase, ChartState.NoVariation, baseline.Used, centre, points, null,
            0);
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i].Value is null) continue;
            double n = values[i].Denominator;
            var limits = options.Method == LimitMethod.Exact && !widened
                ? ExactChartLimits.Share(centre, n)
                : ControlChart.Around(centre, Math.Sqrt(variance / n) * (sigmaZ ?? 1), least: 0, most: 1);
            points[i] = ControlChart.Judge(points[i], centre, limits);
        }
        return new(phase, ChartState.Drawn, baseline.Used, centre, null, sigmaZ);
    }
}
