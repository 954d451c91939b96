using System.Globalization;
using System.Text;

namespace SafetyAudit.Host.Security;

/// <summary>Text from outside as it may stand in a log, a list or the audit trail: one line, short, nothing invisible.</summary>
static class LogText
{
    public static string Of(string? given, int longest = 64)
    {
        var text = new StringBuilder();
        foreach (var rune in (given ?? "").EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) continue;
            if (text.Length + rune.Utf16SequenceLength > longest) return text.Append('…').ToString();
            text.Append(rune.ToString());
        }
        return text.ToString();
    }

    /// <summary>What was asked for: a path, or a query.</summary>
    public static string Asked(string? path) => Of(path, 300);

    public static string Address(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } address => address.MapToIPv4().ToString(),
        var address => address.ToString(),
    };

    /// <summary>Browser and system in a few words, as the browser says of itself.</summary>
    public static string Browser(HttpContext context)
    {
        string said = context.Request.Headers.UserAgent.ToString();
        // In this order: nearly every browser also claims to be those further down.
        string? browser = Array.Find(["Edg", "OPR", "Firefox", "Chrome", "CriOS", "Safari"], name => said.Contains(name + "/", StringComparison.Ordinal));
        string? system = Array.Find(["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"], name => said.Contains(name, StringComparison.Ordinal));
        if (browser is null && system is null) return said.Length == 0 ? "unknown" : Of(said, 40);
        string name = browser switch { "Edg" => "Edge", "OPR" => "Opera", "CriOS" => "Chrome", null => "A browser", _ => browser };
        return system is null ? name : $"{name} on {system}";
    }
}
