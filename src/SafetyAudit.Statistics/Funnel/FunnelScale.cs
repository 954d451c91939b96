namespace SafetyAudit.Statistics;

/// <summary>The scale on which a funnel's indicator is taken as normal (Spiegelhalter 2005, table A.1). Approximate: made for comparison with published
/// funnels and for the classical over-dispersion, not for calling units, which is <see cref="ControlLimits"/>' work.</summary>
public enum FunnelScale
{
    /// <summary>O/E itself; standard error √(target/E).</summary>
    Ratio,

    /// <summary>ln(O/E); standard error 1/√(target·E). Infinite at 0 events.</summary>
    LogRatio,

    /// <summary>√(O/E); standard error 1/(2√E).</summary>
    SquareRootRatio,

    /// <summary>A share of n itself; standard error √(target(1 − target)/n).</summary>
    Share,

    /// <summary>arcsin √share; standard error 1/(2√n).</summary>
    ArcsineShare,
}
