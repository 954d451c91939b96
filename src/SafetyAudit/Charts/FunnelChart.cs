using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Statistics;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws a <see cref="Funnel"/>: expectation across, observed over expected up, limits at 95 % and 99.8 %.</summary>
public static class FunnelChart
{
    const double Width = 820, Height = 440, Left = 62, Right = 18, Top = 26, Bottom = 58;

    /// <param name="funnel">The figure.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="name">How a row's subject is called.</param>
    /// <param name="link">Where a row's point leads.</param>
    public static Scene Draw(Funnel funnel, string title, Func<RateRow, string> name, Func<RateRow, string> link)
    {
        var assessed = funnel.Rows.Where(r => r.Ratio is not null).ToList();
        if (assessed.Count == 0) return new(Width, 90, title, T("Nothing could be assessed in this period."), [new TextMark("axis-label", Width / 2, 50, T("Nothing could be assessed in this period."), Anchor.Middle)]);

        // High enough for the points, and for the upper limit where the most work was done; beyond 8 times the expectation nothing more is learnt from height.
        double limit = assessed.MaxBy(r => r.Expected)! is var most ? most.Limits!.Value.Upper998 / most.Expected!.Value : 0;
        double top = Math.Clamp(Math.Max(assessed.Max(r => r.Ratio!.Value) * 1.2, limit * 1.12), 2, 8);
        var x = new Axis(0, funnel.MaxExpected, Left, Width - Right);
        var y = new Axis(0, top, Height - Bottom, Top);
        var marks = new List<Mark>();

        foreach (double tick in y.Ticks(6))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick), Width - Right, y.At(tick)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick) + 4, tick.ToString("0.##", CultureInfo.CurrentCulture), Anchor.End));
        }
        foreach (double tick in x.Ticks(8))
        {
            marks.Add(new LineMark("tick", x.At(tick), Height - Bottom, x.At(tick), Height - Bottom + 5));
            marks.Add(new TextMark("axis", x.At(tick), Height - Bottom + 20, tick.ToString("0.##", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - 14, T("Expected in the period (more work to the right)"), Anchor.Middle));
        marks.Add(new TextMark("axis-label", 12, (Top + Height - Bottom) / 2, T("Observed ÷ expected"), Anchor.Middle, Upright: true));

        foreach (var line in funnel.Lines)
        {
            var inside = Clip(line.Points, funnel.MaxExpected, top).Select(p => (x.At(p.Expected), y.At(p.Ratio))).ToList();
            if (inside.Count > 1) marks.Add(new PathMark(line.Tail == ControlLimits.Tail998 ? "limit limit-998" : "limit limit-95", inside));
            if (line.IsUpper && inside.Count > 1) marks.Add(new TextMark("limit-name", Width - Right - 4, inside[^1].Item2 - 5, line.Tail == ControlLimits.Tail998 ? T("99.8 %") : "95 %", Anchor.End));
        }
        marks.Add(new LineMark("centre", Left, y.At(1), Width - Right, y.At(1)));
        if (funnel.Lines.Count == 0) foreach (var row in assessed) OwnLimits(row);

        var labels = new Labels(Left, 0, Width, Height - Bottom);
        foreach (var said in marks.OfType<TextMark>().Where(m => m.Style == "limit-name")) labels.Reserve(said.X, said.Y, said.Text, said.Anchor);
        foreach (var row in assessed.OrderBy(IsBeyond))
        {
            var (style, shape, size) = PointLook.Of(row.Position);
            var (px, py) = At(row);
            marks.Add(new PointMark(style, px, py, shape, size, PointLook.Say(row, name(row)), link(row)));
            labels.Reserve(px, py, size);
        }
        // The furthest out first, in case there is not room for all.
        foreach (var row in assessed.Where(IsBeyond).OrderBy(r => Math.Min(r.PHigh!.Value, r.PLow!.Value)))
            if (labels.Place(At(row).X, At(row).Y, name(row)) is { } label) marks.Add(label);
        int high = assessed.Count(r => r.Position == Position.Above998), low = assessed.Count(r => r.Position == Position.Below998);
        string description = T("Funnel plot of {0}; {1} above the upper 99.8 % limit, {2} below the lower one. The table below holds every figure, in parts where there are many.", assessed.Count, high == 0 ? T("none") : high, low == 0 ? T("none") : low);
        return new(Width, Height, title, description, marks) { Data = ChartData.Of(funnel.Rows, name) };

        (double X, double Y) At(RateRow row) => (x.At(row.Expected!.Value), y.At(Math.Min(row.Ratio!.Value, top)));

        static bool IsBeyond(RateRow row) => row.Position is Position.Above998 or Position.Below998;

        // A stem from the lower to the upper 99.8 % limit, with shorter bars at 95 %.
        void OwnLimits(RateRow row)
        {
            double px = x.At(row.Expected!.Value);
            double Y(long count) => y.At(Math.Min(count / row.Expected!.Value, top));
            var limits = row.Limits!.Value;
            marks.Add(new LineMark("own-limit", px, Y(limits.Lower998), px, Y(limits.Upper998)));
            foreach (var (count, half) in new[] { (limits.Lower998, 6), (limits.Lower95, 3), (limits.Upper95, 3), (limits.Upper998, 6) })
                if (count / row.Expected!.Value <= top) marks.Add(new LineMark("own-limit", px - half, Y(count), px + half, Y(count)));
            // What goes on beyond the picture ends in an arrow; what lies beyond its limits hangs on their stem.
            if (limits.Upper998 / row.Expected!.Value > top)
                foreach (int side in new[] { -4, 4 }) marks.Add(new LineMark("own-limit", px + side, y.At(top) + 6, px, y.At(top)));
            double at = y.At(Math.Min(row.Ratio!.Value, top));
            if (row.Position is Position.Above998 or Position.Below998) marks.Add(new LineMark("beyond", px, Y(row.Position == Position.Above998 ? limits.Upper998 : limits.Lower998), px, at));
        }
    }

    // The part of a limit that lies in the picture, cut where it leaves it.
    static IEnumerable<(double Expected, double Ratio)> Clip(IReadOnlyList<(double Expected, double Ratio)> points, double most, double top)
    {
        for (int i = 0; i < points.Count; i++)
        {
            var (e, r) = points[i];
            bool isIn = r <= top && e <= most;
            if (i > 0)
            {
                var (e0, r0) = points[i - 1];
                if (r0 > top && r <= top) yield return (e0 + (e - e0) * (r0 - top) / (r0 - r), top);
                if (e0 < most && e > most && r <= top) yield return (most, r0 + (r - r0) * (most - e0) / (e - e0));
            }
            if (isIn) yield return (e, r);
        }
    }
}
