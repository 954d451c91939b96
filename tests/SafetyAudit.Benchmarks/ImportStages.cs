using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// What the verb <c>import</c> does, stage by stage, in a process of its own so that its memory is its own: <c>import-here DATA FILE…</c>. Prints wall and processor seconds of each
/// stage and the largest resident memory. With <c>SAFETYAUDIT_BENCH_POSTGRES</c> set, into that database, which must be empty or from here.
/// </summary>
static class ImportStages
{
    public static async Task RunAsync(string data, IReadOnlyList<string> files)
    {
        var settings = Settings(data);
        await using var services = Services(settings, data);
        await Stage("open", async () => await OpenAsync(services, settings));
        foreach (string file in files)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            await Stage($"{name}: receive", async () =>
            {
                await using var stream = Open(file);
                await services.GetRequiredService<ReceiveUpload>().ReceiveAsync(stream, Path.GetFileName(file), null, null, Actor.CommandLine, default);
            });
            await Stage($"{name}: read", () => services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        }
        await Stage("summaries", () => services.GetRequiredService<RefreshSummaries>().RunAsync(default));
        await Stage("alerts", () => services.GetRequiredService<EvaluateAlerts>().RunAsync(onlyMarked: true, default));
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, default);
        var uploads = await db.Uploads.AsNoTracking().OrderByDescending(u => u.Id).Take(files.Count).ToListAsync();
        foreach (var upload in uploads.Where(u => u.Status != UploadStatus.Completed || u.RowsRejected > 0))
            Console.WriteLine($"{upload.FileName}: {upload.Status}, {upload.RowsRejected} of {upload.RowsRead} rejected. {upload.Failure}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak,{PeakResident()}"));
    }

    public static DatabaseSettings Settings(string data) => Environment.GetEnvironmentVariable("SAFETYAUDIT_BENCH_POSTGRES") is { Length: > 0 } postgres
        ? DatabaseSettings.For("postgres", postgres, data) : DatabaseSettings.For("sqlite", null, data);

    public static ServiceProvider Services(DatabaseSettings settings, string data) => new ServiceCollection().AddLogging().AddDatabase(settings, new KeyRing(Path.Combine(data, "keys")))
        .AddSingleton(new UploadSettings(TimeZoneInfo.Utc, long.MaxValue)).AddTransient<ReceiveUpload>().AddTransient<ProcessUploads>().AddTransient<RefreshSummaries>().AddTransient<EvaluateAlerts>()
        .BuildServiceProvider();

    public static async Task OpenAsync(ServiceProvider services, DatabaseSettings settings)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.CommandLine, default);
        await Migrator.MigrateAsync(db, settings, default);
        await services.GetRequiredService<KeyRing>().AgreeAsync(db, default);
    }

    // sessions:N is a stream of so many rows that is never a file; written by another process, whose memory is none of an import's.
    static Stream Open(string file)
    {
        if (file.Split(':') is not ["sessions", var rows]) return File.OpenRead(file);
        return Process.Start(new ProcessStartInfo("dotnet", [typeof(ImportStages).Assembly.Location, "write-sessions", rows]) { RedirectStandardOutput = true })!.StandardOutput.BaseStream;
    }

    public static void WriteSessions(long rows)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput());
        foreach (string line in new ImportFiles(Directory.CreateTempSubdirectory("safetyaudit-bench-demo-").FullName).Sessions(0, rows)) output.WriteLine(line);
    }

    static async Task Stage(string name, Func<Task> work)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        await work();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"stage,{name},{clock.Elapsed.TotalSeconds:F3},{(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:F3},{PeakResident() / 1e6:F0}"));
    }

    static long PeakResident() => long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
