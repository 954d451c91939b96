namespace SafetyAudit.Sessions;

/// <summary>
/// What a person decided of an event that could not be joined by itself: which session it belongs to, or that it belongs to none. It is about the event and
/// not about one version of it: it holds for later ones too, as long as they name the same session (or none) as the event did then.
/// </summary>
public sealed class LinkDecision
{
    public long Id { get; set; }
    public required string EventId { get; set; }

    /// <summary>The clinic that the event names, within which its id is unique; empty where it names none.</summary>
    public string EventClinicId { get; set; } = "";

    /// <summary>The version of the event that was looked at.</summary>
    public int EventVersion { get; set; }

    /// <summary>The session that the event named when this was decided; empty where it named none.</summary>
    public string NamedSessionId { get; set; } = "";

    /// <summary>The session chosen; empty where none of them is the event's.</summary>
    public string? SessionId { get; set; }

    /// <summary>Clinic of the session chosen, else of the event.</summary>
    public string? ClinicId { get; set; }

    public string? Reason { get; set; }
    public required string DecidedBy { get; set; }
    public DateTime DecidedAtUtc { get; set; }
    public string? TakenBackBy { get; set; }
    public DateTime? TakenBackAtUtc { get; set; }
}
