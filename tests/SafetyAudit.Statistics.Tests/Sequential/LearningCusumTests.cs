namespace SafetyAudit.Statistics.Tests;

public class LearningCusumTests
{
    [Fact]
    public void The_end_to_end_example_is_reproduced_row_by_row()
    {
        var baselines = new ReferenceTable("alert_baseline.csv").Rows;
        var data = new ReferenceTable("alert_data.csv").Rows;
        var expected = new ReferenceTable("alert_expected.csv").Rows.ToDictionary(row => (row["family"], row["practitioner"], row.Count("month")));
        string[] families = [.. baselines.Select(b => b["family"])], practitioners = [.. data.Select(d => d["practitioner"]).Distinct()];
        GammaRate[] priors = [.. baselines.Select(b => new GammaRate(b.Number("shape"), b.Number("prior_exposure")))];
        foreach (var (baseline, prior) in baselines.Zip(priors)) Close.To(baseline.Number("rate"), prior.Mean, 1e-12, baseline);

        var group = new PeerMonitoring(priors, practitioners.Length);
        var results = new PeerResult[group.Streams];
        double[] events = new double[group.Streams], sessions = new double[group.Streams], thresholds = new double[group.Streams];
        int rowsSeen = 0;
        foreach (var month in data.GroupBy(d => d.Count("month")).OrderBy(g => g.Key))
        {
            foreach (var d in month)
            {
                int s = Array.IndexOf(families, d["family"]) * practitioners.Length + Array.IndexOf(practitioners, d["practitioner"]);
                (events[s], sessions[s]) = (d.Number("events"), d.Number("sessions"));
            }
            if (!expected.ContainsKey((families[0], practitioners[0], month.Key)))
            {
                group.Learn(events, sessions);
                continue;
            }
            for (int s = 0; s < thresholds.Length; s++) thresholds[s] =
                expected[(families[s / practitioners.Length], practitioners[s % practitioners.Length], month.Key)].Number("h");
            group.Judge(events, sessions, thresholds, thresholds, results);
            for (int s = 0; s < results.Length; s++)
            {
                var row = expected[(families[s / practitioners.Length], practitioners[s % practitioners.Length], month.Key)];
                var r = results[s];
                void Is(string column, double actual) => Close.To(row.Number(column), actual, 1e-9, row, absolute: 1e-12);
                Is("sessions", sessions[s]);
                Is("events", events[s]);
                Is("peer_shape", r.Peers.Shape);
                Is("peer_exposure", r.Peers.Exposure);
                Is("peer_rate", r.Peers.Mean);
                Is("tau2", r.TauSquared);
                Is("shape", r.Null.Shape);
                Is("w_up", r.Up.Weight);
                Is("s_up", r.Up.Value);
                Assert.Equal(row.Flag("signal_up"), r.Up.Signal);
                Is("w_down", r.Down.Weight);
                Is("s_down", r.Down.Value);
                Assert.Equal(row.Flag("signal_down"), r.Down.Signal);
                Is("y12", r.WindowEvents);
                Is("n12", r.WindowSessions);
                Is("mean12", r.Window.Mean);
                Is("shape12", r.Window.Shape);
                Is("midp_high12", r.High);
                Is("midp_low12", r.Low);
                Is("bh_high12", r.HighAdjusted);
                Is("bh_low12", r.LowAdjusted);
                rowsSeen++;
            }
        }
        Assert.Equal(324, rowsSeen);
    }

    [Fact]
    public void A_month_of_a_group_allocates_nothing_and_the_order_of_practitioners_does_not_matter()
    {
        GammaRate[] priors = [new(10, 130), new(5, 570)];
        const int practitioners = 6;
        var random = new Random(8);
        var group = new PeerMonitoring(priors, practitioners);
        var turned = new PeerMonitoring(priors, practitioners);
        double[] events = new double[12], sessions = new double[12], thresholds = new double[12], turnedEvents = new double[12],
            turnedSessions = new double[12];
        var results = new PeerResult[12];
        var turnedResults = new PeerResult[12];
        Array.Fill(thresholds, 3);
        static int Turned(int s) => s / practitioners * practitioners + (practitioners - 1 - s % practitioners);
        for (int t = 0; t < 40; t++)
        {
            for (int s = 0; s < 12; s++)
            {
                sessions[s] = turnedSessions[Turned(s)] = 10 + 7 * (s % practitioners);
                events[s] = turnedEvents[Turned(s)] = Draw.Poisson(random, sessions[s] * priors[s / practitioners].Mean);
            }
            long before = GC.GetAllocatedBytesForCurrentThread();
            group.Judge(events, sessions, thresholds, thresholds, results);
            if (t > 2) Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            turned.Judge(turnedEvents, turnedSessions, thresholds, thresholds, turnedResults);
            for (int s = 0; s < 12; s++)
            {
                Close.To(results[s].Up.Value, turnedResults[Turned(s)].Up.Value, 1e-10, s, absolute: 1e-12);
                Close.To(results[s].HighAdjusted, turnedResults[Turned(s)].HighAdjusted, 1e-10, s);
            }
        }
    }

    [Fact]
    public void Without_a_baseline_or_peers_nothing_is_said_until_peers_have_worked()
    {
        double[] thresholds = [3, 3, 3, 3];
        var group = new PeerMonitoring([GammaRate.Unknown, new GammaRate(10, 130)], 2);
        var results = new PeerResult[4];
        Assert.False(group.NullOf(0, 0).IsKnown);
        group.Judge([1, 0, 1, 0], [20, 30, 20, 30], thresholds, thresholds, results);
        Assert.Equal([PeerState.NotAssessed, PeerState.NotAssessed, PeerState.Judged, PeerState.Judged], results.Select(r => r.State));
        Assert.Equal((1, 1, 0, 1.0, 20.0), (results[0].High, results[0].LowAdjusted, results[0].Up.Value, results[0].WindowEvents, results[0].WindowSessions));
        // The two that are judged are adjusted for two looks, not for four.
        double[] alone = [results[2].High, results[3].High], adjusted = new double[2];
        FalseDiscovery.BenjaminiHochberg(alone, adjusted);
        Assert.Equal(adjusted, new[] { results[2].HighAdjusted, results[3].HighAdjusted });
        group.Judge([1, 0, 1, 0], [20, 30, 20, 30], thresholds, thresholds, results);
        Assert.All(results, r => Assert.Equal(PeerState.Judged, r.State));
        Assert.Equal(new GammaRate(0.5, 30), results[0].Peers);
        Assert.Throws<ArgumentOutOfRangeException>(() => group.Learn([1, 0, -1, 0], [20, 30, 20, 30]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PeerMonitoring([default], 2));
    }

    [Fact]
    public void With_a_rate_as_good_as_known_it_is_the_Poisson_cusum()
    {
        var learning = new LearningCusum(2);
        var plain = new Cusum(5);
        var random = new Random(3);
        for (int t = 0; t < 60; t++)
        {
            int y = Draw.Poisson(random, 2);
            var step = learning.Add(y, 20, new GammaRate(1e11, 1e12), 5);
            plain.Add(CusumWeight.Poisson(y, 2, 2));
            Assert.Equal(plain.Value, step.Value, 1e-7);
            Assert.Equal(plain.Signal, step.Signal);
        }
    }

    [Fact]
    public void Its_weights_sum_to_the_sequential_evidence_since_zero()
    {
        // Both come from the same paper's marginal likelihood; the sum since zero is ln E of everything seen since.
        var rate = new GammaRate(8, 400);
        var learning = new LearningCusum(2);
        double sum = 0, y = 0, n = 0;
        foreach (int events in new[] { 3, 1, 2, 2, 4 })
        {
            sum += learning.Add(events, 40, rate, 100).Weight;
            y += events;
            n += 40;
            Close.To(UncertainBaselineEvidence.Log(y, n, rate, 2), sum, 1e-10, events);
        }
    }

    [Fact]
    public void Interrupted_and_gone_on_with_it_is_the_same()
    {
        var rate = new GammaRate(8, 400);
        var whole = new LearningCusum(2);
        var first = new LearningCusum(2);
        whole.Add(3, 40, rate, 5);
        first.Add(3, 40, rate, 5);
        var second = LearningCusum.From(2, first.Since);
        Assert.Equal(whole.Add(2, 40, rate, 5), second.Add(2, 40, rate, 5));
        Assert.Equal(0, new LearningCusum(2).Add(0, 0, rate, 5).Weight);
        Assert.Throws<ArgumentOutOfRangeException>(() => new LearningCusum(1));
    }

    [Fact]
    public void A_seeded_simulation_confirms_the_thresholds()
    {
        var random = new Random(11);
        var table = new ReferenceTable("learning_cusum_thresholds.csv").Rows.ToDictionary(r =>
            (r.Number("shape"), r.Number("mu_per_month"), r.Number("alpha_per_stream_year")));
        foreach (var (shape, mean, alpha) in new[] { (8.0, 4.0, 0.05), (12.0, 8.0, 0.03125), (40.0, 2.0, 0.05) })
        {
            double h = LearningCusumThreshold.For(shape, mean, alpha), wanted = 1 - Math.Pow(1 - table[(shape, mean, alpha)].Number("attained_per_year"), 5);
            const int streams = 12_000;
            int ever = 0;
            var rate = new GammaRate(shape, shape / mean);
            for (int i = 0; i < streams; i++)
            {
                double own = Draw.Gamma(random, shape) * mean / shape;
                var chart = new LearningCusum(2);
                for (int t = 0; t < 60; t++) if (chart.Add(Draw.Poisson(random, own), 1, rate, h).Signal) { ever++; break; }
            }
            double error = Math.Sqrt(wanted * (1 - wanted) / streams);
            Assert.InRange((double)ever / streams, wanted - 3 * error, wanted + 3 * error);
        }
    }

    // h and what it attains a year, from a simulation in R of 200,000 streams of 60 months each: rates from rgamma, counts from rpois, the weights as in the reference's definition, seed 20261129.
    [Theory]
    [InlineData(12, 1, 0.005, 3.126782, 0.00487)]
    [InlineData(20, 4, 0.005, 3.841868, 0.00502)]
    [InlineData(50, 2, 0.005, 4.829994, 0.00501)]
    [InlineData(4, 2, 0.01, 1.703517, 0.00995)]
    [InlineData(12, 4, 0.01, 2.904053, 0.00972)]
    [InlineData(20, 0.2, 0.01, 2.417587, 0.00974)]
    [InlineData(8, 2, 0.02, 2.180455, 0.01972)]
    [InlineData(20, 0.5, 0.02, 2.685597, 0.02008)]
    [InlineData(50, 30, 0.02, 4.070367, 0.01649)]
    [InlineData(4, 16, 0.05, 1.102192, 0.05029)]
    [InlineData(8, 1, 0.05, 1.823318, 0.04978)]
    [InlineData(50, 8, 0.05, 3.287234, 0.04904)]
    public void Thresholds_for_half_as_many_attain_what_a_simulation_elsewhere_found(double shape, double mean, double alpha, double h, double attained)
    {
        Assert.Equal(h, LearningCusumThreshold.ForHalving(shape, mean, alpha), 5e-7);
        double[] signalled = new double[60];
        LearningCusumFalseAlarm.SignalProbability(shape, mean, 0.5, LearningCusumThreshold.ForHalving(shape, mean, alpha), signalled);
        double p = 1 - Math.Pow(1 - attained, 5), error = Math.Sqrt(p * (1 - p) / 200_000);
        Assert.InRange(signalled[59], p - 3.5 * error, p + 3.5 * error);
        Assert.InRange(attained, 0.75 * alpha, 1.02 * alpha);
    }

    [Fact]
    public void Between_its_knots_the_threshold_for_half_as_many_keeps_near_its_budget()
    {
        var random = new Random(5);
        double[] signalled = new double[60];
        var over = new List<double>();
        for (int i = 0; i < 80; i++)
        {
            double shape = 2 * Math.Pow(25, random.NextDouble()), mean = 0.2 * Math.Pow(100, random.NextDouble()), alpha = 0.005 * Math.Pow(10, random.NextDouble());
            LearningCusumFalseAlarm.SignalProbability(shape, mean, 0.5, LearningCusumThreshold.ForHalving(shape, mean, alpha), signalled);
            over.Add((1 - Math.Pow(1 - signalled[59], 0.2)) / alpha);
        }
        Assert.True(over.Max() <= 1.6 && over.Average() is > 0.85 and < 1.05 && over.Count(o => o > 1.1) <= 16, $"{over.Max()}, {over.Average()}, {over.Count(o => o > 1.1)}");
    }

    /// <summary>
    /// Ordinary CUSUM with an uncertain rate (48 rows, exact) and increments that go on learning through every zero
    /// (24 rows, simulated). A doubling begins after twelve months, and detection counts among
    /// those without a signal by then. The learning rows are not the <see cref="LearningCusum"/>: that one forgets at zero.
    /// </summary>
    [Fact]
    public void Operating_characteristics_with_an_uncertain_baseline_are_reproduced()
    {
        double[] falsely = new double[60], truly = new double[60];
        var random = new Random(17);
        foreach (var row in new ReferenceTable("oc_uncertain_baseline.csv").Rows)
        {
            double shape = row.Number("baseline_shape"), mean = row.Number("mu_per_month"), h = row.Number("h"), simulated = 0;
            if (row["method"].StartsWith("learning", StringComparison.Ordinal))
            {
                const int streams = 4000;
                Learning(random, shape, mean, h, streams, falsely, truly);
                simulated = 1.0 / streams;
            }
            else
            {
                LearningCusumFalseAlarm.PlugInSignalProbability(shape, mean, 2, h, falsely);
                LearningCusumFalseAlarm.PlugInSignalProbability(shape, mean, 2, h, truly, 2, changeAfter: 12);
            }
            double quiet = 1 - truly[11];
            double Detected(int months) => (truly[11 + months] - truly[11]) / quiet;
            // the reference's own streams are not fewer than that, to judge by its digits
            double Error(double p) => 3 * Math.Sqrt(p * (1 - p) * (simulated + 1 / 48_000.0));
            Close.To(row.Number("false_alarm_per_year"), 1 - Math.Pow(1 - falsely[59], 0.2), 0, row, absolute: Math.Max(0.0005, Error(falsely[59]) / 4));
            Close.To(row.Number("detect_doubling_12m"), Detected(12), 0, row, absolute: 0.005 + Error(Detected(12)));
            Close.To(row.Number("detect_doubling_24m"), Detected(24), 0, row, absolute: 0.005 + Error(Detected(24)));
            // The median is the first month by which half are found; the curve is flat there, so it is compared in probability.
            double median = row.Number("median_months");
            if (!double.IsFinite(median) || median > 48) continue;
            double slack = 0.01 + Error(0.5);
            Assert.True(Detected((int)median) >= 0.5 - slack && (median == 1 || Detected((int)median - 1) <= 0.5 + slack), row.ToString());
        }

        static void Learning(Random random, double shape, double mean, double h, int streams, double[] falsely, double[] truly)
        {
            Array.Clear(falsely);
            Array.Clear(truly);
            foreach (bool changed in new[] { false, true })
            {
                var into = changed ? truly : falsely;
                for (int i = 0; i < streams; i++)
                {
                    double own = Draw.Gamma(random, shape) * mean / shape, s = 0, before = 0, y = 0;
                    for (int t = 0; t < 60; t++)
                    {
                        y += Draw.Poisson(random, changed && t >= 12 ? 2 * own : own);
                        double log = UncertainBaselineEvidence.Log(y, (t + 1) * mean, new GammaRate(shape, shape), 2);
                        s = Math.Max(0, s + log - before);
                        before = log;
                        if (s < h) continue;
                        for (int later = t; later < 60; later++) into[later] += 1.0 / streams;
                        break;
                    }
                }
            }
        }
    }

    [Fact]
    public void Sequential_evidence_agrees_on_every_row()
    {
        foreach (var path in new ReferenceTable("sequential_uncertain_baseline.csv").Rows.GroupBy(row => row["path"]))
        {
            double previous = 0, events = 0, sessions = 0;
            foreach (var row in path)
            {
                Assert.Equal((row.Number("cum_y"), row.Number("cum_n")), (events += row.Number("y"), sessions += row.Number("n")));
                var baseline = new GammaRate(row.Number("a0"), row.Number("b0"));
                double y = row.Number("cum_y"), n = row.Number("cum_n"), log = UncertainBaselineEvidence.Log(y, n, baseline, 2);
                void Is(string column, double actual) => Close.To(row.Number(column), actual, 0, row, absolute: 1e-9);
                Is("log_e_rho2", log);
                Is("log_e_mix_1p5_2_3_5", UncertainBaselineEvidence.LogMixture(y, n, baseline));
                Is("log_lr_plugin_rho2", CusumWeight.Poisson(y, n * baseline.Mean, 2));
                Is("cusum_increment_rho2", log - previous);
                Is("predictive_p_ge", baseline.Predict(n).AtLeast((long)y));
                previous = log;
            }
        }
    }

    [Fact]
    public void MaxSprt_critical_values_agree_with_Sequential()
    {
        foreach (var row in new ReferenceTable("maxsprt_cv.csv").Rows)
        {
            double cv = MaxSprt.CriticalValue(row.Number("T"), row.Number("alpha"), (int)row.Count("M"))!.Value;
            Close.To(row.Number("cv"), cv, 1e-5, row);
            Close.To(row.Number("alpha"), MaxSprt.SignalProbability(row.Number("T"), row.Number("cv"), (int)row.Count("M")), 1e-4, row);
        }
        Assert.Equal(0, MaxSprt.LogLikelihoodRatio(2, 3));
    }

    // R: the chance of no signal as a product of dpois steps between the expectations at which c events just reach the value, solved by uniroot.
    [Theory]
    [InlineData(10, 0.05, 1, 3.46795158033)]
    [InlineData(10, 0.05, 4, 2.92156132979)]
    [InlineData(5, 0.05, 2, 3.01290868171)]
    [InlineData(1, 0.05, 3, 1.77421784631)]
    [InlineData(20, 0.01, 5, 4.88834187182)]
    [InlineData(2, 0.01, 6, 3.13409390914)]
    public void MaxSprt_critical_values_heed_the_least_number_of_events(double horizon, double alpha, int least, double value) =>
        Close.To(value, MaxSprt.CriticalValue(horizon, alpha, least)!.Value, 1e-7, least);

    [Fact]      // R: 1 - ppois(5, 2) = 0.0166 bounds the chance of six events, so that 0.05 can't be attained
    public void Where_no_value_attains_the_level_there_is_none() => Assert.Null(MaxSprt.CriticalValue(2, 0.05, 6));
}
