using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Pages;

/// <summary>The links by which anybody can report an event without signing in: one for each clinic, made, replaced and ended here.</summary>
[Needs(Permission.KeepReportLinks)]
public sealed class ReportLinksModel(SafetyAuditDb db, KeyRing keys, TimeProvider time) : PageModel
{
    /// <summary>A clinic, and its link where it has one; the address is missing where what is kept of it can't be read.</summary>
    public sealed record OfClinic(Clinic Clinic, ReportLink? Link, string? Address);

    public List<OfClinic> Clinics { get; private set; } = [];

    public async Task OnGetAsync(CancellationToken ct)
    {
        var links = (await db.ReportLinks.AsNoTracking().Where(l => l.EndedAtUtc == null).OrderBy(l => l.Id).ToListAsync(ct)).ToLookup(l => l.ClinicId);
        foreach (var clinic in await db.Clinics.AsNoTracking().OrderBy(c => c.Name).ToListAsync(ct))
            Clinics.Add(new(clinic, links[clinic.Id].LastOrDefault(), links[clinic.Id].LastOrDefault()?.Secret(keys) is { } secret ? $"{Request.Scheme}://{Request.Host}/report/{secret}" : null));
    }

    public Task<IActionResult> OnPostMakeAsync(string? clinic, CancellationToken ct) => ReplaceAsync(clinic, byAnother: true, ct);

    public Task<IActionResult> OnPostEndAsync(string? clinic, CancellationToken ct) => ReplaceAsync(clinic, byAnother: false, ct);

    async Task<IActionResult> ReplaceAsync(string? clinic, bool byAnother, CancellationToken ct)
    {
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Access, ct);
        if (!await db.Clinics.AnyAsync(c => c.Id == clinic, ct)) return NotFound();
        foreach (var old in await db.ReportLinks.Where(l => l.ClinicId == clinic && l.EndedAtUtc == null).ToListAsync(ct)) old.EndedAtUtc = time.UtcNow();
        if (byAnother) db.ReportLinks.Add(ReportLink.Make(clinic!, keys, time.UtcNow()));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return Redirect("/report-links");
    }
}
