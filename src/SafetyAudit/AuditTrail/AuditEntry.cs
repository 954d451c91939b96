using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.AuditTrail;

public enum AuditAction
{
    Added,
    Changed,
    Removed,
    /// <summary>Rows of a file were stored; nothing of them counts yet.</summary>
    Stored,
    /// <summary>A file counts from here on.</summary>
    Completed,
    Failed,
    Read,
    Exported,
    Refused,
    SignedIn,
    SignedOut,
    Verified,
}

/// <summary>
/// One line of the audit trail: who did what, when, from where, to what, what it was before and after, and why. Entries are added and never changed; each
/// carries the hash of the one before, so that none can be altered, taken out or put between without all later ones showing it.
/// </summary>
/// <remarks>
/// hash = SHA-256(previous hash ‖ the fields of <see cref="Content"/>); seal = HMAC-SHA-256 of the hash under a key that is kept outside the database, so
/// that whoever can write to the database can't add an entry that holds.
/// </remarks>
public sealed class AuditEntry
{
    /// <summary>1, 2, 3, … without gaps.</summary>
    public long Sequence { get; set; }
    public DateTime AtUtc { get; set; }

    /// <summary>Kind and name: <c>person anna</c>, <c>api_key reception</c>, <c>command_line root</c>, <c>worker worker</c>.</summary>
    public required string Actor { get; set; }

    /// <summary>Network address or machine.</summary>
    public required string Origin { get; set; }

    public AuditAction Action { get; set; }

    /// <summary>What it was done to: <c>upload 7</c>, <c>user anna</c>, <c>/practitioners/P1</c>.</summary>
    public required string Subject { get; set; }

    public string? ClinicId { get; set; }

    /// <summary>The fields before, as JSON; empty where there was nothing.</summary>
    public string? Before { get; set; }

    /// <summary>The fields after, as JSON.</summary>
    public string? After { get; set; }

    public string? Why { get; set; }

    /// <summary>Number of the key that sealed it.</summary>
    public int KeyNumber { get; set; }

    public byte[] PreviousHash { get; set; } = [];
    public byte[] Hash { get; set; } = [];
    public byte[] Seal { get; set; } = [];

    /// <summary>What the first entry carries as the hash before it.</summary>
    public static readonly byte[] Beginning = new byte[32];

    /// <summary>The instant as it is hashed and exported: RFC 3339, UTC, microseconds.</summary>
    public string At => AtUtc.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The hash of this entry after the one before.</summary>
    public byte[] ComputeHash(byte[] scratch)
    {
        PreviousHash.CopyTo(scratch, 0);
        int length = 32 + Content(ref scratch, 32);
        return SHA256.HashData(scratch.AsSpan(0, length));
    }

    /// <summary>
    /// What is hashed, field after field: the sequence as 8 bytes, big-endian; then at, actor, origin, action, subject, clinic, before, after and why, each as
    /// its length in UTF-8 bytes (4 bytes, big-endian; -1 for none) and the bytes themselves.
    /// </summary>
    int Content(ref byte[] buffer, int at)
    {
        BinaryPrimitives.WriteInt64BigEndian(buffer.AsSpan(at), Sequence);
        at += 8;
        foreach (string? field in new[] { At, Actor, Origin, Data.Codes.Of(Action), Subject, ClinicId, Before, After, Why })
        {
            int most = 4 + (field is null ? 0 : Encoding.UTF8.GetMaxByteCount(field.Length));
            if (buffer.Length < at + most) Array.Resize(ref buffer, (at + most) * 2);
            int length = field is null ? -1 : Encoding.UTF8.GetBytes(field, buffer.AsSpan(at + 4));
            BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(at), length);
            at += 4 + Math.Max(0, length);
        }
        return at - 32;
    }
}

/// <summary>Kept out of the trail: a table that can be rebuilt, or a property that changes without anybody's doing.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property)]
public sealed class UnauditedAttribute : Attribute;
