using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using SafetyAudit.Data;

namespace SafetyAudit.Jobs;

/// <summary>
/// Executes queued jobs. On PostgreSQL any number of workers share them; on SQLite exactly one process does, the one that holds <c>worker.lock</c>,
/// and another takes over when it ends.
/// </summary>
public sealed class Worker(ISchedulerFactory schedulers, IReadOnlyDictionary<string, Job> jobs, DatabaseSettings database, ILogger<Worker> log) : BackgroundService
{
    FileLock? only;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (bool told = false; database.IsSqlite && (only = FileLock.TryTake(Path.Combine(database.Directory, "worker.lock"))) is null; told = true)
            {
                if (!told) log.LogInformation("Another process runs the jobs of this database; waiting to take over when it ends");
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken);
            }
            var scheduler = await schedulers.GetScheduler(stoppingToken);
            foreach (var job in jobs.Values)
            {
                await scheduler.AddJob(RunJob.Detail(job.Name), AddJobOptions.Replacing, stoppingToken);
                await scheduler.ScheduleTrigger(TriggerBuilder.Create().WithIdentity($"{job.Name}-sweep").ForJob(job.Name).StartNow()
                    .WithSimpleSchedule(every => every.WithInterval(job.Every).RepeatForever()).Build(), TriggerConflict.Keep, stoppingToken);
            }
            await scheduler.Start(stoppingToken);
            log.LogInformation("Worker ready");
            await Task.Delay(Timeout.Infinite, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host's own Quartz service lets running jobs end.
        }
    }

    // After every service has stopped, so that no other worker starts while a job here is still ending.
    public override void Dispose()
    {
        only?.Dispose();
        base.Dispose();
    }
}

public static class JobServices
{
    /// <summary>The queue, for processes that ask for jobs; <paramref name="execute"/> adds the worker that runs them.</summary>
    /// <remarks>The library's tables: a file of their own on SQLite, so that jobs start promptly while an import writes; beside ours on PostgreSQL.</remarks>
    public static IServiceCollection AddJobs(this IServiceCollection services, DatabaseSettings database, IEnumerable<Job> jobs, bool execute)
    {
        services.AddSingleton<IReadOnlyDictionary<string, Job>>(jobs.ToDictionary(j => j.Name));
        services.AddSingleton<JobQueue>();
        services.AddQuartz(quartz =>
        {
            // A stop is told to running jobs: they end after their current commit and are taken up by the next start.
            quartz.ConfigureScheduler(scheduler => (scheduler.IdleWaitTime, scheduler.ShutdownJobInterruption) = (TimeSpan.FromSeconds(1), ShutdownJobInterruption.Always));
            // Two work while two wait for others: a mail server, a program that is told.
            quartz.UseDefaultThreadPool(maxConcurrency: 4);
            quartz.UsePersistentStore(store =>
            {
                store.ProvisionSchema();
                if (database.IsSqlite) store.UseSqlite($"Data Source={Path.Combine(database.Directory, "jobs.db")};Default Timeout=10");
                else
                {
                    store.UsePostgres(database.ConnectionString);
                    store.UseClustering(cluster => (cluster.CheckinInterval, cluster.CheckinMisfireThreshold) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)));
                }
            });
        });
        services.AddQuartzHostedService(hosted => (hosted.AutoStart, hosted.WaitForJobsToComplete) = (false, true));
        if (execute) services.AddHostedService<Worker>();
        return services;
    }
}
