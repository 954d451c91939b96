using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Notices;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Who was told what and whether it arrived; and the programs that are told.</summary>
[Needs(Permission.ManageAccess)]
public sealed class NoticesModel(SafetyAuditDb db, KeyRing keys, NoticeSettings settings, JobQueue jobs, TimeProvider time) : PageModel
{
    public const int PageRows = 50;
    const int MostWebhooks = 50;

    /// <summary>Notices before this page.</summary>
    [BindProperty(Name = "after", SupportsGet = true)] public int After { get; set; }

    public Paging Paging => new(After, Notices.Count, Count, PageRows, after => $"/notices?after={after}");

    public NoticeSettings Settings => settings;
    public List<Notice> Notices { get; private set; } = [];
    public List<Webhook> Webhooks { get; private set; } = [];
    public List<string> Clinics { get; private set; } = [];
    public int Dead { get; private set; }
    public int Count { get; private set; }

    /// <summary>What was typed, where it will not do.</summary>
    public string? Typed { get; private set; }
    public string? Clinic { get; private set; }

    /// <summary>The secret that was just made; and whether another was there, which signs for a day more.</summary>
    public string? Secret { get; private set; }
    public bool Renewed { get; private set; }

    public string? Problem { get; private set; }

    /// <summary>Whether what checks addresses says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public Task OnGetAsync(CancellationToken ct) => LoadAsync(ct);

    public async Task<IActionResult> OnPostAddAsync(string? url, string? clinic, CancellationToken ct)
    {
        clinic = string.IsNullOrEmpty(clinic) ? null : clinic;
        ProblemInEnglish = (Problem = Webhook.Problem(url, settings)) is not null;
        Problem ??= settings.Address is null ? T("Set Notices:Address first: what is told carries links.") : clinic is not null && !await db.Clinics.AnyAsync(c => c.Id == clinic, ct) ? T("There is no such clinic.") : null;
        if (Problem is null && await db.Webhooks.CountAsync(w => w.EndedAtUtc == null, ct) >= MostWebhooks) Problem = T("There are as many as can be. End one first.");
        if (Problem is not null) (Response.StatusCode, Typed, Clinic) = (StatusCodes.Status422UnprocessableEntity, url, clinic);
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

    public async Task<IActionResult> OnPostRenewAsync(long id, CancellationToken ct)
    {
        if (await db.Webhooks.SingleOrDefaultAsync(w => w.Id == id && w.EndedAtUtc == null, ct) is not { } hook) return NotFound();
        (Secret, Renewed) = (hook.Renew(keys, time.UtcNow()), true);
        await db.SaveChangesAsync(ct);
        await LoadAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnPostDismissAsync(long id, CancellationToken ct) => await SendNotices.SettleAsync(db, id, again: false, time.UtcNow(), ct) ? Redirect("/notices") : NotFound();

    public async Task<IActionResult> OnPostReplayAsync(long id, CancellationToken ct)
    {
        if (!await SendNotices.SettleAsync(db, id, again: true, time.UtcNow(), ct)) return NotFound();
        foreach (string send in new[] { Composition.SendMail, Composition.SendWebhooks }) await jobs.AskAsync(send, ct);
        return Redirect("/notices");
    }

    async Task LoadAsync(CancellationToken ct)
    {
        Clinics = await db.Clinics.OrderBy(c => c.Id).Select(c => c.Id).ToListAsync(ct);
        Webhooks = await db.Webhooks.AsNoTracking().Where(w => w.EndedAtUtc == null).OrderBy(w => w.Id).ToListAsync(ct);
        After = Math.Max(0, After);
        Count = await db.Notices.CountAsync(ct);
        Notices = await db.Notices.AsNoTracking().OrderByDescending(n => n.State == NoticeState.Dead).ThenByDescending(n => n.Id).Skip(After).Take(PageRows).ToListAsync(ct);
        Dead = await db.Notices.CountAsync(n => n.State == NoticeState.Dead, ct);
    }

    /// <summary>Who receives it, in words.</summary>
    public string To(Notice notice) => notice.Channel == NoticeChannel.Mail ? notice.Receiver : Webhooks.Find(w => w.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) == notice.Receiver)?.Url ?? T("webhook {0}, ended", notice.Receiver);
}
