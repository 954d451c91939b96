using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Access;

/// <summary>The six digits an authenticator app shows: TOTP, RFC 6238, with SHA-1 and steps of 30 seconds, which is what every app understands.</summary>
public static class OneTimeCode
{
    const int StepSeconds = 30;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(20);

    /// <summary>What the QR code holds.</summary>
    public static string Link(string userName, byte[] secret) =>
        $"otpauth://totp/SafetyAudit:{Uri.EscapeDataString(userName)}?secret={Base32(secret)}&issuer=SafetyAudit";

    /// <summary>
    /// The time step whose code this is, or null. The step before and the one after count too, since clocks differ; a step that is not later than
    /// <paramref name="spent"/> does not, so no code is accepted twice.
    /// </summary>
    public static long? StepOf(byte[] secret, string code, DateTimeOffset now, long? spent)
    {
        long current = now.ToUnixTimeSeconds() / StepSeconds;
        long? found = null;
        for (long step = current - 1; step <= current + 1; step++)
            if (CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(At(secret, step)), Encoding.UTF8.GetBytes(code))) found = step;
        return found > (spent ?? long.MinValue) ? found : null;
    }

    /// <summary>The code of a moment.</summary>
    public static string At(byte[] secret, DateTimeOffset moment) => At(secret, moment.ToUnixTimeSeconds() / StepSeconds);

    static string At(byte[] secret, long step)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // RFC 6238's default and the only hash all apps know; a MAC does not need SHA-1 to be free of collisions
        byte[] mac = HMACSHA1.HashData(secret, counter);
#pragma warning restore CA5350
        int number = BinaryPrimitives.ReadInt32BigEndian(mac.AsSpan(mac[^1] & 15)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>RFC 4648 base 32, without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        for (int bit = 0; bit < bytes.Length * 8; bit += 5)
        {
            int pair = bytes[bit / 8] << 8 | (bit / 8 + 1 < bytes.Length ? bytes[bit / 8 + 1] : 0);
            text.Append("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[pair >> 11 - bit % 8 & 31]);
        }
        return text.ToString();
    }
}

/// <summary>What opens the account once when the phone is lost.</summary>
/// <remarks>120 random bits each: too many to guess from a plain hash, so that no slow one is needed (ASVS 6.5.2 asks for 112).</remarks>
public static class RecoveryCode
{
    public static IReadOnlyList<string> NewSet() => [.. Enumerable.Range(0, 10).Select(_ => New())];

    /// <summary>Of a code as somebody typed it: case, spaces and hyphens do not count.</summary>
    public static string HashOf(string code) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(code.Where(char.IsLetterOrDigit)).ToUpperInvariant())));

    static string New() => string.Join('-', OneTimeCode.Base32(RandomNumberGenerator.GetBytes(15)).Chunk(6).Select(group => new string(group)));
}
