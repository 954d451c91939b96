using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Pages.Records;

/// <summary>Finds records by their id, whatever kind they are.</summary>
[Needs(Permission.ReadRecords, LeaveOutQuery = true)]
public sealed class FindModel(SafetyAuditDb db) : PageModel
{
    const int Most = 50;

    public sealed record Found(RecordKind Kind, string Id, string? ClinicId, DateOnly? Day, int Version);

    [BindProperty(Name = "id", SupportsGet = true)] public string? Id { get; set; }

    public List<Found> Records { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken ct)
    {
        if (Id?.Trim() is not { Length: > 0 } id) return;
        // Tracking codes of the open form are read out on the telephone.
        string code = id.ToUpperInvariant();
        Records =
        [
            .. await db.EverCounted<Session>().Where(s => s.SessionId == id).OrderBy(s => s.ClinicId).ThenByDescending(s => s.Version).Take(Most).Select(s => new Found(RecordKind.Sessions, s.SessionId, s.ClinicId, s.Date, s.Version)).ToListAsync(ct),
            .. await db.EverCounted<AdverseEvent>().Where(e => e.EventId == id || e.EventId == code).OrderBy(e => e.ClinicId).ThenByDescending(e => e.Version).Take(Most).Select(e => new Found(RecordKind.Events, e.EventId, e.ClinicId, DateOnly.FromDateTime(e.OnsetAtUtc), e.Version)).ToListAsync(ct),
            .. await db.EverCounted<FollowUp>().Where(f => f.FollowUpId == id).OrderBy(f => f.ClinicId).ThenByDescending(f => f.Version).Take(Most).Select(f => new Found(RecordKind.FollowUps, f.FollowUpId, f.ClinicId, f.AttemptedAtUtc == null ? null : DateOnly.FromDateTime(f.AttemptedAtUtc.Value), f.Version)).ToListAsync(ct),
            .. (await db.EverCounted<PatientRisk>().Where(p => p.PatientId == id).OrderBy(p => p.ClinicId).ThenBy(p => p.ValidFrom).ThenByDescending(p => p.Version).Take(Most).ToListAsync(ct)).Select(p => new Found(RecordKind.Patients, $"{p.PatientId} {p.ValidFrom:yyyy-MM-dd}", p.ClinicId, p.ValidFrom, p.Version)),
            .. await db.EverCounted<Practitioner>().Where(p => p.PractitionerId == id).OrderByDescending(p => p.Version).Take(Most).Select(p => new Found(RecordKind.Practitioners, p.PractitionerId, p.ClinicId, null, p.Version)).ToListAsync(ct),
        ];
        // Each by its newest version; whether one counts, its history tells.
        Records = [.. Records.DistinctBy(r => (r.Kind, r.Id, r.Kind == RecordKind.Practitioners ? null : r.ClinicId))];
    }
}
