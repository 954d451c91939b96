using System.Security.Cryptography;
using System.Text;
using SafetyAudit.AuditTrail;

namespace SafetyAudit.Access;

/// <summary>A clinic's secret address for reporting an event without signing in, as it hangs in the waiting room. It opens one form, and what the clinic answered to whoever has a report's tracking code.</summary>
public sealed class ReportLink
{
    public long Id { get; set; }
    public required string ClinicId { get; set; }

    /// <summary>See <see cref="AddressSecret"/>.</summary>
    public required string SecretHash { get; set; }

    /// <summary>The secret, sealed, so that it can be printed again.</summary>
    [Unaudited] public byte[] Sealed { get; set; } = [];

    public DateTime MadeAtUtc { get; set; }

    /// <summary>From when on it opens nothing: another took its place, or it was ended.</summary>
    public DateTime? EndedAtUtc { get; set; }

    public static ReportLink Make(string clinicId, KeyRing keys, DateTime now)
    {
        string secret = AddressSecret.New(), hash = AddressSecret.HashOf(secret);
        return new() { ClinicId = clinicId, SecretHash = hash, MadeAtUtc = now, Sealed = keys.Seal(KeyPurpose.ReportLinks, keys.Newest, Encoding.ASCII.GetBytes(secret), Encoding.ASCII.GetBytes(hash)) };
    }

    /// <summary>The secret, or nothing where what is kept of it was changed.</summary>
    public string? Secret(KeyRing keys)
    {
        try
        {
            string secret = Encoding.ASCII.GetString(keys.Unseal(KeyPurpose.ReportLinks, Sealed, Encoding.ASCII.GetBytes(SecretHash)));
            return AddressSecret.HashOf(secret) == SecretHash ? secret : null;
        }
        catch (CryptographicException) { return null; }
    }
}
