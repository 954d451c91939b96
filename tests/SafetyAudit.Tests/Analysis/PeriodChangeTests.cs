using SafetyAudit.Analysis;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Tests.Analysis;

public class PeriodChangeTests
{
    static RateRow Row(long observed, double exposure, string practitioner = "P1") => new()
    {
        PractitionerId = practitioner, ClinicId = "C1", Measure = Catalogue.Measures.First(m => m.Code == "BRUISE_MINOR"), Baseline = null, From = new(2026, 1, 1), To = new(2026, 6, 30),
        Sessions = (long)exposure, Exposure = exposure, Observed = observed, ObservedInterval = PoissonInterval.MidP(observed),
    };

    [Fact]
    public void The_later_rate_over_the_earlier_with_its_mid_P_interval()
    {
        // 41 in 28,010 against 15 in 19,017. R: the mid-P limits of 41 of 56 by uniroot over pbinom - dbinom / 2, as p / (1 - p) x 19017 / 28010.
        var change = new PeriodChange(Row(15, 19017), Row(41, 28010));
        Assert.Equal(1.855759, change.Ratio!.Value, 6);
        Assert.Equal(1.041075, change.Interval!.Value.Lower, 6);
        Assert.Equal(3.449423, change.Interval!.Value.Upper, 6);
        Assert.False(change.WithinChance);
    }

    [Fact]
    public void Nothing_is_said_where_there_is_nothing_to_compare()
    {
        Assert.Null(new PeriodChange(Row(0, 100), Row(0, 100)).WithinChance);
        Assert.Null(new PeriodChange(Row(3, 0), Row(2, 100)).Interval);
        var fromNone = new PeriodChange(Row(0, 100), Row(5, 100));
        Assert.Null(fromNone.Ratio);
        Assert.Equal(double.PositiveInfinity, fromNone.Interval!.Value.Upper);
        Assert.Empty(PeriodChange.Of([Row(1, 10, "P2")], [Row(1, 10)]));
    }

    [Fact]
    public void Whichever_period_is_given_first_the_earlier_one_is_before()
    {
        RateRow earlier = Row(15, 19017), later = Row(41, 28010) with { From = new(2026, 7, 1), To = new(2026, 12, 31) };
        foreach (var change in new[] { PeriodChange.Of([earlier], [later]), PeriodChange.Of([later], [earlier]) }) Assert.Equal((earlier, later), (change.Single().Before, change.Single().Now));
    }

    [Fact]
    public void Somebody_who_moved_is_compared_and_what_was_found_by_asking_is_not_held_against_what_was_told()
    {
        RateRow moved = Row(4, 300) with { ClinicId = "C2", From = new(2026, 7, 1), To = new(2026, 12, 31) };
        Assert.True(PeriodChange.Of([Row(4, 300)], [moved]).Single().WithinChance);
        // Four in 5,000 before patients were asked, two in 300 who were reached since: that is no eightfold rate.
        var asked = new PeriodChange(Row(4, 5000), Row(2, 300) with { Ascertainment = Ascertainment.Active });
        Assert.Equal((false, null, null, null), (asked.FoundAlike, asked.Ratio, asked.Interval, asked.WithinChance));
    }
}
