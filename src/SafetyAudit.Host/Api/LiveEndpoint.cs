using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Api;

/// <summary>
/// Tells open pages that something changed, as server-sent events; what it is they ask for by themselves, with all that this takes. So the stream itself says nothing about anybody's records.
/// </summary>
static class LiveEndpoint
{
    public const string Path = "/live";

    public static void MapLive(this IEndpointRouteBuilder app) => app.MapGet(Path, (HttpContext http, LiveSignal signal, IHostApplicationLifetime program) =>
    {
        if (signal.TryEnter(http.User.Identity?.Name ?? "") is not { } place) return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        // Given back with the request, whether or not anything of the stream was ever read; and a program that is to stop does not wait for its readers.
        http.Response.RegisterForDispose(place);
        var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, program.ApplicationStopping);
        http.Response.RegisterForDispose(end);
        return TypedResults.ServerSentEvents(place.ReadAsync(end.Token));
    }).WithMetadata(new NeedsAttribute(Permission.KeepOwnAccount)).ExcludeFromDescription();
}

/// <summary>What all open streams listen to: the database is asked once for all of them, and only while somebody listens.</summary>
sealed class LiveSignal(IDbContextFactory<SafetyAuditDb> databases, ILogger<LiveSignal> log)
{
    const int MostStreams = 500, MostOfOne = 8;
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>After which a stream ends; the browser opens it again, and whether its sign-in still counts is asked anew.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    readonly Lock gate = new();
    readonly Dictionary<string, int> listeners = [];
    Task<string>? asking;
    DateTime askedAt;

    /// <summary>A place to listen from; null where there is none left, for all or for this reader.</summary>
    public Place? TryEnter(string name)
    {
        lock (gate)
        {
            int own = listeners.GetValueOrDefault(name);
            if (own >= MostOfOne || listeners.Values.Sum() >= MostStreams) return null;
            listeners[name] = own + 1;
            return new(this, name);
        }
    }

    /// <summary>One stream; given back when it is disposed of.</summary>
    public sealed class Place(LiveSignal signal, string name) : IDisposable
    {
        public async IAsyncEnumerable<SseItem<string>> ReadAsync([EnumeratorCancellation] CancellationToken ct)
        {
            string? last = null;
            for (var until = DateTime.UtcNow + Longest; DateTime.UtcNow < until && !ct.IsCancellationRequested; await Task.Delay(Every, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing))
            {
                string now = await signal.StateAsync();
                // The first says where the page stands: it is compared by the page with what it had before the stream broke.
                if (now == last) continue;
                last = now;
                yield return new(now, "state");
            }
        }

        public void Dispose() => signal.Leave(name);
    }

    void Leave(string name)
    {
        lock (gate)
            if (--listeners[name] == 0) listeners.Remove(name);
    }

    Task<string> StateAsync()
    {
        lock (gate)
        {
            if (asking is null || DateTime.UtcNow - askedAt >= Every) (asking, askedAt) = (AskAsync(), DateTime.UtcNow);
            return asking;
        }
    }

    // Counts and numbers that move when something does, and say nothing else.
    async Task<string> AskAsync()
    {
        try
        {
            await using var db = await databases.OpenAsync(Actor.Worker, default);
            var running = await db.Uploads.Where(u => u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing).OrderBy(u => u.Id).Select(u => new { u.Id, u.RowsRead }).ToListAsync();
            var state = new HashCode();
            foreach (var upload in running) state.Add(upload);
            state.Add(await db.Uploads.MaxAsync(u => (long?)u.Id));
            state.Add(await db.Alerts.Where(a => a.Status == AlertStatus.Open).Select(a => new { Id = (long?)a.Id }).MaxAsync(a => a.Id));
            state.Add(await db.Alerts.CountAsync(a => a.Status == AlertStatus.Open));
            state.Add(await db.CaseEntries.MaxAsync(e => (long?)e.Id));
            // Moves with every commit that counts, for pages that tell how many days are left.
            state.Add(await db.StaleDays.MinAsync(d => (long?)d.Id));
            return state.ToHashCode().ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The pages stand as they are; the next second asks again.
            log.LogWarning("What changed could not be asked: {Reason}", e.GetType().Name);
            return "";
        }
    }
}
