using System.Net;
using System.Net.Mail;
using Microsoft.AspNetCore.HttpOverrides;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Notices;
using SafetyAudit.Uploads;

namespace SafetyAudit.Host;

/// <summary>Where settings come from, and their defaults: the command line over environment variables over <c>appsettings.json</c>.</summary>
static class Settings
{
    /// <summary>For the framework: settings are read once, at the start. Watching their files takes something of which a machine has few.</summary>
    public const string ReadOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Tells settings on the command line (<c>--Data:Directory x</c>, <c>--urls x</c>) from verbs and their options.</summary>
    public static (string[] Settings, string[] Verbs) Split(string[] args)
    {
        var settings = new List<string>();
        var verbs = new List<string>();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i].Split('=')[0];
            bool isSetting = name is "--urls" or "--AllowedHosts"
                || name.Length > 2 && name.StartsWith("--", StringComparison.Ordinal) && char.IsUpper(name[2]) && name.Contains(':', StringComparison.Ordinal);
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

    /// <summary>The names it answers to. Links it makes carry the name it was asked by, so that a wrong one would lead people elsewhere.</summary>
    public static IList<string> Hosts(IConfiguration configuration) =>
        (configuration["AllowedHosts"] is { Length: > 0 } hosts ? hosts : "localhost;*.localhost;127.0.0.1;[::1]")
            .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whose word is taken for where a request came from and whether it came over https: that of the proxies named, and of nobody else.</summary>
    public static void Proxies(IConfiguration configuration, ForwardedHeadersOptions forwarded)
    {
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (string proxy in (configuration["Proxies:Known"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPAddress.TryParse(proxy, out var address)) forwarded.KnownProxies.Add(address);
            else if (System.Net.IPNetwork.TryParse(proxy, out var network)) forwarded.KnownIPNetworks.Add(network);
            else throw new ArgumentException($"Proxies:Known has '{proxy}', which is neither an address nor a network such as 10.0.0.0/24.");
        }
        // Without anybody known the framework would believe everybody. The name a proxy was asked by it passes on as it is, in Host.
        bool any = forwarded.KnownProxies.Count + forwarded.KnownIPNetworks.Count > 0;
        forwarded.ForwardedHeaders = any ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto : ForwardedHeaders.None;
        forwarded.ForwardLimit = null;
    }

    public static int RequestsAtOnce(IConfiguration configuration) =>
        configuration.GetValue("Requests:AtOnce", 64) is >= 4 and <= 10_000 and var atOnce ? atOnce
        : throw new ArgumentException("Requests:AtOnce must lie between 4 and 10000.");

    public static KeyRing Keys(IConfiguration configuration) =>
        new(configuration["Keys:Directory"] is { Length: > 0 } directory ? directory : Path.Combine(Database(configuration).Directory, "keys"));

    public static string TrailHeads(IConfiguration configuration) =>
        Path.GetFullPath(configuration["AuditTrail:HeadsFile"] is { Length: > 0 } path ? path : Path.Combine(Database(configuration).Directory, "audit-heads.csv"));

    public static WatchSettings Watch(IConfiguration configuration) =>
        new(configuration["Uploads:WatchedFolder"] is { Length: > 0 } folder ? Path.GetFullPath(folder) : null,
            configuration["Uploads:WatchedFor"] is { Length: > 0 } clinic ? clinic : null, TimeSpan.FromSeconds(3));

    public static NoticeSettings Notices(IConfiguration configuration)
    {
        Uri? address = configuration["Notices:Address"] is not { Length: > 0 } given ? null
            : Uri.TryCreate(given.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : throw new ArgumentException($"Notices:Address is '{given}', which is no address such as https://audit.example.org.");
        SmtpSettings? smtp = null;
        if (configuration["Notices:SmtpHost"] is { Length: > 0 } host)
        {
            if (address is null) throw new ArgumentException("Notices:SmtpHost is set and Notices:Address is not: mail needs the dashboard's address for its links.");
            var (user, password, encrypted) = (configuration["Notices:SmtpUser"] is { Length: > 0 } name ? name : null, configuration["Notices:SmtpPassword"], configuration.GetValue("Notices:SmtpEncrypted", true));
            if (user is not null && !encrypted && host != "localhost" && !(IPAddress.TryParse(host, out var at) && IPAddress.IsLoopback(at)))
                throw new ArgumentException("Notices:SmtpUser is set and Notices:SmtpEncrypted is not: its password would cross the network in the open.");
            smtp = new(host, configuration.GetValue("Notices:SmtpPort", 587), MailAddress.TryCreate(configuration["Notices:From"], out var from) ? from : throw new ArgumentException("Notices:From must be the mail address that notices come from."),
                encrypted, user, password);
        }
        return new(address, smtp, Hour(configuration["Notices:QuietFrom"], new(20, 0)), Hour(configuration["Notices:QuietTo"], new(7, 0)), Uploads(configuration).DefaultTimeZone,
            [.. (configuration["Notices:InternalNetworks"] ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(n => System.Net.IPNetwork.TryParse(n, out var network) ? network : throw new ArgumentException($"Notices:InternalNetworks has '{n}', which is no network such as 10.0.0.0/24."))]);

        static TimeOnly Hour(string? text, TimeOnly otherwise) => string.IsNullOrEmpty(text) ? otherwise
            : TimeOnly.TryParseExact(text, "HH:mm", out var hour) ? hour : throw new ArgumentException($"Notices:QuietFrom and Notices:QuietTo must be times such as 20:00, and one is '{text}'.");
    }

    public static UploadSettings Uploads(IConfiguration configuration)
    {
        string zone = configuration["Clinics:TimeZone"] ?? "Etc/UTC";
        return new(
            TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : throw new ArgumentException($"Clinics:TimeZone is '{zone}', which is no IANA time zone. Use a name such as Europe/London."),
            configuration.GetValue("Uploads:LargestMegabytes", 2048L) * 1024 * 1024);
    }
}
