using System.Globalization;
using System.Text;

namespace SafetyAudit.AuditTrail;

/// <summary>Text from outside as it may stand in a log, a list or the audit trail: one line, short, nothing invisible.</summary>
public static class LogText
{
    public static string Of(string? given, int longest = 64)
    {
        var text = new StringBuilder();
        foreach (var rune in (given ?? "").EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator) continue;
            if (text.Length + rune.Utf16SequenceLength > longest) return text.Append('…').ToString();
            text.Append(rune.ToString());
        }
        return text.ToString();
    }

    /// <summary>What was asked for: a path, or a query.</summary>
    public static string Asked(string? path) => Of(path, 300);
}
