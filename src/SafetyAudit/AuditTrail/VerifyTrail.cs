using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>The first entry that does not hold, and what is wrong with it.</summary>
public sealed record TrailFault(long Sequence, string What);

/// <summary>What a check of the chain found: how many entries it went through, and the first fault.</summary>
public sealed record TrailCheck(long Entries, byte[] Head, TrailFault? Fault);

/// <summary>Goes through the chain from its beginning: numbers without a gap, each entry's hash and seal, and the heads that were written outside the database.</summary>
/// <remarks>
/// An altered or exchanged entry fails its own hash, or its seal where the hash was made anew; one taken out leaves a gap; one put in lacks a seal; a trail cut
/// short lacks a head that was written down. What was cut off after the last head was written can't be told, so heads are written often.
/// </remarks>
public sealed class VerifyTrail(KeyRing keys, TrailHeads heads)
{
    public async Task<TrailCheck> RunAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var expected = new Queue<TrailHead>(heads.Read().OrderBy(h => h.Sequence));
        var chain = new Chain(keys);
        await foreach (var entry in db.AuditEntries.IgnoreQueryFilters().AsNoTracking().OrderBy(e => e.Sequence).AsAsyncEnumerable().WithCancellation(ct))
        {
            if (chain.Next(entry) is { } fault) return chain.Result(fault);
            while (expected.TryPeek(out var head) && head.Sequence <= entry.Sequence)
                if (expected.Dequeue() is var written && !written.Hash.AsSpan().SequenceEqual(entry.Hash))
                    return chain.Result(new(entry.Sequence, $"differs from the head that was written outside the database at {written.At}: the trail was written anew up to here or further back"));
        }
        return chain.Result(expected.TryPeek(out var missing) ? new(chain.Last + 1, $"is missing: the trail had reached entry {missing.Sequence} at {missing.At}, and was cut short") : null);
    }

    /// <summary>Goes over entries in order and remembers what the next one must follow on.</summary>
    /// <param name="keys">For the seals; none to check the hashes alone.</param>
    /// <param name="before">Sequence and hash of the entry before the first.</param>
    internal sealed class Chain(KeyRing? keys, (long Sequence, byte[] Hash)? before = null)
    {
        readonly Dictionary<int, byte[]> byNumber = [];
        readonly byte[] scratch = new byte[64 * 1024], seal = new byte[32];
        byte[] hash = before?.Hash ?? AuditEntry.Beginning;
        long entries;

        public long Last { get; private set; } = before?.Sequence ?? 0;

        public TrailFault? Next(AuditEntry entry)
        {
            long sequence = Last + 1;
            if (entry.Sequence != sequence) return new(sequence, entry.Sequence > sequence ? $"is missing: entry {entry.Sequence} follows on entry {Last}" : "comes twice");
            if (!entry.PreviousHash.AsSpan().SequenceEqual(hash)) return new(sequence, "does not carry the hash of the entry before it");
            if (!entry.Hash.AsSpan().SequenceEqual(entry.ComputeHash(scratch))) return new(sequence, "was altered: its content does not give its hash");
            if (keys is not null)
            {
                if (!byNumber.TryGetValue(entry.KeyNumber, out var key)) byNumber[entry.KeyNumber] = key = KeyOf(keys, entry.KeyNumber);
                HMACSHA256.HashData(key, entry.Hash, seal);
                if (key.Length == 0 || !entry.Seal.AsSpan().SequenceEqual(seal)) return new(sequence, "was not written by this program: its seal does not hold");
            }
            (Last, hash) = (sequence, entry.Hash);
            entries++;
            return null;
        }

        // An entry that names a key which never was is as forged as one with a wrong seal.
        static byte[] KeyOf(KeyRing keys, int number) => number >= 1 && number <= keys.Newest ? keys.Key(KeyPurpose.AuditTrail, number).ToArray() : [];

        public TrailCheck Result(TrailFault? fault) => new(entries, hash, fault);
    }
}
