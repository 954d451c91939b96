using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>
/// Which session each event counts with, worked out anew from the records that count today and never from what was worked out before, so that the order in which
/// they came makes no difference. What an upload or a decision can touch is looked at, and written where it differs.
/// </summary>
/// <remarks>
/// An event that names a session counts with it where exactly one can be meant: the same patient's, in the event's clinic where it names one, not begun after it. Where
/// none can be meant any more, one that could before it was corrected keeps it: the event names it all the same.
/// Else a person's decision holds. Else, for an event that names none, the patient's only completed or aborted session within the category's window
/// (<see cref="Measures.Measure.AttributionDays"/>, from the first needle, both ends included), of its practitioner and clinic where it names them. All others wait.
/// </remarks>
static class LinkEvents
{
    /// <summary>Joins and parts the events that an upload touches, when it begins to count and when it counts no more.</summary>
    public static async Task RunAsync(SafetyAuditDb db, Upload upload, CancellationToken ct)
    {
        if (upload.Kind is not (RecordKind.Events or RecordKind.Sessions)) return;
        await db.WorkAloneAsync(ExclusiveWork.Counting, ct);
        // Also the versions before, which count again where these count no more.
        if (upload.Kind == RecordKind.Events)
            await RelinkAsync(db, $"(e.upload_id = {upload.Id} OR e.id IN (SELECT b.id FROM adverse_events a JOIN adverse_events b ON {new EventIntake().SameRecord} AND b.version < a.version WHERE a.upload_id = {upload.Id} AND a.version > 1))", ct);
        // A session can only ever be joined by events of its patient, or of the one that it was said to be of before.
        if (upload.Kind == RecordKind.Sessions && await db.AdverseEvents.AnyAsync(ct))
            await RelinkAsync(db, $"""
                e.patient_id IN (SELECT a.patient_id FROM sessions a WHERE a.upload_id = {upload.Id}
                UNION SELECT b.patient_id FROM sessions a JOIN sessions b ON b.session_id = a.session_id AND b.clinic_id = a.clinic_id AND b.version < a.version WHERE a.upload_id = {upload.Id} AND a.version > 1)
                """, ct);
    }

    /// <summary>Joins or parts one event, by the id of its row, after a decision about it, in a transaction that works alone at <see cref="ExclusiveWork.Counting"/>.</summary>
    public static Task OfEventAsync(SafetyAuditDb db, long row, CancellationToken ct) => RelinkAsync(db, $"e.id = {row}", ct);

    /// <summary>Joins all events, where nothing else writes.</summary>
    public static Task AllAsync(SafetyAuditDb db, CancellationToken ct) => RelinkAsync(db, "1 = 1", ct);

    /// <summary>Sessions that an event may belong to by the rules above: where there are two, someone has to choose.</summary>
    public static Task<List<Candidate>> CandidatesAsync(SafetyAuditDb db, IReadOnlyCollection<long> rows, CancellationToken ct) => rows.Count == 0 ? Task.FromResult<List<Candidate>>([]) :
#pragma warning disable EF1002 // numbers of rows, and our own text
        db.Database.SqlQueryRaw<Candidate>($"""
            WITH touched AS ({Touched($"e.id IN ({string.Join(", ", rows)})")}), of_patient AS ({OfPatient})
            SELECT e.id AS "Event", s.id AS "Session" FROM {Named} AND s.superseded_at_utc IS NULL UNION ALL SELECT e.id, s.id FROM {Near(db)}
            """).ToListAsync(ct);
#pragma warning restore EF1002

    /// <summary>An event that waits and a session that it may belong to, by the ids of their rows.</summary>
    public sealed record Candidate(long Event, long Session);

    /// <summary>
    /// For each event that counts and of which <paramref name="touched"/> holds: its id and own clinic, the session and method it has (<c>old_…</c>) and those it should have.
    /// </summary>
    public static string Rule(SafetyAuditDb db, string touched) => $"""
        WITH touched AS ({Touched(touched)}),
        meant AS (SELECT e.id, s.session_id, s.clinic_id, max(CASE WHEN s.superseded_at_utc IS NULL THEN 1 ELSE 0 END) AS today FROM {Named} GROUP BY e.id, s.session_id, s.clinic_id),
        named AS (SELECT id, min(session_id) AS session_id, COALESCE(min(CASE WHEN today = 1 THEN clinic_id END), min(clinic_id)) AS clinic_id FROM meant GROUP BY id HAVING sum(today) = 1 OR sum(today) = 0 AND count(*) = 1),
        decided AS (SELECT e.id, min(s.session_id) AS session_id, min(s.clinic_id) AS clinic_id, min(CASE WHEN d.session_id IS NULL OR s.id IS NOT NULL THEN 'manual' END) AS link_method FROM {Decided} GROUP BY e.id),
        of_patient AS ({OfPatient}),
        near AS (SELECT e.id, min(s.session_id) AS session_id, min(s.clinic_id) AS clinic_id FROM {Near(db)} GROUP BY e.id HAVING count(*) = 1)
        SELECT e.id, e.event_id, e.clinic_id AS own_clinic_id, e.linked_session_id AS old_session_id, e.linked_clinic_id AS old_clinic_id, e.link_method AS old_link_method,
            CASE WHEN n.id IS NOT NULL THEN n.session_id WHEN d.id IS NOT NULL THEN d.session_id ELSE r.session_id END AS session_id,
            CASE WHEN n.id IS NOT NULL THEN n.clinic_id WHEN d.id IS NOT NULL THEN d.clinic_id ELSE r.clinic_id END AS clinic_id,
            CASE WHEN n.id IS NOT NULL THEN 'explicit' WHEN d.id IS NOT NULL THEN d.link_method WHEN r.id IS NOT NULL THEN 'nearest' END AS link_method
        FROM touched e LEFT JOIN named n ON n.id = e.id LEFT JOIN decided d ON d.id = e.id LEFT JOIN near r ON r.id = e.id
        """;

    /// <summary>Holds of the rows of <see cref="Rule"/> that are not as they should be.</summary>
    public const string Differs = "(session_id IS DISTINCT FROM old_session_id OR clinic_id IS DISTINCT FROM old_clinic_id OR link_method IS DISTINCT FROM old_link_method)";

    static async Task RelinkAsync(SafetyAuditDb db, string touched, CancellationToken ct)
    {
#pragma warning disable EF1002 // our own text and numbers of uploads and rows
        await db.Database.ExecuteSqlRawAsync($"CREATE TEMPORARY TABLE relinked AS SELECT * FROM ({Rule(db, touched)}) r WHERE {Differs}", ct);
#pragma warning restore EF1002
        // The day that an event leaves is counted anew as well as the one it comes to. From the few events to their sessions: a cross join is what SQLite does in the order written.
        await db.Database.ExecuteSqlRawAsync("""
            INSERT INTO stale_days (clinic_id, practitioner_id, date)
            SELECT DISTINCT s.clinic_id, s.practitioner_id, s.date FROM (SELECT old_session_id AS session_id, old_clinic_id AS clinic_id FROM relinked UNION ALL SELECT session_id, clinic_id FROM relinked) r
            CROSS JOIN sessions s WHERE s.session_id = r.session_id AND s.clinic_id = r.clinic_id AND s.superseded_at_utc IS NULL
            """, ct);
        // The alert about it leaves the one clinic and comes to the other, both at once and whether or not there is a day to count.
        await db.Database.ExecuteSqlRawAsync("""
            INSERT INTO stale_clinics (clinic_id) SELECT COALESCE(old_clinic_id, own_clinic_id, '') FROM relinked UNION SELECT COALESCE(clinic_id, own_clinic_id, '') FROM relinked
            """, ct);
        await db.Database.ExecuteSqlRawAsync("""
            UPDATE adverse_events SET linked_session_id = r.session_id, linked_clinic_id = r.clinic_id, link_method = r.link_method FROM relinked r WHERE adverse_events.id = r.id
            """, ct);
        await db.Database.ExecuteSqlRawAsync("DROP TABLE relinked", ct);
    }

    /// <summary>SQL that holds of a record that counts.</summary>
    public static string Counts(string alias) => $"{alias}.superseded_at_utc IS NULL AND EXISTS (SELECT 1 FROM uploads u WHERE u.id = {alias}.upload_id AND u.status = 'completed')";

    static string Touched(string touched) => $"""
        SELECT e.id, e.event_id, e.patient_id, e.category, e.onset_at_utc, e.session_id, e.practitioner_id, e.clinic_id, e.linked_session_id, e.linked_clinic_id, e.link_method
        FROM adverse_events e WHERE {touched} AND {Counts("e")}
        """;

    // Joined to the empty text, the patient's id leads no database to look through all sessions of the patient for one whose own id is known.
    const string SamePatient = "s.patient_id || '' = e.patient_id";
    const string SameClinic = "(e.clinic_id IS NULL OR s.clinic_id = e.clinic_id)";

    // All versions of the sessions named: one that was corrected since keeps its events. One that was withdrawn since does not.
    const string Named = $"""
        touched e JOIN sessions s ON s.session_id = e.session_id WHERE {SamePatient} AND {SameClinic} AND s.started_at_utc <= e.onset_at_utc
            AND EXISTS (SELECT 1 FROM uploads u WHERE u.id = s.upload_id AND u.status = 'completed')
            AND NOT EXISTS (SELECT 1 FROM sessions w JOIN uploads u ON u.id = w.upload_id AND u.status = 'completed' AND u.purpose = 'withdrawal' WHERE w.session_id = s.session_id AND w.clinic_id = s.clinic_id AND w.version >= s.version)
        """;

    // A decision about one version is about every version of the same event, and of one that named no clinic then, about its patient; one about a version that was undone is about nothing.
    static readonly string Decided = $"""
        touched e JOIN link_decisions d ON d.event_id = e.event_id AND d.taken_back_at_utc IS NULL AND d.named_session_id = COALESCE(e.session_id, '') AND EXISTS (SELECT 1 FROM adverse_events b
            JOIN uploads u ON u.id = b.upload_id AND u.status = 'completed' WHERE b.event_id = d.event_id AND b.version = d.event_version AND COALESCE(b.clinic_id, '') = d.event_clinic_id AND (b.clinic_id = e.clinic_id OR b.clinic_id IS NULL AND b.patient_id || '' = e.patient_id))
        LEFT JOIN sessions s ON s.session_id = d.session_id AND s.clinic_id = d.clinic_id AND {SamePatient} AND {SameClinic}
            AND (s.started_at_utc <= e.onset_at_utc OR s.first_needle_at_utc <= e.onset_at_utc) AND {Counts("s")}
        """;

    // Sessions are found by clinic and patient; an event that names no clinic may be of any.
    const string OfPatient = """
        SELECT e.id AS event, s.id AS session FROM touched e JOIN sessions s ON s.clinic_id = e.clinic_id AND s.patient_id = e.patient_id WHERE e.session_id IS NULL
        UNION ALL SELECT e.id, s.id FROM touched e CROSS JOIN clinics c JOIN sessions s ON s.clinic_id = c.id AND s.patient_id = e.patient_id WHERE e.session_id IS NULL AND e.clinic_id IS NULL
        """;

    static string Near(SafetyAuditDb db) => $"""
        touched e JOIN of_patient p ON p.event = e.id JOIN measures m ON m.code = e.category JOIN sessions s ON s.id = p.session
        WHERE s.status IN ('completed', 'aborted') AND (e.practitioner_id IS NULL OR s.practitioner_id = e.practitioner_id)
            AND {FirstNeedle} <= e.onset_at_utc AND e.onset_at_utc <= {WindowEnd(db)} AND {Counts("s")}
        """;

    const string FirstNeedle = "COALESCE(s.first_needle_at_utc, s.started_at_utc)";

    // Days of 24 hours, exact to the last digit: SQLite's date functions cut fractions of a second, PostgreSQL's days follow the zone of the connection.
    static string WindowEnd(SafetyAuditDb db) => db.Database.IsNpgsql()
        ? $"{FirstNeedle} + m.attribution_days * INTERVAL '24 hours'"
        : $"date(substr({FirstNeedle}, 1, 10), '+' || m.attribution_days || ' days') || substr({FirstNeedle}, 11)";
}
