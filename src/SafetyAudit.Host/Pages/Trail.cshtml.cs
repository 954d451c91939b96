using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>The audit trail, newest first: by subject, by actor, by action, by time. It can be checked here, and taken to another machine.</summary>
[Needs(Permission.ReadTrail, LeaveOutQuery = true)]
public sealed class TrailModel(SafetyAuditDb db, ReadLog reads, VerifyTrail verify, TimeProvider time) : PageModel
{
    const int PageRows = 50;

    [BindProperty(Name = "subject", SupportsGet = true)] public string? Subject { get; set; }
    [BindProperty(Name = "actor", SupportsGet = true)] public string? By { get; set; }
    [BindProperty(Name = "action", SupportsGet = true)] public string? ActionCode { get; set; }
    public AuditAction? Action => Codes.TryParse<AuditAction>(ActionCode ?? "", out var action) ? action : null;
    [BindProperty(Name = "from", SupportsGet = true)] public DateOnly? From { get; set; }
    [BindProperty(Name = "to", SupportsGet = true)] public DateOnly? To { get; set; }

    /// <summary>Entries before this one, for the next page.</summary>
    [BindProperty(Name = "before", SupportsGet = true)] public long? Before { get; set; }

    /// <summary>Pages opened are most of the trail; they are left out unless asked for.</summary>
    [BindProperty(Name = "reads", SupportsGet = true)] public bool WithReads { get; set; }

    public List<AuditEntry> Entries { get; private set; } = [];
    public bool More { get; private set; }
    public TrailCheck? Check { get; private set; }

    /// <summary>The whole trail can be checked and taken away by those who reach all clinics.</summary>
    public bool ReachesAll => db.Actor.Scope.Clinics is null;

    public async Task OnGetAsync(CancellationToken ct)
    {
        await reads.MoveAsync(ct);
        await LoadAsync(ct);
    }

    public async Task<IActionResult> OnGetCheckAsync(CancellationToken ct)
    {
        if (!ReachesAll) return NotFound();
        await reads.MoveAsync(ct);
        Check = await verify.RunAsync(db, ct);
        await LoadAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnGetExtractAsync(CancellationToken ct)
    {
        if (!ReachesAll) return NotFound();
        await reads.MoveAsync(ct);
        long last = await db.AuditEntries.MaxAsync(e => (long?)e.Sequence, ct) ?? 0;
        Response.ContentType = "application/jsonl";
        Response.Headers.ContentDisposition = $"attachment; filename=audit-trail-{last}.jsonl";
        await TrailExtract.WriteAsync(db, Response.Body, 1, last, time.UtcNow(), ct);
        return new EmptyResult();
    }

    async Task LoadAsync(CancellationToken ct)
    {
        var entries = db.AuditEntries.AsNoTracking();
        if (!string.IsNullOrWhiteSpace(Subject)) entries = entries.Where(e => e.Subject == Subject.Trim());
        if (!string.IsNullOrWhiteSpace(By)) entries = entries.Where(e => e.Actor.Contains(By.Trim()));
        if (Action is { } action) entries = entries.Where(e => e.Action == action);
        else if (!WithReads) entries = entries.Where(e => e.Action != AuditAction.Read);
        if (From is { } from && from.ToDateTime(default, DateTimeKind.Utc) is var start) entries = entries.Where(e => e.AtUtc >= start);
        if (To is { Year: < 9999 } to && to.AddDays(1).ToDateTime(default, DateTimeKind.Utc) is var end) entries = entries.Where(e => e.AtUtc < end);
        if (Before is { } before) entries = entries.Where(e => e.Sequence < before);
        Entries = await entries.OrderByDescending(e => e.Sequence).Take(PageRows + 1).ToListAsync(ct);
        More = Entries.Count > PageRows;
        if (More) Entries.RemoveAt(PageRows);
    }

    public string Next => "/trail" + QueryString.Create(new Dictionary<string, string?>
    {
        ["subject"] = Subject, ["actor"] = By, ["action"] = Action is { } a ? Codes.Of(a) : null, ["from"] = From is { } f ? Show.Iso(f) : null, ["to"] = To is { } t ? Show.Iso(t) : null,
        ["reads"] = WithReads ? "true" : null, ["before"] = Entries.Count > 0 ? $"{Entries[^1].Sequence}" : null,
    }.Where(p => p.Value is not null));
}
