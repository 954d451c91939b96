namespace SafetyAudit.Protocol;

/// <summary>What was done about an event.</summary>
public enum EventStepKind
{
    /// <summary>Taken further, because it lasted too long.</summary>
    Escalated,
    /// <summary>Its review began.</summary>
    ReviewStarted,
    /// <summary>Reported under a duty, see <see cref="ReportingDuty"/>.</summary>
    Reported,
    /// <summary>Looked at, and found that a duty does not ask for a report.</summary>
    NotReportable,
}

/// <summary>Something that somebody did about an event, and when. What it says is never changed: an error is put right by taking it back.</summary>
public sealed class EventStep
{
    public long Id { get; set; }
    public required string EventId { get; set; }

    /// <summary>The event's own clinic, as it says it itself; empty where it says none. With the id it names the event, whatever session it is joined to.</summary>
    public required string EventClinicId { get; set; }

    /// <summary>The clinic that kept the event when the step was entered: its session's, else its own; and since, where its open case has moved.</summary>
    public required string ClinicId { get; set; }

    public EventStepKind Kind { get; set; }

    /// <summary>The reporting duty, where it is about one.</summary>
    public string? Duty { get; set; }

    /// <summary>When it was done, as the person says; not later than it was entered.</summary>
    public DateTime AtUtc { get; set; }

    public DateTime EnteredAtUtc { get; set; }
    public string EnteredBy { get; set; } = "";

    /// <summary>To whom, by what form, why not.</summary>
    public string? Note { get; set; }

    public DateTime? TakenBackAtUtc { get; set; }
}
