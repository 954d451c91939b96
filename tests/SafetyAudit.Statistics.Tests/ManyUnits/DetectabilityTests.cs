namespace SafetyAudit.Statistics.Tests;

public class DetectabilityTests
{
    [Fact]
    public void What_one_look_could_have_seen_agrees_on_every_row()
    {
        double onGrid = StaysOnGrid();
        foreach (var row in new ReferenceTable("oc_single_look_power.csv").Rows)
        {
            double sessions = row.Number("sessions"), rate = row.Number("rate"), expected = row.Number("expected");
            Close.To(expected, sessions * rate, 1e-12, row);
            Assert.Equal(row.Count("smallest_count_at_0p1pct"), Detectability.SmallestSignal(expected));
            Close.To(row.Number("p_if_true_1"), Detectability.Power(expected, 1), 1e-9, row);
            Close.To(row.Number("power_2x"), Detectability.Power(expected, 2), 1e-9, row);
            Close.To(row.Number("power_3x"), Detectability.Power(expected, 3), 1e-9, row);
            Close.To(row.Number("power_5x"), Detectability.Power(expected, 5), 1e-9, row);
            Close.To(row.Number("upper95_if_zero"), ZeroEvents.RuleOfThree(sessions), 1e-12, row);
            Close.To(row.Number("upper95_ratio_if_zero"), ZeroEvents.StillCompatibleRatio(sessions, rate), 1e-12, row);

            Close.To(row.Number("sessions_for_80pct_power_2x"), onGrid / rate, 1e-9, row);
        }

        // Ours is the exact point from which the power stays, a little beyond the grid's (R: qpois and ppois, then uniroot).
        Close.To(22.6013371331, Detectability.ExpectedNeeded(2), 1e-9, "R");
    }

    // Power is a saw-tooth: it first reaches 80 % at 21.53 expected, falls below three times, and stays there from 22.60. The file asks the same question, from
    // where on it stays, of 400 points in equal ratios from 0.5 to 200 expected; the last fall, from 22.51 to 22.60, lies between two of them: 22.33.
    static double StaysOnGrid()
    {
        double stays = double.NaN;
        for (int i = 399; i >= 0; i--)
        {
            double expected = 0.5 * Math.Pow(200 / 0.5, i / 399.0);
            if (Detectability.Power(expected, 2) < 0.8) break;
            stays = expected;
        }
        return stays;
    }

    [Fact]
    public void From_what_is_needed_on_the_chance_never_falls_below_what_is_wanted()
    {
        foreach (double shape in new[] { 40, double.PositiveInfinity })
            foreach (double ratio in new[] { 1.8, 2, 3, 5 })
            {
                double needed = Detectability.ExpectedNeeded(ratio, 0.8, 0.001, shape);
                if (shape == 40 && ratio == 1.8)      // such knowledge of the rate never suffices for 80 %
                {
                    Assert.Equal(double.PositiveInfinity, needed);
                    continue;
                }
                Assert.True(Detectability.Power(needed * (1 - 1e-6), ratio, 0.001, shape) < 0.8);
                for (double expected = needed * (1 + 1e-9); expected < needed * 3; expected *= 1.003) Assert.True(Detectability.Power(expected, ratio, 0.001,
                    shape) >= 0.8 - 1e-9);
            }
        Assert.Equal(double.PositiveInfinity, Detectability.ExpectedNeeded(1.1, 0.8, 0.001, 5));
    }

    [Fact]
    public void The_smallest_rise_that_would_have_been_seen_has_just_the_chance_asked_for()
    {
        double ratio = Detectability.SmallestRatio(7.5);
        Close.To(0.8, Detectability.Power(7.5, ratio), 1e-9, ratio);
        Assert.True(Detectability.SmallestRatio(75) < ratio);
    }

    [Fact]
    public void Expected_false_alarms_are_what_a_seeded_simulation_counts()
    {
        double[] looks = [0.5, 1.2, 3, 7.7, 20, 0];
        double high = FalseAlarms.ExpectedHigh(looks, 0.025), low = FalseAlarms.ExpectedLow(looks, 0.025);
        var limits = looks.Select(e => ControlLimits.For(NegativeBinomial.WithMean(double.PositiveInfinity, e))).ToArray();
        var random = new Random(99);
        const int rounds = 40_000;
        int highs = 0, lows = 0;
        for (int r = 0; r < rounds; r++)
            for (int i = 0; i < looks.Length; i++)
            {
                int y = Draw.Poisson(random, looks[i]);
                if (y > limits[i].Upper95) highs++;
                if (y < limits[i].Lower95) lows++;
            }
        Assert.InRange((double)highs / rounds, high - 3 * Math.Sqrt(high / rounds), high + 3 * Math.Sqrt(high / rounds));
        Assert.InRange((double)lows / rounds, low - 3 * Math.Sqrt(low / rounds), low + 3 * Math.Sqrt(low / rounds));
        Assert.Equal(0.00625, FalseAlarms.PerStream(0.05, 8), 12);
        Assert.Equal(20 * 8 * 0.00625 * 2, FalseAlarms.OverYears(20, 8, 0.00625, 2), 12);
    }
}
