namespace SafetyAudit.Statistics.Tests;

public class KaplanMeierTests
{
    // Weeks of remission in acute leukaemia, Freireich et al. 1963 (Blood 21:699), as in Kalbfleisch and Prentice 1980, table 1.1.
    static readonly (double, bool)[] Mercaptopurine =
        [.. new[] { 6.0, 6, 6, 7, 10, 13, 16, 22, 23 }.Select(t => (t, true)), .. new[] { 6.0, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35 }.Select(t => (t, false))];

    static readonly (double, bool)[] Placebo = [.. new[] { 1.0, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23 }.Select(t => (t, true))];

    // Shares and Greenwood's standard errors as textbooks print them for these data; log-log limits worked out in a second program (Python).
    [Theory]
    [InlineData(6, 21, 3, 0.8571, 0.0764, 0.6197, 0.9516)]
    [InlineData(7, 17, 1, 0.8067, 0.0869, 0.5631, 0.9228)]
    [InlineData(10, 15, 1, 0.7529, 0.0963, 0.5032, 0.8894)]
    [InlineData(13, 12, 1, 0.6902, 0.1068, 0.4316, 0.8491)]
    [InlineData(16, 11, 1, 0.6275, 0.1141, 0.3675, 0.8049)]
    [InlineData(22, 7, 1, 0.5378, 0.1282, 0.2678, 0.7468)]
    [InlineData(23, 6, 1, 0.4482, 0.1346, 0.1881, 0.6801)]
    public void Remissions_with_mercaptopurine_are_those_published(double week, int atRisk, int ended, double remaining, double error, double lower, double upper)
    {
        var step = KaplanMeier.Fit(Mercaptopurine).Steps.Single(s => s.Time == week);
        Assert.Equal((atRisk, ended), (step.AtRisk, step.Ended));
        Assert.Equal([remaining, error, lower, upper], [Math.Round(step.Remaining, 4), Math.Round(step.StandardError!.Value, 4), Math.Round(step.Interval!.Value.Lower, 4), Math.Round(step.Interval!.Value.Upper, 4)]);
    }

    // Published medians: 23 weeks and 8 weeks.
    [Fact]
    public void Half_of_the_remissions_had_ended_by_the_published_medians()
    {
        Assert.Equal(7, KaplanMeier.Fit(Mercaptopurine).Steps.Count);
        Assert.Equal(23, KaplanMeier.Fit(Mercaptopurine).Quantile(0.5));
        Assert.Equal(8, KaplanMeier.Fit(Placebo).Quantile(0.5));
        Assert.Null(KaplanMeier.Fit(Mercaptopurine).Quantile(0.6));
    }

    [Fact]
    public void Where_all_were_watched_to_their_end_the_curve_is_the_share_itself_and_ends_at_nothing()
    {
        var curve = KaplanMeier.Fit(Placebo);
        foreach (var step in curve.Steps) Assert.Equal(Placebo.Count(p => p.Item1 > step.Time) / 21.0, step.Remaining, 12);
        Assert.Equal((0.0, null, null), (curve.Steps[^1].Remaining, curve.Steps[^1].StandardError, curve.Steps[^1].Interval));
        Assert.Equal(0, curve.At(1000)!.Value.Remaining);
        Assert.Equal(23, curve.Quantile(1));
    }

    [Fact]
    public void Nothing_is_said_before_the_first_end_nor_beyond_the_last_time_watched()
    {
        var curve = KaplanMeier.Fit(Mercaptopurine);
        Assert.Equal((1.0, null), (curve.At(5.9)!.Value.Remaining, curve.At(5.9)!.Value.Interval));
        Assert.Equal(curve.Steps[^1], curve.At(35));
        Assert.Null(curve.At(35.1));
        Assert.Equal([21, 21, 17, 1, 0], [curve.AtRisk(0), curve.AtRisk(6), curve.AtRisk(7), curve.AtRisk(35), curve.AtRisk(36)]);
        Assert.Null(KaplanMeier.Fit([]).At(0));
        Assert.Equal(1, KaplanMeier.Fit([(4, false)]).At(4)!.Value.Remaining);
    }

    [Fact]
    public void Order_does_not_matter_and_another_unit_of_time_changes_no_share()
    {
        var random = new Random(8);
        var shuffled = Mercaptopurine.OrderBy(_ => random.Next()).Select(m => (m.Item1 * 168, m.Item2)).ToArray();
        Assert.Equal(KaplanMeier.Fit(Mercaptopurine).Steps.Select(s => s.Remaining), KaplanMeier.Fit(shuffled).Steps.Select(s => s.Remaining));
    }
}
