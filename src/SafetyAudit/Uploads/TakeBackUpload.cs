using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>What undoing an upload does: versions that count no more, records that are then gone, and older versions that count again.</summary>
public sealed record Undoing(long Versions, long Gone, long Back);

/// <summary>
/// Takes a file back: cancels one that is not read to its end, or undoes one that counts. Nothing that counted is deleted; its versions step back, and of each record the
/// newest version that remains counts again.
/// </summary>
/// <remarks>An undo is one transaction, which no publishing runs beside. A cancelled file is fenced off at once; what was stored of it is cleared away by whoever claims it next.</remarks>
public sealed class TakeBackUpload(IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Answers what keeps it from being cancelled, or nothing.</summary>
    public async Task<string?> CancelAsync(long id, string? why, Actor by, CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(by, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Whoever reads it finds another epoch at the next commit, and writes no more.
        int open = await db.Uploads.Where(u => u.Id == id && u.TakenBackAtUtc == null && (u.Status == UploadStatus.Received || u.Status == UploadStatus.Processing || u.Status == UploadStatus.NeedsColumns))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.Epoch, u => u.Epoch + 1).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null), ct);
        if (open == 0) return "It can't be cancelled any more. If it counts, undo it.";
        var upload = await db.Uploads.AsTracking().SingleAsync(u => u.Id == id, ct);
        if (upload.Status is UploadStatus.Received or UploadStatus.NeedsColumns) upload.Status = UploadStatus.Cancelled;
        await EnterAsync(db, upload, why, by, time.UtcNow(), ct);
        await transaction.CommitAsync(ct);
        return null;
    }

    /// <summary>What undoing it would do.</summary>
    public static async Task<Undoing> ForeseeAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        var intake = Intake.Of(upload.Kind);
#pragma warning disable EF1002 // names of tables and columns come from the intakes
        long versions = await Single($"SELECT count(*) AS \"Value\" FROM {intake.Table} WHERE upload_id = {{0}}");
        long counting = await Single($"SELECT count(*) AS \"Value\" FROM {intake.Table} WHERE upload_id = {{0}} AND superseded_at_utc IS NULL");
        long back = await Single($"SELECT count(*) AS \"Value\" FROM {intake.Table} WHERE id IN ({NewestRemaining(intake)})");
        return new(versions, Math.Max(0, counting - back), back);

        async Task<long> Single(string sql) => (await db.Database.SqlQueryRaw<long>(sql, upload.Id).ToListAsync(ct))[0];
#pragma warning restore EF1002
    }

    /// <summary>Answers what keeps it from being undone, or nothing.</summary>
    public async Task<string?> UndoAsync(long id, string why, Actor by, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(why)) return "Say why it is undone: the reason stays with it.";
        await using var db = await databases.OpenAsync(by, ct);
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        await using (var transaction = await db.BeginAloneAsync(ExclusiveWork.Counting, ct))
        {
            var now = time.UtcNow();
            var wasCompleted = db.Uploads.Where(u => u.Id == id && u.Status == UploadStatus.Completed);
            if (await wasCompleted.ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Undone), ct) == 0)
                return await db.Uploads.Where(u => u.Id == id).Select(u => (UploadStatus?)u.Status).SingleOrDefaultAsync(ct) switch
                {
                    null => $"There is no upload {id}.",
                    UploadStatus.Undone => "It is undone already.",
                    UploadStatus.Received or UploadStatus.Processing => "It is not read to its end. Cancel it instead.",
                    _ => "Nothing of it counts; there is nothing to undo.",
                };
            var upload = await db.Uploads.AsTracking().SingleAsync(u => u.Id == id, ct);
            await StepBackAsync(db, upload, now, ct);
            await EnterAsync(db, upload, why, by, now, ct);
            await transaction.CommitAsync(ct);
        }
        await db.CheckpointAsync(more: false, ct);
        return null;
    }

    static async Task StepBackAsync(SafetyAuditDb db, Upload upload, DateTime now, CancellationToken ct)
    {
        var intake = Intake.Of(upload.Kind);
        string table = intake.Table, kind = Codes.Of(upload.Kind);
#pragma warning disable EF1002 // names of tables and columns come from the intakes
        await db.Database.ExecuteSqlRawAsync(intake.MarkStale, [upload.Id], ct);
        await db.Database.ExecuteSqlRawAsync($"UPDATE {table} SET superseded_at_utc = NULL WHERE id IN ({NewestRemaining(intake)})", [upload.Id], ct);
        await db.Database.ExecuteSqlRawAsync($"UPDATE {table} SET superseded_at_utc = {{1}} WHERE upload_id = {{0}} AND superseded_at_utc IS NULL", [upload.Id, now], ct);
        await LinkEvents.RunAsync(db, upload, ct);
        await LinkFollowUps.RunAsync(db, upload, ct);
        // Once more, for what joined a session only now.
        if (upload.Kind != RecordKind.Sessions) await db.Database.ExecuteSqlRawAsync(intake.MarkStale, [upload.Id], ct);

        // Rows that it mended wait again; its own do not.
        await db.Database.ExecuteSqlRawAsync($"UPDATE quarantined_rows SET closed_at_utc = NULL, closure = NULL WHERE closed_at_utc = {{1}} AND closure = 'accepted' AND kind = {{2}} AND upload_id <> {{0}} AND record_id IN (SELECT {intake.IdIn("a")} FROM {table} a WHERE a.upload_id = {{0}})", [upload.Id, upload.CompletedAtUtc!.Value, kind], ct);
        await db.Database.ExecuteSqlRawAsync("UPDATE quarantined_rows SET closed_at_utc = NULL, closure = NULL WHERE closed_at_utc = {1} AND closure = 'sent_again' AND kind = {2} AND upload_id <> {0} AND text_digest IN (SELECT text_digest FROM quarantined_rows WHERE upload_id = {0})", [upload.Id, upload.CompletedAtUtc!.Value, kind], ct);
#pragma warning restore EF1002
        await CloseQuarantineAsync(db, upload.Id, now, ct);
    }

    // Of each record that the upload ({0}) has the newest version of: the version before, of a file that counts, unless that says that the record should not be there. The
    // inner a is any newer version that counts.
    static string NewestRemaining(Intake intake) => $"""
        SELECT b.id FROM {intake.Table} a JOIN {intake.Table} b ON {intake.SameRecord} AND b.version < a.version JOIN uploads u ON u.id = b.upload_id AND u.status = 'completed' AND u.purpose <> 'withdrawal'
        WHERE a.upload_id = {"{0}"} AND a.version > 1 AND b.upload_id <> {"{0}"} AND NOT EXISTS
            (SELECT 1 FROM {intake.Table} a JOIN uploads v ON v.id = a.upload_id AND v.status = 'completed' WHERE {intake.SameRecord} AND a.version > b.version AND a.upload_id <> {"{0}"})
        """;

    /// <summary>Clears away what was stored of a file that was cancelled while it was read. Its rejected rows stay to be looked at.</summary>
    internal static async Task ClearAsync(SafetyAuditDb db, Upload upload, DateTime now, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await db.Uploads.Where(u => u.Id == upload.Id && u.Epoch == upload.Epoch).ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Cancelled).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null)
                .SetProperty(u => u.RowsNew, 0).SetProperty(u => u.RowsSame, 0).SetProperty(u => u.RowsChanged, 0), ct) == 0) return;
#pragma warning disable EF1002 // the table's name comes from the intake
        await db.Database.ExecuteSqlRawAsync($"DELETE FROM {Intake.Of(upload.Kind).Table} WHERE upload_id = {{0}}", [upload.Id], ct);
#pragma warning restore EF1002
        await CloseQuarantineAsync(db, upload.Id, now, ct);
        await transaction.CommitAsync(ct);
    }

    static Task<int> CloseQuarantineAsync(SafetyAuditDb db, long upload, DateTime now, CancellationToken ct) =>
        db.QuarantinedRows.Where(q => q.UploadId == upload && q.ClosedAtUtc == null).ExecuteUpdateAsync(set => set.SetProperty(q => q.ClosedAtUtc, now).SetProperty(q => q.Closure, QuarantineClosure.TakenBack), ct);

    static Task<int> EnterAsync(SafetyAuditDb db, Upload upload, string? why, Actor by, DateTime now, CancellationToken ct)
    {
        (upload.TakenBackAtUtc, upload.TakenBackBy, upload.TakenBackWhy) = (now, by.Name, why?.Trim());
        db.Why = why?.Trim();
        return db.SaveChangesAsync(ct);
    }
}
