using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Demo;
using SafetyAudit.Host.Security;
using static SafetyAudit.Languages.Said;

namespace SafetyAudit.Host.Pages;

/// <summary>A walk through the pages in the order of a Monday's review; over the demo's clinics it leads to what was planted there.</summary>
[Needs(Permission.KeepOwnAccount)]
public sealed class TourModel(SafetyAuditDb db) : PageModel
{
    /// <param name="Heading">What is done there.</param>
    /// <param name="Words">What to look at.</param>
    /// <param name="Path">Where it is.</param>
    /// <param name="Demo">Where it is in the demo, and what is to be found there.</param>
    /// <param name="Needs">What one must be allowed to go there.</param>
    public sealed record Stop(string Heading, string Words, string Path, (string Path, string Words)? Demo, Permission Needs);

    static Stop[] All =>
    [
        new(T("What needs a look"), T("Home counts what is open, what is due and how many false alarms chance alone was expected to bring. Start there; a number leads to its list."), "/", null, Permission.ReadFigures),
        new(T("Read why something was flagged"), T("An alert says what was counted, what was expected and why, down to the arithmetic, and how many events fewer would have kept it quiet. It is a question, never a verdict."), "/alerts",
            ($"/practitioners/{DemoFaults.BruisingDoubles}?measure=BRUISE_MINOR", T("Minor bruising at {0} doubled some months ago.", DemoFaults.BruisingDoubles)), Permission.ReadFigures),
        new(T("See it beside another baseline"), T("Published rates disagree. A measure’s page shows practitioners beside their colleagues, and clinics beside every published rate, so that you see whether the answer survives."), "/measures",
            ("/measures/BLEED_MINOR?against=literature", T("Minor bleeding: one study found 4.7 %, another 16 %.")), Permission.ReadFigures),
        new(T("Too few is a signal too"), T("A figure far below what colleagues record is read as a sign that events are not written down, never as a sign of good work."), "/data-quality",
            ($"/practitioners/{DemoFaults.RecordsNoEvents}", T("{0} recorded no event at all.", DemoFaults.RecordsNoEvents)), Permission.ReadFigures),
        new(T("Was the protocol kept?"), T("Each rule has four answers: kept, not kept, not recorded, not applicable. A clinic that records nothing does not look perfect."), "/adherence",
            ("/adherence/PR-005?clinic=RIVER", T("Consent before the first needle: {0} recorded it less and less.", DemoFaults.ConsentMissing)), Permission.ReadFigures),
        new(T("One event, one review|a step"), T("A sentinel event opens a case at once, and two persons are told. It is never smoothed away by a rate."), "/cases", ("/alerts#sentinel_event", T("A needle left in a patient of {0}.", DemoFaults.NeedleRetained)), Permission.ReadFigures),
        new(T("Review in stages"), T("First the data, then the kind of sessions, then the protocol, and the person last. The practitioner sees the rows and answers; nobody reviews themselves."), "/cases", null, Permission.ReadFigures),
        new(T("Down to the record"), T("Every figure leads to the sessions it was counted from, each session to its versions, and each version to the line of the file that it came from."), "/records", ("/sessions/answers?id=RIVER-S00042&clinic=RIVER", T("One session, rule by rule.")), Permission.ReadRecords),
        new(T("Send a file"), T("Practitioners first, then sessions and events. What is rejected is kept with its reason and can be mended and sent again; a whole file can be undone."), "/uploads", null, Permission.SendRecords),
        new(T("Who changed this?"), T("The audit trail holds who did and opened what; each entry seals those before it, and an extract can be checked on another machine."), "/trail", null, Permission.ReadTrail),
        new(T("Let people in"), T("Accounts with their roles and clinics, keys for programs, and whom notices reach."), "/access", null, Permission.ManageAccess),
    ];

    public List<Stop> Stops { get; private set; } = [];
    public bool IsDemo { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        IsDemo = await db.Current<Sessions.Practitioner>().AnyAsync(p => p.PractitionerId == DemoFaults.BruisingDoubles, ct) && await db.Current<Sessions.Practitioner>().AnyAsync(p => p.PractitionerId == DemoFaults.RecordsNoEvents, ct);
        Stops = [.. All.Where(s => db.Actor.May(s.Needs))];
    }
}
