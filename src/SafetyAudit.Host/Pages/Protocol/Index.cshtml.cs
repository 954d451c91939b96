using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Pages;

/// <summary>What a clinic laid down for its protocol: what holds, what held before, and the reporting duties.</summary>
[Needs(Permission.ReadFigures)]
public sealed class ProtocolModel(SafetyAuditDb db, TimeProvider time) : PageModel
{
    [BindProperty(Name = "clinic", SupportsGet = true)] public string? AskedClinic { get; set; }

    public List<Clinic> Clinics { get; private set; } = [];
    public Clinic? Clinic { get; private set; }

    /// <summary>The clinic's, in which times are shown.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public ClinicProtocol Today { get; private set; } = ClinicProtocol.NothingSet("");
    public List<ClinicProtocol> All { get; private set; } = [];
    public bool MayLayDown => db.Actor.May(Permission.LayDownProtocol);

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        Clinics = await db.Clinics.AsNoTracking().OrderBy(c => c.Id).ToListAsync(ct);
        Clinic = Clinics.Find(c => AskedClinic is null || c.Id == AskedClinic);
        if (AskedClinic is not null && Clinic is null) return NotFound();
        string id = Clinic?.Id ?? "";
        Zone = await db.ZoneOfAsync(id, ct);
        All = await db.ClinicProtocols.AsNoTracking().Where(p => p.ClinicId == id).OrderByDescending(p => p.EffectiveFrom).ThenByDescending(p => p.Id).ToListAsync(ct);
        Today = ClinicProtocol.On(id, All, DateOnly.FromDateTime(time.UtcNow()));
        return Page();
    }
}
