namespace SafetyAudit.Statistics.Tests;

public class FunnelTests
{
    [Fact]
    public void Every_limit_of_every_kind_agrees_with_R()
    {
        foreach (var row in new ReferenceTable("funnel_limits.csv").Rows)
        {
            double target = row.Number("target"), denominator = row.Number("denominator"), p = row.Number("p");
            bool share = row["kind"].StartsWith("binomial", StringComparison.Ordinal);
            double phi = row.Has("phi") ? row.Number("phi") : 1, tau = row.Has("tau2") ? row.Number("tau2") : 0;
            double limit, allowed = 1e-8 / denominator;
            switch (row["method"])
            {
                case "exact_interpolated" or "exact_discrete" or "predictive_interpolated":
                    var at = row["kind"] switch
                    {
                        "poisson_ratio" => InterpolatedLimit.For(NegativeBinomial.WithMean(double.PositiveInfinity, target * denominator), p),
                        "binomial" => InterpolatedLimit.For((long)denominator, target, p),
                        "poisson_rate_predictive_nb" =>
                            InterpolatedLimit.For(new GammaRate(row.Number("baseline_events") + 0.5, row.Number("baseline_exposure")).Predict(denominator), p),
                        _ => InterpolatedLimit.For(new BetaBinomial((long)denominator, row.Number("baseline_events") + 0.5, row.Number("baseline_exposure")
                            - row.Number("baseline_events") + 0.5), p),
                    };
                    bool predictive = row["method"] == "predictive_interpolated";
                    if (predictive) allowed = 1e-6 / denominator;
                    Assert.Equal(row.Count("r_p"), at.Count);
                    if (row.Has("alpha")) Close.To(row.Number("alpha"), at.Share, 0, row, absolute: predictive ? 1e-6 : 1e-8);
                    limit = (row["method"] == "exact_discrete" ? at.Count : at.Events) / denominator;
                    break;
                case "normal_identity" or "od_multiplicative_identity":
                    limit = NormalLimit.For(share ? FunnelScale.Share : FunnelScale.Ratio, target, denominator, p, phi, tau);
                    break;
                case "normal_log" or "od_additive_log":
                    limit = NormalLimit.For(FunnelScale.LogRatio, target, denominator, p, phi, tau);
                    break;
                case "normal_sqrt" or "od_additive_sqrt":
                    limit = NormalLimit.For(FunnelScale.SquareRootRatio, target, denominator, p, phi, tau);
                    break;
                case "normal_arcsine" or "od_additive_arcsine":
                    limit = NormalLimit.For(FunnelScale.ArcsineShare, target, denominator, p, phi, tau);
                    break;
                default: throw new InvalidOperationException(row["method"]);
            }
            // On the log scale at E = 0.005 a limit is 10^19: there the relative error is what can be asked.
            Close.To(row.Number("limit"), limit, row.Number("limit") > 100 ? 1e-12 : 0, row, absolute: allowed);
        }
    }

    [Fact]
    public void Every_unit_of_the_data_sets_is_among_the_results()
    {
        var results = new ReferenceTable("funnel_results.csv").Rows.ToLookup(row => (row["dataset"], row["unit"]));
        foreach (var unit in new ReferenceTable("funnel_data.csv").Rows)
        {
            Assert.NotEmpty(results[(unit["dataset"], unit["unit"])]);
            foreach (var row in results[(unit["dataset"], unit["unit"])])
            {
                Close.To(unit.Number("numerator"), row.Number("numerator"), 1e-12, unit);
                Close.To(unit.Number("denominator"), row.Number("denominator"), 1e-12, unit);
            }
        }
    }

    static readonly Dictionary<string,
        FunnelScale> Scales = new() { ["SR_SHMI"] = FunnelScale.LogRatio, ["SR_CQC"] = FunnelScale.SquareRootRatio, ["PR"] = FunnelScale.ArcsineShare };

    static Trimming TrimmingOf(string method) => method == "SR_SHMI" ? Trimming.Truncated : Trimming.Winsorised;

    [Fact]
    public void Over_dispersion_agrees_with_FunnelPlotR_and_zero_counts_on_the_log_scale_are_a_state_and_not_infinity()
    {
        var units = new ReferenceTable("funnel_results.csv").Rows.ToLookup(row => (row["dataset"], row["method"]));
        foreach (var row in new ReferenceTable("funnel_summary.csv").Rows)
        {
            string method = row["method"];
            var set = units[(row["dataset"], method)].ToList();
            Assert.Equal(row.Count("n_units"), set.Count);
            double target = method == "PR" ? set.Sum(u => u.Number("numerator")) / set.Sum(u => u.Number("denominator")) : 1;
            Close.To(row.Number("target"), target, 1e-10, row);
            double[] scores = [.. set.Select(u => NormalLimit.Score(Scales[method], u.Number("numerator"), u.Number("denominator"), target))];
            double[] errors = [.. set.Select(u => NormalLimit.StandardError(Scales[method], target, u.Number("denominator")))];
            var fit = OverDispersion.Estimate(scores, errors, TrimmingOf(method));
            double c = row.Number("consistency_factor");
            Close.To(c, OverDispersion.Consistency(TrimmingOf(method), 0.1), 1e-10, row);
            if (double.IsInfinity(row.Number("phi")))
            {
                Assert.Equal(OverDispersionState.InfiniteScore, fit.State);
                continue;
            }
            Assert.Equal(row.Count("n_used"), fit.Used);
            // The tool's trimmed scores, those left out being empty, beside ours, which come back sorted.
            double[] adjusted = [.. set.Where(u => u.Has("z_adj")).Select(u => u.Number("z_adj")).Order()];
            Assert.Equal(fit.Used, adjusted.Length);
            int first = TrimmingOf(method) == Trimming.Truncated ? (scores.Length - fit.Used) / 2 : 0;
            for (int i = 0; i < adjusted.Length; i++) Close.To(adjusted[i], scores[first + i], 1e-6, row, absolute: 1e-9);
            Close.To(row.Number("phi"), fit.Phi, 1e-6, row);
            Close.To(row.Number("phi_own"), fit.Phi, 1e-9, row);
            Close.To(row.Number("tau2"), fit.TauSquared, 1e-6, row, absolute: 1e-15);
            Close.To(row.Number("tau2_own"), fit.TauSquared, 1e-9, row, absolute: 1e-15);
            Close.To(row.Number("phi") / c, fit.CorrectedPhi, 1e-6, row);
        }
    }

    /// <summary>
    /// FunnelPlotR beside ours, unit by unit. Its z-scores, errors and over-dispersed limits are reproduced. Its "Poisson" limits of ratios are the
    /// confidence interval of a count of E, not the spread of a count around E (Seaton and Manktelow
    /// 2012), so they are formed here, in the test alone, to know the tool.
    /// We flag by the exact tails, which are compared with R's.
    /// </summary>
    [Fact]
    public void FunnelPlotRs_figures_are_understood_and_our_exact_tails_agree_with_R()
    {
        const double z95 = 1.959964, z998 = 3.090232;       // as rounded in the tool
        var summaries = new ReferenceTable("funnel_summary.csv").Rows.ToDictionary(row => (row["dataset"], row["method"]));
        int proportionsCategorisedOtherwise = 0, zeroUnitsFlaggedLowByTheTool = 0, zeroUnitsLowByExactTail = 0;
        foreach (var row in new ReferenceTable("funnel_results.csv").Rows)
        {
            string method = row["method"];
            var scale = Scales[method];
            var summary = summaries[(row["dataset"], method)];
            long observed = row.Count("numerator");
            double denominator = row.Number("denominator"), target = summary.Number("target");
            double error = NormalLimit.StandardError(scale, target, denominator);
            Close.To(row.Number("ratio"), observed / denominator, 1e-6, row, absolute: 1e-14);
            Close.To(row.Number("z"), NormalLimit.Score(scale, observed, denominator, target), 1e-6, row, absolute: 1e-9);
            Close.To(row.Number("s"), error, 1e-6, row);

            double[] tool = method != "PR"
                ? [Gamma.Quantile(0.025, denominator) / denominator, Gamma.UpperQuantile(0.025, denominator + 1) / denominator,
                   Gamma.Quantile(0.001, denominator) / denominator, Gamma.UpperQuantile(0.001, denominator + 1) / denominator]
                : [Limit(-z95, 0), Limit(z95, 0), Limit(-z998, 0), Limit(z998, 0)];
            double tau = summary.Number("tau2"), spread = double.IsFinite(tau) ? tau : 0;
            double[] dispersed = [Limit(-z95, spread), Limit(z95, spread), Limit(-z998, spread), Limit(z998, spread)];
            string[] columns = ["ll95", "ul95", "ll998", "ul998"];
            for (int i = 0; i < 4; i++)
            {
                Close.To(row.Number(columns[i]), tool[i], 1e-5, row, absolute: 1e-12);
                if (double.IsFinite(tau) && tau >= 0 && row.Has("od" + columns[i])) Close.To(row.Number("od" + columns[i]), dispersed[i], 1e-5, row,
                    absolute: 1e-12);
            }
            double ratio = row.Number("ratio");
            Assert.Equal(row.Flag("outlier_unadj95"), ratio < tool[0] || ratio > tool[1]);
            Assert.Equal(row.Flag("outlier_unadj998"), ratio < tool[2] || ratio > tool[3]);
            if (double.IsFinite(tau))
            {
                Assert.Equal(row.Flag("outlier_od95"), ratio < dispersed[0] || ratio > dispersed[1]);
                Assert.Equal(row.Flag("outlier_od998"), ratio < dispersed[2] || ratio > dispersed[3]);
            }

            bool share = method == "PR";
            double high = share ? Binomial.AtLeast(observed, (long)denominator, target) : Poisson.AtLeast(observed, denominator);
            double low = share ? Binomial.AtMost(observed, (long)denominator, target) : Poisson.AtMost(observed, denominator);
            Close.To(row.Number("p_upper_exact"), high, 1e-6, row);
            Close.To(row.Number("p_lower_exact"), low, 1e-6, row);

            // PHE inverts the exact test for ratios, as we do; for proportions it inverts Wilson's interval, and a few units get another category.
            string ours = high <= 0.001 ? "High (0.001)" : high <= 0.025 ? "High (0.025)" : low <= 0.001 ? "Low (0.001)" : low <= 0.025 ? "Low (0.025)"
                : "Not significant";
            if (share) proportionsCategorisedOtherwise += ours == row["phe_significance"] ? 0 : 1;
            else Assert.Equal(row["phe_significance"], ours);

            if (!share && observed == 0 && row["dataset"] == "clinic_rare_zeros" && method == "SR_CQC")
            {
                zeroUnitsFlaggedLowByTheTool += ratio < tool[2] ? 1 : 0;
                zeroUnitsLowByExactTail += low <= 0.001 ? 1 : 0;
            }

            // On the square-root scale the tool doesn't transform its over-dispersed limits back, which is how they can fall below 0.
            double Limit(double z, double tauSquared) => scale == FunnelScale.SquareRootRatio
                ? 1 + z * Math.Sqrt(error * error + tauSquared)
                : NormalLimit.For(scale, target, denominator, Normal.Below(z), 1, tauSquared);
        }
        Assert.Equal(3, proportionsCategorisedOtherwise);
        Assert.True(zeroUnitsFlaggedLowByTheTool > 20);      // every unit with no event, some with P(0) = 0.98
        Assert.Equal(0, zeroUnitsLowByExactTail);
    }

    [Fact]
    public void Seaton_and_Manktelows_medians_tell_a_prediction_limit_from_a_confidence_limit()
    {
        // Median P(above the upper 95 % limit) for E = 1 to 50 by 0.01, nothing being wrong.
        var published = new ReferenceTable("published_examples.csv").Rows.Where(row => row["source"].StartsWith("Seaton", StringComparison.Ordinal)).ToList();
        double z = -Normal.Quantile(0.025);
        List<double> wald = [], confidence = [], prediction = [];
        for (int i = 100; i <= 5000; i++)
        {
            double e = i / 100.0;
            wald.Add(Poisson.AtLeast((long)Math.Floor(e + z * Math.Sqrt(e)) + 1, e));
            confidence.Add(Poisson.AtLeast((long)Math.Floor(Gamma.UpperQuantile(0.025, e + 1)) + 1, e));
            prediction.Add(Poisson.AtLeast(ControlLimits.For(NegativeBinomial.WithMean(double.PositiveInfinity, e)).Upper95 + 1, e));
        }
        foreach (var row in published)
        {
            var values = row["quantity"].Contains("Wald", StringComparison.Ordinal) ? wald
                : row["quantity"].Contains("confidence interval", StringComparison.Ordinal) ? confidence : prediction;
            values.Sort();
            double median = values[values.Count / 2];
            Assert.Equal(row.Number("published"), median, row["quantity"].Contains("confidence", StringComparison.Ordinal) ? 3 : 4);
            Close.To(row.Number("computed"), median, 1e-10, row);
        }
    }

    [Fact]
    public void A_funnel_of_many_units_has_each_units_own_limits()
    {
        var random = new Random(7);
        foreach (double shape in new[] { 2, 44.5, double.PositiveInfinity })
        {
            double[] expected = [0, 1e-6, .. Enumerable.Range(0, 400).Select(_ => Math.Exp(random.NextDouble() * 12 - 4)), 25_000];
            var limits = new ControlLimits[expected.Length];
            FunnelLimits.For(expected, shape, limits);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(ControlLimits.For(NegativeBinomial.WithMean(shape, expected[i])), limits[i]);
        }
    }

    [Fact]
    public void The_order_of_units_does_not_matter_and_a_unit_elsewhere_does_not_move_my_limits()
    {
        double[] expected = [3.2, 0.4, 55, 7.1, 1200], other = [1200, 7.1, 9999, 55, 3.2, 0.4];
        var limits = new ControlLimits[expected.Length];
        var otherLimits = new ControlLimits[other.Length];
        FunnelLimits.For(expected, 30, limits);
        FunnelLimits.For(other, 30, otherLimits);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(limits[i], otherLimits[Array.IndexOf(other, expected[i])]);
    }

    [Fact]
    public void A_funnel_of_many_units_allocates_nothing_for_each()
    {
        double[] expected = [.. Enumerable.Range(0, 5000).Select(i => 0.01 + i * 0.03)];
        var limits = new ControlLimits[expected.Length];
        FunnelLimits.For(expected, double.PositiveInfinity, limits);
        long before = GC.GetAllocatedBytesForCurrentThread();
        FunnelLimits.For(expected, double.PositiveInfinity, limits);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000, "only the shared table may be new");
    }

    [Fact]
    public void Too_few_units_have_no_over_dispersion() =>
        Assert.Equal(OverDispersionState.TooFewUnits, OverDispersion.Estimate([1.0], [0.5]).State);

    [Fact]
    public void Funnels_have_each_units_own_limits_down_to_the_smallest_shapes()
    {
        var random = new Random(11);
        foreach (double shape in new[] { 1e-3, 0.01, 0.0848, 0.2, 0.5, 0.999, 1, 1.3, 3, 25, 1e6, 1e12, 1e19, 1e21 })
        {
            double[] expected = [0, 79.45, 800, .. Enumerable.Range(0, 60).Select(_ => Math.Exp(random.NextDouble() * 11 - 4))];
            var limits = new ControlLimits[expected.Length];
            FunnelLimits.For(expected, shape, limits);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(ControlLimits.For(NegativeBinomial.WithMean(shape, expected[i])), limits[i]);
            // Alone, with nothing else to make room for it.
            foreach (double one in expected)
            {
                FunnelLimits.For([one], shape, limits);
                Assert.Equal(ControlLimits.For(NegativeBinomial.WithMean(shape, one)), limits[0]);
            }
        }
        // R: qnbinom(0.999, size = 0.0848, mu = 79.45)
        var only = new ControlLimits[1];
        FunnelLimits.For([79.45], 0.0848, only);
        Assert.Equal(3006, only[0].Upper998);
    }

    [Fact]
    public void At_a_vertex_itself_the_count_is_outside_in_a_funnel_as_by_itself()
    {
        foreach (double shape in new[] { 2, 44.5, double.PositiveInfinity })
            for (long count = 1; count < 40; count++)
            {
                double[] expected =
                [
                    FunnelCurve.ExpectedWhereHigh(count, 0.001, shape), FunnelCurve.ExpectedWhereHigh(count, 0.025, shape),
                    .. new[] { FunnelCurve.ExpectedWhereLow(count, 0.001, shape), FunnelCurve.ExpectedWhereLow(count, 0.025, shape) }.Where(e => e < 1e9),
                ];
                var limits = new ControlLimits[expected.Length];
                FunnelLimits.For(expected, shape, limits);
                for (int i = 0; i < expected.Length; i++) Assert.Equal(ControlLimits.For(NegativeBinomial.WithMean(shape, expected[i])), limits[i]);
            }
    }

    // mpmath 1.3.0 with 60 digits: the root, by halving on the logarithm, of the sum of the negative binomial masses.
    [Theory]
    [InlineData(0, 0.9, 10000000.0, false, 0.105360516212868191)]
    [InlineData(0, 0.001, 1000000000000.0, false, 6.90775527900599557)]
    [InlineData(0, 0.001, 1000000000000000.0, false, 6.90775527898216089)]
    [InlineData(0, 0.001, 1e+18, false, 6.90775527898213706)]
    [InlineData(3, 0.025, 1000000000.0, false, 8.76727309502395493)]
    [InlineData(1, 0.9, 0.0828345, true, 97830850897.8085881)]
    [InlineData(3, 0.2, 0.0067, true, 8707354771767.52772)]
    [InlineData(5, 0.001, 0.0848, true, 0.0835700814908954798)]
    [InlineData(2, 0.025, 0.3, false, 250874.902301700644)]
    [InlineData(10, 0.001, 2.5, true, 1.5478529936917116)]
    [InlineData(40, 0.025, 44.5, true, 25.9570390709124045)]
    [InlineData(12, 0.001, 30, false, 34.3349702977029864)]
    [InlineData(7, 0.001, 1000000000000000.0, true, 1.52033626039880568)]
    [InlineData(1, 0.5, 0.01, true, 1.2676506002282276e+28)]
    public void The_curve_keeps_its_digits_at_shapes_far_from_one(long count, double tail, double shape, bool high, double expected) =>
        Close.To(expected, high ? FunnelCurve.ExpectedWhereHigh(count, tail, shape) : FunnelCurve.ExpectedWhereLow(count, tail, shape), 1e-11, shape);

    [Theory]
    [InlineData(1e20)]
    [InlineData(1e25)]
    [InlineData(1e300)]
    public void A_shape_beyond_all_measure_is_a_known_rate(double shape)
    {
        var known = NegativeBinomial.WithMean(double.PositiveInfinity, 12);
        var nearly = NegativeBinomial.WithMean(shape, 12);
        for (long count = 0; count < 40; count++)
        {
            Close.To(known.AtLeast(count), nearly.AtLeast(count), 1e-13, count);
            Close.To(known.AtMost(count), nearly.AtMost(count), 1e-13, count);
            Close.To(known.Mass(count), nearly.Mass(count), 1e-13, count);
        }
        Close.To(FunnelCurve.ExpectedWhereLow(3, 0.001), FunnelCurve.ExpectedWhereLow(3, 0.001, shape), 1e-13, shape);
    }

    // The order of units doesn't matter though four scores tie where the trimming cuts. By hand: of 19 scores those ranked 2 to 17 are kept.
    [Fact]
    public void Equal_scores_at_the_trimming_are_kept_or_left_out_whatever_their_order()
    {
        (double Score, double Error)[] units =
            [.. Enumerable.Range(0, 13).Select(i => (i * 0.3 - 1.5, 0.2 + 0.01 * i)), (-2, 0.1), (-2, 0.9), (-2, 0.5), (2.6, 0.3), (2.6, 0.05), (2.6, 1.2)];
        var random = new Random(5);
        var first = Estimate(units);
        Assert.Equal(16, first.Used);
        for (int i = 0; i < 20; i++)
        {
            random.Shuffle(units);
            Assert.Equal(first, Estimate(units));
        }
        // Kept are the two −2 with the larger errors, since the smaller ranks first, and of the 2.6 the one with the smallest.
        double[] kept = [.. units.Where(u => u.Score > -2 && u.Score < 2.6).Select(u => u.Error), 0.5, 0.9, 0.05];
        double weight = kept.Sum(s => 1 / (s * s)), squared = kept.Sum(s => Math.Pow(s, -4)), phi = first.Phi;
        Close.To((16 * phi - 15) / (weight - squared / weight), first.TauSquared, 1e-12, "tau");

        static OverDispersion Estimate((double Score, double Error)[] units) =>
            OverDispersion.Estimate([.. units.Select(u => u.Score)], [.. units.Select(u => u.Error)], Trimming.Truncated);
    }
}
