using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using SafetyAudit.Charts;
using SafetyAudit.Data;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// Answers a page's address with <c>chart</c> and <c>as</c> by one of its charts as a file: the page is made as ever, with all that its reader must be allowed, and of it only the picture that it drew is sent.
/// </summary>
sealed partial class ChartDownloads(ChartStyle style) : IAsyncResultFilter
{
    public const string Asked = "chart";

    /// <summary>Whether a request asks for a file and not for the page.</summary>
    public static bool IsAskedBy(HttpRequest request) => request.Query[Asked].ToString().Length > 0 && request.Query["as"].ToString() is ("svg" or "csv");

    /// <summary>Told by the page of each picture that can be taken away; it is drawn where it is the one asked for.</summary>
    public static void Offered(HttpContext http, string id, Func<Scene> draw)
    {
        if (http.Request.Query[Asked] == id) http.Items[typeof(ChartDownloads)] = draw();
    }

    public async Task OnResultExecutionAsync(ResultExecutingContext context, ResultExecutionDelegate next)
    {
        var http = context.HttpContext;
        if (context.Result is not PageResult || !IsAskedBy(http.Request))
        {
            await next();
            return;
        }
        string id = http.Request.Query[Asked].ToString(), kind = http.Request.Query["as"].ToString();
        var body = http.Response.Body;
        http.Response.Body = Stream.Null;
        try
        {
            await next();
        }
        finally
        {
            http.Response.Body = body;
        }
        if (http.Items[typeof(ChartDownloads)] is not Scene scene || (kind == "csv" ? scene.Data is null : scene.Marks.Count == 0))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        string name = NotInNames().Replace($"{http.Request.Path.Value!.Trim('/').Replace('/', '-')}-{id}", "-").Trim('-');
        http.Response.ContentType = kind == "svg" ? "image/svg+xml; charset=utf-8" : "text/csv; charset=utf-8";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.{kind}\"";
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(kind == "svg" ? SvgWriter.WriteFile(scene, style.Css, Caption(scene, ((PageResult)context.Result).Model)) : Csv(scene.Data!)), http.RequestAborted);
    }

    // What the page says around it: whose figures, of when, and as known when. A picture of months says by its axis of when it is.
    static List<string> Caption(Scene scene, object? page)
    {
        List<string> lines = [scene.Title];
        if (page is ClinicPage { Only: { } clinic } && !scene.Title.Contains(clinic.Name, StringComparison.Ordinal)) lines[0] += $" · {clinic.Name}";
        List<string> when = [];
        if (scene.Data is { } data && data.Columns.ToList() is var columns && columns.IndexOf("from") is >= 0 and var from && columns.IndexOf("to") is >= 0 and var to && data.Rows.Count > 0 && data.Rows.All(r => r[from] is DateOnly && r[to] is DateOnly))
            when.Add(T("{0} to {1}", Show.Day(data.Rows.Min(r => (DateOnly)r[from]!)), Show.Day(data.Rows.Max(r => (DateOnly)r[to]!))));
        if (page is PeriodPage { AsKnownUtc: { } at }) when.Add(T("records as known at {0}", Show.Instant(at)));
        if (when.Count > 0) lines.Add(string.Join(" · ", when));
        return lines;
    }

    // RFC 4180; numbers and dates for programs, whoever reads, and no text that a spreadsheet would run.
    static string Csv(ChartData data)
    {
        var csv = new StringBuilder().AppendJoin(',', data.Columns).Append("\r\n");
        foreach (var row in data.Rows) csv.AppendJoin(',', row.Select(Cell)).Append("\r\n");
        return csv.ToString();
    }

    static string Cell(object? value) => value switch
    {
        null => "",
        double number => double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "",
        DateOnly day => Show.Iso(day),
        bool yes => yes ? "true" : "false",
        Enum code => Codes.SnakeCase(code.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => CsvText.Quoted(value.ToString()!),
    };

    [GeneratedRegex("[^A-Za-z0-9-]+")]
    private static partial Regex NotInNames();
}

/// <summary>The looks of charts, as the style sheet of the pages says them, for a file that stands alone: on paper, so the light ones.</summary>
sealed partial class ChartStyle(IWebHostEnvironment environment)
{
    public string Css { get; } = Read(environment);

    static string Read(IWebHostEnvironment environment)
    {
        using var reader = new StreamReader(environment.WebRootFileProvider.GetFileInfo("assets/site.css").CreateReadStream());
        string sheet = reader.ReadToEnd();
        string colours = Colours().Match(sheet).Value;
        return colours + "\nsvg { font: 12.5px system-ui, \"Segoe UI\", \"DejaVu Sans\", sans-serif; background: var(--paper); }\n.caption { fill: var(--ink); }\n" + string.Join('\n', sheet.Split('\n').Where(l => l.StartsWith(".chart ", StringComparison.Ordinal) && !l.StartsWith(".chart {", StringComparison.Ordinal)));
    }

    [GeneratedRegex(@"^:root \{[^}]*\}", RegexOptions.Multiline)]
    private static partial Regex Colours();
}
