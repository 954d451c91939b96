namespace SafetyAudit.Access;

/// <summary>A page that somebody keeps under a name of their own: its address with all that was chosen on it. Nobody else sees it.</summary>
public sealed class SavedView
{
    public const int LongestName = 80, LongestPath = 1500, Most = 100;

    public long Id { get; set; }
    public required string UserId { get; set; }
    public required string Name { get; set; }

    /// <summary>Within this installation, from its first slash on.</summary>
    public required string Path { get; set; }

    public DateTime KeptAtUtc { get; set; }
}
