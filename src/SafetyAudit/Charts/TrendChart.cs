using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Statistics;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws a <see cref="Trend"/>: the rate of each month with what was to be expected in that month, as steps since every month has its own limits.</summary>
public static class TrendChart
{
    const double Width = 820, Height = 376, Left = 62, Right = 18, Top = 40, Bottom = 58;

    /// <param name="trend">The figure.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="link">Where a month's point leads.</param>
    /// <param name="provisionalFrom">The first day of which late reports may still change the figures; null where none do.</param>
    /// <param name="notes">What happened, in order of days.</param>
    public static Scene Draw(Trend trend, string title, Func<RateRow, string> link, DateOnly? provisionalFrom = null, IReadOnlyList<DatedNote>? notes = null)
    {
        var months = trend.Months.Where(m => m.Exposure > 0).ToList();
        if (months.Count == 0) return new(Width, 90, title, T("No sessions in this period."), [new TextMark("axis-label", Width / 2, 50, T("No sessions in this period"), Anchor.Middle)]);

        double top = months.Max(m => Math.Max(m.RatePer1000!.Value, Math.Min(Per1000(m, m.Limits?.Upper998) ?? 0, 3 * Per1000(m, m.Expected) ?? 0))) * 1.1;
        if (top <= 0) top = 1;
        int slots = MonthsBetween(months[0].From, months[^1].From) + 1;
        double slot = (Width - Left - Right) / slots;
        var y = new Axis(0, top, Height - Bottom, Top);
        double X(RateRow m) => Left + (MonthsBetween(months[0].From, m.From) + 0.5) * slot;

        var marks = new List<Mark>();
        foreach (double tick in y.Ticks(5))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick), Width - Right, y.At(tick)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick) + 4, tick.ToString("0.##", CultureInfo.CurrentCulture), Anchor.End));
        }
        int every = Math.Max(1, (int)Math.Ceiling(slots / 12.0));
        for (int i = 0; i < slots; i += every)
        {
            var month = months[0].From.AddMonths(i);
            string label = month.ToString(i == 0 || month.Month <= every ? "MMM yyyy" : "MMM", CultureInfo.CurrentCulture);
            marks.Add(new TextMark("axis", Left + (i + 0.5) * slot, Height - Bottom + 20, label, Anchor.Middle));
        }
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - 14, T("Month of the session"), Anchor.Middle));
        marks.Add(new TextMark("axis-label", 12, (Top + Height - Bottom) / 2, T("Per 1,000 sessions"), Anchor.Middle, Upright: true));

        Steps("limit limit-998", m => Per1000(m, m.Limits?.Upper998));
        // A limit above the picture is told of, not drawn at its edge.
        foreach (var month in months.Where(m => Per1000(m, m.Limits?.Upper998) > top)) marks.Add(new TextMark("axis", X(month), Top - 3, "↑", Anchor.Middle));
        Steps("limit limit-95", m => Per1000(m, m.Limits?.Upper95));
        Steps("centre", m => Per1000(m, m.Expected));
        Steps("limit limit-95", m => Per1000(m, m.Limits?.Lower95));
        Steps("limit limit-998", m => Per1000(m, m.Limits?.Lower998));

        marks.AddRange(DatedNote.Draw(notes ?? [], months[0].From, slots, Left, slot, Top, Height - Bottom));
        marks.Add(new PathMark("series", [.. months.Select(m => (X(m), y.At(m.RatePer1000!.Value)))]));
        foreach (var month in months)
        {
            var (style, shape, size) = PointLook.Of(month.Position);
            bool provisional = month.To >= provisionalFrom;
            marks.Add(new PointMark(provisional ? style + " provisional" : style, X(month), y.At(month.RatePer1000!.Value), shape, size, PointLook.Say(month, month.From.ToString("MMMM yyyy", CultureInfo.CurrentCulture)) + (provisional ? "; " + T("provisional: late reports may still come") : ""), link(month)));
        }
        int hollow = months.Count(m => m.To >= provisionalFrom);
        int beyond = months.Count(m => m.Position is Position.Above998 or Position.Below998);
        string description = T("{0} months; {1} beyond the month's 99.8 % limits.", months.Count, beyond == 0 ? T("none") : beyond) + (months.Exists(m => Per1000(m, m.Limits?.Upper998) > top) ? " " + T("An arrow stands where that limit lies above the picture.") : "")
            + (hollow switch { 0 => "", 1 => " " + T("The latest is provisional."), _ => " " + T("The latest {0} are provisional.", hollow) }) + " " + T("The table below holds every figure.");
        return new(Width, Height, title, description, marks) { Data = ChartData.Of(trend.Months, r => r.From.ToString("yyyy-MM", CultureInfo.InvariantCulture)) };

        void Steps(string style, Func<RateRow, double?> value)
        {
            var points = new List<(double, double)>();
            foreach (var month in months)
            {
                if (value(month) is not { } v) continue;
                if (v > top)
                {
                    End();
                    continue;
                }
                points.Add((X(month) - slot / 2, y.At(v)));
                points.Add((X(month) + slot / 2, y.At(v)));
            }
            End();

            void End()
            {
                if (points.Count > 0) marks.Add(new PathMark(style, [.. points]));
                points.Clear();
            }
        }
    }

    static double? Per1000(RateRow row, double? count) => row.Exposure is > 0 and var n ? 1000 * count / n : null;

    static int MonthsBetween(DateOnly first, DateOnly later) => (later.Year - first.Year) * 12 + later.Month - first.Month;
}
