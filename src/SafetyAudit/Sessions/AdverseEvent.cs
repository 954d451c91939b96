using System.Linq.Expressions;

namespace SafetyAudit.Sessions;

public enum Severity { Mild, Moderate, Severe, Critical }

public enum MedicalAttention { None, PrimaryCare, Emergency, Admitted }

public enum ReportChannel { Practitioner, PatientFollowUp, OpenForm, Import }

/// <summary>How an event came to its session: it names it, it is the only one that the patient had in time, or a person chose.</summary>
public enum LinkMethod { Explicit, Nearest, Manual }

/// <summary>Something that went wrong, as reported. What the report says of its session is kept as sent; the session it was joined to stands beside it.</summary>
public sealed class AdverseEvent : Record
{
    /// <summary>Whether it waits for its session. That no clinic is joined follows from the rest; it is asked for since the index begins with it.</summary>
    public static readonly Expression<Func<AdverseEvent, bool>> IsWaiting = e => e.LinkedClinicId == null && e.LinkedSessionId == null && e.LinkMethod == null;

    public string EventId { get; set; } = "";
    public string PatientId { get; set; } = "";
    public string Category { get; set; } = "";
    public DateTime OnsetAtUtc { get; set; }

    /// <summary>When the reporter wrote it down, as the file says; when it reached us is <see cref="Record.ReceivedAtUtc"/>.</summary>
    public DateTime? RecordedAtUtc { get; set; }

    public DateTime? DetectedAtUtc { get; set; }
    public string? SessionId { get; set; }
    public string? PractitionerId { get; set; }
    public string? ClinicId { get; set; }
    public Severity? Severity { get; set; }
    public int? CtcaeGrade { get; set; }
    public string? Seriousness { get; set; }
    public string? Causality { get; set; }
    public string? Outcome { get; set; }
    public DateTime? ResolvedAtUtc { get; set; }
    public MedicalAttention? MedicalAttention { get; set; }
    public string? ActionTaken { get; set; }
    public string? ReporterRole { get; set; }
    public ReportChannel? ReportChannel { get; set; }
    public string? BodyRegion { get; set; }
    public string? Narrative { get; set; }

    /// <summary>Whether it came to light because the patient was asked; all else somebody told or wrote down unasked.</summary>
    public bool IsFoundByAsking => ReportChannel == Sessions.ReportChannel.PatientFollowUp;

    /// <summary>Clinic of the session it was joined to; empty while it waits for that session to arrive.</summary>
    public string? LinkedClinicId { get; set; }

    /// <summary>The session it was joined to.</summary>
    public string? LinkedSessionId { get; set; }

    /// <summary>Empty while it waits; <see cref="Sessions.LinkMethod.Manual"/> without a session where a person said that it belongs to none.</summary>
    public LinkMethod? LinkMethod { get; set; }
}
