namespace SafetyAudit.Sessions;

public enum FollowUpOutcome { Reached, NoAnswer, Declined }

/// <summary>An attempt to ask the patient, 24–48 hours after a session, how they fared.</summary>
public sealed class FollowUp : Record
{
    public string FollowUpId { get; set; } = "";
    public string SessionId { get; set; } = "";

    /// <summary>Clinic of the session, known from the upload or from the session itself.</summary>
    public string? ClinicId { get; set; }

    public DateTime? DueAtUtc { get; set; }
    public DateTime? AttemptedAtUtc { get; set; }
    public string? Mode { get; set; }
    public FollowUpOutcome? Outcome { get; set; }
    public bool? AnyEvent { get; set; }
}
