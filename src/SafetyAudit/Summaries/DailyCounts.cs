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

/// <summary>A practitioner's day whose records changed since it was last summarised. Written in the same commit as the change.</summary>
[Unaudited]
public sealed class StaleDay
{
    public long Id { get; set; }
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }
    public DateOnly Date { get; set; }
}
