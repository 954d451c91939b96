using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Notices;

namespace SafetyAudit.Host.Pages;

/// <summary>Who was told what and whether it arrived; and the programs that are told.</summary>
[Needs(Permission.ManageAccess)]
public sealed class NoticesModel(SafetyAuditDb db, KeyRing keys, NoticeSettings settings, JobQueue jobs, TimeProvider time) : PageModel
{
    const int Most = 200, MostWebhooks = 50;

    public NoticeSettings Settings => settings;
    public List<Notice> Notices { get; private set; } = [];
    public List<Webhook> Webhooks { get; private set; } = [];
    public List<string> Clinics { get; private set; } = [];
    public int Dead { get; private set; }

    /// <summary>The secret of the webhook that was just made.</summary>
    public string? Secret { get; private set; }

    public string? Problem { get; private set; }

    public Task OnGetAsync(CancellationToken ct) => LoadAsync(ct);

    public async Task<IActionResult> OnPostAddAsync(string? url, string? clinic, CancellationToken ct)
    {
        clinic = string.IsNullOrEmpty(clinic) ? null : clinic;
        Problem = Webhook.Problem(url) ?? (settings.Address is null ? "Set Notices:Address first: what is told carries links." : clinic is not null && !await db.Clinics.AnyAsync(c => c.Id == clinic, ct) ? "There is no such clinic." : null);
        if (Problem is null && await db.Webhooks.CountAsync(w => w.EndedAtUtc == null, ct) >= MostWebhooks) Problem = "There are as many as can be. End one first.";
        if (Problem is not null) Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        else
        {
            (var made, Secret) = Webhook.Make(clinic, new Uri(url!), keys, time.UtcNow());
            db.Webhooks.Add(made);
            await db.SaveChangesAsync(ct);
        }
        await LoadAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnPostEndAsync(long id, CancellationToken ct)
    {
        if (await db.Webhooks.SingleOrDefaultAsync(w => w.Id == id && w.EndedAtUtc == null, ct) is not { } hook) return NotFound();
        hook.EndedAtUtc = time.UtcNow();
        await db.SaveChangesAsync(ct);
        return Redirect("/notices");
    }

    public async Task<IActionResult> OnPostReplayAsync(long id, CancellationToken ct)
    {
        if (!await SendNotices.ReplayAsync(db, id, time.UtcNow(), ct)) return NotFound();
        foreach (string send in new[] { Composition.SendMail, Composition.SendWebhooks }) await jobs.AskAsync(send, ct);
        return Redirect("/notices");
    }

    async Task LoadAsync(CancellationToken ct)
    {
        Clinics = await db.Clinics.OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(ct);
        Webhooks = await db.Webhooks.AsNoTracking().Where(w => w.EndedAtUtc == null).OrderBy(w => w.Id).ToListAsync(ct);
        Notices = await db.Notices.AsNoTracking().OrderByDescending(n => n.State == NoticeState.Dead).ThenByDescending(n => n.Id).Take(Most).ToListAsync(ct);
        Dead = await db.Notices.CountAsync(n => n.State == NoticeState.Dead, ct);
    }

    /// <summary>Who receives it, in words.</summary>
    public string To(Notice notice) => notice.Channel == NoticeChannel.Mail ? notice.Receiver : Webhooks.Find(w => w.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == notice.Receiver)?.Url ?? $"webhook {notice.Receiver}, ended";
}
