namespace SafetyAudit.Measures;

/// <summary>
/// That a measure is held against another of its baselines: proposed by one person, and in force from the instant at which another signed it. Choices are added and never changed once answered;
/// of those signed the newest holds, and before it what held then.
/// </summary>
public sealed class BaselineChoice
{
    public const int LongestReason = 1000;

    public long Id { get; set; }
    public required string MeasureCode { get; set; }
    public required string BaselineId { get; set; }
    public required string Why { get; set; }
    public required string ProposedBy { get; set; }
    public DateTime ProposedAtUtc { get; set; }

    /// <summary>Who signed it or turned it down, when, and what they said. Empty while it waits.</summary>
    public string? AnsweredBy { get; set; }
    public DateTime? AnsweredAtUtc { get; set; }
    public string? Answer { get; set; }

    /// <summary>Signed, and so in force from then on; or turned down.</summary>
    public bool IsSigned { get; set; }
}
