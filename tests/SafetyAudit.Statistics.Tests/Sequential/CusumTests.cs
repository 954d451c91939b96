namespace SafetyAudit.Statistics.Tests;

public class CusumTests
{
    [Fact]
    public void Every_step_of_every_path_agrees_with_R()
    {
        foreach (var path in new ReferenceTable("cusum_paths.csv").Rows.GroupBy(row => row["path"]))
        {
            var rows = path.ToList();
            double ratio = rows[0].Number("R"), lambda = rows[0].Number("ewma_lambda");
            double[] observed = [.. rows.Select(r => r.Number("y"))], expected = [.. rows.Select(r => r.Number("expected"))];
            double[] weights = [.. rows.Select(r =>
                r["kind"] == "poisson" ? CusumWeight.Poisson(r.Number("y"), r.Number("expected"), ratio)
                : CusumWeight.Bernoulli(r.Number("y") == 1, r.Number("expected"), ratio))];
            double[] unbounded = new double[rows.Count], fromReset = new double[rows.Count], vlad = new double[rows.Count], ewma = new double[rows.Count];
            Assert.Equal(0, Cusum.Path(weights, double.PositiveInfinity, unbounded));
            int signals = Cusum.Path(weights, rows[0].Number("h"), fromReset);
            Vlad.Path(observed, expected, vlad);
            Ewma.Path([.. observed.Zip(expected, (y, e) => y - e)], lambda, ewma);
            var chart = new Cusum(rows[0].Number("h"));
            double chance = 1 / (1 + Math.Exp(rows[0].Number("rsprt_upper")));
            var sprt = new ResettingSprt(chance, chance);
            Close.To(rows[0].Number("rsprt_upper"), sprt.Upper, 1e-10, rows[0]);
            Close.To(rows[0].Number("rsprt_lower"), sprt.Lower, 1e-10, rows[0]);
            Assert.Equal(rows.Count(r => r.Flag("signal")), signals);
            for (int i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                void Is(string column, double actual) => Close.To(row.Number(column), actual, 0, row, absolute: 1e-10);
                Is("w", weights[i]);
                Is("cusum_no_reset", unbounded[i]);
                Is("cusum_reset", fromReset[i]);
                Assert.Equal(row.Flag("signal"), chart.Add(weights[i]));
                Is("cusum_reset", chart.Value);
                string decision = sprt.Add(weights[i]) switch { SprtDecision.Raised => "H1", SprtDecision.AsExpected => "H0", _ => "" };
                Assert.Equal(row["rsprt_event"], decision);
                Is("rsprt", sprt.Value);
                Is("vlad_expected_minus_observed", vlad[i]);
                Is("ewma_o_minus_e", ewma[i]);
            }
            if (rows[0]["kind"] == "poisson") continue;
            double[] fused = new double[rows.Count];
            Assert.Equal(signals, Cusum.Path([.. observed.Select(y => y == 1)], expected, ratio, rows[0].Number("h"), fused));
            for (int i = 0; i < rows.Count; i++) Close.To(rows[i].Number("cusum_reset"), fused[i], 0, rows[i], absolute: 1e-10);
        }
    }

    [Fact]
    public void Shipmans_women_pass_the_line_of_one_in_a_million_in_1985()      // Spiegelhalter, Art of Statistics, fig. 10.4
    {
        var sprt = new ResettingSprt(1e-6, 1e-6);
        long year = new ReferenceTable("source_data/shipman.csv").Rows.First(row =>
            sprt.Add(CusumWeight.Poisson(row.Number("Women65plusObs"), row.Number("Women65plusExp"), 2)) == SprtDecision.Raised).Count("Year");
        var published = Assert.Single(new ReferenceTable("published_examples.csv").Rows, row =>
            row["source"].StartsWith("Spiegelhalter", StringComparison.Ordinal));
        Assert.Equal(published.Count("published"), year);
    }

    [Fact]
    public void Meeting_the_threshold_is_a_signal_and_the_next_sum_starts_again()
    {
        var chart = new Cusum(2);
        Assert.False(chart.Add(1));
        Assert.True(chart.Add(1));
        Assert.Equal(2, chart.Value);
        Assert.False(chart.Add(0.5));
        Assert.Equal(0.5, chart.Value);
        var halfway = new Cusum(2, restart: 1);
        halfway.Add(5);
        Assert.False(halfway.Add(0.5));
        Assert.Equal(1.5, halfway.Value);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Cusum(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResettingSprt(0.6, 0.5));
    }

    [Fact]
    public void A_million_cases_allocate_nothing()
    {
        var happened = new bool[100_000];
        double[] risks = new double[happened.Length], path = new double[happened.Length];
        Array.Fill(risks, 0.05);
        Cusum.Path(happened, risks, 2, 4.5, path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Cusum.Path(happened, risks, 2, 4.5, path);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void The_ewmas_standard_error_grows_to_its_limit() => Close.To(Math.Sqrt(0.2 / 1.8), Ewma.StandardError(1, 0.2, 1000), 1e-12, "limit");

    [Fact]      // by hand: the variance after three is λ²(1 + (1 − λ)² + (1 − λ)⁴) = 0.04·(1 + 0.64 + 0.4096)
    public void The_ewmas_standard_error_after_three_values() => Close.To(Math.Sqrt(0.081984), Ewma.StandardError(1, 0.2, 3), 1e-12, 3);

    [Fact]
    public void A_weight_that_is_no_number_is_refused_and_not_swallowed()
    {
        var chart = new Cusum(2);
        Assert.Throws<ArgumentOutOfRangeException>(() => chart.Add(double.NaN));
        Assert.True(chart.Add(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => CusumWeight.Bernoulli(true, 3, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => CusumWeight.Poisson(1, -1, 2));
        foreach (double ratio in new[] { 0, 1, -1, double.NaN }) Assert.Throws<ArgumentOutOfRangeException>(() => CusumWeight.Bernoulli(true, 0.1, ratio));
    }
}
