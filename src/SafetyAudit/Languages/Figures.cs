using System.Globalization;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Languages;

/// <summary>How figures are written for people, alike on pages, in charts and in sentences that are kept: the decimals are the same wherever a figure stands.</summary>
/// <remarks>A culture's own formats where one is given, else the reader's. Sentences that are kept take <see cref="Kept"/>, whoever will read them.</remarks>
public static class Figures
{
    /// <summary>Of sentences that are kept: English, whatever the machine speaks.</summary>
    public static readonly CultureInfo Kept = CultureInfo.InvariantCulture;

    public static string Count(long value, CultureInfo? reading = null) => value.ToString("N0", reading ?? CultureInfo.CurrentCulture);

    public static string Number(double value, CultureInfo? reading = null) => value == 0 ? "0" : Write(value, FormatFor(value), reading);

    /// <summary>The two ends of an interval, with the decimals of what lies in it; of nothing those of the upper end.</summary>
    public static (string Lower, string Upper) Interval(double value, double lower, double upper, CultureInfo? reading = null)
    {
        string format = FormatFor(value == 0 ? upper : value);
        return (lower == 0 ? "0" : Write(lower, format, reading), Write(upper, format, reading));
    }

    /// <summary>A share with one decimal. What is not all is never rounded to 100 %, and what is not nothing never to 0.</summary>
    public static string Percent(double share, CultureInfo? reading = null) => share switch
    {
        >= 0.9995 and < 1 => "> " + Write(0.999, "P1", reading),
        > 0 and < 0.0005 => "< " + Write(0.001, "P1", reading),
        0 or 1 => Write(share, "P0", reading),
        _ => Write(share, "P1", reading),
    };

    /// <summary>Two ends of an interval of shares, in as many decimals each.</summary>
    public static (string Lower, string Upper) PercentInterval(double lower, double upper, CultureInfo? reading = null) => (Write(lower, "P1", reading), Write(upper, "P1", reading));

    /// <summary>A time limit: 72 hours, 14 days. In English where a culture is given.</summary>
    public static string Hours(double hours, CultureInfo? reading = null) => (reading, hours) switch
    {
        (null, > 72) when hours % 24 == 0 => T("{0} days", Count((long)hours / 24)),
        (null, 1) => T("1 hour"),
        (null, _) => T("{0} hours", Write(hours, "#,0.##", null)),
        (_, > 72) when hours % 24 == 0 => $"{Count((long)hours / 24, reading)} days",
        (_, 1) => "1 hour",
        _ => $"{Write(hours, "#,0.##", reading)} hours",
    };

    /// <summary>A day, the month as a word; a German reader's with a full stop after the day of the month.</summary>
    public static string Day(DateOnly day, CultureInfo? reading = null) => day.ToString((reading ?? CultureInfo.CurrentCulture).TwoLetterISOLanguageName == "de" ? "d. MMM yyyy" : "d MMM yyyy", reading ?? CultureInfo.CurrentCulture);

    /// <summary>The same with the month in full, for the reader.</summary>
    public static string DayInFull(DateOnly day) => day.ToString(CultureInfo.CurrentCulture.TwoLetterISOLanguageName == "de" ? "d. MMMM yyyy" : "d MMMM yyyy", CultureInfo.CurrentCulture);

    static string Write(double value, string format, CultureInfo? reading) => value.ToString(format, reading ?? CultureInfo.CurrentCulture);

    static string FormatFor(double value) => value switch { < 0.01 => "0.####", < 0.1 => "0.0##", < 10 => "N2", _ => "N1" };
}
