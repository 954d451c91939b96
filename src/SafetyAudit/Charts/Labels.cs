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
    const double Letter = 7.4, Height = 15, Gap = 9;

    readonly List<Box> taken = [];

    internal readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public bool Overlaps(Box other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }

    /// <summary>Where the labels drawn so far lie.</summary>
    internal IReadOnlyList<Box> Taken => taken;

    /// <param name="x">The point.</param>
    /// <param name="y">Likewise.</param>
    /// <param name="text">Its name.</param>
    /// <param name="style">Name of its look.</param>
    public TextMark? Place(double x, double y, string text, string style = "point-name")
    {
        double wide = text.Length * Letter;
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
