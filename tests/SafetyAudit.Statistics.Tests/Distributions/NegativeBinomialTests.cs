using FsCheck;
using FsCheck.Fluent;

namespace SafetyAudit.Statistics.Tests;

public class NegativeBinomialTests
{
    [Fact]
    public void Predictive_tails_and_quantiles_agree_with_R_on_every_row()
    {
        foreach (var row in new ReferenceTable("negbin_predictive.csv").Rows)
        {
            var rate = new GammaRate(row.Number("baseline_events") + row.Number("prior_shape_add"), row.Number("baseline_exposure"));
            var predicted = rate.Predict(row.Number("exposure"));
            long y = row.Count("y");
            Close.To(row.Number("mean"), predicted.Mean, 1e-12, row);
            Close.To(row.Number("p_ge"), predicted.AtLeast(y), 1e-9, row);
            Close.To(row.Number("p_le"), predicted.AtMost(y), 1e-9, row);
            Close.To(row.Number("p_eq"), predicted.Mass(y), 1e-9, row);
            Close.To(row.Number("midp_upper"), predicted.MidPAtLeast(y), 1e-9, row);
            Close.To(row.Number("midp_lower"), predicted.MidPAtMost(y), 1e-9, row);
            Assert.Equal(row.Count("q025"), predicted.Quantile(0.025));
            Assert.Equal(row.Count("q500"), predicted.Quantile(0.5));
            Assert.Equal(row.Count("q975"), predicted.Quantile(0.975));
            Assert.Equal(row.Count("q999"), predicted.Quantile(0.999));
            Close.To(row.Number("var"), predicted.Mean + predicted.Mean * predicted.Mean / predicted.Shape, 1e-12, row);
            // Przyborowski and Wilenski's conditional test of two rates is the same figure: given the total, the practitioner's count is binomial.
            if (row.Has("p_ge_conditional_binomial") && y + rate.Shape - 1 is var total and >= 0)
            {
                double conditional = Binomial.AtLeast(y, (long)total, row.Number("exposure") / (rate.Exposure + row.Number("exposure")));
                Close.To(row.Number("p_ge_conditional_binomial"), conditional, 1e-9, row);
            }
            if (row.Has("p_ge_plugin_poisson")) Close.To(row.Number("p_ge_plugin_poisson"),
                Poisson.AtLeast(y, row.Number("exposure") * row.Number("baseline_events") / row.Number("baseline_exposure")), 1e-9, row);
        }
    }

    [Fact]
    public void The_two_tails_and_the_mass_between_them_make_one()
    {
        var cases = from shape in Gen.Choose(1, 4000) from mean in Gen.Choose(1, 400_000) from offset in Gen.Choose(-300, 300) select (shape / 10.0,
            mean / 100.0, offset);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (shape, mean, offset) = c;
            long count = Math.Max(0, (long)mean + offset);
            var distribution = NegativeBinomial.WithMean(shape, mean);
            return Math.Abs(distribution.AtLeast(count) + distribution.AtMost(count) - distribution.Mass(count) - 1) < 1e-11;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(1e-6, 1, 9.999995000001667e-07)]     // 1 − e^−1e-6, from the series
    public void Huge_and_tiny_expectations_keep_their_digits(double mean, long count, double atLeast) =>
        Close.To(atLeast, Poisson.AtLeast(count, mean), 1e-13, (mean, count));

    [Fact]
    public void At_ten_million_expected_the_median_is_the_mean_as_Ramanujan_gives_it()
    {
        // Median of a Poisson count with a whole mean μ is μ itself; P(X ≤ μ−1) = ½ − (θ − ½)·P(X = μ) … with θ → 1/3 + 4/(135μ): Ramanujan 1911.
        const double mean = 1e7;
        double mass = Poisson.Mass((long)mean, mean), theta = 1.0 / 3 + 4 / (135 * mean);
        Close.To(0.5 - theta * mass, Poisson.AtMost((long)mean - 1, mean), 1e-10, mean);
    }
}
