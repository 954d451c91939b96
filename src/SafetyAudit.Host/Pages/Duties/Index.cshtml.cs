using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;

namespace SafetyAudit.Host.Pages;

/// <summary>What is due about events: reports to somebody outside, reviews of sentinel events, and events that outlasted their window.</summary>
[Needs(Permission.ReadRecords)]
public sealed class DutiesModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    /// <summary>Lines of each list; what is not listed is said to be there.</summary>
    public const int Most = 50;

    /// <param name="Reported">The event.</param>
    /// <param name="PractitionerId">Of its session.</param>
    /// <param name="Outcome">What the rule says of it.</param>
    /// <param name="CaseId">The open case that reviews it, of those about others.</param>
    public sealed record Due(ReportedEvent Reported, string? PractitionerId, Outcome Outcome, long? CaseId = null);

    public override bool WithClinicless => true;

    public DateTime NowUtc { get; private set; }
    public List<DutyCase> Cases { get; private set; } = [];
    public List<Due> Reviews { get; private set; } = [];
    public List<Due> Prolonged { get; private set; } = [];
    public int ProlongedUnknown { get; private set; }
    public bool MayTakeSteps => Db.Actor.May(Permission.LayDownProtocol);
    public bool MayReadNotes => Db.Actor.May(Permission.ReadNarratives);

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        NowUtc = time.UtcNow();
        // To today, whenever the last session was: an event may come before its session does.
        AskedTo ??= DateOnly.FromDateTime(NowUtc);
        AskedFrom ??= AskedTo.Value.AddYears(-DutyCase.Years);
        await ReadPeriodAsync(ct);
        var events = await DutyCase.EventsAsync(Db, From, To, NowUtc, ct);
        Cases = DutyCase.Of(events);
        EventRule reviewed = (EventRule)Rules.ById["PR-033"], escalated = (EventRule)Rules.ById["PR-032"];
        var cases = await ReviewCase.OpenAboutEventsAsync(Db, ct);
        foreach (var (reported, practitioner, _) in events)
        {
            if (reported.IsSentinel) Reviews.Add(new(reported, practitioner, reviewed.Check(reported), cases.TryGetValue((reported.Event.EventId, reported.Event.ClinicId ?? ""), out long open) ? open : null));
            if (escalated.Check(reported) is var outcome and not Outcome.NotApplicable)
            {
                if (outcome == Outcome.NotRecorded) ProlongedUnknown++;
                else Prolonged.Add(new(reported, practitioner, outcome));
            }
        }
        // What is open and waits longest comes first; what is done, the newest first.
        Reviews = [.. Reviews.OrderBy(r => r.Reported.ReviewStartedAtUtc is not null).ThenBy(r => (r.Reported.ReviewStartedAtUtc is null ? 1 : -1) * r.Reported.Event.OnsetAtUtc.Ticks)];
        Prolonged = [.. Prolonged.OrderBy(r => r.Reported.EscalatedAtUtc is not null).ThenBy(r => (r.Reported.EscalatedAtUtc is null ? 1 : -1) * r.Reported.Event.OnsetAtUtc.Ticks)];
    }
}
