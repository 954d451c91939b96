using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

sealed class EventIntake : Intake<AdverseEvent>
{
    public override Layout<AdverseEvent> Layout { get; } = new(
        required: ["event_id", "patient_id", "category", "onset_at"],
        derived: [nameof(AdverseEvent.LinkedClinicId), nameof(AdverseEvent.LinkedSessionId), nameof(AdverseEvent.LinkMethod)]);

    public override string Table => "adverse_events";
    public override string IdColumn => "event_id";
    public override string SameRecord => "a.event_id = b.event_id AND coalesce(a.clinic_id, '') = coalesce(b.clinic_id, '')";
    public override string IdOf(AdverseEvent record) => record.EventId;
    public override string KeyOf(AdverseEvent record) => $"{record.EventId}\n{record.ClinicId}";

    public override void Check(AdverseEvent adverseEvent, RowContext context, List<Reason> reasons)
    {
        adverseEvent.ClinicId = ClinicOf(adverseEvent.ClinicId, context, reasons);
        ClinicIsKnown(adverseEvent.ClinicId, context, reasons);
        adverseEvent.Category = adverseEvent.Category.ToUpperInvariant();
        if (adverseEvent.Category.Length > 0 && !Catalogue.Categories.ContainsKey(adverseEvent.Category))
            reasons.Add(new(ReasonCode.CategoryUnknown, "category", adverseEvent.Category, "No category has this code. The codes are listed on the Measures page."));
        if (adverseEvent.PractitionerId is { Length: > 0 } practitioner && !context.Practitioners.ContainsKey(practitioner))
            reasons.Add(new(ReasonCode.PractitionerUnknown, "practitioner_id", practitioner, "No practitioner has this id. Send the practitioners file first, or correct the id."));
        NotInFuture(adverseEvent.OnsetAtUtc, "onset_at", context, reasons);
        NotInFuture(adverseEvent.RecordedAtUtc, "recorded_at", context, reasons);
        NotInFuture(adverseEvent.DetectedAtUtc, "detected_at", context, reasons);
        NotInFuture(adverseEvent.ResolvedAtUtc, "resolved_at", context, reasons);
        if (adverseEvent.OnsetAtUtc != default) InOrder(adverseEvent.OnsetAtUtc, adverseEvent.ResolvedAtUtc, "resolved_at", "onset_at", reasons);
        if (adverseEvent.CtcaeGrade is (< 1 or > 5) and var grade)
            reasons.Add(new(ReasonCode.OutOfRange, "ctcae_grade", $"{grade}", "ctcae_grade must be from 1 to 5."));
    }

    /// <summary>An onset before the session began: told where the session is already known.</summary>
    public static async Task<Dictionary<string, DateTime>> SessionStartsAsync(SafetyAuditDb db, IEnumerable<AdverseEvent> events, CancellationToken ct)
    {
        var ids = events.Select(e => e.SessionId).OfType<string>().Distinct().ToList();
        var starts = await db.Sessions.Where(s => ids.Contains(s.SessionId) && s.SupersededAtUtc == null).Select(s => new { s.SessionId, s.ClinicId, s.StartedAtUtc }).ToListAsync(ct);
        // Of two clinics' sessions with one id only the clinic named by the event is meant; without one the earlier start is the lenient reading.
        return starts.SelectMany(s => new[] { (Key: s.SessionId + "\n" + s.ClinicId, s.StartedAtUtc), (Key: s.SessionId + "\n", s.StartedAtUtc) })
            .GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Min(s => s.StartedAtUtc));
    }

    public override async Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct) =>
        await db.AdverseEvents.Where(e => ids.Contains(e.EventId) && e.SupersededAtUtc == null)
            .Select(e => new Known(e.EventId + "\n" + (e.ClinicId ?? ""), e.Version, e.Digest, e.UploadId)).ToListAsync(ct);

    public override string MarkStale => """
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT s.clinic_id, s.practitioner_id, s.date FROM adverse_events e
        JOIN sessions s ON s.session_id = e.linked_session_id AND s.clinic_id = e.linked_clinic_id AND s.superseded_at_utc IS NULL
        WHERE e.upload_id = {0}
        UNION
        SELECT s.clinic_id, s.practitioner_id, s.date FROM adverse_events a
        JOIN adverse_events b ON a.event_id = b.event_id AND coalesce(a.clinic_id, '') = coalesce(b.clinic_id, '') AND b.version < a.version
        JOIN sessions s ON s.session_id = b.linked_session_id AND s.clinic_id = b.linked_clinic_id AND s.superseded_at_utc IS NULL
        WHERE a.upload_id = {0} AND a.version > 1
        """;
}
