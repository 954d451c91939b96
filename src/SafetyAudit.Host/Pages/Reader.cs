using System.Globalization;
using Microsoft.AspNetCore.Mvc.Filters;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// Whoever reads a page: their language, and, a thing apart, their formats of numbers and dates. Each is what they chose on the settings page, else what their browser asks for, else British English.
/// </summary>
/// <param name="Language">Of the words.</param>
/// <param name="Format">Of the figures.</param>
public sealed record Reader(CultureInfo Language, CultureInfo Format)
{
    /// <summary>Keeps the choice, as <c>de|de-AT</c>; either part may be empty: as the browser says.</summary>
    public const string Cookie = "__Host-safetyaudit-reader";

    public static readonly CultureInfo English = CultureInfo.GetCultureInfo("en-GB");

    /// <summary>There is a file of texts for each but English, whose texts stand in the pages.</summary>
    public static readonly IReadOnlyList<CultureInfo> Languages = [English, CultureInfo.GetCultureInfo("de")];

    /// <summary>The first of a language stands for the regions of it that are not here.</summary>
    public static readonly IReadOnlyList<CultureInfo> Formats = [English, .. new[] { "en-US", "en-IE", "de-DE", "de-AT", "de-CH", "fr-FR" }.Select(CultureInfo.GetCultureInfo)];

    // Figures with the names of months in the language of the words around them.
    static readonly Dictionary<(string, string), CultureInfo> Readings = Formats.SelectMany(f => Languages.Select(l => (f, l))).ToDictionary(p => (p.f.Name, p.l.Name), p => Reading(p.f, p.l));

    /// <summary>What was chosen; what is not known counts as not chosen.</summary>
    public static (string? Language, string? Format) Chosen(HttpRequest request)
    {
        string[] parts = (request.Cookies[Cookie] ?? "").Split('|');
        return (Languages.FirstOrDefault(l => l.Name == parts[0])?.Name, Formats.FirstOrDefault(f => f.Name == parts[^1] && parts.Length == 2)?.Name);
    }

    public static Reader Of(HttpContext http)
    {
        var (language, format) = Chosen(http.Request);
        var asked = http.Request.GetTypedHeaders().AcceptLanguage.Where(a => a.Quality is not 0).OrderByDescending(a => a.Quality ?? 1).Select(a => a.Value.ToString()).ToList();
        return new(First(Languages, language, asked), First(Formats, format, asked));

        static CultureInfo First(IReadOnlyList<CultureInfo> known, string? chosen, List<string> asked) =>
            known.FirstOrDefault(k => k.Name == chosen)
            ?? asked.Select(a => known.FirstOrDefault(k => k.Name.Equals(a, StringComparison.OrdinalIgnoreCase)) ?? known.FirstOrDefault(k => k.TwoLetterISOLanguageName.Equals(a.Split('-')[0], StringComparison.OrdinalIgnoreCase))).FirstOrDefault(k => k is not null)
            ?? English;
    }

    /// <summary>From here on, in what is awaited, texts and figures are the reader's.</summary>
    public void Listen() => (CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture) = (Language, Readings[(Format.Name, Language.Name)]);

    static CultureInfo Reading(CultureInfo format, CultureInfo language)
    {
        var reading = (CultureInfo)format.Clone();
        // Three letters for every month, as charts have room for, and "99.8 %" as the texts have it.
        var names = language == English ? CultureInfo.InvariantCulture.DateTimeFormat : language.DateTimeFormat;
        var dates = reading.DateTimeFormat;
        (dates.MonthNames, dates.MonthGenitiveNames, dates.AbbreviatedMonthNames, dates.AbbreviatedMonthGenitiveNames) = (names.MonthNames, names.MonthGenitiveNames, names.AbbreviatedMonthNames, names.AbbreviatedMonthGenitiveNames);
        (reading.NumberFormat.PercentPositivePattern, reading.NumberFormat.PercentNegativePattern) = (0, 0);
        return CultureInfo.ReadOnly(reading);
    }
}

/// <summary>
/// Gives pages their reader's language and formats: in what a page's handler says and in what is drawn, and nowhere else. Forms, addresses, files and the API are read and written the same for all.
/// </summary>
sealed class ReadToThem : IAsyncPageFilter, IAsyncResultFilter
{
    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    public Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        Listen(context);
        return next();
    }

    public Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
    {
        Listen(context);
        return next();
    }

    static void Listen(FilterContext context) => Reader.Of(context.HttpContext).Listen();
}
