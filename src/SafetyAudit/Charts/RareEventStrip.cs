using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Languages;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Draws <see cref="EventGaps"/>: a line of time for each clinic with a mark for each event, and how many sessions lie between them.</summary>
public static class RareEventStrip
{
    const double Width = 820, Left = 30, Right = 26, Top = 14, Lane = 84, Bottom = 44, MarkSize = 11;
    const int Most = 240;
    static readonly int[] MonthsApart = [1, 2, 3, 6, 12, 24];

    /// <summary>The events of one clinic that are drawn: the latest, as many as a picture of so many clinics holds.</summary>
    public static IReadOnlyList<GapEvent> Drawn(EventGaps clinic, int clinics) => clinic.Events.Count <= Most / clinics ? clinic.Events : [.. clinic.Events.TakeLast(Math.Max(1, Most / clinics))];

    /// <param name="clinics">The figures.</param>
    /// <param name="from">First day of the line.</param>
    /// <param name="to">Last day.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="isSentinel">Whether one such event is one review.</param>
    /// <param name="name">How a clinic is called.</param>
    /// <param name="link">Where an event's mark leads.</param>
    public static Scene Draw(IReadOnlyList<EventGaps> clinics, DateOnly from, DateOnly to, string title, bool isSentinel, Func<string, string> name, Func<EventGaps, GapEvent, string> link)
    {
        if (clinics.Count == 0) return new(Width, 90, title, T("No sessions in this time."), [new TextMark("axis-label", Width / 2, 50, T("No sessions in this time"), Anchor.Middle)]);
        double bottom = Top + clinics.Count * Lane;
        var x = new Axis(from.DayNumber, to.DayNumber + 1, Left, Width - Right);
        var marks = new List<Mark>();
        int step = MonthsApart.First(s => (to.DayNumber - from.DayNumber) / (30.4 * s) <= 11 || s == 24);
        for (var month = new DateOnly(from.Year, (from.Month - 1) / Math.Min(12, step) * Math.Min(12, step) + 1, 1); month <= to; month = month.AddMonths(step))
        {
            if (month < from) continue;
            marks.Add(new LineMark("grid", x.At(month.DayNumber), Top, x.At(month.DayNumber), bottom));
            marks.Add(new TextMark("axis", x.At(month.DayNumber), bottom + 18, month.ToString(step >= 12 ? "yyyy" : "MMM yy", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        marks.Add(new TextMark("axis-label", (Left + Width - Right) / 2, bottom + 38, T("Day of the session"), Anchor.Middle));
        for (int i = 0; i < clinics.Count; i++)
        {
            var clinic = clinics[i];
            double y = Top + i * Lane + 66;
            string called = name(clinic.ClinicId);
            marks.Add(new TextMark("point-name", Left, y - 48, called));
            marks.Add(new LineMark("lane", Left, y, Width - Right, y));
            double before = Left;
            var drawn = Drawn(clinic, clinics.Count);
            bool isCut = drawn.Count < clinic.Events.Count;
            for (int e = 0; e < drawn.Count; e++)
            {
                var one = drawn[e];
                double at = x.At(one.Day.DayNumber + 0.5);
                int alike = drawn.Take(e).Count(other => other.Day == one.Day);
                // Those of one day stand upon one another, as far as the lane is high.
                double up = Math.Min(alike, 2) * (MarkSize + 1);
                if (alike == 0)
                {
                    Between(before, at, y, one.Gap, e == 0 && !isCut ? "before" : "between");
                    before = at;
                }
                marks.Add(new PointMark(isSentinel ? "point sentinel" : "point inside", at, y - up, isSentinel ? Shape.Square : Shape.Diamond, MarkSize,
                    e == 0 && !isCut ? T("{0}, {1}: the first in {2:N0} sessions", called, Figures.DayInFull(one.Day), one.Gap) : T("{0}, {1}: {2:N0} sessions after the one before", called, Figures.DayInFull(one.Day), one.Gap), link(clinic, one)));
            }
            Between(before, Width - Right, y, clinic.Since, clinic.Events.Count == 0 ? "none in" : "since");
        }
        int all = clinics.Sum(c => c.Events.Count), shown = clinics.Sum(c => Drawn(c, clinics.Count).Count);
        var sessions = clinics.Sum(c => c.Exposure);
        string description = (all, clinics.Count) switch
        {
            (0, 1) => T("None recorded in {0:N0} sessions; that is no proof that none can happen.", sessions),
            (0, _) => T("None recorded in {0:N0} sessions of {1} clinics; that is no proof that none can happen.", sessions, clinics.Count),
            (_, 1) => T("{0:N0} recorded in {1:N0} sessions; the marks stand on their days, the numbers between them are sessions.", all, sessions),
            _ => T("{0:N0} recorded in {1:N0} sessions of {2} clinics; the marks stand on their days, the numbers between them are sessions.", all, sessions, clinics.Count),
        };
        if (shown < all) description += " " + T("The latest {0:N0} are drawn.", shown);
        return new(Width, bottom + Bottom, title, description + " " + T("The table below holds every figure."), marks)
        {
            Data = new(["clinic", "day", "sessions_since_the_one_before", "is_first"], [.. clinics.SelectMany(c => c.Events.Select((e, n) => (IReadOnlyList<object?>)[name(c.ClinicId), e.Day, e.Gap, n == 0]))]),
        };

        // As many words as there is room for, then the number, then nothing: the mark and the table say it too.
        void Between(double left, double right, double y, double sessions, string kind)
        {
            string number = sessions.ToString("N0", CultureInfo.CurrentCulture);
            string? text = new[] { kind switch { "before" => T("{0} sessions before", number), "since" => T("{0} since", number), "none in" => T("none in {0} sessions", number), _ => T("{0} sessions", number) }, number }.FirstOrDefault(t => t.Length * 7 + MarkSize + 10 < right - left);
            if (text is not null) marks.Add(new TextMark("axis", (left + right) / 2, y - 8, text, Anchor.Middle));
        }
    }
}
