using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Protocol;

namespace SafetyAudit.Host.Pages;

/// <summary>What is due about events: reports to somebody outside, reviews of sentinel events, and events that outlasted their window.</summary>
[Needs(Permission.ReadRecords)]
public sealed class DutiesModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    const int Most = 100;

    /// <param name="Reported">The event.</param>
    /// <param name="PractitionerId">Of its session.</param>
    /// <param name="Outcome">What the rule says of it.</param>
    public sealed record Due(ReportedEvent Reported, string? PractitionerId, Outcome Outcome);

    public DateTime NowUtc { get; private set; }
    public List<DutyCase> Cases { get; private set; } = [];
    public List<Due> Reviews { get; private set; } = [];
    public List<Due> Prolonged { get; private set; } = [];
    public int ProlongedUnknown { get; private set; }
    public bool Cut { get; private set; }
    public bool MayTakeSteps => Db.Actor.May(Permission.LayDownProtocol);

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        NowUtc = time.UtcNow();
        Cases = await DutyCase.ReadAsync(Db, From, To, NowUtc, ct);
        Cut = Cases.Count > Most;
        Cases = [.. Cases.Take(Most)];
        EventRule reviewed = (EventRule)Rules.ById["PR-033"], escalated = (EventRule)Rules.ById["PR-032"];
        foreach (var (reported, practitioner, _) in await ReportedEvents.ReadAsync(Db, From, To, null, null, NowUtc, ct))
        {
            if (reported.IsSentinel) Reviews.Add(new(reported, practitioner, reviewed.Check(reported)));
            if (escalated.Check(reported) is var outcome and not Outcome.NotApplicable)
            {
                if (outcome == Outcome.NotRecorded) ProlongedUnknown++;
                else Prolonged.Add(new(reported, practitioner, outcome));
            }
        }
        Reviews = [.. Reviews.OrderBy(r => r.Reported.ReviewStartedAtUtc is not null).ThenByDescending(r => r.Reported.Event.OnsetAtUtc).Take(Most)];
        Prolonged = [.. Prolonged.OrderBy(r => r.Reported.EscalatedAtUtc is not null).ThenByDescending(r => r.Reported.Event.OnsetAtUtc).Take(Most)];
    }
}
