using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Resources;

namespace SafetyAudit.Languages;

/// <summary>
/// What pages and charts say, in the language of whoever reads (<see cref="CultureInfo.CurrentUICulture"/>). The English text stands where it is said and is its own key; each other language is one file beside this one,
/// <c>Said.de.resx</c> for German. What a file lacks is said in English. Resources are named without regard to case: of two texts that differ by case alone, the second has a <c>~</c> before its name in the file.
/// </summary>
public static class Said
{
    static readonly ResourceManager Files = new(typeof(Said));
    static readonly ConcurrentDictionary<string, FrozenDictionary<string, string>> Known = new();

    /// <summary>A text without anything put into it. What follows a bar is not said: it tells apart two texts that are one in English but not elsewhere.</summary>
    public static string T(string english) => In(CultureInfo.CurrentUICulture).TryGetValue(english, out string? said) ? said : english.IndexOf('|', StringComparison.Ordinal) is var bar and > 0 ? english[..bar] : english;

    /// <summary>A text with values in the reader's formats where it says {0}, {1}.</summary>
    public static string T(string english, params object?[] values) => string.Format(CultureInfo.CurrentCulture, T(english), values);

    /// <summary>Every text of a language's file by its English one, for a region that of its language; nothing for English.</summary>
    public static FrozenDictionary<string, string> In(CultureInfo language) => Known.GetOrAdd(language.Name, static (_, language) =>
        language.Name.Length == 0 ? FrozenDictionary<string, string>.Empty
        : Files.GetResourceSet(language, createIfNotExists: true, tryParents: false) is { } texts ? texts.Cast<System.Collections.DictionaryEntry>().ToFrozenDictionary(t => ((string)t.Key).TrimStart('~'), t => (string)t.Value!)
        : In(language.Parent), language);
}
