using System.Globalization;
using System.Security.Cryptography;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.DataProtection;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Host.Security;

/// <summary>
/// What keeps the open report form from being abused, without anybody signing in or a cookie being kept: a token that only our page gives out, which names the link,
/// the tracking code and when it was opened; and a limit for each address and each link.
/// </summary>
public sealed class ReportForm(IDataProtectionProvider protection, TimeProvider time) : IDisposable
{
    /// <summary>How long a form may lie open. Shorter than deliveries are remembered, so that none can be sent as a second event.</summary>
    public static readonly TimeSpan Open = TimeSpan.FromHours(12);

    readonly IDataProtector protector = protection.CreateProtector("open event report");
    readonly PartitionedRateLimiter<(long Link, string Address)> senders = SignInThrottle.Buckets<(long, string)>(10, TimeSpan.FromMinutes(1));
    readonly PartitionedRateLimiter<long> links = SignInThrottle.Buckets<long>(100, TimeSpan.FromSeconds(30));

    /// <summary>A form as it was given out.</summary>
    public sealed record Opened(long LinkId, string Code, DateTime AtUtc);

    /// <summary>A new form's token.</summary>
    public string New(ReportLink link)
    {
        // 60 random bits: nobody guesses another's code, and it can be read out on the telephone.
        string letters = OneTimeCode.Base32(RandomNumberGenerator.GetBytes(8))[..12];
        return protector.Protect(string.Create(CultureInfo.InvariantCulture, $"{link.Id} R-{string.Join('-', letters.Chunk(4).Select(four => new string(four)))} {time.UtcNow().Ticks}"));
    }

    /// <summary>The form that a token was given out with; nothing for a forged one.</summary>
    public Opened? Read(string? token)
    {
        try
        {
            return protector.Unprotect(token ?? "").Split(' ') is [var link, var code, var ticks]
                ? new(long.Parse(link, CultureInfo.InvariantCulture), code, new DateTime(long.Parse(ticks, CultureInfo.InvariantCulture), DateTimeKind.Utc)) : null;
        }
        catch (Exception e) when (e is CryptographicException or FormatException) { return null; }
    }

    public bool IsOld(Opened form) => time.UtcNow() - form.AtUtc > Open;

    /// <summary>Counts a report. Null when it may come, else how long to wait.</summary>
    public TimeSpan? Attempt(HttpContext context, ReportLink link) =>
        SignInThrottle.Take(senders, (link.Id, SignInThrottle.Partition(context.Connection.RemoteIpAddress))) ?? SignInThrottle.Take(links, link.Id);

    public void Dispose()
    {
        senders.Dispose();
        links.Dispose();
    }
}
