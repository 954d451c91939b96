using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.SendRecords)]
[LeaveFormUnread]
// The token is checked by StreamedForm, before a byte of the file is read.
[IgnoreAntiforgeryToken(Order = 1001)]
public sealed class UploadsModel(SafetyAuditDb db, ReceiveUpload receive, JobQueue jobs) : PageModel
{
    public List<Clinic> Clinics { get; private set; } = [];
    public List<Upload> Uploads { get; private set; } = [];
    public string? Problem { get; private set; }
    public string? ProblemFile { get; private set; }

    /// <summary>Whether what reads files says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        Clinics = await db.Clinics.AsNoTracking().OrderBy(c => c.Name).ToListAsync(ct);
        Uploads = await db.Uploads.AsNoTracking().OrderByDescending(u => u.Id).Take(100).ToListAsync(ct);
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        StreamedForm form;
        try { form = await StreamedForm.ReadAsync(HttpContext, ct); }
        catch (Exception e) when (e is AntiforgeryValidationException or BadHttpRequestException) { return BadRequest(); }
        try
        {
            if (form.FileName is null) throw new FileRefusedException(T("No file was chosen."));
            string? clinic = form.Fields.GetValueOrDefault("clinic") is { Length: > 0 } named ? named : null;
            RecordKind? kind = Codes.TryParse<RecordKind>(form.Fields.GetValueOrDefault("kind", ""), out var known) ? known : null;
            if (clinic is not null && !await db.Clinics.AnyAsync(c => c.Id == clinic, ct)) return NotFound();
            var uploads = await receive.ReceiveAsync(form.File, form.FileName, kind, clinic, db.Actor, ct, new(AllOrNothing: form.Fields.GetValueOrDefault("rejected") == "nothing", MayAsk: true, AskAnew: form.Fields.ContainsKey("anew")));
            if (uploads is [{ Status: UploadStatus.NeedsColumns } asking]) return Redirect($"/uploads/{asking.Id}/columns");
            await jobs.AskAsync(Composition.ReadUploads, ct);
            return Redirect(uploads is [var upload] ? $"/uploads/{upload.Id}" : "/uploads");
        }
        catch (FileRefusedException refused)
        {
            // Browsers show an answer only once they have sent everything.
            await form.File.CopyToAsync(Stream.Null, ct);
            (Problem, ProblemFile, ProblemInEnglish) = (refused.Message, form.FileName ?? T("File"), form.FileName is not null);
            Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await OnGetAsync(ct);
            return Page();
        }
    }
}
