using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>Where an invitation leads: its owner chooses a password, and signs in with it. Choosing one uses the invitation up.</summary>
[AllowAnonymous]
public sealed class WelcomeModel(SafetyAuditDb db, UserManager<User> users, SignInThrottle throttle, ILogger<WelcomeModel> log) : PageModel
{
    [BindProperty(Name = "name", SupportsGet = true)] public string? Name { get; set; }
    [BindProperty(Name = "token", SupportsGet = true)] public string? Token { get; set; }
    public string? Problem { get; private set; }

    /// <summary>Whether what checks passwords says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public void OnGet()
    {
    }

    public async Task<IActionResult> OnPostAsync(string? password, string? again)
    {
        if (throttle.Attempt(HttpContext) is { } wait)
        {
            Problem = SignInModel.Throttled(this, wait, log);
            return Page();
        }
        if (password != again) return Refuse(T("The two passwords differ."));
        var user = await users.FindByNameAsync(Name ?? "");
        string over = T("This invitation is over, or was used. Ask your administrator for a new one.");
        if (user is null || user.DisabledAtUtc is not null) return Refuse(over);
        (db.Actor, db.Why) = (RequestActor.Entering(HttpContext, user), "by invitation");
        var set = await users.ResetPasswordAsync(user, Token ?? "", password ?? "");
        if (set.Succeeded) return Redirect("/sign-in");
        return set.Errors.Any(e => e.Code == nameof(IdentityErrorDescriber.InvalidToken)) ? Refuse(over) : Refuse(string.Join(" ", set.Errors.Select(e => e.Description)), inEnglish: true);
    }

    PageResult Refuse(string problem, bool inEnglish = false)
    {
        (Problem, ProblemInEnglish) = (problem, inEnglish);
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
