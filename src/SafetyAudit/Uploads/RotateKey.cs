using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// Takes a new key into use. Every pseudonym gets another layer under it, fingerprints of records follow, and quarantined rows are sealed anew: all in one
/// transaction, so that after a crash either all of it has happened or nothing.
/// </summary>
/// <remarks>
/// It takes away the claims on files that are being read: their workers find that out at their next commit, and read on under the new key. Bytes kept of older
/// files stay sealed with the key of their time.
/// </remarks>
public sealed class RotateKey(IDbContextFactory<SafetyAuditDb> databases, KeyRing keys)
{
    const int BatchRows = 10_000;

    /// <summary>Answers the new key's number and how many records were brought up to it.</summary>
    public async Task<(int Key, long Records)> RunAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.CommandLine, ct);
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        int key;
        long records = 0;
        await using (var transaction = await db.Database.BeginTransactionAsync(ct))
        {
            // Nobody claims a file or commits a part of one before the end; SQLite admits no second writer anyway.
            if (db.Database.IsNpgsql()) await db.Database.ExecuteSqlRawAsync("LOCK TABLE uploads IN EXCLUSIVE MODE", ct);
            await db.Uploads.Where(u => u.Status == UploadStatus.Processing)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.Epoch, u => u.Epoch + 1).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null), ct);
            // Digests are made anew below: what was altered before must not be sealed as if it were right.
            await foreach (string fault in VerifyRecords.RunAsync(db, ct)) throw new InvalidOperationException($"The key was not rotated, since a record is not what the audit trail says was stored: {fault}. Run `safetyaudit verify`.");
            key = await keys.AddAsync(db, ct);
            db.ChangeTracker.Clear();
            var patients = new Pseudonyms(keys, key);
            foreach (var entity in db.Model.GetEntityTypes().Where(e => e.FindProperty(nameof(Session.PatientId)) is not null))
                records += await (entity.ClrType switch
                {
                    var type when type == typeof(Session) => RaiseAsync(db, new SessionIntake().Layout, patients, ct),
                    var type when type == typeof(AdverseEvent) => RaiseAsync(db, new EventIntake().Layout, patients, ct),
                    var type when type == typeof(PatientRisk) => RaiseAsync(db, new PatientIntake().Layout, patients, ct),
                    var type => throw new NotSupportedException($"{type.Name} holds patients' pseudonyms; say here how they get their next layer."),
                });
            await SealAnewAsync(db, key, patients, ct);
            await EnterAnewAsync(db, key, ct);
            await transaction.CommitAsync(ct);
        }
        await db.CheckpointAsync(more: false, ct);
        return (await keys.AgreeAsync(db, ct), records);
    }

    // All versions: an old file sent again must still be recognised by what was said before.
    static async Task<long> RaiseAsync<T>(SafetyAuditDb db, Layout<T> layout, Pseudonyms patients, CancellationToken ct) where T : Record, new()
    {
        using var scratch = new MemoryStream();
        long last = 0, raised = 0;
        while (await db.Set<T>().AsNoTracking().Where(r => r.Id > last).OrderBy(r => r.Id).Take(BatchRows).ToListAsync(ct) is [.., var end] batch)
        {
            last = end.Id;
            var changed = batch.FindAll(r => layout.RaisePatient(r, patients));
            foreach (var record in changed) record.Digest = layout.Digest(record, scratch);
            await db.BulkUpdateAsync(changed, [nameof(Session.PatientId), nameof(Record.Digest)], ct);
            raised += changed.Count;
        }
        return raised;
    }

    // The trail is told the digests that hold from now on; those before stay in it.
    static async Task EnterAnewAsync(SafetyAuditDb db, int key, CancellationToken ct)
    {
        foreach (var upload in await db.Uploads.AsNoTracking().Where(u => u.Status != UploadStatus.Failed && u.Status != UploadStatus.Cancelled).OrderBy(u => u.Id).ToListAsync(ct))
        {
            var drafts = new List<AuditDraft>();
            foreach (var (_, rows) in await StoredRows.OfUploadAsync(db, upload, ct))
            {
                var now = upload.Kind switch
                {
                    RecordKind.Sessions => await NowAsync<Session>(db, upload, rows, ct),
                    RecordKind.Events => await NowAsync<AdverseEvent>(db, upload, rows, ct),
                    RecordKind.Patients => await NowAsync<PatientRisk>(db, upload, rows, ct),
                    _ => rows,
                };
                if (now is not null && now != rows) drafts.Add(now.Draft(upload, $"key {key} was taken into use"));
            }
            await db.Trail.AppendAsync(db, drafts, ct);
        }
    }

    static async Task<StoredRows?> NowAsync<T>(SafetyAuditDb db, Upload upload, StoredRows rows, CancellationToken ct) where T : Record =>
        StoredRows.Of(await db.Set<T>().AsNoTracking().Where(r => r.UploadId == upload.Id && r.Line >= rows.FirstLine && r.Line <= rows.LastLine).OrderBy(r => r.Line).ToListAsync(ct));

    async Task SealAnewAsync(SafetyAuditDb db, int key, Pseudonyms patients, CancellationToken ct)
    {
        long last = 0;
        while (await db.QuarantinedRows.AsNoTracking().Where(r => r.Id > last).OrderBy(r => r.Id).Take(1000).ToListAsync(ct) is [.., var end] batch)
        {
            last = end.Id;
            foreach (var row in batch)
            {
                row.Unseal(keys).Seal(keys, key);
                // A risk profile goes by its patient's pseudonym.
                if (row is { Kind: RecordKind.Patients, RecordId: { } id } && id.Split(' ') is [var patient, var date]) row.RecordId = $"{patients.Of(patient)} {date}";
            }
            await db.BulkUpdateAsync(batch, [nameof(QuarantinedRow.Sealed), nameof(QuarantinedRow.TextDigest), nameof(QuarantinedRow.RecordId)], ct);
        }
    }
}
