using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;
using SafetyAudit.AuditTrail;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Api;
using SafetyAudit.Host.Security;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Reports;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host;

/// <summary>The web application: what it is made of, and what every request passes through.</summary>
static class Dashboard
{
    /// <param name="settings">Settings from the command line.</param>
    /// <param name="worker">Whether jobs are done in this process too.</param>
    /// <param name="time">The clock; the system's unless another is given.</param>
    public static WebApplication Build(string[] settings, bool worker, TimeProvider? time = null)
    {
        // The program's own folder holds its settings and style sheet, wherever it is started from.
        // There is one way to run it, whatever the environment says: no page of the framework's that shows where a fault lies.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = [Settings.ReadOnce, .. settings], ApplicationName = typeof(Dashboard).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        // The style sheet does not change while the program runs; watching it would take something of which a machine has few.
        builder.Environment.WebRootFileProvider = new UnwatchedFiles(new PhysicalFileProvider(builder.Environment.WebRootPath));
        if (string.IsNullOrEmpty(builder.Configuration["urls"])) builder.WebHost.UseUrls("http://localhost:5080");
        builder.AddRequestLimits(Settings.RequestsAtOnce(builder.Configuration));

        var services = builder.Services;
        services.AddQuietFramework();
        services.Configure<HostFilteringOptions>(filter => (filter.AllowedHosts, filter.AllowEmptyHosts) = (Settings.Hosts(builder.Configuration), false));
        services.PostConfigure<ForwardedHeadersOptions>(forwarded => Settings.Proxies(builder.Configuration, forwarded));
        services.AddHsts(hsts => (hsts.MaxAge, hsts.IncludeSubDomains) = (TimeSpan.FromDays(365), true));
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddSafetyAudit(builder.Configuration).AddQueue(builder.Configuration, worker);
        var database = Settings.Database(builder.Configuration);
        services.AddKeptDataProtection(builder.Configuration);
        services.AddSingleton<SetUpLink>();
        services.AddScoped<DecideLink>();
        services.AddScoped<LayDownProtocol>();
        services.AddScoped<ChooseBaseline>();
        services.AddSingleton<LiveSignal>();
        services.AddScoped<TakeStep>();
        services.AddScoped<ReviewCase>();
        services.AddScoped<KeepReports>();
        services.AddTransient<RecordsEndpoint.Received>();
        services.AddSingleton<ReportForm>();
        services.AddSingleton<Pages.ChartStyle>();
        services.AddHostedService(provider => provider.GetRequiredService<ReadLog>());
        services.AddAccounts(Settings.Access(builder.Configuration));
        // Nothing is open unless it says to whom.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAssertion(_ => false).Build());
        services.AddSingleton<IAuthorizationHandler, DecideNeeds>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, Refusals>();
        // Letters of every language as they are, as in the pages' own words: what markup is made of is encoded all the same.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddRazorPages().AddMvcOptions(mvc =>
        {
            mvc.Filters.Add<RefuseNul>();
            mvc.Filters.Add<Pages.ReadToThem>();
            mvc.Filters.Add<OnlyHandlers>();
            mvc.Filters.Add<EnterShown>();
            mvc.Filters.Add<Pages.ChartDownloads>();
        });
        services.AddProblemDetails();
        services.AddApiDescription();
        services.AddHealthChecks().AddDbContextCheckOf(database);

        var app = builder.Build();
        app.UseForwardedHeaders();
        // A request that can't be read is its sender's fault, everything else ours; neither answer says more than that.
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = "/error",
            StatusCodeSelector = StatusOf,
        });
        app.UseWhen(IsApi, programs => programs.UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = StatusOf, ExceptionHandler = http => Asked.Failed(http).ExecuteAsync(http) }));
        app.UseWhen(http => !IsApi(http), pages => pages.UseStatusCodePagesWithReExecute("/error/{0}"));
        app.UseWhen(IsApi, programs => programs.UseStatusCodePages());
        app.UseHsts();
        app.UseMiddleware<SecurityHeaders>();
        app.UseCookiePolicy();
        app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = file => SecurityHeaders.MayBeKept(file.Context) });
        app.UseRateLimiter();
        app.Use(RefuseNul.InAddresses);
        app.UseRouting();
        app.UseAuthentication();
        app.UseMiddleware<RequestActor>();
        app.UseAuthorization();
        app.Use(SignIns.RequireSecondStep);
        app.UseMiddleware<EnterReads>();
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false }).AllowAnonymous();
        app.MapHealthChecks("/health/ready").AllowAnonymous();
        app.MapRazorPages();
        app.MapApi();
        app.MapDataQuality();
        app.MapFhir();
        app.MapRecords();
        app.MapCalendar();
        app.MapLive();
        app.MapOpenApi().AllowAnonymous();
        return app;
    }

    static int StatusOf(Exception fault) => fault is BadHttpRequestException bad ? bad.StatusCode : DiskFull.Is(fault) ? StatusCodes.Status507InsufficientStorage : StatusCodes.Status500InternalServerError;

    // People get pages, programs problems (RFC 9457).
    static bool IsApi(HttpContext context) => context.Request.Path.StartsWithSegments("/api");

    static void AddDbContextCheckOf(this IHealthChecksBuilder checks, DatabaseSettings database) =>
        checks.AddAsyncCheck("database", async ct =>
        {
            await using var db = new SafetyAuditDb((DbContextOptions<SafetyAuditDb>)Database.Configure(new DbContextOptionsBuilder<SafetyAuditDb>(), database).Options);
            return await db.Database.CanConnectAsync(ct) ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Healthy() : Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckResult.Unhealthy("The database does not answer.");
        });
}

/// <summary>Files that do not change while the program runs.</summary>
sealed class UnwatchedFiles(IFileProvider files) : IFileProvider
{
    public IDirectoryContents GetDirectoryContents(string subpath) => files.GetDirectoryContents(subpath);

    public IFileInfo GetFileInfo(string subpath) => files.GetFileInfo(subpath);

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;
}
