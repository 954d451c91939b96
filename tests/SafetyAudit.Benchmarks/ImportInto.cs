using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;
using static SafetyAudit.Benchmarks.ImportBenchmark;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// What it costs to add 1,000 sessions and 100 events to a history of fifty thousand and of millions, on SQLite. The large history is the small one copied in the database under the
/// names of other clinics; the figures are medians of five after a first one that warms up.
/// </summary>
static class ImportInto
{
    const int Small = 50_000, Added = 1_000, Runs = 5;

    public static async Task RunAsync(int large)
    {
        var few = await MeasureAsync(Small);
        var many = await MeasureAsync(large);
        foreach (string stage in few.Keys) Say($"{stage,-12} {Small,10:N0}: {few[stage],8:F0} ms   {large,10:N0}: {many[stage],8:F0} ms   ratio {many[stage] / few[stage]:F2}");
        Say($"all: ratio {many.Values.Sum() / few.Values.Sum():F2}");
    }

    static async Task<Dictionary<string, double>> MeasureAsync(int history)
    {
        string folder = Directory.CreateTempSubdirectory("safetyaudit-bench-").FullName;
        try
        {
            var files = new ImportFiles(Path.Combine(folder, "demo"));
            string data = Path.Combine(folder, "data");
            var settings = ImportStages.Settings(data);
            await using var services = ImportStages.Services(settings, data);
            await ImportStages.OpenAsync(services, settings);
            foreach (string file in new[] { files.WritePractitioners(Path.Combine(folder, "practitioners.csv"), 2 * Small), files.WriteSessions(Path.Combine(folder, "sessions.csv"), 0, Small), files.WriteEvents(Path.Combine(folder, "events.csv"), 0, Small / 10) })
                await ReceiveAsync(services, file);
            await services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
            await services.GetRequiredService<RefreshSummaries>().RunAsync(default);
            await using (var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, default))
                for (int copy = 1; copy < history / Small; copy++) await CopyAsync(db, copy);

            var times = new Dictionary<string, List<double>>();
            for (int run = 0; run <= Runs; run++)
            {
                string sessions = files.WriteSessions(Path.Combine(folder, $"more-{run}.csv"), Small + run * Added, Added), events = files.WriteEvents(Path.Combine(folder, $"more-events-{run}.csv"), Small / 10 + run * Added / 10, Added / 10);
                await TimeAsync(times, "receive", async () => { await ReceiveAsync(services, sessions); await ReceiveAsync(services, events); });
                await TimeAsync(times, "read", () => services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
                await TimeAsync(times, "summaries", () => services.GetRequiredService<RefreshSummaries>().RunAsync(default));
                await TimeAsync(times, "alerts", () => services.GetRequiredService<EvaluateAlerts>().RunAsync(onlyMarked: true, default));
            }
            return times.ToDictionary(t => t.Key, t => t.Value.Skip(1).Order().ElementAt(Runs / 2));
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task ReceiveAsync(ServiceProvider services, string file)
    {
        await using var stream = File.OpenRead(file);
        await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(stream, Path.GetFileName(file), null, null, Actor.CommandLine, default);
    }

    // Whoever was in clinic RIVER is in clinic RIVER~7 too, with all they did there.
    static async Task CopyAsync(SafetyAuditDb db, int copy)
    {
        string[] ids = ["clinic_id", "practitioner_id", "patient_id", "session_id", "event_id", "linked_clinic_id", "linked_session_id"];
        foreach (string table in new[] { "clinics", "practitioners", "sessions", "adverse_events", "daily_exposures", "daily_observed", "daily_adherence", "daily_quality" })
        {
#pragma warning disable EF1002 // names come from the database's own schema
            var columns = await db.Database.SqlQueryRaw<string>($"SELECT name AS \"Value\" FROM pragma_table_info('{table}') WHERE NOT (pk = 1 AND type = 'INTEGER')").ToListAsync();
            string taken = string.Join(", ", columns.Select(c => ids.Contains(c) || table == "clinics" && c == "id" ? $"{c} || '~{copy}'" : c));
            string original = table == "clinics" ? "id" : table == "adverse_events" ? "patient_id" : "clinic_id";
            await db.Database.ExecuteSqlRawAsync($"INSERT INTO {table} ({string.Join(", ", columns)}) SELECT {taken} FROM {table} WHERE {original} NOT LIKE '%~%'");
#pragma warning restore EF1002
        }
        await db.CheckpointAsync(more: false, default);
    }

    static async Task TimeAsync(Dictionary<string, List<double>> times, string stage, Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        if (!times.TryGetValue(stage, out var known)) times[stage] = known = [];
        known.Add(clock.Elapsed.TotalMilliseconds);
    }
}
