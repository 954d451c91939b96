using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>
/// Joins follow-ups to the session they name, in the same way as <see cref="LinkEvents"/>: worked out anew, whichever came first. One that names no clinic waits
/// while sessions of two clinics have that id.
/// </summary>
static class LinkFollowUps
{
    public static async Task RunAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        string? touched = upload.Kind switch
        {
            // Also the versions before, which count again where these count no more.
            RecordKind.FollowUps => $"(f.upload_id = {upload.Id} OR f.id IN (SELECT b.id FROM follow_ups a JOIN follow_ups b ON {new FollowUpIntake().SameRecord} AND b.version < a.version WHERE a.upload_id = {upload.Id} AND a.version > 1))",
            RecordKind.Sessions => $"f.session_id IN (SELECT session_id FROM sessions WHERE upload_id = {upload.Id})",
            _ => null,
        };
        if (touched is null || !await db.FollowUps.AnyAsync(ct)) return;
        await db.WorkAloneAsync(ExclusiveWork.Counting, ct);
        await RelinkAsync(db, touched, ct);
    }

    /// <summary>Joins all follow-ups, where nothing else writes.</summary>
    public static Task AllAsync(SafetyAuditDb db, CancellationToken ct) => RelinkAsync(db, "1 = 1", ct);

    static async Task RelinkAsync(SafetyAuditDb db, string touched, CancellationToken ct)
    {
#pragma warning disable EF1002 // our own text and the number of the upload
        await db.Database.ExecuteSqlRawAsync($"CREATE TEMPORARY TABLE relinked AS SELECT * FROM ({Rule(touched)}) r WHERE {Differs}", ct);
#pragma warning restore EF1002
        await db.Database.ExecuteSqlRawAsync("""
            INSERT INTO stale_days (clinic_id, practitioner_id, date)
            SELECT DISTINCT s.clinic_id, s.practitioner_id, s.date FROM relinked r CROSS JOIN sessions s WHERE s.session_id = r.session_id AND (s.clinic_id = r.clinic_id OR s.clinic_id = r.old_clinic_id) AND s.superseded_at_utc IS NULL
            """, ct);
        await db.Database.ExecuteSqlRawAsync("UPDATE follow_ups SET linked_clinic_id = r.clinic_id FROM relinked r WHERE follow_ups.id = r.id", ct);
        await db.Database.ExecuteSqlRawAsync("DROP TABLE relinked", ct);
    }

    /// <summary>Holds of the rows of <see cref="Rule"/> that are not as they should be.</summary>
    public const string Differs = "clinic_id IS DISTINCT FROM old_clinic_id";

    /// <summary>For each follow-up that counts and of which <paramref name="touched"/> holds: the clinic of its session as it is and as it should be.</summary>
    public static string Rule(string touched) => $"""
        SELECT f.id, f.follow_up_id, f.session_id, f.linked_clinic_id AS old_clinic_id,
            (SELECT min(s.clinic_id) FROM sessions s WHERE s.session_id = f.session_id AND (f.clinic_id IS NULL OR s.clinic_id = f.clinic_id) AND {LinkEvents.Counts("s")} HAVING count(*) = 1) AS clinic_id
        FROM follow_ups f WHERE {touched} AND {LinkEvents.Counts("f")}
        """;
}
