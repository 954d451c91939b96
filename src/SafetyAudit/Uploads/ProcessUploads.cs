using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>How far the reading of a file has come.</summary>
public sealed record UploadProgress(long Rows, long Rejected, long BytesRead, long Bytes);

/// <summary>
/// Reads received files, one at a time and in the order of their arrival, into records or quarantine. Stops at any point and goes on later: each batch of
/// rows is committed together with how far reading has come. Nothing of a file counts until all of it is read.
/// </summary>
/// <remarks>
/// A claim holds for <see cref="Lease"/> without a sign of life. Every commit checks the claim's epoch in the same transaction, so a worker that was
/// stopped and overtaken can't write any more. A file that stops its worker <see cref="MostAttempts"/> times at the same place is given up.
/// </remarks>
public sealed class ProcessUploads(IDbContextFactory<SafetyAuditDb> databases, DatabaseSettings database, UploadSettings settings, TimeProvider time, ILogger<ProcessUploads> log)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    public const int MostAttempts = 5;
    const int BatchRows = 5_000;
    const int BatchesPerCheckpoint = 10;

    /// <summary>Reads every file that waits, until none does or another worker is at it. Answers how many were finished here.</summary>
    public async Task<int> DrainAsync(IProgress<(Upload Upload, UploadProgress Progress)>? progress, CancellationToken ct)
    {
        for (int finished = 0; ; finished++)
        {
            if (await ClaimAsync(ct) is not { } upload) return finished;
            try
            {
                await ProcessAsync(upload, p => progress?.Report((upload, p)), ct);
            }
            catch (FileRefusedException refused)
            {
                await GiveUpAsync(upload, refused.Message, ct);
            }
            catch (OvertakenException)
            {
                log.LogWarning("Upload {Upload} was taken over by another worker; this one leaves it", upload.Id);
                return finished;
            }
        }
    }

    /// <summary>Reads a file without storing anything: what an import would do.</summary>
    /// <exception cref="FileRefusedException">The file as a whole can't be read.</exception>
    public async Task<(Upload Upload, List<QuarantinedRow> FirstRejected)> DryRunAsync(string path, RecordKind? kind, string? clinicId, IProgress<UploadProgress>? progress, CancellationToken ct)
    {
        var upload = new Upload
        {
            FileName = Path.GetFileName(path), Kind = ReceiveUpload.KindOf(path, kind), ClinicId = clinicId, Sha256 = "", Bytes = new FileInfo(path).Length, ReceivedAtUtc = time.UtcNow(), ReceivedBy = "",
        };
        var rejected = new List<QuarantinedRow>();
        await RunAsync(upload, path, (_, rows, position, _) =>
        {
            rejected.AddRange(rows.Take(1000 - rejected.Count));
            progress?.Report(new(upload.RowsRead, upload.RowsRejected, position, upload.Bytes));
            return Task.CompletedTask;
        }, keepIds: true, ct);
        return (upload, rejected);
    }

    /// <summary>Uploads that wait or were left by a worker that is gone: what a sweep should enqueue again.</summary>
    public async Task<bool> AnyWaitingAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        return await db.Uploads.AnyAsync(u => u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing, ct);
    }

    // The oldest file that is not finished, unless a live worker has it.
    async Task<Upload?> ClaimAsync(CancellationToken ct)
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        while (true)
        {
            var next = await db.Uploads.Where(u => u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing).OrderBy(u => u.Id).FirstOrDefaultAsync(ct);
            if (next is null) return null;
            var now = time.UtcNow();
            // A lease far in the future was made before the clock was set back: it holds no more than any other.
            if (next.ClaimedUntilUtc is { } until && until > now && until < now + 2 * Lease) return null;

            int epoch = next.Epoch + 1, attempts = next.Attempts + 1;
            var leasedUntil = now + Lease;
            int claimed = await db.Uploads.Where(u => u.Id == next.Id && u.Epoch == next.Epoch).ExecuteUpdateAsync(set => set
                .SetProperty(u => u.Status, UploadStatus.Processing).SetProperty(u => u.Epoch, epoch).SetProperty(u => u.Attempts, attempts).SetProperty(u => u.ClaimedUntilUtc, leasedUntil), ct);
            if (claimed == 0) return null;

            db.ChangeTracker.Clear();
            (next.Status, next.Epoch, next.Attempts, next.ClaimedUntilUtc) = (UploadStatus.Processing, epoch, attempts, leasedUntil);
            if (attempts <= MostAttempts) return next;
            await GiveUpAsync(next, $"Reading this file stopped {MostAttempts} times after row {next.RowsRead:N0}. Nothing of it counts. Split the file there and send the parts.", ct);
        }
    }

    async Task ProcessAsync(Upload upload, Action<UploadProgress> report, CancellationToken ct)
    {
        log.LogInformation("Reading upload {Upload} ({Kind}, {Bytes} bytes) from row {Row}", upload.Id, upload.Kind, upload.Bytes, upload.RowsRead);
        await using var db = await databases.CreateDbContextAsync(ct);
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        int batches = 0;
        await RunAsync(upload, ReceiveUpload.PathOf(database, upload.Sha256), async (storeRecords, rejected, position, final) =>
        {
            await using (var transaction = await db.Database.BeginTransactionAsync(ct))
            {
                await FenceAsync(db, upload, ct);
                await storeRecords(db);
                await db.BulkInsertAsync(rejected, ct);
                if (final) await PublishAsync(db, upload, ct);
                await transaction.CommitAsync(ct);
            }
            if (final || ++batches % BatchesPerCheckpoint == 0) await db.CheckpointAsync(ct);
            report(new(upload.RowsRead, upload.RowsRejected, position, upload.Bytes));
        }, keepIds: false, ct);
        log.LogInformation("Upload {Upload} read: {New} new, {Same} same, {Changed} changed, {Rejected} rejected", upload.Id, upload.RowsNew, upload.RowsSame, upload.RowsChanged, upload.RowsRejected);
    }

    delegate Task StoreBatch(Func<SafetyAuditDb, Task> storeRecords, List<QuarantinedRow> rejected, long position, bool final);

    Task RunAsync(Upload upload, string path, StoreBatch store, bool keepIds, CancellationToken ct) => upload.Kind switch
    {
        RecordKind.Sessions => ReadAsync(new SessionIntake(), upload, path, store, keepIds, ct),
        RecordKind.Events => ReadAsync(new EventIntake(), upload, path, store, keepIds, ct),
        RecordKind.Practitioners => ReadAsync(new PractitionerIntake(), upload, path, store, keepIds, ct),
        _ => throw new NotSupportedException($"No intake for {upload.Kind}."),
    };

    async Task ReadAsync<T>(Intake<T> intake, Upload upload, string path, StoreBatch store, bool keepIds, CancellationToken ct) where T : Record, new()
    {
        await using var db = await databases.CreateDbContextAsync(ct);
        var context = await ContextAsync(db, upload, ct);
        using var rows = CsvRows.Open(path);
        var places = intake.Layout.Match(rows.Headers);
        int idPlace = places[intake.Layout.ColumnNames.ToList().IndexOf(intake.IdColumn)];
        upload.UnknownColumns = string.Join(", ", intake.Layout.Unknown(rows.Headers));
        var seen = new SeenInFile();
        using var scratch = new MemoryStream();
        var batch = new List<(T Record, string Text)>();
        var rejected = new List<QuarantinedRow>();

        // Rows that earlier attempts committed are passed over; only their ids matter still.
        for (long skipped = 0; skipped < upload.RowsRead && rows.Read(); skipped++)
            if (rows.Problem is null) seen.Add(Encoding.UTF8.GetString(rows.Cell(idPlace)).Trim());

        var reasons = new List<Reason>();
        for (bool more = true; more;)
        {
            batch.Clear();
            rejected.Clear();
            while (batch.Count + rejected.Count < BatchRows && (more = rows.Read()))
            {
                ct.ThrowIfCancellationRequested();
                reasons.Clear();
                T? record = null;
                if (rows.Problem is { } problem) reasons.Add(problem);
                else
                {
                    record = intake.Layout.Read(rows, places, context, reasons);
                    intake.Check(record, context, reasons);
                }
                if (reasons.Count > 0) rejected.Add(Quarantine(upload, rows.Line, record is null ? null : intake.IdOf(record), rows.Original(), reasons));
                else
                {
                    record!.UploadId = upload.Id;
                    record.Line = rows.Line;
                    record.ReceivedAtUtc = context.NowUtc;
                    record.Digest = intake.Layout.Digest(record, scratch);
                    batch.Add((record, rows.Original()));
                }
            }
            upload.RowsRead += batch.Count + rejected.Count;
            var fresh = await SortOutAsync(db, intake, upload, batch, rejected, seen, keepIds, ct);
            upload.RowsRejected += rejected.Count;
            await store(async target =>
            {
                await intake.PrepareAsync(target, fresh, context, ct);
                await target.BulkInsertAsync(fresh, ct);
            }, rejected, rows.Position, final: !more);
        }
    }

    // New, the same as before, changed, or a second row of the file under one id.
    static async Task<List<T>> SortOutAsync<T>(SafetyAuditDb db, Intake<T> intake, Upload upload, List<(T Record, string Text)> batch, List<QuarantinedRow> rejected, SeenInFile seen, bool keepIds, CancellationToken ct) where T : Record, new()
    {
        var fresh = new List<T>(batch.Count);
        if (batch.Count == 0) return fresh;
        var known = new Dictionary<string, Known>();
        foreach (var held in await intake.KnownAsync(db, [.. batch.Select(b => intake.IdOf(b.Record))], ct))
            if (!known.TryGetValue(held.Key, out var other) || other.Version < held.Version) known[held.Key] = held;
        var starts = typeof(T) == typeof(AdverseEvent) ? await EventIntake.SessionStartsAsync(db, batch.Select(b => b.Record).Cast<AdverseEvent>(), ct) : [];

        foreach (var (record, text) in batch)
        {
            string key = intake.KeyOf(record), id = intake.IdOf(record);
            if (record is AdverseEvent { SessionId: { } session } adverseEvent && starts.TryGetValue(session + "\n" + adverseEvent.ClinicId, out var start) && adverseEvent.OnsetAtUtc < start)
            {
                rejected.Add(Quarantine(upload, record.Line, id, text, [new(ReasonCode.OnsetBeforeSession, "onset_at", null, "onset_at is before the session began. Correct the time, or the session_id.")]));
                continue;
            }
            bool held = known.TryGetValue(key, out var current);
            if (held && current.Digest.AsSpan().SequenceEqual(record.Digest))
            {
                upload.RowsSame++;
                seen.Add(id);
                continue;
            }
            if (held && current.UploadId == upload.Id || (held || keepIds) && seen.Contains(id))
            {
                rejected.Add(Quarantine(upload, record.Line, id, text, [new(ReasonCode.DuplicateId, intake.IdColumn, id, "The file has this id more than once with different content. Keep the right row and send the file again.")]));
                continue;
            }
            record.Version = held ? current.Version + 1 : 1;
            if (held) upload.RowsChanged++; else upload.RowsNew++;
            if (keepIds) seen.Add(id);
            known[key] = new(key, record.Version, record.Digest, upload.Id);
            fresh.Add(record);
        }
        return fresh;
    }

    async Task<RowContext> ContextAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        var clinics = await db.Clinics.AsNoTracking().ToListAsync(ct);
        var practitioners = await db.Practitioners.Where(p => p.SupersededAtUtc == null).GroupBy(p => p.PractitionerId)
            .Select(g => new { Id = g.Key, ClinicId = g.Max(p => p.ClinicId) }).ToDictionaryAsync(p => p.Id, p => p.ClinicId, ct);
        return new(upload.ReceivedAtUtc, settings.DefaultTimeZone, clinics.ToDictionary(c => c.Id, c => TimeZoneInfo.FindSystemTimeZoneById(c.TimeZone)), practitioners, upload.ClinicId);
    }

    // Writes how far reading has come, and by that renews the claim, in the transaction of what was read; an overtaken worker finds no row to write to.
    async Task FenceAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        var until = time.UtcNow() + Lease;
        int mine = await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch && u.Status == UploadStatus.Processing).ExecuteUpdateAsync(set => set
            .SetProperty(u => u.ClaimedUntilUtc, until).SetProperty(u => u.Attempts, 0).SetProperty(u => u.UnknownColumns, upload.UnknownColumns).SetProperty(u => u.RowsRead, upload.RowsRead)
            .SetProperty(u => u.RowsNew, upload.RowsNew).SetProperty(u => u.RowsSame, upload.RowsSame).SetProperty(u => u.RowsChanged, upload.RowsChanged)
            .SetProperty(u => u.RowsRejected, upload.RowsRejected), ct);
        if (mine == 0) throw new OvertakenException();
    }

    // The one moment from which the upload counts: older versions step back, waiting events find their sessions, touched days become stale.
    async Task PublishAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        var now = time.UtcNow();
        var (table, sameRecord, idColumn, markStale) = upload.Kind switch
        {
            RecordKind.Sessions => Sql(new SessionIntake()),
            RecordKind.Events => Sql(new EventIntake()),
            _ => Sql(new PractitionerIntake()),
        };
#pragma warning disable EF1002 // names of tables and columns come from the intakes, never from a file
        if (upload.RowsChanged > 0)
            await db.Database.ExecuteSqlRawAsync($"UPDATE {table} SET superseded_at_utc = {{1}} WHERE id IN (SELECT b.id FROM {table} a JOIN {table} b ON {sameRecord} AND b.version < a.version WHERE a.upload_id = {{0}} AND a.version > 1 AND b.superseded_at_utc IS NULL)", [upload.Id, now], ct);
        if (upload.Kind != RecordKind.Practitioners) await db.Database.ExecuteSqlRawAsync(JoinWaitingEvents, ct);
        await db.Database.ExecuteSqlRawAsync(markStale, [upload.Id], ct);

        string kind = Codes.Of(upload.Kind);
        await db.Database.ExecuteSqlRawAsync("UPDATE quarantined_rows SET closed_at_utc = {1}, closure = 'sent_again' WHERE closed_at_utc IS NULL AND kind = {2} AND upload_id <> {0} AND text_digest IN (SELECT text_digest FROM quarantined_rows WHERE upload_id = {0})", [upload.Id, now, kind], ct);
        await db.Database.ExecuteSqlRawAsync($"UPDATE quarantined_rows SET closed_at_utc = {{1}}, closure = 'accepted' WHERE closed_at_utc IS NULL AND kind = {{2}} AND upload_id <> {{0}} AND record_id IN (SELECT {idColumn} FROM {table} WHERE upload_id = {{0}})", [upload.Id, now, kind], ct);
#pragma warning restore EF1002

        await db.Uploads.Where(u => u.Id == upload.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Completed).SetProperty(u => u.CompletedAtUtc, now).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null), ct);
        (upload.Status, upload.CompletedAtUtc) = (UploadStatus.Completed, now);

        static (string, string, string, string) Sql<T>(Intake<T> intake) where T : Record, new() => (intake.Table, intake.SameRecord, intake.IdColumn, intake.MarkStale);
    }

    // An event joins the session it names. Without a clinic of its own, only where no two clinics have a session of that id.
    const string JoinWaitingEvents = """
        UPDATE adverse_events SET linked_session_id = session_id, link_method = 'explicit', linked_clinic_id =
            (SELECT min(s.clinic_id) FROM sessions s WHERE s.session_id = adverse_events.session_id AND s.superseded_at_utc IS NULL AND (adverse_events.clinic_id IS NULL OR s.clinic_id = adverse_events.clinic_id))
        WHERE linked_session_id IS NULL AND session_id IS NOT NULL AND superseded_at_utc IS NULL AND 1 =
            (SELECT count(DISTINCT s.clinic_id) FROM sessions s WHERE s.session_id = adverse_events.session_id AND s.superseded_at_utc IS NULL AND (adverse_events.clinic_id IS NULL OR s.clinic_id = adverse_events.clinic_id))
        """;

    // What was stored of it so far goes; the bytes stay.
    async Task GiveUpAsync(Upload upload, string why, CancellationToken ct)
    {
        log.LogWarning("Upload {Upload} failed: {Why}", upload.Id, why);
        await using var db = await databases.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        int mine = await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch).ExecuteUpdateAsync(set => set
            .SetProperty(u => u.Status, UploadStatus.Failed).SetProperty(u => u.Failure, why).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null)
            .SetProperty(u => u.RowsNew, 0).SetProperty(u => u.RowsSame, 0).SetProperty(u => u.RowsChanged, 0), ct);
        if (mine == 0) return;
        switch (upload.Kind)
        {
            case RecordKind.Sessions: await db.Sessions.Where(r => r.UploadId == upload.Id).ExecuteDeleteAsync(ct); break;
            case RecordKind.Events: await db.AdverseEvents.Where(r => r.UploadId == upload.Id).ExecuteDeleteAsync(ct); break;
            case RecordKind.Practitioners: await db.Practitioners.Where(r => r.UploadId == upload.Id).ExecuteDeleteAsync(ct); break;
        }
        await transaction.CommitAsync(ct);
    }

    static QuarantinedRow Quarantine(Upload upload, long line, string? recordId, string text, List<Reason> reasons) => new()
    {
        UploadId = upload.Id,
        Kind = upload.Kind,
        Line = line,
        RecordId = recordId is { Length: > 0 and <= 64 } ? recordId : null,
        Text = text,
        TextDigest = SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16],
        Reasons = [.. reasons],
        ReceivedAtUtc = upload.ReceivedAtUtc,
    };

    /// <summary>Ids that the file had before, as 64-bit fingerprints: only of rows that left no trace in the store.</summary>
    sealed class SeenInFile
    {
        readonly HashSet<long> fingerprints = [];

        public void Add(string id) => fingerprints.Add(Fingerprint(id));

        public bool Contains(string id) => fingerprints.Contains(Fingerprint(id));

        static long Fingerprint(string id) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
    }

    sealed class OvertakenException : Exception;
}
