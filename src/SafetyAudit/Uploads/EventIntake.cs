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

    public override RecordKind Kind => RecordKind.Events;
    public override string Table => "adverse_events";
    public override string IdColumn => "event_id";
    // Said once without its clinic and once with it, it is one event where it is one patient's. Said without it, it is known by its id alone; see SettleAsync.
    public override string SameRecord => "a.event_id = b.event_id AND (a.clinic_id = b.clinic_id OR b.clinic_id IS NULL AND (a.clinic_id IS NULL OR a.patient_id = b.patient_id))";
    public override string IdOf(AdverseEvent record) => record.EventId;
    public override string KeyOf(AdverseEvent record) => $"{record.EventId}\n{record.ClinicId}";

    public override void Check(AdverseEvent adverseEvent, RowContext context, List<Reason> reasons)
    {
        adverseEvent.ClinicId = ClinicOf(adverseEvent.ClinicId, context, reasons);
        ClinicIsKnown(adverseEvent.ClinicId, context, reasons);
        adverseEvent.Category = adverseEvent.Category.ToUpperInvariant();
        if (adverseEvent.Category.Length > 0 && !Catalogue.Categories.ContainsKey(adverseEvent.Category))
            reasons.Add(new(ReasonCode.CategoryUnknown, "category", adverseEvent.Category, "No category has this code. The codes are listed on the Measures page."));
        if (adverseEvent.PractitionerId is { Length: > 0 } practitioner && context.Practitioners?.Has(practitioner, out _) == false)
            reasons.Add(new(ReasonCode.PractitionerUnknown, "practitioner_id", practitioner, "No practitioner has this id. Send the practitioners file first, or correct the id."));
        NotInFuture(adverseEvent.OnsetAtUtc, "onset_at", context, reasons);
        NotInFuture(adverseEvent.RecordedAtUtc, "recorded_at", context, reasons);
        NotInFuture(adverseEvent.DetectedAtUtc, "detected_at", context, reasons);
        NotInFuture(adverseEvent.ResolvedAtUtc, "resolved_at", context, reasons);
        if (adverseEvent.OnsetAtUtc != default) InOrder(adverseEvent.OnsetAtUtc, adverseEvent.ResolvedAtUtc, "resolved_at", "onset_at", reasons);
        if (adverseEvent.CtcaeGrade is (< 1 or > 5) and var grade)
            reasons.Add(new(ReasonCode.OutOfRange, "ctcae_grade", $"{grade}", "ctcae_grade must be from 1 to 5."));
    }

    protected override IReadOnlyList<string>? AllowedIn(string column) => column == "category" ? [.. Catalogue.Categories.Keys.Order(StringComparer.Ordinal)] : null;

    public override string? ClinicOf(AdverseEvent record) => record.ClinicId;

    public override async Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct) =>
        await db.AdverseEvents.Where(e => ids.Contains(e.EventId))
            .Select(e => new Known(e.EventId + "\n" + (e.ClinicId ?? ""), e.Version, e.Digest, e.UploadId)).ToListAsync(ct);

    /// <summary>
    /// Where the session named is known, the event is the same patient's and does not come before it. And an event sent once with its clinic and once
    /// without is one event: same id, same patient. Without a clinic an id can't be another patient's: it may be a mistake mended, or another event, which two clinics' files
    /// would call alike; taken for one, the other would be lost, and taken for two, it would count twice. So it is sent back, and a person says which.
    /// </summary>
    public override async Task SettleAsync(SafetyAuditDb db, IReadOnlyList<AdverseEvent> records, Dictionary<string, KnownRecord> known, Action<AdverseEvent, Reason> reject, CancellationToken ct)
    {
        using var scratch = new MemoryStream();
        var eventIds = records.Select(e => e.EventId).ToList();
        var same = (await db.AdverseEvents.Where(e => eventIds.Contains(e.EventId) && !db.Uploads.Any(u => u.Id == e.UploadId && u.TakenBackAtUtc != null)).Select(e => new { e.EventId, e.PatientId, e.ClinicId, Counts = e.SupersededAtUtc == null }).Distinct().ToListAsync(ct)).ToLookup(e => e.EventId);
        foreach (var record in records)
        {
            var clinics = same[record.EventId].Where(e => e.PatientId == record.PatientId).Select(e => e.ClinicId).Distinct().ToList();
            var unnamed = known.GetValueOrDefault($"{record.EventId}\n");
            // What was said before its clinic was known, said once more, is nothing new.
            if (record.ClinicId is null && clinics.OfType<string>().ToList() is [var only] && unnamed?.HasSeen(Layout.Digest(record, scratch)) != true) record.ClinicId = only;
            else if (record.ClinicId is not null && clinics.Contains(null) && !clinics.Contains(record.ClinicId)) known[KeyOf(record)] = unnamed!.After(known.GetValueOrDefault(KeyOf(record)));
            if (record.ClinicId is null && same[record.EventId].Any(e => e is { ClinicId: null, Counts: true } && e.PatientId != record.PatientId))
                reject(record, new(ReasonCode.PatientDiffers, "patient_id", null, "An event with this id, sent without a clinic as this one is, is another patient's. Send clinic_id too; or, where the patient was mistaken, withdraw that event (Records) and send this one again."));
        }

        var sessionIds = records.Select(e => e.SessionId).OfType<string>().Distinct().ToList();
        var sessions = (await db.Sessions.Where(s => sessionIds.Contains(s.SessionId) && s.SupersededAtUtc == null).Select(s => new { s.SessionId, s.ClinicId, s.PatientId, s.StartedAtUtc }).ToListAsync(ct)).ToLookup(s => s.SessionId);
        foreach (var record in records.Where(r => r.SessionId is not null))
        {
            var meant = sessions[record.SessionId!].Where(s => record.ClinicId is null || s.ClinicId == record.ClinicId).ToList();
            if (meant.Count == 0) continue;
            if (!meant.Exists(s => s.PatientId == record.PatientId))
                reject(record, new(ReasonCode.PatientDiffers, "patient_id", null, "The session named is another patient's. Correct patient_id or session_id."));
            else if (meant.Where(s => s.PatientId == record.PatientId).All(s => record.OnsetAtUtc < s.StartedAtUtc))
                reject(record, new(ReasonCode.OnsetBeforeSession, "onset_at", Text(record.OnsetAtUtc), "onset_at is before the session began. Correct the time, or the session_id."));
        }
    }

    // From the events to their sessions: a cross join is what SQLite does in the order written. And the clinics, since a sentinel event whose session has not arrived touches no day.
    public override string MarkStale => $$"""
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT DISTINCT s.clinic_id, s.practitioner_id, s.date FROM (
            SELECT linked_session_id, linked_clinic_id FROM adverse_events WHERE upload_id = {0}
            UNION ALL
            SELECT b.linked_session_id, b.linked_clinic_id FROM adverse_events a
            JOIN adverse_events b ON {{SameRecord}} AND b.version < a.version
            WHERE a.upload_id = {0} AND a.version > 1) e
        CROSS JOIN sessions s WHERE s.session_id = e.linked_session_id AND s.clinic_id = e.linked_clinic_id AND s.superseded_at_utc IS NULL;
        INSERT INTO stale_clinics (clinic_id)
        SELECT COALESCE(linked_clinic_id, clinic_id, '') FROM adverse_events WHERE upload_id = {0}
        UNION
        SELECT COALESCE(b.linked_clinic_id, b.clinic_id, '') FROM adverse_events a
        JOIN adverse_events b ON {{SameRecord}} AND b.version < a.version
        WHERE a.upload_id = {0} AND a.version > 1
        """;
}
