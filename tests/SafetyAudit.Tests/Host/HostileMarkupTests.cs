using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Host;

/// <summary>Markup and formulas, in every text that comes from outside: in every page, chart and file they stay text.</summary>
public class HostileMarkupTests
{
    const string Password = "correct horse battery";

    // Each would leave its mark in the page, were it taken for more than text: an element or an attribute named data-mark, or a variable set by a script.
    static readonly string[] Markup =
    [
        "<img src=x data-mark onerror=window.marked=1>", "\"><script data-mark>window.marked=1</script>", "'><svg data-mark onload=window.marked=1>",
        "</title></desc></text></svg><script data-mark>window.marked=1</script>", "\" data-mark=1 onmouseover=\"window.marked=1",
            "' data-mark=1 onfocus='window.marked=1' autofocus='",
        "</textarea></style></pre><b data-mark>", "javascript:window.marked=1//", "{{constructor.constructor('window.marked=1')()}}",
            "&lt;b data-mark&gt;&#60;b data-mark&#62;",
        "<!--><b data-mark>-->", "]]><b data-mark>", "<a href=\"javascript:window.marked=1\" data-mark>x</a>", "${window.marked=1}`'\"",
            "=HYPERLINK(\"javascript:1\";\"<b data-mark>\")",
    ];

    [Fact]
    public async Task Markup_in_any_text_is_text_on_every_page_and_in_every_chart()
    {
        await using var dashboard = await RunningDashboard.StartAsync(FillWithMarkupAsync, TimeProvider.System);
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync();
        page.Dialog += (_, dialog) => { browser.Errors.Add("a dialog: " + dialog.Message); _ = dialog.DismissAsync(); };
        await page.GotoAsync(dashboard.Address + "/sign-in?returnUrl=" + Uri.EscapeDataString(Markup[1]) + "&over=" + Uri.EscapeDataString(Markup[0]));
        await LookAsync(page);
        await page.FillAsync("[name=UserName]", Markup[4]);
        await page.FillAsync("[name=Password]", Markup[0]);
        await page.ClickAsync("main button >> nth=0");
        await LookAsync(page);
        await page.FillAsync("[name=UserName]", "director");
        await page.FillAsync("[name=Password]", Password);
        await page.ClickAsync("main button >> nth=0");

        // Forms whose text is shown again.
        await page.GotoAsync(dashboard.Address + "/access");
        foreach (string name in Markup.Where(m => m.Length <= 100))
        {
            await page.FillAsync("form[action*=Key] [name=name]", name);
            await page.ClickAsync("form[action*=Key] button");
            await LookAsync(page);
        }
        await page.GotoAsync(dashboard.Address + "/access");
        await page.EvaluateAsync("() => document.querySelectorAll('form[action*=Invite] input').forEach(i => { i.removeAttribute('maxlength'); i.removeAttribute('pattern'); })");
        await page.FillAsync("section form [name=name] >> nth=0", Markup[0]);
        await page.CheckAsync("section form [value=Auditor] >> nth=0");
        await page.ClickAsync("section form button >> nth=0");
        Assert.Contains("data-mark", await page.InnerTextAsync("[role=alert]"), StringComparison.Ordinal);
        await LookAsync(page);

        // Every page that a link leads to, with texts in what is asked for too; one practitioner's and one record's pages stand for the others of their form.
        string all = Uri.EscapeDataString(string.Concat(Markup));
        var waiting = new Queue<string>(["/", "/practitioners", "/measures", "/alerts?status=all", "/uploads", "/access", "/account", "/account/code",
            "/trail?reads=true", "/records",
            $"/trail?subject={all}&actor={all}&action={all}", $"/records?id={all}", $"/practitioners?clinic={all}", $"/measures/{all}",
                $"/practitioners/{all}", $"/error/404?x={all}",
            $"/sessions?practitioner=P1&measure={all}&outcome={all}", $"/welcome?name={all}&token={all}", $"/account?done={all}",
                $"/alerts?status={all}&from=2020-01-01", $"/search?q={all}", $"/views?path={all}", "/baselines", $"/measures/BRUISE_MINOR?against={all}",
            .. Markup.Select(m => "/records?id=" + Uri.EscapeDataString(Id(m))), .. Markup.Select(m => "/practitioners/" + Uri.EscapeDataString(Id(m)))]);
        var forms = new Dictionary<string, int>();
        int opened = 0, charts = 0, files = 0;
        string seen = "";
        var known = waiting.ToHashSet();
        while (waiting.TryDequeue(out string? path))
        {
            await page.GotoAsync(dashboard.Address + path);
            await LookAsync(page);
            opened++;
            charts += await page.EvaluateAsync<int>("() => document.querySelectorAll('svg.chart a').length");
            seen += await page.EvaluateAsync<string>("() => document.body.innerText");
            foreach (string link in await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('a')].map(a => a.href.baseVal ?? a.getAttribute('href'))"))
            {
                Assert.Matches("^(/|#|\\?)(?!/)", link);
                // In whatever order and with whatever values the same is asked for, it is one form.
                string[] parts = Regex.Replace(link, "=[^&]*|/(uploads|practitioners|measures|alerts|cases|adherence|adherence/event)/[^?]*|#.*", "$1").Split('?', '&');
                string form = string.Join('&', parts[1..].Order(StringComparer.Ordinal).Prepend(parts[0]));
                if (Regex.IsMatch(link, "handler=|&as=csv|^#") || !known.Add(link)) continue;
                forms[form] = forms.GetValueOrDefault(form) + 1;
                if (forms[form] > 2) continue;
                if (link.Contains("&as=svg", StringComparison.Ordinal)) await LookAtFileAsync(link);
                else waiting.Enqueue(link);
            }
        }
        Assert.True(opened > 60 && charts > 10 && files > 3, $"{opened} pages, {charts} points, {files} files");
        // They did get there, as text.
        foreach (string text in Markup) Assert.Contains(Regex.Replace(text, "\\s+", ""), Regex.Replace(seen, "\\s+", ""), StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Errors, e => !Regex.IsMatch(e, "40[04]|422"));
        Assert.Empty(browser.Elsewhere(dashboard.Address));

        // A chart that is taken away as a file is opened by other programs, without this page's policy.
        async Task LookAtFileAsync(string link)
        {
            var answer = await page.Context.APIRequest.GetAsync(dashboard.Address + link);
            Assert.Equal("image/svg+xml", answer.Headers["content-type"].Split(';')[0]);
            foreach (var element in XDocument.Parse(await answer.TextAsync()).Descendants())
                Assert.True(element.Name.LocalName is not ("script" or "foreignObject" or "iframe") && !element.Attributes().Any(a => a.Name.LocalName is "data-mark" || a.Name.LocalName.StartsWith("on", StringComparison.OrdinalIgnoreCase) || Regex.IsMatch(a.Value, "^\\s*(javascript|data|vbscript):", RegexOptions.IgnoreCase)), element.ToString());
            files++;
        }

        async Task LookAsync(IPage at)
        {
            string? found = await at.EvaluateAsync<string?>("""
                () => {
                  if (window.marked) return 'a script ran';
                  const bad = [...document.querySelectorAll('*')].find(e => e.hasAttribute('data-mark') || e.localName === 'script' && !/\/assets\/(passkeys|site)\.js\?v=/.test(e.src)
                    || [...e.attributes].some(a => a.name.startsWith('on') || /^\s*(javascript|data|vbscript):/i.test(a.value) && ['href', 'src', 'action', 'xlink:href', 'formaction'].includes(a.name)));
                  return bad ? bad.outerHTML.slice(0, 300) : null;
                }
                """);
            Assert.True(found is null, $"{at.Url}: {found}");
        }
    }

    [Fact]
    public async Task Markup_and_formulas_go_out_in_CSV_as_they_came_in_and_run_nowhere()
    {
        await using var dashboard = await RunningDashboard.StartAsync(FillWithMarkupAsync, TimeProvider.System);
        using var director = await WebTests.SignedInAsync(dashboard);
        await using var db = WebTests.Db(dashboard);
        long id = await db.QuarantinedRows.Select(q => q.UploadId).FirstAsync();
        await director.GetAsync($"/uploads/{id}?handler=rejected");
        Assert.Equal("text/csv", director.Answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"attachment; filename=upload-{id}-rejected.csv; filename*=UTF-8''upload-{id}-rejected.csv",
            director.Answer.Content.Headers.ContentDisposition!.ToString());
        var rejected = await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == id).OrderBy(q => q.Line).ToListAsync();
        using var rows = CsvRows.Open(() => new MemoryStream(Encoding.UTF8.GetBytes(director.Text)));
        int at = 0;
        foreach (var kept in rejected)
        {
            // The file's own columns come back, cell by cell; a row that has none, as its text.
            string text = kept.Unseal(dashboard.App.Services.GetRequiredService<KeyRing>()).Text;
            var cells = CsvRows.CellsOf(text);
            foreach (string cell in cells.Count == rows.Headers.Count - 4 ? cells : [text])
                Assert.Contains(CsvText.Out(cell).Replace("\"", "\"\"", StringComparison.Ordinal), director.Text, StringComparison.Ordinal);
        }
        // No cell begins with what a spreadsheet would run.
        foreach (string line in director.Text.Split('\n'))
            foreach (Match cell in Regex.Matches(line, "(?:^|,)\"?([^,\"])"))
                if (at++ > 0 && cell.Index == 0) Assert.DoesNotContain(cell.Groups[1].Value, "=+-@\t\r");
    }

    // Ids may have 64 characters and hold what other texts may.
    static string Id(string text) => text.Length > 64 ? text[..64] : text;

    static string Cell(string text) => $"\"{CsvText.Out(text).Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>An installation whose every text means harm: names, ids, codes, notes, clinics, files, and rows that are not taken.</summary>
    static async Task FillWithMarkupAsync(IServiceProvider services)
    {
        var practitioners = new StringBuilder("practitioner_id,display_name,clinic_id,role,licence_number,jurisdiction,permitted_muscles,licence_status,licence_issued,licence_expires\n");
        var sessions = new StringBuilder(Samples.SessionHeader.TrimEnd() + ",risk_note,technique,needle_lot,consent_form,screen_flags\n");
        var events = new StringBuilder(Samples.EventHeader.TrimEnd() + ",narrative,action_taken,causality,clinic_id,body_region\n");
        practitioners.Append("P1,Ada Ash,C1,,,,,active,2015-01-01,2030-12-31\n");
        for (int i = 0; i < Markup.Length; i++)
        {
            string text = Markup[i], cell = Cell(text), id = Cell(Id(text));
            practitioners.Append($"{id},{cell},C1,{cell},{cell},{cell},{cell},lapsed,2015-01-01,2020-12-31\n");
            for (int s = 0; s < 60; s++)
            {
                string session = s == 0 ? id : $"S{i}-{s}", at = $"2026-{s % 6 + 1:00}-{s % 28 + 1:00}T10:00:00Z";
                sessions.Append($"{session},C1,{id},{(s == 0 ? id : "T1")},{at},,completed,{cell},{cell},{cell},{cell},{cell}\n");
                // The first two have far more than their colleagues, so that they have alerts and labels in the charts.
                if (s % (i < 2 ? 2 : 30) == 0) events.Append($"{(s == 0 ? id : $"E{i}-{s}")},{session},{(s == 0 ? id : "T1")},BRUISE_MINOR,{at.Replace("T10", "T11")},,{cell},{cell},{cell},C1,{cell}\n");
            }
            sessions.Append($"{id},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell},{cell}\n");
        }
        var receive = services.GetRequiredService<ReceiveUpload>();
        foreach (var (name, content) in new[] { (Markup[0] + ".csv", practitioners), (Markup[1], sessions), (Markup[4], events), (Markup[3],
            new StringBuilder(Samples.Practitioners.Replace("practitioner_id", $"{Cell(Markup[0])},practitioner_id", StringComparison.Ordinal))) })
            await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(content.ToString())), name, null, null, Actor.CommandLine, default);
        await services.CatchUpAsync(null, default);
        await using (var db = services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>().CreateDbContext().As(Actor.CommandLine))
        {
            var clinic = await db.Clinics.SingleAsync(c => c.Id == "C1");
            clinic.Name = Markup[0];
            db.Clinics.Add(new() { Id = Id(Markup[4]), Name = Markup[1], TimeZone = "Etc/UTC" });
            await db.SaveChangesAsync();
            Assert.True(await db.Practitioners.CountAsync(p => p.DisplayName == Markup[0]) == 1 && await db.Alerts.CountAsync() > 3
                && await db.QuarantinedRows.CountAsync() >= Markup.Length);
        }
        await WebTests.MakeDirectorAsync(services);
    }
}
