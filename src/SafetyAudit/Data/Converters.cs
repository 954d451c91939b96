using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using SafetyAudit.Access;
using SafetyAudit.Sessions;

namespace SafetyAudit.Data;

/// <summary>Instants are UTC on both sides: PostgreSQL refuses others, SQLite forgets the kind.</summary>
sealed class UtcConverter() : ValueConverter<DateTime, DateTime>(v => v, v => DateTime.SpecifyKind(v, DateTimeKind.Utc));

sealed class CodeConverter<T>() : ValueConverter<T, string>(v => Codes.Of(v), v => Parse(v)) where T : struct, Enum
{
    static T Parse(string code) => Codes.TryParse<T>(code, out var value) ? value : throw new InvalidDataException($"The database holds '{code}', which is no {typeof(T).Name}.");
}

/// <summary>Lists are kept as they are written in files: separated by semicolons.</summary>
sealed class TextListConverter() : ValueConverter<IReadOnlyList<string>, string>(v => string.Join(';', v), v => Split(v))
{
    static string[] Split(string text) => text.Length == 0 ? [] : text.Split(';');
}

sealed class TextListComparer() : ValueComparer<IReadOnlyList<string>>((a, b) => a == b || a != null && b != null && a.SequenceEqual(b), v => v.Count, v => v);

sealed class RoleListConverter() : ValueConverter<IReadOnlyList<Role>, string>(v => string.Join(';', v.Select(Codes.Of)), v => Split(v))
{
    static Role[] Split(string text) =>
        text.Length == 0 ? [] : [.. text.Split(';').Select(code => Codes.TryParse<Role>(code, out var role) ? role : throw new InvalidDataException($"The database holds '{code}', which is no role."))];
}

sealed class RoleListComparer() : ValueComparer<IReadOnlyList<Role>>((a, b) => a == b || a != null && b != null && a.SequenceEqual(b), v => v.Count, v => v);

/// <summary>region/muscle/side;region/muscle/side</summary>
sealed class RegionListConverter() : ValueConverter<IReadOnlyList<SessionRegion>, string>(v => Join(v), v => Split(v))
{
    static string Join(IReadOnlyList<SessionRegion> regions)
    {
        if (regions.Count == 0) return "";
        var text = new StringBuilder();
        foreach (var place in regions) text.Append(text.Length > 0 ? ";" : "").Append(place.Region).Append('/').Append(place.Muscle).Append('/').Append(place.Side);
        return text.ToString();
    }

    static SessionRegion[] Split(string text)
    {
        if (text.Length == 0) return [];
        var regions = new SessionRegion[text.AsSpan().Count(';') + 1];
        int at = 0;
        foreach (var entry in text.AsSpan().Split(';'))
        {
            var its = text.AsSpan()[entry];
            int first = its.IndexOf('/'), second = its.LastIndexOf('/');
            if (first == second) throw new FormatException($"'{its}' is no region, muscle and side.");
            regions[at++] = new(Filled(its[..first]), Filled(its[(first + 1)..second]), Filled(its[(second + 1)..]));
        }
        return regions;
    }

    static string? Filled(ReadOnlySpan<char> text) => text.IsEmpty ? null : text.ToString();
}

sealed class RegionListComparer() : ValueComparer<IReadOnlyList<SessionRegion>>((a, b) => a == b || a != null && b != null && a.SequenceEqual(b), v => v.Count, v => v);

/// <summary>Kept as JSON.</summary>
sealed class JsonListConverter<T>() : ValueConverter<IReadOnlyList<T>, string>(v => JsonSerializer.Serialize(v, Json.Options), v => JsonSerializer.Deserialize<List<T>>(v, Json.Options)!);

// What is kept so is never changed, so that it is enough to know one from another.
sealed class JsonListComparer<T>() : ValueComparer<IReadOnlyList<T>>((a, b) => ReferenceEquals(a, b), v => v.Count, v => v);
