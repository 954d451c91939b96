using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Statistics;

namespace SafetyAudit.Charts;

/// <summary>Draws an <see cref="AdherenceTrend"/>: the share not kept of each month, with the control chart's centre line and limits.</summary>
public static class AdherenceChart
{
    const double Width = 820, Height = 320, Left = 62, Right = 18, Top = 22, Bottom = 58;

    /// <param name="trend">The figure.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="link">Where a month's point leads; nowhere when it gives nothing.</param>
    public static Scene Draw(AdherenceTrend trend, string title, Func<DateOnly, string?> link)
    {
        var points = trend.Chart.Points;
        if (trend.Months.All(m => m.Adherence.Judged == 0))
            return new(Width, 90, title, "Nothing could be judged in this period.", [new TextMark("axis-label", Width / 2, 50, "Nothing could be judged in this period", Anchor.Middle)]);
        double most = 0.02;
        foreach (var point in points) most = Math.Max(most, Math.Max(point.Value ?? 0, Math.Min(point.Limits?.Upper ?? 0, 3 * (point.Centre ?? 0))));
        var y = new Axis(0, Math.Min(1, most * 1.15), Height - Bottom, Top);
        double slot = (Width - Left - Right) / trend.Months.Count;
        double X(int i) => Left + (i + 0.5) * slot;

        var marks = new List<Mark>();
        foreach (double tick in y.Ticks(5))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick), Width - Right, y.At(tick)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick) + 4, (100 * tick).ToString("0.##", CultureInfo.CurrentCulture) + " %", Anchor.End));
        }
        int every = Math.Max(1, (int)Math.Ceiling(trend.Months.Count / 12.0));
        for (int i = 0; i < trend.Months.Count; i += every)
            marks.Add(new TextMark("axis", X(i), Height - Bottom + 19, trend.Months[i].Month.ToString(i == 0 || trend.Months[i].Month.Month <= every ? "MMM yy" : "MMM", CultureInfo.CurrentCulture), Anchor.Middle));
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - 14, "Month", Anchor.Middle));
        marks.Add(new TextMark("axis-label", 16, (Top + Height - Bottom) / 2, "Share not kept", Anchor.Middle, Upright: true));

        var (upper, centre, lower, series) = (new List<(double, double)>(), new List<(double, double)>(), new List<(double, double)>(), new List<(double, double)>());
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i].Limits is { } limits)
            {
                Step(upper, i, Math.Min(limits.Upper, y.Most));
                Step(lower, i, limits.Lower);
            }
            if (points[i].Centre is { } middle) Step(centre, i, middle);
            if (points[i].Value is { } value) series.Add((X(i), y.At(value)));
        }
        foreach (var (style, path) in new[] { ("limit limit-998", upper), ("limit limit-998", lower), ("centre", centre), ("series", series) })
            if (path.Count > 1) marks.Add(new PathMark(style, path));

        int beyond = 0;
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i].Value is not { } value) continue;
            var (month, adherence) = trend.Months[i];
            var (style, shape, size, words) = points[i].Signal switch
            {
                LimitSignal.Above => ("point above-998", Shape.TriangleUp, 12.0, "above the limit"), LimitSignal.Below => ("point below-998", Shape.TriangleDown, 12.0, "below the limit"),
                _ => ("point inside", Shape.Circle, 8.0, points[i].Limits is null ? "no limits" : "inside the limits"),
            };
            if (points[i].Signal != LimitSignal.None) beyond++;
            marks.Add(new PointMark(style, X(i), y.At(value), shape, size, string.Create(CultureInfo.CurrentCulture, $"{month:MMMM yyyy}: {adherence.Fail} not kept of {adherence.Judged} judged, {words}"), link(month)));
        }
        string runs = trend.Runs.Signal ? "Its runs are unusual: the share has shifted or drifted." : "Its runs are not unusual.";
        var rows = new List<IReadOnlyList<object?>>();
        for (int i = 0; i < points.Length; i++)
        {
            var (month, adherence) = trend.Months[i];
            rows.Add([month, adherence.Fail, adherence.Judged, adherence.NotRecorded, points[i].Value, points[i].Centre, points[i].Limits?.Lower, points[i].Limits?.Upper]);
        }
        return new(Width, Height, title, string.Create(CultureInfo.CurrentCulture, $"{series.Count} months; {(beyond == 0 ? "none" : beyond)} beyond the limits. {runs} The table below holds every figure."), marks)
        {
            Data = new(["month", "not_kept", "judged", "not_recorded", "share_not_kept", "centre", "lower", "upper"], rows),
        };

        void Step(List<(double, double)> path, int i, double value)
        {
            path.Add((X(i) - slot / 2, y.At(value)));
            path.Add((X(i) + slot / 2, y.At(value)));
        }
    }
}
