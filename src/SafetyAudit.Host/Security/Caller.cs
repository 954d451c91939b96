using SafetyAudit.AuditTrail;

namespace SafetyAudit.Host.Security;

/// <summary>Where a request comes from, as far as it tells.</summary>
static class Caller
{
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
        if (browser is null && system is null) return said.Length == 0 ? "unknown" : LogText.Of(said, 40);
        string name = browser switch { "Edg" => "Edge", "OPR" => "Opera", "CriOS" => "Chrome", null => "A browser", _ => browser };
        return system is null ? name : $"{name} on {system}";
    }
}
