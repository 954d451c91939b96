using SafetyAudit.Analysis;

namespace SafetyAudit.Charts;

/// <summary>What a chart draws, as rows: for a file beside the picture.</summary>
public sealed record ChartData(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<object?>> Rows)
{
    /// <summary>Rows of rates, as funnel, trend and caterpillar draw them.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="name">How a row's subject is called.</param>
    public static ChartData Of(IEnumerable<RateRow> rows, Func<RateRow, string> name) => new(
        ["name", "measure", "from", "to", "sessions", "exposure", "observed", "expected", "ratio", "ratio_lower95", "ratio_upper95", "shrunken_ratio", "lower95", "upper95", "lower998", "upper998", "position"],
        [.. rows.Select(r => (IReadOnlyList<object?>)[name(r), r.Measure.Code, r.From, r.To, r.Sessions, r.Exposure, r.Observed, r.Expected, r.Ratio, r.RatioInterval?.Lower, r.RatioInterval?.Upper, r.ShrunkenRatio, r.Limits?.Lower95, r.Limits?.Upper95, r.Limits?.Lower998, r.Limits?.Upper998, r.Position])]);
}
