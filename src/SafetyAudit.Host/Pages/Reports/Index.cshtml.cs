using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Reports;
using SafetyAudit.Sessions;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Reports;

/// <summary>Previews a compliance report with what is still wrong with its records, freezes it, and lists those that are kept.</summary>
[Needs(Permission.KeepReports)]
public sealed class IndexModel(SafetyAuditDb db, MakeReport make, KeepReports keep, TimeProvider time) : PageModel
{
    public const int Most = 200;

    public string AskedPeriod { get; private set; } = "";
    public ReportPeriod? Period { get; private set; }
    public Audience Audience { get; private set; } = Audience.Board;
    public string? Clinic { get; private set; }
    public ReportDocument? Preview { get; private set; }
    public List<Report> Kept { get; private set; } = [];
    public List<ReportSchedule> Schedules { get; private set; } = [];
    public List<Clinic> Clinics { get; private set; } = [];
    public string? Problem { get; private set; }

    /// <summary>Whether what keeps reports says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public DateTime NowUtc { get; } = time.UtcNow();
    public bool ReachesAll => KeepReports.Reaches(db.Actor.Scope, null);

    /// <summary>What is open about the records of the previewed period.</summary>
    public List<(long Count, string Words, string? Link)> Faults { get; private set; } = [];

    public string DraftLink => "/reports" + QueryString.Create(new Dictionary<string, string?> { ["handler"] = "draft", ["period"] = Period?.Name, ["audience"] = Codes.Of(Audience), ["clinic"] = Clinic });

    public async Task<IActionResult> OnGetAsync(string? period, string? audience, string? clinic, CancellationToken ct)
    {
        if (period is null) AskedPeriod = ReportPeriod.QuarterBefore(DateOnly.FromDateTime(NowUtc)).Name;
        else if (Understand(period, audience, clinic) is { } question)
        {
            Preview = await make.ReadAsync(db.Actor, question, ct);
            long Sum(string table, string column) => Preview.Tables.Where(t => t.Name == table).Sum(t => t.Rows.Sum(r => r[t.Columns.ToList().FindIndex(c => c.Name == column)] is long n ? n : 0));
            Faults =
            [
                (await db.QuarantinedRows.LongCountAsync(q => q.ClosedAtUtc == null && (Clinic == null || q.ClinicId == Clinic), ct), T("rejected rows wait to be mended"), "/uploads"),
                (await db.Current<AdverseEvent>().Where(AdverseEvent.IsWaiting).LongCountAsync(e => Clinic == null || e.ClinicId == Clinic, ct), T("events wait for their session"), "/events/waiting"),
                (Sum("summary", "provisional_sessions"), T("sessions are provisional: reports of events may still come"), "/data-quality"),
                (Sum("summary", "reviews_open"), T("reviews are open"), "/cases"),
                (Preview.Tables.Sum(t => t.Rows.Sum(r => r.LongCount(c => c is Suppressed))), T("cells are not shown, since they are small or would give small ones away"), null),
            ];
        }
        return await ShowAsync(ct);
    }

    public async Task<IActionResult> OnGetDraftAsync(string? period, string? audience, string? clinic, CancellationToken ct)
    {
        if (Understand(period, audience, clinic) is not { } question) return await ShowAsync(ct);
        return File(PdfReport.Write(await make.ReadAsync(db.Actor, question, ct), isDraft: true), "application/pdf", $"draft-{question.Period.Name}-{Codes.Of(question.Audience)}.pdf");
    }

    public async Task<IActionResult> OnPostFreezeAsync([FromForm] string? period, [FromForm] string? audience, [FromForm] string? clinic, CancellationToken ct)
    {
        if (Understand(period, audience, clinic) is not { } question) return await ShowAsync(ct);
        var report = await keep.FreezeAsync(question.Period, question.Audience, question.ClinicId, ct);
        return LocalRedirect($"/reports/{report.Id}");
    }

    public async Task<IActionResult> OnPostScheduleAsync([FromForm] string? rhythm, [FromForm] string? audience, [FromForm] string? clinic, [FromForm] int daysAfter, CancellationToken ct)
    {
        if (!Codes.TryParse<ReportRhythm>(rhythm ?? "", out var how)) Problem = T("A report is made each month, quarter or year.");
        else if (!Codes.TryParse<Audience>(audience ?? "", out var whom)) Problem = T("A report is for staff, for the board or for the public.");
        else ProblemInEnglish = (Problem = await keep.ScheduleAsync(how, whom, string.IsNullOrEmpty(clinic) ? null : clinic, daysAfter, ct)) is not null;
        return Problem is null ? LocalRedirect("/reports#schedules") : await ShowAsync(ct);
    }

    public async Task<IActionResult> OnPostEndScheduleAsync([FromForm] long id, CancellationToken ct)
    {
        await keep.EndScheduleAsync(id, ct);
        return LocalRedirect("/reports#schedules");
    }

    ReportQuestion? Understand(string? period, string? audience, string? clinic)
    {
        AskedPeriod = period ?? "";
        Clinic = string.IsNullOrEmpty(clinic) ? null : clinic;
        Period = ReportPeriod.Parse(AskedPeriod);
        if (Period is null) Problem = T("A period is {0}.", T(ReportPeriod.Forms));
        else if (!Codes.TryParse<Audience>(audience ?? "", out var known)) Problem = T("A report is for staff, for the board or for the public.");
        else if (!KeepReports.Reaches(db.Actor.Scope, Clinic)) Problem = T("Choose one of your clinics.");
        else
        {
            Audience = known;
            return new(Period, known, NowUtc, Clinic);
        }
        return null;
    }

    async Task<IActionResult> ShowAsync(CancellationToken ct)
    {
        Clinics = await db.Clinics.AsNoTracking().OrderBy(c => c.Name).ToListAsync(ct);
        Schedules = await db.ReportSchedules.AsNoTracking().Where(s => s.EndedAtUtc == null).OrderBy(s => s.Id).ToListAsync(ct);
        Kept = await db.Reports.AsNoTracking().OrderByDescending(r => r.Id).Take(Most).ToListAsync(ct);
        if (Problem is not null) Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
