namespace SafetyAudit.Statistics.Tests;

public class FalseAlarmTests
{
    static double[] Signalled(double mean, double ratio, double h, int months, double trueRatio = 1)
    {
        double[] means = new double[months], signalled = new double[months];
        Array.Fill(means, mean);
        MonthlyCusum.SignalProbability(means, ratio, h, signalled, trueRatio);
        return signalled;
    }

    [Fact]
    public void Exact_probabilities_of_the_monthly_cusum_agree_on_every_row()
    {
        foreach (var row in new ReferenceTable("cusum_poisson_monthly.csv").Rows)
        {
            double mean = row.Number("mu_per_month"), ratio = row.Number("R"), h = row.Number("h");
            double[] falsely = Signalled(mean, ratio, h, 60), truly = Signalled(mean, ratio, h, 60, row.Number("true_ratio"));
            foreach (int months in new[] { 12, 24, 60 }) Close.To(row.Number($"p_signal_{months}"), falsely[months - 1], 0, row, absolute: 1e-9);
            foreach (int months in new[] { 6, 12, 24 }) Close.To(row.Number($"p_detect_{months}"), truly[months - 1], 0, row, absolute: 1e-9);
            int median = Array.FindIndex(truly, p => p >= 0.5) + 1;
            Assert.Equal(row.Has("median_months_to_signal") ? row.Count("median_months_to_signal") : 0, median);
        }
    }

    [Fact]
    public void Thresholds_for_a_yearly_budget_attain_what_the_reference_attains_on_every_row()
    {
        foreach (var row in new ReferenceTable("cusum_thresholds_fap.csv").Rows)
        {
            double mean = row.Number("mu_per_month"), ratio = row.Number("R"), h = row.Number("h");
            Close.To(row.Number("p_signal_5_years"), Signalled(mean, ratio, h, 60)[59], 0, row, absolute: 1e-9);
            double[] truly = Signalled(mean, ratio, h, 60, 2);
            foreach (int months in new[] { 6, 12, 24, 60 }) Close.To(row.Number($"p_detect_doubling_{months}"), truly[months - 1], 0, row, absolute: 1e-9);
            var (own, attained) = MonthlyCusum.ThresholdFor(mean, ratio, row.Number("alpha_per_stream_year"));
            Close.To(row.Number("attained_per_year"), attained, 0, row, absolute: 1e-9);
            Assert.True(own <= h + 1e-6, $"{own} at {row}");
        }
    }

    // R: the same programme written over named states, dpois up to 200 events a month.
    [Theory]
    [InlineData(0.5, 3, 1, 11, 0.0954934101868454)]
    [InlineData(0.5, 3, 1, 59, 0.4605517287250191)]
    [InlineData(0.5, 3, 0.5, 11, 0.928263872964517)]
    [InlineData(0.5, 3, 0.5, 59, 0.999999945516437)]
    public void A_fall_has_its_exact_probabilities_too(double ratio, double threshold, double trueRatio, int month, double probability) =>
        Close.To(probability, Signalled(3, ratio, threshold, 60, trueRatio)[month], 1e-11, month);

    [Theory]      // R, likewise: months of 0, 0.5, 0.9, 1.3 and 1.7 expected events
    [InlineData(0.5, 1, 11, 0.207114829204999)]
    [InlineData(0.5, 1, 23, 0.395360381051148)]
    [InlineData(3, 1.3, 11, 0.536068147284563)]
    [InlineData(3, 1.3, 23, 0.767284611927353)]
    public void Unequal_months_have_their_exact_probabilities(double ratio, double trueRatio, int month, double probability)
    {
        double[] means = [.. Enumerable.Range(0, 24).Select(t => t % 5 == 4 ? 0 : 0.5 + 0.4 * (t % 4))], signalled = new double[24];
        MonthlyCusum.SignalProbability(means, ratio, 1.7, signalled, trueRatio);
        Close.To(probability, signalled[month], 1e-11, month);
    }

    [Fact]
    public void A_seeded_simulation_confirms_false_alarms_with_unequal_months()
    {
        double[] means = [.. Enumerable.Range(0, 24).Select(t => t % 5 == 4 ? 0 : 0.3 + 0.2 * (t % 4))], signalled = new double[24];
        const double h = 2.2;
        MonthlyCusum.SignalProbability(means, 2, h, signalled);
        var random = new Random(5);
        const int streams = 40_000;
        int ever = 0;
        for (int i = 0; i < streams; i++)
        {
            var chart = new Cusum(h);
            bool signal = false;
            foreach (double mean in means) if (mean > 0 && chart.Add(CusumWeight.Poisson(Draw.Poisson(random, mean), mean, 2))) { signal = true; break; }
            if (signal) ever++;
        }
        double p = signalled[^1];
        Assert.InRange((double)ever / streams, p - 3 * Math.Sqrt(p * (1 - p) / streams), p + 3 * Math.Sqrt(p * (1 - p) / streams));
    }

    [Fact]
    public void The_shipped_table_is_the_simulated_one_and_interpolates_between_its_knots()
    {
        foreach (var row in new ReferenceTable("learning_cusum_thresholds.csv").Rows)
            Close.To(row.Number("h"), LearningCusumThreshold.For(row.Number("shape"), row.Number("mu_per_month"), row.Number("alpha_per_stream_year")), 0, row,
                absolute: 2e-9);
        double between = LearningCusumThreshold.For(16, 1.5, 0.00625);
        Assert.InRange(between, LearningCusumThreshold.For(12, 1, 0.00625), LearningCusumThreshold.For(20, 2, 0.00625) + 0.1);
        Assert.Equal(LearningCusumThreshold.For(5000, 1, 0.01), LearningCusumThreshold.For(double.PositiveInfinity, 1, 0.01));
    }

    /// <summary>
    /// The simulated table against our exact programme, another method than its own: the yearly probability at its
    /// threshold, within 5 % of what the simulation attained plus three of its standard errors.
    /// Every budget up to 1 event a month; above, the product's budget of 0.05 over 8 families, since larger counts take longer.
    /// </summary>
    [Fact]
    public void The_exact_programme_confirms_the_simulated_thresholds()
    {
        var signalled = new double[60];
        foreach (var row in new ReferenceTable("learning_cusum_thresholds.csv").Rows)
        {
            double shape = row.Number("shape"), mean = row.Number("mu_per_month"), alpha = row.Number("alpha_per_stream_year");
            Assert.Equal(2, row.Number("R"));
            if (mean > 1 && alpha != 0.00625) continue;
            LearningCusumFalseAlarm.SignalProbability(shape, mean, 2, row.Number("h"), signalled);
            double p = signalled[59], error = Math.Sqrt(p * (1 - p) / row.Number("replicates")) / 5;
            Close.To(row.Number("attained_per_year"), 1 - Math.Pow(1 - p, 0.2), 0.05, row, absolute: 3 * error);
        }
    }

    [Fact]
    public void The_exact_threshold_for_an_uncertain_rate_is_near_the_simulated_one_and_exists_for_falls_too()
    {
        foreach (var (shape, mean, alpha) in new[] { (12.0, 1.0, 0.00625), (40.0, 0.2, 0.02) })
        {
            var (h, attained) = LearningCusumFalseAlarm.ThresholdFor(shape, mean, 2, alpha);
            Assert.Equal(LearningCusumThreshold.For(shape, mean, alpha), h, 0.06);
            Assert.InRange(attained, 0.9 * alpha, alpha);
        }
        var (fall, yearly) = LearningCusumFalseAlarm.ThresholdFor(12, 3, 0.5, 0.00625);
        Assert.InRange(fall, 1, 6);
        Assert.InRange(yearly, 0.002, 0.00625);
    }
}
