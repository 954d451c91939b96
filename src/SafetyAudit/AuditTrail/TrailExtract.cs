using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.AuditTrail;

/// <summary>
/// The trail, or an unbroken part of it, as a file that can be checked on another machine: JSON lines, the first naming the format and the hash that the part
/// follows on, then one entry a line with every field, hashes and seals in hexadecimal. The README says how the hash is made.
/// </summary>
public static class TrailExtract
{
    sealed record Header(string Format, long First, long Last, string PreviousHash, string ExtractedAt);

    sealed record Line(
        long Sequence, string At, string Actor, string Origin, string Action, string Subject, string? ClinicId, string? Before, string? After, string? Why, int KeyNumber,
        string PreviousHash, string Hash, string Seal);

    const string Format = "safetyaudit-trail-1";

    public static async Task WriteAsync(SafetyAuditDb db, Stream to, long first, long last, DateTime now, CancellationToken ct)
    {
        var entries = db.AuditEntries.AsNoTracking().Where(e => e.Sequence >= first && e.Sequence <= last).OrderBy(e => e.Sequence);
        byte[] previous = await entries.Select(e => e.PreviousHash).FirstOrDefaultAsync(ct) ?? AuditEntry.Beginning;
        await WriteLineAsync(to, new Header(Format, first, last, Convert.ToHexStringLower(previous), now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)), ct);
        await foreach (var e in entries.AsAsyncEnumerable().WithCancellation(ct))
            await WriteLineAsync(to, new Line(e.Sequence, e.At, e.Actor, e.Origin, Codes.Of(e.Action), e.Subject, e.ClinicId, e.Before, e.After, e.Why, e.KeyNumber,
                Convert.ToHexStringLower(e.PreviousHash), Convert.ToHexStringLower(e.Hash), Convert.ToHexStringLower(e.Seal)), ct);
    }

    /// <summary>Checks an extract: its hashes; its seals, where the keys are at hand; and that it agrees with the heads and the database that are.</summary>
    /// <remarks>Makes and changes nothing, so that it can be asked on any machine.</remarks>
    /// <exception cref="InvalidDataException">It is no extract.</exception>
    public static async Task<TrailCheck> VerifyAsync(string path, KeyRing? keys, KeptHeads? heads, DatabaseSettings? database, CancellationToken ct)
    {
        using var lines = new StreamReader(path);
        var header = Parse<Header>(await lines.ReadLineAsync(ct));
        if (header?.Format != Format || header.First < 1 || Hash(header.PreviousHash) is not { } before) throw new InvalidDataException($"{Path.GetFileName(path)} is no extract of an audit trail.");
        bool haveKeys = keys is not null && Directory.Exists(keys.Directory) && Directory.EnumerateFiles(keys.Directory, "key-*").Any();
        var chain = new VerifyTrail.Chain(number => haveKeys ? KeyOf(keys!, number) : (null, null), (header.First - 1, before));
        if (header.First == 1 && !before.AsSpan().SequenceEqual(AuditEntry.Beginning)) return chain.Result(new(1, "does not follow on the beginning"));
        var kept = new VerifyTrail.HeadsToMeet(heads is null ? new("", [], null) : heads with { Heads = [.. heads.Heads.Where(h => h.Sequence <= header.Last)] }, after: header.First - 1);
        AuditEntry? last = null;
        while (await lines.ReadLineAsync(ct) is { } text)
        {
            if (Parse<Line>(text) is not { } line || Entry(line) is not { } entry) return chain.Result(new(chain.Last + 1, "can't be read"));
            if ((chain.Next(entry) ?? kept.Meet(entry)) is { } fault) return chain.Result(fault);
            last = entry;
        }
        if (chain.Last < header.Last) return chain.Result(new(chain.Last + 1, $"is missing: the extract was made to entry {header.Last}"));
        if (kept.Missing(chain.Last) is { } missing) return chain.Result(missing);
        string? compared = null;
        if (last is not null && database is not null && await CompareAsync(last, database) is var (differs, words))
        {
            if (differs is not null) return chain.Result(differs);
            compared = words;
        }
        string beginning = header.First > 1 ? $"; what came before entry {header.First} is not in it" : "";
        return chain.Result(null) with
        {
            Said =
            [
                $"entries {header.First} to {chain.Last}{beginning}; what came after can't be judged from an extract",
                haveKeys ? "each entry's hash and seal checked" : "each entry's hash checked; seals were not checked: the keys are not here",
                heads?.Heads.Count > 0 ? kept.Said() : "not compared with heads: none are here",
                .. (heads?.Heads ?? []).TakeLast(1).Where(h => h.Sequence > chain.Last).Select(h => $"the extract ends at entry {chain.Last}, and the last head kept is of entry {h.Sequence} ({h.At}): what lies between was not taken into it, or was left out"),
                compared ?? "not compared with a database: none is here",
            ],
        };
    }

    static (byte[]?, string?) KeyOf(KeyRing keys, int number)
    {
        try { return (keys.Key(KeyPurpose.AuditTrail, number).ToArray(), null); }
        catch (KeyMissingException) { return (null, $"names key {number}, which is not in {keys.Directory}: its seal can't be checked"); }
    }

    // The extract's last entry beside the same one of the database, which is neither made nor brought up to date for it.
    static async Task<(TrailFault? Fault, string? Words)?> CompareAsync(AuditEntry last, DatabaseSettings settings)
    {
        try
        {
            if (settings.IsSqlite)
            {
                var file = new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(settings.ConnectionString) { Mode = Microsoft.Data.Sqlite.SqliteOpenMode.ReadOnly };
                if (!File.Exists(file.DataSource)) return null;
                settings = settings with { ConnectionString = file.ConnectionString };
            }
            var options = new DbContextOptionsBuilder<SafetyAuditDb>();
            Database.Configure(options, settings);
            await using var db = new SafetyAuditDb(options.Options);
            await foreach (var row in StoredEntry.ReadAsync(db, last.Sequence))
                return row.Entry?.Hash.AsSpan().SequenceEqual(last.Hash) == true ? (null, $"entry {last.Sequence} is the same in the database here") : (new(last.Sequence, "is another one in the database here"), null);
            return (new(last.Sequence, "is missing in the database here"), null);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or InvalidOperationException)
        {
            return (null, $"not compared with the database here, which can't be read: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    // Every field as the program writes it and no other way, since what is hashed is made anew from them.
    static AuditEntry? Entry(Line line) =>
        line is { Actor: not null, Origin: not null, Subject: not null, At: not null, Action: not null } && Codes.TryParse<AuditAction>(line.Action, out var action) && Codes.Of(action) == line.Action
        && DateTime.TryParse(line.At, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var at)
        && Hash(line.PreviousHash) is { } previous && Hash(line.Hash) is { } hash && Hash(line.Seal) is { } seal
        && new AuditEntry
        {
            Sequence = line.Sequence, AtUtc = at, Actor = line.Actor, Origin = line.Origin, Action = action, Subject = line.Subject, ClinicId = line.ClinicId, Before = line.Before, After = line.After,
            Why = line.Why, KeyNumber = line.KeyNumber, PreviousHash = previous, Hash = hash, Seal = seal,
        } is var entry && entry.At == line.At ? entry : null;

    static byte[]? Hash(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;

    static async Task WriteLineAsync<T>(Stream to, T value, CancellationToken ct) => await to.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(value, Json.Options), (byte)'\n'], ct);

    static T? Parse<T>(string? line) where T : class
    {
        try { return line is null ? null : JsonSerializer.Deserialize<T>(line, Json.Options); }
        catch (JsonException) { return null; }
    }
}
