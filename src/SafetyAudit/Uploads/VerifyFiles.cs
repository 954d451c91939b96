using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>Looks for the bytes kept of every file: whether they are there, and where asked for, whether they open and are the ones that were received.</summary>
public static class VerifyFiles
{
    public static async IAsyncEnumerable<string> RunAsync(
        SafetyAuditDb db, DatabaseSettings database, KeyRing keys, bool open, ICollection<string> said, [EnumeratorCancellation] CancellationToken ct)
    {
        var uploads = await db.Uploads.AsNoTracking().Where(u => u.CompletedAtUtc != null).OrderBy(u => u.Id).Select(u => new { u.Id, u.Fingerprint }).ToListAsync(ct);
        var checkedAlready = new HashSet<string>();
        foreach (var upload in uploads)
            if (checkedAlready.Add(upload.Fingerprint) && await FaultAsync(ReceiveUpload.PathOf(database, upload.Fingerprint), upload.Fingerprint, keys, open, ct) is { } fault) yield return $"upload {upload.Id}: {fault}";
        said.Add($"{checkedAlready.Count} kept files are there" + (open ? ", and what they hold is what was received" : "; what they hold was not looked at (--files does)"));
    }

    static async Task<string?> FaultAsync(string path, string fingerprint, KeyRing keys, bool open, CancellationToken ct)
    {
        // The name comes from the database.
        if (fingerprint.Split('-') is not [var number, { Length: 64 } hex] || !int.TryParse(number, out int key) || !hex.All(char.IsAsciiHexDigitLower))
            return "its fingerprint is none, so its bytes can't be looked for";
        if (!File.Exists(path)) return "the bytes kept of it are gone";
        if (!open) return null;
        try
        {
            await using var content = SealedFile.Open(path, keys);
            byte[] found = await HMACSHA256.HashDataAsync(keys.Key(KeyPurpose.Fingerprints, key).ToArray(), content, ct);
            return Convert.ToHexStringLower(found) == hex ? null : "the bytes kept of it are another file's";
        }
        catch (Exception e) when (e is DamagedFileException or CryptographicException)
        {
            return "the bytes kept of it were changed or cut";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"the bytes kept of it can't be opened: {e.Message}";
        }
    }
}
