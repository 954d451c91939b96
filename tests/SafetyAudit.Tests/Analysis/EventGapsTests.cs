using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;

namespace SafetyAudit.Tests.Analysis;

public class EventGapsTests
{
    static readonly DateOnly First = new(2026, 3, 2);

    [Fact]
    public void Gaps_are_the_sessions_from_one_event_to_the_next_counted_by_hand()
    {
        // A day without sessions, then ten a day for six days; one event on the second day, two on the fourth.
        var gaps = EventGaps.Of("C1", Enumerable.Range(-1, 7).Select(i => (First.AddDays(i), i < 0 ? 0.0 : 10.0, (IEnumerable<string>)(i switch { 1 => ["P1"], 3 => ["P1", "P2"], _ => [] }))));
        Assert.Equal((First, 60, 20), (gaps.First, gaps.Exposure, gaps.Since));
        Assert.Equal([new(First.AddDays(1), 20, "P1"), new(First.AddDays(3), 20, "P1"), new(First.AddDays(3), 0, "P2")], gaps.Events);
        Assert.Null(gaps.StillPossible);
    }

    [Fact]
    public void None_in_three_hundred_sessions_still_allows_one_in_a_hundred()
    {
        // Hanley and Lippman-Hand 1983: the rule of three; −ln(0.05) = 2.99573.
        var none = EventGaps.Of("C1", [(First, 300, [])]);
        Assert.Equal(0.00998577, none.StillPossible!.Value, 8);
        Assert.Null(EventGaps.Of("C1", [(First, 0, [])]).StillPossible);
    }

    [Fact]
    public void What_is_rare_or_sentinel_is_shown_so_and_what_has_a_rate_or_another_unit_is_not()
    {
        var baselines = Catalogue.Baselines.Where(b => b.IsDefault).ToDictionary(b => b.MeasureCode);
        bool IsFor(string code) => EventGaps.IsFor(Catalogue.Measures.Single(m => m.Code == code), baselines.GetValueOrDefault(code));
        Assert.Equal([true, true, false, false, false], new[] { "PNEUMOTHORAX", "FATIGUE", "BRUISE_MINOR", "ANY_MINOR", "PAIN_POST_ASKED" }.Select(IsFor));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task They_are_read_clinic_by_clinic_within_what_the_reader_may_see(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + string.Concat(Enumerable.Range(1, 12).Select(i => Samples.Session($"S{i}", $"2026-03-{i:00}T10:00:00Z", i % 2 == 0 ? "P1" : "P2"))));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S4", "FATIGUE", "2026-03-04T12:00:00Z") + Samples.Event("E2", "S9", "FATIGUE", "2026-03-09T12:00:00Z") + Samples.Event("E3", "S10", onset: "2026-03-10T12:00:00Z"));
        await installation.SummariseAsync();
        var fatigue = Catalogue.Measures.Single(m => m.Code == "FATIGUE");

        await using var db = installation.Db();
        var all = Assert.Single(await EventGaps.ReadAsync(db, fatigue, First.AddDays(-1), First.AddDays(30), default));
        Assert.Equal(("C1", 12.0, 3.0), (all.ClinicId, all.Exposure, all.Since));
        Assert.Equal([new(new(2026, 3, 4), 4, "P1"), new(new(2026, 3, 9), 5, "P2")], all.Events);

        await using var own = installation.Db(new Actor(ActorKind.Person, "own", "", Roles.Of(Role.Practitioner), new Scope(null, "P1")));
        var mine = Assert.Single(await EventGaps.ReadAsync(own, fatigue, First.AddDays(-1), First.AddDays(30), default));
        Assert.Equal((6.0, 4.0), (mine.Exposure, mine.Since));
        Assert.Equal([new(new(2026, 3, 4), 2, "P1")], mine.Events);
    }
}
