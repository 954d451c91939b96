using System.Globalization;
using System.Text;
using SafetyAudit.Charts;
using SafetyAudit.Languages;

namespace SafetyAudit.Reports;

/// <summary>Lays a report out on A4 pages: headings, paragraphs, tables that go on over pages, and the charts of the pages as vectors.</summary>
public sealed class PdfReport
{
    const double Margin = 48, Bottom = 56, Usable = PdfFile.Width - 2 * Margin, BodySize = 9, TableSize = 7.2, Leading = 1.36, CellPadding = 3.2;
    const string Ink = "0.09 0.14 0.17", Soft = "0.3 0.37 0.41", Line = "0.78 0.82 0.84", Accent = "0.04 0.37 0.4";

    readonly PdfFile file = new();
    readonly bool isDraft;
    PdfPage page = null!;
    PdfTag section;
    double y;

    PdfReport(bool isDraft) => (this.isDraft, section) = (isDraft, file.Document);

    /// <param name="report">What is written.</param>
    /// <param name="isDraft">Whether every page says that it is a draft.</param>
    public static byte[] Write(ReportDocument report, bool isDraft = false) => new PdfReport(isDraft).Pages(report);

    byte[] Pages(ReportDocument report)
    {
        Turn();
        Front(report);
        for (int i = 0; i < report.Sections.Count; i++)
        {
            // The first section shares the first page with the report's own facts.
            if (i == 1 && report.FirstPageApart) Turn();
            Section(report.Sections[i], starts: i > (report.FirstPageApart ? 1 : 0));
        }
        foreach (var p in file.Pages) Foot(p, report);
        return file.Write(report.Title, report.Subtitle);
    }

    void Front(ReportDocument report)
    {
        var front = file.Document.Add(new("Sect"));
        PdfFile.Artifact(page, () => page.Content.Append(CultureInfo.InvariantCulture, $"{Accent} rg {N(Margin)} {N(y - 3)} {N(Usable)} 3 re f\n"));
        y -= 26;
        Paragraph(front, "H1", report.Title, 17, bold: true, Ink);
        Paragraph(front, "P", report.Subtitle, 10.5, bold: false, Soft);
        y -= 4;
        foreach (var (name, value) in report.Facts)
        {
            var tag = front.Add(new("P"));
            var lines = Wrap(value, Usable - 118, 8.4, bold: false);
            for (int i = 0; i < lines.Count; i++)
            {
                y -= 8.4 * Leading;
                string line = lines[i];
                PdfFile.Marked(page, tag, () =>
                {
                    if (i == 0) file.Text(page, name, Margin, y, 8.4, bold: true, Soft);
                    file.Text(page, line, Margin + 118, y, 8.4, bold: false, Ink);
                });
            }
        }
        y -= 10;
    }

    void Section(ReportSection content, bool starts)
    {
        section = file.Document.Add(new("Sect"));
        if (starts) y -= 14;
        // A heading takes something of what it heads along.
        Room(190);
        file.Bookmarks.Add((0, content.Title, page.Index, y));
        y -= 6;
        Paragraph(section, "H2", content.Title, 13.5, bold: true, Accent);
        PdfFile.Artifact(page, () => page.Content.Append(CultureInfo.InvariantCulture, $"{Line} RG 0.6 w {N(Margin)} {N(y - 4)} m {N(PdfFile.Width - Margin)} {N(y - 4)} l S\n"));
        y -= 8;
        PdfTag? list = null;
        foreach (var block in content.Blocks)
        {
            if (block is not Reports.Paragraph { IsPoint: true }) list = null;
            switch (block)
            {
                case SubHeading heading:
                    // The first two pictures share its page, and so do the pairs after them; or it heads a list.
                    Room(40 + Math.Max(30, content.Blocks.SkipWhile(b => b != block).Skip(1).Take(2).OfType<Figure>().Sum(FigureHeight)));
                    y -= 6;
                    file.Bookmarks.Add((1, heading.Text, page.Index, y));
                    Paragraph(section, "H3", heading.Text, 10.5, bold: true, Ink);
                    y -= 2;
                    break;
                case Paragraph { IsPoint: true } point:
                    list ??= section.Add(new("L"));
                    Point(list, point.Text);
                    break;
                case Paragraph paragraph:
                    Paragraph(section, "P", paragraph.Text, BodySize, bold: false, Ink);
                    y -= 4;
                    break;
                case Figure figure:
                    Draw(figure);
                    break;
                case ReportTable table:
                    Table(table);
                    break;
            }
        }
    }

    // --- text ------------------------------------------------------------------------------------------------------------------------------

    void Paragraph(PdfTag parent, string type, string text, double size, bool bold, string colour)
    {
        var tag = parent.Add(new(type));
        foreach (string line in Wrap(text, Usable, size, bold)) Put(tag, line, Margin, size, bold, colour);
    }

    void Point(PdfTag list, string text)
    {
        var body = list.Add(new("LI")).Add(new("LBody"));
        const double indent = 11;
        var lines = Wrap(text, Usable - indent, BodySize, bold: false);
        for (int i = 0; i < lines.Count; i++) Put(body, lines[i], Margin + indent, BodySize, bold: false, Ink, bullet: i == 0);
        y -= 2;
    }

    void Put(PdfTag tag, string line, double x, double size, bool bold, string colour, bool bullet = false)
    {
        Room(size * Leading);
        y -= size * Leading;
        PdfFile.Marked(page, tag, () =>
        {
            if (bullet) file.Text(page, "•", Margin + 2, y, size, bold, colour);
            file.Text(page, line, x, y, size, bold, colour);
        });
    }

    // --- tables ----------------------------------------------------------------------------------------------------------------------------

    sealed record Cells(string Heading, bool IsText, string[] Values);

    void Table(ReportTable table)
    {
        y -= 4;
        var columns = ColumnsOf(table);
        double size = TableSize;
        var widths = Widths(columns, size);
        // Caption, heading and a row or two stay together.
        Room(110);
        var tag = section.Add(new("Table"));
        var caption = tag.Add(new("Caption"));
        foreach (string line in Wrap(table.Caption, Usable, 8.4, bold: true)) Put(caption, line, Margin, 8.4, bold: true, Ink);
        y -= 3;
        if (table.Rows.Count == 0)
        {
            Put(tag.Add(new("TR")).Add(new("TD")), "None.", Margin, size, bold: false, Soft);
            y -= 8;
            return;
        }
        Head(tag.Add(new("TR")));
        for (int row = 0; row < table.Rows.Count; row++)
        {
            var lines = columns.Select((c, i) => Wrap(c.Values[row], widths[i] - 2 * CellPadding, size, bold: false)).ToList();
            double height = lines.Max(l => l.Count) * size * Leading + 3.4;
            if (y - height < Bottom)
            {
                Turn();
                Head(null);
            }
            var tr = tag.Add(new("TR"));
            double x = Margin;
            for (int i = 0; i < columns.Count; i++)
            {
                var td = tr.Add(new PdfTag(i == 0 ? "TH" : "TD") { Attributes = i == 0 ? "/A<</O/Table/Scope/Row>>" : "" });
                double left = x, cellWidth = widths[i];
                bool isText = columns[i].IsText;
                var own = lines[i];
                PdfFile.Marked(page, td, () =>
                {
                    for (int line = 0; line < own.Count; line++)
                        file.Text(page, own[line], isText ? left + CellPadding : left + cellWidth - CellPadding - PdfFile.WidthOf(own[line], size, false), y - (line + 1) * size * Leading, size, bold: false, Ink);
                });
                x += cellWidth;
            }
            y -= height;
            Rule(widths.Sum(), 0.35);
        }
        y -= 10;

        // On further pages the heading is for the eye alone.
        void Head(PdfTag? tr)
        {
            var headings = columns.Select((c, i) => Wrap(c.Heading, widths[i] - 2 * CellPadding, size, bold: true)).ToList();
            int most = headings.Max(h => h.Count);
            double x = Margin;
            for (int i = 0; i < columns.Count; i++)
            {
                double left = x, cellWidth = widths[i];
                var (own, isText) = (headings[i], columns[i].IsText);
                void Lines()
                {
                    for (int line = 0; line < own.Count; line++)
                        file.Text(page, own[line], isText ? left + CellPadding : left + cellWidth - CellPadding - PdfFile.WidthOf(own[line], size, true), y - (most - own.Count + line + 1) * size * Leading, size, bold: true, Soft);
                }
                if (tr is null) PdfFile.Artifact(page, Lines);
                else PdfFile.Marked(page, tr.Add(new PdfTag("TH") { Attributes = "/A<</O/Table/Scope/Column>>" }), Lines);
                x += cellWidth;
            }
            y -= most * size * Leading + 4;
            Rule(widths.Sum(), 0.9);
        }
    }

    void Rule(double width, double thick) => PdfFile.Artifact(page, () => page.Content.Append(CultureInfo.InvariantCulture, $"{Line} RG {N(thick)} w {N(Margin)} {N(y)} m {N(Margin + width)} {N(y)} l S\n"));

    // On paper an interval stands in the cell of what it is of.
    static List<Cells> ColumnsOf(ReportTable table)
    {
        var columns = new List<Cells>();
        for (int i = 0; i < table.Columns.Count; i++)
        {
            var column = table.Columns[i];
            if (!column.OnPaper || column.Kind is CellKind.Lower or CellKind.Upper) continue;
            int at = i;
            bool hasInterval = i + 2 < table.Columns.Count && table.Columns[i + 1].Kind == CellKind.Lower;
            columns.Add(new(column.Heading, column.Kind == CellKind.Text, [.. table.Rows.Select(r => CellText(r[at], column.Kind)
                + (hasInterval && r[at + 1] is double lower && r[at + 2] is double upper ? $" ({CellText(lower, column.Kind, bare: true)} to {CellText(upper, column.Kind, bare: true)})" : ""))]));
        }
        return columns;
    }

    static string CellText(object? value, CellKind kind, bool bare = false) => value switch
    {
        null => "–",
        string { Length: 0 } => "–",
        string text => text,
        long count => count.ToString("#,0", CultureInfo.InvariantCulture),
        double share when kind == CellKind.Share => Figures.Percent(share, Figures.Kept) is var said && bare ? said[..^2] : said,
        double number => number switch { 0 => "0", < 0.01 => number.ToString("0.####", CultureInfo.InvariantCulture), < 10 => number.ToString("0.00", CultureInfo.InvariantCulture), _ => number.ToString("#,0.0", CultureInfo.InvariantCulture) },
        DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime instant => instant.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    // Numbers get what they need; texts share the rest by what they would like, and no less than their longest word.
    static double[] Widths(List<Cells> columns, double size)
    {
        double[] natural = [.. columns.Select(c => 2 * CellPadding + Math.Max(c.Values.Append("").Max(v => PdfFile.WidthOf(v, size, false)), HeadingWidth(c.Heading)))];
        double[] least = [.. columns.Select((c, i) => !c.IsText ? natural[i] : 2 * CellPadding + Math.Max(Longest(c.Heading, true), Math.Min(90, c.Values.Append("").Max(v => Longest(v, false)))))];
        double wanted = natural.Sum();
        if (wanted <= Usable)
        {
            double spare = Math.Min((Usable - wanted) / columns.Count, 26);
            return [.. natural.Select(w => w + spare)];
        }
        double excess = wanted - Usable, give = natural.Zip(least, (n, l) => n - l).Sum();
        return give <= 0 ? [.. natural.Select(w => w * Usable / wanted)]
            : give < excess ? [.. least.Select(w => w * Usable / least.Sum())]
            : [.. natural.Zip(least, (n, l) => n - (n - l) * excess / give)];

        // A heading takes three lines at most, unless its longest word alone is wider.
        double HeadingWidth(string text) => Math.Max(Longest(text, true), PdfFile.WidthOf(text, size, true) / 2.4);

        double Longest(string text, bool bold) => text.Split(' ').Max(word => PdfFile.WidthOf(word, size, bold));
    }

    // --- pictures --------------------------------------------------------------------------------------------------------------------------

    static double ScaleOf(Scene scene) => Math.Min(1, Usable / scene.Width);

    static double FigureHeight(Figure figure) => figure.Scene.Height * ScaleOf(figure.Scene) + 2 * 8.4 * Leading + 14;

    void Draw(Figure figure)
    {
        var scene = figure.Scene;
        Room(FigureHeight(figure));
        double scale = ScaleOf(scene);
        Put(section.Add(new("P")), scene.Title, Margin, 8.4, bold: true, Ink);
        y -= 4;
        double top = y;
        double X(double x) => Margin + x * scale;
        double Y(double v) => top - v * scale;
        PdfFile.Marked(page, section.Add(new PdfTag("Figure") { Alternative = $"{scene.Title}. {scene.Description}", Attributes = $"/A<</O/Layout/BBox[{N(Margin)} {N(top - scene.Height * scale)} {N(Margin + scene.Width * scale)} {N(top)}]>>" }), () =>
        {
            foreach (var mark in scene.Marks) Draw(mark, X, Y, scale);
        });
        y -= scene.Height * scale;
        Put(section.Add(new("P")), figure.Key, Margin, 7.4, bold: false, Soft);
        y -= 8;
    }

    void Draw(Mark mark, Func<double, double> x, Func<double, double> y, double scale)
    {
        var pen = Pen.Of(mark.Style);
        var to = page.Content;
        switch (mark)
        {
            case LineMark line:
                to.Append(CultureInfo.InvariantCulture, $"q {pen.Stroke} RG {N(pen.Width * scale)} w {pen.Dash}{N(x(line.X1))} {N(y(line.Y1))} m {N(x(line.X2))} {N(y(line.Y2))} l S Q\n");
                break;
            case PathMark path:
                to.Append(CultureInfo.InvariantCulture, $"q {pen.Stroke} RG {N(pen.Width * scale)} w 1 j {pen.Dash}");
                if (path.Closed) to.Append(CultureInfo.InvariantCulture, $"{pen.Fill} rg ");
                for (int i = 0; i < path.Points.Count; i++) to.Append(CultureInfo.InvariantCulture, $"{N(x(path.Points[i].X))} {N(y(path.Points[i].Y))} {(i == 0 ? 'm' : 'l')} ");
                to.Append(path.Closed ? "b Q\n" : "S Q\n");
                break;
            case TextMark text:
                bool bold = text.Style == "point-name";
                double size = (text.Style == "axis-label" ? 13 : 12.5) * scale, width = PdfFile.WidthOf(text.Text, size, bold);
                double back = text.Anchor switch { Anchor.Start => 0, Anchor.Middle => width / 2, _ => width };
                if (text.Upright) file.Text(page, text.Text, x(text.X), y(text.Y) - back, size, bold, pen.Fill, angle: 90);
                else file.Text(page, text.Text, x(text.X) - back, y(text.Y), size, bold, pen.Fill);
                break;
            case PointMark point:
                to.Append(CultureInfo.InvariantCulture, $"q 1 1 1 RG {N(scale)} w {pen.Fill} rg ");
                Outline(to, point, x(point.X), y(point.Y), point.Size / 2 * scale);
                to.Append("b Q\n");
                break;
        }
    }

    // As on the pages, with y upwards.
    static void Outline(StringBuilder to, PointMark point, double x, double y, double r)
    {
        switch (point.Shape)
        {
            case Shape.Circle:
                // Four Bézier curves come within 0.03 % of a circle at this length of handle.
                double h = 0.5523 * r;
                to.Append(CultureInfo.InvariantCulture, $"{N(x - r)} {N(y)} m {N(x - r)} {N(y + h)} {N(x - h)} {N(y + r)} {N(x)} {N(y + r)} c {N(x + h)} {N(y + r)} {N(x + r)} {N(y + h)} {N(x + r)} {N(y)} c ");
                to.Append(CultureInfo.InvariantCulture, $"{N(x + r)} {N(y - h)} {N(x + h)} {N(y - r)} {N(x)} {N(y - r)} c {N(x - h)} {N(y - r)} {N(x - r)} {N(y - h)} {N(x - r)} {N(y)} c ");
                break;
            case Shape.TriangleUp: Joined((0, 1.2), (1.15, -0.9), (-1.15, -0.9)); break;
            case Shape.TriangleDown: Joined((0, -1.2), (1.15, 0.9), (-1.15, 0.9)); break;
            case Shape.Square: Joined((-1, 1), (1, 1), (1, -1), (-1, -1)); break;
            default: Joined((0, 1.3), (1.3, 0), (0, -1.3), (-1.3, 0)); break;
        }

        void Joined(params ReadOnlySpan<(double X, double Y)> corners)
        {
            for (int i = 0; i < corners.Length; i++) to.Append(CultureInfo.InvariantCulture, $"{N(x + corners[i].X * r)} {N(y + corners[i].Y * r)} {(i == 0 ? 'm' : 'l')} ");
        }
    }

    /// <summary>Looks by the names of styles: those of the pages' style sheet on white.</summary>
    readonly record struct Pen(string Stroke, string Fill, double Width, string Dash)
    {
        const string Limit = "0.33 0.44 0.48", Grid = "0.89 0.91 0.92", High = "0.6 0.2 0.07", Low = "0.11 0.31 0.62", Inside = "0.24 0.42 0.38";

        public static Pen Of(string style)
        {
            string[] names = style.Split(' ');
            bool Has(string name) => names.Contains(name);
            return names[0] switch
            {
                "grid" => new(Grid, Soft, 1, ""),
                "tick" => new(Limit, Soft, 1, ""),
                "centre" => new(Ink, Ink, 1.4, ""),
                "limit" => new(Limit, Soft, 1.6, Has("limit-95") ? "[3 2.4] 0 d " : ""),
                "own-limit" => new(Limit, Soft, 1.3, ""),
                "series" => new(Accent, Accent, 1.4, ""),
                "point" => new("1 1 1", Has("above-998") || Has("above-95") ? High : Has("below-998") || Has("below-95") ? Low : Inside, 1, ""),
                "axis-label" or "point-name" => new(Ink, Ink, 1, ""),
                _ => new(Soft, Soft, 1, ""),
            };
        }
    }

    // --- pages -----------------------------------------------------------------------------------------------------------------------------

    void Room(double height)
    {
        if (y - height < Bottom) Turn();
    }

    void Turn()
    {
        page = file.AddPage();
        y = PdfFile.Height - Margin;
        if (isDraft) PdfFile.Artifact(page, () => file.Text(page, "DRAFT", 120, 235, 150, bold: true, "0.93 0.93 0.93", angle: 52));
    }

    void Foot(PdfPage on, ReportDocument report) => PdfFile.Artifact(on, () =>
    {
        on.Content.Append(CultureInfo.InvariantCulture, $"{Line} RG 0.5 w {N(Margin)} 40 m {N(PdfFile.Width - Margin)} 40 l S\n");
        file.Text(on, $"{report.Title} · {report.Subtitle}{(isDraft ? " · draft" : "")}", Margin, 29, 7, bold: false, Soft);
        string number = string.Create(CultureInfo.InvariantCulture, $"Page {on.Index + 1} of {file.Pages.Count}");
        file.Text(on, number, PdfFile.Width - Margin - PdfFile.WidthOf(number, 7, false), 29, 7, bold: false, Soft);
    });

    /// <summary>Lines no wider than a width; a word that is wider by itself is cut.</summary>
    static List<string> Wrap(string text, double width, double size, bool bold)
    {
        text = Printable(text);
        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(w => Fitting(w, width, size, bold)))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && PdfFile.WidthOf(longer, size, bold) > width + 0.01)
            {
                lines.Add(line);
                line = word;
            }
            else line = longer;
        }
        lines.Add(line);
        return lines;
    }

    static IEnumerable<string> Fitting(string word, double width, double size, bool bold)
    {
        while (word.Length > 1 && PdfFile.WidthOf(word, size, bold) > width + 0.01)
        {
            int fits = word.Length - 1;
            while (fits > 1 && (char.IsHighSurrogate(word[fits - 1]) || PdfFile.WidthOf(word[..fits], size, bold) > width)) fits--;
            // An underscore or hyphen is the better place to cut.
            int better = word.LastIndexOfAny(['_', '-', '/', '@', '.'], fits - 1);
            if (better > 0) fits = better + 1;
            yield return word[..fits];
            word = word[fits..];
        }
        yield return word;
    }

    // Composed, as the font has its letters; without control characters; a number and its sign in one line. Several blanks in a row tell parts of a line apart.
    static string Printable(string text) => string.Concat(text.Normalize(NormalizationForm.FormC).Select(c => char.IsControl(c) ? ' ' : c)).Replace(" %", "\u00A0%", StringComparison.Ordinal).Replace("   ", "\u00A0\u00A0 ", StringComparison.Ordinal);

    static string N(double value) => PdfFile.N(value);
}
