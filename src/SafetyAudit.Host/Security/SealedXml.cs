using System.Security.Cryptography;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using SafetyAudit.Access;

namespace SafetyAudit.Host.Security;

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
