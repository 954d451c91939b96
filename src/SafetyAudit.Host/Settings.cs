using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host;

/// <summary>Where settings come from, and their defaults: the command line over environment variables over <c>appsettings.json</c>.</summary>
static class Settings
{
    /// <summary>Tells settings on the command line (<c>--Data:Directory x</c>, <c>--urls x</c>) from verbs and their options.</summary>
    public static (string[] Settings, string[] Verbs) Split(string[] args)
    {
        var settings = new List<string>();
        var verbs = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            bool isSetting = args[i].Length > 2 && args[i].StartsWith("--", StringComparison.Ordinal) && (char.IsUpper(args[i][2]) && args[i].Split('=')[0].Contains(':', StringComparison.Ordinal) || args[i] == "--urls" || args[i].StartsWith("--urls=", StringComparison.Ordinal));
            if (!isSetting) verbs.Add(args[i]);
            else if (args[i].Contains('=', StringComparison.Ordinal)) settings.Add(args[i]);
            else
            {
                settings.Add(args[i]);
                if (i + 1 < args.Length) settings.Add(args[++i]);
            }
        }
        return ([.. settings], [.. verbs]);
    }

    public static DatabaseSettings Database(IConfiguration configuration) =>
        DatabaseSettings.For(configuration["Database:Provider"], configuration["Database:ConnectionString"], configuration["Data:Directory"] ?? "data");

    public static AccessSettings Access(IConfiguration configuration)
    {
        var access = new AccessSettings(
            TimeSpan.FromMinutes(configuration.GetValue("Access:IdleMinutes", 15.0)), TimeSpan.FromHours(configuration.GetValue("Access:AbsoluteHours", 12.0)),
            configuration.GetValue("Access:SecondStepRequired", false));
        return access.Idle >= TimeSpan.FromMinutes(1) && access.Absolute >= access.Idle && access.Absolute <= TimeSpan.FromDays(30) ? access
            : throw new ArgumentException("Access:IdleMinutes must be at least 1, and Access:AbsoluteHours not shorter than that and at most 720.");
    }

    public static KeyRing Keys(IConfiguration configuration) =>
        new(configuration["Keys:Directory"] is { Length: > 0 } directory ? directory : Path.Combine(Database(configuration).Directory, "keys"));

    public static string TrailHeads(IConfiguration configuration) =>
        Path.GetFullPath(configuration["AuditTrail:HeadsFile"] is { Length: > 0 } path ? path : Path.Combine(Database(configuration).Directory, "audit-heads.csv"));

    public static UploadSettings Uploads(IConfiguration configuration)
    {
        string zone = configuration["Clinics:TimeZone"] ?? "Etc/UTC";
        return new(
            TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : throw new ArgumentException($"Clinics:TimeZone is '{zone}', which is no IANA time zone. Use a name such as Europe/London."),
            configuration.GetValue("Uploads:LargestMegabytes", 2048L) * 1024 * 1024);
    }
}
