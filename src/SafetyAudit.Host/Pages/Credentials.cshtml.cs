using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Licences, training and first aid of everybody within reach as they stand today, and the sessions given after they lapsed.</summary>
[Needs(Permission.ReadFigures)]
public sealed class CredentialsModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    [BindProperty(Name = "clinic", SupportsGet = true)] public string? AskedClinic { get; set; }

    public List<string> Clinics { get; private set; } = [];
    public DateOnly Today { get; private set; }
    public List<Credential> Credentials { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        Today = DateOnly.FromDateTime(time.UtcNow());
        Clinics = await Db.Clinics.OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(ct);
        if (AskedClinic is not null && !Clinics.Contains(AskedClinic)) return NotFound();
        Credentials = await Credential.ReadAsync(Db, Today, AskedClinic, ct);
        return Page();
    }
}
