namespace SafetyAudit.Statistics;

/// <summary>A two-sided interval, in the unit of what it is an interval for.</summary>
public readonly record struct Interval(double Lower, double Upper)
{
    /// <summary>The same interval in another unit: both ends divided by an exposure, an expected count, …</summary>
    public static Interval operator /(Interval interval, double divisor) => new(interval.Lower / divisor, interval.Upper / divisor);

    /// <summary>Both ends times a factor, as in "per 1,000".</summary>
    public static Interval operator *(Interval interval, double factor) => new(interval.Lower * factor, interval.Upper * factor);
}
