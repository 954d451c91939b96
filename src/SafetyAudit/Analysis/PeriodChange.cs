using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>One subject and measure in two periods: the rate of the later over that of the earlier.</summary>
/// <param name="Before">The earlier period.</param>
/// <param name="Now">The later one.</param>
public sealed record PeriodChange(RateRow Before, RateRow Now)
{
    /// <summary>Empty where either period has no exposure, or nothing happened in the earlier.</summary>
    public double? Ratio => Before is { Exposure: > 0, Observed: > 0 } && Now.Exposure > 0 ? Now.RatePer1000 / Before.RatePer1000 : null;

    /// <summary>95 %, mid-P (<see cref="RateRatio"/>); to infinity where nothing happened before; empty where nothing happened at all.</summary>
    public Interval? Interval => Before.Exposure is > 0 and var before && Now.Exposure is > 0 and var now && Before.Observed + Now.Observed > 0
        ? RateRatio.MidP(Now.Observed, now, Before.Observed, before) : null;

    /// <summary>Whether chance alone could make the difference, at 95 %, one comparison by itself; null where nothing can be said.</summary>
    public bool? WithinChance => Interval is { } interval ? interval.Lower <= 1 && interval.Upper >= 1 : null;

    /// <summary>The rows of two periods side by side, for those who have both; whichever is given first, the earlier one is before.</summary>
    public static IReadOnlyList<PeriodChange> Of(IReadOnlyList<RateRow> before, IReadOnlyList<RateRow> now)
    {
        if (before.Count > 0 && now.Count > 0 && before[0].From > now[0].From) (before, now) = (now, before);
        var earlier = before.ToLookup(r => (r.ClinicId, r.PractitionerId, r.Measure.Code));
        return [.. now.SelectMany(r => earlier[(r.ClinicId, r.PractitionerId, r.Measure.Code)].Take(1).Select(b => new PeriodChange(b, r)))];
    }
}
