using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SafetyAudit.Access;
using SafetyAudit.AuditTrail;

namespace SafetyAudit.Notices;

/// <summary>A program that is told of cases, by a signed request as the Standard Webhooks specification (version 1) has it.</summary>
public sealed class Webhook
{
    const string Prefix = "whsec_";

    public long Id { get; set; }

    /// <summary>Whose cases it is told of; empty for all clinics.</summary>
    public string? ClinicId { get; set; }

    public required string Url { get; set; }

    /// <summary>The secret that signs, sealed.</summary>
    [Unaudited] public byte[] Sealed { get; set; } = [];

    public DateTime MadeAtUtc { get; set; }
    public DateTime? EndedAtUtc { get; set; }

    /// <summary>A new one and its secret, which is shown once.</summary>
    public static (Webhook Webhook, string Secret) Make(string? clinicId, Uri url, KeyRing keys, DateTime now)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        return (new() { ClinicId = clinicId, Url = url.AbsoluteUri, MadeAtUtc = now, Sealed = keys.Seal(KeyPurpose.Webhooks, keys.Newest, secret, Encoding.UTF8.GetBytes(url.AbsoluteUri)) }, Prefix + Convert.ToBase64String(secret));
    }

    /// <summary>What is wrong with an address, in words; nothing where it will do.</summary>
    public static string? Problem(string? url) =>
        !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps ? "Give a whole address that begins with https://."
        : address.UserInfo.Length > 0 || address.Fragment.Length > 0 ? "Leave out name, password and what follows #." : address.AbsoluteUri.Length > 500 ? "The address is longer than 500 characters." : null;

    /// <summary>The request that tells of something.</summary>
    /// <param name="id">The same at every attempt, by which a receiver tells a repetition.</param>
    /// <param name="body">JSON.</param>
    /// <param name="keys">For the secret.</param>
    /// <param name="now">The instant that is signed too, against replay.</param>
    /// <exception cref="CryptographicException">What is kept of the secret was changed.</exception>
    public HttpRequestMessage Request(string id, byte[] body, KeyRing keys, DateTime now)
    {
        byte[] secret = keys.Unseal(KeyPurpose.Webhooks, Sealed, Encoding.UTF8.GetBytes(Url));
        string timestamp = new DateTimeOffset(now).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", Sign(secret, id, timestamp, body));
        return request;
    }

    /// <summary>"v1," and the base64 of HMAC-SHA-256 over id, timestamp and body with dots between.</summary>
    public static string Sign(byte[] secret, string id, string timestamp, byte[] body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body]));
}

/// <summary>
/// Requests to addresses that somebody typed: never to this machine or its network, whatever a name resolves to at that moment. The address that was looked at is the one that is
/// connected to, and no redirect is followed.
/// </summary>
/// <param name="settings">Which internal networks may be reached all the same.</param>
/// <param name="resolve">How names are resolved; by the system's resolver unless another is given.</param>
public sealed class OutboundRequests(NoticeSettings settings, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) : IDisposable
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
        }) { Timeout = TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = 64 * 1024 };
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
