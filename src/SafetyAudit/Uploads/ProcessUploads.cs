using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
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
public sealed class ProcessUploads(
    IDbContextFactory<SafetyAuditDb> databases, DatabaseSettings database, KeyRing keys, UploadSettings settings, TimeProvider time,
    ILogger<ProcessUploads> log)
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(15);
    public const int MostAttempts = 5;
    const int BatchRows = 5_000;
    const long BatchBytes = 16 * 1024 * 1024;
    const int BatchesPerCheckpoint = 10, BatchesBeside = 2;

    /// <summary>Reads every file that waits, until none does or another worker is at it. Answers how many were finished here.</summary>
    public async Task<int> DrainAsync(IProgress<(Upload Upload, UploadProgress Progress)>? progress, CancellationToken ct)
    {
        for (int finished = 0; ;)
        {
            if (await ClaimAsync(null, ct) is not { } upload) return finished;
            if (await FinishAsync(upload, p => progress?.Report((upload, p)), ct)) finished++;
        }
    }

    /// <summary>Reads one small upload as soon as its turn comes, or waits for the worker that is at it. False where it is not read after so long.</summary>
    public async Task<bool> ReadInTurnAsync(long uploadId, TimeSpan patience, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        for (var begun = Stopwatch.StartNew(); ; await Task.Delay(50, ct))
        {
            if (await db.Uploads.AnyAsync(u => u.Id == uploadId && (u.Status != UploadStatus.Received && u.Status != UploadStatus.Processing), ct)) return true;
            // Whoever waits for the answer may go away; what was begun is finished all the same.
            if (await ClaimAsync(uploadId, ct) is { } upload) await FinishAsync(upload, _ => { }, CancellationToken.None);
            else if (begun.Elapsed > patience) return false;
        }
    }

    // Npgsql says of a connection that was lost within a query that it was no valid operation.
    static bool IsOutage(Exception e) => e is IOException or UnauthorizedAccessException or System.Data.Common.DbException or TimeoutException || e is InvalidOperationException { InnerException: { } cause } && IsOutage(cause);

    // False where it was cancelled, or another worker took it over.
    async Task<bool> FinishAsync(Upload upload, Action<UploadProgress> report, CancellationToken ct)
    {
        try
        {
            await ProcessAsync(upload, report, ct);
        }
        catch (FileRefusedException refused)
        {
            await GiveUpAsync(upload, refused.Message, ct);
        }
        catch (DamagedFileException damaged)
        {
            await GiveUpAsync(upload, damaged.Message, ct);
        }
        catch (FileNotFoundException)
        {
            await GiveUpAsync(upload, "The bytes kept of this file are gone from the data directory. Send it again.", ct);
        }
        catch (Exception e) when (IsOutage(e))
        {
            // A full disk or a database that is down is not the file's fault: it must not be given up for it.
            await NotTheFilesFaultAsync(upload);
            throw;
        }
        catch (OvertakenException)
        {
            log.LogWarning("Upload {Upload} was cancelled, or taken over by another worker; this one leaves it", upload.Id);
            return false;
        }
        return true;
    }

    /// <summary>Reads a file without storing anything: what an import would do, for each kind of record in it.</summary>
    /// <exception cref="FileRefusedException">The file as a whole can't be read.</exception>
    public async Task<List<(Upload Upload, List<QuarantinedRow> FirstRejected)>> DryRunAsync(string path, RecordKind? kind, string? clinicId, IProgress<(Upload Upload, UploadProgress Progress)>? progress, CancellationToken ct)
    {
        var results = new List<(Upload, List<QuarantinedRow>)>();
        var practitioners = new Dictionary<string, string?>();
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        var (kinds, mapping, _) = await ReceiveUpload.RecogniseAsync(db, CsvRows.Plain(path), kind, clinicId, new(), ct);
        foreach (var held in kinds)
        {
            var upload = new Upload
            {
                FileName = Path.GetFileName(path), Kind = held, ClinicId = clinicId, MappingId = mapping?.Id,
                Fingerprint = "", Bytes = new FileInfo(path).Length, ReceivedAtUtc = time.UtcNow(), ReceivedBy = "",
                Status = UploadStatus.Processing, StartedAtUtc = time.UtcNow(),
            };
            var rejected = new List<QuarantinedRow>();
            await RunAsync(upload, CsvRows.Plain(path), (_, rows, _, position, final) =>
            {
                rejected.AddRange(rows.Take(1000 - rejected.Count));
                upload.BytesRead = position;
                if (final) upload.Status = UploadStatus.Completed;
                progress?.Report((upload, new(upload.RowsRead, upload.RowsRejected, position, upload.Bytes)));
                return Task.CompletedTask;
            }, practitioners, ct);
            results.Add((upload, rejected));
        }
        return results;
    }

    /// <summary>What is wrong with a file that is at hand, checked against what is stored; nothing of it is stored.</summary>
    internal async Task<List<Reason>> CheckAsync(byte[] file, RecordKind kind, string? clinicId, UploadPurpose purpose, int correctsVersion, CancellationToken ct)
    {
        var upload = new Upload { FileName = "", Kind = kind, ClinicId = clinicId, Fingerprint = "", ReceivedAtUtc = time.UtcNow(), ReceivedBy = "", Purpose = purpose, CorrectsVersion = correctsVersion };
        var wrong = new List<Reason>();
        await RunAsync(upload, () => new MemoryStream(file, writable: false), (_, rows, _, _, _) =>
        {
            wrong.AddRange(rows.SelectMany(r => r.Reasons));
            return Task.CompletedTask;
        }, checkedOnly: [], ct);
        return wrong;
    }

    // The oldest file that is not finished, unless a live worker has it, or only another one is asked for.
    async Task<Upload?> ClaimAsync(long? only, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        while (true)
        {
            // One that was begun comes first, whatever its number: a file that waited for its columns has an old one, and no two are read side by side.
            var next = await db.Uploads.Where(u => u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing).OrderBy(u => u.Status != UploadStatus.Processing).ThenBy(u => u.Id).FirstOrDefaultAsync(ct);
            if (next is null || only is not null && next.Id != only) return null;
            var now = time.UtcNow();
            // A lease far in the future was made before the clock was set back: it holds no more than any other.
            if (next.ClaimedUntilUtc is { } until && until > now && until < now + 2 * Lease) return null;

            int epoch = next.Epoch + 1, attempts = next.Attempts + 1;
            var (leasedUntil, started) = (now + Lease, next.StartedAtUtc ?? now);
            // Everything that was read must still hold: a worker that goes on renews its claim, one that finishes changes the status.
            int claimed = await db.Uploads.Where(u => u.Id == next.Id && u.Epoch == next.Epoch && u.Status == next.Status && u.ClaimedUntilUtc == next.ClaimedUntilUtc).ExecuteUpdateAsync(set => set
                .SetProperty(u => u.Status, UploadStatus.Processing).SetProperty(u => u.Epoch, epoch).SetProperty(u => u.Attempts, attempts).SetProperty(u => u.ClaimedUntilUtc, leasedUntil).SetProperty(u => u.StartedAtUtc, started), ct);
            if (claimed == 0) return null;

            db.ChangeTracker.Clear();
            (next.Status, next.Epoch, next.Attempts, next.ClaimedUntilUtc, next.StartedAtUtc) = (UploadStatus.Processing, epoch, attempts, leasedUntil, started);
            if (next.TakenBackAtUtc is not null)
            {
                await TakeBackUpload.ClearAsync(db, next, now, ct);
                continue;
            }
            if (attempts <= MostAttempts) return next;
            await GiveUpAsync(next, $"Reading this file stopped {MostAttempts} times after row {next.RowsRead:N0}. Nothing of it counts. Split the file there and send the parts.", ct);
        }
    }

    async Task NotTheFilesFaultAsync(Upload upload)
    {
        try
        {
            await using var db = await databases.OpenAsync(Actor.Worker, CancellationToken.None);
            await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch && u.Attempts > 0).ExecuteUpdateAsync(set => set.SetProperty(u => u.Attempts, u => u.Attempts - 1), CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or System.Data.Common.DbException or InvalidOperationException)
        {
            log.LogWarning(e, "The attempt at upload {Upload} could not be taken back", upload.Id);
        }
    }

    async Task ProcessAsync(Upload upload, Action<UploadProgress> report, CancellationToken ct)
    {
        log.LogInformation("Reading upload {Upload} ({Kind}, {Bytes} bytes) from row {Row}", upload.Id, upload.Kind, upload.Bytes, upload.RowsRead);
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        int batches = 0;
        var moving = Task.CompletedTask;
        string kept = ReceiveUpload.PathOf(database, upload.Fingerprint);
        try
        {
            await RunAsync(upload, () => SealedFile.Open(kept, keys), async (storeRecords, rejected, mended, position, final) =>
            {
                await using (var transaction = await db.Database.BeginTransactionAsync(ct))
                {
                    upload.BytesRead = position;
                    await FenceAsync(db, upload, ct);
                    var told = new List<AuditDraft>(2);
                    if (await storeRecords(db) is { } stored) told.Add(stored);
                    if (final && upload is { AllOrNothing: true, RowsRejected: > 0 })
                        told.AddRange(await FailAsync(db, upload, NothingOf(upload), ct));
                    else if (final)
                        told.Add(await PublishUpload.RunAsync(db, upload, mended, time.UtcNow(), ct));
                    await db.Trail.AppendAsync(db, told, ct);
                    await transaction.CommitAsync(ct);
                }
                // Most of the log is moved while the last batches are written, by the processor that waits for them.
                if (++batches % BatchesPerCheckpoint == BatchesPerCheckpoint - BatchesBeside && !final) moving = Task.Run(() => databases.CheckpointBesideAsync(ct), ct);
                if (final || batches % BatchesPerCheckpoint == 0)
                {
                    await moving;
                    await db.CheckpointAsync(more: !final, ct);
                }
                report(new(upload.RowsRead, upload.RowsRejected, position, upload.Bytes));
            }, checkedOnly: null, ct);
        }
        finally
        {
            await moving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        log.LogInformation("Upload {Upload} read: {New} new, {Same} same, {Changed} changed, {Rejected} rejected", upload.Id, upload.RowsNew, upload.RowsSame, upload.RowsChanged, upload.RowsRejected);
    }

    delegate Task StoreBatch(Func<SafetyAuditDb, Task<AuditDraft?>> storeRecords, List<QuarantinedRow> rejected, IReadOnlyCollection<(string Id, string? Clinic)> mended, long position, bool final);

    Task RunAsync(Upload upload, Func<Stream> content, StoreBatch store, Dictionary<string, string?>? checkedOnly, CancellationToken ct) => upload.Kind switch
    {
        RecordKind.Sessions => ReadAsync(new SessionIntake(), upload, content, store, checkedOnly, ct),
        RecordKind.Events => ReadAsync(new EventIntake(), upload, content, store, checkedOnly, ct),
        RecordKind.Practitioners => ReadAsync(new PractitionerIntake(), upload, content, store, checkedOnly, ct),
        RecordKind.FollowUps => ReadAsync(new FollowUpIntake(), upload, content, store, checkedOnly, ct),
        RecordKind.Patients => ReadAsync(new PatientIntake(), upload, content, store, checkedOnly, ct),
        _ => throw new NotSupportedException($"No intake for {upload.Kind}."),
    };

    // In a dry run nothing is stored: the practitioners of the file, with their clinics, are then held for the sessions and events that come after them in it.
    async Task ReadAsync<T>(Intake<T> intake, Upload upload, Func<Stream> content, StoreBatch store, Dictionary<string, string?>? checkedOnly, CancellationToken ct) where T : Record, new()
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        // After the claim: whoever adds a key takes the claims of that moment away, so a file is never stored under an older one.
        int key = await keys.AgreeAsync(db, ct);
        await using var context = await ContextAsync(db, upload, key, checkedOnly, ct);
        var mapping = upload.MappingId is { } made ? await db.ColumnMappings.AsNoTracking().SingleAsync(m => m.Id == made, ct) : null;
        using var rows = await WhileClaimedAsync(db, upload, () => mapping is null ? Rows.Open(content, intake.Layout) : new MappedRows(Rows.OpenTable(content), mapping, intake.Columns), ct);
        var places = intake.Layout.Match(rows.Headers);
        var seen = new SeenInFile();
        var sorting = new Sorting<T>(db, intake, upload, seen, keepIds: checkedOnly is not null, await OpenQuarantineAsync(db, upload, ct));
        using MemoryStream scratch = new(), scratchAhead = new();
        long committed = upload.RowsRead, passed = 0;
        RowBatch<T> held = new(), free = new();
        // While one batch is sorted out and stored, the next is read and checked; what is stored, and in which order, does not depend on it.
        var ahead = ReadAheadAsync(free, 0);
        try
        {
            for (bool more = true; more;)
            {
                var batch = await WhileClaimedAsync(db, upload, ahead, ct);
                (held, free) = (batch, held);
                more = batch.More;
                if (more) ahead = ReadAheadAsync(free, passed + batch.Count);
                if (passed < committed)
                {
                    passed += batch.Count;
                    await sorting.RememberAsync(batch, scratch, ct);
                    await StayClaimedAsync(db, upload, ct);
                    continue;
                }
                passed += batch.Count;
                upload.RowsRead += batch.Count;
                upload.UnknownColumns = batch.UnknownColumns;
                var fresh = await sorting.SortOutAsync(batch, scratch, ct);
                upload.RowsRejected += batch.Rejected.Count;
                if (checkedOnly is not null) foreach (var practitioner in fresh.OfType<Practitioner>()) checkedOnly[practitioner.PractitionerId] = practitioner.ClinicId;
                await store(async target =>
                {
                    foreach (var row in batch.Rejected) row.Seal(keys, key);
                    await target.BulkInsertAsync(batch.Rejected, ct);
                    await intake.PrepareAsync(target, fresh, context, ct);
                    await target.BulkInsertAsync(fresh, ct);
                    return StoredRows.Of(fresh)?.Draft(upload);
                }, batch.Rejected, sorting.Mended, batch.Position, final: !more);
            }
        }
        finally
        {
            // Nobody closes the file while it is being read.
            await ((Task)ahead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Task<RowBatch<T>> ReadAheadAsync(RowBatch<T> into, long from)
        {
            // Rows that an earlier attempt committed are read once more for what they left in memory only, and stop where that attempt stopped.
            long most = from < committed ? Math.Min(BatchRows, committed - from) : BatchRows;
            return Task.Run(() => into.Read(rows, intake, places, upload, context, scratchAhead, most, BatchBytes, ct), ct);
        }
    }

    // Ids of this kind's rows that wait in quarantine, while they are few enough to be held: a row that comes again and is known may be the mended one.
    static async Task<HashSet<string>> OpenQuarantineAsync(SafetyAuditDb db, Upload upload, CancellationToken ct) =>
        [.. await db.QuarantinedRows.Where(q => q.ClosedAtUtc == null && q.Kind == upload.Kind && q.UploadId != upload.Id && q.RecordId != null).Select(q => q.RecordId!).Distinct().Order().Take(100_000).ToListAsync(ct)];

    // Going through a large FHIR file for what refers to what takes longer than a claim holds; a dry run has none.
    async Task<TResult> WhileClaimedAsync<TResult>(SafetyAuditDb db, Upload upload, Func<TResult> work, CancellationToken ct)
    {
        var working = Task.Run(work, ct);
        try
        {
            return await WhileClaimedAsync(db, upload, working, ct);
        }
        finally
        {
            // Nobody closes the file while it is being read.
            await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task<TResult> WhileClaimedAsync<TResult>(SafetyAuditDb db, Upload upload, Task<TResult> working, CancellationToken ct)
    {
        while (await Task.WhenAny(working, Task.Delay(Lease / 3, ct)) != working)
        {
            ct.ThrowIfCancellationRequested();
            if (upload.Id != 0) await StayClaimedAsync(db, upload, ct);
        }
        return await working;
    }

    // While rows are passed over nothing is committed; the claim is renewed all the same.
    async Task StayClaimedAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        var until = time.UtcNow() + Lease;
        if (await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch && u.Status == UploadStatus.Processing).ExecuteUpdateAsync(set => set.SetProperty(u => u.ClaimedUntilUtc, until), ct) == 0)
            throw new OvertakenException();
    }

    internal async Task<RowContext> ContextAsync(SafetyAuditDb db, Upload upload, int key, Dictionary<string, string?>? checkedOnly, CancellationToken ct)
    {
        var clinics = await db.Clinics.AsNoTracking().ToListAsync(ct);
        var zones = clinics.ToDictionary(c => c.Id, c => TimeZoneInfo.FindSystemTimeZoneById(c.TimeZone));
        foreach (string? clinic in checkedOnly?.Values.Distinct() ?? [])
            if (clinic is not null) zones.TryAdd(clinic, settings.DefaultTimeZone);
        if (upload.ClinicId is { } scope && !zones.ContainsKey(scope) && upload.Kind != RecordKind.Practitioners) throw ReceiveUpload.UnknownClinic(scope);
        return new(upload.ReceivedAtUtc, settings.DefaultTimeZone, zones, new(await databases.OpenAsync(Actor.Worker, ct), checkedOnly ?? []), upload.ClinicId, new Pseudonyms(keys, key));
    }

    // Writes how far reading has come, and by that renews the claim, in the transaction of what was read; an overtaken worker finds no row to write to.
    async Task FenceAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        var until = time.UtcNow() + Lease;
        int mine = await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch && u.Status == UploadStatus.Processing).ExecuteUpdateAsync(set => set
            .SetProperty(u => u.ClaimedUntilUtc, until).SetProperty(u => u.Attempts, 0).SetProperty(u => u.UnknownColumns, upload.UnknownColumns).SetProperty(u => u.RowsRead, upload.RowsRead).SetProperty(u => u.BytesRead, upload.BytesRead)
            .SetProperty(u => u.RowsNew, upload.RowsNew).SetProperty(u => u.RowsSame, upload.RowsSame).SetProperty(u => u.RowsChanged, upload.RowsChanged)
            .SetProperty(u => u.RowsRejected, upload.RowsRejected), ct);
        if (mine == 0) throw new OvertakenException();
    }

    // What was stored of it so far goes; the bytes stay.
    async Task GiveUpAsync(Upload upload, string why, CancellationToken ct)
    {
        log.LogWarning("Upload {Upload} failed: {Why}", upload.Id, why);
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var told = await FailAsync(db, upload, why, ct);
        await db.Trail.AppendAsync(db, told, ct);
        await transaction.CommitAsync(ct);
    }

    static string NothingOf(Upload upload) => upload.Purpose == UploadPurpose.File
        ? $"{upload.RowsRejected:N0} of {upload.RowsRead:N0} rows were rejected, and all or nothing of the file was to count: nothing does. Mend the rows listed and send the whole file again."
        : "It was not taken; the reason stands with its row. Nothing was changed.";

    // Answers what the trail is told; nothing where another worker has the file by now.
    static async Task<List<AuditDraft>> FailAsync(SafetyAuditDb db, Upload upload, string why, CancellationToken ct)
    {
        int mine = await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch).ExecuteUpdateAsync(set => set
            .SetProperty(u => u.Status, UploadStatus.Failed).SetProperty(u => u.Failure, why).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null)
            .SetProperty(u => u.RowsNew, 0).SetProperty(u => u.RowsSame, 0).SetProperty(u => u.RowsChanged, 0), ct);
        if (mine == 0) return [];
#pragma warning disable EF1002 // the table's name comes from the intake
        await db.Database.ExecuteSqlRawAsync($"DELETE FROM {Intake.Of(upload.Kind).Table} WHERE upload_id = {{0}}", [upload.Id], ct);
#pragma warning restore EF1002
        (upload.Status, upload.Failure) = (UploadStatus.Failed, why);
        return [new(AuditAction.Failed, $"upload {upload.Id}", upload.ClinicId, Why: why)];
    }

    internal static QuarantinedRow Quarantine(Upload upload, long line, string? recordId, string? clinicId, string text, List<Reason> reasons) =>
        new QuarantinedRow
        {
            UploadId = upload.Id,
            Kind = upload.Kind,
            Line = line,
            RecordId = recordId is { Length: > 0 and <= 64 } ? recordId : null,
            // A row belongs to the clinic it was sent for, so that its sender can mend it; whatever it says itself.
            ClinicId = upload.ClinicId ?? (clinicId is { Length: > 0 and <= 64 } ? clinicId : null),
            ReceivedAtUtc = upload.ReceivedAtUtc,
        }.With(text, [.. reasons]);

    sealed class OvertakenException : Exception;
}
