namespace SafetyAudit.Statistics.Tests;

/// <summary>The ends of what a clinic, or a national audit, could ask. Figures from mpmath (30 to 40 digits, sums of masses) unless R is named.</summary>
public class DistributionTests
{
    [Theory]
    [InlineData(0.1, 0.460172162722971, 1e-14)]
    [InlineData(1.959963984540054, 0.025, 1e-14)]
    [InlineData(3.090232306167813, 0.001, 1e-14)]
    [InlineData(8, 6.220960574271784e-16, 1e-14)]
    [InlineData(37, 5.725571222524577e-300, 1e-12)]
    public void Normal_tails_and_quantiles(double z, double above, double relative)
    {
        Close.To(above, Normal.Above(z), relative, z);
        Close.To(above, Normal.Below(-z), relative, z);
        Close.To(-z, Normal.Quantile(above), 1e-14, z);
    }

    [Theory]
    [InlineData(1, 1e-6, 9.9999950000016667e-7)]
    [InlineData(2, 1e-6, 4.9999966666679167e-13)]
    [InlineData(3, 0.001, 1.6654171665278075e-10)]
    [InlineData(30, 20, 0.021818217525557392)]
    [InlineData(100, 60, 1.4815276326460468e-6)]
    [InlineData(10_003_000, 1e7, 0.17142973335757837)]
    [InlineData(10_010_000, 1e7, 0.00078440219403998985)]
    [InlineData(10_020_000, 1e7, 1.288128898420476e-10)]
    public void Poisson_upper_tails_from_a_millionth_to_ten_million_expected(long count, double mean, double expected) =>
        Close.To(expected, Poisson.AtLeast(count, mean), 1e-11, (count, mean));

    [Theory]
    [InlineData(30, 45, 0.011597729543089794)]
    [InlineData(9_997_000, 1e7, 0.17143242317161385)]
    [InlineData(9_990_000, 1e7, 0.00078185109240779657)]
    [InlineData(9_980_000, 1e7, 1.2542925605559228e-10)]
    public void Poisson_lower_tails_from_a_millionth_to_ten_million_expected(long count, double mean, double expected) =>
        Close.To(expected, Poisson.AtMost(count, mean), 1e-11, (count, mean));

    [Theory]
    [InlineData(3, 20, 0.19, 0.76135441078050483)]
    [InlineData(1, 1_000_000, 1e-9, 0.00099950016712450858)]
    [InlineData(1500, 1_000_000, 0.0014, 0.0042077701598819862)]
    [InlineData(130, 500, 0.2, 0.00068290019085788981)]
    [InlineData(10_010_000, 100_000_000, 0.1, 0.00043001103738003584)]
    [InlineData(3, 3, 0.001, 1e-9)]
    public void Binomial_upper_tails(long count, long n, double p, double expected)
    {
        Close.To(expected, Binomial.AtLeast(count, n, p), 1e-11, (count, n, p));
        Close.To(1 - expected, Binomial.AtMost(count - 1, n, p), 1e-11, (count, n, p));
    }

    [Theory]
    [InlineData(1, 0.5, 1e-6, 9.999985000025e-7)]
    [InlineData(3, 2, 0.01, 4.9073641555171491e-7)]
    [InlineData(50, 10, 20, 0.0014997766635714778)]
    [InlineData(20, 1e9, 5, 3.452136190683985e-7)]
    [InlineData(3_000_000, 0.5, 1e6, 0.083264568056993699)]      // R: pnbinom
    [InlineData(30_000_000, 0.5, 1e7, 0.083264521802894564)]     // R: pnbinom
    public void Negative_binomial_upper_tails(long count, double shape, double mean, double expected) =>
        Close.To(expected, NegativeBinomial.WithMean(shape, mean).AtLeast(count), 1e-10, (count, shape, mean));

    [Fact]
    public void Quantiles_of_gamma_and_beta_with_R()      // qgamma, qbeta
    {
        Close.To(0.00049103455858762809, Gamma.Quantile(0.025, 0.5), 1e-12, "gamma");
        Close.To(7.8539857463124521e-07, Gamma.Quantile(0.001, 0.5), 1e-12, "gamma");
        Close.To(9990230.6771894637, Gamma.Quantile(0.001, 1e7), 1e-13, "gamma");
        Close.To(50.44394265342914, Gamma.Quantile(0.999, 30.5), 1e-12, "gamma");
        Close.To(1.0294571211706847e-10, Beta.Quantile(0.001, 0.5, 7629.5), 1e-11, "beta");
        Close.To(0.96185324461966726, Beta.Quantile(0.975, 20.5, 3.5), 1e-12, "beta");
        // So small a shape that half a millionth of the quantile hardly moves the tail.
        Close.To(1.54360261799248e-32, Beta.Quantile(0.5, 0.010624365265309044, 1701.2068088745082), 1e-12, "beta");
        Close.To(2.44881360852522e-22, Beta.Quantile(0.5, 0.010871914755344861, 0.06564095366504223), 1e-12, "beta");
    }

    [Fact]
    public void Either_side_of_the_change_from_series_to_expansion_gives_the_same_tail()
    {
        // Whole shapes of 29 and 30 are computed by different methods; P(X ≥ 30) = P(X ≥ 29) − P(X = 29).
        for (double mean = 12; mean < 70; mean += 0.37)
        {
            Close.To(Gamma.Below(mean, 29) - Poisson.Mass(29, mean), Gamma.Below(mean, 30), 0, mean, absolute: 1e-14);
            Close.To(Gamma.Above(mean, 29) + Poisson.Mass(29, mean), Gamma.Above(mean, 30), 1e-12, mean);
        }
    }

    [Fact]
    public void Beta_binomial_predictions_agree_with_R_on_every_row()
    {
        foreach (var row in new ReferenceTable("betabin_predictive.csv").Rows)
        {
            var predicted = new BetaBinomial(row.Count("n"), row.Number("beta_a"), row.Number("beta_b"));
            long y = row.Count("y");
            // Jeffreys' prior, or the one that makes the upper tail Fisher's.
            double a = row.Number("beta_a") - row.Number("baseline_events"), b = row.Number("beta_b") - row.Number("baseline_n") + row.Number("baseline_events");
            Assert.Equal(row.Has("p_ge_fisher_hypergeometric") ? (1.0, 0.0) : (0.5, 0.5), (a, b));
            Close.To(row.Number("mean"), predicted.Mean, 1e-12, row);
            Close.To(row.Number("p_ge"), predicted.AtLeast(y), 1e-8, row);
            Close.To(row.Number("p_le"), predicted.AtMost(y), 1e-8, row);
            Close.To(row.Number("p_eq"), predicted.Mass(y), 1e-8, row);
            Close.To(row.Number("midp_upper"), predicted.MidPAtLeast(y), 1e-8, row);
            Close.To(row.Number("midp_lower"), predicted.MidPAtMost(y), 1e-8, row);
            if (row.Has("p_ge_fisher_hypergeometric")) Close.To(row.Number("p_ge_fisher_hypergeometric"), predicted.AtLeast(y), 1e-8, row);
            Assert.Equal(row.Count("q025"), predicted.Quantile(0.025));
            Assert.Equal(row.Count("q975"), predicted.Quantile(0.975));
            Assert.Equal(row.Count("q999"), predicted.Quantile(0.999));
        }
    }

    [Theory]
    [InlineData(0, 1, 1, 0, 1)]
    [InlineData(5, 0.5, 0.5, -1, 0)]
    [InlineData(5, 0.5, 0.5, 6, 0)]
    public void Beta_binomial_at_its_edges(long n, double a, double b, long count, double mass) =>
        Assert.Equal(mass, new BetaBinomial(n, a, b).Mass(count), 1e-15);

    [Fact]
    public void Impossible_parameters_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Poisson.Mass(1, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Poisson.AtLeast(1, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => Binomial.AtLeast(1, -1, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Binomial.AtLeast(1, 3, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BetaBinomial(3, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Normal.Quantile(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gamma.Quantile(0.5, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Beta.Quantile(0, 1, 1));
    }
}
