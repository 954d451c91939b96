using System.Globalization;
using SafetyAudit.Analysis;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws how well the records of one subject are kept, month by month: a line for each share, told apart by the shape of its points. A month without a share has no point.</summary>
public static class QualityChart
{
    const double Width = 820, Height = 300, Left = 62, Right = 18, Top = 22, Bottom = 58;

    /// <summary>The shares that are drawn of some months, with the shape and the words for each; a page's key is made of the same list. One that is assessed in no month has no line.</summary>
    public static IReadOnlyList<(string Name, char Glyph, Shape Shape, QualityPart Part)> LinesOf(IReadOnlyList<QualityRow> months) => [.. Lines.Where(l => months.Any(m => l.Part.Of(m).Of > 0))];

    /// <summary>All of them, named in English, as files have it.</summary>
    public static readonly IReadOnlyList<(string Name, char Glyph, Shape Shape, QualityPart Part)> Lines =
    [
        ("answers recorded", '●', Shape.Circle, QualityPart.Answers),
        ("sessions in time", '■', Shape.Square, QualityPart.InTime),
        ("events written down promptly", '▲', Shape.TriangleUp, QualityPart.Prompt),
        ("events joined to their session", '◆', Shape.Diamond, QualityPart.Linked),
        ("follow-ups joined to their session", '▼', Shape.TriangleDown, QualityPart.FollowUps),
    ];

    /// <param name="months">The months of one subject, oldest first.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="link">Where a month's point leads.</param>
    public static Scene Draw(IReadOnlyList<QualityRow> months, string title, Func<QualityRow, QualityPart, string> link)
    {
        if (months.Count == 0) return new(Width, 90, title, T("No records in this period."), [new TextMark("axis-label", Width / 2, 50, T("No records in this period"), Anchor.Middle)]);
        int slots = MonthsBetween(months[0].From, months[^1].From) + 1;
        double slot = (Width - Left - Right) / slots;
        var y = new Axis(0, 1, Height - Bottom, Top);
        var marks = new List<Mark>();
        foreach (double tick in y.Ticks(5))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick), Width - Right, y.At(tick)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick) + 4, tick.ToString("P0", CultureInfo.CurrentCulture), Anchor.End));
        }
        int every = Math.Max(1, (int)Math.Ceiling(slots / 12.0));
        for (int i = 0; i < slots; i += every)
        {
            var month = months[0].From.AddMonths(i);
            marks.Add(new TextMark("axis", Left + (i + 0.5) * slot, Height - Bottom + 20, month.ToString(i == 0 || month.Month <= every ? "MMM yyyy" : "MMM", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - 14, T("Month"), Anchor.Middle));
        var lines = LinesOf(months);
        foreach (var (name, _, shape, part) in lines)
        {
            var assessed = months.Where(m => part.Of(m).Of > 0).ToList();
            if (assessed.Count > 1) marks.Add(new PathMark("series", [.. assessed.Select(m => (X(m), y.At(part.Of(m).Share!.Value)))]));
            foreach (var month in assessed)
                marks.Add(new PointMark("point inside", X(month), y.At(part.Of(month).Share!.Value), shape, 8, T("{0:MMMM yyyy}, {1}: {2:N0} of {3:N0}", month.From, T(name), part.Of(month).Met, part.Of(month).Of), link(month, part)));
        }
        return new(Width, Height, title, T("{0} months.", months.Count) + " " + T("The table below holds every figure."), marks)
        {
            Data = new(["month", "part", "met", "of"], [.. from month in months from line in lines select (IReadOnlyList<object?>)[month.From, line.Name, line.Part.Of(month).Met, line.Part.Of(month).Of]]),
        };

        double X(QualityRow month) => Left + (MonthsBetween(months[0].From, month.From) + 0.5) * slot;
    }

    static int MonthsBetween(DateOnly first, DateOnly later) => (later.Year - first.Year) * 12 + later.Month - first.Month;
}
