using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>Joins events to the sessions they count with, whichever came first.</summary>
static class LinkEvents
{
    /// <summary>Joins and parts what an upload changes; marks the days of events that it moves.</summary>
    public static async Task RunAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        if (upload.Kind == RecordKind.Sessions)
            foreach (string sql in PartAmbiguousEvents) await db.Database.ExecuteSqlRawAsync(sql, [upload.Id], ct);
        if (upload.Kind == RecordKind.Sessions && upload.RowsChanged > 0) await db.Database.ExecuteSqlRawAsync(MarkJoined, ct);
        if (upload.Kind is RecordKind.Sessions or RecordKind.Events) await JoinAsync(db, ct);
    }

    /// <summary>Links anew what a file touched that counts no more, or that says what should not be there.</summary>
    public static async Task AgainAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        if (upload.Kind is not (RecordKind.Sessions or RecordKind.Events)) return;
        string touched = $"linked_session_id IS NOT NULL AND adverse_events.superseded_at_utc IS NULL AND {(upload.Kind == RecordKind.Sessions ? LinkedToOneOf : OlderThanOneOf)}";
#pragma warning disable EF1002 // nothing of it comes from a file
        await db.Database.ExecuteSqlRawAsync($"INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT DISTINCT o.clinic_id, o.practitioner_id, o.date FROM adverse_events JOIN sessions o ON o.session_id = linked_session_id AND o.clinic_id = linked_clinic_id AND o.superseded_at_utc IS NULL WHERE {touched}", [upload.Id], ct);
        await db.Database.ExecuteSqlRawAsync($"UPDATE adverse_events SET linked_session_id = NULL, linked_clinic_id = NULL, link_method = NULL WHERE {touched}", [upload.Id], ct);
#pragma warning restore EF1002
        await db.Database.ExecuteSqlRawAsync(MarkJoined, ct);
        await JoinAsync(db, ct);
    }

    /// <summary>Joins every event that waits and can be joined.</summary>
    public static Task JoinAsync(SafetyAuditDb db, CancellationToken ct) => db.Database.ExecuteSqlRawAsync(JoinWaitingEvents, ct);

    const string LinkedToOneOf = "EXISTS (SELECT 1 FROM sessions a WHERE a.session_id = adverse_events.linked_session_id AND a.upload_id = {0})";
    static readonly string OlderThanOneOf = $"adverse_events.id IN (SELECT b.id FROM adverse_events a JOIN adverse_events b ON {new EventIntake().SameRecord} AND b.version < a.version WHERE a.upload_id = {"{0}"})";

    /// <summary>
    /// The sessions that an event may mean, all their versions: those of its patient under the id it names, in its clinic where it names one, and not begun after it.
    /// </summary>
    public const string EverMeant = "FROM sessions s WHERE s.session_id = adverse_events.session_id AND s.patient_id = adverse_events.patient_id AND s.started_at_utc <= adverse_events.onset_at_utc"
        + " AND (adverse_events.clinic_id IS NULL OR s.clinic_id = adverse_events.clinic_id)";

    /// <summary>Those of them that count.</summary>
    public const string Meant = EverMeant + " AND s.superseded_at_utc IS NULL AND EXISTS (SELECT 1 FROM uploads u WHERE u.id = s.upload_id AND u.status = 'completed')";

    // An event joins the session it names where exactly one can be meant; else it waits.
    const string JoinWaitingEvents = $"""
        UPDATE adverse_events SET linked_session_id = session_id, link_method = 'explicit', linked_clinic_id = (SELECT min(s.clinic_id) {Meant})
        WHERE {CanJoin}
        """;

    const string CanJoin = $"linked_session_id IS NULL AND adverse_events.session_id IS NOT NULL AND adverse_events.superseded_at_utc IS NULL AND 1 = (SELECT count(DISTINCT s.clinic_id) {Meant})";

    // Where one of two sessions that an event could mean was corrected, the other may be of an earlier file, which marks no day by itself.
    const string MarkJoined = $"""
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT DISTINCT o.clinic_id, o.practitioner_id, o.date FROM adverse_events
        JOIN sessions o ON o.session_id = adverse_events.session_id AND o.patient_id = adverse_events.patient_id AND o.superseded_at_utc IS NULL
        WHERE {CanJoin}
        """;

    // Where a second clinic's session of the same id and patient arrives, an event that names no clinic waits again, whichever came first. From the upload's
    // sessions to their events, in this order (CROSS JOIN keeps SQLite to it): an upload must not go through all events there are.
    const string Ambiguous = "s.upload_id = {0} AND e.linked_session_id = s.session_id AND e.session_id = s.session_id AND e.patient_id = s.patient_id AND e.linked_clinic_id <> s.clinic_id"
        + " AND e.clinic_id IS NULL AND e.superseded_at_utc IS NULL";

    static readonly string[] PartAmbiguousEvents =
    [
        $$"""
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT DISTINCT o.clinic_id, o.practitioner_id, o.date FROM sessions s CROSS JOIN adverse_events e
        JOIN sessions o ON o.session_id = e.linked_session_id AND o.clinic_id = e.linked_clinic_id AND o.superseded_at_utc IS NULL
        WHERE {{Ambiguous}}
        """,
        $"UPDATE adverse_events SET linked_session_id = NULL, linked_clinic_id = NULL, link_method = NULL WHERE id IN (SELECT e.id FROM sessions s CROSS JOIN adverse_events e WHERE {Ambiguous})",
    ];
}
