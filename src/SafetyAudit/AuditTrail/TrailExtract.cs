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

    sealed record Line(long Sequence, string At, string Actor, string Origin, string Action, string Subject, string? ClinicId, string? Before, string? After, string? Why, int KeyNumber, string PreviousHash, string Hash, string Seal);

    const string Format = "safetyaudit-trail-1";

    public static async Task WriteAsync(SafetyAuditDb db, Stream to, long first, long last, DateTime now, CancellationToken ct)
    {
        var entries = db.AuditEntries.AsNoTracking().Where(e => e.Sequence >= first && e.Sequence <= last).OrderBy(e => e.Sequence);
        byte[] previous = await entries.Select(e => e.PreviousHash).FirstOrDefaultAsync(ct) ?? AuditEntry.Beginning;
        await WriteLineAsync(to, new Header(Format, first, last, Convert.ToHexStringLower(previous), now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture)), ct);
        await foreach (var e in entries.AsAsyncEnumerable().WithCancellation(ct))
            await WriteLineAsync(to, new Line(e.Sequence, e.At, e.Actor, e.Origin, Codes.Of(e.Action), e.Subject, e.ClinicId, e.Before, e.After, e.Why, e.KeyNumber,
                Convert.ToHexStringLower(e.PreviousHash), Convert.ToHexStringLower(e.Hash), Convert.ToHexStringLower(e.Seal)), ct);
    }

    /// <summary>Checks an extract: its hashes, and its seals where the keys of the installation are at hand.</summary>
    /// <exception cref="InvalidDataException">It is no extract.</exception>
    public static async Task<TrailCheck> VerifyAsync(string path, KeyRing? keys, CancellationToken ct)
    {
        using var lines = new StreamReader(path);
        var header = Parse<Header>(await lines.ReadLineAsync(ct));
        if (header?.Format != Format) throw new InvalidDataException($"{Path.GetFileName(path)} is no extract of an audit trail.");
        var chain = new VerifyTrail.Chain(keys, (header.First - 1, Convert.FromHexString(header.PreviousHash)));
        while (await lines.ReadLineAsync(ct) is { } text)
        {
            if (Parse<Line>(text) is not { } line || Entry(line) is not { } entry) return chain.Result(new(chain.Last + 1, "can't be read"));
            if (chain.Next(entry) is { } fault) return chain.Result(fault);
        }
        return chain.Result(chain.Last < header.Last ? new(chain.Last + 1, $"is missing: the extract was made to entry {header.Last}") : null);
    }

    static AuditEntry? Entry(Line line) => Codes.TryParse<AuditAction>(line.Action, out var action) && DateTime.TryParse(line.At, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal, out var at)
        ? new()
        {
            Sequence = line.Sequence, AtUtc = at, Actor = line.Actor, Origin = line.Origin, Action = action, Subject = line.Subject, ClinicId = line.ClinicId, Before = line.Before, After = line.After,
            Why = line.Why, KeyNumber = line.KeyNumber, PreviousHash = Convert.FromHexString(line.PreviousHash), Hash = Convert.FromHexString(line.Hash), Seal = Convert.FromHexString(line.Seal),
        } : null;

    static async Task WriteLineAsync<T>(Stream to, T value, CancellationToken ct) => await to.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(value, Json.Options), (byte)'\n'], ct);

    static T? Parse<T>(string? line) where T : class
    {
        try { return line is null ? null : JsonSerializer.Deserialize<T>(line, Json.Options); }
        catch (JsonException) { return null; }
    }
}
