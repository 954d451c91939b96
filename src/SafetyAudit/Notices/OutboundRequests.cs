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
    static readonly IPNetwork[] NotPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            // Unspecified, loopback, what carries an IPv4 address within (mapped, translated, 6to4, Teredo), documentation, unique local, link-local, site-local, multicast.
            "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
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
        return NotPublic.Any(n => n.Contains(address));
    }

    async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        string host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await (resolve ?? Dns.GetHostAddressesAsync)(host, ct);
        // One that is internal among public ones is reason enough.
        if (addresses.Length == 0 || addresses.Any(a => IsInternal(a) && !settings.Internal.Any(n => n.Contains(a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a))))
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
