using SafetyAudit.AuditTrail;

namespace SafetyAudit.Alerts;

/// <summary>Which rule raised an alert.</summary>
public enum AlertRule
{
    /// <summary>A sentinel or serious event: one is one review.</summary>
    SentinelEvent,
    /// <summary>More than expected beside the peers in the same clinic, beyond the 99.8 % limit.</summary>
    MoreThanPeers,
    /// <summary>Fewer than expected beside the peers, beyond the 99.8 % limit: check the records.</summary>
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
}

public enum AlertStatus
{
    Open,
    /// <summary>The figures no longer bear it out. It stays in the record.</summary>
    NoLongerHolds,
}

/// <summary>A finding that someone should look at: at most one open per rule, subject and measure.</summary>
public sealed class Alert
{
    public long Id { get; set; }
    public AlertRule Rule { get; set; }
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
    public AlertStatus Status { get; set; }
    public DateTime RaisedAtUtc { get; set; }

    /// <summary>When its figures were last looked at and still bore it out, or ceased to.</summary>
    [Unaudited] public DateTime EvaluatedAtUtc { get; set; }
}
