using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>
/// Reads and refusals on their way into the trail. A page that waited for the database's one writer would wait for imports; so what was read is written to a
/// file at once, before the page is answered, and moved into the chain a second later. A killed process's file is moved by the next one.
/// </summary>
/// <remarks>Moving commits the entries together with the file's name, then deletes the file: whatever is killed when, each read is entered once.</remarks>
public sealed class ReadLog(DatabaseSettings database, IDbContextFactory<SafetyAuditDb> databases, TimeProvider time, ILogger<ReadLog> log) : BackgroundService
{
    sealed record Line(DateTime At, string Actor, string Origin, AuditAction Action, string Subject, string? ClinicId, string? Why);

    readonly Lock one = new();
    FileStream? current;

    string Folder => Path.Combine(database.Directory, "reads");

    /// <summary>Writes down that something was read, exported or refused. What cannot be written down is not to be shown: this throws.</summary>
    public void Add(Actor actor, AuditAction action, string subject, string? why)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new Line(time.UtcNow(), Trail.NameOf(actor), actor.Origin, action, subject, actor.Scope.Clinics is [var only] ? only : null, string.IsNullOrEmpty(why) ? null : why), Json.Options), (byte)'\n'];
        lock (one)
        {
            current ??= new FileStream(Path.Combine(Directory.CreateDirectory(Folder).FullName, $"{Guid.NewGuid():N}.jsonl"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            current.Write(line);
        }
    }

    /// <summary>Moves everything that is written down into the chain. Answers how many entries.</summary>
    public async Task<int> MoveAsync(CancellationToken ct)
    {
        lock (one)
        {
            current?.Dispose();
            current = null;
        }
        int moved = 0;
        if (!Directory.Exists(Folder)) return 0;
        foreach (string path in Directory.GetFiles(Folder, "*.jsonl").Order(StringComparer.Ordinal)) moved += await MoveAsync(path, ct);
        return moved;
    }

    async Task<int> MoveAsync(string path, CancellationToken ct)
    {
        FileStream file;
        // Another process is still writing to it, or has just moved it.
        try { file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException) { return 0; }
        await using (file)
        {
            var drafts = new List<AuditDraft>();
            using (var reader = new StreamReader(file, leaveOpen: true))
                while (await reader.ReadLineAsync(ct) is { } text)
                    if (Parse(text) is { } line) drafts.Add(new(line.Action, line.Subject, line.ClinicId, Why: line.Why) { Earlier = (line.At, line.Actor, line.Origin) });
            string name = Path.GetFileNameWithoutExtension(path);
            await using var db = await databases.OpenAsync(Actor.Worker, ct);
            await using (var transaction = await db.Database.BeginTransactionAsync(ct))
            {
                if (await db.MovedReads.AnyAsync(m => m.Name == name, ct)) drafts.Clear();
                else
                {
                    db.MovedReads.Add(new() { Name = name, MovedAtUtc = time.UtcNow() });
                    await db.SaveChangesAsync(ct);
                    await db.Trail.AppendAsync(db, drafts, ct);
                    await transaction.CommitAsync(ct);
                }
            }
            File.Delete(path);
            return drafts.Count;
        }
    }

    // A line cut short by a crash was never answered with a page.
    static Line? Parse(string text)
    {
        try { return JsonSerializer.Deserialize<Line>(text, Json.Options); }
        catch (JsonException) { return null; }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var every = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await every.WaitForNextTickAsync(stoppingToken))
            {
                try { await MoveAsync(stoppingToken); }
                catch (Exception e) when (e is System.Data.Common.DbException or IOException or TimeoutException) { log.LogWarning(e, "Reads wait in {Folder} to be entered in the audit trail; trying again", Folder); }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        try { await MoveAsync(CancellationToken.None); }
        catch (Exception e) when (e is System.Data.Common.DbException or IOException or TimeoutException) { log.LogWarning(e, "Reads wait in {Folder} for the next start", Folder); }
    }
}

/// <summary>A file of reads that is in the chain.</summary>
[Unaudited]
public sealed class MovedReads
{
    public required string Name { get; set; }
    public DateTime MovedAtUtc { get; set; }
}
