using Quartz;

namespace SafetyAudit.Jobs;

/// <summary>Asks for jobs, from any process; whichever worker runs takes them.</summary>
public sealed class JobQueue(ISchedulerFactory schedulers)
{
    /// <summary>Makes the library's own tables, so that workers that start together find them.</summary>
    public Task PrepareAsync(CancellationToken ct) => schedulers.GetScheduler(ct).AsTask();

    /// <summary>Asks for a job to run soon. Asking again while it waits adds nothing; asking while it runs makes it run once more.</summary>
    public async Task EnqueueAsync(string name, CancellationToken ct)
    {
        var scheduler = await schedulers.GetScheduler(ct);
        var key = new JobKey(name);
        if (await scheduler.GetJobDetail(key, ct) is null) await scheduler.AddJob(RunJob.Detail(name), AddJobOptions.Replacing, ct);
        await scheduler.ScheduleTrigger(TriggerBuilder.Create().WithIdentity($"{name}-asked").ForJob(key).StartNow().Build(), TriggerConflict.Keep, ct);
    }
}
