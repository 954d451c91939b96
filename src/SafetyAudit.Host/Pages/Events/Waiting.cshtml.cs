using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Jobs;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages.Events;

/// <summary>Events that count with no session yet: why, which sessions it could be, and what a person decides about them.</summary>
[Needs(Permission.SendRecords)]
public sealed class WaitingModel(SafetyAuditDb db, DecideLink decide, JobQueue jobs) : PageModel
{
    const int PerPage = 25, Decided = 50, SessionsListed = 8;

    /// <param name="Event">What waits.</param>
    /// <param name="Why">Why it does.</param>
    /// <param name="Sessions">Sessions of the patient before it, the latest first; those that the rules allow before others.</param>
    public sealed record Line(AdverseEvent Event, string Why, List<(Session Session, bool IsCandidate)> Sessions);

    /// <summary>The row of the event after which the page begins.</summary>
    [BindProperty(Name = "after", SupportsGet = true)] public long After { get; set; }

    public List<Line> Lines { get; private set; } = [];
    public int Count { get; private set; }
    public bool HasMore { get; private set; }
    public List<LinkDecision> Decisions { get; private set; } = [];
    public string? Problem { get; private set; }

    public Task OnGetAsync(CancellationToken ct) => ReadAsync(ct);

    /// <param name="row">The event's row.</param>
    /// <param name="session">Row of the session chosen.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<IActionResult> OnPostChooseAsync(long row, long session, CancellationToken ct)
    {
        if (!await IsHereAsync(row, ct)) return NotFound();
        var chosen = await db.Current<Session>().Where(s => s.Id == session).Select(s => new { s.SessionId, s.ClinicId }).SingleOrDefaultAsync(ct);
        return chosen is null ? NotFound() : await TryAsync(() => decide.DecideAsync(row, (chosen.SessionId, chosen.ClinicId), null, ct), ct);
    }

    public async Task<IActionResult> OnPostNoneAsync(long row, string? reason, CancellationToken ct) =>
        await IsHereAsync(row, ct) ? await TryAsync(() => decide.DecideAsync(row, null, reason, ct), ct) : NotFound();

    public async Task<IActionResult> OnPostTakeBackAsync(long decision, CancellationToken ct) =>
        await db.LinkDecisions.AnyAsync(d => d.Id == decision, ct) ? await TryAsync(() => decide.TakeBackAsync(decision, ct), ct) : NotFound();

    // Any version of any event within reach; whether it still waits is told in words.
    Task<bool> IsHereAsync(long row, CancellationToken ct) => db.AdverseEvents.AnyAsync(e => e.Id == row, ct);

    async Task<IActionResult> TryAsync(Func<Task> work, CancellationToken ct)
    {
        try
        {
            await work();
        }
        catch (DecisionRefusedException refused)
        {
            db.ChangeTracker.Clear();
            Problem = refused.Message;
            Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
            await ReadAsync(ct);
            return Page();
        }
        await jobs.AskAsync(Composition.Summarise, ct);
        return Redirect("/events/waiting");
    }

    async Task ReadAsync(CancellationToken ct)
    {
        await using var snapshot = await db.BeginSnapshotAsync(ct);
        var waiting = db.Current<AdverseEvent>().Where(AdverseEvent.IsWaiting);
        Count = await waiting.CountAsync(ct);
        var events = await waiting.Where(e => e.Id > After).OrderBy(e => e.Id).Take(PerPage + 1).ToListAsync(ct);
        if (HasMore = events.Count > PerPage) events.RemoveAt(PerPage);
        var candidates = (await LinkEvents.CandidatesAsync(db, events.ConvertAll(e => e.Id), ct)).ToLookup(c => c.Event, c => c.Session);
        var patients = events.ConvertAll(e => e.PatientId).Distinct().ToList();
        // By clinic and patient, as the index goes.
        var clinics = await db.Clinics.Select(c => c.Id).ToListAsync(ct);
        var sessions = (await db.Current<Session>().Where(s => clinics.Contains(s.ClinicId) && patients.Contains(s.PatientId)).ToListAsync(ct)).ToLookup(s => s.PatientId);
        foreach (var e in events)
        {
            var allowed = candidates[e.Id].ToHashSet();
            var before = sessions[e.PatientId].Where(s => allowed.Contains(s.Id) || (e.ClinicId is null || s.ClinicId == e.ClinicId)
                && s.Status is SessionStatus.Completed or SessionStatus.Aborted && (s.FirstNeedleAtUtc ?? s.StartedAtUtc) <= e.OnsetAtUtc);
            Lines.Add(new(e, Why(e, allowed.Count), [.. before.OrderByDescending(s => allowed.Contains(s.Id)).ThenByDescending(s => s.StartedAtUtc).Take(SessionsListed).Select(s => (s, allowed.Contains(s.Id)))]));
        }
        Decisions = await db.LinkDecisions.AsNoTracking().Where(d => d.TakenBackAtUtc == null).OrderByDescending(d => d.Id).Take(Decided).ToListAsync(ct);
    }

    static string Why(AdverseEvent e, int candidates)
    {
        if (e.ReportChannel == ReportChannel.OpenForm && e.SessionId is null && candidates == 0)
            return T("It came by the open form, where patients may stay unnamed. If you know who it is, correct its patient_id and it finds its session; what was told of the treatment stands in its narrative.");
        int? days = Catalogue.Categories[e.Category].AttributionDays;
        if (e.SessionId is { } named)
            return candidates > 1 ? T("Two clinics have a session {0} of this patient.", named) : T("It names the session {0}, which is not here, or is not this patient’s, or began after the event.", named);
        string who = (e.PractitionerId, e.ClinicId) switch
        {
            ({ } practitioner, { } clinic) => T("this patient’s with {0} at {1}", practitioner, clinic),
            ({ } practitioner, null) => T("this patient’s with {0}", practitioner),
            (null, { } clinic) => T("this patient’s at {0}", clinic),
            _ => T("this patient’s"),
        };
        return candidates switch
        {
            0 => T("It names no session, and none of {0} lies within the {1} days before it.", who, days),
            1 => T("Someone chose a session for it that is no longer possible."),
            _ => T("It names no session, and {0} of {1} lie within the {2} days before it.", candidates, who, days),
        };
    }
}
