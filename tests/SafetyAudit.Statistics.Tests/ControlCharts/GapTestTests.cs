namespace SafetyAudit.Statistics.Tests;

public class GapTestTests
{
    static GammaRate Known(double rate) => new(1e12, 1e12 / rate);

    [Theory]      // R: pgamma(T, k, rate = 0.001)
    [InlineData(2, 40, 0.00077898328158386207)]
    [InlineData(3, 200, 0.0011484812448621275)]
    [InlineData(1, 1, 0.00099950016662500834)]
    public void Events_too_close_have_the_Erlang_tail(int events, double exposure, double tail) =>
        Close.To(tail, GapTest.Tail(events, exposure, Known(0.001)), 1e-9, exposure);

    [Fact]
    public void A_rise_can_be_signalled_from_the_second_event()
    {
        var baseline = Known(0.001);
        Assert.Equal(0, GapTest.Latest([], baseline).Gaps);
        var (gaps, tail) = GapTest.Latest([30, 10], baseline);
        Assert.Equal(2, gaps);
        Assert.True(tail < 0.005);
        Assert.True(GapTest.Tail(2, GapTest.LongestSignal(2, 0.001, baseline) * 0.999, baseline) <= 0.001);
        Assert.True(GapTest.Tail(2, GapTest.LongestSignal(2, 0.001, baseline) * 1.001, baseline) > 0.001);
    }

    [Fact]
    public void An_uncertain_baseline_is_slower_to_be_alarmed() =>
        Assert.True(GapTest.Tail(2, 40, new GammaRate(5, 5000)) > GapTest.Tail(2, 40, Known(0.001)));

    [Fact]
    public void False_signals_at_an_event_are_no_more_than_the_level_in_a_seeded_simulation()
    {
        var random = new Random(20250601);
        var baseline = Known(0.01);
        const int events = 40_000;
        double[] gaps = new double[events];
        for (int i = 0; i < events; i++) gaps[i] = -Math.Log(1 - random.NextDouble()) * 100;
        int signals = 0;
        for (int i = 4; i <= events; i++) if (GapTest.Latest(gaps.AsSpan(i - 4, 4), baseline).Tail <= 0.02) signals++;
        double rate = signals / (events - 3.0);
        Assert.InRange(rate, 0.010, 0.02 + 3 * Math.Sqrt(0.02 / events));      // Bonferroni over overlapping gaps is somewhat cautious
    }

    // R: gaps of 10 alone, ppois(0, 0.01, lower = FALSE), or both, ppois(1, 0.04, lower = FALSE) = 0.00077898…: the smaller counts as often as
    // look-backs were tried, which is twice here however many are allowed.
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(50)]
    public void The_loudest_tail_is_multiplied_by_the_look_backs_tried_and_not_by_those_allowed(int most)
    {
        var found = GapTest.Latest([30, 10], Known(0.001), most);
        Assert.Equal((GapTestState.Judged, 2), (found.State, found.Gaps));
        Close.To(2 * 0.00077898328158386207, found.Tail, 1e-9, most);
        // Three gaps, one look-back allowed: only the last gap is looked at.
        Close.To(0.0099501662508319488, GapTest.Latest([1, 1, 10], Known(0.001), 1).Tail, 1e-9, most);
    }

    [Fact]
    public void With_two_gaps_so_far_false_signals_still_keep_the_level_in_a_seeded_simulation()
    {
        var random = new Random(20250602);
        var baseline = Known(0.01);
        const int trials = 40_000;
        int signals = 0;
        Span<double> gaps = stackalloc double[2];
        for (int i = 0; i < trials; i++)
        {
            foreach (ref double gap in gaps) gap = -Math.Log(1 - random.NextDouble()) * 100;
            if (GapTest.Latest(gaps, baseline).Tail <= 0.02) signals++;
        }
        Assert.InRange((double)signals / trials, 0.010, 0.02 + 3 * Math.Sqrt(0.02 / trials));
    }

    [Fact]
    public void Where_nothing_is_known_of_the_rate_nothing_is_said()
    {
        var found = GapTest.Latest([3, 1], GammaRate.Unknown);
        Assert.Equal(new GapTestResult(GapTestState.NotAssessed, 0, 1), found);
        Assert.False(GammaRate.Unknown.IsKnown);
        Assert.True(GammaRate.Unknown.After(0, 10).IsKnown);
        Assert.Contains("Nothing is known", Assert.Throws<InvalidOperationException>(() => GammaRate.Unknown.Predict(10)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => GapTest.Latest([3, -1], Known(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => GapTest.Latest([3, 1], Known(1), 0));
    }
}
