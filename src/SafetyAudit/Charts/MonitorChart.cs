using System.Globalization;
using SafetyAudit.Analysis;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws a <see cref="MonitorPath"/>: the running sums of evidence for a doubling, month by month, upwards, and for half as many downwards, with the lines that they are held against.</summary>
public static class MonitorChart
{
    const double Width = 820, Height = 380, Left = 62, Right = 104, Top = 22, Bottom = 58;

    /// <param name="monitor">The clinic's months.</param>
    /// <param name="path">One practitioner and measure of it.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="provisionalFrom">The first day of which late reports may still change the figures.</param>
    /// <param name="link">Where a month's point leads.</param>
    /// <param name="raised">The month by which an alert was raised; marked where it is shown.</param>
    public static Scene Draw(ClinicMonitor monitor, MonitorPath path, string title, DateOnly provisionalFrom, Func<DateOnly, string> link, DateOnly? raised = null)
    {
        var points = path.Points.Where(p => p.IsWatched).ToList();
        if (points.Count == 0) return new(Width, 90, title, T("Too few sessions to be watched by rate."), [new TextMark("axis-label", Width / 2, 50, T("Too few sessions to be watched by rate"), Anchor.Middle)]);
        double top = 1.1 * points.Max(p => Math.Max(p.RedThreshold, Math.Max(p.Red.Value, p.Amber.Value))), bottom = 1.1 * points.Max(p => Math.Max(p.FewThreshold, p.Few.Value));
        int first = path.Points[0].Index, slots = path.Points[^1].Index - first + 1;
        double slot = (Width - Left - Right) / slots;
        var y = new Axis(-bottom, top, Height - Bottom, Top);
        double X(MonitorPoint p) => Left + (p.Index - first + 0.5) * slot;

        var marks = new List<Mark>();
        foreach (double tick in y.Ticks(5))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick), Width - Right, y.At(tick)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick) + 4, Math.Abs(tick).ToString("0.##", CultureInfo.CurrentCulture), Anchor.End));
        }
        marks.Add(new LineMark("tick", Left, y.At(0), Width - Right, y.At(0)));
        int every = Math.Max(1, (int)Math.Ceiling(slots / 12.0));
        for (int i = 0; i < slots; i += every)
        {
            var month = monitor.MonthOf(first + i);
            marks.Add(new TextMark("axis", Left + (i + 0.5) * slot, Height - Bottom + 20, month.ToString(i == 0 || month.Month <= every ? "MMM yyyy" : "MMM", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - 14, T("Month of the session"), Anchor.Middle));
        marks.Add(new TextMark("axis-label", 12, (Top + Height - Bottom) / 2, T("Evidence: fewer · more"), Anchor.Middle, Upright: true));

        Steps("limit limit-998", p => p.RedThreshold);
        Steps("limit limit-95", p => p.AmberThreshold);
        Steps("limit limit-95", p => -p.FewThreshold);
        // What the lines are, beside their ends.
        var end = points[^1];
        double redName = y.At(end.RedThreshold) + 4;
        foreach (var (name, height) in new[] { (T("red line"), redName), (T("amber line"), Math.Max(y.At(end.AmberThreshold) + 4, redName + 14)), (T("line for fewer"), y.At(-end.FewThreshold) + 4) })
            marks.Add(new TextMark("limit-name", X(end) + slot / 2 + 7, height, name));
        Sum("series series-few", p => -Math.Max(0, p.Few.Value), p => p.Few.Value >= p.FewThreshold);
        // The amber sum begins anew after amber signals, which are more: so the two part, and an amber month is seen on its own line.
        if (points.Exists(p => p.Red.Value != p.Amber.Value)) Sum("series series-amber", p => Math.Max(0, p.Amber.Value), p => p.Amber.Value >= p.AmberThreshold);
        Sum("series", p => Math.Max(0, p.Red.Value), p => p.Red.Value >= p.RedThreshold);
        if (raised is { } by && points.FindIndex(p => p.Index == monitor.IndexOf(by)) is >= 0 and var at)
        {
            marks.Add(new LineMark("centre", X(points[at]), Top, X(points[at]), Height - Bottom));
            bool late = X(points[at]) > Width / 2;
            marks.Add(new TextMark("axis", X(points[at]) + (late ? -6 : 6), Top + 10, T("raised by this month"), late ? Anchor.End : Anchor.Start));
        }
        foreach (var point in points)
        {
            bool provisional = monitor.EndOf(point.Index) >= provisionalFrom;
            var (style, shape, size) = point.IsRed ? ("point above-998", Shape.TriangleUp, 12.0) : point.IsAmber ? ("point above-95", Shape.TriangleUp, 9.0) : ("point inside", Shape.Circle, 7.0);
            marks.Add(new PointMark(provisional ? style + " provisional" : style, X(point), y.At(Math.Max(0, point.Red.Value)), shape, size, Say(monitor, point, provisional), link(monitor.MonthOf(point.Index))));
        }
        // Months in which the records are to be checked stand on the lower sum, by their own shape.
        foreach (var point in points.Where(p => p.IsLow))
            marks.Add(new PointMark(monitor.EndOf(point.Index) >= provisionalFrom ? "point below-998 provisional" : "point below-998", X(point), y.At(-Math.Max(0, point.Few.Value)), Shape.TriangleDown, 12, Say(monitor, point, monitor.EndOf(point.Index) >= provisionalFrom), link(monitor.MonthOf(point.Index))));
        int red = points.Count(p => p.IsRed), amber = points.Count(p => p.IsAmber), few = points.Count(p => p.IsLow);
        return new(Width, Height, title, T("{0} months watched; {1} red, {2} amber, {3} with so few that the records are to be checked.", points.Count, Count(red), Count(amber), Count(few)) + " " + T("The table below holds every figure."), marks)
        {
            Data = new(["month", "sessions", "observed", "expected", "red_sum", "red_line", "amber_sum", "amber_line", "few_sum", "few_line", "reading", "provisional"],
                [.. points.Select(p => (IReadOnlyList<object?>)[monitor.MonthOf(p.Index), p.Sessions, p.Events, p.Expected, Math.Max(0, p.Red.Value), p.RedThreshold, Math.Max(0, p.Amber.Value), p.AmberThreshold, Math.Max(0, p.Few.Value), p.FewThreshold, p.IsRed ? "red" : p.IsAmber ? "amber" : p.IsLow ? "few" : "none", monitor.EndOf(p.Index) >= provisionalFrom])]),
        };

        // A sum that crossed its line and is less after it began anew from zero: its line ends there, and the next one begins.
        void Sum(string style, Func<MonitorPoint, double> value, Func<MonitorPoint, bool> crossed)
        {
            var run = new List<(double, double)>();
            for (int i = 0; i < points.Count; i++)
            {
                if (i > 0 && crossed(points[i - 1]) && Math.Abs(value(points[i])) < Math.Abs(value(points[i - 1])))
                {
                    marks.Add(new PathMark(style, [.. run]));
                    run.Clear();
                    run.Add((X(points[i]) - slot / 2, y.At(0)));
                }
                run.Add((X(points[i]), y.At(value(points[i]))));
            }
            marks.Add(new PathMark(style, run));
        }

        static string Count(int n) => n == 0 ? T("none") : n.ToString(CultureInfo.CurrentCulture);

        void Steps(string style, Func<MonitorPoint, double> value)
        {
            var steps = new List<(double, double)>();
            foreach (var point in points)
            {
                steps.Add((X(point) - slot / 2, y.At(value(point))));
                steps.Add((X(point) + slot / 2, y.At(value(point))));
            }
            marks.Add(new PathMark(style, steps));
        }
    }

    /// <summary>What a point is called.</summary>
    public static string Words(MonitorPoint point) => !point.IsWatched ? T("not watched: too few sessions") : point.IsRed ? T("red") : point.IsAmber ? T("amber") : point.IsLow ? T("fewer than expected: check the records") : T("no signal");

    static string Say(ClinicMonitor monitor, MonitorPoint point, bool provisional) =>
        T("{0:MMMM yyyy}: {1:0} observed, {2:0.0} expected in {3:0} sessions; evidence {4:0.00}, red line {5:0.00}; amber sum {6:0.00}, amber line {7:0.00}; sum for fewer {8:0.00}, its line {9:0.00}: {10}", monitor.MonthOf(point.Index), point.Events, point.Expected, point.Sessions,
            Math.Max(0, point.Red.Value), point.RedThreshold, Math.Max(0, point.Amber.Value), point.AmberThreshold, Math.Max(0, point.Few.Value), point.FewThreshold, Words(point)) + (provisional ? "; " + T("provisional") : "");
}
