using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Tests.Alerts;

public class MonitorTests
{
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Whoever_asks_is_told_the_same_of_a_practitioner_who_came_later(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        var sessions = new System.Text.StringBuilder(Samples.SessionHeader);
        var events = new System.Text.StringBuilder(Samples.EventHeader);
        // P1 for twenty months, P2 for the last eight of them.
        for (int month = 0, number = 0; month < 20; month++)
            foreach (string practitioner in month < 12 ? ["P1"] : new[] { "P1", "P2" })
                for (int i = 0; i < 20; i++)
                {
                    string at = new DateTime(2024, 1, 1 + i, 10, 0, 0, DateTimeKind.Utc).AddMonths(month).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
                    sessions.Append(Samples.Session($"S{++number}", at, practitioner));
                    if (i % 10 == 0) events.Append(Samples.Event($"E{number}", $"S{number}", onset: at));
                }
        await installation.ImportAsync(sessions.ToString());
        await installation.ImportAsync(events.ToString());

        async Task<(DateOnly First, int Months, string Path)> OfAsync(Actor actor)
        {
            await using var db = installation.Db(actor);
            var monitor = (await EvaluateAlerts.MonitorAsync(db, "C1", await Rates.BaselinesAsync(db, null, default), await EvaluateAlerts.ReviewedAsync(db.Alerts, installation.Clock.UtcNow(), default), default))!;
            return (monitor.First, monitor.Months, string.Join('\n', monitor.PathOf("P2", "BRUISE_MINOR")!.Points));
        }

        var whole = await OfAsync(Actor.Worker);
        Assert.Equal((new DateOnly(2024, 1, 1), 20), (whole.First, whole.Months));
        Assert.Equal(whole, await OfAsync(new Actor(ActorKind.Person, "p2", "", Roles.Of(Role.Practitioner), new Scope(null, "P2"))));
    }

    // Two who work until the end, and one who left two years before.
    static async Task<ClinicMonitor> WithOneWhoLeftAsync(double redPerYear)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners + "P3,Cara Cole,C1,active,2015-01-01,2030-12-31\n");
        var sessions = new System.Text.StringBuilder(Samples.SessionHeader);
        var events = new System.Text.StringBuilder(Samples.EventHeader);
        for (int month = 0, number = 0; month < 36; month++)
            foreach (string practitioner in month < 12 ? ["P1", "P2", "P3"] : new[] { "P1", "P2" })
                for (int i = 0; i < 20; i++)
                {
                    string at = new DateTime(2023, 1, 1 + i, 10, 0, 0, DateTimeKind.Utc).AddMonths(month).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
                    sessions.Append(Samples.Session($"S{++number}", at, practitioner));
                    if (i % 5 == 0) events.Append(Samples.Event($"E{number}", $"S{number}", onset: at));
                }
        await installation.ImportAsync(sessions.ToString());
        await installation.ImportAsync(events.ToString());
        await using var db = installation.Db();
        var baselines = await Rates.BaselinesAsync(db, null, default);
        return (await ClinicMonitor.ReadAsync(db, "C1", EvaluateAlerts.Watched(baselines), baselines, _ => redPerYear, null, default))!;
    }

    [Fact]
    public async Task A_clinic_s_budget_is_shared_among_those_who_are_still_there()
    {
        var monitor = await WithOneWhoLeftAsync(0.1);
        Assert.Equal(["P1", "P2", "P3"], monitor.Practitioners);
        var points = monitor.PathOf("P1", "BRUISE_MINOR")!.Points;
        Assert.Equal(0.05, points[^1].Budget.RedPerPractitionerYear, 12);
        // P3 left with the twelfth month, and is in the twelve months up to the twenty-third; what was judged then does not change by it.
        Assert.Equal([0.1 / 3, 0.05], new[] { points[22], points[23] }.Select(p => p.Budget.RedPerPractitionerYear));
    }

    [Fact]
    public async Task A_wish_that_no_threshold_is_known_for_is_counted_as_what_it_comes_down_to()
    {
        // Fifty false alarms a year among two are twenty-five each; of every stream watched, after the three months in which the sums rest, the thresholds allow 0.05 a year, of both colours alike.
        var monitor = await WithOneWhoLeftAsync(50);
        double streamYears = monitor.Paths.SelectMany(p => p.Points).Count(p => p.IsWatched && p.Index >= 3) / 12.0;
        Assert.Equal(0.05 * streamYears, monitor.ExpectedFalseAlarms.Red, 9);
        Assert.Equal(0.05 * streamYears, monitor.ExpectedFalseAlarms.Amber, 9);
        Assert.All(monitor.Paths.SelectMany(p => p.Points).Where(p => p.IsWatched), p => Assert.Equal(p.RedThreshold, p.AmberThreshold));
    }

    [Fact]
    public void A_look_into_an_amber_rise_does_not_stop_what_gathers_towards_red()
    {
        // Four people at 2 a month in 50 sessions, the first at 4 from month 16 on.
        const int people = 4, months = 60;
        var events = Enumerable.Range(0, months).Select(t => Enumerable.Range(0, people).Select(p => p == 0 && t >= 16 ? 4.0 : 2.0).ToArray()).ToList();
        var sessions = Enumerable.Range(0, months).Select(_ => Enumerable.Repeat(50.0, people).ToArray()).ToList();
        IReadOnlyList<MonitorPoint> Of(int? red, int? amber) => PeerMonitor.Run([new(2, 50)], people, events, sessions, 12, _ => new AlarmBudget(0.005, 0.05), s => s == 0 ? new(red, amber) : default)[0].Points;

        var without = Of(null, null);
        int first = without.First(p => p.Amber.Signal).Index;
        Assert.Contains(without, p => p.Red.Signal && p.Index > first);
        var looked = Of(null, first + 1);
        Assert.Equal(without.Select(p => p.Red), looked.Select(p => p.Red));
        var both = Of(first + 1, first + 1);
        Assert.NotEqual(without.Select(p => p.Red), both.Select(p => p.Red));
        Assert.Equal(without.Where(p => p.Index <= first), both.Where(p => p.Index <= first));
    }

    [Fact]
    public void One_who_writes_down_half_as_many_from_some_month_on_is_found_by_the_sum_for_fewer_and_begins_anew_after_a_look()
    {
        // Six people at 6 a month in 60 sessions, the first at 2 from month 16 on.
        const int people = 6, months = 48;
        var events = Enumerable.Range(0, months).Select(t => Enumerable.Range(0, people).Select(p => p == 0 && t >= 16 ? 2.0 : 6.0).ToArray()).ToList();
        var sessions = Enumerable.Range(0, months).Select(_ => Enumerable.Repeat(60.0, people).ToArray()).ToList();
        IReadOnlyList<MonitorPath> Of(int? looked) => PeerMonitor.Run([new(6, 60)], people, events, sessions, 3, _ => AlarmBudget.Default, s => s == 0 ? new(null, null, looked) : default);

        var paths = Of(null);
        var signal = paths[0].Points.First(p => p.IsBySum(MonitorLevel.Few));
        Assert.InRange(signal.Index, 17, 24);
        Assert.All(paths.Skip(1).SelectMany(p => p.Points), p => Assert.False(p.IsLow));
        // Nothing is said before three were to be expected since the sum was zero: in half a month's sessions none would be one of six.
        Assert.All(paths.SelectMany(p => p.Points).Where(p => p.Index < 3), p => Assert.Equal(default, p.Few));
        var looked = Of(signal.Index + 1)[0].Points[signal.Index + 1];
        Assert.Equal(looked.Few.Weight, looked.Few.Value, 9);
    }

    [Fact]
    public void Few_of_little_says_nothing_until_three_were_to_be_expected()
    {
        // One a session is expected and none comes. The line is so low that a single session would cross it.
        var few = new LearningCusum(PeerMonitor.Halving);
        var two = PeerMonitor.AddFew(ref few, 0, 2, new(10, 10), 0.1);
        Assert.True(two is { Signal: false, Value: > 0.1 }, $"{two}");
        Assert.True(PeerMonitor.AddFew(ref few, 0, 1, new(10, 10), 0.1).Signal);
    }

    [Fact]
    public async Task What_was_raised_in_a_clinic_s_first_year_is_the_same_when_the_next_months_begin()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners + "P3,Cara Cole,C1,active,2015-01-01,2030-12-31\nP4,Dan Dale,C1,active,2015-01-01,2030-12-31\n");
        int number = 0;
        // Sixty sessions and four events a month; P2 has twenty in the fifth and none after.
        async Task<List<Alert>> MonthAsync(int month)
        {
            var sessions = new System.Text.StringBuilder(Samples.SessionHeader);
            var events = new System.Text.StringBuilder(Samples.EventHeader);
            foreach (string practitioner in new[] { "P1", "P2", "P3", "P4" })
                for (int i = 0; i < 60; i++)
                {
                    string at = new DateTime(2024, 1, 1 + i % 20, 10 + i / 20, 0, 0, DateTimeKind.Utc).AddMonths(month).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
                    sessions.Append(Samples.Session($"S{++number}", at, practitioner));
                    if (practitioner == "P2" && month >= 4 ? month == 4 && i % 3 == 0 : i % 15 == 0) events.Append(Samples.Event($"E{number}", $"S{number}", onset: at));
                }
            await installation.ImportAsync(sessions.ToString());
            await installation.ImportAsync(events.ToString());
            await using var db = installation.Db();
            return [.. db.Alerts.Where(a => a.Rule == AlertRule.MoreThanPeers && a.Measure == "BRUISE_MINOR")];
        }

        for (int month = 0; month < 4; month++) Assert.Empty(await MonthAsync(month));
        var raised = Assert.Single(await MonthAsync(4));
        Assert.Equal(("P2", AlertLevel.Red, AlertStatus.Open, new DateOnly(2024, 5, 20)), (raised.PractitionerId, raised.Level, raised.Status, raised.To));
        for (int month = 5; month < 18; month++)
        {
            var still = Assert.Single(await MonthAsync(month));
            Assert.Equal((raised.Id, raised.Level, AlertStatus.Open, raised.From, raised.Observed), (still.Id, still.Level, still.Status, still.From, still.Observed));
        }
    }

    // Months of one practitioner, written down by hand: those in which the sums signal, each having begun in that month, and those in which the twelve months stand out.
    static Alert? Raised(int months, Alert? open, int[] red, int[] amber, int[] look)
    {
        LearningCusumStep Step(bool signal) => new(0, signal ? 5 : 0, signal, signal ? 6 : 0);
        var points = Enumerable.Range(0, months).Select(t => new MonitorPoint(t, 2, 50,
            new PeerResult(PeerState.Judged, new(10, 250), 0.01, new(10, 250), default, default, 24, 600, NegativeBinomial.WithMean(10, 24), 0.5, 0.5, look.Contains(t) ? 0.01 : 1, 1),
            1, Step(red.Contains(t)), Step(amber.Contains(t)), 4, 4, default, 4, AlarmBudget.Default)).ToList();
        var baseline = new Baseline { Id = "B", MeasureCode = "BRUISE_MINOR", CiomsBand = "", Source = "" };
        var monitor = new ClinicMonitor("C1", new DateOnly(2022, 1, 1), months, ["P1"], [Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR")], [baseline], [new(0, 0, points)]);
        return MonitorAlerts.Of(monitor, monitor.EndOf(months - 1), _ => open, _ => null).SingleOrDefault();
    }

    [Fact]
    public void Twelve_months_that_stood_out_stay_raised_until_somebody_has_looked()
    {
        var raised = Raised(21, null, [], [], [20])!;
        Assert.Equal((AlertLevel.Red, new DateOnly(2022, 10, 1), new DateOnly(2023, 9, 30)), (raised.Level, raised.From, raised.To));
        var still = Raised(40, raised, [], [], [20])!;
        Assert.Equal((raised.Level, raised.From, raised.To, raised.Reason), (still.Level, still.From, still.To, still.Reason));
        // The records changed, or nobody ever had an alert of it.
        Assert.Null(Raised(40, raised, [], [], []));
        Assert.Null(Raised(40, null, [], [], [20]));
    }

    [Theory]
    [InlineData(new[] { 5 }, new[] { 30 }, new int[0], AlertLevel.Amber)]
    [InlineData(new[] { 5 }, new[] { 30 }, new[] { 6 }, AlertLevel.Amber)]
    [InlineData(new[] { 5, 30 }, new int[0], new[] { 20 }, AlertLevel.Red)]
    [InlineData(new[] { 20 }, new int[0], new[] { 28 }, AlertLevel.Red)]
    public void The_same_figures_say_the_same_however_often_they_are_evaluated(int[] red, int[] amber, int[] look, AlertLevel level)
    {
        var first = Raised(36, null, red, amber, look)!;
        Assert.Equal(level, first.Level);
        var second = Raised(36, first, red, amber, look)!;
        Assert.Equal((first.Level, first.From, first.To, first.Reason), (second.Level, second.From, second.To, second.Reason));
    }
}
