using SafetyAudit.AuditTrail;

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

/// <summary>Outcomes of one protocol rule over one practitioner's day.</summary>
[Unaudited]
public sealed class DailyAdherence
{
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }
    public required string Rule { get; set; }
    public int Pass { get; set; }
    public int Fail { get; set; }
    public int NotRecorded { get; set; }
    public int NotApplicable { get; set; }
}

/// <summary>How well the records of one practitioner's day are kept: what <c>Analysis/DataQuality</c> adds up to shares.</summary>
[Unaudited]
public sealed class DailyQuality
{
    /// <summary>A session is in time when it reaches us within so many days after its end.</summary>
    public const int InTimeDays = 7;

    /// <summary>An event is written down promptly within so many hours after its onset: by then the patient was asked.</summary>
    public const int PromptHours = 48;

    /// <summary>Details asked of each event: <c>severity</c>, <c>recorded_at</c> and <c>report_channel</c>, which figures otherwise have to assume.</summary>
    public const int DetailsPerEvent = 3;

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

    /// <summary>Details that these events give, of <see cref="DetailsPerEvent"/> each.</summary>
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
