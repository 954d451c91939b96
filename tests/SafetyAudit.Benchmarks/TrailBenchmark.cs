using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Benchmarks;

/// <summary>
/// The audit trail: how long a chain of a million entries takes to write and to check, beside SHA-256 over the same bytes alone; and what an import of a
/// million rows pays for its entries, one to a batch of 5,000 rows in a transaction of its own.
/// </summary>
static class TrailBenchmark
{
    public static async Task RunAsync(int entries)
    {
        string folder = Directory.CreateTempSubdirectory("safetyaudit-bench-").FullName;
        try
        {
            var settings = DatabaseSettings.For("sqlite", null, folder);
            await using var services = new ServiceCollection().AddDatabase(settings, new KeyRing(Path.Combine(folder, "keys"))).BuildServiceProvider();
            var databases = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>();
            await using var db = await databases.OpenAsync(Actor.CommandLine, default);
            await Migrator.MigrateAsync(db, settings, default);
            var draft = new AuditDraft(AuditAction.Stored, "upload 7", "RIVER", After: """{"first_line":5002,"last_line":10001,"records":5000,"digest":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}""");

            double batches = await TimeAsync(async () => { for (int i = 0; i < 200; i++) await AppendAsync(db, [draft]); });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"200 entries, a transaction each (an import of 1,000,000 rows)  {batches,7:F2} s"));
            double write = await TimeAsync(async () => { for (int done = 0; done < entries; done += 10_000) await AppendAsync(db, Enumerable.Repeat(draft, Math.Min(10_000, entries - done)).ToList()); });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{entries:N0} entries written, 10,000 to a transaction              {write,7:F2} s"));
            await db.CheckpointAsync(more: false, default);

            var verify = new VerifyTrail(services.GetRequiredService<KeyRing>(), new TrailHeads(Path.Combine(folder, "heads.csv"), databases, TimeProvider.System));
            TrailCheck? check = null;
            double seconds = await TimeAsync(async () => check = await verify.RunAsync(db, default));
            if (check!.Fault is { } fault) throw new InvalidOperationException($"Entry {fault.Sequence} {fault.What}.");
            byte[] bytes = new byte[420];
            double bare = await TimeAsync(() => { for (int i = 0; i < entries; i++) System.Security.Cryptography.SHA256.HashData(bytes, bytes.AsSpan(0, 32)); return Task.CompletedTask; });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{check.Entries:N0} entries checked, hashes and seals                      {seconds,7:F2} s   (SHA-256 over as many bytes alone: {bare:F2} s)"));
        }
        finally
        {
            Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task AppendAsync(SafetyAuditDb db, List<AuditDraft> drafts)
    {
        await using var transaction = await db.Database.BeginTransactionAsync();
        await db.Trail.AppendAsync(db, drafts, default);
        await transaction.CommitAsync();
    }

    static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }
}
