namespace SafetyAudit.Charts;

/// <summary>
/// Names beside points, so that none lies over another or over an edge, as beyond the picture or on an axis and its figures: the most important first, each to the right, left, above or below of its point, whichever is free. One that finds no place is left out;
/// its point still says it when it is touched.
/// </summary>
/// <param name="left">The edges of where names may stand.</param>
/// <param name="top">Likewise.</param>
/// <param name="right">Likewise.</param>
/// <param name="bottom">Likewise.</param>
sealed class Labels(double left, double top, double right, double bottom)
{
    const double Height = 17, Gap = 9;

    readonly List<Box> taken = [];

    internal readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public bool Overlaps(Box other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }

    /// <summary>Where the labels drawn so far lie.</summary>
    internal IReadOnlyList<Box> Taken => taken;

    /// <summary>A text with at most so many letters. What stands in parentheses at its end tells namesakes apart, and stays.</summary>
    public static string Short(string text, int most)
    {
        if (text.Length <= most) return text;
        string end = text[^1] == ')' && text.LastIndexOf(" (", StringComparison.Ordinal) is > 0 and var from && text.Length - from < most - 4 ? text[from..] : "";
        return $"{text[..(most - 1 - end.Length)]}…{end}";
    }

    // At least as wide as any browser's letters are in the largest writing of a chart's names, 14 px and bold.
    internal static double WidthOf(string text) => text.Sum(c => c switch
    {
        'M' or 'W' or 'm' or 'w' or '@' or '%' => 13.5, 'i' or 'j' or 'l' or 'I' or 't' or 'f' or 'r' or '.' or ',' or '\'' or '’' or '-' or '(' or ')' or ' ' => 6.2, > '\u2e80' => 15, _ => char.IsUpper(c) ? 11 : 9.0,
    });

    /// <summary>A point, which no name may cover; its own stands further off.</summary>
    public void Reserve(double x, double y, double size) => taken.Add(new(x - size / 2, y - size / 2, x + size / 2, y + size / 2));

    /// <summary>Writing that stands there already.</summary>
    public void Reserve(double x, double y, string text, Anchor anchor)
    {
        double wide = WidthOf(text), start = anchor switch { Anchor.Start => x, Anchor.End => x - wide, _ => x - wide / 2 };
        taken.Add(new(start, y - 4 - Height / 2, start + wide, y - 4 + Height / 2));
    }

    /// <param name="x">The point.</param>
    /// <param name="y">Likewise.</param>
    /// <param name="text">Its name.</param>
    /// <param name="style">Name of its look.</param>
    public TextMark? Place(double x, double y, string text, string style = "point-name")
    {
        double wide = WidthOf(text);
        foreach (var (start, middle, anchor) in new[] { (x + Gap, y, Anchor.Start), (x - Gap - wide, y, Anchor.End), (x - wide / 2, y - Gap - Height / 2, Anchor.Middle), (x - wide / 2, y + Gap + Height / 2, Anchor.Middle) })
        {
            var box = new Box(start, middle - Height / 2, start + wide, middle + Height / 2);
            if (box.Left < left || box.Top < top || box.Right > right || box.Bottom > bottom || taken.Exists(box.Overlaps)) continue;
            taken.Add(box);
            return new(style, anchor switch { Anchor.Start => box.Left, Anchor.End => box.Right, _ => x }, middle + 4, text, anchor);
        }
        return null;
    }
}
