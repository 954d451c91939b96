using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host.Demo;
using SafetyAudit.Host.Security;

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

    static readonly Stop[] All =
    [
        new("What needs a look", "Home counts what is open, what is due and how many false alarms chance alone was expected to bring. Start there; a number leads to its list.", "/", null, Permission.ReadFigures),
        new("Read why something was flagged", "An alert says what was counted, what was expected and why, down to the arithmetic, and how many events fewer would have kept it quiet. It is a question, never a verdict.", "/alerts",
            ($"/practitioners/{DemoFaults.BruisingDoubles}?measure=BRUISE_MINOR", $"Minor bruising at {DemoFaults.BruisingDoubles} doubled some months ago."), Permission.ReadFigures),
        new("See it beside another baseline", "Published rates disagree. A measure’s page shows practitioners beside their colleagues, and clinics beside every published rate, so that you see whether the answer survives.", "/measures",
            ("/measures/BLEED_MINOR?against=literature", "Minor bleeding: one study found 4.7 %, another 16 %."), Permission.ReadFigures),
        new("Too few is a signal too", "A figure far below what colleagues record is read as a sign that events are not written down, never as a sign of good work.", "/data-quality",
            ($"/practitioners/{DemoFaults.RecordsNoEvents}", $"{DemoFaults.RecordsNoEvents} recorded no event at all."), Permission.ReadFigures),
        new("Was the protocol kept?", "Each rule has four answers: kept, not kept, not recorded, not applicable. A clinic that records nothing does not look perfect.", "/adherence",
            ("/adherence/PR-005?clinic=RIVER", $"Consent before the first needle: {DemoFaults.ConsentMissing} recorded it less and less."), Permission.ReadFigures),
        new("One event, one review", "A sentinel event opens a case at once, and two persons are told. It is never smoothed away by a rate.", "/cases", ("/alerts#sentinel_event", $"A needle left in a patient of {DemoFaults.NeedleRetained}."), Permission.ReadFigures),
        new("Review in stages", "First the data, then the kind of sessions, then the protocol, and the person last. The practitioner sees the rows and answers; nobody reviews themselves.", "/cases", null, Permission.ReadFigures),
        new("Down to the record", "Every figure leads to the sessions it was counted from, each session to its versions, and each version to the line of the file that it came from.", "/records", ("/sessions/answers?id=RIVER-S00042&clinic=RIVER", "One session, rule by rule."), Permission.ReadRecords),
        new("Send a file", "Practitioners first, then sessions and events. What is rejected is kept with its reason and can be mended and sent again; a whole file can be undone.", "/uploads", null, Permission.SendRecords),
        new("Who changed this?", "The audit trail holds who did and opened what; each entry seals those before it, and an extract can be checked on another machine.", "/trail", null, Permission.ReadTrail),
        new("Let people in", "Accounts with their roles and clinics, keys for programs, and whom notices reach.", "/access", null, Permission.ManageAccess),
    ];

    public List<Stop> Stops { get; private set; } = [];
    public bool IsDemo { get; private set; }

    public async Task OnGetAsync(CancellationToken ct)
    {
        IsDemo = await db.Current<Sessions.Practitioner>().AnyAsync(p => p.PractitionerId == DemoFaults.BruisingDoubles, ct) && await db.Current<Sessions.Practitioner>().AnyAsync(p => p.PractitionerId == DemoFaults.RecordsNoEvents, ct);
        Stops = [.. All.Where(s => db.Actor.May(s.Needs))];
    }
}
