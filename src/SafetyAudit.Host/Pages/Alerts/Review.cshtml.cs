using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Opens the case of an alert, or dismisses it; or says why not.</summary>
[Needs(Permission.ReviewCases)]
public sealed class ReviewModel(ReviewCase review) : PageModel
{
    public long Id { get; private set; }
    public string? Problem { get; private set; }

    public void OnGet() { }

    public async Task<IActionResult> OnPostAsync(long id, CancellationToken ct)
    {
        var (opened, problem) = await review.OpenAsync(id, ct);
        return opened is { } number ? LocalRedirect($"/cases/{number}") : Refused(id, problem);
    }

    public async Task<IActionResult> OnPostDismissAsync(long id, string? why, CancellationToken ct) => await review.DismissAsync(id, why, ct) is { } problem ? Refused(id, problem) : LocalRedirect("/alerts" + Show.ClinicAsked(HttpContext, '?'));

    PageResult Refused(long id, string? problem)
    {
        (Id, Problem) = (id, problem);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
