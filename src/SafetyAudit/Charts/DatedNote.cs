using SafetyAudit.Languages;

namespace SafetyAudit.Charts;

/// <summary>Something that happened on a day and may explain what a chart of months shows.</summary>
/// <param name="Day">The day.</param>
/// <param name="Words">What, in a few words.</param>
/// <param name="Link">Where it is told in full.</param>
public sealed record DatedNote(DateOnly Day, string Words, string Link)
{
    const double Size = 17;

    /// <summary>The letter by which it stands in a chart.</summary>
    public static string Letter(int index) => ((char)('A' + index % 26)).ToString();

    /// <summary>A line on the day of each, and its letter above the months; what lies outside them is left out.</summary>
    /// <param name="notes">In order of days.</param>
    /// <param name="first">The first month.</param>
    /// <param name="months">How many there are.</param>
    /// <param name="left">Where the first month begins.</param>
    /// <param name="slot">How wide a month is.</param>
    /// <param name="top">Where the months' plane begins; the letters stand above it.</param>
    /// <param name="bottom">Where it ends.</param>
    internal static IEnumerable<Mark> Draw(IReadOnlyList<DatedNote> notes, DateOnly first, int months, double left, double slot, double top, double bottom)
    {
        double taken = double.NegativeInfinity;
        for (int i = 0; i < notes.Count; i++)
        {
            var day = notes[i].Day;
            int month = (day.Year - first.Year) * 12 + day.Month - first.Month;
            if (month < 0 || month >= months) continue;
            double x = left + (month + (day.Day - 1.0) / DateTime.DaysInMonth(day.Year, day.Month)) * slot;
            // Letters stand beside one another where days lie closer than a letter is wide; the line keeps the day.
            taken = Math.Max(x, taken + Size + 3);
            yield return new LineMark("note-line", x, top - 12, x, bottom);
            yield return new PointMark("point note", taken, top - 22, Shape.Square, Size, $"{Letter(i)}, {Figures.DayInFull(day)}: {notes[i].Words}", notes[i].Link);
            yield return new TextMark("note-letter", taken, top - 17.5, Letter(i), Anchor.Middle);
        }
    }
}
