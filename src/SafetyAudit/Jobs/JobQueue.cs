using Microsoft.Extensions.Logging;
using Quartz;

namespace SafetyAudit.Jobs;

/// <summary>Asks for jobs, from any process; whichever worker runs takes them.</summary>
public sealed class JobQueue(ISchedulerFactory schedulers, ILogger<JobQueue> log)
{
    /// <summary>Makes the library's own tables, so that workers that start together find them.</summary>
    public Task PrepareAsync(CancellationToken ct) => schedulers.GetScheduler(ct).AsTask();

    /// <summary>Asks for a job whose cause is kept and recorded. Should the asking fail, the worker's sweep finds what waits; that it failed is nobody's error.</summary>
    public async Task AskAsync(string name, CancellationToken ct)
    {
        try { await EnqueueAsync(name, ct); }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.LogWarning(e, "The job {Job} could not be asked for; the worker's sweep will find what waits", name);
        }
    }

    /// <summary>Asks for a job to run soon. Asking again while it waits adds nothing; asking while it runs makes it run once more.</summary>
    public async Task EnqueueAsync(string name, CancellationToken ct)
    {
        var scheduler = await schedulers.GetScheduler(ct);
        var key = new JobKey(name);
        if (await scheduler.GetJobDetail(key, ct) is null) await scheduler.AddJob(RunJob.Detail(name), AddJobOptions.Replacing, ct);
        await scheduler.ScheduleTrigger(TriggerBuilder.Create().WithIdentity($"{name}-asked").ForJob(key).StartNow().Build(), TriggerConflict.Keep, ct);
    }
}
