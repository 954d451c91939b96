using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>An entry before it has its place in the chain.</summary>
public sealed record AuditDraft(AuditAction Action, string Subject, string? ClinicId = null, string? Before = null, string? After = null, string? Why = null)
{
    /// <summary>When, by whom and from where, for what happened earlier than it is written; otherwise now, by the context's actor.</summary>
    public (DateTime AtUtc, string Actor, string Origin)? Earlier { get; init; }
}

/// <summary>Writes the audit trail: always in the transaction of what it tells of, one writer at a time.</summary>
public sealed class Trail(KeyRing keys, TimeProvider time)
{
    public static string NameOf(Actor actor) => $"{Codes.Of(actor.Kind)} {actor.Name}";

    /// <summary>Adds entries at the end of the chain, in the caller's open transaction.</summary>
    /// <remarks>SQLite has one writer at a time; on PostgreSQL a lock that ends with the transaction is taken, so ask for this as late in it as can be.</remarks>
    public async Task AppendAsync(SafetyAuditDb db, IReadOnlyList<AuditDraft> drafts, CancellationToken ct)
    {
        if (drafts.Count == 0) return;
        if (db.Database.CurrentTransaction is null) throw new InvalidOperationException("The audit trail is written in the transaction of what it tells of; there is none.");
        if (db.Actor == Actor.Nobody && drafts.Any(d => d.Earlier is null)) throw new InvalidOperationException("Nobody may change anything: say for whom this database context acts.");
        if (db.Database.IsNpgsql()) await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({(long)ExclusiveWork.Trail})", ct);
        var head = await db.AuditEntries.IgnoreQueryFilters().AsNoTracking().OrderByDescending(e => e.Sequence).Select(e => new { e.Sequence, e.Hash }).FirstOrDefaultAsync(ct);
        var (sequence, hash) = head is null ? (0L, AuditEntry.Beginning) : (head.Sequence, head.Hash);
        int number = await keys.AgreeAsync(db, ct);
        byte[] key = keys.Key(KeyPurpose.AuditTrail, number).ToArray(), scratch = new byte[4096];
        var (now, actor) = (time.UtcNow(), NameOf(db.Actor));
        var entries = new List<AuditEntry>(drafts.Count);
        foreach (var draft in drafts)
        {
            var (at, by, origin) = draft.Earlier ?? (now, actor, db.Actor.Origin);
            var entry = new AuditEntry
            {
                Sequence = ++sequence, AtUtc = at, Actor = by, Origin = origin, Action = draft.Action, Subject = draft.Subject, ClinicId = draft.ClinicId,
                Before = draft.Before, After = draft.After, Why = draft.Why, KeyNumber = number, PreviousHash = hash,
            };
            entry.Hash = hash = entry.ComputeHash(scratch);
            entry.Seal = SealOf(key, hash);
            entries.Add(entry);
        }
        await db.BulkInsertAsync(entries, ct);
    }

    /// <summary>What stands in an entry for a value that must not be shown: the key's number, and HMAC-SHA-256 of field and value under it.</summary>
    internal async Task<Changes.Hide> HidingAsync(SafetyAuditDb db, CancellationToken ct)
    {
        int number = await keys.AgreeAsync(db, ct);
        return (field, value) => Hidden(number, field, value);
    }

    /// <summary>A value hidden as an entry hid the one before it: the same text for the same value.</summary>
    internal string HideAs(string? earlier, string field, string value)
    {
        string text = earlier?.Trim('"') ?? "";
        bool isHidden = text.StartsWith(NotShown, StringComparison.Ordinal);
        return Hidden(isHidden && int.TryParse(text[NotShown.Length..].Split(':')[0], CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= keys.Newest ? number : keys.Newest, field, value);
    }

    const string NotShown = "(not shown) ";

    string Hidden(int number, string field, string value)
    {
        byte[] code = HMACSHA256.HashData(keys.Key(KeyPurpose.AuditTrail, number), Encoding.UTF8.GetBytes($"not shown\n{field}\n{value}"));
        return string.Create(CultureInfo.InvariantCulture, $"{NotShown}{number}:{Convert.ToHexStringLower(code.AsSpan(0, 16))}");
    }

    internal static byte[] SealOf(byte[] key, byte[] hash) => HMACSHA256.HashData(key, hash);
}
