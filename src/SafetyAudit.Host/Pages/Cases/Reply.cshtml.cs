using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Takes the answer of the practitioner whom a case is about; nobody else's.</summary>
[Needs(Permission.ReadFigures)]
public sealed class CaseReplyModel(ReviewCase review) : PageModel
{
    public long Id { get; private set; }
    public string? Problem { get; private set; }

    public void OnGet() { }

    public async Task<IActionResult> OnPostAsync(long id, string? answer, CancellationToken ct)
    {
        if (await review.ReplyAsync(id, answer, ct) is not { } problem) return LocalRedirect($"/cases/{id}");
        (Id, Problem) = (id, problem);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
