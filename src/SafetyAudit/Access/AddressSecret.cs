using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Access;

/// <summary>What in an address opens it to whoever knows it: 160 random bits. Kept as a hash; so many bits need no slow one.</summary>
public static class AddressSecret
{
    /// <summary>Thirty-two lower-case letters and digits.</summary>
    public static string New() => OneTimeCode.Base32(RandomNumberGenerator.GetBytes(20)).ToLowerInvariant();

    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string HashOf(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
