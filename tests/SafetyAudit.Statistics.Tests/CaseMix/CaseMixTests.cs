namespace SafetyAudit.Statistics.Tests;

public class CaseMixTests
{
    static readonly string[] Factors = ["age10", "female", "anticoag", "thorax"];

    static readonly IReadOnlyList<ReferenceTable.Row> Cases = new ReferenceTable("risk_cases.csv").Rows;

    static CaseMixModel Fit(CaseMixFamily family) =>
        CaseMixModel.Fit(family, [.. Cases.Select(c => c.Number("event"))], [.. Cases.SelectMany(c => Factors.Select(c.Number))], Factors.Length);

    static CaseMixFamily FamilyOf(string model) => model == "logistic" ? CaseMixFamily.Logistic : CaseMixFamily.PoissonLog;

    [Fact]
    public void Coefficients_errors_and_deviances_agree_with_R()
    {
        foreach (var rows in new ReferenceTable("risk_coefficients.csv").Rows.GroupBy(row => row["model"]))
        {
            var fit = Fit(FamilyOf(rows.Key));
            Assert.Equal(FitState.Converged, fit.State);
            foreach (var row in rows)
            {
                int i = Array.IndexOf(Factors, row["term"]) + 1;
                Close.To(row.Number("estimate"), fit.Coefficients[i], 1e-8, row);
                Close.To(row.Number("se"), fit.StandardErrors[i], 1e-6, row);
                Close.To(row.Number("z"), fit.Coefficients[i] / fit.StandardErrors[i], 1e-6, row);
                Close.To(row.Number("deviance"), fit.Deviance, 1e-8, row);
                Close.To(row.Number("null_deviance"), fit.NullDeviance, 1e-8, row);
                Close.To(row.Number("loglik"), fit.LogLikelihood, 1e-8, row);
            }
        }
    }

    [Fact]
    public void Providers_expected_counts_ratios_and_adjusted_rates_agree_with_R()
    {
        double crude = Cases.Average(c => c.Number("event"));
        foreach (var row in new ReferenceTable("risk_providers.csv").Rows)
        {
            var fit = Fit(FamilyOf(row["model"]));
            var own = Cases.Where(c => c["provider"] == row["provider"]).ToList();
            double expected = own.Sum(c => fit.Predict([.. Factors.Select(c.Number)]));
            var ratio = new StandardisedRatio((long)own.Sum(c => c.Number("event")), expected);
            Assert.Equal(row.Count("n"), own.Count);
            Assert.Equal(row.Count("observed"), ratio.Observed);
            Close.To(row.Number("expected"), expected, 1e-8, row);
            Close.To(row.Number("ratio"), ratio.Ratio, 1e-8, row);
            Close.To(row.Number("lower95"), ratio.Exact().Lower, 1e-8, row);
            Close.To(row.Number("upper95"), ratio.Exact().Upper, 1e-8, row);
            Close.To(row.Number("crude_rate"), crude, 1e-10, row);
            Close.To(row.Number("risk_adjusted_rate"), ratio.AdjustedRate(crude), 1e-8, row);
        }
    }

    [Fact]
    public void Discrimination_and_calibration_agree_with_R()
    {
        var row = Assert.Single(new ReferenceTable("risk_fit.csv").Rows);
        var fit = Fit(CaseMixFamily.Logistic);
        double[] predicted = [.. Cases.Select(c => fit.Predict([.. Factors.Select(c.Number)]))];
        bool[] happened = [.. Cases.Select(c => c.Flag("event"))];
        Assert.Equal(row.Count("n"), fit.Cases);
        Assert.Equal(row.Count("events"), (long)fit.Events);
        Close.To(row.Number("c_statistic"), Discrimination.CStatistic(predicted, happened)!.Value, 1e-8, row);
        Close.To(row.Number("brier"), Discrimination.Brier(predicted, happened)!.Value, 1e-8, row);
        var groups = Calibration.ByRisk(predicted, happened);
        Assert.Equal(900, groups.Sum(g => g.Sessions));
        Assert.Equal(122, groups.Sum(g => g.Observed));
        Assert.Equal(122, groups.Sum(g => g.Expected), 6);      // a logistic model with an intercept expects what it saw
        Assert.All(groups.Zip(groups.Skip(1)), pair => Assert.True(pair.First.HighestRisk < pair.Second.LowestRisk));
    }

    [Fact]
    public void A_model_that_cannot_be_told_or_rests_on_too_few_events_says_so()
    {
        Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 0, 0], [1, 2, 3], 1).State);                 // no event
        Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 0, 1, 1], [1, 2, 3, 4], 1).State);           // separated
        // one factor twice
        Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 1, 0, 1, 1], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5], 2).State);
        Assert.Equal(FitState.TooFewEvents, CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 1, 0, 1, 0], [1, 1, 2, 2, 3], 1).State);
        Assert.Throws<ArgumentException>(() => CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 1], [1], 1));
        Assert.Null(Discrimination.CStatistic([0.1, 0.2], [false, false]));
        Assert.Null(Discrimination.Brier([], []));
    }

    [Fact]
    public void Exposure_is_an_offset()      // events 4 in 2 and 6 in 3 are one rate of 2; 3 in 1 and 9 in 3 one of 3: ln 2 and ln(3/2), by hand
    {
        var fit = CaseMixModel.Fit(CaseMixFamily.PoissonLog, [4, 6, 3, 9], [0, 0, 1, 1], 1, [2, 3, 1, 3]);
        Assert.Equal(Math.Log(2), fit.Coefficients[0], 10);
        Assert.Equal(Math.Log(1.5), fit.Coefficients[1], 10);
        Assert.Equal(6, fit.Predict([1], 2), 9);
    }

    [Fact]
    public void Indirect_standardisation_over_strata_by_hand()
    {
        // Standard rates 2/100 and 10/200; the unit's 50 and 20 sessions expect 1 + 1. A stratum unknown to the standard is left out on both sides and said so.
        var unit = IndirectStandardisation.Of([new(3, 50, 2, 100), new(1, 20, 10, 200), new(2, 9, 0, 0)]);
        Assert.Equal((4, 2, 9, 2), (unit.Observed, unit.Expected, unit.SessionsLeftOut, unit.ObservedLeftOut));
        Assert.Equal(2, unit.Ratio);
        Assert.Null(IndirectStandardisation.Of([]).Ratio);
        Assert.Throws<ArgumentOutOfRangeException>(() => IndirectStandardisation.Of([new(-1, 1, 1, 1)]));
    }

    // Sixty cases drawn in R: set.seed(3); the figures of the next test are those of glm with epsilon = 1e-14.
    static readonly double[] X1 =
    [
        -0.962, -0.293, 0.259, -1.152, 0.196, 0.03, 0.085, 1.117, -1.219, 1.267, -0.745, -1.131, -0.716, 0.253, 0.152, -0.308, -0.953, -0.648, 1.224,
        0.2, -0.578, -0.942, -0.204, -1.666, -0.484, -0.741, 1.161, 1.012, -0.072, -1.137, 0.901, 0.852, 0.728, 0.737, -0.352, 0.706, 1.3, 0.038,
        -0.979, 0.794, 0.787, -0.31, 1.699, -0.795, 0.348, -2.265, -0.162, 1.131, -0.456, -0.899, 0.727, -0.809, 0.267, -1.737, -1.411, -0.454,
        -1.035, 1.362, 0.917, -0.785,
    ];

    static readonly double[] X2 =
    [
        1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1,
        0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0,
    ];

    static readonly double[] Happened =
    [
        0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0,
        1, 0, 0, 1, 0, 0, 0, 0, 1, 0, 1, 1, 0,
    ];

    static readonly double[] Exposure =
    [
        0.67, 2.34, 2.11, 0.67, 2.24, 1.37, 1.29, 2.96, 2.38, 2.26, 1.06, 1.14, 2.13, 2.04, 1.13, 1.8, 0.61, 1.68, 2.69, 2.87, 2.39, 2.82, 1.89, 2.05,
        2.83, 2.18, 0.63, 0.94, 1.88, 1, 0.52, 2.31, 2.81, 2.81, 0.97, 1.39, 0.74, 0.69, 0.98, 1.16, 0.81, 0.52, 0.56, 1.48, 0.9, 1.42, 1.6, 2.99,
        2.55, 2.21, 2.15, 2, 0.77, 2.1, 1.15, 1.95, 2.93, 2.6, 2.15, 1.51,
    ];

    static readonly double[] Counts =
    [
        0, 1, 5, 1, 2, 1, 1, 4, 2, 7, 1, 0, 1, 2, 0, 3, 0, 2, 9, 3, 1, 1, 2, 0, 3, 1, 2, 2, 4, 2, 1, 3, 4, 1, 0, 3, 2, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0,
        1, 1, 3, 4, 0, 3, 2, 0, 1, 0, 4, 1, 3,
    ];

    static double[] Columns(Func<double, double> first, Func<double, double> second) =>
        [.. X1.Zip(X2).SelectMany(x => new[] { first(x.First), second(x.Second) })];

    [Theory]
    [InlineData(1, 0, 1, 0)]
    [InlineData(1e-4, 0, 1000, 0)]
    [InlineData(1, 1e4, 1, 0)]
    [InlineData(1e6, -3e7, 1e-6, 5)]
    public void A_fit_is_the_same_in_any_unit_and_from_any_origin(double unit1, double origin1, double unit2, double origin2)
    {
        double[] factors = Columns(x => x * unit1 + origin1, x => x * unit2 + origin2);
        Is(CaseMixModel.Fit(CaseMixFamily.Logistic, Happened, factors, 2),
            [0.26266274112587445, 1.4997113567211082, -0.48557683135061158, 0.40117958298699918, 0.41564203229522123, 0.63064631246412273]);
        Is(CaseMixModel.Fit(CaseMixFamily.PoissonLog, Counts, factors, 2, Exposure),
            [-0.00034421291214377971, 0.48705174612279667, -0.14418090452154633, 0.1295033367558498, 0.11838808614683612, 0.21265152132852433]);

        void Is(CaseMixModel fit, double[] r)
        {
            // 29 and 103 events, 3 coefficients
            Assert.Equal(fit.Family == CaseMixFamily.Logistic ? FitState.TooFewEvents : FitState.Converged, fit.State);
            double slope1 = r[1] / unit1, slope2 = r[2] / unit2;
            Close.To(slope1, fit.Coefficients[1], 1e-7, unit1);
            Close.To(slope2, fit.Coefficients[2], 1e-7, unit2);
            Close.To(r[4] / unit1, fit.StandardErrors[1], 1e-6, unit1);
            Close.To(r[5] / unit2, fit.StandardErrors[2], 1e-6, unit2);
            Close.To(r[0] - slope1 * origin1 - slope2 * origin2, fit.Coefficients[0], 1e-6, origin1);
            if (origin1 == 0 && origin2 == 0) Close.To(r[3], fit.StandardErrors[0], 1e-6, "intercept");
            else if (unit1 == 1 && fit.Family == CaseMixFamily.Logistic) Close.To(4156.3473700886225, fit.StandardErrors[0], 1e-6, "intercept at x + 10000");
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(20, 0)]
    [InlineData(1e-6, 0)]
    [InlineData(1000, 1e6)]
    public void Separated_cases_have_no_model_in_any_unit(double unit, double origin)
    {
        double At(double x) => x * unit + origin;
        double[] steps = [.. Enumerable.Range(0, 100).Select(i => At(i - 49.5))];
        Assert.Equal(FitState.NotIdentified,
            CaseMixModel.Fit(CaseMixFamily.Logistic, [.. Enumerable.Range(0, 100).Select(i => i < 50 ? 0.0 : 1)], steps, 1).State);
        // A group without any event among groups with some.
        double[] group = [.. Enumerable.Range(0, 100).Select(i => At(i < 30 ? 1 : 0))],
            events = [.. Enumerable.Range(0, 100).Select(i => i >= 30 && i % 2 == 0 ? 1.0 : 0)];
        foreach (var family in Enum.GetValues<CaseMixFamily>()) Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(family, events, group, 1).State);
        // One event in that group, and there is a model.
        events[3] = 1;
        foreach (var family in Enum.GetValues<CaseMixFamily>()) Assert.Equal(FitState.Converged, CaseMixModel.Fit(family, events, group, 1).State);
        // A factor that doesn't vary, and one that is another in other units.
        Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(CaseMixFamily.Logistic, Happened, Columns(_ => At(1), x => x), 2).State);
        Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(CaseMixFamily.Logistic, Happened, [.. X1.SelectMany(x => new[] { x, At(x) })], 2).State);
    }

    [Fact]
    public void Sound_random_sets_are_never_refused()
    {
        var random = new Random(200);
        for (int set = 0; set < 200; set++)
        {
            double[] factors = [.. Enumerable.Range(0, 240).Select(_ => Math.Exp(3 * Draw.Normal(random)) * 100)];
            double[] outcomes = [.. Enumerable.Range(0, 120).Select(_ => random.NextDouble() < 0.4 ? 1.0 : 0)];
            // Every outcome once more at the same factors turned round, so that no line can separate them.
            var fit = CaseMixModel.Fit(CaseMixFamily.Logistic, [.. outcomes, .. outcomes.Select(o => 1 - o)], [.. factors, .. factors], 2);
            Assert.Equal(FitState.Converged, fit.State);
            for (int i = 0; i < 3; i++) Assert.True(Math.Abs(fit.Coefficients[i]) < 1e-6);      // each case is as likely as not
        }
    }

    [Fact]
    public void Ten_events_are_wanted_for_each_coefficient_and_not_in_all()
    {
        Assert.Equal(FitState.TooFewEvents, CaseMixModel.Fit(CaseMixFamily.Logistic, Happened, Columns(x => x, x => x), 2).State);       // 29 events, 30 wanted
        Assert.Equal(FitState.Converged, CaseMixModel.Fit(CaseMixFamily.Logistic, Happened, X1, 1).State);                              // 20 wanted
    }

    [Fact]
    public void Nothing_is_predicted_without_a_model_or_with_factors_amiss()
    {
        var none = CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 0, 0], [1, 2, 3], 1);
        Assert.Throws<InvalidOperationException>(() => none.Predict([1]));
        var fit = CaseMixModel.Fit(CaseMixFamily.Logistic, Happened, X1, 1);
        Assert.Throws<ArgumentException>(() => fit.Predict([]));
        Assert.Throws<ArgumentException>(() => fit.Predict([1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 2, 1], [1, 2, 3], 1));
    }
}
