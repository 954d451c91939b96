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
            .. await db.Current<Session>().Where(s => s.SessionId == id).OrderBy(s => s.ClinicId).Take(Most).Select(s => new Found(RecordKind.Sessions, s.SessionId, s.ClinicId, s.Date, s.Version)).ToListAsync(ct),
            .. await db.Current<AdverseEvent>().Where(e => e.EventId == id || e.EventId == code).OrderBy(e => e.ClinicId).Take(Most).Select(e => new Found(RecordKind.Events, e.EventId, e.ClinicId, DateOnly.FromDateTime(e.OnsetAtUtc), e.Version)).ToListAsync(ct),
            .. await db.Current<Practitioner>().Where(p => p.PractitionerId == id).Take(Most).Select(p => new Found(RecordKind.Practitioners, p.PractitionerId, p.ClinicId, null, p.Version)).ToListAsync(ct),
        ];
    }
}
