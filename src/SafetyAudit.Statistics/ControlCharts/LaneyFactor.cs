namespace SafetyAudit.Statistics;

/// <summary>σ_z of the p′ and u′ charts: mean moving range of zᵢ = (valueᵢ −
/// centre)/√(variance/nᵢ), over 1.128 (Laney 2002, Quality Engineering 14:531, eq. 3).</summary>
/// <remarks>1 means that points differ as much as chance alone makes them; above 1, more. Unscreened by default, as Laney has it.</remarks>
static class LaneyFactor
{
    public static double Of(ControlChart.Baseline baseline, double centre, double variance, ChartOptions options)
    {
        Span<double> scores = baseline.Used <= 256 ? stackalloc double[baseline.Used] : new double[baseline.Used];
        int count = 0;
        for (int i = 0; i < baseline.Points.Length; i++)
            if (baseline.Points[i].State == PointState.Assessed)
                scores[count++] = (baseline.Points[i].Value!.Value - centre) / Math.Sqrt(variance / baseline.Values[i].Denominator);
        return MovingRange.Mean(scores, options.ScreenRanges) * options.SigmaPerRange;
    }
}
