namespace SafetyAudit.Charts;

/// <summary>A picture as marks on a plane (x to the right, y down, in user units), independent of who writes it out. Looks come from the style names.</summary>
/// <param name="Width">Width of the plane.</param>
/// <param name="Height">Height of the plane.</param>
/// <param name="Title">What it shows, in a few words.</param>
/// <param name="Description">What is to be seen in it, in a sentence or two, for those who can't see it.</param>
/// <param name="Marks">Back to front.</param>
public sealed record Scene(double Width, double Height, string Title, string Description, IReadOnlyList<Mark> Marks)
{
    /// <summary>The rows behind the marks, where they can be taken away as a file.</summary>
    public ChartData? Data { get; init; }
}

/// <summary>One thing to draw.</summary>
/// <param name="Style">Name of its look.</param>
public abstract record Mark(string Style);

public sealed record LineMark(string Style, double X1, double Y1, double X2, double Y2) : Mark(Style);

/// <summary>Joined points; filled when closed.</summary>
public sealed record PathMark(string Style, IReadOnlyList<(double X, double Y)> Points, bool Closed = false) : Mark(Style);

public enum Anchor { Start, Middle, End }

public sealed record TextMark(string Style, double X, double Y, string Text, Anchor Anchor = Anchor.Start, bool Upright = false) : Mark(Style);

/// <summary>Shapes tell apart what colours also tell apart.</summary>
public enum Shape { Circle, TriangleUp, TriangleDown, Square, Diamond }

/// <summary>A datum: a shape with a sentence of its own, and a page where it leads.</summary>
public sealed record PointMark(string Style, double X, double Y, Shape Shape, double Size, string Tooltip, string? Link) : Mark(Style);
