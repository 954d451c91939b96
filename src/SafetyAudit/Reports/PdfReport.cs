using System.Globalization;
using SafetyAudit.Charts;

namespace SafetyAudit.Reports;

/// <summary>Lays a report out on A4 pages: headings, paragraphs, tables that go on over pages, and the charts of the pages as vectors.</summary>
public sealed class PdfReport
{
    const double Margin = 48, Bottom = 56, Usable = PdfFile.Width - 2 * Margin, BodySize = 9, TableSize = 7.2, Leading = 1.36;
    internal const string Ink = "0.09 0.14 0.17", Soft = "0.3 0.37 0.41", Accent = "0.04 0.37 0.4";
    const string Line = "0.78 0.82 0.84";

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
            var lines = PdfLines.Of(value, Usable - 118, 8.4, bold: false);
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
        foreach (string line in PdfLines.Of(text, Usable, size, bold)) Put(tag, line, Margin, size, bold, colour);
    }

    void Point(PdfTag list, string text)
    {
        var body = list.Add(new("LI")).Add(new("LBody"));
        const double indent = 11;
        var lines = PdfLines.Of(text, Usable - indent, BodySize, bold: false);
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

    void Table(ReportTable table)
    {
        y -= 4;
        var columns = PdfColumn.ColumnsOf(table);
        double size = TableSize;
        var widths = PdfColumn.Widths(columns, Usable, size);
        // Caption, heading and a row or two stay together.
        Room(110);
        var tag = section.Add(new("Table"));
        var caption = tag.Add(new("Caption"));
        foreach (string line in PdfLines.Of(table.Caption, Usable, 8.4, bold: true)) Put(caption, line, Margin, 8.4, bold: true, Ink);
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
            var lines = columns.Select((c, i) => PdfLines.Of(c.Values[row], widths[i] - 2 * PdfColumn.Padding, size, bold: false)).ToList();
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
                        file.Text(page, own[line], isText ? left + PdfColumn.Padding : left + cellWidth - PdfColumn.Padding - PdfFile.WidthOf(own[line], size, false), y - (line + 1) * size * Leading, size, bold: false, Ink);
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
            var headings = columns.Select((c, i) => PdfLines.Of(c.Heading, widths[i] - 2 * PdfColumn.Padding, size, bold: true)).ToList();
            int most = headings.Max(h => h.Count);
            double x = Margin;
            for (int i = 0; i < columns.Count; i++)
            {
                double left = x, cellWidth = widths[i];
                var (own, isText) = (headings[i], columns[i].IsText);
                void Lines()
                {
                    for (int line = 0; line < own.Count; line++)
                        file.Text(page, own[line], isText ? left + PdfColumn.Padding : left + cellWidth - PdfColumn.Padding - PdfFile.WidthOf(own[line], size, true), y - (most - own.Count + line + 1) * size * Leading, size, bold: true, Soft);
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
        var picture = new PdfPicture(file, page, Margin, top, scale);
        PdfFile.Marked(page, section.Add(new PdfTag("Figure") { Alternative = $"{scene.Title}. {scene.Description}", Attributes = $"/A<</O/Layout/BBox[{N(Margin)} {N(top - scene.Height * scale)} {N(Margin + scene.Width * scale)} {N(top)}]>>" }), () =>
        {
            foreach (var mark in scene.Marks) picture.Draw(mark);
        });
        y -= scene.Height * scale;
        Put(section.Add(new("P")), figure.Key, Margin, 7.4, bold: false, Soft);
        y -= 8;
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

    static string N(double value) => PdfFile.N(value);
}
