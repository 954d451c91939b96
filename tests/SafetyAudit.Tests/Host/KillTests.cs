using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>kill -9 of the real worker in the middle of an import, then a new one: the same records as without it.</summary>
public class KillTests
{
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_worker_killed_again_and_again_loses_nothing_and_doubles_nothing(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(5, 6000, p => 10 + p);
        await using var straight = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await straight.ImportAsync(file);

        await using var killed = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await killed.ReceiveAsync(Encoding.UTF8.GetBytes(file));
        var random = new Random(20140802);
        for (int kill = 1; kill <= 3; kill++)
        {
            using var worker = StartWorker(killed);
            long wanted = kill * 5000;
            await UntilAsync(killed, async db => await db.Uploads.SumAsync(u => u.RowsRead) >= wanted, worker);
            await Task.Delay(random.Next(0, 300));
            worker.KillHard();
            await using var db = killed.Db();
            // What is read and not finished counts nowhere.
            if (await db.Uploads.AnyAsync(u => u.Kind == RecordKind.Sessions && u.Status != UploadStatus.Completed)) Assert.Equal(0, await db.DailyExposures.CountAsync());
        }
        using (var worker = StartWorker(killed))
            await UntilAsync(killed, async db => await db.Uploads.AllAsync(u => u.Status == UploadStatus.Completed) && !await db.StaleDays.AnyAsync() && await db.Alerts.AnyAsync(), worker);
        // Whatever was under way when the last worker was ended is done once more: it changes nothing.
        await killed.Services.GetRequiredService<SafetyAudit.Summaries.RefreshSummaries>().RunAsync(default);
        await killed.EvaluateAsync();

        Assert.Equal(await straight.DigestAsync(), await killed.DigestAsync());

        // And the trail tells of exactly what is there.
        await using var trail = killed.Db();
        Assert.Null((await killed.Services.GetRequiredService<VerifyTrail>().RunAsync(trail, default)).Fault);
        await foreach (string fault in VerifyRecords.RunAsync(trail, default)) Assert.Fail(fault);
    }

    internal static ProgramRun StartWorker(TestInstallation installation) => Start(installation, "worker");

    internal static ProgramRun Start(TestInstallation installation, string verb)
    {
        var settings = installation.Services.GetRequiredService<DatabaseSettings>();
        return ProgramRun.Start(verb, "--Data:Directory", settings.Directory, "--Clinics:TimeZone", "Europe/London",
            "--Database:Provider", Codes.Of(settings.Provider), "--Database:ConnectionString", settings.ConnectionString);
    }

    internal static async Task UntilAsync(TestInstallation installation, Func<SafetyAuditDb, Task<bool>> holds, ProgramRun worker)
    {
        for (var patience = DateTime.UtcNow.AddMinutes(3); DateTime.UtcNow < patience; await Task.Delay(20))
        {
            Assert.False(worker.HasExited, "the worker ended by itself");
            await using var db = installation.Db();
            if (await holds(db)) return;
        }
        Assert.Fail("the worker did not get there in three minutes");
    }
}
