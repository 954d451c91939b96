using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>
/// The one moment from which an upload counts, in the transaction of its last rows: older versions step back, waiting events find their sessions, touched days
/// become stale, and rows in quarantine that it mended are closed.
/// </summary>
static class PublishUpload
{
    /// <summary>Answers what the trail is told.</summary>
    /// <remarks><paramref name="mended"/>: records of which the file says the same as before, while a row of theirs waits in quarantine.</remarks>
    public static async Task<AuditDraft> RunAsync(SafetyAuditDb db, Upload upload, IReadOnlyCollection<(string Id, string? Clinic)> mended, DateTime now, CancellationToken ct)
    {
        var intake = Intake.Of(upload.Kind);
        string table = intake.Table;
        // An undo beside it would bring back what steps back here.
        await db.WorkAloneAsync(ExclusiveWork.Counting, ct);
        await db.Uploads.Where(u => u.Id == upload.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Completed).SetProperty(u => u.CompletedAtUtc, now).SetProperty(u => u.ClaimedUntilUtc, (DateTime?)null), ct);
        (upload.Status, upload.CompletedAtUtc) = (UploadStatus.Completed, now);
#pragma warning disable EF1002 // names of tables and columns come from the intakes, never from a file
        if (upload.RowsChanged > 0)
            await db.Database.ExecuteSqlRawAsync($"UPDATE {table} SET superseded_at_utc = {{1}} WHERE id IN (SELECT b.id FROM {table} a JOIN {table} b ON {intake.SameRecord} AND b.version < a.version WHERE a.upload_id = {{0}} AND a.version > 1 AND b.superseded_at_utc IS NULL)", [upload.Id, now], ct);
        if (upload.Purpose == UploadPurpose.Withdrawal)
        {
            // Before its events are parted from a session, and after.
            await db.Database.ExecuteSqlRawAsync(intake.MarkStale, [upload.Id], ct);
            await db.Database.ExecuteSqlRawAsync($"UPDATE {table} SET superseded_at_utc = {{1}} WHERE upload_id = {{0}}", [upload.Id, now], ct);
        }
        await LinkEvents.RunAsync(db, upload, ct);
        await LinkFollowUps.RunAsync(db, upload, ct);
        await db.Database.ExecuteSqlRawAsync(intake.MarkStale, [upload.Id], ct);

        string kind = Codes.Of(upload.Kind);
        await db.Database.ExecuteSqlRawAsync("UPDATE quarantined_rows SET closed_at_utc = {1}, closure = 'sent_again' WHERE closed_at_utc IS NULL AND kind = {2} AND upload_id <> {0} AND text_digest IN (SELECT text_digest FROM quarantined_rows WHERE upload_id = {0})", [upload.Id, now, kind], ct);
        // + 0: each waiting row is looked for by its id. By the upload, SQLite would go through all the upload's records for each.
        await db.Database.ExecuteSqlRawAsync($"UPDATE quarantined_rows SET closed_at_utc = {{1}}, closure = 'accepted' WHERE closed_at_utc IS NULL AND kind = {{2}} AND upload_id <> {{0}} AND EXISTS (SELECT 1 FROM {table} a WHERE a.upload_id + 0 = {{0}} AND {intake.IdIn("a")} = quarantined_rows.record_id AND (quarantined_rows.clinic_id IS NULL OR a.clinic_id IS NULL OR a.clinic_id = quarantined_rows.clinic_id))", [upload.Id, now, kind], ct);
        foreach (var (id, clinic) in mended)
            await db.QuarantinedRows.Where(q => q.ClosedAtUtc == null && q.Kind == upload.Kind && q.UploadId != upload.Id && q.RecordId == id && (q.ClinicId == null || clinic == null || q.ClinicId == clinic))
                .ExecuteUpdateAsync(set => set.SetProperty(q => q.ClosedAtUtc, now).SetProperty(q => q.Closure, QuarantineClosure.Accepted), ct);
#pragma warning restore EF1002

        return new(AuditAction.Completed, $"upload {upload.Id}", upload.ClinicId, After: JsonSerializer.Serialize(ReadRows.Of(upload), Json.Options));
    }
}
