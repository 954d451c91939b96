namespace SafetyAudit.Benchmarks;

using SafetyAudit.Statistics;

/// <summary>The workloads; inputs are the same formulas as in <c>workloads.R</c>, so that the checksums must agree.</summary>
static class Workloads
{
    /// <param name="Name">As in the R script.</param>
    /// <param name="Target">Wanted ratio over base R, or null.</param>
    /// <param name="Peer">Seconds of a peer tool measured on the same kind of machine, or null.</param>
    /// <param name="PeerTarget">Wanted ratio over that peer.</param>
    /// <param name="Run">One run; answers a checksum.</param>
    public sealed record Workload(string Name, double? Target, (string Tool, double Seconds)? Peer, double? PeerTarget, Func<double> Run);

    static double Mix(long i, long m) => i * 7919 % m;

    public static IEnumerable<Workload> All()
    {
        double[] expected = [.. Enumerable.Range(0, 10_000).Select(i => 0.05 + Mix(i, 10_000) / 10_000 * 200)];
        long[] observed = [.. Enumerable.Range(0, 10_000).Select(i => (long)Mix(i * 3L, 220))];
        var limits = new ControlLimits[expected.Length];
        yield return new("W1 funnel, 10,000 units, four exact limits and flags", 5, ("PHEindicatormethods", 3.2), null, () =>
        {
            FunnelLimits.For(expected, double.PositiveInfinity, limits);
            double sum = 0;
            for (int i = 0; i < limits.Length; i++)
            {
                var l = limits[i];
                int flag = l.PositionOf(observed[i]) switch { Position.Above998 => 2, Position.Above95 => 1, Position.Below998 => -2, Position.Below95 => -1, _ => 0 };
                sum += l.Lower998 + l.Lower95 + l.Upper95 + l.Upper998 + flag;
            }
            return sum;
        });
        yield return new("W1 exact curve, 100 points, four lines", null, ("PHEindicatormethods", 0.70), 5, () =>
        {
            double sum = 0;
            for (int y = 1; y <= 100; y++)
                sum += FunnelCurve.ExpectedWhereHigh(y, 0.001) + FunnelCurve.ExpectedWhereHigh(y, 0.025) + FunnelCurve.ExpectedWhereLow(y, 0.025) + FunnelCurve.ExpectedWhereLow(y, 0.001);
            return sum;
        });

        const int series = 1000, points = 60;
        var values = new ChartValue[series * points];
        for (int i = 0; i < values.Length; i++) values[i] = new(Mix((i + 1) * 13L, 7), 20 + Mix(i + 1, 100));
        var western = new WesternElectricRules[points];
        var nhs = new MakingDataCountRules[points];
        ChartOptions sigma = new(LimitMethod.ThreeSigma), nhsOptions = new(LimitMethod.ThreeSigma, ScreenRanges: true, MovingRange.MakingDataCountSigma);
        yield return new("W2 u chart + Western Electric, 1,000 series of 60", null, ("qcc", 0.99), 20, () =>
        {
            double signals = 0;
            for (int s = 0; s < series; s++)
            {
                var chart = ControlChart.Draw(ChartKind.U, values.AsSpan(s * points, points), sigma);
                WesternElectric.Find(chart.Points, western);
                foreach (var found in western) if (found != WesternElectricRules.None) signals++;
            }
            return signals;
        });
        yield return new("W2 u chart + Anhoj, 1,000 series of 60", null, ("qicharts2", 54), 20, () =>
        {
            double signals = 0;
            for (int s = 0; s < series; s++) if (Anhoj.Judge(ControlChart.Draw(ChartKind.U, values.AsSpan(s * points, points), sigma).Points).Signal) signals++;
            return signals;
        });
        yield return new("W2 u chart, exact limits + Western Electric, 1,000 series of 60", null, null, null, () =>
        {
            double signals = 0;
            for (int s = 0; s < series; s++)
            {
                var chart = ControlChart.Draw(ChartKind.U, values.AsSpan(s * points, points));
                WesternElectric.Find(chart.Points, western);
                foreach (var found in western) if (found != WesternElectricRules.None) signals++;
            }
            return signals;
        });
        yield return new("W2 XmR + Making Data Count, 1,000 series of 60", null, ("NHSRplotthedots", 3.6), 20, () =>
        {
            double signals = 0;
            for (int s = 0; s < series; s++)
            {
                var chart = ControlChart.Draw(ChartKind.XmR, values.AsSpan(s * points, points), nhsOptions);
                MakingDataCount.Find(chart.Points, nhs);
                foreach (var found in nhs) if (found != MakingDataCountRules.None) signals++;
            }
            return signals;
        });

        const int cases = 1_000_000;
        bool[] events = [.. Enumerable.Range(0, cases).Select(i => Mix(i, 100) < 5)];
        double[] risks = [.. Enumerable.Range(0, cases).Select(i => 0.02 + Mix(i * 17L, 1000) / 1000 * 0.08)], path = new double[cases];
        yield return new("W3 risk-adjusted CUSUM path, 1e6 cases", 10, ("cusum", 1.5), null, () =>
        {
            Cusum.Path(events, risks, 2, 4.5, path);
            double sum = 0;
            foreach (double s in path) sum += s;
            return sum;
        });

        long[] counts = [.. Enumerable.Range(0, cases).Select(i => (long)Mix(i, 500))], different = [.. Enumerable.Range(1, cases).Select(i => (long)i)];
        var intervals = new Interval[cases];
        double Exact(long[] of)
        {
            PoissonInterval.Exact(of, intervals);
            double sum = 0;
            foreach (var interval in intervals) sum += interval.Lower + interval.Upper;
            return sum;
        }
        yield return new("W4 Poisson exact interval, 1e6, counts below 500", 3, ("epitools", 214), 100, () => Exact(counts));
        yield return new("W4 Poisson exact interval, 1e6 different counts", 3, null, null, () => Exact(different));
        yield return new("W5 Clopper-Pearson, 1e6", 3, ("statsmodels", 2.6), null, () =>
        {
            double sum = 0;
            for (int i = 0; i < cases; i++)
            {
                int n = 20 + i % 480;
                var interval = BinomialInterval.Exact(i * 31L % (n + 1), n);
                sum += interval.Lower + interval.Upper;
            }
            return sum;
        });
        yield return new("W6 mid-P Poisson, 1,000", 3, ("exactci", 0.27), 100, () =>
        {
            double sum = 0;
            for (int y = 1; y <= 1000; y++)
            {
                var interval = PoissonInterval.MidP(y);
                sum += interval.Lower + interval.Upper;
            }
            return sum;
        });
        yield return new("W6 mid-P binomial, 1,000", 3, ("exactci", 0.57), 100, () =>
        {
            double sum = 0;
            for (int x = 1; x <= 1000; x++)
            {
                var interval = BinomialInterval.MidP(x, 2000);
                sum += interval.Lower + interval.Upper;
            }
            return sum;
        });

        RiskStratum[] mix = [new(1, 0.05)];
        yield return new("W7 one ARL, 600 states, paired rounding", null, null, null, () => RunLength.Bernoulli(mix, 2, 4.5, 1, 600));
        yield return new("W7 one ARL, 1,500 states", null, ("vlad", 0.032), 1, () => RunLength.Bernoulli(mix, 2, 4.5));
        yield return new("W7 one threshold for a wanted ARL", null, ("vlad", 0.31), 1, () => RunLength.ThresholdFor(mix, 2, 2400));
        yield return new("W7 one threshold for a yearly budget, exact", null, null, null, () => MonthlyCusum.ThresholdFor(2, 2, 0.00625).Threshold);
        yield return new("W7 one learning threshold, exact", null, null, null, () => LearningCusumFalseAlarm.ThresholdFor(12, 2, 2, 0.00625).Threshold);

        (double, double)[] cells = [.. Enumerable.Range(1, 10_000).Select(i =>
        {
            double e = 0.5 + Mix(i, 997) / 100;
            return (Math.Floor(e * (0.4 + Mix(i * 7L, 1009) / 800)), e);
        })];
        yield return new("W8 gamma-Poisson fit, 10,000 cells", null, ("glm.nb", 0.12), 1, () => -Shrinkage.Fit(cells).LogLikelihood(cells));
        yield return new("W8 two-gamma fit with EB05 and EB95, 10,000 cells", null, ("openEBGM", 5.1), 1, () =>
        {
            var fit = TwoGammaShrinkage.Fit(cells, new(2, 1, 8, 9, 0.5));
            double log = 0, quantiles = 0;
            foreach (var (o, e) in cells)
            {
                quantiles += fit.Quantile(o, e, 0.05) + fit.Quantile(o, e, 0.95);
                log -= Math.Log(fit.P * NegativeBinomial.WithMean(fit.Alpha1, fit.Alpha1 / fit.Beta1 * e).Mass((long)o) + (1 - fit.P) * NegativeBinomial.WithMean(fit.Alpha2, fit.Alpha2 / fit.Beta2 * e).Mass((long)o));
            }
            return quantiles > 0 ? log : 0;
        });

        double[] factors = new double[4 * cases], outcomes = new double[cases];
        for (int i = 0; i < cases; i++)
        {
            var x = factors.AsSpan(4 * i, 4);
            (x[0], x[1], x[2], x[3]) = (Mix(i, 100) / 50 - 1, Mix(i * 3L, 2), Mix(i * 7L, 10) / 10, Mix(i * 11L, 5) / 5);
            outcomes[i] = Mix(i * 13L, 997) / 997 < 1 / (1 + Math.Exp(2 - 0.5 * x[0] - 0.3 * x[1] + 0.4 * x[2])) ? 1 : 0;
        }
        yield return new("W9 logistic model, 1e6 cases, 4 factors", null, null, null, () =>
        {
            double sum = 0;
            foreach (double b in CaseMixModel.Fit(CaseMixFamily.Logistic, outcomes, factors, 4).Coefficients) sum += b;
            return sum;
        });

        double[] p = [.. Enumerable.Range(0, cases).Select(i => (i * 7919L + 13) % 1_000_003 / 1_000_003.0)], adjusted = new double[cases];
        yield return new("W10 Benjamini-Hochberg, 1e6", null, null, null, () =>
        {
            FalseDiscovery.BenjaminiHochberg(p, adjusted);
            double sum = 0;
            foreach (double q in adjusted) sum += q;
            return sum;
        });

        double[] shapes = [.. Enumerable.Range(0, cases).Select(i => 2 + Mix(i, 400) / 10)], means = [.. Enumerable.Range(0, cases).Select(i => 0.1 + Mix(i * 3L, 3000) / 100)];
        yield return new("W11 negative binomial tail and mass, 1e6", null, null, null, () =>
        {
            double sum = 0;
            for (int i = 0; i < cases; i++)
            {
                var at = NegativeBinomial.WithMean(shapes[i], means[i]);
                long y = (long)Mix(i * 5L, 40);
                sum += at.AtLeast(y) + at.Mass(y);
            }
            return sum;
        });

        yield return new("A month of 200 practitioners x 9 families x 36 months: CUSUMs, thresholds, limits, charts, review list", null, null, null, GroupOfPractitioners);
    }

    /// <summary>Thirty-six months of a large group, the last two years judged: peers, spread, thresholds from the table, learning
    /// CUSUMs both ways, false discovery, funnel limits, and one chart with rules per stream.</summary>
    static double GroupOfPractitioners()
    {
        const int practitioners = 200, families = 9, months = 36;
        double[] rates = [0.19, 0.0755, 0.0219, 0.01, 0.005, 0.0026, 0.001, 0.0005, 0.0001];
        GammaRate[] priors = [.. rates.Select(r => GammaRate.Published(r, 10))];
        var group = new PeerMonitoring(priors, practitioners);
        int streams = group.Streams;
        double[] events = new double[streams], sessions = new double[streams], up = new double[streams], down = new double[streams];
        var results = new PeerResult[streams];
        var history = new ChartValue[streams * months];
        var random = new Random(1);
        double checksum = 0;
        for (int t = 0; t < months; t++)
        {
            for (int s = 0; s < streams; s++)
            {
                sessions[s] = 5 + s % practitioners / 2;
                events[s] = Count(random, rates[s / practitioners] * sessions[s]);
                history[s * months + t] = new(events[s], sessions[s]);
            }
            if (t < 12)
            {
                group.Learn(events, sessions);
                continue;
            }
            for (int s = 0; s < streams; s++)
            {
                double mean = sessions[s] * rates[s / practitioners];
                up[s] = down[s] = LearningCusumThreshold.For(12, mean, 0.05 / families);
            }
            group.Judge(events, sessions, up, down, results);
            foreach (var r in results) checksum += r.Up.Value + r.HighAdjusted;
        }
        var western = new WesternElectricRules[months];
        for (int s = 0; s < streams; s++)
        {
            checksum += ControlLimits.For(results[s].Window).Upper998;
            var chart = ControlChart.Draw(ChartKind.U, history.AsSpan(s * months, months));
            WesternElectric.Find(chart.Points, western);
            checksum += Anhoj.Judge(chart.Points).LongestRun;
        }
        return checksum;
    }

    static int Count(Random random, double mean)
    {
        double limit = Math.Exp(-mean), product = random.NextDouble();
        int count = 0;
        for (; product > limit; count++) product *= random.NextDouble();
        return count;
    }
}
