using System.Net;
using System.Net.Http.Headers;
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

    /// <summary>The one before it, which signs too for a day: until then a receiver may change over.</summary>
    [Unaudited] public byte[]? SealedBefore { get; set; }

    /// <summary>When the secret was last replaced.</summary>
    public DateTime? RenewedAtUtc { get; set; }

    static readonly TimeSpan BothSign = TimeSpan.FromDays(1);

    public DateTime MadeAtUtc { get; set; }
    public DateTime? EndedAtUtc { get; set; }

    /// <summary>A new one and its secret, which is shown once.</summary>
    public static (Webhook Webhook, string Secret) Make(string? clinicId, Uri url, KeyRing keys, DateTime now)
    {
        var made = new Webhook { ClinicId = clinicId, Url = url.AbsoluteUri, MadeAtUtc = now };
        return (made, made.NewSecret(keys));
    }

    /// <summary>Gives it another secret, which is shown once.</summary>
    public string Renew(KeyRing keys, DateTime now)
    {
        (SealedBefore, RenewedAtUtc) = (Sealed, now);
        return NewSecret(keys);
    }

    string NewSecret(KeyRing keys)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(32);
        Sealed = keys.Seal(KeyPurpose.Webhooks, keys.Newest, secret, Encoding.UTF8.GetBytes(Url));
        return Prefix + Convert.ToBase64String(secret);
    }

    /// <summary>What is wrong with an address, in words; nothing where it will do.</summary>
    /// <param name="url">As it was typed.</param>
    /// <param name="settings">Which internal networks may be reached.</param>
    public static string? Problem(string? url, NoticeSettings settings) =>
        !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps ? "Give a whole address that begins with https://."
        : address.UserInfo.Length > 0 || address.Fragment.Length > 0 ? "Leave out name, password and what follows #." : address.AbsoluteUri.Length > 500 ? "The address is longer than 500 characters."
        : IPAddress.TryParse(address.DnsSafeHost, out var host) && !OutboundRequests.MayReach(host, settings) ? "It lies in an internal network, and internal addresses are not told anything." : null;

    /// <summary>The request that tells of something.</summary>
    /// <param name="id">The same at every attempt, by which a receiver tells a repetition.</param>
    /// <param name="body">JSON.</param>
    /// <param name="keys">For the secret.</param>
    /// <param name="now">The instant that is signed too, against replay.</param>
    /// <exception cref="CryptographicException">What is kept of the secret was changed.</exception>
    public HttpRequestMessage Request(string id, byte[] body, KeyRing keys, DateTime now)
    {
        byte[][] secrets = SealedBefore is { } before && now < RenewedAtUtc + BothSign ? [Sealed, before] : [Sealed];
        string timestamp = new DateTimeOffset(now).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(HttpMethod.Post, Url) { Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp);
        request.Headers.Add("webhook-signature", string.Join(' ', secrets.Select(secret => Sign(keys.Unseal(KeyPurpose.Webhooks, secret, Encoding.UTF8.GetBytes(Url)), id, timestamp, body))));
        return request;
    }

    /// <summary>"v1," and the base64 of HMAC-SHA-256 over id, timestamp and body with dots between.</summary>
    public static string Sign(byte[] secret, string id, string timestamp, byte[] body) =>
        "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, (byte[])[.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body]));
}
