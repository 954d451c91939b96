using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace SafetyAudit.Jobs;

/// <summary>One kind of job. It may run twice and may be stopped anywhere: it recomputes, and takes up what was left.</summary>
/// <param name="Name">Its name in the queue.</param>
/// <param name="Work">What it does, with the services of a scope of its own.</param>
/// <param name="Every">How often it runs by itself: the sweep for what a crash left.</param>
public sealed record Job(string Name, Func<IServiceProvider, CancellationToken, Task> Work, TimeSpan Every);

/// <summary>Runs the work of a named job: one of a name at a time in all workers, and again when its worker was killed.</summary>
[DisallowConcurrentExecution]
sealed class RunJob(IReadOnlyDictionary<string, Job> jobs, IServiceScopeFactory scopes) : IJob
{
    public static IJobDetail Detail(string name) => JobBuilder.Create<RunJob>().WithIdentity(name).StoreDurably().RequestRecovery().Build();

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await jobs[context.JobDetail.Key.Name].Work(scope.ServiceProvider, cancellationToken);
    }
}
