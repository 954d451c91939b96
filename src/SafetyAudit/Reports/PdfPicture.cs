using System.Globalization;
using System.Text;
using SafetyAudit.Charts;

namespace SafetyAudit.Reports;

/// <summary>Draws the marks of a chart on a page, as the pages of the program do.</summary>
/// <param name="file">The file.</param>
/// <param name="page">Where it is drawn.</param>
/// <param name="left">Of its left edge, in points.</param>
/// <param name="top">Of its upper edge, in points, upwards.</param>
/// <param name="scale">Points for each unit of the chart.</param>
sealed class PdfPicture(PdfFile file, PdfPage page, double left, double top, double scale)
{
    double X(double x) => left + x * scale;

    double Y(double y) => top - y * scale;

    public void Draw(Mark mark)
    {
        var pen = Pen.Of(mark.Style);
        var to = page.Content;
        switch (mark)
        {
            case LineMark line:
                to.Append(CultureInfo.InvariantCulture, $"q {pen.Stroke} RG {N(pen.Width * scale)} w {pen.Dash}{N(X(line.X1))} {N(Y(line.Y1))} m {N(X(line.X2))} {N(Y(line.Y2))} l S Q\n");
                break;
            case PathMark path:
                to.Append(CultureInfo.InvariantCulture, $"q {pen.Stroke} RG {N(pen.Width * scale)} w 1 j {pen.Dash}");
                if (path.Closed) to.Append(CultureInfo.InvariantCulture, $"{pen.Fill} rg ");
                for (int i = 0; i < path.Points.Count; i++) to.Append(CultureInfo.InvariantCulture, $"{N(X(path.Points[i].X))} {N(Y(path.Points[i].Y))} {(i == 0 ? 'm' : 'l')} ");
                to.Append(path.Closed ? "b Q\n" : "S Q\n");
                break;
            case TextMark text:
                bool bold = text.Style == "point-name";
                double size = (text.Style == "axis-label" ? 13 : 12.5) * scale, width = PdfFile.WidthOf(text.Text, size, bold);
                double back = text.Anchor switch { Anchor.Start => 0, Anchor.Middle => width / 2, _ => width };
                if (text.Upright) file.Text(page, text.Text, X(text.X), Y(text.Y) - back, size, bold, pen.Fill, angle: 90);
                else file.Text(page, text.Text, X(text.X) - back, Y(text.Y), size, bold, pen.Fill);
                break;
            case PointMark point:
                to.Append(CultureInfo.InvariantCulture, $"q 1 1 1 RG {N(scale)} w {pen.Fill} rg ");
                Outline(to, point, X(point.X), Y(point.Y), point.Size / 2 * scale);
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

    static string N(double value) => PdfFile.N(value);

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
                "grid" => new(Grid, PdfReport.Soft, 1, ""),
                "tick" => new(Limit, PdfReport.Soft, 1, ""),
                "centre" => new(PdfReport.Ink, PdfReport.Ink, 1.4, ""),
                "limit" => new(Limit, PdfReport.Soft, 1.6, Has("limit-95") ? "[3 2.4] 0 d " : ""),
                "own-limit" => new(Limit, PdfReport.Soft, 1.3, ""),
                "series" => new(PdfReport.Accent, PdfReport.Accent, 1.4, ""),
                "point" => new("1 1 1", Has("above-998") || Has("above-95") ? High : Has("below-998") || Has("below-95") ? Low : Inside, 1, ""),
                "axis-label" or "point-name" => new(PdfReport.Ink, PdfReport.Ink, 1, ""),
                _ => new(PdfReport.Soft, PdfReport.Soft, 1, ""),
            };
        }
    }
}
