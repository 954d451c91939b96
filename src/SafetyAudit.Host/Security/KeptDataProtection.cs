using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using SafetyAudit.Access;

namespace SafetyAudit.Host.Security;

static class KeptDataProtection
{
    /// <summary>The keys that sign cookies, forms and invitations: kept beside the master keys, sealed by them, the same for every process of an installation.</summary>
    public static IServiceCollection AddKeptDataProtection(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddDataProtection().SetApplicationName("SafetyAudit").PersistKeysToFileSystem(new DirectoryInfo(Settings.Keys(configuration).Directory));
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing>((management, keys) => management.XmlEncryptor = new SealedXmlEncryptor(keys));
        return services;
    }
}

/// <summary>Keeps the keys that sign cookies and forms sealed on disk.</summary>
sealed class SealedXmlEncryptor(KeyRing keys) : IXmlEncryptor
{
    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        using var plain = new MemoryStream();
        plaintextElement.Save(plain, SaveOptions.DisableFormatting);
        byte[] closed = keys.Seal(KeyPurpose.DataProtection, keys.Newest, plain.GetBuffer().AsSpan(0, (int)plain.Length), []);
        CryptographicOperations.ZeroMemory(plain.GetBuffer());
        return new(new XElement("sealed", Convert.ToBase64String(closed)), typeof(SealedXmlDecryptor));
    }
}

/// <summary>Opens what <see cref="SealedXmlEncryptor"/> closed. The framework finds it by the name that stands beside the sealed value.</summary>
sealed class SealedXmlDecryptor(IServiceProvider services) : IXmlDecryptor
{
    public XElement Decrypt(XElement encryptedElement)
    {
        byte[] closed = Convert.FromBase64String(encryptedElement.Value);
        using var plain = new MemoryStream(services.GetRequiredService<KeyRing>().Unseal(KeyPurpose.DataProtection, closed, []));
        return XElement.Load(plain);
    }
}
