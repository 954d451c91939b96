using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Measures;

namespace SafetyAudit.Host.Pages;

/// <summary>The library of published rates: where each comes from, what it is worth, which is in use, and the change to another, which takes two persons.</summary>
[Needs(Permission.ReadFigures)]
public sealed class BaselinesModel(SafetyAuditDb db, ChooseBaseline choose, JobQueue jobs) : PageModel
{
    public sealed record Line(Measure Measure, List<Baseline> Baselines, string? InForce);

    public List<Line> Lines { get; private set; } = [];
    public List<BaselineChoice> Choices { get; private set; } = [];
    /// <summary>A baseline is every clinic's; whoever reaches a part of them changes nothing for the others.</summary>
    public bool MayChoose => db.Actor.May(Permission.LayDownProtocol) && db.Actor.Scope.Clinics is null;

    public string SourceOf(string id) => Lines.SelectMany(l => l.Baselines).FirstOrDefault(b => b.Id == id)?.Source ?? id;

    public string Me => db.Actor.Name;
    public string? Problem { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await db.BeginSnapshotAsync(ct);
        var inForce = await ChooseBaseline.InForceAsync(db, null, ct);
        var baselines = (await db.Baselines.AsNoTracking().OrderBy(b => b.Id).ToListAsync(ct)).ToLookup(b => b.MeasureCode);
        Lines = (await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct)).ConvertAll(m => new Line(m, [.. baselines[m.Code].OrderByDescending(b => b.Id == inForce.GetValueOrDefault(m.Code))], inForce.GetValueOrDefault(m.Code)));
        Choices = await db.BaselineChoices.AsNoTracking().OrderByDescending(c => c.Id).ToListAsync(ct);
    }

    public Task<IActionResult> OnPostProposeAsync([FromForm] string? measure, [FromForm] string? baseline, [FromForm] string? why, CancellationToken ct) =>
        DoAsync(() => choose.ProposeAsync(measure ?? "", baseline ?? "", why, ct), ct);

    public Task<IActionResult> OnPostSignAsync([FromForm] long id, [FromForm] string? why, CancellationToken ct) => DoAsync(() => choose.AnswerAsync(id, sign: true, why, ct), ct);

    public Task<IActionResult> OnPostTurnDownAsync([FromForm] long id, [FromForm] string? why, CancellationToken ct) => DoAsync(() => choose.AnswerAsync(id, sign: false, why, ct), ct);

    async Task<IActionResult> DoAsync(Func<Task<string?>> step, CancellationToken ct)
    {
        if (!MayChoose) return Forbid();
        if ((Problem = await step()) is null)
        {
            // Alerts beside the literature are judged anew.
            await jobs.AskAsync(Composition.Evaluate, ct);
            return LocalRedirect("/baselines" + Show.ClinicAsked(HttpContext, '?'));
        }
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        db.ChangeTracker.Clear();
        await OnGetAsync(ct);
        return Page();
    }
}
