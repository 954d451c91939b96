using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// Tells, for rows that pass their checks, whether they are new, the same as before, changed, or a second row of the file under one id. The answer does not depend on
/// how the file falls into batches, nor on how often its reading was stopped.
/// </summary>
/// <param name="db">What is stored, read only.</param>
/// <param name="intake">The kind of record.</param>
/// <param name="upload">Whose counts are kept.</param>
/// <param name="seen">Rows of this file that were the same as before: they leave no trace in the store.</param>
/// <param name="keepIds">Whether to hold on to every row's id, where nothing is stored (a dry run).</param>
/// <param name="quarantined">Ids that wait in quarantine.</param>
sealed class Sorting<T>(SafetyAuditDb db, Intake<T> intake, Upload upload, SeenInFile seen, bool keepIds, HashSet<string> quarantined) where T : Record, new()
{
    readonly HashSet<(string Id, string? Clinic)> mended = [];

    /// <summary>Rows known before whose id waits in quarantine: unless they come again wrong, they are what was mended.</summary>
    public IReadOnlyCollection<(string Id, string? Clinic)> Mended => mended;

    /// <summary>The rows to store, each with its version; counts go to the upload, second rows under one id to those the batch rejects.</summary>
    public async Task<List<T>> SortOutAsync(RowBatch<T> batch, MemoryStream scratch, CancellationToken ct)
    {
        var fresh = new List<T>(batch.Records.Count);
        if (batch.Records.Count == 0) return fresh;
        var known = await KnownAsync(batch, ct);
        var refused = new Dictionary<T, List<Reason>>();
        await intake.SettleAsync(db, batch.Records, known, (record, reason) =>
        {
            if (!refused.TryGetValue(record, out var reasons)) refused[record] = reasons = [];
            reasons.Add(reason);
        }, ct);

        // Whatever is wrong with a record is no reason to keep it.
        if (upload.Purpose == UploadPurpose.Withdrawal) refused.Clear();

        for (int i = 0; i < batch.Records.Count; i++)
        {
            var record = batch.Records[i];
            string key = intake.KeyOf(record), id = intake.IdOf(record);
            if (refused.TryGetValue(record, out var reasons))
            {
                Reject(record, i, reasons);
                continue;
            }
            if (intake.SettlesContent) record.Digest = intake.Layout.Digest(record, scratch);
            known.TryGetValue(key, out var held);
            bool hadBefore = held is { IsThere: true } && held.Newest.UploadId == upload.Id || seen.Contains(key);
            // What the file said before of this id must be what it says now; content of an older version counts as known only when it comes alone.
            if (held is not null && IsSame(held, record.Digest, hadBefore))
            {
                upload.RowsSame++;
                Remember(record, key, id, held);
                continue;
            }
            if (hadBefore)
            {
                Reject(record, i, [new(ReasonCode.DuplicateId, intake.IdColumn, id, "The file has this id more than once with different content. Keep the right row and send the file again.")]);
                continue;
            }
            if (upload.CorrectsVersion is { } looked && held?.Newest.Version != looked)
            {
                Reject(record, i, [new(ReasonCode.ChangedMeanwhile, intake.IdColumn, id, "Somebody else changed this record meanwhile. Look at its history, and correct what is there now.")]);
                continue;
            }
            record.Version = (held?.LastVersion ?? 0) + 1;
            if (held is { IsThere: true }) upload.RowsChanged++; else upload.RowsNew++;
            if (keepIds) seen.Add(key);
            if (held is null) known[key] = held = new();
            // A dry run holds on to no upload, so it tells second rows by the ids it keeps.
            held.Add(new(key, record.Version, record.Digest, keepIds ? -1 : upload.Id));
            fresh.Add(record);
        }
        return fresh;

        // Whoever corrects by hand may go back to what was said before; and a withdrawal says the same, and something else by being one.
        bool IsSame(KnownRecord held, byte[] digest, bool hadBefore) => upload.Purpose switch
        {
            UploadPurpose.Withdrawal => false,
            UploadPurpose.Correction => held.Newest.Digest.AsSpan().SequenceEqual(digest),
            _ => hadBefore ? held.Newest.Digest.AsSpan().SequenceEqual(digest) : held.HasSeen(digest),
        };

        void Reject(T record, int place, List<Reason> reasons) => batch.Rejected.Add(ProcessUploads.Quarantine(upload, record.Line, intake.IdOf(record), intake.ClinicOf(record), batch.TextOf(place), reasons));
    }

    /// <summary>What rows that an earlier attempt sorted out would have left in memory.</summary>
    public async Task RememberAsync(RowBatch<T> batch, MemoryStream scratch, CancellationToken ct)
    {
        var known = await KnownAsync(batch, ct);
        await intake.SettleAsync(db, batch.Records, known, (_, _) => { }, ct);
        foreach (var record in batch.Records)
        {
            string key = intake.KeyOf(record);
            if (intake.SettlesContent) record.Digest = intake.Layout.Digest(record, scratch);
            if (known.TryGetValue(key, out var held) && held.Newest.UploadId != upload.Id && held.HasSeen(record.Digest)) Remember(record, key, intake.IdOf(record), held);
        }
    }

    async Task<Dictionary<string, KnownRecord>> KnownAsync(RowBatch<T> batch, CancellationToken ct)
    {
        var known = new Dictionary<string, KnownRecord>();
        var takenBack = (await db.Uploads.Where(u => u.TakenBackAtUtc != null).Select(u => u.Id).ToListAsync(ct)).ToHashSet();
        foreach (var version in await intake.KnownAsync(db, [.. batch.Records.Select(intake.IdOf).Distinct()], ct))
        {
            if (!known.TryGetValue(version.Key, out var record)) known[version.Key] = record = new();
            record.Add(version, takenBack.Contains(version.UploadId));
        }
        return known;
    }

    void Remember(T record, string key, string id, KnownRecord held)
    {
        if (held.Newest.UploadId != upload.Id) seen.Add(key);
        if (quarantined.Contains(id)) mended.Add((id, intake.ClinicOf(record)));
    }
}

/// <summary>Keys that the file had before, as 64-bit fingerprints.</summary>
sealed class SeenInFile
{
    readonly HashSet<long> fingerprints = [];

    public void Add(string key) => fingerprints.Add(Fingerprint(key));

    public bool Contains(string key) => fingerprints.Count > 0 && fingerprints.Contains(Fingerprint(key));

    static long Fingerprint(string key) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
