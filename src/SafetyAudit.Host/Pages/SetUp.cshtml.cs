using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

[AllowAnonymous]
public sealed class SetUpModel : PageModel
{
    [BindProperty(SupportsGet = true)] public string? Token { get; set; }
    [BindProperty] public string UserName { get; set; } = "";
    [BindProperty] public string Password { get; set; } = "";
    [BindProperty] public string Again { get; set; } = "";
    public string? Problem { get; private set; }

    /// <summary>Whether what checks passwords says it, which speaks English alone.</summary>
    public bool ProblemInEnglish { get; private set; }

    public IActionResult OnGet([FromServices] SetUpLink link) => link.Fits(Token) ? Page() : NotFound();

    public async Task<IActionResult> OnPostAsync(
        [FromServices] SetUpLink link, [FromServices] UserManager<User> users, [FromServices] SignIns signIns, CancellationToken ct)
    {
        if (!link.Fits(Token)) return NotFound();
        if (Password != Again)
        {
            Problem = T("The two passwords differ.");
            return Page();
        }
        var user = new User { UserName = UserName, Roles = [Role.Director, Role.Administrator] };
        var result = await link.UseAsync(Token, users, user, Password ?? "", ct);
        if (!result.Succeeded)
        {
            (Problem, ProblemInEnglish) = (string.Join(" ", result.Errors.Select(e => e.Description)), true);
            return Page();
        }
        await signIns.StartAsync(HttpContext, user, SignInMethod.SetUpLink, ct);
        return Redirect("/uploads");
    }
}
