using SafetyAudit.Host.Pages;

namespace SafetyAudit.Tests.Host;

/// <summary>Tables whose rows a phone shows one below the other.</summary>
public class TableByRowTests
{
    [Fact]
    public void Each_cell_carries_the_heading_of_its_column_and_each_part_says_what_it_is() =>
        Assert.Equal(
            "<thead role=\"rowgroup\"><tr role=\"row\"><th scope=\"col\" role=\"columnheader\">Who</th><th class=\"num\" role=\"columnheader\">Ratio<br>(95&#160;%)</th></tr></thead>"
            + "<tbody role=\"rowgroup\"><tr role=\"row\"><th scope=\"row\" role=\"rowheader\"><a href=\"/p\">Ada</a></th><td class=\"num\" role=\"cell\" data-label=\"Ratio (95&#160;%)\">1.2</td></tr></tbody>",
            TableByRow.Labelled("<thead><tr><th scope=\"col\">Who</th><th class=\"num\">Ratio<br>(95&#160;%)</th></tr></thead><tbody><tr><th scope=\"row\"><a href=\"/p\">Ada</a></th><td class=\"num\">1.2</td></tr></tbody>"));

    [Theory]
    [InlineData("<td> </td>", "<td role=\"cell\" data-blank> </td>")]                                   // nothing to show
    [InlineData("<td><svg></svg></td>", "<td role=\"cell\" data-label=\"A\"><svg></svg></td>")]          // a picture is something
    [InlineData("<th colspan=\"2\">Pain</th>", "<th colspan=\"2\" role=\"rowheader\">Pain</th>")]        // names a group of rows
    [InlineData("<td colspan=\"2\">x</td><td>y</td>", "<td colspan=\"2\" role=\"cell\">x</td><td role=\"cell\" data-label=\"C\">y</td>")]
    [InlineData("<td>&lt;td&gt;</td>", "<td role=\"cell\" data-label=\"A\">&lt;td&gt;</td>")]            // what people wrote
    public void What_a_row_may_hold(string cells, string labelled) =>
        Assert.EndsWith($"<tr role=\"row\">{labelled}</tr>", TableByRow.Labelled($"<thead><tr><th>A</th><th>B</th><th>C</th></tr></thead><tr>{cells}</tr>"), StringComparison.Ordinal);
}
