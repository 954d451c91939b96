using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;

namespace SafetyAudit.Host.Security;

/// <summary>
/// Slows down whoever guesses: per account and address, and per address. There is no limit per account alone, since with that anybody could keep anybody
/// out; only wrong codes have one, for which the password must be known first.
/// </summary>
public sealed class SignInThrottle : IDisposable
{
    readonly PartitionedRateLimiter<string> addresses = Buckets(50, TimeSpan.FromSeconds(6));
    readonly PartitionedRateLimiter<(string Name, string Address)> accounts = Buckets<(string, string)>(10, TimeSpan.FromMinutes(1));
    readonly PartitionedRateLimiter<string> codes = Buckets(20, TimeSpan.FromMinutes(3));

    /// <summary>Counts an attempt. Null when it may be made, else how long to wait.</summary>
    public TimeSpan? Attempt(HttpContext context, string name)
    {
        string address = Partition(context.Connection.RemoteIpAddress);
        return Take(addresses, address) ?? Take(accounts, (name.Length > 256 ? name[..256] : name, address));
    }

    /// <summary>Counts an attempt that names no account.</summary>
    public TimeSpan? Attempt(HttpContext context) => Take(addresses, Partition(context.Connection.RemoteIpAddress));

    /// <summary>Counts a code that is tried after the right password.</summary>
    public TimeSpan? AttemptCode(HttpContext context, string userId) => Take(addresses, Partition(context.Connection.RemoteIpAddress)) ?? Take(codes, userId);

    // Somebody with IPv6 has a whole network of addresses.
    internal static string Partition(IPAddress? address) => address switch
    {
        null => "",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };

    internal static TimeSpan? Take<T>(PartitionedRateLimiter<T> limiter, T key)
    {
        using var lease = limiter.AttemptAcquire(key);
        if (lease.IsAcquired) return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.FromMinutes(1);
    }

    static PartitionedRateLimiter<string> Buckets(int atOnce, TimeSpan thenOneIn) => Buckets<string>(atOnce, thenOneIn);

    internal static PartitionedRateLimiter<T> Buckets<T>(int atOnce, TimeSpan thenOneIn) where T : notnull =>
        PartitionedRateLimiter.Create<T, T>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => new()
        {
            TokenLimit = atOnce, TokensPerPeriod = 1, ReplenishmentPeriod = thenOneIn, QueueLimit = 0,
        }));

    public void Dispose()
    {
        addresses.Dispose();
        accounts.Dispose();
        codes.Dispose();
    }
}
