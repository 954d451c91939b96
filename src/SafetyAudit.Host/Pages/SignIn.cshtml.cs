using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

[AllowAnonymous]
public sealed class SignInModel(
    SignIns signIns, PasswordCheck passwords, SignInThrottle throttle, AccessSettings settings, ILogger<SignInModel> log) : PageModel
{
    [BindProperty] public string UserName { get; set; } = "";
    [BindProperty] public string Password { get; set; } = "";
    [BindProperty(SupportsGet = true)] public string? ReturnUrl { get; set; }
    public string? Problem { get; private set; }
    public string? WhyAgain { get; private set; }

    /// <summary>Browsers keep our cookies only over https, and on the machine itself.</summary>
    public bool NotEncrypted => !Request.IsHttps && Request.Host.Host is var host && host != "localhost"
        && !host.EndsWith(".localhost", StringComparison.Ordinal)
        && !(IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    public void OnGet(string? over) => WhyAgain = Codes.TryParse<SignInEnd>(over ?? "", out var reason) ? reason switch
    {
        SignInEnd.Idle => T("Signed out after {0:0.#} minutes without activity.", settings.Idle.TotalMinutes),
        SignInEnd.Expired => T("Signed out after {0:0.#} hours.", settings.Absolute.TotalHours),
        SignInEnd.EndedByUser => T("This sign-in was ended on your account page."),
        SignInEnd.CredentialsChanged => T("How you sign in was changed, which ended your other sign-ins."),
        SignInEnd.Disabled => T("This account is closed. Ask your administrator."),
        _ => T("Please sign in again."),
    } : null;

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        (UserName, Password) = (UserName ?? "", Password ?? "");
        if (throttle.Attempt(HttpContext, UserName.ToUpperInvariant()) is { } wait) return TooMany(wait);
        if (await passwords.AcceptAsync(HttpContext, UserName, Password) is not { } user)
        {
            // The same words for a wrong name and a wrong password, so that names can't be guessed one by one.
            Problem = T("That name and password do not fit together.");
            return Page();
        }
        if (user.CodeSecret != null)
        {
            await SecondStep.AskAsync(HttpContext, user);
            return Redirect("/sign-in/code" + new QueryString().Add("returnUrl", Back(Url, ReturnUrl, user)));
        }
        await signIns.StartAsync(HttpContext, user, SignInMethod.Password, ct);
        return LocalRedirect(Back(Url, ReturnUrl, user!));
    }

    /// <summary>What the browser's passkey is to sign. The same for everybody: which passkeys there are, the device knows.</summary>
    public async Task<IActionResult> OnPostPasskeyOptionsAsync([FromServices] SignInManager<User> identity) =>
        Content(await identity.MakePasskeyRequestOptionsAsync(null), "application/json");

    public async Task<IActionResult> OnPostPasskeyAsync(
        string? credential, [FromServices] SignInManager<User> identity, [FromServices] UserManager<User> users, CancellationToken ct)
    {
        if (throttle.Attempt(HttpContext) is { } wait) return TooMany(wait);
        (UserName, string? reason) = ("", null);
        User? user = null;
        try
        {
            var asserted = await identity.PerformPasskeyAssertionAsync(credential is { Length: > 0 and < 20_000 } given ? given : "{}");
            user = asserted.User;
            reason = !asserted.Succeeded ? "passkey_not_accepted" : user!.DisabledAtUtc != null ? "disabled" : null;
            // Keeps the device's counter, by which a copied passkey would be noticed.
            if (reason is null && !(await users.AddOrUpdatePasskeyAsync(user!, asserted.Passkey!)).Succeeded) reason = "passkey_not_kept";
        }
        catch (InvalidOperationException)
        {
            reason = "no_challenge";
        }
        if (reason is null)
        {
            await signIns.StartAsync(HttpContext, user!, SignInMethod.Passkey, ct);
            return LocalRedirect(Back(Url, ReturnUrl, user!));
        }
        log.LogWarning("Sign-in refused: {Reason}, user {UserId}, from {Address}", reason, user?.Id, Caller.Address(HttpContext));
        Problem = T("That passkey was not accepted. Try again, or use your name and password.");
        return Page();
    }

    PageResult TooMany(TimeSpan wait)
    {
        Problem = Throttled(this, wait, log);
        return Page();
    }

    /// <summary>Answers 429 with when to come back, and says so in words.</summary>
    internal static string Throttled(PageModel page, TimeSpan wait, ILogger log)
    {
        log.LogWarning("Sign-in refused: {Reason}, from {Address}", "too_many_attempts", Caller.Address(page.HttpContext));
        page.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        page.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return wait.TotalSeconds > 60 ? T("Too many attempts. Wait {0:0} minutes, then try again.", Math.Ceiling(wait.TotalMinutes)) : T("Too many attempts. Wait a minute, then try again.");
    }

    /// <summary>The page that was asked for, if it is one of ours; else the first one of whoever signs in.</summary>
    internal static string Back(IUrlHelper url, string? asked, User user) =>
        url.IsLocalUrl(asked) && asked != "/" && !asked!.StartsWith("/sign-", StringComparison.OrdinalIgnoreCase) ? asked : Show.Landing(Roles.Of(user.Roles));
}
