using SafetyAudit.AuditTrail;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Summaries;

/// <summary>Exposure of one practitioner at one clinic on one day. Derived: can be deleted and rebuilt from the records.</summary>
[Unaudited]
public sealed class DailyExposure
{
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }

    /// <summary>Completed sessions.</summary>
    public int Sessions { get; set; }

    /// <summary>Completed sessions with a region over the lungs.</summary>
    public int AtRiskSessions { get; set; }

    /// <summary>Completed sessions after which somebody tried to ask the patient.</summary>
    public int FollowedUp { get; set; }

    /// <summary>Completed sessions whose patient was asked and answered: the exposure of what is found by asking.</summary>
    public int Reached { get; set; }
}

/// <summary>What was observed of one measure on one practitioner's day: by the date of the session, whenever the event was reported.</summary>
[Unaudited]
public sealed class DailyObserved
{
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }
    public required string Measure { get; set; }

    /// <summary>Sessions with at least one such event that nobody had to ask for, or events, as the measure counts.</summary>
    public int Observed { get; set; }

    /// <summary>The same of events that were found by asking, in sessions whose patient was reached. Never added to the others.</summary>
    public int FoundByAsking { get; set; }
}

/// <summary>Outcomes of the protocol's rules about sessions over one practitioner's day.</summary>
/// <remarks>One row for all rules, since one for each would be the largest table of all: five million of them for a million sessions.</remarks>
[Unaudited]
public sealed class DailyAdherence
{
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }

    /// <summary>Sessions of the day, of every status: what is none of the other outcomes is not applicable.</summary>
    public int Sessions { get; set; }

    /// <summary>Which rules these are the outcomes of, see <see cref="Rules.Version"/>.</summary>
    public int RulesVersion { get; set; }

    /// <summary>A JSON array: kept, not kept and not recorded of each of <see cref="Rules.OfSessions"/> in turn.</summary>
    public required string Outcomes { get; set; }

    /// <summary>Adds the day's outcomes, rule by rule.</summary>
    public void AddTo(Span<Adherence> sums) => AddTo(sums, Sessions, Outcomes);

    public static void AddTo(Span<Adherence> sums, int sessions, ReadOnlySpan<char> outcomes)
    {
        Span<int> counts = stackalloc int[3];
        int rule = 0, field = 0, number = 0;
        for (int i = 1; i < outcomes.Length; i++)
        {
            if (char.IsAsciiDigit(outcomes[i]))
            {
                number = number * 10 + (outcomes[i] - '0');
                continue;
            }
            (counts[field++], number) = (number, 0);
            if (field < 3) continue;
            sums[rule++] += new Adherence(counts[0], counts[1], counts[2], sessions - counts[0] - counts[1] - counts[2]);
            field = 0;
        }
    }

    /// <param name="outcomes">Counts by rule and outcome.</param>
    public static string Write(int[,] outcomes)
    {
        var text = new System.Text.StringBuilder(outcomes.GetLength(0) * 6).Append('[');
        for (int rule = 0; rule < outcomes.GetLength(0); rule++)
            for (var outcome = Outcome.Pass; outcome <= Outcome.NotRecorded; outcome++)
                text.Append(text.Length > 1 ? "," : "").Append(outcomes[rule, (int)outcome]);
        return text.Append(']').ToString();
    }
}

/// <summary>How well the records of one practitioner's day are kept: what <c>Analysis/DataQuality</c> adds up to shares.</summary>
[Unaudited]
public sealed class DailyQuality
{
    /// <summary>A session is in time when it reaches us within so many days after its end.</summary>
    public const int InTimeDays = 7;

    /// <summary>An event is written down promptly within so many hours after its onset: by then the patient was asked.</summary>
    public const int PromptHours = 48;

    /// <summary>Whether a session could have been sent in time: a completed one that ended since its clinic is here. What is older could not.</summary>
    public static bool IsAwaited(Session session, DateTime clinicAddedAtUtc) => session.Status == SessionStatus.Completed && EndOf(session) >= clinicAddedAtUtc;

    /// <summary>Whether it was, having first reached us then.</summary>
    public static bool IsInTime(Session session, DateTime firstReceivedAtUtc) => firstReceivedAtUtc <= EndOf(session).AddDays(InTimeDays);

    static DateTime EndOf(Session session) => session.EndedAtUtc ?? session.StartedAtUtc;

    /// <summary>Whether an event was written down promptly; null where it does not say when.</summary>
    public static bool? IsPrompt(AdverseEvent adverseEvent) => adverseEvent.RecordedAtUtc is { } recorded ? recorded <= adverseEvent.OnsetAtUtc.AddHours(PromptHours) : null;

    /// <summary>Details asked of each event, which figures otherwise have to assume, in words: <c>severity</c>, <c>recorded_at</c> and <c>report_channel</c>.</summary>
    public static readonly IReadOnlyList<(string Words, Func<AdverseEvent, bool> Gives)> Details = [("how bad it was", e => e.Severity is not null), ("when it was written down", e => e.RecordedAtUtc is not null), ("how it was reported", e => e.ReportChannel is not null)];

    /// <summary>How many of the details this event gives.</summary>
    public static int DetailsOf(AdverseEvent adverseEvent) => Details.Count(d => d.Gives(adverseEvent));

    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }

    /// <summary>What protocol rules ask of these sessions, rule by rule, where they apply; and what of it the records answer, whatever the answer.</summary>
    public int Asked { get; set; }
    public int Answered { get; set; }

    /// <summary>Completed sessions that ended since the clinic is here, and those of them that first reached us in time. What is older could not be sent in time.</summary>
    public int Awaited { get; set; }
    public int InTime { get; set; }

    /// <summary>Completed sessions that say the same patient and start as another one of the day; the first of them is not counted.</summary>
    public int RepeatedSessions { get; set; }

    /// <summary>Events joined to these sessions, and those of them that name their session themselves.</summary>
    public int Events { get; set; }
    public int EventsNamed { get; set; }

    /// <summary>Details that these events give, of <see cref="Details"/> each.</summary>
    public int EventDetails { get; set; }

    /// <summary>Events that say when they were written down, and those of them that were so promptly.</summary>
    public int EventsTimed { get; set; }
    public int EventsPrompt { get; set; }

    /// <summary>Events of the same session, category and onset as another one; the first of them is not counted.</summary>
    public int RepeatedEvents { get; set; }
}

/// <summary>A practitioner's day whose records changed since it was last summarised. Written in the same commit as the change.</summary>
[Unaudited]
public sealed class StaleDay
{
    public long Id { get; set; }
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }
}

/// <summary>A clinic whose days were counted anew, or whose events came, went or were joined otherwise, since its alerts were last judged. Written in the same commit as the change, and once more whether or not it is there: one that is there may be about to be taken away.</summary>
[Unaudited]
public sealed class StaleClinic
{
    public long Id { get; set; }

    /// <summary>Empty for events that name no clinic and wait for their session.</summary>
    public required string ClinicId { get; set; }
}
