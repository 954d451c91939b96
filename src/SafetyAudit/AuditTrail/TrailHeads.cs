using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>How far the trail had come at some time.</summary>
public sealed record TrailHead(long Sequence, byte[] Hash, string At);

/// <summary>The heads that were kept, in their order, and the first line that is none.</summary>
public sealed record KeptHeads(string Path, IReadOnlyList<TrailHead> Heads, int? Unreadable);

/// <summary>
/// Heads of the trail, written to a file outside the database: one line each, <c>sequence,hash,instant</c>. Put it where whoever runs the database can't write
/// (<c>AuditTrail:HeadsFile</c>), or keep copies: the trail can't be cut short or written anew behind a head that someone has.
/// </summary>
public sealed partial class TrailHeads(string path, IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Writes the present head down, unless it is there already.</summary>
    public async Task WriteAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        var head = await db.AuditEntries.AsNoTracking().OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(ct);
        if (head is null || Read().Heads is [.., var last] && last.Sequence >= head.Sequence) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // A line that a crash cut short must not swallow this one. The file may be one that can only be added to.
        string before = EndsWithin() ? "\n" : "";
        await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{before}{head.Sequence},{Convert.ToHexStringLower(head.Hash)},{time.UtcNow():yyyy-MM-dd'T'HH:mm:ss'Z'}\n"), ct);
        file.Flush(flushToDisk: true);
    }

    /// <summary>The heads written so far.</summary>
    public KeptHeads Read() => Read(path);

    /// <summary>The heads in a file, in the order of their entries; a line that a crash cut short is passed over. None where there is no file.</summary>
    public static KeptHeads Read(string path)
    {
        var heads = new List<TrailHead>();
        int? unreadable = null;
        int number = 0;
        foreach (string line in File.Exists(path) ? File.ReadLines(path) : [])
        {
            number++;
            if (Parse(line) is { } head) heads.Add(head);
            else if (!CutShort().IsMatch(line)) unreadable ??= number;
        }
        heads.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return new(path, heads, unreadable);
    }

    internal static TrailHead? Parse(string line) =>
        line.Split(',') is [var sequence, { Length: 64 } hash, { Length: > 0 } at] && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        && number > 0 && hash.All(char.IsAsciiHexDigit) ? new(number, Convert.FromHexString(hash), at) : null;

    [GeneratedRegex("^[0-9]*(,[0-9a-f]{0,64},?)?$", RegexOptions.CultureInvariant)]
    private static partial Regex CutShort();

    bool EndsWithin()
    {
        if (!File.Exists(path)) return false;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length == 0) return false;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != '\n';
    }
}
