using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>How far the trail had come at some time.</summary>
public sealed record TrailHead(long Sequence, byte[] Hash, string At);

/// <summary>
/// Heads of the trail, written to a file outside the database: one line each, <c>sequence,hash,instant</c>. Put it where whoever runs the database can't write
/// (<c>AuditTrail:HeadsFile</c>), or keep copies: the trail can't be cut short or written anew behind a head that someone has.
/// </summary>
public sealed class TrailHeads(string path, IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Writes the present head down, unless it is there already.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        var head = await db.AuditEntries.AsNoTracking().OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(ct);
        if (head is null || Read().LastOrDefault() is { } last && last.Sequence >= head.Sequence) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{head.Sequence},{Convert.ToHexStringLower(head.Hash)},{time.UtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}\n"), ct);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The heads written so far; a line that a crash cut short is passed over.</summary>
    public IEnumerable<TrailHead> Read() => File.Exists(path) ? File.ReadLines(path).Select(Parse).OfType<TrailHead>() : [];

    internal static TrailHead? Parse(string line) =>
        line.Split(',') is [var sequence, { Length: 64 } hash, { Length: > 0 } at] && long.TryParse(sequence, System.Globalization.CultureInfo.InvariantCulture, out long number) ? new(number, Convert.FromHexString(hash), at) : null;
}
