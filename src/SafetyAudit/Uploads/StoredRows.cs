using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// What the audit trail holds of the records that one batch of a file stored: how many, from which line to which, and a digest over them all. With it
/// the verifier finds a record that was altered, added or taken out behind the program's back.
/// </summary>
/// <remarks>
/// The digest is SHA-256 over each record's line (8 bytes, big-endian), version (4 bytes), the instant it was received (8 bytes, microseconds since
/// 0001-01-01) and its own digest, in the order of the lines.
/// </remarks>
public sealed record StoredRows(long FirstLine, long LastLine, int Records, string Digest)
{
    /// <summary>Nothing for a batch that stored nothing.</summary>
    public static StoredRows? Of<T>(IReadOnlyList<T> records) where T : Record
    {
        if (records.Count == 0) return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> place = stackalloc byte[20];
        foreach (var record in records)
        {
            BinaryPrimitives.WriteInt64BigEndian(place, record.Line);
            BinaryPrimitives.WriteInt32BigEndian(place[8..], record.Version);
            BinaryPrimitives.WriteInt64BigEndian(place[12..], record.ReceivedAtUtc.Ticks / TimeSpan.TicksPerMicrosecond);
            hash.AppendData(place);
            hash.AppendData(record.Digest);
        }
        return new(records[0].Line, records[^1].Line, records.Count, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    public AuditDraft Draft(Upload upload, string? why = null) => new(AuditAction.Stored, $"upload {upload.Id}", upload.ClinicId, After: JsonSerializer.Serialize(this, Json.Options), Why: why);

    /// <summary>What is to be found of an upload's rows today, batch by batch: a batch that was entered again, as when a key is rotated, stands as it was entered last.</summary>
    public static async Task<List<(AuditEntry Entry, StoredRows Rows)>> OfUploadAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        string subject = $"upload {upload.Id}";
        var entries = await db.AuditEntries.AsNoTracking().Where(e => e.Subject == subject && e.Action == AuditAction.Stored).OrderBy(e => e.Sequence).ToListAsync(ct);
        return [.. entries.Select(e => (Entry: e, Rows: Parse(e.After!))).GroupBy(b => b.Rows.FirstLine).Select(g => g.Last()).OrderBy(b => b.Rows.FirstLine)];
    }

    public static StoredRows Parse(string after) => JsonSerializer.Deserialize<StoredRows>(after, Json.Options)!;
}
