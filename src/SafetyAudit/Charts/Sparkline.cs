using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws the last months as a line so small that it stands in a table: how it went, not how much it was.</summary>
public static class Sparkline
{
    const double Width = 120, Height = 28, Edge = 4;

    /// <param name="months">A rate for each month, oldest first; empty for a month without sessions.</param>
    /// <param name="what">What it is the rate of, and whose.</param>
    public static Scene Draw(IReadOnlyList<double?> months, string what)
    {
        var known = months.Where(m => m is not null).Select(m => m!.Value).ToList();
        if (known.Count == 0) return new(Width, Height, what, T("No sessions."), []);
        var y = new Axis(0, known.Max() is > 0 and var top ? top : 1, Height - Edge, Edge);
        double X(int i) => months.Count == 1 ? Width / 2 : Edge + i * (Width - 2 * Edge) / (months.Count - 1);
        var marks = new List<Mark> { new LineMark("grid", Edge, Height - Edge, Width - Edge, Height - Edge) };
        var run = new List<(double, double)>();
        for (int i = 0; i <= months.Count; i++)
        {
            // A month without sessions leaves a gap: it is no month without events.
            if (i < months.Count && months[i] is { } rate) run.Add((X(i), y.At(rate)));
            else if (run.Count > 0)
            {
                marks.Add(run.Count > 1 ? new PathMark("series", [.. run]) : new LineMark("series", run[0].Item1 - 1, run[0].Item2, run[0].Item1 + 1, run[0].Item2));
                run.Clear();
            }
        }
        int last = months.ToList().FindLastIndex(m => m is not null);
        marks.Add(new PointMark("point inside", X(last), y.At(months[last]!.Value), Shape.Circle, 5, "", null));
        return new(Width, Height, what, T("{0} months, {1:0.#} to {2:0.#} per 1,000, the latest {3:0.#}.", months.Count, known.Min(), known.Max(), known[^1]), marks);
    }

    /// <summary>The lines of a table as rows, to be taken away.</summary>
    /// <param name="lines">Whose each is, how they are called, and its months as <see cref="Draw"/> takes them.</param>
    /// <param name="measure">What is counted, by its code.</param>
    /// <param name="to">A day of the last month.</param>
    /// <param name="title">What they show.</param>
    public static Scene Rows(IEnumerable<(string Id, string Name, IReadOnlyList<double?> Months)> lines, string measure, DateOnly to, string title) => new(Width, Height, title, "", [])
    {
        Data = new(["practitioner_id", "practitioner", "measure", "month", "per_1000_sessions"],
            [.. from line in lines from i in Enumerable.Range(0, line.Months.Count) select (IReadOnlyList<object?>)[line.Id, line.Name, measure, new DateOnly(to.Year, to.Month, 1).AddMonths(i - line.Months.Count + 1), line.Months[i]]]),
    };
}
