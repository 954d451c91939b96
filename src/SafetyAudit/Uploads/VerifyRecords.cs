using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// Compares the records with what the audit trail says was stored: finds one that was altered, added, hidden or taken out directly in the database. Check the
/// chain itself first (<see cref="VerifyTrail"/>): this takes its entries as true.
/// </summary>
public static class VerifyRecords
{
    /// <summary>What is wrong, as many as there are, in words that name the record and where it came from.</summary>
    public static async IAsyncEnumerable<string> RunAsync(SafetyAuditDb db, [EnumeratorCancellation] CancellationToken ct)
    {
        var zones = await db.Clinics.AsNoTracking().ToDictionaryAsync(c => c.Id, c => TimeZoneInfo.FindSystemTimeZoneById(c.TimeZone), ct);
        foreach (var upload in await db.Uploads.AsNoTracking().OrderBy(u => u.Id).ToListAsync(ct))
        {
            var faults = upload.Kind switch
            {
                RecordKind.Sessions => OfUploadAsync(db, new SessionIntake(), upload, zones, ct),
                RecordKind.Events => OfUploadAsync(db, new EventIntake(), upload, zones, ct),
                _ => OfUploadAsync(db, new PractitionerIntake(), upload, zones, ct),
            };
            await foreach (string fault in faults) yield return fault;
        }
        foreach (string fault in await VersionsAsync(db, new SessionIntake(), ct)) yield return fault;
        foreach (string fault in await VersionsAsync(db, new EventIntake(), ct)) yield return fault;
        foreach (string fault in await VersionsAsync(db, new PractitionerIntake(), ct)) yield return fault;
        foreach (string id in await db.Database.SqlQueryRaw<string>($"""SELECT event_id AS "Value" FROM adverse_events WHERE {Unlinked} ORDER BY 1""").ToListAsync(ct))
            yield return $"event_id {id}: its session is here, and it was made to count with none";
    }

    const string Unlinked = $"linked_session_id IS NULL AND session_id IS NOT NULL AND superseded_at_utc IS NULL AND EXISTS (SELECT 1 FROM uploads u WHERE u.id = upload_id AND u.status = 'completed') AND 1 = (SELECT count(DISTINCT s.clinic_id) {ProcessUploads.Meant})";

    static async IAsyncEnumerable<string> OfUploadAsync<T>(SafetyAuditDb db, Intake<T> intake, Upload upload, Dictionary<string, TimeZoneInfo> zones, [EnumeratorCancellation] CancellationToken ct) where T : Record, new()
    {
        string subject = $"upload {upload.Id}";
        var became = await db.AuditEntries.AsNoTracking().Where(e => e.Subject == subject && (e.Action == AuditAction.Completed || e.Action == AuditAction.Failed)).Select(e => e.Action).ToListAsync(ct);
        bool failed = became.Contains(AuditAction.Failed), completed = became.Contains(AuditAction.Completed);
        if (completed != (upload.Status == UploadStatus.Completed) || failed != (upload.Status == UploadStatus.Failed))
            yield return $"{subject} is marked {Codes.Of(upload.Status)}, which is not what the trail says became of it";
        var stored = failed ? [] : await StoredRows.OfUploadAsync(db, upload, ct);

        using var scratch = new MemoryStream();
        int next = 0;
        var batch = new List<T>();
        await foreach (var record in db.Set<T>().AsNoTracking().Where(r => r.UploadId == upload.Id).OrderBy(r => r.Line).ThenBy(r => r.Id).AsAsyncEnumerable().WithCancellation(ct))
        {
            while (next < stored.Count && record.Line > stored[next].Rows.LastLine)
            {
                if (Compare() is { } fault) yield return fault;
            }
            if (next == stored.Count || record.Line < stored[next].Rows.FirstLine)
            {
                yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, is in no entry of the trail: it was added";
                continue;
            }
            byte[] digest = intake.Layout.Digest(record, scratch);
            // Told one by one where the record still carries its own digest; where that was made anew too, the entry's digest over the batch tells it.
            if (!digest.AsSpan().SequenceEqual(record.Digest)) yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, was altered: its content does not give its digest";
            if (intake.NoLongerDerived(record, zones) is { } derived) yield return $"{intake.IdOf(record)}, line {record.Line} of {subject}, was altered: {derived}";
            batch.Add(record);
        }
        while (next < stored.Count)
            if (Compare() is { } fault) yield return fault;

        string? Compare()
        {
            var (entry, rows) = stored[next++];
            var found = StoredRows.Of(batch);
            batch.Clear();
            return found == rows ? null
                : $"lines {rows.FirstLine} to {rows.LastLine} of {subject} are not what entry {entry.Sequence} says was stored: {rows.Records} records then, {found?.Records ?? 0} now{(found?.Records == rows.Records ? ", with other content" : "")}";
        }
    }

    // A version counts until the next one came, no longer and no shorter: whoever marks a record superseded hides it.
    static async Task<List<string>> VersionsAsync<T>(SafetyAuditDb db, Intake<T> intake, CancellationToken ct) where T : Record, new()
    {
        string newer = $"EXISTS (SELECT 1 FROM {intake.Table} a JOIN uploads u ON u.id = a.upload_id AND u.status = 'completed' WHERE {intake.SameRecord} AND a.version > b.version)";
        string current = $"EXISTS (SELECT 1 FROM uploads u WHERE u.id = b.upload_id AND u.status = 'completed')";
#pragma warning disable EF1002 // names come from the intakes
        var wrong = await db.Database.SqlQueryRaw<string>($"""SELECT {intake.IdColumn} AS "Value" FROM {intake.Table} b WHERE {current} AND ((superseded_at_utc IS NULL AND {newer}) OR (superseded_at_utc IS NOT NULL AND NOT {newer})) ORDER BY 1""").ToListAsync(ct);
#pragma warning restore EF1002
        return wrong.ConvertAll(id => $"{intake.IdColumn} {id}: which of its versions counts was altered");
    }
}
