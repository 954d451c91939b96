using System.Buffers.Text;
using System.Globalization;
using System.Text;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>Turns one cell into one value, or says why not. Never guesses: 03/04/25, 1.234,5 and 1e999 are refused.</summary>
static class Cells
{
    public static (string Value, ReasonCode? Wrong) Text(ReadOnlySpan<byte> cell, int longest, bool isId, bool lines)
    {
        string text = Encoding.UTF8.GetString(cell).Trim();
        if (!Ascii.IsValid(cell))
        {
            // Code points that are no characters (U+FFFE, U+FFFF …) have no normal form.
            try { text = text.Normalize(NormalizationForm.FormC); }
            catch (ArgumentException) { return (text, ReasonCode.ForbiddenCharacter); }
        }
        if (text.Length > longest) return (text, ReasonCode.TextTooLong);
        foreach (char c in text)
        {
            bool forbidden = char.IsControl(c) && !(lines && c is '\n' or '\r' or '\t') || isId && IsInvisible(c);
            if (forbidden) return (text, ReasonCode.ForbiddenCharacter);
        }
        return (text, null);
    }

    /// <summary>A code as rules know it: "Needle Phobia" and "needle-phobia" are needle_phobia.</summary>
    public static string Normal(string code)
    {
        foreach (char c in code) if (char.IsUpper(c) || c is ' ' or '-') return code.ToLowerInvariant().Replace(' ', '_').Replace('-', '_');
        return code;
    }

    public static bool? YesOrNo(ReadOnlySpan<byte> cell) => cell switch
    {
        _ when Ascii.EqualsIgnoreCase(cell, "true"u8) || Ascii.EqualsIgnoreCase(cell, "yes"u8) || cell.SequenceEqual("1"u8) => true,
        _ when Ascii.EqualsIgnoreCase(cell, "false"u8) || Ascii.EqualsIgnoreCase(cell, "no"u8) || cell.SequenceEqual("0"u8) => false,
        _ => null,
    };

    public static int? Whole(ReadOnlySpan<byte> cell) =>
        Utf8Parser.TryParse(cell, out int value, out int used) && used == cell.Length && cell[0] is not (byte)'+' ? value : null;

    // Minus zero is zero: added to it, it is; compared by its bytes it would be another content.
    public static double? Number(ReadOnlySpan<byte> cell) =>
        double.TryParse(cell, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value + 0.0 : null;

    /// <summary>yyyy-MM-dd and nothing else.</summary>
    public static DateOnly? Date(ReadOnlySpan<byte> cell)
    {
        if (cell.Length != 10 || cell[4] != '-' || cell[7] != '-') return null;
        int year = Digits(cell[..4]), month = Digits(cell[5..7]), day = Digits(cell[8..]);
        return year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) ? null : new DateOnly(year, month, day);
    }

    /// <summary>
    /// yyyy-MM-ddTHH:mm, with optional seconds, fraction and offset (Z or ±HH:mm); a space may stand for the T. Without offset it is local time in the
    /// given zone, and refused where the clock skips or repeats it.
    /// </summary>
    public static (DateTime Utc, ReasonCode? Wrong) Instant(ReadOnlySpan<byte> cell, TimeZoneInfo zone)
    {
        if (cell.Length < 16 || cell[10] is not ((byte)'T' or (byte)'t' or (byte)' ') || Date(cell[..10]) is not { } date || cell[13] != ':') return (default, ReasonCode.NotAnInstant);
        int hour = Digits(cell[11..13]), minute = Digits(cell[14..16]), second = 0;
        var rest = cell[16..];
        long fraction = 0;
        if (rest.Length >= 3 && rest[0] == ':')
        {
            second = Digits(rest[1..3]);
            rest = rest[3..];
            if (rest.Length >= 2 && rest[0] is (byte)'.' or (byte)',')
            {
                int n = 1;
                // Microseconds are what both databases keep; further digits are cut.
                for (long unit = TimeSpan.TicksPerSecond / 10; n < rest.Length && rest[n] is >= (byte)'0' and <= (byte)'9'; n++, unit /= 10)
                    if (unit >= TimeSpan.TicksPerMicrosecond) fraction += (rest[n] - '0') * unit;
                rest = rest[n..];
            }
        }
        if (hour is < 0 or > 23 || minute is < 0 or > 59 || second is < 0 or > 59) return (default, ReasonCode.NotAnInstant);
        var local = date.ToDateTime(new TimeOnly(hour, minute, second)).AddTicks(fraction);

        if (rest.IsEmpty)
        {
            if (zone.IsInvalidTime(local)) return (default, ReasonCode.InstantSkippedByClock);
            if (zone.IsAmbiguousTime(local)) return (default, ReasonCode.InstantAmbiguous);
            return (TimeZoneInfo.ConvertTimeToUtc(local, zone), null);
        }
        if (rest.SequenceEqual("Z"u8) || rest.SequenceEqual("z"u8)) return (DateTime.SpecifyKind(local, DateTimeKind.Utc), null);
        if (rest.Length != 6 || rest[0] is not ((byte)'+' or (byte)'-') || rest[3] != ':') return (default, ReasonCode.NotAnInstant);
        int hours = Digits(rest[1..3]), minutes = Digits(rest[4..6]);
        if (hours is < 0 or > 14 || minutes is < 0 or > 59) return (default, ReasonCode.NotAnInstant);
        var offset = new TimeSpan(hours, minutes, 0);
        if (local.Ticks < offset.Ticks || DateTime.MaxValue.Ticks - local.Ticks < offset.Ticks) return (default, ReasonCode.NotAnInstant);
        return (DateTime.SpecifyKind(rest[0] == '+' ? local - offset : local + offset, DateTimeKind.Utc), null);
    }

    public static T? Code<T>(ReadOnlySpan<byte> cell) where T : struct, Enum =>
        Codes.TryParse<T>(Encoding.UTF8.GetString(cell), out var value) ? value : null;

    // Marks that change how a line reads without being seen: zero-width, direction, byte order.
    static bool IsInvisible(char c) => c is (>= '\u200B' and <= '\u200F') or (>= '\u202A' and <= '\u202E') or (>= '\u2060' and <= '\u2069') or '\uFEFF' or '\u00AD';

    static int Digits(ReadOnlySpan<byte> cell)
    {
        int value = 0;
        foreach (byte b in cell)
        {
            if (b is < (byte)'0' or > (byte)'9') return -1;
            value = value * 10 + (b - '0');
        }
        return value;
    }
}
