using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>Risk profiles of patients: what is known of one from a date on, in one clinic. A profile has no id of its own; the pseudonym and the date stand for one.</summary>
sealed class PatientIntake : Intake<PatientRisk>
{
    public override Layout<PatientRisk> Layout { get; } = new(required: ["patient_id", "valid_from"], derived: []);

    public override RecordKind Kind => RecordKind.Patients;
    public override string Table => "patient_risks";
    public override string IdColumn => "patient_id";
    public override string SameRecord => "a.patient_id = b.patient_id AND a.valid_from = b.valid_from AND a.clinic_id = b.clinic_id";
    public override string IdIn(string alias) => $"({alias}.patient_id || ' ' || {alias}.valid_from)";
    public override string IdOf(PatientRisk record) => record.PatientId.Length == 0 ? "" : $"{record.PatientId} {record.ValidFrom:yyyy-MM-dd}";
    public override string KeyOf(PatientRisk record) => $"{IdOf(record)}\n{record.ClinicId}";
    public override string? ClinicOf(PatientRisk record) => record.ClinicId.Length == 0 ? null : record.ClinicId;

    public override void Check(PatientRisk patient, RowContext context, List<Reason> reasons)
    {
        patient.ClinicId = ClinicOf(patient.ClinicId, context, reasons) ?? "";
        if (patient.ClinicId.Length == 0) reasons.Add(new(ReasonCode.MissingValue, "clinic_id", null, "clinic_id must not be empty, or the file must be sent for one clinic."));
        ClinicIsKnown(patient.ClinicId, context, reasons);
        if (patient.ValidFrom > DateOnly.FromDateTime(context.LatestUtc))
            reasons.Add(new(ReasonCode.DateInFuture, "valid_from", $"{patient.ValidFrom:yyyy-MM-dd}", "valid_from is in the future. Correct the date."));
        if (patient.BirthDecade is { } decade && (decade % 10 != 0 || decade < 1880 || decade > context.NowUtc.Year))
            reasons.Add(new(ReasonCode.OutOfRange, "birth_decade", $"{decade}", "birth_decade must be the first year of a decade, such as 1980."));
    }

    public override async Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct)
    {
        var patients = ids.ConvertAll(id => id.Split(' ')[0]).Distinct().ToList();
        var known = await db.PatientRisks.Where(p => patients.Contains(p.PatientId)).Select(p => new { p.PatientId, p.ValidFrom, p.ClinicId, p.Version, p.Digest, p.UploadId }).ToListAsync(ct);
        return known.ConvertAll(p => new Known($"{p.PatientId} {p.ValidFrom:yyyy-MM-dd}\n{p.ClinicId}", p.Version, p.Digest, p.UploadId));
    }

    // Rules look at the profile that held on a session's day.
    public override string MarkStale => """
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT DISTINCT s.clinic_id, s.practitioner_id, s.date FROM patient_risks p JOIN sessions s ON s.patient_id = p.patient_id AND s.clinic_id = p.clinic_id AND s.date >= p.valid_from
            AND s.superseded_at_utc IS NULL
        WHERE p.upload_id = {0}
        """;
}
