using SafetyAudit.Charts;

namespace SafetyAudit.Reports;

/// <summary>How a column's cells are written. Lower and upper are the ends of the interval of the column before them.</summary>
public enum CellKind { Text, Count, Number, Share, Day, Instant, Lower, Upper }

/// <summary>A column of a table.</summary>
/// <param name="Name">What programs call it: snake_case, in CSV.</param>
/// <param name="Heading">What people read.</param>
/// <param name="Kind">What its cells hold.</param>
/// <param name="OnPaper">Whether the PDF shows it too.</param>
public sealed record ReportColumn(string Name, string Heading, CellKind Kind, bool OnPaper = true);

/// <summary>Stands in a cell for a number that is not shown, since it is small or would help to find out a small one.</summary>
public sealed class Suppressed
{
    public static readonly Suppressed Cell = new();

    Suppressed() { }

    /// <summary>What is printed in its place.</summary>
    public override string ToString() => "c";
}

/// <summary>Part of a report, in reading order.</summary>
public abstract record ReportBlock;

/// <summary>A heading within a section.</summary>
public sealed record SubHeading(string Text) : ReportBlock;

/// <summary>A paragraph; or a point in a list.</summary>
public sealed record Paragraph(string Text, bool IsPoint = false) : ReportBlock;

/// <summary>A picture with its title and description.</summary>
/// <param name="Scene">What is drawn: the same as on the pages.</param>
/// <param name="Key">What its signs mean.</param>
public sealed record Figure(Scene Scene, string Key) : ReportBlock;

/// <summary>A table: text, whole numbers, numbers, days, instants, nothing, or <see cref="Suppressed"/> in its cells.</summary>
/// <param name="Name">Name of its CSV file and sheet.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Columns">Its columns; the first ones, as many as <paramref name="Keys"/>, say whose a row is.</param>
/// <param name="Keys">How many columns tell rows apart.</param>
/// <param name="Rows">Its rows.</param>
public sealed record ReportTable(string Name, string Caption, IReadOnlyList<ReportColumn> Columns, int Keys, IReadOnlyList<object?[]> Rows) : ReportBlock;

/// <summary>A section of a report.</summary>
/// <param name="Title">Its heading, and its bookmark.</param>
/// <param name="Blocks">What it holds.</param>
public sealed record ReportSection(string Title, IReadOnlyList<ReportBlock> Blocks);

/// <summary>A report as it is read: what every file of it is written from.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Subtitle">Period and audience in words.</param>
/// <param name="Facts">What the first page says of the report itself.</param>
/// <param name="Sections">In reading order.</param>
/// <param name="FirstPageApart">Whether the first section has the first page to itself: one page for a board.</param>
public sealed record ReportDocument(string Title, string Subtitle, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<ReportSection> Sections, bool FirstPageApart = false)
{
    public IEnumerable<ReportTable> Tables => Sections.SelectMany(s => s.Blocks).OfType<ReportTable>();
}
