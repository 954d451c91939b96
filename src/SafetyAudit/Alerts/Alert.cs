using SafetyAudit.AuditTrail;

namespace SafetyAudit.Alerts;

/// <summary>Which rule raised an alert.</summary>
public enum AlertRule
{
    /// <summary>A sentinel or serious event: one is one review.</summary>
    SentinelEvent,
    /// <summary>More than the records of colleagues in the same clinic lead to expect, see <see cref="Analysis.PeerMonitor"/>.</summary>
    MoreThanPeers,
    /// <summary>Fewer than they lead to expect: check the records.</summary>
    FewerThanPeers,
    /// <summary>The clinic as a whole records more than the literature leads to expect.</summary>
    ClinicAboveLiterature,
    /// <summary>The clinic as a whole records fewer than the literature leads to expect: check the records.</summary>
    ClinicBelowLiterature,
    /// <summary>A critical protocol rule was not kept.</summary>
    ProtocolFailed,
    /// <summary>What a critical protocol rule needs is often not recorded.</summary>
    ProtocolNotRecorded,
    /// <summary>A rule is kept in a smaller share than the clinic's target, by more than chance.</summary>
    AdherenceBelowTarget,
    /// <summary>A smaller share of sessions can be judged than before, by more than chance.</summary>
    CompletenessFalling,
    /// <summary>A credential lapses within 60, 30 or 7 days, or has lapsed.</summary>
    CredentialLapsing,
    /// <summary>Events too rare for a practitioner's rate came close together in the clinic.</summary>
    RareEventsClose,
}

/// <summary>What an alert asks for.</summary>
public enum AlertLevel
{
    /// <summary>One event, one review, at once.</summary>
    Sentinel,
    /// <summary>A review.</summary>
    Red,
    /// <summary>A look: not more than chance may do now and then.</summary>
    Amber,
    /// <summary>A look at the records: fewer than expected, or not recorded.</summary>
    Blue,
}

public enum AlertStatus
{
    Open,
    /// <summary>The figures no longer bear it out. It stays in the record.</summary>
    NoLongerHolds,
    /// <summary>Somebody looked into it, or dismissed it, and said why. What comes after is judged anew.</summary>
    Closed,
}

/// <summary>A finding that someone should look at: at most one open per rule, subject and measure.</summary>
public sealed class Alert
{
    public long Id { get; set; }
    public AlertRule Rule { get; set; }
    public AlertLevel Level { get; set; }
    public required string ClinicId { get; set; }

    /// <summary>The practitioner it is about; empty for a clinic-level line.</summary>
    public string? PractitionerId { get; set; }

    /// <summary>Measure or protocol rule it is about.</summary>
    public string? Measure { get; set; }

    /// <summary>What makes it the same alert when it is found again: rule, subject, measure, and the event where it is about one.</summary>
    public required string Key { get; set; }

    /// <summary>Why it was raised: figures, limits, baseline, in one or two sentences.</summary>
    public required string Reason { get; set; }

    public DateOnly From { get; set; }
    public DateOnly To { get; set; }
    public long? Observed { get; set; }
    public double? Expected { get; set; }
    public string? Baseline { get; set; }

    /// <summary>What it was raised by: the thresholds and what they were solved for, in figures. Empty for a rule without thresholds.</summary>
    public string? Arithmetic { get; set; }

    /// <summary>The first day of the month whose figures were the first to cross the line when it was raised; empty for a rule without months.</summary>
    public DateOnly? RaisedMonth { get; set; }

    // As it was when it was raised, whatever the figures say since.
    public DateOnly? RaisedFrom { get; set; }
    public DateOnly? RaisedTo { get; set; }
    public long? RaisedObserved { get; set; }
    public double? RaisedExpected { get; set; }
    public string? RaisedArithmetic { get; set; }

    /// <summary>Keeps its figures as those that it was raised with.</summary>
    internal void Raise(DateTime now) => (Status, RaisedAtUtc, RaisedFrom, RaisedTo, RaisedObserved, RaisedExpected, RaisedArithmetic) = (AlertStatus.Open, now, From, To, Observed, Expected, Arithmetic);

    public AlertStatus Status { get; set; }
    public DateTime RaisedAtUtc { get; set; }

    /// <summary>When its figures were last looked at and still bore it out, or ceased to.</summary>
    [Unaudited] public DateTime EvaluatedAtUtc { get; set; }

    /// <summary>Whether it gets a case by itself, and ends with that only: what is sentinel or red.</summary>
    public bool AsksForReview => Level is AlertLevel.Sentinel or AlertLevel.Red;

    public DateTime? ClosedAtUtc { get; set; }
    public string? ClosedBy { get; set; }

    /// <summary>Why it was dismissed, or what its case decided.</summary>
    public string? ClosedBecause { get; set; }

    /// <summary>Whether its review found nothing that explains it or needs a change: what comes after is watched the more closely.</summary>
    public bool FoundNothing { get; set; }

    /// <summary>The clinic's last day with a session when it was closed: what came up to then has been looked at.</summary>
    public DateOnly? ReviewedTo { get; set; }
}
