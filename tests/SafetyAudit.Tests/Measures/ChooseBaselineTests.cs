using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Commands;
using SafetyAudit.Measures;

namespace SafetyAudit.Tests.Measures;

public class ChooseBaselineTests
{
    static Actor Person(string name) => new(ActorKind.Person, name, "", Roles.Of(Role.Director), Scope.Everything);

    static async Task<string?> AsAsync(TestInstallation installation, string name, Func<ChooseBaseline, Task<string?>> step)
    {
        await using var db = installation.Db(Person(name));
        return await step(new ChooseBaseline(db, installation.Clock));
    }

    static async Task<double> ExpectedAsync(TestInstallation installation, DateTime? asOf = null)
    {
        await using var db = installation.Db(Person("reader"));
        var rows = await RatesCommand.ReadAsync(db, installation.Services.GetRequiredService<DatabaseSettings>(), new(new(2026, 1, 1), new(2026, 12, 31), Grouping.Clinic), asOf, "BRUISE_MINOR", null, default);
        return Assert.Single(rows).Expected!.Value;
    }

    [Fact]
    public async Task Another_baseline_is_in_force_from_a_second_person_s_signature_on_and_not_before()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + string.Concat(Enumerable.Range(1, 100).Select(i => Samples.Session($"S{i}"))));
        // Brady 2014 and Boyce 2020 pooled: 2,154 in 28,123; Brady alone: 576 in 7,629.
        const double pooled = 100 * 2154.0 / 28123, brady = 100 * 576.0 / 7629;
        Assert.Equal(pooled, await ExpectedAsync(installation), 9);

        Assert.Null(await AsAsync(installation, "ann", c => c.ProposeAsync("BRUISE_MINOR", "BRUISE_MINOR@brady-2014", "Physiotherapists as ours", default)));
        Assert.Equal(pooled, await ExpectedAsync(installation), 9);
        long id;
        await using (var db = installation.Db()) id = (await db.BaselineChoices.SingleAsync()).Id;
        Assert.Contains("somebody else signs", await AsAsync(installation, "ann", c => c.AnswerAsync(id, sign: true, "I agree with myself", default)), StringComparison.Ordinal);
        Assert.Contains("Say why", await AsAsync(installation, "ben", c => c.AnswerAsync(id, sign: true, " ", default)), StringComparison.Ordinal);
        Assert.Equal(pooled, await ExpectedAsync(installation), 9);

        var before = installation.Clock.UtcNow();
        installation.Clock.Now += TimeSpan.FromDays(1);
        Assert.Null(await AsAsync(installation, "ben", c => c.AnswerAsync(id, sign: true, "Same setting", default)));
        Assert.Equal(brady, await ExpectedAsync(installation), 9);
        // As it was known the day before it was the pooled rate.
        Assert.Equal(pooled, await ExpectedAsync(installation, before), 9);
        Assert.Contains("answered already", await AsAsync(installation, "cem", c => c.AnswerAsync(id, sign: false, "Too late", default)), StringComparison.Ordinal);
        await using var trail = installation.Db();
        Assert.Equal(["person ann", "person ben"], await trail.AuditEntries.Where(e => e.Subject!.StartsWith("baseline_choice")).OrderBy(e => e.Sequence).Select(e => e.Actor).ToListAsync());
    }

    [Fact]
    public async Task What_can_t_be_chosen_is_refused_in_words_and_one_turned_down_changes_nothing()
    {
        await using var installation = await TestInstallation.OpenAsync();
        foreach (var (measure, baseline, why, words) in new[]
        {
            ("BRUISE_MINOR", "BLEED_MINOR@1", "x", "no baseline of this measure"), ("BRUISE_MINOR", "nothing", "x", "no baseline of this measure"), ("BRUISE_MINOR", "BRUISE_MINOR@1", "x", "in use already"),
            ("BRUISE_MINOR", "BRUISE_MINOR@brady-2014", "", "Say why"), ("BRUISE_MINOR", "BRUISE_MINOR@brady-2014", new string('x', 1001), "Say why"),
        })
            Assert.Contains(words, await AsAsync(installation, "ann", c => c.ProposeAsync(measure, baseline, why, default)), StringComparison.Ordinal);
        Assert.Null(await AsAsync(installation, "ann", c => c.ProposeAsync("BRUISE_MINOR", "BRUISE_MINOR@brady-2014", "a reason", default)));
        Assert.Contains("waits already", await AsAsync(installation, "ben", c => c.ProposeAsync("BRUISE_MINOR", "BRUISE_MINOR@boyce-2020", "another", default)), StringComparison.Ordinal);
        // Whoever proposed it may take it back.
        long id;
        await using (var db = installation.Db()) id = (await db.BaselineChoices.SingleAsync()).Id;
        Assert.Null(await AsAsync(installation, "ann", c => c.AnswerAsync(id, sign: false, "A second thought", default)));
        await using var after = installation.Db();
        Assert.Equal("BRUISE_MINOR@1", (await ChooseBaseline.InForceAsync(after, null, default))["BRUISE_MINOR"]);
        Assert.Null(await AsAsync(installation, "ben", c => c.ProposeAsync("BRUISE_MINOR", "BRUISE_MINOR@boyce-2020", "another", default)));
    }
}
