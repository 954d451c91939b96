using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;

namespace SafetyAudit.Reports;

/// <summary>A file of a report.</summary>
public sealed record ReportFile(string Name, byte[] Content)
{
    public string Sha256 => Convert.ToHexStringLower(SHA256.HashData(Content));
}

/// <summary>
/// What a report was made from and of: the question, the program, every definition with its version, and the hash of every file. Sealed as entries of the audit trail are: HMAC-SHA-256 under a key
/// that is kept outside the database, in a file beside it.
/// </summary>
public static class Manifest
{
    public const string Name = "manifest.json", SealName = "manifest.json.seal";

    static readonly JsonSerializerOptions Readable = new(Json.Options) { WriteIndented = true, NewLine = "\n" };

    /// <summary>The manifest of files, and its seal.</summary>
    /// <param name="pack">What the files show.</param>
    /// <param name="files">All other files.</param>
    /// <param name="programVersion">Of the program that wrote them.</param>
    /// <param name="keys">Holds the key.</param>
    /// <param name="keyNumber">Which of the master keys.</param>
    public static ReportFile[] Write(CompliancePack pack, IEnumerable<ReportFile> files, string programVersion, KeyRing keys, int keyNumber)
    {
        var question = pack.Question;
        byte[] manifest = [.. JsonSerializer.SerializeToUtf8Bytes(new
        {
            Report = "compliance pack", Period = question.Period.Name, question.Period.From, question.Period.To, question.Audience, Clinic = question.ClinicId,
            AsKnownAt = question.AsKnownUtc, ProgramVersion = programVersion, RulesVersion = Rules.Version.ToString("x8", CultureInfo.InvariantCulture),
            Rules = Rules.All.ToDictionary(r => r.Id, r => r.Version),
            Measures = pack.Measures.Select(m => m.Code),
            Baselines = pack.Measures.Select(m => pack.Baselines.GetValueOrDefault(m.Code)).OfType<Baseline>().Select(b => new { b.Id, b.RatePer1000, b.Events, b.Denominator, b.Unit, b.Ascertainment, b.Confidence, b.Source }),
            Files = files.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => new { f.Name, Bytes = f.Content.Length, f.Sha256 }),
        }, Readable), (byte)'\n'];
        string seal = string.Create(CultureInfo.InvariantCulture, $"HMAC-SHA-256 {keyNumber} {Convert.ToHexStringLower(SealOf(keys, keyNumber, manifest))}\n");
        return [new(Name, manifest), new(SealName, Encoding.ASCII.GetBytes(seal))];
    }

    /// <summary>What is wrong with a report's files: the seal of its manifest, then each file that it lists. Nothing where all holds.</summary>
    /// <param name="read">The bytes of a file by its name; nothing where there is none.</param>
    /// <param name="keys">Holds the keys of the installation that made the report.</param>
    public static IEnumerable<string> Check(Func<string, byte[]?> read, KeyRing keys)
    {
        if (read(Name) is not { } manifest || read(SealName) is not { } seal) { yield return $"{Name} or {SealName} is missing."; yield break; }
        if (Encoding.ASCII.GetString(seal).Trim().Split(' ') is not ["HMAC-SHA-256", var key, { Length: 64 } code] || !int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number < 1 || number > keys.Newest
            || !code.All(char.IsAsciiHexDigit) || !CryptographicOperations.FixedTimeEquals(Convert.FromHexString(code), SealOf(keys, number, manifest)))
        {
            yield return $"{Name} was changed, or was not made by this installation: its seal does not hold.";
            yield break;
        }
        using var parsed = JsonDocument.Parse(manifest);
        foreach (var file in parsed.RootElement.GetProperty("files").EnumerateArray())
        {
            string name = file.GetProperty("name").GetString()!;
            if (read(name) is not { } content) yield return $"{name} is missing.";
            else if (new ReportFile(name, content).Sha256 != file.GetProperty("sha_256").GetString()) yield return $"{name} was changed.";
        }
    }

    static byte[] SealOf(KeyRing keys, int number, byte[] manifest) => HMACSHA256.HashData(keys.Key(KeyPurpose.Reports, number), manifest);
}
