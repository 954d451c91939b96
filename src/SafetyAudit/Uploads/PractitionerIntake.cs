using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

sealed class PractitionerIntake : Intake<Practitioner>
{
    public override Layout<Practitioner> Layout { get; } = new(required: ["practitioner_id"], derived: []);

    public override RecordKind Kind => RecordKind.Practitioners;
    public override string Table => "practitioners";
    public override string IdColumn => "practitioner_id";
    public override string SameRecord => "a.practitioner_id = b.practitioner_id";
    public override string IdOf(Practitioner record) => record.PractitionerId;
    public override string KeyOf(Practitioner record) => record.PractitionerId;

    public override void Check(Practitioner practitioner, RowContext context, List<Reason> reasons)
    {
        practitioner.ClinicId = ClinicOf(practitioner.ClinicId, context, reasons);
        if (context.ScopeClinic is { } scope && context.Practitioners is { } known && known.Has(practitioner.PractitionerId, out string? home) && home is not null && home != scope)
            reasons.Add(new(ReasonCode.ClinicMismatch, "practitioner_id", practitioner.PractitionerId, "Another clinic has a practitioner with this id. Ids are one person's in all clinics: give this one another."));
        if (practitioner.LicenceIssued > practitioner.LicenceExpires)
            reasons.Add(new(ReasonCode.EndsBeforeStart, "licence_expires", $"{practitioner.LicenceExpires:O}", "licence_expires is before licence_issued. Correct one of them."));
    }

    /// <summary>A clinic that no file has named before comes into being here, in the default time zone until someone sets its own.</summary>
    public override async Task PrepareAsync(SafetyAuditDb db, List<Practitioner> records, RowContext context, CancellationToken ct)
    {
        var named = records.Select(p => p.ClinicId).OfType<string>().Distinct().ToList();
        var known = await db.Clinics.Where(c => named.Contains(c.Id)).Select(c => c.Id).ToListAsync(ct);
        db.Clinics.AddRange(named.Except(known).Select(id => new Clinic { Id = id, Name = id, TimeZone = context.DefaultZone.Id, AddedAtUtc = context.NowUtc }));
        await db.SaveChangesAsync(ct);
        db.ChangeTracker.Clear();
    }

    public override async Task<List<Known>> KnownAsync(SafetyAuditDb db, List<string> ids, CancellationToken ct) =>
        await db.Practitioners.Where(p => ids.Contains(p.PractitionerId))
            .Select(p => new Known(p.PractitionerId, p.Version, p.Digest, p.UploadId)).ToListAsync(ct);

    // Rules look at credentials, so a practitioner's record touches all of their days, which are found by the key of each clinic and practitioner.
    public override string MarkStale => """
        INSERT INTO stale_days (clinic_id, practitioner_id, date)
        SELECT d.clinic_id, d.practitioner_id, d.date FROM (SELECT DISTINCT practitioner_id FROM practitioners WHERE upload_id = {0}) p CROSS JOIN clinics c
        CROSS JOIN daily_exposures d WHERE d.clinic_id = c.id AND d.practitioner_id = p.practitioner_id
        """;
}
