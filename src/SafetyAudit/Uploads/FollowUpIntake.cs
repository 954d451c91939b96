using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

sealed class FollowUpIntake : Intake<FollowUp>
{
    public override Layout<FollowUp> Layout { get; } = new(required: ["follow_up_id", "session_id"], derived: [nameof(FollowUp.LinkedClinicId)]);

    public override RecordKind Kind => RecordKind.FollowUps;
    public override string Table => "follow_ups";
    public override string IdColumn => "follow_up_id";
    public override string SameRecord => "a.follow_up_id = b.follow_up_id AND COALESCE(a.clinic_id, '') = COALESCE(b.clinic_id, '')";
    public override string IdOf(FollowUp record) => record.FollowUpId;
    public override string KeyOf(FollowUp record) => $"{record.FollowUpId}\n{record.ClinicId}";
    public override string? ClinicOf(FollowUp record) => record.ClinicId;

    public override void Check(FollowUp followUp, RowContext context, List<Reason> reasons)
    {
        followUp.ClinicId = ClinicOf(followUp.ClinicId, context, reasons);
        ClinicIsKnown(followUp.ClinicId, context, reasons);
        NotInFuture(followUp.AttemptedAtUtc, "attempted_at", context, reasons);
    }

    public override async Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct) =>
        await db.FollowUps.Where(f => ids.Contains(f.FollowUpId))
            .Select(f => new Known(f.FollowUpId + "\n" + (f.ClinicId ?? ""), f.Version, f.Digest, f.UploadId)).ToListAsync(ct);

    // From the follow-ups to their sessions: a cross join is what SQLite does in the order written.
    public override string MarkStale => """
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT DISTINCT s.clinic_id, s.practitioner_id, s.date FROM (
            SELECT session_id, linked_clinic_id FROM follow_ups WHERE upload_id = {0}
            UNION ALL
            SELECT b.session_id, b.linked_clinic_id FROM follow_ups a
            JOIN follow_ups b ON a.follow_up_id = b.follow_up_id AND COALESCE(a.clinic_id, '') = COALESCE(b.clinic_id, '') AND b.version < a.version
            WHERE a.upload_id = {0} AND a.version > 1) f
        CROSS JOIN sessions s WHERE s.session_id = f.session_id AND s.clinic_id = f.linked_clinic_id AND s.superseded_at_utc IS NULL
        """;
}
