namespace SafetyAudit.Statistics.Tests;

public class ShrinkageTests
{
    [Fact]
    public void Fitted_spread_and_shrunken_ratios_agree_with_R()
    {
        var units = new ReferenceTable("shrinkage.csv").Rows.ToLookup(row => row["dataset"]);
        foreach (var hyper in new ReferenceTable("shrinkage_hyper.csv").Rows)
        {
            var rows = units[hyper["dataset"]].ToList();
            var fit = Shrinkage.Fit([.. rows.Select(row => (row.Number("observed"), row.Number("expected")))]);
            // The unit table prints the expected count to fewer digits for some sets, hence 1e-4 as its README states.
            Close.To(hyper.Number("alpha"), fit.Alpha, 1e-4, hyper);
            Close.To(hyper.Number("beta"), fit.Beta, 1e-4, hyper);
            Close.To(hyper.Number("prior_mean"), fit.CommonRatio, 1e-5, hyper);

            var given = new Shrinkage(hyper.Number("alpha"), hyper.Number("beta"), hyper.Number("prior_mean"));
            foreach (var row in rows)
            {
                double o = row.Number("observed"), e = row.Number("expected");
                var interval = given.Interval(o, e);
                Close.To(row.Number("post_mean"), given.Mean(o, e), 1e-6, row);
                Close.To(row.Number("q025"), interval.Lower, 1e-6, row);
                Close.To(row.Number("q975"), interval.Upper, 1e-6, row);
                Close.To(row.Number("p_gt_1"), given.Exceedance(o, e, 1), 1e-6, row);
                Close.To(row.Number("p_gt_1_5"), given.Exceedance(o, e, 1.5), 1e-6, row);
                Close.To(row.Number("p_gt_2"), given.Exceedance(o, e, 2), 1e-6, row);
            }
        }
    }

    [Fact]
    public void A_group_too_small_to_show_its_spread_gets_the_assumed_one() =>
        Assert.Equal(Shrinkage.Assumed, Shrinkage.Fit([(3, 2), (0, 1), (5, 4)]));
}
