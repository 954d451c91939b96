using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Takes a reviewer's step in a case, or says why not. Which steps are open stands in <see cref="ReviewCase"/>, not in the address.</summary>
[Needs(Permission.ReviewCases)]
public sealed class CaseStepModel(ReviewCase review) : PageModel
{
    public long Id { get; private set; }
    public string? Problem { get; private set; }

    /// <summary>Whether the problem is told in the reader's language.</summary>
    public bool IsTranslated { get; private set; }

    public void OnGet() { }

    public async Task<IActionResult> OnPostAssignAsync(long id, string? owner, string? due, CancellationToken ct) =>
        TryDay(due, out var day) ? After(id, await review.AssignAsync(id, owner ?? "", day, ct)) : Refused(id, NoDate);

    public async Task<IActionResult> OnPostCheckAsync(long id, string? check, string? explains, string? note, CancellationToken ct) =>
        Codes.TryParse<CaseCheck>(check ?? "", out var looked) ? After(id, await review.CheckAsync(id, looked, explains == "yes", note, ct)) : Refused(id, T("There is no such check."));

    public async Task<IActionResult> OnPostEndAsync(long id, string? stage, CancellationToken ct) =>
        Codes.TryParse<CaseStage>(stage ?? "", out var ended) ? After(id, await review.EndStageAsync(id, ended, ct)) : Refused(id, T("There is no such stage."));

    public async Task<IActionResult> OnPostNoteAsync(long id, string? note, CancellationToken ct) => After(id, await review.NoteAsync(id, note, ct));

    public async Task<IActionResult> OnPostNoReplyAsync(long id, string? why, CancellationToken ct) => After(id, await review.NoReplyAsync(id, why, ct));

    public async Task<IActionResult> OnPostDecideAsync(long id, string? decision, string? reasons, string? actions, string? remeasure, string? feedback, CancellationToken ct) =>
        !Codes.TryParse<CaseDecision>(decision ?? "", out var decided) ? Refused(id, T("Choose what was decided.")) : TryDay(remeasure, out var day) ? After(id, await review.DecideAsync(id, decided, reasons, actions, day, feedback, ct)) : Refused(id, NoDate);

    public async Task<IActionResult> OnPostReopenAsync(long id, string? why, CancellationToken ct) => After(id, await review.ReopenAsync(id, why, ct));

    static string NoDate => T("The date can’t be read. Write it as 2026-03-31.");

    static bool TryDay(string? text, out DateOnly? day)
    {
        bool read = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var known);
        day = read ? known : null;
        return read || string.IsNullOrEmpty(text);
    }

    IActionResult After(long id, string? problem) => problem is null ? LocalRedirect($"/cases/{id}") : Refused(id, problem, isTranslated: false);

    PageResult Refused(long id, string problem, bool isTranslated = true)
    {
        (Id, Problem, IsTranslated) = (id, problem, isTranslated);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
