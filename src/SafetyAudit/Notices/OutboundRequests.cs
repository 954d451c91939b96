using System.Net;
using System.Net.Sockets;

namespace SafetyAudit.Notices;

/// <summary>
/// Requests to addresses that somebody typed: never to this machine or its network, whatever a name resolves to at that moment. The address that was looked at is the one that is
/// connected to, and no redirect is followed.
/// </summary>
/// <param name="settings">Which internal networks may be reached all the same.</param>
/// <param name="resolve">How names are resolved; by the system's resolver unless another is given.</param>
/// <param name="patience">How long an answer is waited for; 20 seconds unless another time is given.</param>
public sealed class OutboundRequests(NoticeSettings settings, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TimeSpan? patience = null) : IDisposable
{
    // What is global and unicast is reached, less what is set aside in it (IANA's registries of special-purpose addresses): of IPv6 one eighth, less protocol assignments with Teredo, documentation and 6to4.
    static readonly IPNetwork GlobalV6 = IPNetwork.Parse("2000::/3");

    static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            // A public address by which a cloud's machines reach what is theirs alone.
            "168.63.129.16/32",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(IPNetwork.Parse),
    ];

    HttpClient? client;

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        client ??= new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10), PooledConnectionLifetime = TimeSpan.FromMinutes(1), ConnectCallback = ConnectAsync,
        }) { Timeout = patience ?? TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = 64 * 1024 };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
    }

    /// <summary>Whether an address lies on this machine, in its network, or where nobody is to be reached.</summary>
    public static bool IsInternal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !GlobalV6.Contains(address) || NotPublic.Any(n => n.Contains(address));
    }

    /// <summary>Whether an address is public, or lies in a network that may be reached all the same.</summary>
    public static bool MayReach(IPAddress address, NoticeSettings settings) => !IsInternal(address) || settings.Internal.Any(n => n.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        string host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await (resolve ?? Dns.GetHostAddressesAsync)(host, ct);
        // One that is internal among public ones is reason enough.
        if (addresses.Length == 0 || !addresses.All(a => MayReach(a, settings)))
            throw new HttpRequestException("The address is internal, and internal addresses are not told anything.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => client?.Dispose();
}
