using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Reports;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Reports;

/// <summary>One kept report: who froze, signed and issued it, its files, and what a fresh run would change.</summary>
[Needs(Permission.KeepReports)]
public sealed class DetailsModel(SafetyAuditDb db, MakeReport make, KeepReports keep, TimeProvider time) : PageModel
{
    public const int Most = 200;

    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    [BindProperty(Name = "compare", SupportsGet = true)] public bool Compare { get; set; }

    public Report Report { get; private set; } = null!;
    public List<string> Files { get; private set; } = [];
    public Restatement? Restated { get; private set; }
    public string? Problem { get; private set; }

    /// <summary>A state in words.</summary>
    public static string State(ReportState state) => state switch { ReportState.Frozen => T("frozen, a draft"), ReportState.Signed => T("signed|within"), _ => T("issued|within") };

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await db.Reports.AsNoTracking().SingleOrDefaultAsync(r => r.Id == Id, ct) is not { } report) return NotFound();
        Report = report;
        Files = await db.KeptReportFiles.Where(f => f.ReportId == Id).OrderBy(f => f.Name).Select(f => f.Name).ToListAsync(ct);
        if (Compare) Restated = await Restatement.ReadAsync(db, make, report.Question, time.UtcNow(), ct);
        return Page();
    }

    public async Task<IActionResult> OnGetDraftAsync(CancellationToken ct) =>
        await db.Reports.AsNoTracking().SingleOrDefaultAsync(r => r.Id == Id, ct) is not { } report ? NotFound()
            : File(PdfReport.Write(await make.ReadAsync(db.Actor, report.Question, ct), isDraft: true), "application/pdf", $"draft-{report.Period}-{Codes.Of(report.Audience)}.pdf");

    // Nothing leaves that nobody has put their name to.
    public async Task<IActionResult> OnGetFileAsync(string? name, CancellationToken ct) =>
        await db.KeptReportFiles.AsNoTracking().SingleOrDefaultAsync(f => f.ReportId == Id && f.Name == name && db.Reports.Any(r => r.Id == Id && r.State != ReportState.Frozen), ct) is not { } file ? NotFound()
            : File(file.Content, Path.GetExtension(file.Name) switch { ".pdf" => "application/pdf", ".xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".csv" => "text/csv", ".json" => "application/json", _ => "text/plain" }, file.Name);

    public Task<IActionResult> OnPostSignAsync(CancellationToken ct) => AfterAsync(keep.SignAsync(Id, ct), ct);

    public Task<IActionResult> OnPostIssueAsync([FromForm] string? to, CancellationToken ct) => AfterAsync(keep.IssueAsync(Id, to, ct), ct);

    async Task<IActionResult> AfterAsync(Task<string?> step, CancellationToken ct)
    {
        Problem = await step;
        if (Problem is null) return LocalRedirect($"/reports/{Id}");
        var answer = await OnGetAsync(ct);
        if (answer is PageResult) Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return answer;
    }
}
