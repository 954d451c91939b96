using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Pages that somebody keeps under names of their own, with all that was chosen on them.</summary>
[Needs(Permission.KeepOwnAccount)]
public sealed class ViewsModel(SafetyAuditDb db, TimeProvider time) : PageModel
{
    // Lists and figures. Where people type an id into the address, it would be kept for good.
    static readonly string[] Kept = ["/practitioners", "/measures", "/monitor", "/adherence", "/credentials", "/duties", "/protocol", "/alerts", "/cases", "/clinics", "/uploads", "/follow-ups", "/events/waiting", "/data-quality", "/baselines", "/sessions"];

    public List<SavedView> Views { get; private set; } = [];
    public string? Problem { get; private set; }

    /// <summary>A page's address as it may be kept; null for one that may not.</summary>
    public static string? PathOf(HttpContext http) => Local($"{http.Request.PathBase}{http.Request.Path}{http.Request.QueryString}");

    static string? Local(string? asked)
    {
        if (asked is null || asked.Length > SavedView.LongestPath || asked.Any(c => c is <= ' ' or '\\' or >= '\x7f')) return null;
        string path = asked.Split('?', '#')[0];
        return path == "/" || path != "/sessions/answers" && Kept.Any(k => path == k || path.StartsWith(k + "/", StringComparison.Ordinal)) ? asked : null;
    }

    public async Task OnGetAsync(CancellationToken ct) => Views = await db.SavedViews.AsNoTracking().OrderBy(v => v.Name).ToListAsync(ct);

    public async Task<IActionResult> OnPostKeepAsync([FromForm] string? path, [FromForm] string? name, CancellationToken ct)
    {
        name = name?.Trim();
        if (Local(path) is not { } local) Problem = T("That page cannot be kept.");
        else if (name is not { Length: > 0 and <= SavedView.LongestName }) Problem = T("A name of at most {0} characters is needed.", SavedView.LongestName);
        else
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            // The same name again keeps what is there now.
            if (await db.SavedViews.SingleOrDefaultAsync(v => v.Name == name, ct) is { } known) (known.Path, known.KeptAtUtc) = (local, time.UtcNow());
            else if (await db.SavedViews.CountAsync(ct) >= SavedView.Most) Problem = T("{0} views are kept already. Remove one first.", SavedView.Most);
            else db.SavedViews.Add(new() { UserId = User.FindFirstValue(ClaimTypes.NameIdentifier)!, Name = name, Path = local, KeptAtUtc = time.UtcNow() });
            if (Problem is null)
            {
                await db.SaveChangesAsync(ct);
                await transaction.CommitAsync(ct);
                return Redirect("/views");
            }
        }
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        await OnGetAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnPostRemoveAsync([FromForm] long id, CancellationToken ct)
    {
        if (await db.SavedViews.SingleOrDefaultAsync(v => v.Id == id, ct) is not { } view) return NotFound();
        db.SavedViews.Remove(view);
        await db.SaveChangesAsync(ct);
        return Redirect("/views");
    }
}
