using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>Where an invitation leads: its owner chooses a password, and signs in with it. Choosing one uses the invitation up.</summary>
[AllowAnonymous]
public sealed class WelcomeModel(SafetyAuditDb db, UserManager<User> users, SignInThrottle throttle, ILogger<WelcomeModel> log) : PageModel
{
    [BindProperty(Name = "name", SupportsGet = true)] public string? Name { get; set; }
    [BindProperty(Name = "token", SupportsGet = true)] public string? Token { get; set; }
    public string? Problem { get; private set; }

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
        if (password != again) return Refuse("The two passwords differ.");
        var user = await users.FindByNameAsync(Name ?? "");
        const string over = "This invitation is over, or was used. Ask your administrator for a new one.";
        if (user is null || user.DisabledAtUtc is not null) return Refuse(over);
        (db.Actor, db.Why) = (RequestActor.Entering(HttpContext, user), "by invitation");
        var set = await users.ResetPasswordAsync(user, Token ?? "", password ?? "");
        if (set.Succeeded) return Redirect("/sign-in");
        return Refuse(set.Errors.Any(e => e.Code == nameof(IdentityErrorDescriber.InvalidToken)) ? over : string.Join(" ", set.Errors.Select(e => e.Description)));
    }

    PageResult Refuse(string problem)
    {
        Problem = problem;
        Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
        return Page();
    }
}
