using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Languages;
using SafetyAudit.Statistics;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>What a control chart shows, in words.</summary>
/// <param name="Value">What goes up its side.</param>
/// <param name="Counted">What is counted, after a number: "not kept".</param>
/// <param name="Of">Out of what, after a number: "judged".</param>
/// <param name="Per">Out of how many a figure is told: 100 or 1,000.</param>
public sealed record ControlWords(string Value, string Counted, string Of, int Per)
{
    /// <summary>A share as the chart and its table tell it; below one in a hundred in as many decimals as the axis beside it.</summary>
    public string Say(double? share) => share is not { } s ? "–" : Per != 100 ? Figures.Number(Per * s) : s is >= 0.00005 and < 0.01 ? (100 * s).ToString("0.00", CultureInfo.CurrentCulture) + "\u00a0%" : Figures.Percent(s);

    /// <summary>The two limits of a month, in as many decimals each.</summary>
    public string Say(double lower, double upper)
    {
        if (Per == 100 && upper < 0.01) return T("{0} to {1}", lower == 0 ? "0" : Say(lower), Say(upper));
        var (from, to) = Per == 100 ? Figures.PercentInterval(lower, upper) : Figures.Interval((lower + upper) / 2 * Per, lower * Per, upper * Per);
        return T("{0} to {1}", from, to);
    }

    /// <summary>A share beside an axis.</summary>
    public string Tick(double share) => (Per * share).ToString("0.##", CultureInfo.CurrentCulture) + (Per == 100 ? " %" : "");
}

/// <summary>Draws <see cref="ControlMonths"/>: the months with their centre line and limits, what lies beyond them, unusual runs, and what happened meanwhile.</summary>
public static class ControlMonthsChart
{
    const double Width = 820, Height = 340, Left = 74, Right = 116, Top = 44, Bottom = 58;

    /// <param name="control">The figure.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="words">What is counted.</param>
    /// <param name="link">Where a month's point leads; nowhere when it gives nothing.</param>
    /// <param name="provisionalFrom">The first day of which late reports may still change the figures; null where none do.</param>
    /// <param name="notes">What happened, in order of days; what lies outside the months is left out.</param>
    public static Scene Draw(ControlMonths control, string title, ControlWords words, Func<DateOnly, string?> link, DateOnly? provisionalFrom = null, IReadOnlyList<DatedNote>? notes = null)
    {
        var months = control.Months;
        var points = control.Chart.Points;
        if (months.All(m => m.Of == 0))
            return new(Width, 90, title, T("Nothing could be judged in this period."), [new TextMark("axis-label", Width / 2, 50, T("Nothing could be judged in this period"), Anchor.Middle)]);
        // High enough for the points and for three limits of four: those of a month with hardly any exposure are so wide that they would press the rest together.
        double most = 0;
        var uppers = new List<double>();
        foreach (var point in points)
        {
            most = Math.Max(most, point.Value ?? 0);
            if (point.Limits is { } limits) uppers.Add(limits.Upper);
        }
        if (uppers.Count > 0) most = Math.Max(most, uppers.Order().ElementAt(uppers.Count * 3 / 4));
        double usual = months.Select(m => (double)m.Of).Order().ElementAt(months.Count / 2);
        var y = new Axis(0, most > 0 ? Math.Min(control.Chart.Kind == ChartKind.P ? 1 : double.MaxValue, most * 1.08) : 0.02, Height - Bottom, Top);
        double slot = (Width - Left - Right) / months.Count;
        double X(int i) => Left + (i + 0.5) * slot;

        var marks = new List<Mark>();
        foreach (double tick in new Axis(0, y.Most * words.Per, 0, 1).Ticks(5))
        {
            marks.Add(new LineMark("grid", Left, y.At(tick / words.Per), Width - Right, y.At(tick / words.Per)));
            marks.Add(new TextMark("axis", Left - 8, y.At(tick / words.Per) + 4, words.Tick(tick / words.Per), Anchor.End));
        }
        int every = Math.Max(1, (int)Math.Ceiling(months.Count / 12.0));
        for (int i = 0; i < months.Count; i += every)
            marks.Add(new TextMark("axis", X(i), Height - Bottom + 20, months[i].Month.ToString(i == 0 || months[i].Month.Month <= every ? "MMM yyyy" : "MMM", CultureInfo.CurrentCulture), Anchor.Middle));
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, Height - 14, T("Month"), Anchor.Middle));
        marks.Add(new TextMark("axis-label", 12, (Top + Height - Bottom) / 2, words.Value, Anchor.Middle, Upright: true));

        // Each phase has lines of its own, which end where the next begin.
        for (int phase = 0; phase < control.Chart.Phases.Length; phase++)
        {
            int start = control.Chart.Phases[phase].Phase.Start, end = start + control.Chart.PointsOf(phase).Length;
            Steps("limit limit-998", start, end, i => IsPart(i) ? null : control.Chart.Points[i].Limits?.Upper);
            Steps("limit limit-998", start, end, i => IsPart(i) ? null : control.Chart.Points[i].Limits?.Lower);
            Steps("centre", start, end, i => control.Chart.Points[i].Centre);
            if (phase == 0) continue;
            marks.Add(new LineMark("tick", Left + start * slot, Top, Left + start * slot, Height - Bottom));
            marks.Add(new TextMark("axis", Left + start * slot + 5, Height - Bottom - 6, T("limits anew")));
        }
        Ends(points);

        marks.AddRange(DatedNote.Draw(notes ?? [], months[0].Month, months.Count, Left, slot, Top, Height - Bottom));

        var run = new List<(double, double)>();
        for (int i = 0; i <= points.Length; i++)
        {
            if (i < points.Length && points[i].Value is { } value) run.Add((X(i), y.At(value)));
            else if (run.Count > 0)
            {
                // A month without figures leaves a gap: it is no month without events.
                if (run.Count > 1) marks.Add(new PathMark("series", [.. run]));
                run.Clear();
            }
        }
        var (rows, beyond, drawn, provisionals) = (new List<IReadOnlyList<object?>>(), 0, 0, 0);
        for (int i = 0; i < points.Length; i++)
        {
            bool provisional = months[i].Month.AddMonths(1).AddDays(-1) >= provisionalFrom;
            string signal = Signal(control, i);
            rows.Add([months[i].Month, months[i].Count, months[i].Of, months[i].NotRecorded, points[i].Value, points[i].Centre, points[i].Limits?.Lower, points[i].Limits?.Upper, signal, provisional]);
            if (points[i].Value is not { } value) continue;
            drawn++;
            if (provisional) provisionals++;
            if (points[i].Signal != LimitSignal.None) beyond++;
            var (style, shape, size) = points[i].Signal switch
            {
                LimitSignal.Above => ("point above-998", Shape.TriangleUp, 12.0), LimitSignal.Below => ("point below-998", Shape.TriangleDown, 12.0),
                _ => InLongRun(control, i) ? (value > points[i].Centre ? "point above-95" : "point below-95", Shape.Diamond, 9.0) : ("point inside", Shape.Circle, 8.0),
            };
            marks.Add(new PointMark(provisional ? style + " provisional" : style, X(i), y.At(value), shape, size,
                T("{0:MMMM yyyy}: {1:N0} {2} of {3:N0} {4}, {5}", months[i].Month, months[i].Count, words.Counted, months[i].Of, words.Of, words.Per == 100 ? words.Say(value) : T("{0} per {1:N0}", words.Say(value), words.Per)) + "; " + T(signal) + (provisional ? "; " + T("provisional: late reports may still come") : ""), link(months[i].Month)));
        }
        string description = T("{0} months; {1} beyond the limits.", drawn, beyond == 0 ? T("none") : beyond) + " " + string.Join(' ', control.Runs.Select(SayRuns).Distinct())
            + (provisionals switch { 0 => "", 1 => " " + T("The latest is provisional."), _ => " " + T("The latest {0} are provisional.", provisionals) }) + " " + T("The table below holds every figure.");
        return new(Width, Height, title, description, marks) { Data = new(["month", "counted", "of", "not_recorded", "share", "centre", "lower", "upper", "signal", "provisional"], rows) };

        // Limits of a month with hardly any exposure, as the first and the last may be, are so wide that they would look like a fault; its point tells what it is held against.
        bool IsPart(int i) => months[i].Of < usual / 4;

        void Steps(string style, int start, int end, Func<int, double?> value)
        {
            var path = new List<(double, double)>();
            for (int i = start; i <= end; i++)
            {
                if (i < end && value(i) is { } v && v <= y.Most)
                {
                    path.Add((X(i) - slot / 2, y.At(v)));
                    path.Add((X(i) + slot / 2, y.At(v)));
                }
                else if (path.Count > 0)
                {
                    marks.Add(new PathMark(style, [.. path]));
                    path.Clear();
                }
            }
        }

        // What the lines are, beside their ends; where two lie close the centre's name is kept.
        void Ends(ReadOnlySpan<ChartPoint> all)
        {
            for (int i = all.Length - 1; i >= 0; i--)
            {
                if (all[i].Centre is not { } centre) continue;
                var near = new List<double>();
                foreach (var (name, value) in new[] { (T("mean"), (double?)centre), (T("upper"), all[i].Limits?.Upper), (T("lower"), all[i].Limits?.Lower) })
                {
                    if (value is not { } v || v > y.Most || near.Exists(n => Math.Abs(n - y.At(v)) < 15)) continue;
                    near.Add(y.At(v));
                    marks.Add(new TextMark("limit-name", X(i) + slot / 2 + 7, y.At(v) + 4, $"{name} {words.Say(v)}"));
                }
                return;
            }
        }
    }

    /// <summary>All that is said of a month, in English, as files have it.</summary>
    public static readonly IReadOnlyList<string> Signals = ["no figures", "no limits", "above the upper limit", "below the lower limit", "inside the limits, in an unusually long run on one side of the mean", "inside the limits"];

    /// <summary>What is said of one month; one of <see cref="Signals"/>.</summary>
    public static string Signal(ControlMonths control, int month) => Signals[control.Chart.Points[month] switch
    {
        { Value: null } => 0,
        { Limits: null } => 1,
        { Signal: LimitSignal.Above } => 2,
        { Signal: LimitSignal.Below } => 3,
        _ => InLongRun(control, month) ? 4 : 5,
    }];

    /// <summary>What the runs of a phase say, and by how much.</summary>
    public static string SayRuns(Anhoj runs) => runs switch
    {
        { State: not RunsState.Judged } => T("Its runs can't be judged."),
        { Signal: false } => T("Its runs are not unusual."),
        _ => (runs.LongestRun > runs.LongestRunMost ? T("{0} months in a row lie on one side of the mean, where at most {1} would be usual: a shift.", runs.LongestRun, runs.LongestRunMost) : "")
            + (runs.LongestRun > runs.LongestRunMost && runs.Crossings < runs.CrossingsLeast ? " " : "")
            + (runs.Crossings < runs.CrossingsLeast ? T("The mean is crossed {0} times, where at least {1} would be usual: a drift or a shift.", runs.Crossings, runs.CrossingsLeast) : ""),
    };

    static bool InLongRun(ControlMonths control, int month)
    {
        for (int phase = 0; phase < control.Runs.Count; phase++)
        {
            int start = control.Chart.Phases[phase].Phase.Start;
            if (month < start || month >= start + control.Chart.PointsOf(phase).Length) continue;
            var runs = control.Runs[phase];
            return runs.Signal && runs.LongestRun > runs.LongestRunMost && month - start >= runs.LongestRunFirst && month - start <= runs.LongestRunLast;
        }
        return false;
    }
}
