using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Languages;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Charts;

/// <summary>Credentials as bars from a year before the day that was asked for as far as they last, three years at most: what holds, what lapses soon, what has lapsed.</summary>
public static class CredentialChart
{
    const double Width = 820, Left = 190, Right = 18, Top = 52, Row = 40, Bar = 7;

    /// <param name="credentials">Of any number of practitioners; those without a last day are in the table only.</param>
    /// <param name="today">The day they stand for.</param>
    /// <param name="sessions">First days of the months in which each practitioner gave sessions, and how many.</param>
    /// <param name="name">How a practitioner is called.</param>
    /// <param name="link">Where a point leads.</param>
    public static Scene Draw(IReadOnlyList<Credential> credentials, DateOnly today, ILookup<string, (DateOnly Month, long Sessions)> sessions, Func<string, string> name, Func<Credential, string> link)
    {
        string title = T("Licence, training and first aid around today");
        // First those of whom something has lapsed or is about to, then the others; as they come within each.
        var people = credentials.Where(c => c.Until is not null).GroupBy(c => c.PractitionerId).OrderBy(p => p.Any(c => c.State == CredentialState.Lapsed) ? 0 : p.Any(c => c.State == CredentialState.LapsesSoon) ? 1 : 2).ToList();
        if (people.Count == 0) return new(Width, 90, title, T("No credential with a last day is recorded."), [new TextMark("axis-label", Width / 2, 50, T("No credential with a last day is recorded"), Anchor.Middle)]);
        DateOnly first = today.AddYears(-1), longest = people.SelectMany(p => p).Max(c => c.Until!.Value), last = longest <= today.AddMonths(11) ? today.AddYears(1) : longest < today.AddYears(3) ? longest.AddDays(30) : today.AddYears(3);
        int step = last.DayNumber - today.DayNumber > 400 ? 6 : 3;
        double bottom = Top + people.Count * Row;
        double X(DateOnly day) => Left + (Width - Left - Right) * Math.Clamp((day.DayNumber - first.DayNumber) / (double)(last.DayNumber - first.DayNumber), 0, 1);

        var marks = new List<Mark>();
        for (var month = new DateOnly(first.Year, first.Month, 1).AddMonths(1); month <= last; month = month.AddMonths(step))
        {
            marks.Add(new LineMark("grid", X(month), Top - 8, X(month), bottom));
            if (Math.Abs(X(month) - X(today)) > 36) marks.Add(new TextMark("axis", X(month), Top - 14, month.ToString("MMM yyyy", CultureInfo.CurrentCulture), Anchor.Middle));
        }
        for (int i = 0; i < people.Count; i++)
        {
            double y = Top + i * Row;
            marks.Add(new TextMark("axis-label", 4, y + Row / 2, Labels.Short(name(people[i].Key), 26)));
            int line = 0;
            foreach (var credential in people[i].OrderBy(c => c.Kind).Take(3))
            {
                double top = y + 4 + line++ * (Bar + 2.5);
                var until = credential.Until!.Value;
                string style = credential.State switch { CredentialState.Lapsed => "bar lapsed", CredentialState.LapsesSoon => "bar soon", _ => "bar held" };
                double from = X(credential.Since ?? first), to = X(until);
                if (to - from >= 1) marks.Add(new PathMark(style, [(from, top), (to, top), (to, top + Bar), (from, top + Bar)], Closed: true));
                string words = credential.State switch { CredentialState.Lapsed => T("lapsed"), CredentialState.LapsesSoon => T("lapses soon"), _ => T("in date") };
                var shape = credential.State == CredentialState.Lapsed ? Shape.Diamond : credential.State == CredentialState.LapsesSoon ? Shape.TriangleUp : Shape.Circle;
                // One that lasts beyond the picture has no end in it. One that lapsed before it is marked at its edge: it must not go unseen.
                if (until > last) marks.Add(new TextMark("axis", to - 4, top + Bar, "›", Anchor.End));
                else marks.Add(new PointMark($"point {(credential.State == CredentialState.Lapsed ? "above-998" : credential.State == CredentialState.LapsesSoon ? "above-95" : "inside")}", to, top + Bar / 2, shape, 9,
                    T("{0}, {1}: to {2}, {3}", name(credential.PractitionerId), T(Credential.Words(credential.Kind)), Figures.Day(until), words), link(credential)));
            }
        }
        for (int i = 0; i < people.Count; i++)
        {
            double y = Top + i * Row + Row - 7;
            // Months one after another are one bar.
            foreach (var run in sessions[people[i].Key].Select(s => s.Month).Where(m => m.AddMonths(1) > first && m <= today).Order().Select((month, at) => (Month: month, Run: month.AddMonths(-at))).GroupBy(m => m.Run, m => m.Month))
                marks.Add(new PathMark("bar given", [(X(run.First()), y), (X(run.Last().AddMonths(1)), y), (X(run.Last().AddMonths(1)), y + 4), (X(run.First()), y + 4)], Closed: true));
            // Competency and certificate have a first day only.
            foreach (var since in credentials.Where(c => c.PractitionerId == people[i].Key && c.Until is null && c.Since > first && c.Since <= last))
                marks.Add(new PointMark("point inside", X(since.Since!.Value), y + 2, Shape.Square, 8, T("{0}, {1}: since {2}", name(since.PractitionerId), T(Credential.Words(since.Kind)), Figures.Day(since.Since!.Value)), link(since)));
        }
        marks.Add(new LineMark("centre", X(today), Top - 32, X(today), bottom));
        marks.Add(new TextMark("axis-label", X(today), Top - 36, T("today"), Anchor.Middle));
        marks.Add(new TextMark("axis-label", X(today), bottom + 18, T("today"), Anchor.Middle));
        int lapsed = credentials.Count(c => c.State == CredentialState.Lapsed), soon = credentials.Count(c => c.State == CredentialState.LapsesSoon);
        return new(Width, bottom + 30, title, T("{0} practitioners drawn; of their credentials {1} have lapsed, {2} lapse within 60 days. From top to bottom in each row: licence, blood-borne pathogens, first aid, as far as recorded; below them the months in which sessions were given.", people.Count, lapsed, soon), marks)
        {
            Data = DataOf(credentials, name),
        };
    }

    /// <summary>The rows behind the bars.</summary>
    public static ChartData DataOf(IEnumerable<Credential> credentials, Func<string, string> name) =>
        new(["practitioner", "clinic", "credential", "since", "until", "state"], [.. credentials.Select(c => (IReadOnlyList<object?>)[name(c.PractitionerId), c.ClinicId, c.Kind, c.Since, c.Until, c.State])]);
}
