namespace SafetyAudit.Data;

public static class Time
{
    /// <summary>The present as both databases can keep it: UTC, whole microseconds.</summary>
    public static DateTime UtcNow(this TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
