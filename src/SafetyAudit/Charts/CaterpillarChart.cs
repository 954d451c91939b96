using System.Globalization;
using SafetyAudit.Analysis;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws ratios with their intervals, one line each, in the order in which they are given: by name, never by size, since order of size would be a ranking.</summary>
public static class CaterpillarChart
{
    const double Width = 820, Left = 210, Right = 26, Top = 18, Row = 24, Bottom = 50;

    /// <summary>More lines than this are a table, not a picture.</summary>
    public const int Most = 100;

    /// <param name="rows">Rows of one measure.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="name">How a row's subject is called.</param>
    /// <param name="link">Where a row's point leads.</param>
    public static Scene Draw(IReadOnlyList<RateRow> rows, string title, Func<RateRow, string> name, Func<RateRow, string> link)
    {
        var assessed = rows.Where(r => r.Ratio is not null).Take(Most).ToList();
        if (assessed.Count == 0) return new(Width, 90, title, T("Nothing could be assessed in this period."), [new TextMark("axis-label", Width / 2, 50, T("Nothing could be assessed in this period"), Anchor.Middle)]);

        // As far as points and most intervals go; beyond 6 times the expectation nothing more is learnt.
        double most = Math.Clamp(Math.Max(assessed.Max(r => r.Ratio!.Value) * 1.15, assessed.Select(r => r.RatioInterval!.Value.Upper).Order().ElementAt(assessed.Count * 9 / 10) * 1.05), 2, 6);
        double bottom = Top + assessed.Count * Row;
        var x = new Axis(0, most, Left, Width - Right);
        var marks = new List<Mark>();
        foreach (double tick in x.Ticks(8))
        {
            marks.Add(new LineMark("grid", x.At(tick), Top, x.At(tick), bottom));
            marks.Add(new TextMark("axis", x.At(tick), bottom + 20, tick.ToString("0.##", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        marks.Add(new LineMark("centre", x.At(1), Top, x.At(1), bottom));
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, bottom + 42, T("Observed ÷ expected, with its 95 % interval"), Anchor.Middle));
        double Y(int line) => Top + (line + 0.5) * Row;
        for (int i = 0; i < assessed.Count; i++)
        {
            double y = Y(i);
            var interval = assessed[i].RatioInterval!.Value;
            marks.Add(new LineMark("own-limit", x.At(Math.Min(interval.Lower, most)), y, x.At(Math.Min(interval.Upper, most)), y));
            marks.Add(new LineMark("own-limit", x.At(Math.Min(interval.Lower, most)), y - 4, x.At(Math.Min(interval.Lower, most)), y + 4));
            // One that goes on beyond the picture has no end in it.
            if (interval.Upper <= most) marks.Add(new LineMark("own-limit", x.At(interval.Upper), y - 4, x.At(interval.Upper), y + 4));
        }
        for (int i = 0; i < assessed.Count; i++)
            if (assessed[i].ShrunkenRatio is { } shrunken && shrunken <= most) marks.Add(new LineMark("shrunken", x.At(shrunken), Y(i) - 7, x.At(shrunken), Y(i) + 7));
        for (int i = 0; i < assessed.Count; i++)
        {
            var row = assessed[i];
            string called = name(row);
            marks.Add(new TextMark("axis", Left - 12, Y(i) + 4, Labels.Short(called, 28), Anchor.End));
            var (style, shape, size) = PointLook.Of(row.Position);
            marks.Add(new PointMark(style, x.At(Math.Min(row.Ratio!.Value, most)), Y(i), shape, size, PointLook.Say(row, called), link(row)));
        }
        string beyond = rows.Count(r => r.Ratio is not null) is var all && all > Most ? " " + T("The first {0} of {1} are drawn.", Most, all) : "";
        return new(Width, bottom + Bottom, title, T("Observed over expected for {0}, in the order of their names, each with its 95 % interval and with what remains of it once chance is allowed for.", assessed.Count) + beyond + " " + T("The table below holds every figure."), marks) { Data = ChartData.Of(rows, name) };
    }
}
