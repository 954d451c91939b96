using System.Threading.RateLimiting;
using SafetyAudit.Host.Api;

namespace SafetyAudit.Host.Security;

/// <summary>
/// What one request, one address and all of them together may take, so that nobody keeps the others out. Whether the program lives is always answered; streams of what changes
/// last, hold no place and are counted by themselves.
/// </summary>
static class RequestLimits
{
    /// <summary>Forms and passkeys are small. Whatever takes more, as the upload of a file does, says so itself.</summary>
    const long LargestBody = 256 * 1024;

    /// <summary>
    /// SQLite holds a thread for as long as a query or a wait for the one writer takes, and the runtime by itself adds a thread beyond one for each processor only every half second, for
    /// which a style sheet, too, would wait.
    /// </summary>
    const int Threads = 32;

    static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(1);

    public static void AddRequestLimits(this WebApplicationBuilder builder, int atOnce)
    {
        ThreadPool.GetMinThreads(out int threads, out int ports);
        ThreadPool.SetMinThreads(Math.Max(threads, Threads), ports);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var limits = kestrel.Limits;
            limits.MaxRequestBodySize = LargestBody;
            (limits.MaxRequestLineSize, limits.MaxRequestHeaderCount, limits.MaxRequestHeadersTotalSize) = (8 * 1024, 64, 32 * 1024);
            // Who sends or reads slower than this after five seconds holds a place without using it.
            limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            limits.MinRequestBodyDataRate = limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            limits.KeepAliveTimeout = TimeSpan.FromMinutes(1);
            (limits.MaxConcurrentConnections, limits.MaxConcurrentUpgradedConnections) = (2000, 0);
        });
        builder.Services.AddRateLimiter(limiter =>
        {
            // A quarter for one address, so that one that asks too much, or sends slowly, leaves room for the others.
            int fromOne = Math.Max(1, atOnce / 4);
            var each = Places(http => SignInThrottle.Partition(http.Connection.RemoteIpAddress), fromOne, atOnce);
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(each, Places(_ => "all", atOnce, atOnce * 4));
            var told = DateTime.MinValue;
            limiter.OnRejected = (refused, ct) =>
            {
                var http = refused.HttpContext;
                bool one = each.GetStatistics(http) is { CurrentAvailablePermits: 0 } places && places.CurrentQueuedCount >= atOnce;
                // Once a minute: a crowd must not fill the log.
                if (DateTime.UtcNow - told > TellAgain)
                {
                    told = DateTime.UtcNow;
                    http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RequestLimits))
                        .LogWarning("Refused: more requests at once than are answered, from {Address} {Among}", Caller.Address(http), one ? "alone" : "among others");
                }
                return new(RefuseAsync(http, one ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable, ct));
            };
        });
    }

    static PartitionedRateLimiter<HttpContext> Places(Func<HttpContext, string> whose, int places, int waiting) =>
        PartitionedRateLimiter.Create<HttpContext, string>(http => http.Request.Path == "/health/live" || http.Request.Path == LiveEndpoint.Path ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetConcurrencyLimiter(whose(http), _ => new()
            {
                PermitLimit = places, QueueLimit = waiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            }));

    // Written as it stands: a page would ask the database, which is what there is too little of.
    static Task RefuseAsync(HttpContext http, int status, CancellationToken ct)
    {
        http.Response.StatusCode = status;
        http.Response.Headers.RetryAfter = "5";
        if (http.Request.Path.StartsWithSegments("/api"))
            return Results.Problem("Wait a few seconds, then ask again.", statusCode: status,
                title: "More is asked at once than can be answered.").ExecuteAsync(http);
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync("""
            <!DOCTYPE html>
            <html lang="en-GB">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Busy · SafetyAudit</title><link rel="stylesheet" href="/assets/site.css"></head>
            <body><main class="wide"><h1>Busy just now</h1>
            <p>More is asked at once than can be answered. Nothing was lost: wait a few seconds, then load the page again.</p></main></body>
            </html>
            """, ct);
    }
}
