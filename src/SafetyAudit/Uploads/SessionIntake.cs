using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

sealed class SessionIntake : Intake<Session>
{
    public override Layout<Session> Layout { get; } = new(
        required: ["session_id", "practitioner_id", "patient_id", "started_at"],
        derived: [nameof(Session.Date), nameof(Session.IsAtRiskThorax)]);

    public override RecordKind Kind => RecordKind.Sessions;
    public override string Table => "sessions";
    public override string IdColumn => "session_id";
    public override string SameRecord => "a.session_id = b.session_id AND a.clinic_id = b.clinic_id";
    public override string IdOf(Session record) => record.SessionId;
    public override string KeyOf(Session record) => $"{record.SessionId}\n{record.ClinicId}";

    public override string? ClinicOf(Session record) => record.ClinicId;
    public override bool SettlesContent => false;

    public override void Check(Session session, RowContext context, List<Reason> reasons)
    {
        session.ClinicId = ClinicOf(session.ClinicId, context, reasons) ?? "";
        if (session.ClinicId.Length == 0) reasons.Add(new(ReasonCode.MissingValue, "clinic_id", null, "clinic_id must not be empty, or the file must be sent for one clinic."));
        ClinicIsKnown(session.ClinicId, context, reasons);
        if (session.PractitionerId.Length > 0 && context.Practitioners?.Has(session.PractitionerId, out _) == false)
            reasons.Add(new(ReasonCode.PractitionerUnknown, "practitioner_id", session.PractitionerId, "No practitioner has this id. Send the practitioners file first, or correct the id."));

        bool given = session.Status is SessionStatus.Completed or SessionStatus.Aborted;
        if (given) NotInFuture(session.StartedAtUtc, "started_at", context, reasons);
        InOrder(session.StartedAtUtc, session.EndedAtUtc, "ended_at", "started_at", reasons);
        InOrder(session.StartedAtUtc == default ? null : session.StartedAtUtc.AddHours(-1), session.FirstNeedleAtUtc, "first_needle_at", "started_at", reasons);

        if (reasons.Count > 0) return;
        session.Date = DateIn(context.ZoneOf(session.ClinicId), session);
        session.IsAtRiskThorax = AtRiskThorax.Includes(session.Regions);
    }

    public override string? NoLongerDerived(Session session, IReadOnlyDictionary<string, TimeZoneInfo> zones) =>
        session.IsAtRiskThorax != AtRiskThorax.Includes(session.Regions) ? "whether it was over the lungs is not what its regions say"
        : zones.TryGetValue(session.ClinicId, out var zone) && session.Date != DateIn(zone, session) ? "its date is not the day on which it began"
        : null;

    static DateOnly DateIn(TimeZoneInfo zone, Session session) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTimeFromUtc(session.StartedAtUtc, zone));

    public override async Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct) =>
        await db.Sessions.Where(s => ids.Contains(s.SessionId))
            .Select(s => new Known(s.SessionId + "\n" + s.ClinicId, s.Version, s.Digest, s.UploadId)).ToListAsync(ct);

    // In the order of their dates, in which files come: so the sessions of the days that are counted together lie together. A rule asks about the patient's session
    // before, so an upload touches, of each of its patients, those after the first that it tells of; where all sessions are its own, there are none to look for.
    public override string MarkStale => """
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT a.clinic_id, a.practitioner_id, a.date FROM sessions a WHERE a.upload_id = {0}
        UNION
        SELECT b.clinic_id, b.practitioner_id, b.date FROM sessions a JOIN sessions b ON b.session_id = a.session_id AND b.clinic_id = a.clinic_id AND b.version < a.version
        WHERE a.upload_id = {0} AND a.version > 1
        UNION
        SELECT n.clinic_id, n.practitioner_id, n.date FROM (
            SELECT t.patient_id, t.clinic_id, min(t.started_at_utc) AS first FROM (
                SELECT a.patient_id, a.clinic_id, a.started_at_utc
                FROM (SELECT 1 WHERE EXISTS (SELECT 1 FROM sessions o WHERE o.upload_id < {0}) OR EXISTS (SELECT 1 FROM sessions o WHERE o.upload_id > {0})) others CROSS JOIN sessions a
                WHERE a.upload_id = {0}
                UNION ALL
                SELECT b.patient_id, b.clinic_id, b.started_at_utc FROM sessions a JOIN sessions b ON b.session_id = a.session_id AND b.clinic_id = a.clinic_id AND b.version < a.version
                WHERE a.upload_id = {0} AND a.version > 1) t
            GROUP BY t.patient_id, t.clinic_id) p
        JOIN sessions n ON n.patient_id = p.patient_id AND n.started_at_utc > p.first AND n.clinic_id = p.clinic_id AND n.superseded_at_utc IS NULL AND n.upload_id <> {0}
        ORDER BY date, clinic_id, practitioner_id
        """;
}
