using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Pages;

[RequestSizeLimit(4L * 1024 * 1024 * 1024)]
[RequestFormLimits(MultipartBodyLengthLimit = 4L * 1024 * 1024 * 1024)]
[Needs(Permission.SendRecords)]
public sealed class UploadsModel(SafetyAuditDb db, ReceiveUpload receive, JobQueue jobs, ILogger<UploadsModel> log) : PageModel
{
    public List<Clinic> Clinics { get; private set; } = [];
    public List<Upload> Uploads { get; private set; } = [];
    public string? Problem { get; private set; }
    public string? ProblemFile { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        Clinics = await db.Clinics.AsNoTracking().OrderBy(c => c.Name).ToListAsync(ct);
        Uploads = await db.Uploads.AsNoTracking().OrderByDescending(u => u.Id).Take(100).ToListAsync(ct);
    }

    public async Task<IActionResult> OnPostAsync(IFormFile? file, string? kind, string? clinic, CancellationToken ct)
    {
        try
        {
            if (file is null) throw new FileRefusedException("No file was chosen.");
            if (!string.IsNullOrEmpty(clinic) && !await db.Clinics.AnyAsync(c => c.Id == clinic, ct)) return NotFound();
            await using var content = file.OpenReadStream();
            var upload = await receive.ReceiveAsync(content, file.FileName, Codes.TryParse<RecordKind>(kind ?? "", out var known) ? known : null, string.IsNullOrEmpty(clinic) ? null : clinic, db.Actor, ct);
            // It is kept and recorded; should asking for the job fail, the worker's sweep finds it.
            try { await jobs.EnqueueAsync(Composition.ReadUploads, ct); }
            catch (Exception e) when (e is not OperationCanceledException) { log.LogWarning(e, "Upload {Upload} is kept, but its job could not be asked for; the worker's sweep will find it", upload.Id); }
            return Redirect($"/uploads/{upload.Id}");
        }
        catch (FileRefusedException refused)
        {
            (Problem, ProblemFile) = (refused.Message, file?.FileName ?? "File");
            Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await OnGetAsync(ct);
            return Page();
        }
    }
}
