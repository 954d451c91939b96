namespace SafetyAudit.Statistics.Tests;

public class LearningAccuracyTests
{
    /// <summary>
    /// Small and ordinary shapes against programmes of another make: the first figure from R (states by months since zero, ppois and dpois, Simpson's
    /// rule on the logarithm of the rate with 121 nodes), the others by adaptive quadrature.
    /// </summary>
    [Theory]
    [InlineData(0.05, 1, 1.5, 0.000836953)]
    [InlineData(0.1, 1, 1.5, 0.0018154)]
    [InlineData(0.2, 2, 1.5, 0.0036074)]
    [InlineData(0.3, 0.5, 1.5, 0.0072081)]
    [InlineData(0.5, 30, 1, 0.023105)]
    [InlineData(1, 30, 1.2, 0.027308)]
    public void False_alarms_within_two_years_are_right_at_every_shape(double shape, double mean, double threshold, double probability)
    {
        var signalled = new double[24];
        LearningCusumFalseAlarm.SignalProbability(shape, mean, 2, threshold, signalled);
        Close.To(probability, signalled[^1], 2e-4, shape);
    }

    [Theory]      // R: the same programme with integrate(), 6 and 12 months
    [InlineData(0.05, 1, 6, 0.0008011190174)]
    [InlineData(0.2, 0.5, 12, 0.004155369817)]
    public void Shorter_horizons_agree_with_R(double shape, double mean, int months, double probability)
    {
        var signalled = new double[months];
        LearningCusumFalseAlarm.SignalProbability(shape, mean, 2, 1.5, signalled);
        Close.To(probability, signalled[^1], 2e-5, shape);
    }

    [Theory]      // R: states by months since zero, dpois and Simpson's rule on the logarithm of the rate with 61 nodes
    [InlineData(12, 0.0361080549422)]
    [InlineData(24, 0.0491521550441)]
    public void A_fall_from_an_uncertain_rate_has_its_probability_too(int months, double probability)
    {
        var signalled = new double[months];
        LearningCusumFalseAlarm.SignalProbability(6, 3, 0.5, 2, signalled);
        Close.To(probability, signalled[^1], 1e-6, months);
    }

    [Fact]
    public void Between_knots_the_table_may_exceed_its_budget_and_the_exact_threshold_never_does()
    {
        const double shape = 14.19, mean = 0.9001, alpha = 0.00625;
        var signalled = new double[60];
        double Yearly(double h)
        {
            LearningCusumFalseAlarm.SignalProbability(shape, mean, 2, h, signalled);
            return 1 - Math.Pow(1 - signalled[^1], 0.2);
        }
        double table = LearningCusumThreshold.For(shape, mean, alpha), cautious = LearningCusumThreshold.Cautious(shape, mean, alpha);
        Assert.InRange(Yearly(table) / alpha, 1.2, 1.3);
        Assert.True(Yearly(cautious) <= alpha * 1.05);
        Assert.InRange(LearningCusumFalseAlarm.ThresholdFor(shape, mean, 2, alpha).AttainedPerYear, 0.9 * alpha, alpha);
        // At a knot both are the knot.
        Assert.Equal(LearningCusumThreshold.For(12, 1, 0.01), LearningCusumThreshold.Cautious(12, 1, 0.01));
    }
}
