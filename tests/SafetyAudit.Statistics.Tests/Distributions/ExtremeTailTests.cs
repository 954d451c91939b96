namespace SafetyAudit.Statistics.Tests;

public class ExtremeTailTests
{
    // mpmath 1.3.0 with 50 digits: betainc(y, shape, 0, mean/(shape + mean), regularized=True).
    [Theory]
    [InlineData(0.004083046473303547, 6971483.260821008, 6971483, 0.019932617417815700571)]
    [InlineData(0.0017, 1860000.0, 1000, 0.022406401270815156679)]
    [InlineData(0.0017, 1860000.0, 1860000, 0.0098166080443832899542)]
    [InlineData(0.0017, 1860000.0, 5000000, 0.0081554690693707406669)]
    [InlineData(0.042, 5200000.0, 5200000, 0.10595470178791156415)]
    [InlineData(0.042, 5200000.0, 20000000, 0.058251699731175624688)]
    [InlineData(0.5, 10000000.0, 10000000, 0.31731051996145017755)]
    [InlineData(0.001, 100.0, 1, 0.011446915228542629748)]
    [InlineData(0.02, 50.0, 3, 0.11904756035115659597)]
    [InlineData(0.3, 100000.0, 1000000, 0.0064904155072293481713)]
    [InlineData(1e7, 3.0, 5, 0.18473678068092436365)]
    [InlineData(1e12, 3.0, 5, 0.18473675547647998075)]
    [InlineData(1e16, 3.0, 5, 0.18473675547622795892)]
    [InlineData(1e16, 1e3, 1200, 4.6842038558818239739e-10)]
    [InlineData(1e18, 50.0, 80, 0.000056650355286474532147)]
    [InlineData(1e22, 50.0, 80, 0.000056650355286474506291)]
    [InlineData(1e30, 50.0, 80, 0.000056650355286474506288)]
    [InlineData(0.01, 1e6, 3, 0.15571818439384649503)]
    [InlineData(0.3, 2e5, 1000, 0.84165251987206274246)]
    public void Negative_binomial_tails_keep_their_digits_at_shapes_far_from_one(double shape, double mean, long count, double atLeast) =>
        Close.To(atLeast, NegativeBinomial.WithMean(shape, mean).AtLeast(count), 1e-12, shape);

    // Exact in binary or by symmetry: Binomial(3, ½) has P(X ≤ 1) = ½ and P(X ≤ 0) = ⅛, Binomial(2, ½) has P(X ≤ 1) = ¾.
    [Theory]
    [InlineData(0.5, 3, 1)]
    [InlineData(0.125, 3, 0)]
    [InlineData(0.75, 2, 1)]
    public void A_quantile_that_is_met_exactly_is_not_missed_by_a_rounding(double probability, long n, long count) =>
        Assert.Equal(count, Binomial.Quantile(probability, n, 0.5));

    // With a = b = 1 all counts from 0 to n are equally likely, so that P(X = n) = 1/(n + 1): 0.025 and 0.001 are met exactly.
    [Theory]
    [InlineData(39)]
    [InlineData(79)]
    [InlineData(199)]
    [InlineData(999)]
    [InlineData(1999)]
    [InlineData(199_999)]
    public void Limits_met_exactly_by_equally_likely_counts_are_outside(long n)
    {
        var limits = ControlLimits.For(new BetaBinomial(n, 1, 1));
        long tail95 = (n + 1) / 40, tail998 = (n + 1) / 1000;
        Assert.Equal(new ControlLimits(tail998, tail95, n - tail95, n - tail998), limits);
    }

    [Fact]
    public void A_hundred_million_sessions_have_their_limits()
    {
        const long n = 99_999_999;
        Assert.Equal(new ControlLimits(100_000, 2_500_000, n - 2_500_000, n - 100_000), ControlLimits.For(new BetaBinomial(n, 1, 1)));
        var uneven = ControlLimits.For(new BetaBinomial(n, 20.5, 20_000.5));
        // R: qbeta(c(0.001, 0.025, 0.975, 0.999), 20.5, 20000.5) times n; the binomial spread adds less than 1 part in 1,000 of that to a quantile.
        long[] found = [uneven.Lower998, uneven.Lower95, uneven.Upper95, uneven.Upper998];
        double[] ofShare = [46404.0, 62984.2, 151209.5, 186592.3];
        foreach (var (count, share) in found.Zip(ofShare)) Assert.InRange(count / share, 0.999, 1.001);
    }

    [Fact]
    public void An_interpolated_limit_allocates_nothing()
    {
        var expected = NegativeBinomial.WithMean(12, 30);
        InterpolatedLimit.For(expected, 0.999);
        long before = GC.GetAllocatedBytesForCurrentThread();
        InterpolatedLimit.For(expected, 0.999);
        InterpolatedLimit.For(200, 0.1, 0.999);
        InterpolatedLimit.For(new BetaBinomial(200, 2, 30), 0.999);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_largest_count_has_its_tails()
    {
        var at = NegativeBinomial.WithMean(2, 3);
        Assert.Equal((0.0, 1.0), (at.AtLeast(long.MaxValue), at.AtMost(long.MaxValue)));
        Assert.Equal((0.0, 1.0), (at.MidPAtLeast(long.MaxValue), at.MidPAtMost(long.MaxValue)));
    }

    [Fact]
    public void Means_beyond_what_can_be_counted_are_refused_and_not_searched_without_end()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Poisson.Quantile(0.999, 1e19));
        Assert.Throws<ArgumentOutOfRangeException>(() => ControlLimits.For(NegativeBinomial.WithMean(1e-9, 1e18)));
    }
}
