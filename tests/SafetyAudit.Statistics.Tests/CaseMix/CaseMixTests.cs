namespace SafetyAudit.Statistics.Tests;

public class CaseMixTests
{
    static readonly string[] Factors = ["age10", "female", "anticoag", "thorax"];

    static readonly IReadOnlyList<ReferenceTable.Row> Cases = new ReferenceTable("risk_cases.csv").Rows;

    static CaseMixModel Fit(CaseMixFamily family) => CaseMixModel.Fit(family, [.. Cases.Select(c => c.Number("event"))], [.. Cases.SelectMany(c => Factors.Select(c.Number))], Factors.Length);

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
        Assert.Equal(FitState.NotIdentified, CaseMixModel.Fit(CaseMixFamily.Logistic, [0, 1, 0, 1, 1], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5], 2).State);      // one factor twice
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
}
