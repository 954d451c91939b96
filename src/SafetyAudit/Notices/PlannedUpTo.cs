using SafetyAudit.AuditTrail;

namespace SafetyAudit.Notices;

/// <summary>Up to which entry of the cases notices have been planned for a receiver. Kept in the transaction that keeps the notices, so that neither is ahead of the other.</summary>
[Unaudited]
public sealed class PlannedUpTo
{
    /// <summary>A webhook as notices name it; or everybody who is told by mail.</summary>
    public required string Receiver { get; set; }

    /// <summary>The last entry that was looked at: <see cref="Cases.CaseEntry.Id"/>. Entries are made one transaction after another (<see cref="Data.ExclusiveWork.Alerts"/>), so that none comes later with a smaller one.</summary>
    public long CaseEntryId { get; set; }
}
