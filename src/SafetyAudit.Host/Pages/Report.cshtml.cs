using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>
/// The form behind a clinic's secret link, for anybody: takes one event, and reads nothing but the clinic's answer to a report whose code is known. Neither address nor name of whoever sends it is kept; the same form sent
/// again is the same event.
/// </summary>
[AllowAnonymous]
// Its token is its own, see ReportForm: there is no session to protect, and a form may lie open for hours.
[IgnoreAntiforgeryToken(Order = 1001)]
public sealed class ReportModel(
    SafetyAuditDb db, IDbContextFactory<SafetyAuditDb> databases, ReceiveUpload receive, JobQueue jobs, KeyRing keys, TimeProvider time, ReportForm forms, ILogger<ReportModel> log) : PageModel
{
    [BindProperty(Name = "link", SupportsGet = true)] public string? Link { get; set; }

    public string Clinic { get; private set; } = "";
    public string Token { get; private set; } = "";
    public EventReport Report { get; private set; } = new();
    public List<string> Problems { get; private set; } = [];

    /// <summary>The tracking code, once it is received.</summary>
    public string? Code { get; private set; }

    /// <summary>What is answered to whoever asked about a report.</summary>
    public string? Answer { get; private set; }

    /// <summary>Whether another report was received with this form before.</summary>
    public bool CameBefore { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await FindAsync(ct) is not var (link, clinic)) return NotFound();
        (Clinic, Token) = (clinic.Name, forms.New(link));
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(
        string? form, string? what, string? when, string? treatment, string? practitioner, string? session, string? howbad, string? done, string? patient, string? text,
        string? who, string? website, CancellationToken ct)
    {
        if (forms.Read(form) is not { } opened) return BadRequest();
        if (await FindAsync(ct) is not var (link, clinic) || opened.LinkId != link.Id) return NotFound();
        (Clinic, Token) = (clinic.Name, form!);
        Report = new()
        {
            What = what, When = when, Treatment = treatment, Practitioner = practitioner, Session = session, HowBad = howbad, Done = done, Patient = patient, Text = text, Who = who,
        };
        if (forms.Attempt(HttpContext, link) is { } wait)
        {
            Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Again(StatusCodes.Status429TooManyRequests, T("Many reports come from here just now. What you wrote is still below: wait two minutes, then send it again."));
        }
        var name = Report.NameOf(link, opened.Code, keys);
        // The same press again, its answer lost, however late: it came before.
        if (await Delivery.FindAsync(db, name, ct) is { } before)
        {
            (Code, CameBefore) = (opened.Code, before.Asked != name.Asked);
            return Page();
        }
        if (forms.IsOld(opened))
        {
            Token = forms.New(link);
            return Again(StatusCodes.Status422UnprocessableEntity, T("The form was open for a long time. Look over what you wrote, and send it again."));
        }
        // Nobody sees this field; who fills it in is a program, or has one that fills in forms.
        if (!string.IsNullOrEmpty(website)) return Again(StatusCodes.Status422UnprocessableEntity, T("A hidden field was filled in. It is empty now: send the form again."));
        Problems = [.. Report.Problems(TimeZoneInfo.FindSystemTimeZoneById(clinic.TimeZone), time.UtcNow())];
        if (Problems.Count > 0) return Again(StatusCodes.Status422UnprocessableEntity);
        await ReceiveAsync(clinic, opened, name, ct);
        return Page();
    }

    /// <summary>What became of a report, for whoever has its code: that it arrived, and what the clinic wrote for them when its review was decided.</summary>
    public async Task<IActionResult> OnPostAskAsync(string? form, string? code, CancellationToken ct)
    {
        if (forms.Read(form) is not { } opened) return BadRequest();
        if (await FindAsync(ct) is not var (link, clinic) || opened.LinkId != link.Id) return NotFound();
        (Clinic, Token) = (clinic.Name, forms.New(link));
        if (forms.Attempt(HttpContext, link) is { } wait)
        {
            Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            return Again(StatusCodes.Status429TooManyRequests, T("Many ask from here just now. Wait two minutes, then ask again."));
        }
        code = (code ?? "").Trim().ToUpperInvariant();
        await using var records = await databases.OpenAsync(new Actor(ActorKind.OpenForm, $"report link of {clinic.Id}", "not kept", Actor.Nobody.Permissions, new([clinic.Id])), ct);
        Answer = await ReviewCase.ForReporterAsync(records, clinic.Id, code, ct) switch
        {
            (false, _, _) => T("No report with this code has reached {0}. Look at the code again. A report that was sent just now takes a minute.", clinic.Name),
            (_, _, { } feedback) => feedback,
            (_, true, _) => T("{0} has the report, and has looked into it.", clinic.Name),
            _ => T("{0} has the report.", clinic.Name),
        };
        return Page();
    }

    PageResult Again(int status, params string[] problems)
    {
        Problems.AddRange(problems);
        Response.StatusCode = status;
        return Page();
    }

    async Task ReceiveAsync(Clinic clinic, ReportForm.Opened opened, DeliveryName name, CancellationToken ct)
    {
        // Without the address it came from: who reports may stay unnamed.
        var reporter = new Actor(ActorKind.OpenForm, $"report link of {clinic.Id}", "not kept", Actor.Nobody.Permissions, new([clinic.Id]));
        byte[] row;
        await using (var records = await databases.OpenAsync(reporter, ct)) row = await Report.RowAsync(opened.Code, opened.AtUtc, clinic, records, keys, ct);
        Code = opened.Code;
        try
        {
            using var content = new MemoryStream(row);
            await receive.ReceiveAsync(content, $"report {opened.Code}.json", RecordKind.Events, clinic.Id, reporter, ct, new(Form: FileForm.Json, Name: name));
        }
        catch (DeliveryDiffersException)
        {
            // Both at once: what was looked up for the row may differ, what was typed tells.
            CameBefore = (await Delivery.FindAsync(db, name, ct))?.Asked != name.Asked;
            return;
        }
        log.LogInformation("An event was reported by the open form of clinic {Clinic}", clinic.Id);
        await jobs.AskAsync(Composition.ReadUploads, ct);
    }

    // Looked up before anybody is known to ask, hence outside every scope; by the hash, so that the time taken tells nothing of the secret.
    async Task<(ReportLink Link, Clinic Clinic)?> FindAsync(CancellationToken ct)
    {
        string hash = AddressSecret.HashOf(Link ?? "");
        if (await db.ReportLinks.IgnoreQueryFilters().AsNoTracking().SingleOrDefaultAsync(l => l.SecretHash == hash && l.EndedAtUtc == null, ct) is not { } link) return null;
        return (link, await db.Clinics.IgnoreQueryFilters().AsNoTracking().SingleAsync(c => c.Id == link.ClinicId, ct));
    }
}
