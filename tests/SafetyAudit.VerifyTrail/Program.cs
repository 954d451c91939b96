// Checks an extract of an audit trail, on any machine, and shares no code with the program that wrote it: only what the README says of the format.
//
//   dotnet run --project tests/SafetyAudit.VerifyTrail -- EXTRACT.jsonl [--heads HEADS.csv] [--keys DIRECTORY]
//
// Always checked: numbers without a gap, and each entry's hash over its content and the hash before it. With --heads, lines of sequence,hash,instant that
// someone kept earlier: the extract must hold the same hashes there. With --keys, the directory of the installation's master keys: each entry's seal too.
// Exit code 0 when everything holds, 1 with the first bad entry, 2 when the question can't be answered.
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

string? extract = null, headsFile = null, keys = null;
for (int i = 0; i < args.Length; i++)
{
    if (args[i] == "--heads" && i + 1 < args.Length) headsFile = args[++i];
    else if (args[i] == "--keys" && i + 1 < args.Length) keys = args[++i];
    else if (extract is null && !args[i].StartsWith('-')) extract = args[i];
    else return Unclear($"'{args[i]}' is not understood.");
}
if (extract is null || !File.Exists(extract)) return Unclear("Name an extract: EXTRACT.jsonl [--heads HEADS.csv] [--keys DIRECTORY]");

var heads = new Dictionary<long, string>();
foreach (string line in headsFile is null ? [] : File.ReadLines(headsFile))
    if (line.Split(',') is [var at, { Length: 64 } hash, ..] && long.TryParse(at, CultureInfo.InvariantCulture, out long number)) heads[number] = hash;

using var lines = new StreamReader(extract);
if (await lines.ReadLineAsync() is not { } first) return Unclear("The file is empty.");
long next, last, entries = 0;
byte[] previous;
try
{
    using var header = JsonDocument.Parse(first);
    if (Text(header.RootElement, "format") != "safetyaudit-trail-1") return Unclear("The file is no extract of an audit trail.");
    (next, last) = (header.RootElement.GetProperty("first").GetInt64(), header.RootElement.GetProperty("last").GetInt64());
    previous = Convert.FromHexString(Text(header.RootElement, "previous_hash")!);
    if (next < 1 || previous.Length != 32) return Unclear("The file is no extract of an audit trail.");
}
catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or ArgumentNullException)
{
    return Unclear("The file is no extract of an audit trail: its first line can't be read.");
}
if (next == 1 && previous.Any(b => b != 0)) return Bad(1, "does not follow on the beginning");
var seals = new Dictionary<int, byte[]>();
while (await lines.ReadLineAsync() is { } line)
{
    try
    {
        using var parsed = JsonDocument.Parse(line);
        var entry = parsed.RootElement;
        if (entry.GetProperty("sequence").GetInt64() != next) return Bad(next, "is missing or out of order");
        if (!previous.AsSpan().SequenceEqual(Convert.FromHexString(Text(entry, "previous_hash")!))) return Bad(next, "does not carry the hash of the entry before it");
        byte[] hash = SHA256.HashData([.. previous, .. Content(entry)]);
        if (Text(entry, "hash") is not { Length: 64 } written || !written.All(char.IsAsciiHexDigit)) return Bad(next, "can't be read");
        if (Convert.ToHexStringLower(hash) != written) return Bad(next, "was altered: its content does not give its hash");
        if (heads.Remove(next, out string? kept) && kept != Convert.ToHexStringLower(hash)) return Bad(next, "differs from the head that was kept: the trail was written anew up to here or further back");
        if (keys is not null)
        {
            int number = entry.GetProperty("key_number").GetInt32();
            if (!seals.TryGetValue(number, out byte[]? key))
            {
                string path = Path.Combine(keys, $"key-{number.ToString(CultureInfo.InvariantCulture)}");
                if (!File.Exists(path)) return Bad(next, $"names a key that is not in {keys}");
                seals[number] = key = HKDF.DeriveKey(HashAlgorithmName.SHA256, await File.ReadAllBytesAsync(path), 32, info: Encoding.ASCII.GetBytes($"safetyaudit audit_trail {number.ToString(CultureInfo.InvariantCulture)}"));
            }
            if (Convert.ToHexStringLower(HMACSHA256.HashData(key, hash)) != Text(entry, "seal")) return Bad(next, "was not written by the program: its seal does not hold");
        }
        (previous, next, entries) = (hash, next + 1, entries + 1);
    }
    catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or ArgumentNullException)
    {
        return Bad(next, "can't be read");
    }
}
if (next <= last) return Bad(next, $"is missing: the extract was made to entry {last}");
if (heads.Keys.Where(h => h >= next).Order().FirstOrDefault() is > 0 and var cut) return Bad(next, $"is missing: the trail had reached entry {cut} when a head was kept");
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{entries} entries hold{(keys is null ? "; seals were not checked" : ", with their seals")}; what came after can't be judged from an extract. Head: {next - 1},{Convert.ToHexStringLower(previous)}"));
return 0;

// The sequence as 8 bytes, big-endian; then each text as its length in UTF-8 bytes (4 bytes, big-endian; -1 for none) and the bytes.
static byte[] Content(JsonElement entry)
{
    using var content = new MemoryStream();
    Span<byte> number = stackalloc byte[8];
    BinaryPrimitives.WriteInt64BigEndian(number, entry.GetProperty("sequence").GetInt64());
    content.Write(number);
    foreach (string name in new[] { "at", "actor", "origin", "action", "subject", "clinic_id", "before", "after", "why" })
    {
        byte[]? text = Text(entry, name) is { } value ? Encoding.UTF8.GetBytes(value) : null;
        BinaryPrimitives.WriteInt32BigEndian(number, text?.Length ?? -1);
        content.Write(number[..4]);
        content.Write(text);
    }
    return content.ToArray();
}

static string? Text(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

static int Bad(long sequence, string what)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Entry {sequence} {what}."));
    return 1;
}

static int Unclear(string why)
{
    Console.Error.WriteLine(why);
    return 2;
}
