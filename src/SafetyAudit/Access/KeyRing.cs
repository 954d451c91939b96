using System.Security.Cryptography;
using System.Text;

namespace SafetyAudit.Access;

/// <summary>Placeholder until keys land.</summary>
public sealed class KeyRing(string directory)
{
    readonly Lazy<byte[]> first = new(() =>
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "key-1");
        if (!File.Exists(path)) File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(32));
        return File.ReadAllBytes(path);
    });

    public bool Has(int number) => number == 1;

    public int Newest { get; } = 1;

    public byte[] Derive(string purpose, int number) => HKDF.DeriveKey(HashAlgorithmName.SHA256, first.Value, 32, info: Encoding.UTF8.GetBytes($"{purpose}/{number}"));
}
