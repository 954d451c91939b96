using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Data;

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
            var monitor = (await EvaluateAlerts.MonitorAsync(db, "C1", await Rates.BaselinesAsync(db, null, default), await EvaluateAlerts.ReviewedAsync(db, default), default))!;
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
        return (await ClinicMonitor.ReadAsync(db, "C1", EvaluateAlerts.Watched(baselines), baselines, redPerYear, null, default))!;
    }

    [Fact]
    public async Task A_clinic_s_budget_is_shared_among_those_who_are_still_there()
    {
        var monitor = await WithOneWhoLeftAsync(0.1);
        Assert.Equal(["P1", "P2", "P3"], monitor.Practitioners);
        Assert.Equal(0.05, monitor.Budget.RedPerPractitionerYear, 12);
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
        IReadOnlyList<MonitorPoint> Of(int? red, int? amber) => PeerMonitor.Run([new(2, 50)], people, events, sessions, 12, new AlarmBudget(0.005, 0.05), s => s == 0 ? (red, amber) : default)[0].Points;

        var without = Of(null, null);
        int first = without.First(p => p.Amber.Signal).Index;
        Assert.Contains(without, p => p.Red.Signal && p.Index > first);
        var looked = Of(null, first + 1);
        Assert.Equal(without.Select(p => p.Red), looked.Select(p => p.Red));
        var both = Of(first + 1, first + 1);
        Assert.NotEqual(without.Select(p => p.Red), both.Select(p => p.Red));
        Assert.Equal(without.Where(p => p.Index <= first), both.Where(p => p.Index <= first));
    }
}
