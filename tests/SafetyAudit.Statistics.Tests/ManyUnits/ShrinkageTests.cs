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
            (double, double)[] counts = [.. rows.Select(row => (row.Number("observed"), row.Number("expected")))];
            var fit = Shrinkage.Fit(counts);
            // The unit table prints the expected count to fewer digits for some sets, hence 1e-4 as its README states.
            Close.To(hyper.Number("alpha"), fit.Alpha, 1e-4, hyper);
            Close.To(hyper.Number("beta"), fit.Beta, 1e-4, hyper);
            Close.To(hyper.Number("prior_mean"), fit.CommonRatio, 1e-5, hyper);
            Assert.Equal(hyper.Flag("boundary_no_overdispersion"), double.IsPositiveInfinity(fit.Alpha));
            Close.To(hyper.Number("loglik"), fit.LogLikelihood(counts), 1e-8, hyper);
            Assert.Equal(hyper.Count("n_units"), rows.Count);
            // MASS's glm.nb finds no better, beyond what it loses to rounding at shapes of 1e8, where it stops on the way to infinity for want of spread.
            Assert.True(fit.LogLikelihood(counts) >= hyper.Number("loglik_glmnb") - 1e-5);
            if (double.IsFinite(fit.Alpha))
            {
                Close.To(hyper.Number("alpha_glmnb"), fit.Alpha, 1e-4, hyper);
                Close.To(hyper.Number("beta_glmnb"), fit.Beta, 1e-4, hyper);
            }
            else Assert.True(hyper.Number("alpha_glmnb") > 1e7);

            var given = new Shrinkage(hyper.Number("alpha"), hyper.Number("beta"), hyper.Number("prior_mean"));
            foreach (var row in rows)
            {
                double o = row.Number("observed"), e = row.Number("expected");
                var interval = given.Interval(o, e);
                void Is(string column, double actual) => Close.To(row.Number(column), actual, 1e-6, row);
                Is("raw", o / e);
                Is("post_mean", given.Mean(o, e));
                Is("post_geomean", given.GeometricMean(o, e));
                Is("q025", interval.Lower);
                Is("q05", given.Quantile(o, e, 0.05));
                Is("q50", given.Quantile(o, e, 0.5));
                Is("q95", given.Quantile(o, e, 0.95));
                Is("q975", interval.Upper);
                Is("p_gt_1", given.Exceedance(o, e, 1));
                Is("p_gt_1_5", given.Exceedance(o, e, 1.5));
                Is("p_gt_2", given.Exceedance(o, e, 2));
                if (row.Has("shrink_weight")) Is("shrink_weight", given.Weight(e));
            }
        }
    }

    [Fact]
    public void A_group_too_small_to_show_its_spread_gets_the_assumed_one() =>
        Assert.Equal(Shrinkage.Assumed, Shrinkage.Fit([(3, 2), (0, 1), (5, 4)]));

    [Fact]
    public void Ten_units_are_enough_to_show_their_spread()
    {
        (double, double)[] ten = [.. Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? 2.0 : 30, 10.0))];
        Assert.NotEqual(Shrinkage.Assumed, Shrinkage.Fit(ten));
        Assert.Equal(Shrinkage.Assumed, Shrinkage.Fit(ten.AsSpan(0, 9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shrinkage.Fit([(-5, 2)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shrinkage.Assumed.Mean(-50, -25));
    }

    [Fact]
    public void Far_out_cells_have_two_gamma_answers_too()
    {
        // Far above, only the first gamma can be meant; then R: qgamma(0.05, 2000.2, 0.101).
        Assert.Equal(1, TwoGammaShrinkage.Start.FirstShare(1e6, 1), 12);
        Close.To(19081.2783948325, TwoGammaShrinkage.Start.Quantile(2000, 1e-3, 0.05), 1e-9, "2000");
        Assert.Throws<ArgumentOutOfRangeException>(() => TwoGammaShrinkage.Start.Quantile(2, 0, 0.05));
    }

    [Fact]
    public void Two_gamma_answers_agree_with_openEBGM_and_its_hyperparameters_are_no_better_than_ours()
    {
        var rows = new ReferenceTable("gps_ebgm.csv").Rows;
        foreach (var row in rows)
        {
            var prior = Prior(row);
            double o = row.Number("N"), e = row.Number("E");
            Close.To(row.Number("qn"), prior.FirstShare(o, e), 1e-4, row);
            Close.To(row.Number("ebgm"), prior.GeometricMean(o, e), 1e-4, row);
            Close.To(row.Number("eb05"), prior.Quantile(o, e, 0.05), 1e-4, row, absolute: 1e-6);
            Close.To(row.Number("eb95"), prior.Quantile(o, e, 0.95), 1e-4, row, absolute: 1e-6);
            Close.To(0.05, 1 - prior.Exceedance(o, e, prior.Quantile(o, e, 0.05)), 1e-9, "own");
        }
        (double, double)[] cells = [.. rows.Select(r => (r.Number("N"), r.Number("E")))];
        var theirs = Prior(rows[0]);
        var ours = TwoGammaShrinkage.Fit(cells, theirs);
        Assert.True(Likelihood(ours, cells) >= Likelihood(theirs, cells) - 1e-6);
        var fromAfar = TwoGammaShrinkage.Fit(cells);
        Assert.True(Likelihood(fromAfar, cells) >= Likelihood(theirs, cells) - 1e-3);

        static TwoGammaShrinkage Prior(ReferenceTable.Row row) =>
            new(row.Number("alpha1"), row.Number("beta1"), row.Number("alpha2"), row.Number("beta2"), row.Number("P"));

        static double Likelihood(TwoGammaShrinkage p, (double N, double E)[] cells) => cells.Sum(c => Math.Log(
            p.P * NegativeBinomial.WithMean(p.Alpha1, p.Alpha1 / p.Beta1 * c.E).Mass((long)c.N)
                + (1 - p.P) * NegativeBinomial.WithMean(p.Alpha2, p.Alpha2 / p.Beta2 * c.E).Mass((long)c.N)));
    }
}
