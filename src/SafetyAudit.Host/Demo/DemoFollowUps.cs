namespace SafetyAudit.Host.Demo;

/// <summary>One attempt to ask a patient how they fared.</summary>
internal sealed record DemoFollowUp(string Id, DemoSession Session, DateTime AttemptedAt, string Mode, string Outcome, bool? AnyEvent);

/// <summary>RIVER asks most patients, HARB some, NORTH nobody: then what patients would have told stays unknown.</summary>
internal static class DemoFollowUps
{
    public static bool AsksPatients(string clinic) => clinic != "NORTH";

    public static IReadOnlyList<DemoFollowUp> Make(string clinic, IReadOnlyList<DemoSession> sessions, IReadOnlyList<DemoEvent> events, DateOnly lastDay, Random random)
    {
        List<DemoFollowUp> followUps = [];
        if (!AsksPatients(clinic)) return followUps;
        var told = events.Where(e => e.ByFollowUp).Select(e => e.Session).ToHashSet();
        double asked = clinic == "RIVER" ? 0.85 : 0.4;
        foreach (var session in sessions.Where(s => s.Completed))
        {
            // Drawn for each, so that one event more moves no other follow-up.
            var (isAsked, isReached, delay) = (random.Chance(asked), random.Chance(0.8), random.Minutes(60 * 24, 60 * 46));
            if (!isAsked && !told.Contains(session)) continue;
            var at = session.EndedAt!.Value + delay;
            if (at >= DemoEvents.EndOf(lastDay)) continue;
            string outcome = told.Contains(session) || isReached ? "reached" : "no_answer";
            followUps.Add(new($"{clinic}-F{followUps.Count + 1:00000}", session, at, session.Day.DayNumber % 2 == 0 ? "call" : "sms", outcome, outcome == "reached" ? told.Contains(session) : null));
        }
        return followUps;
    }

    public static readonly IReadOnlyList<(string, Func<DemoFollowUp, string?>)> Columns =
    [
        ("follow_up_id", f => f.Id),
        ("session_id", f => f.Session.Id),
        ("clinic_id", f => f.Session.Practitioner.Clinic),
        ("attempted_at", f => DemoCsv.Instant(f.AttemptedAt)),
        ("mode", f => f.Mode),
        ("outcome", f => f.Outcome),
        ("any_event", f => DemoCsv.YesNo(f.AnyEvent)),
    ];
}
