using SafetyAudit.Analysis;
using SafetyAudit.Languages;
using SafetyAudit.Statistics;
using static SafetyAudit.Languages.Said;

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
        Position.Above998 => T("above the 99.8 % limit"),
        Position.Above95 => T("above the 95 % limit"),
        Position.Below998 => T("below the 99.8 % limit: check the records"),
        Position.Below95 => T("below the 95 % limit"),
        Position.Inside => T("inside the limits"),
        _ => T("not assessed"),
    };

    /// <summary>The same in as few words as a table cell wants.</summary>
    public static string Briefly(Position position) => position switch
    {
        Position.Above998 => T("above 99.8 %"),
        Position.Above95 => T("above 95 %"),
        Position.Below998 => T("below 99.8 %: check the records"),
        Position.Below95 => T("below 95 %"),
        Position.Inside => T("inside"),
        _ => T("not assessed"),
    };

    /// <summary>A row in one sentence, for tooltips and screen readers.</summary>
    public static string Say(RateRow row, string name) => T("{0}: {1:N0} observed, {2} expected in {3:N0} sessions, {4} (99.8 % limits {5:N0} to {6:N0})",
        name, row.Observed, row.Expected is { } expected ? Figures.Number(expected) : "–", row.Sessions, Words(row.Position), row.Limits?.Lower998, row.Limits?.Upper998);
}
