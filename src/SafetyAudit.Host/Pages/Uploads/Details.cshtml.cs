using CsvHelper;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.SendRecords)]
public sealed class UploadModel(SafetyAuditDb db, KeyRing keys) : PageModel
{
    const int Listed = 200;

    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public Upload Upload { get; private set; } = null!;
    public List<QuarantinedRow> Rejected { get; private set; } = [];
    public List<(ReasonCode Code, int Count)> ByReason { get; private set; } = [];
    public int Waiting { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == Id, ct) is not { } upload) return NotFound();
        Upload = upload;
        Rejected = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == Id).OrderBy(q => q.Line).Take(Listed).ToListAsync(ct);
        foreach (var row in Rejected) row.Unseal(keys);
        ByReason = [.. Rejected.SelectMany(r => r.Reasons).GroupBy(r => r.Code).Select(g => (g.Key, g.Count())).OrderByDescending(g => g.Item2)];
        if (upload.Kind == RecordKind.Events) Waiting = await db.Current<AdverseEvent>().CountAsync(e => e.UploadId == Id && e.LinkedSessionId == null && e.LinkMethod == null, ct);
        if (upload.Kind == RecordKind.FollowUps) Waiting = await db.Current<FollowUp>().CountAsync(f => f.UploadId == Id && f.LinkedClinicId == null, ct);
        return Page();
    }

    /// <summary>Every rejected row: line, reasons, and the row's own text.</summary>
    public async Task<IActionResult> OnGetRejectedAsync(CancellationToken ct)
    {
        if (!await db.Uploads.AnyAsync(u => u.Id == Id, ct)) return NotFound();
        using var content = new MemoryStream();
        using (var csv = CsvWriter.Create(content, new CsvWriterOptions(), leaveOpen: true))
        {
            csv.WriteRecord("line", "reasons", "what_to_do", "row");
            await foreach (var row in db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == Id).OrderBy(q => q.Line).AsAsyncEnumerable().WithCancellation(ct))
            {
                string remedies = string.Join(' ', row.Unseal(keys).Reasons.Select(r => r.Remedy));
                csv.WriteRecord(Output(row.Line), string.Join(';', row.ReasonCodes), CsvText.Out(remedies), CsvText.Out(row.Text));
            }
        }
        return File(content.ToArray(), "text/csv; charset=utf-8", $"upload-{Id}-rejected.csv");
    }

    static string Output(long line) => line.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
