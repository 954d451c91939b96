using SafetyAudit.Reports;

namespace SafetyAudit.Tests.Reports;

public class ReportPeriodTests
{
    [Theory]
    [InlineData("2026Q3", "2026-07-01", "2026-09-30")]
    [InlineData("2026q1", "2026-01-01", "2026-03-31")]
    [InlineData("2028-02", "2028-02-01", "2028-02-29")]
    [InlineData("2026-12", "2026-12-01", "2026-12-31")]
    [InlineData("2026", "2026-01-01", "2026-12-31")]
    public void A_quarter_a_month_or_a_year(string text, string from, string to)
    {
        var period = ReportPeriod.Parse(text)!;
        Assert.Equal((text.ToUpperInvariant(), from, to), (period.Name, period.From.ToString("yyyy-MM-dd"), period.To.ToString("yyyy-MM-dd")));
    }

    [Theory]
    [InlineData("2026Q5"), InlineData("2026Q0"), InlineData("2026-13"), InlineData("2026-00"), InlineData("2026-1"), InlineData("26Q1"), InlineData("1889"), InlineData("9999"), InlineData(""), InlineData("2026Q1x"), InlineData("-2026"), InlineData("2026-03-01")]
    public void Anything_else_is_none(string text) => Assert.Null(ReportPeriod.Parse(text));

    [Theory]
    [InlineData("2026-10-14", "2026Q3"), InlineData("2026-01-01", "2025Q4"), InlineData("2026-06-30", "2026Q1")]
    public void The_quarter_before_is_the_last_whole_one(string day, string period) => Assert.Equal(period, ReportPeriod.QuarterBefore(DateOnly.ParseExact(day, "yyyy-MM-dd")).Name);
}
