using FsCheck;
using FsCheck.Fluent;

namespace SafetyAudit.Statistics.Tests;

public class ControlChartTests
{
    static readonly ChartOptions Qicharts2 = new(LimitMethod.ThreeSigma, SigmaPerRange: MovingRange.RoundedSigma);

    static ChartKind KindOf(string chart) => chart switch
    {
        "u" => ChartKind.U, "p" => ChartKind.P, "c" => ChartKind.C, "g" => ChartKind.G, "i" => ChartKind.XmR, "t" => ChartKind.T, "up" =>
            ChartKind.LaneyU, "pp" => ChartKind.LaneyP,
        _ => throw new InvalidOperationException(chart),
    };

    static ControlChart DrawSeries(List<ReferenceTable.Row> rows)
    {
        ChartValue[] values = [.. rows.Select(r =>
            new ChartValue(r.Number("numerator"), r.Has("denominator") ? r.Number("denominator") : 1, Excluded: !r.Flag("included")))];
        var phases = new List<ChartPhase>();
        for (int i = 0; i < rows.Count; i++)
        {
            if (i > 0 && rows[i]["part"] == rows[i - 1]["part"]) continue;
            var part = rows.Skip(i).TakeWhile(r => r["part"] == rows[i]["part"]).ToList();
            int frozen = part.TakeWhile(r => r.Flag("in_baseline")).Count();
            phases.Add(new(i, i == 0 ? RebaseReason.FirstPhase : RebaseReason.PracticeChanged, frozen == part.Count ? 0 : frozen));
        }
        return ControlChart.Draw(KindOf(rows[0]["chart"]), values, Qicharts2
            with { ScreenRanges = rows[0].Has("mr_screening") && rows[0]["mr_screening"] == "TRUE" }, [.. phases]);
    }

    [Fact]
    public void Every_point_of_every_chart_agrees_with_qicharts2()
    {
        foreach (var series in new ReferenceTable("spc_points.csv").Rows.GroupBy(row => row["series"]))
        {
            var rows = series.ToList();
            var chart = DrawSeries(rows);
            for (int i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                var point = chart.Points[i];
                Close.To(row.Number("value"), point.Value!.Value, 1e-9, row);
                Close.To(row.Number("cl"), point.Centre!.Value, 1e-9, row);
                if (chart.Phases[0].State == ChartState.NoEvents)
                {
                    // The tool draws limits of 0 and 0 where there was no event; here none are drawn and nothing is judged by them.
                    Assert.Equal((0, 0), (row.Number("lcl3"), row.Number("ucl3")));
                    Assert.Null(point.Limits);
                    continue;
                }
                var limits = point.Limits!.Value;
                if (chart.Kind == ChartKind.G)
                {
                    // The tool's g limits are the rejected mean ± 3σ; formed here, in the test alone, to know the tool.
                    // Ours are exact: the tail above them is at most 0.00135, above the tool's 0.018.
                    var baseline = rows.Where(r => r.Flag("in_baseline")).Select(r => r.Number("value")).ToList();
                    double mean = baseline.Average();
                    Close.To(row.Number("ucl3"), mean + 3 * Math.Sqrt(mean * (mean + 1)), 1e-9, row);
                    Close.To(row.Number("ucl2"), mean + 2 * Math.Sqrt(mean * (mean + 1)), 1e-9, row);
                    Assert.Equal((0, 0), (row.Number("lcl3"), row.Number("lcl2")));
                    Assert.Equal(row.Flag("sigma_signal"), row.Number("value") > row.Number("ucl3"));
                    double above = Math.Pow(mean / (mean + 1), limits.Upper + 1), toolsAbove = Math.Pow(mean / (mean + 1), Math.Floor(row.Number("ucl3")) + 1);
                    Assert.InRange(above, 0.00125, 0.00135);
                    Assert.InRange(toolsAbove, 0.017, 0.020);
                    continue;
                }
                Close.To(row.Number("lcl3"), limits.Lower, 1e-9, row, absolute: 1e-15);
                Close.To(row.Number("ucl3"), limits.Upper, 1e-9, row);
                Close.To(row.Number("lcl2"), limits.LowerWarning, 1e-9, row, absolute: 1e-15);
                Close.To(row.Number("ucl2"), limits.UpperWarning, 1e-9, row);
                Assert.True(row.Flag("sigma_signal") == (point.Signal != LimitSignal.None), row.ToString());
            }
        }
    }

    [Fact]
    public void Runs_of_every_series_agree_with_qicharts2()
    {
        var points = new ReferenceTable("spc_points.csv").Rows.ToLookup(row => row["series"]);
        foreach (var row in new ReferenceTable("spc_runs.csv").Rows)
        {
            var chart = DrawSeries([.. points[row["series"]]]);
            int part = (int)row.Count("part") - 1;
            var judged = Anhoj.Judge(chart.PointsOf(part));
            Assert.Equal(KindOf(row["chart"]), chart.Kind);
            Assert.Equal(row.Count("n_obs"), chart.PointsOf(part).ToArray().Count(p => p.State == PointState.Assessed));
            Assert.Equal(row.Count("n_useful"), judged.Useful);
            Assert.True(row.Flag("anhoej_signal") == judged.Signal, row.ToString());
            Assert.Equal(row.Has("longest_run") ? RunsState.Judged : RunsState.NoUsefulPoints, judged.State);
            if (!row.Has("longest_run")) continue;
            Assert.Equal(row.Count("longest_run"), judged.LongestRun);
            Assert.Equal(row.Count("longest_run_max"), judged.LongestRunMost);
            Assert.Equal(row.Count("n_crossings"), judged.Crossings);
            Assert.Equal(row.Count("n_crossings_min"), judged.CrossingsLeast);
        }
    }

    [Fact]
    public void Exact_limits_agree_with_R_on_every_row()
    {
        foreach (var row in new ReferenceTable("spc_exact_limits.csv").Rows)
        {
            double parameter = row.Number("parameter"), tail = row.Number("tail");
            var (lower, upper) = row["chart"] switch
            {
                "c" or "u" => (ExactChartLimits.CountLower(parameter * row.Number("n"), tail),
                    (double)ExactChartLimits.CountUpper(parameter * row.Number("n"), tail)),
                "p" => (ExactChartLimits.ShareLower(parameter, row.Count("n"), tail), ExactChartLimits.ShareUpper(parameter, row.Count("n"), tail)),
                "g" => (ExactChartLimits.GapLower(parameter, tail), ExactChartLimits.GapUpper(parameter, tail)),
                _ => (ExactChartLimits.TimeLower(1 / parameter, tail), ExactChartLimits.TimeUpper(1 / parameter, tail)),
            };
            Close.To(row.Number("lower"), lower, 1e-10, row);
            Close.To(row.Number("upper"), upper, 1e-10, row);
        }
    }

    [Fact]
    public void Run_rules_agree_point_by_point_with_NHSRplotthedots_and_qcc()
    {
        foreach (var group in new ReferenceTable("spc_rules.csv").Rows.GroupBy(row => (Series: row["series"], Set: row["rule_set"])))
        {
            var rows = group.ToList();
            var options = new ChartOptions(LimitMethod.ThreeSigma, group.Key.Series.EndsWith(":screened", StringComparison.Ordinal), group.Key.Set == "NHS_MDC"
                ? MovingRange.MakingDataCountSigma : MovingRange.RoundedSigma);
            var chart = ControlChart.Draw(ChartKind.XmR, [.. rows.Select(r => new ChartValue(r.Number("value")))], options);
            var western = new WesternElectricRules[rows.Count];
            var nelson = new NelsonRules[rows.Count];
            var nhs = new MakingDataCountRules[rows.Count];
            WesternElectric.Find(chart.Points, western);
            Nelson.Find(chart.Points, nelson);
            MakingDataCount.Find(chart.Points, nhs);
            for (int i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                Close.To(row.Number("cl"), chart.Points[i].Centre!.Value, 1e-9, row);
                Close.To(row.Number("lcl"), chart.Points[i].Limits!.Value.Lower, 1e-9, row);
                Close.To(row.Number("ucl"), chart.Points[i].Limits!.Value.Upper, 1e-9, row);
                string ours = group.Key.Set switch
                {
                    "WesternElectric" => Numbers((int)western[i]),
                    "Nelson" => Numbers((int)nelson[i]),
                    _ => NhsName(MakingDataCount.First(nhs[i])),
                };
                Assert.True(row["flag"] == ours, $"{ours} at {row}");
                if (group.Key.Set != "NHS_MDC") continue;
                string note = MakingDataCount.VariationOf(nhs[i]) switch { Variation.Concern => "special_cause_concern", Variation.Improvement =>
                    "special_cause_improvement", _ => "common_cause" };
                Assert.Equal(row["note"], note);
            }
        }

        static string Numbers(int flags) => string.Join('|', Enumerable.Range(0, 8).Where(bit => (flags >> bit & 1) == 1).Select(bit => bit + 1));

        static string NhsName(MakingDataCountRules rule) => rule switch
        {
            MakingDataCountRules.AboveLimit => "Above_UCL", MakingDataCountRules.BelowLimit => "Below_LCL",
            MakingDataCountRules.TwoOfThreeHigh => "2_in_3_Above_CL", MakingDataCountRules.TwoOfThreeLow => "2_in_3_Below_CL",
            MakingDataCountRules.SevenAbove => "7_Points_Above_CL", MakingDataCountRules.SevenBelow => "7_Points_Below_CL",
            MakingDataCountRules.SevenRising => "7_Point_Trend_(Increasing)", MakingDataCountRules.SevenFalling => "7_Point_Trend_(Decreasing)",
            _ => "",
        };
    }

    // Vectors written from each rule's own sentence, in standard errors from the centre line.
    static ChartPoint[] Points(params double[] z) =>
        [.. z.Select(v => new ChartPoint(PointState.Assessed, v, 0, new ChartLimits(-3, 3, -2, 2, 1), v > 3 ? LimitSignal.Above : v < -3 ? LimitSignal.Below
            : LimitSignal.None))];

    [Theory]
    [InlineData(new[] { 0.5, 3.5 }, WesternElectricRules.BeyondLimit)]
    [InlineData(new[] { 2.1, -0.5, 2.1 }, WesternElectricRules.TwoOfThree)]
    [InlineData(new[] { 2.1, -0.5, -2.1 }, WesternElectricRules.None)]                    // not on one side
    [InlineData(new[] { 3.1, 0.5, 2.1 }, WesternElectricRules.TwoOfThree)]                 // beyond three counts here
    [InlineData(new[] { 1.1, 1.1, -0.1, 1.1, 1.1 }, WesternElectricRules.FourOfFive)]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 }, WesternElectricRules.EightOnOneSide)]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0, 0.1, 0.1, 0.1, 0.1 }, WesternElectricRules.None)]      // on the line breaks a run
    public void Western_Electric_rules_by_their_sentences(double[] z, WesternElectricRules last)
    {
        var signals = new WesternElectricRules[z.Length];
        WesternElectric.Find(Points(z), signals);
        Assert.Equal(last, signals[^1]);
    }

    [Theory]
    [InlineData(new[] { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 }, NelsonRules.NineOnOneSide)]
    [InlineData(new[] { -0.5, -0.3, -0.1, 0.1, 0.3, 0.5 }, NelsonRules.SixTrend)]
    [InlineData(new[] { -0.5, -0.3, -0.1, -0.1, 0.3, 0.5 }, NelsonRules.None)]
    [InlineData(new[] { 1, -0.1, 0.9, -0.1, 0.9, -0.1, 0.9, -0.1, 0.9, -0.1, 0.9, -0.1, 0.9, -1 }, NelsonRules.FourteenAlternating)]
    [InlineData(new[] { -2.5, -0.1, -2.5 }, NelsonRules.TwoOfThree)]
    [InlineData(new[] { -1.5, -1.5, -1.5, 0.2, -1.5 }, NelsonRules.FourOfFive)]
    [InlineData(new[] { 0.5, -0.4, 0.4, 0.5, -0.5, 0.2, 0.3, -0.2, 0.1, 0.5, -0.4, -0.3, 0.3, 0.4, -0.1 }, NelsonRules.FifteenWithin)]
    [InlineData(new[] { 1.2, -1.2, 1.2, 1.4, -1.2, -1.4, 1.2, -1.2 }, NelsonRules.EightBeyond)]
    public void Nelson_rules_by_their_sentences(double[] z, NelsonRules last)
    {
        var signals = new NelsonRules[z.Length];
        Nelson.Find(Points(z), signals);
        Assert.Equal(last, signals[^1]);
    }

    [Theory]
    [InlineData(new[] { 2.5, 0.5, 2.5 }, MakingDataCountRules.TwoOfThreeHigh)]
    [InlineData(new[] { 2.5, -0.5, 2.5 }, MakingDataCountRules.None)]                     // all three on one side
    [InlineData(new[] { 3.5, 0.5, 2.5 }, MakingDataCountRules.None)]                      // beyond the limit doesn't count
    [InlineData(new[] { 0.1, 0.2, 0.1, 0.2, 0.1, 0.2, 0.1 }, MakingDataCountRules.SevenAbove)]
    [InlineData(new[] { 0.3, 0.2, 0.1, 0, -0.1, -0.2, -0.3 }, MakingDataCountRules.SevenFalling)]
    public void Making_Data_Count_rules_by_their_sentences(double[] z, MakingDataCountRules last)
    {
        var signals = new MakingDataCountRules[z.Length];
        MakingDataCount.Find(Points(z), signals);
        Assert.Equal(last, signals[^1]);
    }

    [Fact]
    public void Anhoj_limits_are_those_of_the_paper()      // 24 useful points: run of more than 8, fewer than 8 crossings (qicharts2 and the paper's table)
    {
        var judged = Anhoj.Judge(Points([.. Enumerable.Range(0, 24).Select(i => i % 2 == 0 ? 1.0 : -1)]));
        Assert.Equal((8, 8, false), (judged.LongestRunMost, judged.CrossingsLeast, judged.Signal));
    }

    [Fact]
    public void The_longest_run_is_told_by_its_first_and_last_point_and_passes_over_the_centre_line()
    {
        var judged = Anhoj.Judge(Points(1, 1, -1, -1, 0, -1, 1, -1, 1));
        Assert.Equal((3, 2, 5), (judged.LongestRun, judged.LongestRunFirst, judged.LongestRunLast));
        // Of two as long the latest.
        judged = Anhoj.Judge(Points(1, 1, -1, -1, 1));
        Assert.Equal((2, 2, 3), (judged.LongestRun, judged.LongestRunFirst, judged.LongestRunLast));
    }

    [Fact]
    public void The_Western_Electric_rules_signal_falsely_once_in_91_75_points()      // Champ and Woodall 1987, table 1: rules 1 to 4 together
    {
        var random = new Random(1987);
        const int runs = 3000, length = 1200;
        var signals = new WesternElectricRules[length];
        double[] z = new double[length];
        double sum = 0, squares = 0;
        for (int r = 0; r < runs; r++)
        {
            for (int i = 0; i < length; i++) z[i] = Draw.Normal(random);
            WesternElectric.Find(Points(z), signals);
            double first = Array.FindIndex(signals, s => s != WesternElectricRules.None) + 1;
            sum += first;
            squares += first * first;
        }
        double mean = sum / runs, error = Math.Sqrt((squares / runs - mean * mean) / runs);
        Assert.InRange(91.75, mean - 3 * error, mean + 3 * error);
    }

    [Fact]
    public void The_Anhoj_rules_signal_falsely_as_often_as_stated()
    {
        var random = new Random(2014);
        foreach (int n in new[] { 12, 36, 100 })
        {
            int known = 0, own = 0;
            const int series = 4000;
            var values = new ChartValue[n];
            for (int s = 0; s < series; s++)
            {
                for (int i = 0; i < n; i++) values[i] = new(Draw.Normal(random));
                if (Anhoj.Judge(ControlChart.Draw(ChartKind.XmR, values).Points).Signal) own++;
                if (Anhoj.Judge(Points([.. values.Select(v => v.Numerator)])).Signal) known++;
            }
            const double error = 3 * 0.0045;
            Assert.InRange((double)own / series, 0.01 - error, 0.06 + error);
            Assert.InRange((double)known / series, 0.04 - error, 0.09 + error);
        }
    }

    [Theory]
    [InlineData(ChartKind.XmR)]
    [InlineData(ChartKind.C)]
    [InlineData(ChartKind.U)]
    [InlineData(ChartKind.P)]
    [InlineData(ChartKind.LaneyU)]
    [InlineData(ChartKind.LaneyP)]
    [InlineData(ChartKind.G)]
    [InlineData(ChartKind.T)]
    public void Every_chart_answers_every_poor_series_with_a_state_and_never_with_not_a_number(ChartKind kind)
    {
        foreach (var method in new[] { LimitMethod.Exact, LimitMethod.ThreeSigma })
        {
            Assert.Equal(ChartState.NoPoints, State([]));
            Assert.Equal(ChartState.NoPoints, State([new(double.NaN)]));
            Assert.Equal(ChartState.OnePoint, State([new(3, 20)]));
            var zeros = State([.. Enumerable.Repeat(new ChartValue(0, 20), 12)]);
            Assert.Equal(kind is ChartKind.XmR or ChartKind.G or ChartKind.T ? ChartState.NoVariation : ChartState.NoEvents, zeros);
            State([.. Enumerable.Repeat(new ChartValue(20, 20), 12)]);
            var holes = ControlChart.Draw(kind, [new(1, 20), new(0, 0), new(2, 0), new(double.NaN, 20), new(3, 20, Excluded: true), new(2, 20), new(1, 20)],
                new(method));
            if (kind is ChartKind.U or ChartKind.P or ChartKind.LaneyU or ChartKind.LaneyP)
            {
                Assert.Equal(PointState.NoExposure, holes.Points[1].State);
                Assert.Equal(PointState.EventsWithoutExposure, holes.Points[2].State);
                Assert.Null(holes.Points[1].Limits);
            }
            Assert.Equal(PointState.Missing, holes.Points[3].State);
            Assert.Equal(PointState.Excluded, holes.Points[4].State);
            AllFinite(holes);

            ChartState State(ChartValue[] values)
            {
                var chart = ControlChart.Draw(kind, values, new(method));
                AllFinite(chart);
                foreach (var point in chart.Points) if (chart.Phases[0].State is ChartState.NoVariation or ChartState.NoEvents) Assert.Equal(LimitSignal.None,
                    point.Signal);
                return chart.Phases[0].State;
            }
        }
    }

    static void AllFinite(ControlChart chart)
    {
        var western = new WesternElectricRules[chart.Points.Length];
        WesternElectric.Find(chart.Points, western);
        Anhoj.Judge(chart.Points);
        foreach (var point in chart.Points)
        {
            Assert.True(point.Value is null || double.IsFinite(point.Value.Value));
            Assert.True(point.Centre is null || double.IsFinite(point.Centre.Value));
            if (point.Limits is { } l) Assert.True(double.IsFinite(l.Lower) && double.IsFinite(l.Upper) && double.IsFinite(l.LowerWarning)
                && double.IsFinite(l.UpperWarning) && double.IsFinite(l.StandardError));
        }
    }

    [Fact]
    public void Rebasing_keeps_the_old_limits_with_the_old_points_and_a_frozen_part_judges_the_later_ones()
    {
        ChartValue[] values = [.. Enumerable.Range(0, 24).Select(i => new ChartValue(i < 12 ? 4 + i % 3 : 9 + i % 3, 100))];
        var whole = ControlChart.Draw(ChartKind.U, values.AsSpan(0, 12));
        var rebased = ControlChart.Draw(ChartKind.U, values, null, [new(0), new(12, RebaseReason.RecordingChanged)]);
        var frozen = ControlChart.Draw(ChartKind.U, values, null, [new(0, Frozen: 12)]);
        for (int i = 0; i < 12; i++) Assert.Equal(whole.Points[i], rebased.Points[i]);
        Assert.Equal(RebaseReason.RecordingChanged, rebased.Phases[1].Phase.Reason);
        Assert.Equal(0.10, rebased.Points[20].Centre!.Value, 12);
        Assert.Equal(whole.Points[0].Limits, frozen.Points[20].Limits);
        // A part and a freeze can be combined.
        var both = ControlChart.Draw(ChartKind.U, values, null, [new(0), new(12, RebaseReason.PracticeChanged, Frozen: 3)]);
        Assert.Equal(3, both.Phases[1].Used);
    }

    [Fact]
    public void An_excluded_point_is_drawn_but_moves_nothing()
    {
        ChartValue[] without = [new(2, 50), new(3, 50), new(1, 50), new(2, 50)], with = [.. without, new(40, 50, Excluded: true)];
        var a = ControlChart.Draw(ChartKind.U, without);
        var b = ControlChart.Draw(ChartKind.U, with);
        Assert.Equal(a.Points[0], b.Points[0]);
        Assert.Equal(LimitSignal.Above, b.Points[4].Signal);
        Assert.Throws<ArgumentException>(() => ControlChart.Draw(ChartKind.U, without, null, [new(1)]));
    }

    [Fact]
    public void Exact_limits_narrow_with_exposure_and_hold_the_centre()
    {
        var cases = from rate in Gen.Choose(1, 300) from n in Gen.Choose(5, 2000) select (rate / 1000.0, (double)n);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var (rate, n) = c;
            var less = ExactChartLimits.Rate(rate, n);
            var more = ExactChartLimits.Rate(rate, n * 25);
            return less.Lower <= rate && rate <= less.Upper + 1 / n && more.Upper - more.Lower <= less.Upper - less.Lower + 1e-12;
        }).QuickCheckThrowOnFailure();
    }
}
