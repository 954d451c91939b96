using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Statistics;

namespace SafetyAudit.Charts;

/// <summary>How a position looks and reads, the same in every chart: shape and words carry it, colour only repeats it.</summary>
public static class PointLook
{
    public static (string Style, Shape Shape, double Size) Of(Position position) => position switch
    {
        Position.Above998 => ("point above-998", Shape.TriangleUp, 12),
        Position.Above95 => ("point above-95", Shape.TriangleUp, 9),
        Position.Below998 => ("point below-998", Shape.TriangleDown, 12),
        Position.Below95 => ("point below-95", Shape.TriangleDown, 9),
        _ => ("point inside", Shape.Circle, 8),
    };

    public static string Words(Position position) => position switch
    {
        Position.Above998 => "above the 99.8 % limit",
        Position.Above95 => "above the 95 % limit",
        Position.Below998 => "below the 99.8 % limit: check the records",
        Position.Below95 => "below the 95 % limit",
        Position.Inside => "inside the limits",
        _ => "not assessed",
    };

    /// <summary>The same in as few words as a table cell wants.</summary>
    public static string Briefly(Position position) => position switch
    {
        Position.Above998 => "above 99.8 %",
        Position.Above95 => "above 95 %",
        Position.Below998 => "below 99.8 %: check the records",
        Position.Below95 => "below 95 %",
        Position.Inside => "inside",
        _ => "not assessed",
    };

    /// <summary>A row in one sentence, for tooltips and screen readers.</summary>
    public static string Say(RateRow row, string name) => string.Create(CultureInfo.CurrentCulture,
        $"{name}: {row.Observed} observed, {row.Expected:0.#} expected in {row.Sessions:N0} sessions, {Words(row.Position)} (99.8 % limits {row.Limits?.Lower998} to {row.Limits?.Upper998})");
}
