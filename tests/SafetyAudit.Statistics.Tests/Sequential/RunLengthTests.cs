namespace SafetyAudit.Statistics.Tests;

public class RunLengthTests
{
    static readonly Dictionary<string, RiskStratum[]> Mixes = new ReferenceTable("cusum_pmix.csv").Rows
        .GroupBy(row => row["pmix"]).ToDictionary(g => g.Key, g => g.Select(row => new RiskStratum(row.Number("fraction"), row.Number("risk"))).ToArray());

    [Fact]
    public void Run_lengths_of_risk_mixes_agree_with_vlad()
    {
        foreach (var row in new ReferenceTable("cusum_arl.csv").Rows)
        {
            var mix = Mixes[row["pmix"]];
            double ratio = row.Number("R"), h = row.Number("h");
            Close.To(row.Number("arl0_vlad"), RunLength.Bernoulli(mix, ratio, h), 5e-3, row);
            Close.To(row.Number("arl1_vlad"), RunLength.Bernoulli(mix, ratio, h, trueRatio: ratio), 2e-3, row);
            // A chain of 1500 states written in R, and so without the rest of vlad's tolerance.
            Close.To(row.Number("arl0_own_mc"), RunLength.Bernoulli(mix, ratio, h), 1e-6, row);
            Close.To(row.Number("arl1_own_mc"), RunLength.Bernoulli(mix, ratio, h, trueRatio: ratio), 1e-6, row);
        }
    }

    [Fact]
    public void Where_steps_are_whole_lattice_widths_the_run_length_is_exact()
    {
        foreach (var row in new ReferenceTable("cusum_arl_exact_lattice.csv").Rows)
        {
            RiskStratum[] mix = [new(1, row.Number("p0"))];
            int states = (int)row.Count("H");
            Close.To(row.Number("arl0"), RunLength.Bernoulli(mix, 2, row.Number("h"), 1, states), 1e-8, row);
            Close.To(row.Number("arl1"), RunLength.Bernoulli(mix, 2, row.Number("h"), 2, states), 1e-8, row);
        }
    }

    [Fact]
    public void Thresholds_for_a_wanted_run_length_agree_with_vlad()
    {
        foreach (var row in new ReferenceTable("cusum_thresholds_arl.csv").Rows)
            Close.To(row.Number("h"), RunLength.ThresholdFor(Mixes[row["pmix"]], row.Number("R"), row.Number("arl0_target")), 0, row, absolute: 0.01);
    }

    [Fact]
    public void A_seeded_simulation_confirms_a_run_length()
    {
        const double risk = 0.05, h = 2.5;
        double reckoned = RunLength.Bernoulli([new(1, risk)], 2, h), up = CusumWeight.Bernoulli(true, risk, 2), down = CusumWeight.Bernoulli(false, risk, 2);
        var random = new Random(42);
        const int runs = 4000;
        double sum = 0, squares = 0;
        for (int i = 0; i < runs; i++)
        {
            var chart = new Cusum(h);
            int n = 1;
            while (!chart.Add(random.NextDouble() < risk ? up : down)) n++;
            sum += n;
            squares += (double)n * n;
        }
        double mean = sum / runs, error = Math.Sqrt((squares / runs - mean * mean) / runs);
        Assert.InRange(reckoned, mean - 3 * error, mean + 3 * error);
    }

    [Theory]      // surveillance 1.20.3 gives 23.498 and 121.952 for two Poisson charts; the settings aren't printed, so simulation is the judge here
    [InlineData(1, 2, 2.5, 1)]
    [InlineData(3, 2, 2, 1)]
    public void A_seeded_simulation_confirms_a_Poisson_run_length(double mean, double ratio, double h, double trueRatio)
    {
        double reckoned = RunLength.Poisson(mean, ratio, h, trueRatio);
        var random = new Random(43);
        const int runs = 6000;
        double sum = 0, squares = 0;
        for (int i = 0; i < runs; i++)
        {
            var chart = new Cusum(h);
            int n = 1;
            while (!chart.Add(CusumWeight.Poisson(Draw.Poisson(random, mean * trueRatio), mean, ratio))) n++;
            sum += n;
            squares += (double)n * n;
        }
        double average = sum / runs, error = Math.Sqrt((squares / runs - average * average) / runs);
        Assert.InRange(reckoned, average - 3 * error, average + 3 * error);
    }

    [Fact]      // R: solve(diag(1500) - P, rep(1, 1500)) with the same paired rounding: a fall, and a rate of one event in a hundred periods
    public void Run_lengths_for_a_fall_and_for_rare_events_agree_with_R()
    {
        Close.To(37.1156305980563, RunLength.Poisson(3, 0.5, 2), 1e-10, "a fall from 3");
        Close.To(2027.20900071808, RunLength.Poisson(0.01, 2, 2), 1e-10, "a rise from 0.01");
        Close.To(486.629735711959, RunLength.Bernoulli([new(1, 0.3)], 0.5, 3), 1e-10, "a fall from 30 %");
    }

    [Fact]
    public void A_chart_that_can_never_rise_never_signals()
    {
        Assert.Equal(double.PositiveInfinity, RunLength.Average([new(-0.1, 1)], 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => RunLength.Average([new(1, 1)], 0));
    }

    [Fact]
    public void Run_lengths_too_long_to_tell_are_infinite_and_not_noise()
    {
        Assert.Equal(double.PositiveInfinity, RunLength.Bernoulli([new(1, 0.1)], 2, 40, 1, 800));
        Assert.True(double.IsFinite(RunLength.Bernoulli([new(1, 0.1)], 2, 6, 1, 800)));
        Assert.Throws<ArgumentOutOfRangeException>(() => RunLength.ThresholdFor([new(1, 0.1)], 2, 1e17));
        Assert.Throws<ArgumentOutOfRangeException>(() => RunLength.Average([new(1, 0.4), new(-1, 0.4)], 3));
    }
}

/// <summary>Seeded random counts for simulation tests.</summary>
static class Draw
{
    public static int Poisson(Random random, double mean)
    {
        // By halves above 30, since e^−mean loses its digits.
        int count = 0;
        while (mean > 30)
        {
            count += Poisson(random, 15);
            mean -= 15;
        }
        double limit = Math.Exp(-mean), product = random.NextDouble();
        for (; product > limit; count++) product *= random.NextDouble();
        return count;
    }

    /// <summary>Marsaglia and Tsang (2000).</summary>
    public static double Gamma(Random random, double shape)
    {
        if (shape < 1) return Gamma(random, shape + 1) * Math.Pow(random.NextDouble(), 1 / shape);
        double d = shape - 1.0 / 3, c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = Normal(random), v = 1 + c * x;
            if (v <= 0) continue;
            v = v * v * v;
            if (Math.Log(1 - random.NextDouble()) < x * x / 2 + d - d * v + d * Math.Log(v)) return d * v;
        }
    }

    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
