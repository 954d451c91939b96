using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>A reader's language and formats. Kept in their browser, so that the sign-in page speaks their language too.</summary>
[Needs(Permission.KeepOwnAccount)]
public sealed class ReaderSettingsModel : PageModel
{
    public string? Language { get; private set; }
    public string? Format { get; private set; }
    public bool Kept { get; private set; }

    public void OnGet(string? done) => ((Language, Format), Kept) = (Reader.Chosen(Request), done == "kept");

    public IActionResult OnPost(string? language, string? format)
    {
        // What is not in the lists is no choice.
        language = Reader.Languages.FirstOrDefault(l => l.Name == language)?.Name;
        format = Reader.Formats.FirstOrDefault(f => f.Name == format)?.Name;
        var cookie = new CookieOptions { Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", MaxAge = TimeSpan.FromDays(365), IsEssential = true };
        if (language is null && format is null) Response.Cookies.Delete(Reader.Cookie, new() { Secure = true, HttpOnly = true, Path = "/" });
        else Response.Cookies.Append(Reader.Cookie, $"{language}|{format}", cookie);
        return Redirect("/settings?done=kept");
    }
}
