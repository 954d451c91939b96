namespace SafetyAudit.Statistics.Tests;

/// <summary>Charts of series that say little: no events, no variation, one point, frozen on any of these; and what may not be asked.</summary>
public class DegenerateChartTests
{
    static readonly LimitMethod[] Methods = [LimitMethod.Exact, LimitMethod.ThreeSigma];

    public static TheoryData<ChartKind> Kinds => [.. Enum.GetValues<ChartKind>()];

    static ChartValue[] Values(params double[] events) => [.. events.Select(e => new ChartValue(e, 20))];

    static ChartPhase Frozen(int points) => new(0, Frozen: points);

    // A rule of any set that any point is part of.
    static bool AnyRule(ControlChart chart)
    {
        bool any = false;
        for (int phase = 0; phase < chart.Phases.Length; phase++)
        {
            var points = chart.PointsOf(phase);
            var western = new WesternElectricRules[points.Length];
            var nelson = new NelsonRules[points.Length];
            var nhs = new MakingDataCountRules[points.Length];
            WesternElectric.Find(points, western);
            Nelson.Find(points, nelson);
            MakingDataCount.Find(points, nhs);
            any |= western.Any(r => r != 0) || nelson.Any(r => r != 0) || nhs.Any(r => r != 0) || Anhoj.Judge(points).Signal;
        }
        return any;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_baseline_without_events_or_variation_has_a_centre_and_no_limits_and_no_rule_of_any_set_signals(ChartKind kind)
    {
        bool share = kind is ChartKind.P or ChartKind.LaneyP, counts = kind is not (ChartKind.XmR or ChartKind.G or ChartKind.T);
        var alike = kind is ChartKind.XmR or ChartKind.LaneyU or ChartKind.LaneyP ? 3.0 : 0;
        foreach (var method in Methods)
        {
            Judge(0, counts ? ChartState.NoEvents : ChartState.NoVariation);
            if (alike > 0) Judge(alike, ChartState.NoVariation);
            if (share) Judge(20, ChartState.NoVariation);
            if (kind == ChartKind.T && method == LimitMethod.ThreeSigma) Judge(7, ChartState.NoVariation);

            void Judge(double same, ChartState expected)
            {
                double[] baseline = [.. Enumerable.Repeat(same, 6)];
                double[] rising = [.. Enumerable.Range(1, 14).Select(i => share ? Math.Abs(same - i) : same + i)];
                foreach (double[] later in (double[][])[[], [same + (same > 0 ? -1 : 1)], rising, [same, .. rising],
                    [.. rising.Select((v, i) => i % 2 == 0 ? same : v)]])
                {
                    var chart = ControlChart.Draw(kind, Values([.. baseline, .. later]), new(method), [Frozen(6)]);
                    Assert.Equal(expected, chart.Phases[0].State);
                    foreach (var point in chart.Points)
                    {
                        Assert.Null(point.Limits);
                        Assert.NotNull(point.Centre);
                        Assert.Equal(LimitSignal.None, point.Signal);
                    }
                    Assert.False(AnyRule(chart), $"{kind} {method} {expected}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_rule_set_can_be_asked_about_every_poor_series(ChartKind kind)
    {
        double nan = double.NaN;
        double[][] series =
        [
            [], [nan], [3], [nan, nan, 3], [0], [0, 0], [0, 1], [3, 3, 3, 3], [0, 0, 0, 0, 0, 0, 1, 1], [3, 3, 3, 3, 3, 3, 4, 4], [5, 5, 5, 5, 5, 5, 6, 7, 8],
            [.. Enumerable.Repeat(1e-300, 5)], [.. Enumerable.Repeat(0.1, 12), 0.3], [.. Enumerable.Range(0, 300).Select(i => i % 7 * 1.0)],
        ];
        foreach (var method in Methods)
            foreach (double[] one in series)
                foreach (int frozen in new[] { 0, 1, 6, 1000 })
                {
                    var chart = ControlChart.Draw(kind, Values(one), new(method), [Frozen(frozen)]);
                    bool said = AnyRule(chart);
                    if (chart.Phases[0].State != ChartState.Drawn) Assert.False(said);
                }
    }

    [Fact]
    public void Trends_and_alternations_are_read_from_the_plotted_rates_and_not_from_their_scores()
    {
        // A rate of 0.3 throughout while exposure grows: nothing rises, whatever the scores do.
        var level = ControlChart.Draw(ChartKind.U, [.. Enumerable.Range(1, 8).Select(i => new ChartValue(30 * i, 100 * i)), new ChartValue(100, 200)]);
        // Truly rising rates while exposure falls so fast that the scores fall too.
        double[] rates = [0.30, 0.31, 0.32, 0.33, 0.34, 0.35, 0.36, 0.37], exposure = [6400, 3200, 1600, 800, 400, 200, 100, 50];
        var rising = ControlChart.Draw(ChartKind.U, [.. rates.Zip(exposure, (r, n) => new ChartValue(r * n, n)), new ChartValue(0, 3000)]);
        var levelNelson = new NelsonRules[9];
        var levelNhs = new MakingDataCountRules[9];
        Nelson.Find(level.Points, levelNelson);
        MakingDataCount.Find(level.Points, levelNhs);
        Assert.All(levelNelson[..8], r => Assert.False(r.HasFlag(NelsonRules.SixTrend)));
        Assert.All(levelNhs, r => Assert.Equal(MakingDataCountRules.None, r & (MakingDataCountRules.SevenRising | MakingDataCountRules.SevenFalling)));
        var nelson = new NelsonRules[9];
        var nhs = new MakingDataCountRules[9];
        Nelson.Find(rising.Points, nelson);
        MakingDataCount.Find(rising.Points, nhs);
        Assert.Equal([false, false, false, false, false, true, true, true, false], nelson.Select(r => r.HasFlag(NelsonRules.SixTrend)));
        Assert.All(nhs[..8], r => Assert.True(r.HasFlag(MakingDataCountRules.SevenRising)));
        Assert.DoesNotContain(nhs, r => r.HasFlag(MakingDataCountRules.SevenFalling));

        // Rates that go up and down while the exposure makes every score a step upwards of the one before or level with it.
        var swinging = ControlChart.Draw(ChartKind.P, [.. Enumerable.Range(0, 14).Select(i => new ChartValue(i % 2 == 0 ? 30 : 62, i % 2 == 0 ? 100 : 200))]);
        var last = new NelsonRules[14];
        Nelson.Find(swinging.Points, last);
        Assert.True(last[13].HasFlag(NelsonRules.FourteenAlternating));
    }

    [Fact]
    public void Options_made_without_any_argument_are_the_defaults_and_nonsense_is_refused()
    {
        var values = Values(3, 5, 2, 6);
        var plain = ControlChart.Draw(ChartKind.XmR, values);
        Assert.Equal(MovingRange.ExactSigma, new ChartOptions().SigmaPerRange);
        Assert.Equal(plain.Points[0], ControlChart.Draw(ChartKind.XmR, values, new ChartOptions()).Points[0]);
        Assert.Equal(plain.Points[0], ControlChart.Draw(ChartKind.XmR, values, default(ChartOptions)).Points[0]);
        foreach (double nonsense in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new ChartOptions(SigmaPerRange: nonsense));
            Assert.Throws<ArgumentOutOfRangeException>(() => new ChartOptions() with { SigmaPerRange = nonsense });
        }
    }

    [Fact]
    public void A_later_phase_has_a_reason_and_a_later_start()
    {
        var values = Values(1, 2, 3, 4, 5, 6);
        ControlChart With(params ChartPhase[] phases) => ControlChart.Draw(ChartKind.U, values, null, phases);
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new(0), new(2)));
        Assert.Throws<ArgumentException>(() => With(new(0), new(0, RebaseReason.PracticeChanged)));
        Assert.Throws<ArgumentException>(() => With(new(0), new(3, RebaseReason.PracticeChanged), new(3, RebaseReason.RecordingChanged)));
        Assert.Throws<ArgumentException>(() => With(new(0), new(7, RebaseReason.PracticeChanged)));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(new ChartPhase(0, Frozen: -2)));
        Assert.Equal(2, With(new(0), new(3, RebaseReason.BaselineChanged)).Phases.Length);
        // A phase that begins with the next point, not yet there.
        Assert.Equal(ChartState.NoPoints, With(new(0), new(6, RebaseReason.BaselineChanged)).Phases[1].State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Impossible_values_are_refused_and_faulty_ones_have_a_state(ChartKind kind)
    {
        void Refused(ChartValue value) => Assert.Throws<ArgumentOutOfRangeException>(() => ControlChart.Draw(kind, [new(1, 20), new(2, 20), value]));
        PointState State(ChartValue value) => ControlChart.Draw(kind, [new(1, 20), new(2, 20), value]).Points[2].State;
        bool rate = kind is ChartKind.U or ChartKind.P or ChartKind.LaneyU or ChartKind.LaneyP;
        Refused(new(double.PositiveInfinity, 20));
        Refused(new(double.NegativeInfinity, 20));
        if (kind == ChartKind.XmR) Assert.Equal(PointState.Assessed, State(new(-1, 20)));
        else Refused(new(-1, 20));
        if (kind is not (ChartKind.XmR or ChartKind.T)) Refused(new(1e19, 1e19));
        Assert.Equal(PointState.Missing, State(new(double.NaN, 20)));
        if (!rate) return;
        Refused(new(1, -1));
        Refused(new(1, double.PositiveInfinity));
        Assert.Equal(PointState.Missing, State(new(1, double.NaN)));
        Assert.Equal(PointState.NoExposure, State(new(0, 0)));
        Assert.Equal(PointState.EventsWithoutExposure, State(new(1, 0)));
        Assert.Equal(kind is ChartKind.P or ChartKind.LaneyP ? PointState.MoreEventsThanSessions : PointState.Assessed, State(new(21, 20)));
    }

    [Fact]
    public void Standard_errors_of_times_between_events_agree_with_R()
    {
        var gaps = Values(12, 30, 7, 55, 18, 21, 40, 9);
        // The standard deviation of an exponential time is its mean, 24 here.
        Assert.Equal(24, ControlChart.Draw(ChartKind.T, gaps).Points[0].Limits!.Value.StandardError, 12);
        // R: r <- gaps^(1/3.6); e <- mean(abs(diff(r)))*sqrt(pi)/2; (mean(r) + e)^3.6 - mean(r)^3.6
        Close.To(29.0152636344874, ControlChart.Draw(ChartKind.T, gaps, new(LimitMethod.ThreeSigma)).Points[0].Limits!.Value.StandardError, 1e-12, "T");
    }

    [Theory]      // R: qgeom(0.5^k, 0.5, lower.tail = FALSE) and qgeom(1e-13, 0.5)
    [InlineData(29)]
    [InlineData(31)]
    [InlineData(39)]
    public void A_gap_whose_tail_meets_the_level_exactly_is_the_limit(int k)
    {
        Assert.Equal(k - 1, ExactChartLimits.GapUpper(0.5, Math.Pow(0.5, k)));
        Assert.Equal(0, ExactChartLimits.GapLower(0.5, 1e-13));
    }

    [Fact]
    public void Laneys_factor_heeds_the_standard_deviations_per_range()      // R: mean(abs(diff((x/n - c)/sqrt(c/n)))) * 2.66/3; with c(1 - c) for p
    {
        ChartValue[] values = [new(30, 1000), new(52, 1500), new(21, 800), new(44, 1100), new(60, 2000), new(28, 900)];
        var nhs = new ChartOptions(SigmaPerRange: MovingRange.MakingDataCountSigma);
        Close.To(1.26381327968621, ControlChart.Draw(ChartKind.LaneyU, values, nhs).Phases[0].SigmaZ!.Value, 1e-12, "u");
        Close.To(1.26318649308572, ControlChart.Draw(ChartKind.LaneyU, values).Phases[0].SigmaZ!.Value, 1e-12, "u");
        Close.To(1.28466017620066, ControlChart.Draw(ChartKind.LaneyP, values, nhs).Phases[0].SigmaZ!.Value, 1e-12, "p");
        Close.To(1.28402305060816, ControlChart.Draw(ChartKind.LaneyP, values).Phases[0].SigmaZ!.Value, 1e-12, "p");
    }

    static ChartPoint Point(double value, double centre = 0) =>
        new(PointState.Assessed, value, centre, new ChartLimits(centre - 3, centre + 3, centre - 2, centre + 2, 1), LimitSignal.None);

    [Theory]
    [InlineData(0.99, true)]
    [InlineData(1.0, false)]
    [InlineData(1.01, false)]
    public void Fifteen_within_one_standard_error_are_all_nearer_than_one(double last, bool within)
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 14).Select(i => Point(i % 2 == 0 ? 0.3 : -0.4)), Point(last)];
        var signals = new NelsonRules[15];
        Nelson.Find(points, signals);
        Assert.Equal(within, signals[14].HasFlag(NelsonRules.FifteenWithin));
    }

    [Fact]
    public void A_point_off_the_centre_by_a_rounding_alone_is_on_it_and_breaks_a_run()
    {
        const double centre = 0.3;
        Assert.NotEqual(centre, 0.1 + 0.2);
        ChartPoint[] points = [.. Enumerable.Range(0, 10).Select(i => Point(i == 5 ? 0.1 + 0.2 : 0.35 + i % 2 * 0.02, centre))];
        var western = new WesternElectricRules[10];
        WesternElectric.Find(points, western);
        Assert.All(western, r => Assert.Equal(WesternElectricRules.None, r));
        points[5] = Point(0.36, centre);
        WesternElectric.Find(points, western);
        Assert.Equal(WesternElectricRules.EightOnOneSide, western[9]);
    }

    [Fact]
    public void Run_rules_allocate_nothing_in_long_phases()
    {
        ChartPoint[] points = [.. Enumerable.Range(0, 1000).Select(i => Point(Math.Sin(i)))];
        var western = new WesternElectricRules[1000];
        var nelson = new NelsonRules[1000];
        var nhs = new MakingDataCountRules[1000];
        void All()
        {
            WesternElectric.Find(points, western);
            Nelson.Find(points, nelson);
            MakingDataCount.Find(points, nhs);
        }
        All();
        long before = GC.GetAllocatedBytesForCurrentThread();
        All();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
