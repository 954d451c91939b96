using System.Globalization;
using SafetyAudit.Analysis;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws a <see cref="Resolution"/>: the share of events that were over by so many hours, with the hours within which such events usually are.</summary>
public static class ResolutionChart
{
    const double Width = 820, Height = 380, Left = 62, Right = 26, Top = 40, Bottom = 96;

    /// <param name="resolution">The figure.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="link">Where a reading leads.</param>
    public static Scene Draw(Resolution resolution, string title, Func<double, string> link)
    {
        var (curve, measure) = (resolution.Curve, resolution.Measure);
        if (curve.Steps.Count == 0) return new(Width, 90, title, T("No event says when it was over."), [new TextMark("axis-label", Width / 2, 50, T("No event in this period says when it was over"), Anchor.Middle)]);
        // As far as the category's window with some room, and on until nearly all were over, but no further than three windows: a few that last very long would press the rest together.
        double window = measure.ProlongedAfterHours ?? measure.ExpectedResolutionHours ?? 0;
        double far = curve.Quantile(0.98) ?? curve.Steps[^1].Time;
        double end = window > 0 ? Math.Clamp(far * 1.1, window * 1.25, window * 3) : Math.Max(far * 1.1, 1);
        // Hours for what passes within days, days for the rest.
        double unit = end <= 96 ? 1 : 24;
        var x = new Axis(0, end, Left, Width - Right);
        var y = new Axis(0, 1, Height - Bottom, Top);
        var marks = new List<Mark>();
        if (measure.ExpectedResolutionHours is { } usual)
            marks.Add(new PathMark("window", [(x.At(0), Top), (x.At(Math.Min(usual, end)), Top), (x.At(Math.Min(usual, end)), Height - Bottom), (x.At(0), Height - Bottom)], Closed: true));
        foreach (double tick in y.Ticks(5))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick), Width - Right, y.At(tick)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick) + 4, (100 * tick).ToString("0", CultureInfo.CurrentCulture) + " %", Anchor.End));
        }
        foreach (double tick in new Axis(0, end / unit, 0, 1).Ticks(7))
        {
            double at = x.At(tick * unit);
            marks.Add(new LineMark("tick", at, Height - Bottom, at, Height - Bottom + 5));
            marks.Add(new TextMark("axis", at, Height - Bottom + 20, tick.ToString("0.##", CultureInfo.CurrentCulture), Anchor.Middle));
            marks.Add(new TextMark("axis", at, Height - 12, curve.AtRisk(tick * unit).ToString("N0", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - Bottom + 40, unit == 1 ? T("Hours since onset") : T("Days since onset"), Anchor.Middle));
        marks.Add(new TextMark("axis", Left, Height - 30, T("Not yet over and still watched:")));
        marks.Add(new TextMark("axis-label", 12, (Top + Height - Bottom) / 2, T("Share that was over"), Anchor.Middle, Upright: true));

        double said = double.NegativeInfinity;
        foreach (var (hours, isTooLong) in new[] { (measure.ExpectedResolutionHours, false), (measure.ProlongedAfterHours, true) })
        {
            if (hours is not { } h || h > end) continue;
            double at = x.At(h);
            marks.Add(new LineMark(isTooLong ? "note-line" : "tick", at, Top - 6, at, Height - Bottom));
            string text = isTooLong ? T("too long: {0}", Hours(h)) : T("usually over: {0}", Hours(h));
            bool left = at + text.Length * 7 > Width - Right;
            if (at > said) marks.Add(new TextMark("limit-name", left ? at - 5 : at + 5, Top - (isTooLong ? 10 : 24), text, left ? Anchor.End : Anchor.Start));
            said = at - 1;
        }

        var shares = new List<(double, double)> { (x.At(0), y.At(0)) };
        var (lower, upper) = (new List<(double, double)>(), new List<(double, double)>());
        foreach (var step in curve.Steps.Where(s => s.Time <= end))
        {
            shares.Add((x.At(step.Time), shares[^1].Item2));
            shares.Add((x.At(step.Time), y.At(1 - step.Remaining)));
            if (step.Interval is not { } interval) continue;
            foreach (var (path, value) in new[] { (lower, 1 - interval.Upper), (upper, 1 - interval.Lower) })
            {
                if (path.Count > 0) path.Add((x.At(step.Time), path[^1].Item2));
                path.Add((x.At(step.Time), y.At(value)));
            }
        }
        double watchedTo = x.At(Math.Min(curve.Last!.Value, end));
        foreach (var (style, path) in new[] { ("limit limit-95", lower), ("limit limit-95", upper), ("centre", shares) })
        {
            if (path.Count == 0) continue;
            if (watchedTo > path[^1].Item1) path.Add((watchedTo, path[^1].Item2));
            marks.Add(new PathMark(style, Thinned(path)));
        }
        foreach (double hours in resolution.Readings.Where(h => h <= end))
            if (curve.At(hours) is { } at) marks.Add(new PointMark("point inside", x.At(hours), y.At(1 - at.Remaining), Shape.Circle, 9, Say(resolution, hours), link(hours)));

        string half = curve.Quantile(0.5) is { } median ? T("half were over within {0}", Hours(median)) : T("fewer than half were over while watched");
        string within = measure.ExpectedResolutionHours is { } expected && curve.At(expected) is { } then ? T(", {0:P0} within the usual {1}", 1 - then.Remaining, Hours(expected)) : "";
        string description = resolution.NotSaid > 0 ? T("Of {0:N0} events {1}{2}; {3:N0} were not when last heard of, and {4:N0} more don’t say and are not drawn.", curve.Count, half, within, resolution.Ongoing, resolution.NotSaid)
            : T("Of {0:N0} events {1}{2}; {3:N0} were not when last heard of.", curve.Count, half, within, resolution.Ongoing);
        return new(Width, Height, title, description + " " + T("The table below holds every figure."), marks)
        {
            Data = new(["hours", "at_risk", "resolved", "share_resolved", "lower95", "upper95"],
                [.. curve.Steps.Select(s => (IReadOnlyList<object?>)[s.Time, s.AtRisk, s.Ended, 1 - s.Remaining, 1 - s.Interval?.Upper, 1 - s.Interval?.Lower])]),
        };
    }

    /// <summary>The curve at one time, in a sentence.</summary>
    public static string Say(Resolution resolution, double hours) => resolution.Curve.At(hours) is not { } at ? T("{0}: no event was watched so long", Hours(hours))
        : at.Interval is { } i ? T("Within {0}: {1:P0} over (95 % interval {2:P0} to {3:P0}), {4:N0} still watched", Hours(hours), 1 - at.Remaining, 1 - i.Upper, 1 - i.Lower, resolution.Curve.AtRisk(hours))
        : T("Within {0}: {1:P0} over, {2:N0} still watched", Hours(hours), 1 - at.Remaining, resolution.Curve.AtRisk(hours));

    /// <summary>A stretch of time in the unit that reads best.</summary>
    public static string Hours(double hours) => hours <= 72 ? $"{hours.ToString("0.#", CultureInfo.CurrentCulture)} h" : T("{0:0.#} days", hours / 24);

    // Steps finer than a line is wide can't be seen; thousands of them would make a large page.
    static List<(double X, double Y)> Thinned(List<(double X, double Y)> path)
    {
        var kept = new List<(double X, double Y)> { path[0] };
        for (int i = 1; i < path.Count; i++)
            if (i == path.Count - 1 || Math.Abs(path[i].X - kept[^1].X) + Math.Abs(path[i].Y - kept[^1].Y) >= 1.5) kept.Add(path[i]);
        return kept;
    }
}
