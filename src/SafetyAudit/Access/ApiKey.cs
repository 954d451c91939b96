using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Access;

/// <summary>What a program shows instead of signing in: reaches one clinic. The secret itself is shown once and never kept.</summary>
public sealed class ApiKey
{
    public long Id { get; set; }
    public required string Name { get; set; }
    public required string ClinicId { get; set; }

    /// <summary>SHA-256 of the secret, lower-case hexadecimal. The secret is 256 random bits: no slow hash is needed.</summary>
    public required string SecretHash { get; set; }

    public DateTime MadeAtUtc { get; set; }
    public DateTime? RevokedAtUtc { get; set; }

    /// <summary>A new key and its secret, which begins with <c>sa_</c> so that a scanner for leaked secrets can find it.</summary>
    public static (ApiKey Key, string Secret) Make(string name, string clinicId, DateTime now)
    {
        string secret = "sa_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return (new() { Name = name, ClinicId = clinicId, SecretHash = HashOf(secret), MadeAtUtc = now }, secret);
    }

    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
