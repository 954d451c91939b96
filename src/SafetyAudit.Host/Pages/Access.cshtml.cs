using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Accounts and API keys: who may, and what. Whatever is changed here is entered in the audit trail.</summary>
[Needs(Permission.ManageAccess)]
public sealed class AccessModel(SafetyAuditDb db, GiveAccess access) : PageModel
{
    public List<User> Accounts { get; private set; } = [];
    public List<ApiKey> Keys { get; private set; } = [];
    public List<Clinic> Clinics { get; private set; } = [];
    public string? Problem { get; private set; }

    /// <summary>Shown this once: an invitation or a key.</summary>
    public (string About, string Text)? Once { get; private set; }

    public Task OnGetAsync(CancellationToken ct) => LoadAsync(ct);

    public Task<IActionResult> OnPostInviteAsync(string? name, Role[] roles, string[] clinics, string? practitioner, CancellationToken ct) => TryAsync(async () =>
    {
        var (user, token) = await access.InviteAsync(name?.Trim() ?? "", new(roles, clinics, practitioner?.Trim()), ct);
        Once = Invitation(user, token);
    }, ct);

    public Task<IActionResult> OnPostInviteAgainAsync(string? name, CancellationToken ct) => TryAsync(async () =>
    {
        var (user, token) = await access.InviteAgainAsync(name ?? "", ct);
        Once = Invitation(user, token);
    }, ct);

    public Task<IActionResult> OnPostChangeAsync(string? name, Role[] roles, string[] clinics, string? practitioner, CancellationToken ct) =>
        TryAsync(() => access.ChangeAsync(name ?? "", new(roles, clinics, practitioner?.Trim()), ct), ct);

    public Task<IActionResult> OnPostDisableAsync(string? name, bool disabled, CancellationToken ct) => TryAsync(() => access.DisableAsync(name ?? "", disabled, ct), ct);

    public Task<IActionResult> OnPostKeyAsync(string? name, string? clinic, CancellationToken ct) => TryAsync(async () =>
    {
        var (key, secret) = await access.AddKeyAsync(name?.Trim() ?? "", clinic ?? "", ct);
        Once = (T("The key “{0}” for clinic {1}", key.Name, key.ClinicId), secret);
    }, ct);

    public Task<IActionResult> OnPostRevokeAsync(long id, CancellationToken ct) => TryAsync(() => access.RevokeKeyAsync(id, ct), ct);

    async Task<IActionResult> TryAsync(Func<Task> work, CancellationToken ct)
    {
        try
        {
            await work();
            // What is shown once can't survive a redirect; everything else is safe to load again.
            if (Once is null) return Redirect("/access");
        }
        catch (AccessRefusedException refused)
        {
            Problem = refused.Message;
            Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        }
        db.ChangeTracker.Clear();
        await LoadAsync(ct);
        return Page();
    }

    (string, string) Invitation(User user, string token) => (T("The invitation of {0}, good for one day", user.UserName), $"{Request.Scheme}://{Request.Host}{GiveAccess.InvitationPath(user, token)}");

    async Task LoadAsync(CancellationToken ct)
    {
        Accounts = await access.UsersAsync(ct);
        Keys = await access.KeysAsync(ct);
        Clinics = await db.Clinics.AsNoTracking().OrderBy(c => c.Name).ToListAsync(ct);
    }
}
