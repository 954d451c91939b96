using SafetyAudit.Analysis;
using SafetyAudit.Languages;
using SafetyAudit.Protocol;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws every rule of every practitioner of a clinic as a table of tinted cells, to be taken away: on a page it is a table.</summary>
public static class AdherenceMatrix
{
    const double Left = 430, Column = 124, Top = 170, Row = 36, Area = 30;

    /// <summary>The tint of a cell, which says what its figure says too; none where less than nine in ten could be judged, since what was not recorded may be otherwise.</summary>
    public static string Tint(Adherence adherence) => adherence.Completeness < 0.9 ? "none" : adherence.Kept switch { null => "none", >= 0.99 => "t4", >= 0.95 => "t3", >= 0.9 => "t2", >= 0.75 => "t1", _ => "t0" };

    /// <summary>What a cell says: the share kept; "?" where the rule applied and nothing could be judged, "–" where it did not apply.</summary>
    public static string Figure(Adherence adherence) => adherence.Kept is { } kept ? Figures.Percent(kept) : adherence.Applicable > 0 ? "?" : "–";

    /// <param name="rows">One clinic's, by rule and practitioner.</param>
    /// <param name="practitioners">In the order of their columns.</param>
    /// <param name="first">First day that is looked at.</param>
    /// <param name="last">Last day.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="name">How a practitioner is called.</param>
    /// <param name="area">How a part of the protocol is called.</param>
    public static Scene Draw(ILookup<ProtocolRule, AdherenceRow> rows, IReadOnlyList<string> practitioners, DateOnly first, DateOnly last, string title, Func<string, string> name, Func<string, string> area)
    {
        var marks = new List<Mark>();
        double X(int column) => Left + column * Column;
        double y = Top, width = X(practitioners.Count + 1) + 12;
        marks.Add(new TextMark("axis-label", X(0) + Column / 2, Top - 10, T("Clinic"), Anchor.Middle));
        for (int i = 0; i < practitioners.Count; i++) marks.Add(new TextMark("axis-label", X(i + 1) + Column / 2 + 4, Top - 10, Labels.Short(name(practitioners[i]), 22), Upright: true));
        foreach (var part in Rules.All.GroupBy(r => r.Area))
        {
            marks.Add(new TextMark("axis", 12, y + Area - 10, area(part.Key)));
            y += Area;
            foreach (var rule in part)
            {
                marks.Add(new LineMark("grid", 12, y, width - 12, y));
                marks.Add(new TextMark("axis-label", 12, y + Row / 2 + 4, Labels.Short($"{rule.Id} {rule.Title}", 54)));
                var of = rows[rule].ToLookup(r => r.PractitionerId, r => r.Adherence);
                for (int i = 0; i <= practitioners.Count; i++)
                {
                    var cell = i == 0 ? AdherenceTable.Sum(rows[rule]) : of[practitioners[i - 1]].FirstOrDefault();
                    marks.Add(new PathMark($"cell {Tint(cell)}", [(X(i), y), (X(i + 1), y), (X(i + 1), y + Row), (X(i), y + Row)], Closed: true));
                    string small = string.Join(" · ", new[] { cell.Fail > 0 ? $"✕{cell.Fail}" : null, cell.Judged < cell.Applicable ? T("of {0}|a share", Figures.Percent(cell.Completeness!.Value)) : null }.OfType<string>());
                    marks.Add(new TextMark("axis-label", X(i) + Column / 2, y + (small.Length > 0 ? 16 : Row / 2 + 4), Figure(cell), Anchor.Middle));
                    if (small.Length > 0) marks.Add(new TextMark("axis", X(i) + Column / 2, y + 30, small, Anchor.Middle));
                }
                y += Row;
            }
        }
        return new(width, y + 12, title, T("{0} rules, {1} practitioners.", Rules.All.Count, practitioners.Count), marks)
        {
            Data = new(["rule", "title", "severity", "clinic", "practitioner", "pass", "fail", "not_recorded", "not_applicable", "adherence", "completeness", "from", "to"],
                [.. from rule in Rules.All from row in rows[rule] let a = row.Adherence
                    select (IReadOnlyList<object?>)[rule.Id, rule.Title, rule.Severity, row.ClinicId, name(row.PractitionerId), a.Pass, a.Fail, a.NotRecorded, a.NotApplicable, a.Kept, a.Completeness, first, last]]),
        };
    }

}
