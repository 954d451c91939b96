using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Uploads;

/// <summary>Says what undoing an upload does, asks why, and does it.</summary>
[Needs(Permission.SendRecords)]
public sealed class UndoModel(SafetyAuditDb db, TakeBackUpload takeBack, JobQueue jobs) : PageModel
{
    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public Upload Upload { get; private set; } = null!;

    /// <summary>The clinic's, in which times are shown; UTC where the rows name clinics of their own.</summary>
    public TimeZoneInfo? Zone { get; private set; }

    /// <summary>Empty where there is nothing to undo.</summary>
    public Undoing? Does { get; private set; }

    public string? Problem { get; private set; }

    /// <summary>Whether what takes uploads back says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == Id, ct) is not { } upload) return NotFound();
        Upload = upload;
        if (upload.ClinicId is { } clinic) Zone = await db.ZoneOfAsync(clinic, ct);
        if (upload.Status == UploadStatus.Completed) Does = await TakeBackUpload.ForeseeAsync(db, upload, ct);
        else Problem ??= T("Nothing of this upload counts; there is nothing to undo.");
        return Page();
    }

    public async Task<IActionResult> OnPostAsync([FromForm] string? why, CancellationToken ct)
    {
        if (!await db.Uploads.AnyAsync(u => u.Id == Id, ct)) return NotFound();
        Problem = await takeBack.UndoAsync(Id, why is { Length: > 500 } ? why[..500] : why ?? "", db.Actor, ct);
        if (ProblemInEnglish = Problem is not null) return await OnGetAsync(ct);
        await jobs.AskAsync(Composition.Summarise, ct);
        return Redirect($"/uploads/{Id}");
    }
}
