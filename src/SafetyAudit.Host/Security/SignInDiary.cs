using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>Writes down when a sign-in was last used and that it ran out: behind the requests, so that none of them ever waits for a busy database.</summary>
sealed class SignInDiary(IDbContextFactory<SafetyAuditDb> databases, AccessSettings settings, ILogger<SignInDiary> log) : BackgroundService
{
    public static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    readonly Channel<Note> notes = Channel.CreateBounded<Note>(new BoundedChannelOptions(1000) { SingleReader = true });
    readonly ConcurrentDictionary<string, DateTime> waiting = new();

    public void Seen(string id, DateTime now)
    {
        if (waiting.TryAdd(id, now) && !notes.Writer.TryWrite(new(id, null, now))) waiting.TryRemove(id, out _);
    }

    public void Over(string id, SignInEnd because, DateTime now) => notes.Writer.TryWrite(new(id, because, now));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var (id, over, now) in notes.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await using var db = await databases.CreateDbContextAsync(stoppingToken);
                var signIn = db.SignIns.Where(s => s.Id == id && s.EndedAtUtc == null);
                // An old copy of a cookie has run out, but its sign-in may be in use all the same.
                if (over is { } because) await signIn.Where(s => s.LastSeenAtUtc <= now - settings.Idle || s.ExpiresAtUtc <= now)
                    .ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAtUtc, now).SetProperty(s => s.EndedBecause, because), stoppingToken);
                else await signIn.ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeenAtUtc, now), stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogWarning(e, "When a sign-in was last used could not be written down");
            }
            finally
            {
                waiting.TryRemove(id, out _);
            }
        }
    }

    sealed record Note(string Id, SignInEnd? Over, DateTime Now);
}
