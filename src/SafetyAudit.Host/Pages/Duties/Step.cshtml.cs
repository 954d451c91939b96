using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Takes what somebody says was done about an event, or that it was not.</summary>
[Needs(Permission.LayDownProtocol)]
public sealed class StepModel(TakeStep take) : PageModel
{
    public string? Problem { get; private set; }

    /// <summary>Whether the problem is told in the reader's language.</summary>
    public bool IsTranslated { get; private set; }

    /// <summary>The query of the list, to which the answer leads back.</summary>
    [BindProperty] public string? Back { get; set; }

    public string List => "/duties" + QueryString.Create(QueryHelpers.ParseQuery(Back));

    public void OnGet() { }

    public async Task<IActionResult> OnPostAsync(string? id, string? clinic, string? kind, string? duty, string? note, string? at, CancellationToken ct) =>
        !Codes.TryParse<EventStepKind>(kind ?? "", out var step) ? Refused(T("There is no such step.")) : After(await take.RunAsync(id ?? "", clinic ?? "", step, string.IsNullOrEmpty(duty) ? null : duty, When(at), note, ct));

    public async Task<IActionResult> OnPostTakeBackAsync(long step, CancellationToken ct) => After(await take.TakeBackAsync(step, ct));

    // As a date-and-time field of a browser gives it, in UTC. What can't be read lies before every event and is refused.
    static DateTime? When(string? text) => string.IsNullOrEmpty(text) ? null
        : DateTime.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : DateTime.UnixEpoch;

    IActionResult After(string? problem) => problem is null ? LocalRedirect(List) : Refused(problem, isTranslated: false);

    PageResult Refused(string problem, bool isTranslated = true)
    {
        (Problem, IsTranslated) = (problem, isTranslated);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
