using System.Globalization;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>The first entry that does not hold, and what is wrong with it.</summary>
public sealed record TrailFault(long Sequence, string What);

/// <summary>What a check of the chain found: how many entries it went through, and the first fault.</summary>
public sealed record TrailCheck(long Entries, byte[] Head, TrailFault? Fault)
{
    /// <summary>In words: with what it was compared, and what can't be told.</summary>
    public IReadOnlyList<string> Said { get; init; } = [];
}

/// <summary>Goes through the chain from its beginning: numbers without a gap, each entry's hash and seal, and the heads that were written outside the database.</summary>
/// <remarks>
/// An altered or exchanged entry fails its own hash, or its seal where the hash was made anew; one taken out leaves a gap; one put in lacks a seal; a trail cut
/// short lacks a head that was written down. What was cut off after the last head was written can't be told, so heads are written often.
/// </remarks>
public sealed class VerifyTrail(KeyRing keys, TrailHeads heads)
{
    public async Task<TrailCheck> RunAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var kept = new HeadsToMeet(heads.Read());
        var chain = new Chain(number => number >= 1 && number <= keys.Newest ? (keys.Key(KeyPurpose.AuditTrail, number).ToArray(), null)
            // An entry that names a key which never was is as forged as one with a wrong seal.
            : (null, $"was not written by this program: it names key {number}, which was never in use"));
        await foreach (var row in StoredEntry.ReadAsync(db).WithCancellation(ct))
            if ((chain.Misplaced(row.Sequence) ?? (row.Entry is { } entry ? chain.Next(entry) ?? kept.Meet(entry) : new(row.Sequence, "can't be read"))) is { } fault) return chain.Result(fault);
        return chain.Result(kept.Missing(chain.Last)) with { Said = [kept.Said(), .. kept.After(chain.Last), "each entry's hash and seal checked"] };
    }

    /// <summary>Heads that were kept, met one by one.</summary>
    internal sealed class HeadsToMeet(KeptHeads kept, long after = 0)
    {
        readonly Queue<TrailHead> expected = new(kept.Heads.Where(h => h.Sequence > after));
        int met;

        public TrailFault? Meet(AuditEntry entry)
        {
            while (expected.TryPeek(out var head) && head.Sequence <= entry.Sequence)
            {
                met++;
                if (expected.Dequeue() is var written && !written.Hash.AsSpan().SequenceEqual(entry.Hash))
                    return new(entry.Sequence, $"differs from the head that was written outside the database at {written.At}: the trail was written anew up to here or further back");
            }
            return null;
        }

        public TrailFault? Missing(long last) =>
            expected.TryPeek(out var missing) ? new(last + 1, $"is missing: the trail had reached entry {missing.Sequence} at {missing.At}, and was cut short")
            : kept.Unreadable is { } line ? new(last, $"can't be compared with every head that was kept, since line {line} of {kept.Path} can't be read") : null;

        public string Said() => kept.Heads.Count == 0 ? $"no heads were kept ({kept.Path}): a trail that was cut short or written anew does not show it" : met == 1 ? "1 head compared" : $"{met} heads compared";

        public IEnumerable<string> After(long last) =>
            kept.Heads is [.., var head] && head.Sequence < last ? [$"entries after {head.Sequence} came after the last head ({head.At}): if some had been cut off there, it would not show"] : [];
    }

    /// <summary>Goes over entries in order and remembers what the next one must follow on.</summary>
    /// <param name="keyOf">The key with a number, or why a seal under it does not hold; neither where seals can't be checked.</param>
    /// <param name="before">Sequence and hash of the entry before the first.</param>
    internal sealed class Chain(Func<int, (byte[]? Key, string? Fault)> keyOf, (long Sequence, byte[] Hash)? before = null)
    {
        readonly Dictionary<int, (byte[]? Key, string? Fault)> byNumber = [];
        readonly byte[] scratch = new byte[64 * 1024], seal = new byte[32];
        byte[] hash = before?.Hash ?? AuditEntry.Beginning;
        long entries;

        public long Last { get; private set; } = before?.Sequence ?? 0;

        public TrailFault? Misplaced(long given)
        {
            long sequence = Last + 1;
            return given == sequence ? null : new(sequence, given > sequence ? $"is missing: entry {given} follows on entry {Last}" : "comes twice");
        }

        public TrailFault? Next(AuditEntry entry)
        {
            if (Misplaced(entry.Sequence) is { } misplaced) return misplaced;
            long sequence = entry.Sequence;
            if (!entry.PreviousHash.AsSpan().SequenceEqual(hash)) return new(sequence, "does not carry the hash of the entry before it");
            if (!entry.Hash.AsSpan().SequenceEqual(entry.ComputeHash(scratch))) return new(sequence, "was altered: its content does not give its hash");
            if (!byNumber.TryGetValue(entry.KeyNumber, out var key)) byNumber[entry.KeyNumber] = key = keyOf(entry.KeyNumber);
            if (key.Fault is { } fault) return new(sequence, fault);
            if (key.Key is { } bytes)
            {
                HMACSHA256.HashData(bytes, entry.Hash, seal);
                if (!entry.Seal.AsSpan().SequenceEqual(seal)) return new(sequence, "was not written by this program: its seal does not hold");
            }
            (Last, hash) = (sequence, entry.Hash);
            entries++;
            return null;
        }

        public TrailCheck Result(TrailFault? fault) => new(entries, hash, fault);
    }
}

/// <summary>An entry as it lies in the database, whatever someone wrote there; nothing where a field holds what no entry can.</summary>
sealed record StoredEntry(long Sequence, AuditEntry? Entry)
{
    sealed record Row(long Sequence, string? At, string? Actor, string? Origin, string? Action, string? Subject, string? ClinicId, string? Before, string? After, string? Why, long? KeyNumber, byte[]? PreviousHash, byte[]? Hash, byte[]? Seal);

    public static async IAsyncEnumerable<StoredEntry> ReadAsync(SafetyAuditDb db, long? only = null)
    {
        string at = db.Database.IsSqlite() ? "CAST(at_utc AS TEXT)" : "to_char(at_utc AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
        string where = only is { } sequence ? string.Create(CultureInfo.InvariantCulture, $"WHERE sequence = {sequence}") : "";
#pragma warning disable EF1002 // the two lines above are all that is put in
        var rows = db.Database.SqlQueryRaw<Row>($"""
            SELECT sequence AS "Sequence", {at} AS "At", actor AS "Actor", origin AS "Origin", action AS "Action", subject AS "Subject", clinic_id AS "ClinicId", before AS "Before", after AS "After",
                why AS "Why", CAST(key_number AS bigint) AS "KeyNumber", previous_hash AS "PreviousHash", hash AS "Hash", seal AS "Seal"
            FROM audit_entries {where} ORDER BY sequence
            """).AsAsyncEnumerable();
#pragma warning restore EF1002
        await foreach (var row in rows) yield return new(row.Sequence, Parse(row));
    }

    static AuditEntry? Parse(Row row) =>
        row is { Actor: { } actor, Origin: { } origin, Action: { } code, Subject: { } subject, KeyNumber: >= 0 and <= int.MaxValue, PreviousHash: { } previous, Hash: { } hash, Seal: { } seal }
        && Codes.TryParse<AuditAction>(code, out var action) && Codes.Of(action) == code
        // More digits than are hashed would be free to change.
        && DateTime.TryParseExact(row.At, "yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
        && at.Ticks % TimeSpan.TicksPerMicrosecond == 0
            ? new()
            {
                Sequence = row.Sequence, AtUtc = at, Actor = actor, Origin = origin, Action = action, Subject = subject, ClinicId = row.ClinicId, Before = row.Before, After = row.After, Why = row.Why,
                KeyNumber = (int)row.KeyNumber!.Value, PreviousHash = previous, Hash = hash, Seal = seal,
            } : null;
}
