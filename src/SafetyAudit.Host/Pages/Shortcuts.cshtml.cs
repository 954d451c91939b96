using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages;

/// <summary>The keys that lead to pages.</summary>
[Needs(Permission.KeepOwnAccount)]
public sealed class ShortcutsModel(SafetyAuditDb db) : PageModel
{
    public IReadOnlyList<Section> Sections { get; private set; } = [];

    public void OnGet() => Sections = [.. Navigation.For(db.Actor.Permissions)];
}
