using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

[AllowAnonymous]
public sealed class SignInCodeModel(SignIns signIns, SecondStep second, SignInThrottle throttle, ILogger<SignInCodeModel> log) : PageModel
{
    [BindProperty] public string? Code { get; set; }
    [BindProperty(SupportsGet = true)] public string? ReturnUrl { get; set; }
    public string? Problem { get; private set; }
    public bool Asked { get; private set; }

    public async Task OnGetAsync() => Asked = await second.AskedAsync(HttpContext) != null;

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await second.AskedAsync(HttpContext) is not { } user) return Page();
        Asked = true;
        if (throttle.AttemptCode(HttpContext, user.Id) is { } wait)
        {
            Problem = SignInModel.Throttled(this, wait, log);
            return Page();
        }
        if (await second.AcceptAsync(HttpContext, user, Code) is not { } method)
        {
            Problem = T("That code is not right, or was used before. Wait for the next one.");
            return Page();
        }
        await SecondStep.DoneAsync(HttpContext);
        await signIns.StartAsync(HttpContext, user, method, ct);
        return LocalRedirect(SignInModel.Back(Url, ReturnUrl, user));
    }
}
