using SafetyAudit.AuditTrail;

namespace SafetyAudit.Notices;

/// <summary>What a notice is about.</summary>
public enum NoticeKind
{
    /// <summary>A sentinel event opened a case: two persons are told at once.</summary>
    SentinelEvent,
    /// <summary>Somebody was asked by another to lead a review.</summary>
    CaseAssigned,
    /// <summary>A review has come to the practitioner, who is asked for an answer.</summary>
    CaseAsked,
    CaseDueSoon,
    /// <summary>The hours within which the protocol wants a review to begin have passed.</summary>
    CaseNotBegun,
    /// <summary>Past its date: whoever leads it is reminded, and everybody else who may review it is told.</summary>
    CaseOverdue,
    /// <summary>Records that came after a decision change what it rested on.</summary>
    CaseRecordsChanged,
    /// <summary>What is open, once a week.</summary>
    Digest,
    /// <summary>A case was opened: to a program; by mail of a red finding, to two persons.</summary>
    CaseOpened,
    /// <summary>To a program: a case was decided.</summary>
    CaseDecided,
    /// <summary>To a program: a case was opened again.</summary>
    CaseReopened,
    /// <summary>A report was frozen by itself and waits for somebody to sign and issue it.</summary>
    ReportFrozen,
}

public enum NoticeChannel { Mail, Webhook }

public enum NoticeState
{
    Waiting,
    Sent,
    /// <summary>Given up, after <see cref="SendNotices.MostAttempts"/> attempts or because nobody is told there any more; it can be sent again by hand.</summary>
    Dead,
    /// <summary>Not sent: what it was about, or its receiver, was over before it went.</summary>
    Withdrawn,
    /// <summary>Given up, and somebody has seen that.</summary>
    Dismissed,
}

/// <summary>
/// One message to one receiver. Kept before it is sent, and sent until it arrives or is given up, so that a crash loses none. It may arrive twice, under the same id. What it says is worded when
/// it is sent, and holds nothing of a patient or a practitioner.
/// </summary>
public sealed class Notice
{
    public long Id { get; set; }

    /// <summary>What makes it this one: planned again, it is there already.</summary>
    public required string Key { get; set; }

    public NoticeKind Kind { get; set; }
    public NoticeChannel Channel { get; set; }

    /// <summary>A user's name, or a webhook's number.</summary>
    public required string Receiver { get; set; }

    /// <summary>Whose clinic it is about; empty for what is about several.</summary>
    public string? ClinicId { get; set; }

    public long? CaseId { get; set; }

    /// <summary>What happened in it, for a program.</summary>
    public long? CaseEntryId { get; set; }

    public DateTime MadeAtUtc { get; set; }

    /// <summary>Not before: after quiet hours, or after the pause that follows an attempt.</summary>
    [Unaudited] public DateTime NotBeforeUtc { get; set; }

    /// <summary>Counted before each attempt. Whoever saves it with a count that another has raised meanwhile does not save it: of two who take the same notice, one sends it.</summary>
    [Unaudited] public int Attempts { get; set; }

    public NoticeState State { get; set; }
    public DateTime? SentAtUtc { get; set; }

    /// <summary>Why the last attempt failed.</summary>
    [Unaudited] public string? Problem { get; set; }
}
