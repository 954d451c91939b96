using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.SendRecords)]
public sealed class UploadModel(SafetyAuditDb db, DatabaseSettings database, KeyRing keys, TakeBackUpload takeBack, JobQueue jobs, CountingPace counting, TimeProvider time) : PageModel
{
    const int Listed = 100;

    [BindProperty(SupportsGet = true)] public long Id { get; set; }

    public Upload Upload { get; private set; } = null!;

    /// <summary>The clinic's, in which times are shown; UTC where the rows name clinics of their own.</summary>
    public TimeZoneInfo? Zone { get; private set; }

    public List<QuarantinedRow> Rejected { get; private set; } = [];
    public List<(ReasonCode Code, int Count)> ByReason { get; private set; } = [];
    public int Waiting { get; private set; }
    public string? Problem { get; private set; }
    /// <summary>How far counting has come at the clinics of a file that was read or taken back; null where nothing waits to be counted.</summary>
    public CountingProgress? Counting { get; private set; }

    public (double RowsPerSecond, TimeSpan Left)? Pace => Upload.Pace(time.UtcNow());

    /// <summary>Seconds after which a browser without scripts looks again: the longer it takes the less often, since each look is in the trail. Null once it is done.</summary>
    public int? LookAgainAfter => Upload.Status is UploadStatus.Received or UploadStatus.Processing || Counting is not null ? (int)Math.Clamp(((Pace ?? Counting?.Pace)?.Left.TotalSeconds ?? 0) / 10, 2, 30) : null;

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == Id, ct) is not { } upload) return NotFound();
        Upload = upload;
        if (upload.ClinicId is { } clinic) Zone = await db.ZoneOfAsync(clinic, ct);
        Rejected = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == Id).OrderBy(q => q.Line).Take(Listed).ToListAsync(ct);
        foreach (var row in Rejected) row.Unseal(keys);
        ByReason = [.. Rejected.SelectMany(r => r.Reasons).GroupBy(r => r.Code).Select(g => (g.Key, g.Count())).OrderByDescending(g => g.Item2)];
        if (upload.Kind == RecordKind.Events) Waiting = await db.Current<AdverseEvent>().Where(AdverseEvent.IsWaiting).CountAsync(e => e.UploadId == Id, ct);
        if (upload.Kind == RecordKind.FollowUps) Waiting = await db.Current<FollowUp>().CountAsync(f => f.UploadId == Id && f.LinkedClinicId == null, ct);
        if (upload.Status is UploadStatus.Completed or UploadStatus.Undone)
        {
            // Of the file's clinic; of all where its rows name theirs, and then only those who reach all see it.
            var progress = counting.Look(upload.ClinicId, await db.StaleDays.LongCountAsync(d => upload.ClinicId == null || d.ClinicId == upload.ClinicId, ct), time.UtcNow());
            if (progress.Left > 0) Counting = progress;
        }
        return Page();
    }

    /// <summary>Stops it before it counts.</summary>
    public async Task<IActionResult> OnPostCancelAsync(CancellationToken ct)
    {
        if (!await db.Uploads.AnyAsync(u => u.Id == Id, ct)) return NotFound();
        Problem = await takeBack.CancelAsync(Id, null, db.Actor, ct);
        if (Problem is not null) return await OnGetAsync(ct);
        // Whoever reads next clears it away; the sweep does so anyway.
        await jobs.AskAsync(Composition.ReadUploads, ct);
        return Redirect($"/uploads/{Id}");
    }

    /// <summary>Every rejected row in the file's own layout, with its reasons.</summary>
    public async Task<IActionResult> OnGetRejectedAsync(CancellationToken ct)
    {
        if (await db.Uploads.AsNoTracking().SingleOrDefaultAsync(u => u.Id == Id, ct) is not { } upload) return NotFound();
        using var content = new MemoryStream();
        await RejectedRows.WriteAsync(db, database, keys, upload, content, ct);
        return File(content.ToArray(), "text/csv; charset=utf-8", $"upload-{Id}-rejected.csv");
    }
}
