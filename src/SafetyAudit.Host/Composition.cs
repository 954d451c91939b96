using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Console;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Jobs;
using SafetyAudit.Notices;
using SafetyAudit.Reports;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host;

/// <summary>What the program is made of, the same for every verb; the queue of jobs is for those that hand work on.</summary>
static class Composition
{
    public const string ReadUploads = "read-uploads", Summarise = "summarise", WriteHeads = "write-trail-heads", Evaluate = "evaluate-alerts", EvaluateMarked = "evaluate-marked-clinics", SweepArriving = "sweep-arriving",
        TakeDropped = "take-dropped-files", SweepDeliveries = "sweep-deliveries", FreezeReports = "freeze-reports", Tell = "tell-notices", SendMail = "send-mail", SendWebhooks = "send-webhooks";

    /// <summary>A datum's way through the jobs: each hands on to the next, and each also runs by itself, so that nothing a crash left stays lying.</summary>
    static readonly Job[] Jobs =
    [
        new(ReadUploads, async (services, ct) =>
        {
            if (await services.GetRequiredService<ProcessUploads>().DrainAsync(null, ct) == 0) return;
            await services.GetRequiredService<JobQueue>().EnqueueAsync(Summarise, ct);
            // A sentinel event does not wait for the counting, and one whose session has not arrived changes no day.
            await services.GetRequiredService<JobQueue>().EnqueueAsync(EvaluateMarked, ct);
        }, TimeSpan.FromSeconds(10)),
        new(Summarise, async (services, ct) =>
        {
            await services.GetRequiredService<RefreshSummaries>().RunAsync(ct);
            // Whoever marked it: a decision about an event may change no day either.
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.Worker, ct);
            if (await db.StaleClinics.AnyAsync(ct)) await services.GetRequiredService<JobQueue>().EnqueueAsync(EvaluateMarked, ct);
        }, TimeSpan.FromSeconds(30)),
        new(EvaluateMarked, async (services, ct) =>
        {
            await EvaluateAsync(services, onlyMarked: true, ct);
            await services.GetRequiredService<JobQueue>().EnqueueAsync(Tell, ct);
        }, TimeSpan.FromMinutes(5)),
        // Of all clinics: deadlines and credentials run out, reviews are closed and baselines chosen without a record that comes.
        new(Evaluate, async (services, ct) =>
        {
            await EvaluateAsync(services, onlyMarked: false, ct);
            await services.GetRequiredService<JobQueue>().EnqueueAsync(Tell, ct);
        }, TimeSpan.FromMinutes(15)),
        new(Tell, async (services, ct) =>
        {
            if (await services.GetRequiredService<PlanNotices>().RunAsync(ct) == 0) return;
            foreach (string send in new[] { SendMail, SendWebhooks }) await services.GetRequiredService<JobQueue>().EnqueueAsync(send, ct);
        }, TimeSpan.FromSeconds(30)),
        // Each way for itself, so that none waits for the other's receivers.
        new(SendMail, (services, ct) => services.GetRequiredService<SendNotices>().RunAsync(NoticeChannel.Mail, ct), TimeSpan.FromSeconds(30)),
        new(SendWebhooks, (services, ct) => services.GetRequiredService<SendNotices>().RunAsync(NoticeChannel.Webhook, ct), TimeSpan.FromSeconds(30)),
        new(WriteHeads, (services, ct) => services.GetRequiredService<TrailHeads>().WriteAsync(ct), TimeSpan.FromMinutes(5)),
        new(SweepArriving, (services, _) =>
        {
            services.GetRequiredService<ReceiveUpload>().SweepArriving();
            return Task.CompletedTask;
        }, TimeSpan.FromHours(1)),
        new(TakeDropped, async (services, ct) =>
        {
            if (await services.GetRequiredService<WatchedFolder>().TakeAsync(ct) > 0) await services.GetRequiredService<JobQueue>().EnqueueAsync(ReadUploads, ct);
        }, TimeSpan.FromSeconds(5)),
        new(FreezeReports, (services, ct) => services.GetRequiredService<FreezeDueReports>().RunAsync(ct), TimeSpan.FromHours(1)),
        new(SweepDeliveries, async (services, ct) =>
        {
            await using var db = await services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().OpenAsync(Actor.Worker, ct);
            await Delivery.SweepAsync(db, services.GetRequiredService<TimeProvider>().UtcNow(), ct);
        }, TimeSpan.FromHours(1)),
    ];

    public static IServiceCollection AddSafetyAudit(this IServiceCollection services, IConfiguration configuration)
    {
        // One line for each thing told, with its time in UTC, in every process alike.
        services.Configure<ConsoleLoggerOptions>(console => console.FormatterName = ConsoleFormatterNames.Simple);
        services.Configure<SimpleConsoleFormatterOptions>(line => (line.SingleLine, line.UseUtcTimestamp, line.TimestampFormat) = (true, true, "yyyy-MM-dd'T'HH:mm:ss.fff'Z' "));
        var database = Settings.Database(configuration);
        services.AddSingleton(Settings.Uploads(configuration));
        services.AddSingleton<VerifyTrail>();
        services.AddSingleton(provider => new TrailHeads(Settings.TrailHeads(configuration), provider.GetRequiredService<IDbContextFactory<SafetyAuditDb>>(), provider.GetRequiredService<TimeProvider>()));
        services.AddDatabase(database, Settings.Keys(configuration));
        services.AddSingleton<ReadLog>();
        services.AddSingleton(Settings.Watch(configuration));
        services.AddTransient<ReceiveUpload>();
        services.AddTransient<WatchedFolder>();
        services.AddTransient<ProcessUploads>();
        services.AddTransient<ChooseColumns>();
        services.AddTransient<TakeBackUpload>();
        services.AddTransient<CorrectRecord>();
        services.AddTransient<RotateKey>();
        services.AddTransient<MakeReport>();
        services.AddTransient<RefreshSummaries>();
        services.AddSingleton<CountingPace>();
        services.AddTransient<EvaluateAlerts>();
        services.AddTransient<OpenCases>();
        services.AddTransient<FollowRecords>();
        services.AddSingleton(Settings.Notices(configuration));
        services.AddSingleton<OutboundRequests>(provider => new(provider.GetRequiredService<NoticeSettings>()));
        services.AddTransient<FreezeDueReports>();
        services.AddTransient<PlanNotices>();
        services.AddTransient<SendNotices>();
        return services;
    }

    /// <summary>The queue of jobs, for who hands work on; and, for a worker, their running.</summary>
    public static IServiceCollection AddQueue(this IServiceCollection services, IConfiguration configuration, bool worker) => services.AddJobs(Settings.Database(configuration), Jobs, execute: worker);

    /// <summary>Reads what waits, summarises it and looks for alerts in the clinics that it is about: what the worker does job by job, at once and in this process.</summary>
    public static async Task CatchUpAsync(this IServiceProvider services, IProgress<(Upload, UploadProgress)>? progress, CancellationToken ct, IProgress<CountingProgress>? counting = null)
    {
        await services.GetRequiredService<ProcessUploads>().DrainAsync(progress, ct);
        await services.GetRequiredService<RefreshSummaries>().RunAsync(ct, counting);
        await EvaluateAsync(services, onlyMarked: true, ct);
    }

    /// <summary>Looks for alerts in all clinics, or in those that are marked; opens the cases that they ask for, and tells decided ones what has changed.</summary>
    public static async Task EvaluateAsync(IServiceProvider services, bool onlyMarked, CancellationToken ct)
    {
        try
        {
            await services.GetRequiredService<EvaluateAlerts>().RunAsync(onlyMarked, ct);
        }
        finally
        {
            // Of what was found before it failed somebody is told all the same.
            await services.GetRequiredService<OpenCases>().RunAsync(ct);
            await services.GetRequiredService<FollowRecords>().RunAsync(ct);
        }
    }
}
