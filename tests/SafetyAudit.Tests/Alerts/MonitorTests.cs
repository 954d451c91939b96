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
}
