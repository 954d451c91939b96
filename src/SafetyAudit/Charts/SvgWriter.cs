using System.Globalization;
using System.Net;
using System.Text;

namespace SafetyAudit.Charts;

/// <summary>Writes a scene as inline SVG: title and description for screen readers, a link and a tooltip on every point, no script, no inline style.</summary>
public static class SvgWriter
{
    /// <param name="scene">The picture.</param>
    /// <param name="id">Unique in the page; letters, digits and hyphens.</param>
    public static string Write(Scene scene, string id)
    {
        var svg = new StringBuilder(16 * 1024);
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {N(scene.Width)} {N(scene.Height)}\" role=\"group\" aria-labelledby=\"{id}-title {id}-desc\" preserveAspectRatio=\"xMidYMid meet\">");
        svg.Append(CultureInfo.InvariantCulture, $"<title id=\"{id}-title\">{T(scene.Title)}</title><desc id=\"{id}-desc\">{T(scene.Description)}</desc>");
        for (int i = 0, next; i < scene.Marks.Count; i = next)
        {
            next = i + 1;
            while (scene.Marks[i] is LineMark first && next < scene.Marks.Count && scene.Marks[next] is LineMark another && another.Style == first.Style) next++;
            if (next > i + 1) WriteLines(svg, scene.Marks, i, next);
            else Write(svg, scene.Marks[i]);
        }
        return svg.Append("</svg>").ToString();
    }

    /// <summary>The same as a file of its own.</summary>
    /// <param name="scene">The picture.</param>
    /// <param name="css">The looks of its style names.</param>
    /// <param name="caption">Lines that stand above it: a file has no page around it that says what it shows.</param>
    public static string WriteFile(Scene scene, string css, IReadOnlyList<string> caption)
    {
        // Its links lead to pages, which are not where the file is.
        var still = scene with { Marks = [.. scene.Marks.Select(m => m is PointMark point ? point with { Link = null } : m)] };
        string svg = Write(still, "chart");
        int inside = svg.IndexOf('>') + 1;
        const double line = 19, edge = 12;
        double top = caption.Count * line + edge;
        var file = new StringBuilder();
        file.Append(CultureInfo.InvariantCulture, $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {N(scene.Width)} {N(scene.Height + top)}\" width=\"{N(scene.Width)}\" height=\"{N(scene.Height + top)}\"><style>{css}</style>");
        for (int i = 0; i < caption.Count; i++) file.Append(CultureInfo.InvariantCulture, $"<text class=\"caption\" x=\"{N(edge)}\" y=\"{N((i + 1) * line)}\">{T(caption[i])}</text>");
        return file.Append(CultureInfo.InvariantCulture, $"{svg[..(inside - 1)]} y=\"{N(top)}\" width=\"{N(scene.Width)}\" height=\"{N(scene.Height)}\">{svg[inside..]}</svg>\n").ToString();
    }

    // Lines of one look after one another are one shape: the limits of hundreds of points would weigh more than the points.
    static void WriteLines(StringBuilder svg, IReadOnlyList<Mark> marks, int from, int to)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{marks[from].Style}\" fill=\"none\" d=\"");
        for (int i = from; i < to; i++)
        {
            var line = (LineMark)marks[i];
            string x1 = N(line.X1), y1 = N(line.Y1), x2 = N(line.X2), y2 = N(line.Y2);
            svg.Append('M').Append(x1).Append(' ').Append(y1).Append(x1 == x2 ? "V" + y2 : y1 == y2 ? "H" + x2 : $"L{x2} {y2}");
        }
        svg.Append("\"/>");
    }

    static void Write(StringBuilder svg, Mark mark)
    {
        switch (mark)
        {
            case LineMark line:
                svg.Append(CultureInfo.InvariantCulture, $"<line class=\"{line.Style}\" x1=\"{N(line.X1)}\" y1=\"{N(line.Y1)}\" x2=\"{N(line.X2)}\" y2=\"{N(line.Y2)}\"/>");
                break;
            case PathMark path:
                svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{path.Style}\" d=\"");
                for (int i = 0; i < path.Points.Count; i++) svg.Append(i == 0 ? 'M' : 'L').Append(N(path.Points[i].X)).Append(' ').Append(N(path.Points[i].Y));
                svg.Append(path.Closed ? "Z\"/>" : "\"/>");
                break;
            case TextMark text:
                string turn = text.Upright ? $" transform=\"rotate(-90 {N(text.X)} {N(text.Y)})\"" : "";
                string anchor = text.Anchor switch { Anchor.Middle => " text-anchor=\"middle\"", Anchor.End => " text-anchor=\"end\"", _ => "" };
                svg.Append(CultureInfo.InvariantCulture, $"<text class=\"{text.Style}\" x=\"{N(text.X)}\" y=\"{N(text.Y)}\"{anchor}{turn}>{T(text.Text)}</text>");
                break;
            case PointMark point:
                // The title is the name of what it is the first child of, and what is shown on hovering: of a link that has one, once.
                string told = $"<title>{T(point.Tooltip)}</title>", shape = $"<path class=\"{point.Style}\" d=\"{Outline(point)}\"";
                if (point.Link != null) svg.Append(CultureInfo.InvariantCulture, $"<a href=\"{T(point.Link)}\">{told}{shape}/></a>");
                else svg.Append(CultureInfo.InvariantCulture, $"{shape}>{told}</path>");
                break;
            default:
                throw new NotSupportedException($"No SVG for {mark.GetType().Name}.");
        }
    }

    static string Outline(PointMark p)
    {
        double r = p.Size / 2, x = p.X, y = p.Y;
        return p.Shape switch
        {
            Shape.Circle => $"M{N(x - r)} {N(y)}a{N(r)} {N(r)} 0 1 0 {N(2 * r)} 0a{N(r)} {N(r)} 0 1 0 {N(-2 * r)} 0Z",
            Shape.TriangleUp => $"M{N(x)} {N(y - 1.2 * r)}L{N(x + 1.15 * r)} {N(y + 0.9 * r)}L{N(x - 1.15 * r)} {N(y + 0.9 * r)}Z",
            Shape.TriangleDown => $"M{N(x)} {N(y + 1.2 * r)}L{N(x + 1.15 * r)} {N(y - 0.9 * r)}L{N(x - 1.15 * r)} {N(y - 0.9 * r)}Z",
            Shape.Square => $"M{N(x - r)} {N(y - r)}h{N(2 * r)}v{N(2 * r)}h{N(-2 * r)}Z",
            _ => $"M{N(x)} {N(y - 1.3 * r)}L{N(x + 1.3 * r)} {N(y)}L{N(x)} {N(y + 1.3 * r)}L{N(x - 1.3 * r)} {N(y)}Z",
        };
    }

    // A tenth of a unit is finer than any screen shows, and keeps pages small.
    static string N(double value) => (Math.Round(value, 1) + 0.0).ToString("0.#", CultureInfo.InvariantCulture);

    static string T(string text) => WebUtility.HtmlEncode(text);
}
