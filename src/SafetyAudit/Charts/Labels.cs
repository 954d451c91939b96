namespace SafetyAudit.Charts;

/// <summary>
/// Names beside points, so that none lies over another or over the edge: the most important first, each to the right, left, above or below of its point, whichever is free. One that finds no place is left out;
/// its point still says it when it is touched.
/// </summary>
sealed class Labels(double width, double height)
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
        foreach (var (left, middle, anchor) in new[] { (x + Gap, y, Anchor.Start), (x - Gap - wide, y, Anchor.End), (x - wide / 2, y - Gap - Height / 2, Anchor.Middle), (x - wide / 2, y + Gap + Height / 2, Anchor.Middle) })
        {
            var box = new Box(left, middle - Height / 2, left + wide, middle + Height / 2);
            if (box.Left < 0 || box.Top < 0 || box.Right > width || box.Bottom > height || taken.Exists(box.Overlaps)) continue;
            taken.Add(box);
            return new(style, anchor switch { Anchor.Start => box.Left, Anchor.End => box.Right, _ => x }, middle + 4, text, anchor);
        }
        return null;
    }
}
