using SafetyAudit.Alerts;
using SafetyAudit.Measures;

namespace SafetyAudit.Tests.Alerts;

public class RareEventsTests
{
    static readonly Measure Fatigue = Catalogue.Measures.Single(m => m.Code == "FATIGUE");
    static readonly Baseline Published = Catalogue.Baselines.Single(b => b.MeasureCode == "FATIGUE" && b.IsDefault);

    static List<(DateOnly, double, long)> Days(int days, double sessionsADay, params int[] eventsOn) =>
        [.. Enumerable.Range(0, days).Select(i => (new DateOnly(2026, 1, 1).AddDays(i), sessionsADay, (long)eventsOn.Count(on => on == i)))];

    [Fact]
    public void Events_that_come_far_closer_together_than_published_are_told_of_and_others_are_not()
    {
        // 0.39 in 1,000 sessions, little known: three within sixty sessions after the first are some 0.02 expected.
        var alert = RareEvents.Of("C1", Fatigue, Published, Days(200, 20, 100, 101, 102, 103));
        Assert.NotNull(alert);
        Assert.Equal((AlertRule.RareEventsClose, 4L, new DateOnly(2026, 4, 11), new DateOnly(2026, 4, 14)), (alert.Rule, alert.Observed!.Value, alert.From, alert.To));
        Assert.Null(alert.PractitionerId);

        Assert.Null(RareEvents.Of("C1", Fatigue, Published, Days(200, 20, 100)));
        Assert.Null(RareEvents.Of("C1", Fatigue, Published, Days(200, 20, 10, 190)));
        Assert.Null(RareEvents.Of("C1", Fatigue, Published, Days(200, 20)));
        Assert.Null(RareEvents.Of("C1", Fatigue, Published, []));
        // What came more than a year ago is history.
        Assert.Null(RareEvents.Of("C1", Fatigue, Published, Days(600, 20, 100, 101, 102, 103)));
    }

    [Fact]
    public void What_is_watched_person_by_person_and_sentinel_events_are_left_to_their_own_rules()
    {
        var baselines = Catalogue.Baselines.Where(b => b.IsDefault).ToDictionary(b => b.MeasureCode);
        foreach (var measure in Catalogue.Measures)
            if (RareEvents.IsWatched(measure, baselines.GetValueOrDefault(measure.Code)))
                Assert.False(measure.IsSentinel || measure.IsSummary || Catalogue.IsWatchedByRate(measure, baselines[measure.Code]), measure.Code);
        Assert.Contains(Catalogue.Measures, m => RareEvents.IsWatched(m, baselines.GetValueOrDefault(m.Code)));
    }
}
