namespace SafetyAudit.Statistics.Tests;

public class PoissonIntervalTests
{
    [Fact]
    public void Exact_and_mid_p_intervals_agree_with_R_on_every_row()
    {
        int checkedRows = 0;
        foreach (var row in new ReferenceTable("intervals.csv").Rows)
        {
            Interval interval;
            if (row["method"] == "poisson_exact") interval = PoissonInterval.Exact(row.Count("events"), row.Number("level"));
            else if (row["method"] == "poisson_midp") interval = PoissonInterval.MidP(row.Count("events"), row.Number("level"));
            else continue;

            double exposure = row.Number("exposure_or_n");
            double tolerance = exposure > 1e6 || row.Count("events") > 1_000_000 ? 1e-8 : 1e-10;
            Close.To(row.Number("lower"), interval.Lower / exposure, tolerance, row);
            Close.To(row.Number("upper"), interval.Upper / exposure, tolerance, row);
            checkedRows++;
        }
        Assert.True(checkedRows > 100, $"only {checkedRows} rows are of these methods");
    }

    [Fact]
    public void Ratios_and_their_tails_agree_with_R()
    {
        foreach (var row in new ReferenceTable("oe_ratio.csv").Rows)
        {
            long observed = row.Count("observed");
            double expected = row.Number("expected"), level = row.Number("level");
            var exact = PoissonInterval.Exact(observed, level) / expected;
            var midP = PoissonInterval.MidP(observed, level) / expected;
            Close.To(row.Number("exact_lower"), exact.Lower, 1e-10, row);
            Close.To(row.Number("exact_upper"), exact.Upper, 1e-10, row);
            Close.To(row.Number("midp_lower"), midP.Lower, 1e-10, row);
            Close.To(row.Number("midp_upper"), midP.Upper, 1e-10, row);
            Close.To(row.Number("pval_upper"), Poisson.AtLeast(observed, expected), 1e-10, row);
            Close.To(row.Number("pval_lower"), Poisson.AtMost(observed, expected), 1e-10, row);
        }
    }

    [Theory]
    [InlineData(-1, 0.95)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, double.NaN)]
    public void A_negative_count_or_an_impossible_level_is_refused(long count, double level) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => PoissonInterval.Exact(count, level));
}
