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
    public void Numbers_are_written_the_same_in_every_culture()
    {
        var before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = new("de-DE");
            Assert.Contains("x1=\"1.5\"", SvgWriter.Write(new Scene(10, 10, "t", "d", [new LineMark("grid", 1.5, 0, 2, 3)]), "x"), StringComparison.Ordinal);
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }
}
