using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;

namespace SafetyAudit.Host.Pages;

/// <summary>Takes what somebody says was done about an event, or that it was not.</summary>
[Needs(Permission.LayDownProtocol)]
public sealed class StepModel(TakeStep take) : PageModel
{
    public string? Problem { get; private set; }

    public void OnGet() { }

    public async Task<IActionResult> OnPostAsync(string? id, string? clinic, string? kind, string? duty, string? note, CancellationToken ct) =>
        After(!Codes.TryParse<EventStepKind>(kind ?? "", out var step) ? "There is no such step." : await take.RunAsync(id ?? "", clinic ?? "", step, string.IsNullOrEmpty(duty) ? null : duty, null, note, ct));

    public async Task<IActionResult> OnPostTakeBackAsync(long step, CancellationToken ct) => After(await take.TakeBackAsync(step, ct));

    IActionResult After(string? problem)
    {
        if (problem is null) return LocalRedirect("/duties");
        Problem = problem;
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
