using System.Buffers.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Account;

/// <summary>
/// One's own account: password, second step, passkeys, sign-ins. Whoever changes how they sign in gives the password again, and every other sign-in ends.
/// </summary>
[Needs(Permission.KeepOwnAccount)]
public sealed class AccountModel(
    SafetyAuditDb db, UserManager<User> users, SignInManager<User> identity, SignIns signIns, PasswordCheck passwords, SignInThrottle throttle,
    AccessSettings settings, TimeProvider time, ILogger<AccountModel> log) : PageModel
{
    const int MostPasskeys = 20;

    public User Account { get; private set; } = null!;
    public IList<UserPasskeyInfo> Passkeys { get; private set; } = [];
    public List<SignIn> SignedIn { get; private set; } = [];
    public string? SignInId => SignIns.IdOf(User);
    public bool SecondStepLacking => settings.SecondStepRequired && User.HasClaim(c => c.Type == SignIns.PasswordOnly);

    /// <summary>The calendar's address, where it was just made.</summary>
    public string? Calendar { get; private set; }

    public bool MayReview => db.Actor.May(Permission.ReviewCases);
    public string? Problem { get; private set; }

    /// <summary>Whether what checks passwords says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public string? Done { get; private set; }

    [NonHandler]
    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        Account = (await users.GetUserAsync(User))!;
        await next();
    }

    public Task OnGetAsync(string? done, CancellationToken ct)
    {
        Done = done switch
        {
            "password" => T("Your password is changed. Your other sign-ins have ended."),
            "passkey" => T("The passkey is added. Your other sign-ins have ended."),
            "passkey-removed" => T("The passkey is removed. Your other sign-ins have ended."),
            "name" => T("The passkey has its new name."),
            "ended" => T("That sign-in has ended."),
            "code-off" => T("No code is asked for any more. Your other sign-ins have ended."),
            _ => null,
        };
        return LoadAsync(ct);
    }

    public async Task<IActionResult> OnPostPasswordAsync(string? current, string? wanted, string? again, CancellationToken ct)
    {
        if (wanted != again) return await RefuseAsync(T("The two new passwords differ."), ct);
        if (await RefusedAsync(current) is { } refused) return await RefuseAsync(refused, ct);
        var changed = await users.ChangePasswordAsync(Account, current!, wanted ?? "");
        if (!changed.Succeeded) return await RefuseAsync(string.Join(" ", changed.Errors.Select(e => e.Description)), ct, inEnglish: true);
        log.LogInformation("Password changed: user {UserId}", Account.Id);
        return await AnewAsync("password", ct);
    }

    /// <summary>Makes the secret address of the calendar of due dates, which is shown this once; the one before stops working.</summary>
    public async Task<IActionResult> OnPostCalendarAsync(CancellationToken ct)
    {
        string secret = AddressSecret.New();
        Account.CalendarHash = AddressSecret.HashOf(secret);
        await users.UpdateAsync(Account);
        Calendar = $"{Request.Scheme}://{Request.Host}/calendar/{secret}.ics";
        await LoadAsync(ct);
        return Page();
    }

    public async Task<IActionResult> OnPostNoCalendarAsync()
    {
        Account.CalendarHash = null;
        await users.UpdateAsync(Account);
        return Redirect("/account");
    }

    public async Task<IActionResult> OnPostEndAsync(string? id, CancellationToken ct)
    {
        if (!await signIns.EndAsync(Account.Id, id ?? "", SignInEnd.EndedByUser, ct)) return NotFound();
        return id == SignInId ? Redirect("/sign-in") : Redirect("/account?done=ended");
    }

    public async Task<IActionResult> OnPostEverywhereAsync(CancellationToken ct)
    {
        await signIns.EndAllAsync(Account.Id, SignInEnd.EndedByUser, ct);
        await signIns.SignOutAsync(HttpContext, ct);
        return Redirect("/sign-in");
    }

    /// <summary>What a new passkey is made from, for the script; or what is wrong, as text.</summary>
    public async Task<IActionResult> OnPostPasskeyOptionsAsync(string? password)
    {
        if (await RefusedAsync(password) is { } refused)
        {
            if (Response.StatusCode == StatusCodes.Status200OK) Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            return Content(refused, "text/plain; charset=utf-8");
        }
        var owner = new PasskeyUserEntity { Id = Account.Id, Name = Account.UserName!, DisplayName = Account.UserName! };
        return Content(await identity.MakePasskeyCreationOptionsAsync(owner), "application/json");
    }

    public async Task<IActionResult> OnPostPasskeyAsync(string? credential, string? name, CancellationToken ct)
    {
        if ((await users.GetPasskeysAsync(Account)).Count >= MostPasskeys)
            return await RefuseAsync(T("{0} passkeys are enough. Remove one first.", MostPasskeys), ct);
        PasskeyAttestationResult? made = null;
        try { made = await identity.PerformPasskeyAttestationAsync(credential is { Length: > 0 and < 40_000 } given ? given : "{}"); }
        // No challenge was given out, or it is too old.
        catch (InvalidOperationException) { }
        // The challenge names whom it was given to: nobody adds a passkey to the account of somebody else who signed in since.
        if (made is not { Succeeded: true } || made.UserEntity!.Id != Account.Id)
        {
            log.LogWarning("Change refused: {Reason}, user {UserId}, from {Address}", "passkey_not_accepted", Account.Id, Caller.Address(HttpContext));
            return await RefuseAsync(T("The passkey was not accepted. Try again."), ct);
        }
        made.Passkey!.Name = NameOf(name);
        await KeepAsync(users.AddOrUpdatePasskeyAsync(Account, made.Passkey), "added");
        return await AnewAsync("passkey", ct);
    }

    public async Task<IActionResult> OnPostRenamePasskeyAsync(string? id, string? name)
    {
        if (await FindAsync(id) is not { } passkey) return NotFound();
        passkey.Name = NameOf(name);
        await KeepAsync(users.AddOrUpdatePasskeyAsync(Account, passkey), "renamed", stamp: false);
        return Redirect("/account?done=name");
    }

    public async Task<IActionResult> OnPostRemovePasskeyAsync(string? id, string? password, CancellationToken ct)
    {
        if (await FindAsync(id) is not { } passkey) return NotFound();
        if (await RefusedAsync(password) is { } refused) return await RefuseAsync(refused, ct);
        await KeepAsync(users.RemovePasskeyAsync(Account, passkey.CredentialId), "removed");
        return await AnewAsync("passkey-removed", ct);
    }

    async Task LoadAsync(CancellationToken ct)
    {
        var now = time.UtcNow();
        Passkeys = await users.GetPasskeysAsync(Account);
        SignedIn = await db.SignIns.AsNoTracking().Where(s => s.UserId == Account.Id && s.EndedAtUtc == null && s.ExpiresAtUtc > now)
            .OrderByDescending(s => s.StartedAtUtc).ToListAsync(ct);
    }

    /// <summary>Why the password given again is not taken, or null when it is.</summary>
    async Task<string?> RefusedAsync(string? password)
    {
        if (throttle.Attempt(HttpContext, Account.NormalizedUserName!) is { } wait) return SignInModel.Throttled(this, wait, log);
        return await passwords.AgainAsync(HttpContext, Account, password) ? null : T("That is not your present password.");
    }

    async Task<IActionResult> RefuseAsync(string problem, CancellationToken ct, bool inEnglish = false)
    {
        (Problem, ProblemInEnglish) = (problem, inEnglish);
        await LoadAsync(ct);
        return Page();
    }

    async Task<RedirectResult> AnewAsync(string done, CancellationToken ct)
    {
        await signIns.StartAnewAsync(HttpContext, Account, ct);
        return Redirect("/account?done=" + done);
    }

    async Task<UserPasskeyInfo?> FindAsync(string? id) => Base64Url.IsValid(id) ? await users.GetPasskeyAsync(Account, Base64Url.DecodeFromChars(id)) : null;

    async Task KeepAsync(Task<IdentityResult> change, string what, bool stamp = true)
    {
        var kept = await change;
        if (kept.Succeeded && stamp) kept = await users.UpdateSecurityStampAsync(Account);
        if (!kept.Succeeded)
            throw new InvalidOperationException($"A passkey of user {Account.Id} could not be {what}: {string.Join(" ", kept.Errors.Select(e => e.Code))}");
        log.LogInformation("Passkey {What}: user {UserId}", what, Account.Id);
    }

    static string NameOf(string? given) => LogText.Of(given, 60).Trim() is { Length: > 0 } name ? name : "Passkey";
}
