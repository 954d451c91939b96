using System.Text;

namespace SafetyAudit.Reports;

/// <summary>Breaks text into lines.</summary>
static class PdfLines
{
    /// <summary>Lines no wider than a width; a word that is wider by itself is cut.</summary>
    public static List<string> Of(string text, double width, double size, bool bold)
    {
        text = Printable(text);
        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(w => Fitting(w, width, size, bold)))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && PdfFile.WidthOf(longer, size, bold) > width + 0.01)
            {
                lines.Add(line);
                line = word;
            }
            else line = longer;
        }
        lines.Add(line);
        return lines;
    }

    static IEnumerable<string> Fitting(string word, double width, double size, bool bold)
    {
        while (word.Length > 1 && PdfFile.WidthOf(word, size, bold) > width + 0.01)
        {
            int fits = word.Length - 1;
            while (fits > 1 && (char.IsHighSurrogate(word[fits - 1]) || PdfFile.WidthOf(word[..fits], size, bold) > width)) fits--;
            // An underscore or hyphen is the better place to cut.
            int better = word.LastIndexOfAny(['_', '-', '/', '@', '.'], fits - 1);
            if (better > 0) fits = better + 1;
            yield return word[..fits];
            word = word[fits..];
        }
        yield return word;
    }

    // Composed, as the font has its letters; without control characters; a number and its sign in one line. Several blanks in a row tell parts of a line apart.
    static string Printable(string text) => string.Concat(text.Normalize(NormalizationForm.FormC).Select(c => char.IsControl(c) ? ' ' : c)).Replace(" %", "\u00A0%", StringComparison.Ordinal).Replace("   ", "\u00A0\u00A0 ", StringComparison.Ordinal);
}
