namespace SafetyAudit.Host.Security;

/// <summary>
/// Below warnings the framework writes down whole addresses with what is asked for in them: invitations, ids of records. No setting can ask for that;
/// hosts that were turned away it may name.
/// </summary>
static class QuietFramework
{
    const string Framework = "Microsoft.AspNetCore", Hosts = "Microsoft.AspNetCore.HostFiltering";

    public static IServiceCollection AddQuietFramework(this IServiceCollection services) => services.PostConfigure<LoggerFilterOptions>(options =>
    {
        var louder = options.Rules.Where(r => r.CategoryName?.StartsWith(Framework, StringComparison.OrdinalIgnoreCase) == true).ToList();
        foreach (var rule in louder) options.Rules.Remove(rule);
        // A rule for one kind of log goes before those for all.
        foreach (string? log in options.Rules.Select(r => r.ProviderName).Append(null).Distinct().ToList())
        {
            options.Rules.Add(new(log, Framework, LogLevel.Warning, null));
            options.Rules.Add(new(log, Hosts, LogLevel.Information, null));
        }
    });
}
