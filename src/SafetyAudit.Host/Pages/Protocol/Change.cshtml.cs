using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Protocol;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>The form by which a clinic's protocol is changed, from a date on.</summary>
[Needs(Permission.LayDownProtocol)]
public sealed class ChangeProtocolModel(SafetyAuditDb db, LayDownProtocol layDown, JobQueue jobs, TimeProvider time) : PageModel
{
    const int LongestReason = 500;

    [BindProperty(Name = "clinic", SupportsGet = true)] public string Clinic { get; set; } = "";

    public string ClinicName { get; private set; } = "";

    /// <summary>What the form shows: what was posted, else what holds today.</summary>
    public Dictionary<string, string> Shown { get; private set; } = [];
    public string ShownFrom { get; private set; } = "";
    public string? Why { get; private set; }
    public List<(string Setting, string Problem)> Problems { get; private set; } = [];

    /// <summary>Those of the problems that are not the form's own, and so in English.</summary>
    public List<(string Setting, string Problem)> EnglishProblems { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(CancellationToken ct)
    {
        if (await db.Clinics.Where(c => c.Id == Clinic).Select(c => c.Name).SingleOrDefaultAsync(ct) is not { } name) return NotFound();
        ClinicName = name;
        var today = DateOnly.FromDateTime(time.UtcNow());
        var holds = ClinicProtocol.On(Clinic, await db.ClinicProtocols.AsNoTracking().Where(p => p.ClinicId == Clinic).ToListAsync(ct), today);
        Shown = ProtocolForm.Settings.ToDictionary(s => s.Name, s => s.Show(holds));
        ShownFrom = Show.Iso(today);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(CancellationToken ct)
    {
        if (await db.Clinics.Where(c => c.Id == Clinic).Select(c => c.Name).SingleOrDefaultAsync(ct) is not { } name) return NotFound();
        ClinicName = name;
        var form = await Request.ReadFormAsync(ct);
        ShownFrom = form["effective_from"].ToString();
        Why = form["why"].ToString().Trim();
        var protocol = ClinicProtocol.NothingSet(Clinic);
        protocol.EffectiveFrom = DateOnly.TryParseExact(ShownFrom, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var from) ? from : default;
        Problems = ProtocolForm.Read(protocol, setting => form[setting].ToString());
        EnglishProblems = [.. LayDownProtocol.Problems(protocol).Where(p => !Problems.Exists(known => known.Setting == p.Setting))];
        Problems.AddRange(EnglishProblems);
        if (Why.Length is 0 or > LongestReason) Problems.Add(("why", T("Say why, in at most {0} characters.", LongestReason)));
        if (Problems.Count > 0)
        {
            Shown = ProtocolForm.Settings.ToDictionary(s => s.Name, s => form[s.Name].ToString());
            Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            return Page();
        }
        await layDown.RunAsync(protocol, Why, ct);
        await jobs.EnqueueAsync(Composition.Summarise, ct);
        return LocalRedirect($"/protocol?clinic={Uri.EscapeDataString(Clinic)}");
    }
}
