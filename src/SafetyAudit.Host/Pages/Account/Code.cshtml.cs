using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Account;

/// <summary>Setting up the code of an authenticator app, new recovery codes, and turning it off.</summary>
[Needs(Permission.KeepOwnAccount)]
public sealed class CodeModel(
    UserManager<User> users, SignIns signIns, SecondStep second, PasswordCheck passwords, SignInThrottle throttle, ILogger<CodeModel> log) : PageModel
{
    public User Account { get; private set; } = null!;
    public string? Problem { get; private set; }

    /// <summary>The secret that is offered, as text, as a picture's path, and wrapped for the form.</summary>
    public (string Text, int Size, string Path, string Wrapped)? Offer { get; private set; }

    /// <summary>Shown once, when they are made.</summary>
    public IReadOnlyList<string>? RecoveryCodes { get; private set; }

    [NonHandler]
    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        Account = (await users.GetUserAsync(User))!;
        await next();
    }

    public async Task OnPostBeginAsync(string? password)
    {
        if (Account.CodeSecret != null || await RefusedAsync(password)) return;
        var (secret, wrapped) = second.Offer(Account);
        Show(secret, wrapped);
    }

    public async Task OnPostConfirmAsync(string? wrapped, string? code, CancellationToken ct)
    {
        if (Account.CodeSecret != null) return;
        if (second.Unwrap(Account, wrapped) is not { } secret)
        {
            Problem = T("That took too long. Begin again.");
            return;
        }
        if (throttle.AttemptCode(HttpContext, Account.Id) is { } wait) Problem = SignInModel.Throttled(this, wait, log);
        else RecoveryCodes = await second.TurnOnAsync(Account, secret, code);
        if (RecoveryCodes != null) await signIns.StartAnewAsync(HttpContext, Account, ct);
        else
        {
            Problem ??= T("That code is not right. Look whether the clock of your phone is, and enter the code it shows now.");
            Show(secret, wrapped!);
        }
    }

    public async Task OnPostRecoveryAsync(string? password, CancellationToken ct)
    {
        if (Account.CodeSecret is null || await RefusedAsync(password)) return;
        RecoveryCodes = await second.NewRecoveryCodesAsync(Account);
        await signIns.StartAnewAsync(HttpContext, Account, ct);
    }

    public async Task<IActionResult> OnPostOffAsync(string? password, CancellationToken ct)
    {
        if (Account.CodeSecret is null || await RefusedAsync(password)) return Page();
        await second.TurnOffAsync(Account);
        await signIns.StartAnewAsync(HttpContext, Account, ct);
        return Redirect("/account?done=code-off");
    }

    async Task<bool> RefusedAsync(string? password)
    {
        if (throttle.Attempt(HttpContext, Account.NormalizedUserName!) is { } wait) Problem = SignInModel.Throttled(this, wait, log);
        else if (!await passwords.AgainAsync(HttpContext, Account, password)) Problem = T("That is not your password.");
        return Problem != null;
    }

    void Show(byte[] secret, string wrapped)
    {
        var code = QrCode.Of(OneTimeCode.Link(Account.UserName!, secret));
        Offer = (string.Join(' ', OneTimeCode.Base32(secret).Chunk(4).Select(four => new string(four))), code.Size, code.Path, wrapped);
    }
}
