using FsCheck;
using FsCheck.Fluent;

namespace SafetyAudit.Statistics.Tests;

public class ControlLimitsTests
{
    // First count called high at 99.8 %: exact Poisson, R (ppois), as tabulated where funnel tools disagree.
    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(1, 6)]
    [InlineData(5, 14)]
    [InlineData(25, 43)]
    public void The_first_count_called_high_is_the_exact_one(double expected, long firstHigh) =>
        Assert.Equal(firstHigh - 1, ControlLimits.For(NegativeBinomial.WithMean(double.PositiveInfinity, expected)).Upper998);

    [Theory]
    [InlineData(6.9, 0)]     // −ln 0.001 = 6.9078: below it no count is low
    [InlineData(6.91, 1)]
    public void Nobody_is_called_low_before_enough_work_is_done(double expected, long lowestInside) =>
        Assert.Equal(lowestInside, ControlLimits.For(NegativeBinomial.WithMean(double.PositiveInfinity, expected)).Lower998);

    [Fact]
    public void Limits_and_tail_probabilities_call_the_same_counts_outside()
    {
        var cases = from shape in Gen.Choose(1, 500) from mean in Gen.Choose(0, 20_000) from count in Gen.Choose(0, 400) select (shape / 5.0, mean / 100.0,
            (long)count);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (shape, mean, count) = c;
            var expected = NegativeBinomial.WithMean(shape, mean);
            var position = ControlLimits.For(expected).PositionOf(count);
            double high = expected.AtLeast(count), low = expected.AtMost(count);
            return position == (high <= 0.001 ? Position.Above998 : high <= 0.025 ? Position.Above95 : low <= 0.001 ? Position.Below998 : low <= 0.025
                ? Position.Below95 : Position.Inside);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void As_expected_is_inside_and_limits_narrow_with_exposure()
    {
        var cases = from shape in Gen.Choose(2, 500) from mean in Gen.Choose(1, 2000) select (shape / 2.0, (double)mean);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (shape, mean) = c;
            var less = ControlLimits.For(NegativeBinomial.WithMean(shape, mean));
            var more = ControlLimits.For(NegativeBinomial.WithMean(shape, mean * 10));
            bool inside = less.PositionOf((long)Math.Round(mean)) == Position.Inside;
            double width = (less.Upper998 - less.Lower998) / mean, narrower = (more.Upper998 - more.Lower998) / (mean * 10);
            return inside && narrower <= width + 1e-9;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_drawn_curve_meets_every_count_where_R_puts_it()
    {
        foreach (var row in new ReferenceTable("funnel_curve_vertices.csv").Rows)
        {
            long count = row.Count("observed");
            Is("upper", FunnelCurve.ExpectedWhereHigh);
            Is("lower", FunnelCurve.ExpectedWhereLow);

            void Is(string side, Func<long, double, double, double> vertex)
            {
                if (!row.Has($"expected_where_{side}_limit")) return;
                double expected = vertex(count, row.Number("tail_p"), double.PositiveInfinity);
                Close.To(row.Number($"expected_where_{side}_limit"), expected, 1e-10, row);
                Close.To(row.Number($"ratio_on_{side}_limit"), count / expected, 1e-10, row);
            }
        }
    }

    [Fact]
    public void With_an_uncertain_rate_the_curve_and_the_test_still_agree_at_every_count()
    {
        foreach (double shape in new[] { 2, 10, 44.0 })
            for (long count = 1; count <= 60; count++)
            {
                double edge = FunnelCurve.ExpectedWhereHigh(count, 0.001, shape);
                Assert.Equal(Position.Above998, ControlLimits.For(NegativeBinomial.WithMean(shape, edge * (1 - 1e-9))).PositionOf(count));
                Assert.NotEqual(Position.Above998, ControlLimits.For(NegativeBinomial.WithMean(shape, edge * (1 + 1e-9))).PositionOf(count));
            }
    }
}
