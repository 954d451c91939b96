using System.Linq.Expressions;

namespace SafetyAudit.Sessions;

public enum FollowUpOutcome { Reached, NoAnswer, Declined }

/// <summary>An attempt to ask the patient, 24–48 hours after a session, how they fared.</summary>
public sealed class FollowUp : Record
{
    /// <summary>Whether somebody tried, and not only planned to: when, or what came of it, is recorded.</summary>
    public static readonly Expression<Func<FollowUp, bool>> IsAttempt = f => f.AttemptedAtUtc != null || f.Outcome != null;

    public string FollowUpId { get; set; } = "";
    public string SessionId { get; set; } = "";

    /// <summary>The clinic that the row or its file names; ids are unique within it.</summary>
    public string? ClinicId { get; set; }

    public DateTime? DueAtUtc { get; set; }
    public DateTime? AttemptedAtUtc { get; set; }
    public string? Mode { get; set; }
    public FollowUpOutcome? Outcome { get; set; }
    public bool? AnyEvent { get; set; }

    /// <summary>Clinic of the session it was joined to; empty while it waits for that session to arrive.</summary>
    public string? LinkedClinicId { get; set; }
}
