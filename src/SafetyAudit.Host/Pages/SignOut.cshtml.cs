using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

[Needs(Permission.KeepOwnAccount)]
public sealed class SignOutModel(SignIns signIns) : PageModel
{
    public IActionResult OnGet() => Redirect("/");

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        await signIns.SignOutAsync(HttpContext, ct);
        return Redirect("/sign-in");
    }
}
