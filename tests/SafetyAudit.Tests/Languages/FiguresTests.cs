using System.Globalization;
using SafetyAudit.Host.Pages;
using SafetyAudit.Languages;
using SafetyAudit.Measures;

namespace SafetyAudit.Tests.Languages;

/// <summary>Figures are written alike wherever they stand.</summary>
public class FiguresTests
{
    [Theory]
    [InlineData(2.25, "2.25"), InlineData(0, "0"), InlineData(0.0042, "0.0042"), InlineData(12.34, "12.3"), InlineData(15442, "15,442.0")]
    public void A_number_has_the_decimals_of_its_size(double value, string written) => Assert.Equal(written, Figures.Number(value, Figures.Kept));

    [Theory]
    [InlineData(1, "100 %"), InlineData(0.9999, "> 99.9 %"), InlineData(0.9994, "99.9 %"), InlineData(0.9995, "> 99.9 %"), InlineData(0.5, "50.0 %"), InlineData(0.0001, "< 0.1 %"), InlineData(0, "0 %")]
    public void What_is_not_all_is_never_rounded_to_all_nor_what_is_something_to_nothing(double share, string written) => Assert.Equal(written, Figures.Percent(share, Figures.Kept));

    [Fact]
    public void Both_ends_of_an_interval_have_as_many_decimals()
    {
        Assert.Equal(("37.3", "85.1"), Figures.Interval(60, 37.3, 85.08, Figures.Kept));
        Assert.Equal(("9.2", "12.1"), Figures.Interval(10.5, 9.2, 12.1, Figures.Kept));
        Assert.Equal(("0", "3.69"), Figures.Interval(0, 0, 3.69, Figures.Kept));
        Assert.Equal(("37.3 %", "100.0 %"), Figures.PercentInterval(0.373, 1, Figures.Kept));
    }

    [Theory]
    [InlineData(1, "1 hour"), InlineData(24, "24 hours"), InlineData(72, "72 hours"), InlineData(336, "14 days"), InlineData(100, "100 hours")]
    public void A_long_time_limit_is_told_in_days(double hours, string written) => Assert.Equal(written, Figures.Hours(hours, Figures.Kept));

    [Fact]
    public void What_is_kept_is_written_in_English_whatever_the_machine_speaks()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new("de-DE");
            Assert.Equal(("29 Oct 2026", "15,442", "2.25"), (Figures.Day(new(2026, 10, 29), Figures.Kept), Figures.Count(15442, Figures.Kept), Figures.Number(2.25, Figures.Kept)));
            Assert.Equal("2,25", Figures.Number(2.25));
        }
        finally { CultureInfo.CurrentCulture = before; }
    }

    [Fact]
    public void A_measure_stands_in_headings_by_a_short_title() =>
        Assert.Equal(["All minor events", "Any major event", "Any serious event", "Minor bruising", "Pneumothorax"],
            new[] { "ANY_MINOR", "ANY_MAJOR", "ANY_SERIOUS", "BRUISE_MINOR", "PNEUMOTHORAX" }.Select(code => Catalogue.Measures.First(m => m.Code == code).Title));

    [Fact]
    public void Lists_in_the_trail_are_told_in_words() =>
        Assert.Equal([("roles", "compliance officer, auditor"), ("clinic ids", "none"), ("is open", "yes")], Show.Fields("""{"roles":["compliance_officer","auditor"],"clinic_ids":[],"is_open":true}"""));
}
