using System.Xml.Linq;
using SafetyAudit.Charts;

namespace SafetyAudit.Tests.Charts;

public class SvgWriterTests
{
    [Fact]
    public void Text_from_files_stays_text()
    {
        const string evil = "</title><script>alert(1)</script>\"'&";
        var scene = new Scene(100, 50, evil, evil, [new TextMark("axis", 1, 2, evil), new PointMark("point", 3, 4, Shape.Circle, 8, evil, "/practitioners/" + evil)]);
        var svg = XElement.Parse(SvgWriter.Write(scene, "x"));
        Assert.Equal(["svg", "title", "desc", "text", "a", "title", "path"], svg.DescendantsAndSelf().Select(e => e.Name.LocalName));
        Assert.Equal(evil, svg.Element("text")!.Value);
    }

    [Fact]
    public void Every_point_has_a_link_and_a_tooltip_and_the_picture_a_title_and_a_description()
    {
        var scene = new Scene(100, 50, "Title", "Description", [new PointMark("point inside", 3, 4, Shape.TriangleUp, 8, "P1: 3 observed", "/practitioners/P1")]);
        var svg = XElement.Parse(SvgWriter.Write(scene, "c1"));
        Assert.Equal("c1-title c1-desc", svg.Attribute("aria-labelledby")!.Value);
        var link = svg.Element("a")!;
        Assert.Equal(("/practitioners/P1", "P1: 3 observed"), (link.Attribute("href")!.Value, link.Descendants().Single(e => e.Name.LocalName == "title").Value));
    }

    [Fact]
    public void Lines_of_one_look_are_one_shape_and_what_lies_between_others_stays_there()
    {
        var scene = new Scene(10, 10, "t", "d", [new LineMark("grid", 1.5, 0, 1.5, 3), new LineMark("grid", 0, 2, 4, 2), new LineMark("grid", 0, 0, 4, 5), new TextMark("axis", 1, 1, "a"), new LineMark("grid", 7, 0, 7, 3), new LineMark("centre", 8, 0, 8, 3)]);
        var shapes = XElement.Parse(SvgWriter.Write(scene, "x")).Elements().Skip(2).ToList();
        Assert.Equal(["path grid", "text axis", "line grid", "line centre"], shapes.Select(e => $"{e.Name.LocalName} {e.Attribute("class")!.Value}"));
        Assert.Equal(("M1.5 0V3M0 2H4M0 0L4 5", "none"), (shapes[0].Attribute("d")!.Value, shapes[0].Attribute("fill")!.Value));
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        var before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = new("de-DE");
            Assert.Contains("x1=\"1.5\"", SvgWriter.Write(new Scene(10, 10, "t", "d", [new LineMark("grid", 1.5, 0, 2, 3)]), "x"), StringComparison.Ordinal);
            Assert.Contains("M1.5 0.5L", SvgWriter.Write(new Scene(10, 10, "t", "d", [new LineMark("grid", 1.5, 0.5, 2, 3), new LineMark("grid", 0, 0, 2, 3)]), "x"), StringComparison.Ordinal);
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }
}
