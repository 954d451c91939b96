using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Takes a reviewer's step in a case, or says why not. Which steps are open stands in <see cref="ReviewCase"/>, not in the address.</summary>
[Needs(Permission.ReviewCases)]
public sealed class CaseStepModel(ReviewCase review) : PageModel
{
    public long Id { get; private set; }
    public string? Problem { get; private set; }

    public void OnGet() { }

    public async Task<IActionResult> OnPostAssignAsync(long id, string? owner, string? due, CancellationToken ct) =>
        After(id, TryDay(due, out var day) ? await review.AssignAsync(id, owner ?? "", day, ct) : NoDate);

    public async Task<IActionResult> OnPostCheckAsync(long id, string? check, string? explains, string? note, CancellationToken ct) =>
        After(id, Codes.TryParse<CaseCheck>(check ?? "", out var looked) ? await review.CheckAsync(id, looked, explains == "yes", note, ct) : "There is no such check.");

    public async Task<IActionResult> OnPostEndAsync(long id, string? stage, CancellationToken ct) =>
        After(id, Codes.TryParse<CaseStage>(stage ?? "", out var ended) ? await review.EndStageAsync(id, ended, ct) : "There is no such stage.");

    public async Task<IActionResult> OnPostNoteAsync(long id, string? note, CancellationToken ct) => After(id, await review.NoteAsync(id, note, ct));

    public async Task<IActionResult> OnPostNoReplyAsync(long id, string? why, CancellationToken ct) => After(id, await review.NoReplyAsync(id, why, ct));

    public async Task<IActionResult> OnPostDecideAsync(long id, string? decision, string? reasons, string? actions, string? remeasure, string? feedback, CancellationToken ct) =>
        After(id, !Codes.TryParse<CaseDecision>(decision ?? "", out var decided) ? "Choose what was decided." : TryDay(remeasure, out var day) ? await review.DecideAsync(id, decided, reasons, actions, day, feedback, ct) : NoDate);

    public async Task<IActionResult> OnPostReopenAsync(long id, string? why, CancellationToken ct) => After(id, await review.ReopenAsync(id, why, ct));

    const string NoDate = "The date can’t be read. Write it as 2026-03-31.";

    static bool TryDay(string? text, out DateOnly? day)
    {
        bool read = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var known);
        day = read ? known : null;
        return read || string.IsNullOrEmpty(text);
    }

    IActionResult After(long id, string? problem)
    {
        if (problem is null) return LocalRedirect($"/cases/{id}");
        (Id, Problem) = (id, problem);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
