using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
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
/// <remarks>
/// Moving commits the entries together with the file's name, then deletes the file: whatever is killed when, each read is entered once. Every line carries a
/// code under a key outside the database: a line that lacks it was not written by the program, is entered nowhere, and its file is set aside and told of. So is
/// a line that this process wrote and no longer finds.
/// </remarks>
public sealed class ReadLog(DatabaseSettings database, IDbContextFactory<SafetyAuditDb> databases, KeyRing keys, TimeProvider time, ILogger<ReadLog> log) : BackgroundService
{
    sealed record Line(DateTime At, string Actor, string Origin, AuditAction Action, string Subject, string? ClinicId, string? Why);

    const int CodeLength = 64;

    readonly Lock one = new();
    readonly ConcurrentDictionary<string, int> written = [];
    FileStream? current;

    string Folder => Path.Combine(database.Directory, "reads");

    /// <summary>Writes down that something was read, exported, refused or checked. What cannot be written down is not to be shown: this throws.</summary>
    public void Add(Actor actor, AuditAction action, string subject, string? why)
    {
        var line = new Line(time.UtcNow(), Trail.NameOf(actor), actor.Origin, action, subject, actor.Scope.Clinics is [var only] ? only : null, string.IsNullOrEmpty(why) ? null : why);
        string json = JsonSerializer.Serialize(line, Json.Options);
        lock (one)
        {
            current ??= new FileStream(Path.Combine(Directory.CreateDirectory(Folder).FullName, $"{Guid.NewGuid():N}.jsonl"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            string name = Path.GetFileNameWithoutExtension(current.Name);
            current.Write(Encoding.UTF8.GetBytes(CodeOf(name, written.GetValueOrDefault(name), json, keys.Newest) + json + "\n"));
            written.AddOrUpdate(name, 1, (_, count) => count + 1);
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
        foreach (string path in Directory.GetFiles(Folder, "*.jsonl").Order(StringComparer.Ordinal))
        {
            // One file that can't be moved must not hold up the others.
            try { moved += await MoveAsync(path, ct); }
            catch (UnauthorizedAccessException e) { log.LogError(e, "{File} can't be opened or deleted: its reads wait to be entered in the audit trail. Mend its owner and mode", path); }
        }
        // Of files that went away before they were moved nothing is left but what this process remembers.
        foreach (string gone in written.Keys.Where(name => !File.Exists(Path.Combine(Folder, name + ".jsonl"))))
            if (written.TryRemove(gone, out int lost)) await EnterAsync([Missing(gone, lost)], null, ct);
        return moved;
    }

    async Task<int> MoveAsync(string path, CancellationToken ct)
    {
        FileStream file;
        // Another process is still writing to it, or has just moved it.
        try { file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException) { return 0; }
        string name = Path.GetFileNameWithoutExtension(path);
        var drafts = new List<AuditDraft>();
        int strange = 0, lines = 0;
        await using (file)
        {
            using var reader = new StreamReader(file, leaveOpen: true);
            string content = await reader.ReadToEndAsync(ct);
            // A last line cut short by a crash was never answered with a page.
            foreach (string text in content.Split('\n')[..^1])
                if (Parse(name, lines, text) is { } line)
                {
                    drafts.Add(new(line.Action, line.Subject, line.ClinicId, Why: line.Why) { Earlier = (line.At, line.Actor, line.Origin) });
                    lines++;
                }
                else strange++;
            if (written.TryRemove(name, out int own) && own > lines) drafts.Add(Missing(name, own - lines));
            if (strange > 0)
                drafts.Add(new(AuditAction.Failed, $"reads {name}", Why: $"{strange} lines were not written by this program, or were harmed; the file is set aside as {name}.aside"));
            if (!await EnterAsync(drafts, name, ct)) drafts.Clear();
            if (strange > 0) log.LogError("{File} held {Lines} lines that were not written by this program; it is set aside beside it", path, strange);
            if (strange > 0) File.Move(path, Path.ChangeExtension(path, ".aside"), overwrite: true);
            else File.Delete(path);
        }
        return drafts.Count;
    }

    static AuditDraft Missing(string name, int lines) => new(AuditAction.Failed, $"reads {name}", Why: $"{lines} reads were written down and taken away before they could be entered");

    // False when the file of this name is in the chain already.
    async Task<bool> EnterAsync(List<AuditDraft> drafts, string? name, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (name is not null)
        {
            if (await db.MovedReads.AnyAsync(m => m.Name == name, ct)) return false;
            db.MovedReads.Add(new() { Name = name, MovedAtUtc = time.UtcNow() });
            await db.SaveChangesAsync(ct);
        }
        await db.Trail.AppendAsync(db, drafts, ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    // Under the file's name and the line's place in it, so that no line can be repeated, moved or carried over.
    string CodeOf(string name, int place, string json, int key) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(keys.Key(KeyPurpose.Reads, key), Encoding.UTF8.GetBytes($"{name} {place} {json}")));

    Line? Parse(string name, int place, string text)
    {
        if (text.Length <= CodeLength) return null;
        string json = text[CodeLength..];
        // Written down just before a key was rotated, and moved after.
        for (int key = keys.Newest; key >= Math.Max(1, keys.Newest - 1); key--)
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(CodeOf(name, place, json, key)), Encoding.UTF8.GetBytes(text[..CodeLength])))
                return JsonSerializer.Deserialize<Line>(json, Json.Options);
        return null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var every = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await every.WaitForNextTickAsync(stoppingToken)) await TryMoveAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        await TryMoveAsync(CancellationToken.None);
    }

    async Task TryMoveAsync(CancellationToken ct)
    {
        try { await MoveAsync(ct); }
        catch (Exception e) when (e is not OperationCanceledException) { log.LogWarning(e, "Reads wait in {Folder} to be entered in the audit trail; trying again", Folder); }
    }
}

/// <summary>A file of reads that is in the chain.</summary>
[Unaudited]
public sealed class MovedReads
{
    public required string Name { get; set; }
    public DateTime MovedAtUtc { get; set; }
}
