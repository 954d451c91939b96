using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Analysis;
using SafetyAudit.Data;

namespace SafetyAudit.Tests.Data;

public class ReadingViewsTests
{
    static async Task<List<object?[]>> AskAsync(SafetyAuditDb db, string sql, List<string>? columns = null)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        await using DbDataReader reader = await command.ExecuteReaderAsync();
        columns?.AddRange(Enumerable.Range(0, reader.FieldCount).Select(reader.GetName));
        var rows = new List<object?[]>();
        while (await reader.ReadAsync()) rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        return rows;
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_a_tool_adds_up_is_what_the_pages_say(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(5, 400, p => 5 + p);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        await using var db = installation.Db();
        var counts = await Counts.ReadAsync(db, new(2000, 1, 1), new(2199, 12, 31), default);

        var days = await AskAsync(db, "SELECT practitioner_id, SUM(sessions) FROM bi_practitioner_days GROUP BY practitioner_id ORDER BY practitioner_id");
        Assert.Equal(counts.OrderBy(c => c.PractitionerId, StringComparer.Ordinal).Select(c => (c.PractitionerId, c.Sessions)), days.Select(d => ((string)d[0]!, Convert.ToInt64(d[1]))));
        var bruises = await AskAsync(db, "SELECT practitioner_id, SUM(observed) FROM bi_observed_days WHERE measure = 'BRUISE_MINOR' GROUP BY practitioner_id ORDER BY practitioner_id");
        var bruise = SafetyAudit.Measures.Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR");
        Assert.Equal(counts.OrderBy(c => c.PractitionerId, StringComparer.Ordinal).Select(c => c.ObservedOf(bruise)), bruises.Select(b => Convert.ToInt64(b[1])));
        // One baseline of each measure is in force, the one that rates are worked out with.
        var inForce = await AskAsync(db, "SELECT measure, id FROM bi_baselines WHERE in_force = 1 ORDER BY measure");
        Assert.Equal((await Rates.BaselinesAsync(db, null, default)).OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => (b.Key, b.Value.Id)), inForce.Select(b => ((string)b[0]!, (string)b[1]!)));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task They_hold_no_patient_and_no_free_text_and_are_there_again_after_a_migration(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        await db.Database.ExecuteSqlRawAsync("DROP VIEW bi_alerts");
        await Migrator.MigrateAsync(db, installation.Services.GetRequiredService<DatabaseSettings>(), default);
        string readme = await File.ReadAllTextAsync(Path.Combine(ArchitectureTests.Root, "README.md"));
        foreach (var view in ReadingViews.All)
        {
            var columns = new List<string>();
            await AskAsync(db, $"SELECT * FROM {view.Name}", columns);
            Assert.DoesNotContain(columns, c => c.Contains("patient", StringComparison.Ordinal) || c is "session_id" or "event_id" or "key" or "name" && view.Name != "bi_measures" || c.Contains("reason", StringComparison.Ordinal) || c.EndsWith("_by", StringComparison.Ordinal));
            Assert.Contains($"| `{view.Name}` | {view.Row} | {string.Join(", ", columns.Select(c => $"`{c}`"))} |", readme, StringComparison.Ordinal);
        }
    }
}
