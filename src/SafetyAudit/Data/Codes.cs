using System.Collections.Frozen;
using System.Text;

namespace SafetyAudit.Data;

/// <summary>The one spelling of an enum outside the code: snake_case in files, in the database, in JSON and on the command line.</summary>
public static class Codes
{
    public static string Of<T>(T value) where T : struct, Enum => Names<T>.ToText[value];

    public static bool TryParse<T>(string text, out T value) where T : struct, Enum => Names<T>.ToValue.TryGetValue(text, out value);

    /// <summary>As <see cref="TryParse"/>; the underscores may be left out (midp, mid_p). For what people and scripts type.</summary>
    public static bool TryParseTyped<T>(string text, out T value) where T : struct, Enum => Names<T>.ToValueTyped.TryGetValue(text, out value) || TryParse(text, out value);

    /// <summary>All codes of an enum, in the order of its declaration, as an error message lists them.</summary>
    public static string ListOf<T>() where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(Of));

    /// <summary>A code as people read it: gluteus_maximus → gluteus maximus.</summary>
    public static string Words(string code) => code.Replace('_', ' ');

    /// <summary>SideLying → side_lying, NotADate → not_a_date, Below998 → below_998.</summary>
    public static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (int i = 0; i < name.Length; i++)
        {
            bool starts = i > 0 && name[i - 1] != '_' && (char.IsUpper(name[i]) && (!char.IsUpper(name[i - 1]) || i + 1 < name.Length && char.IsLower(name[i + 1])) || char.IsDigit(name[i]) && !char.IsDigit(name[i - 1]));
            if (starts) text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }

    static class Names<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> ToText = Enum.GetValues<T>().ToFrozenDictionary(v => v, v => SnakeCase(v.ToString()));
        public static readonly FrozenDictionary<string, T> ToValue = ToText.ToFrozenDictionary(p => p.Value, p => p.Key, StringComparer.OrdinalIgnoreCase);
        public static readonly FrozenDictionary<string, T> ToValueTyped = Enum.GetValues<T>().ToFrozenDictionary(v => v.ToString(), v => v, StringComparer.OrdinalIgnoreCase);
    }
}
