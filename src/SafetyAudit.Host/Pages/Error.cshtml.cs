using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Data;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

[AllowAnonymous]
[IgnoreAntiforgeryToken]
public sealed class ErrorModel(SafetyAuditDb db) : PageModel
{
    public Actor Actor => db.Actor;

    public string Heading { get; private set; } = "";
    public string Words { get; private set; } = "";

    public void OnGet(int? status) => Say(status);

    public void OnPost(int? status) => Say(status);

    // After an exception the path has no number; the answer has.
    void Say(int? status) => (Heading, Words) = (status ?? (Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status500InternalServerError ? null : Response.StatusCode)) switch
    {
        404 => (T("Not found"), T("There is no such page, or what it was about is not here.")),
        400 => (T("Not understood"), T("The request was not complete. Go back, load the page again and repeat it.")),
        403 => (T("Not open to this account"), T("What this account may see and do is set on the Access page by an administrator.")),
        413 => (T("Too large"), T("What was sent is larger than this server accepts.")),
        507 => (T("The disk is full"), T(DiskFull.Words)),
        503 => (T("Not available just now"), T("The database does not answer. Nothing was lost, and you are still signed in: try again in a minute.")),
        null => (T("Something went wrong"), T("Nothing was lost. The log has the details under {0}.", Show.RequestId(HttpContext))),
        _ => (T("Not possible"), T("The server answered with {0}.", status)),
    };
}
