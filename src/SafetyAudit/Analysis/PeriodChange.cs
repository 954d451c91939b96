using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>One subject and measure in two periods: the rate of the later over that of the earlier.</summary>
/// <param name="Before">The earlier period.</param>
/// <param name="Now">The later one.</param>
public sealed record PeriodChange(RateRow Before, RateRow Now)
{
    /// <summary>Whether the events of both were found in the same way: where patients were asked in one period only, more were found in it, whatever happened.</summary>
    public bool FoundAlike => Before.Ascertainment == Now.Ascertainment;

    /// <summary>Empty where either period has no exposure, where nothing happened in the earlier, or where events were found in different ways.</summary>
    public double? Ratio => FoundAlike && Before is { Exposure: > 0, Observed: > 0 } && Now.Exposure > 0 ? Now.RatePer1000 / Before.RatePer1000 : null;

    /// <summary>95 %, mid-P (<see cref="RateRatio"/>); to infinity where nothing happened before; empty where nothing happened at all, or events were found in different ways.</summary>
    public Interval? Interval => FoundAlike && Before.Exposure is > 0 and var before && Now.Exposure is > 0 and var now && Before.Observed + Now.Observed > 0
        ? RateRatio.MidP(Now.Observed, now, Before.Observed, before) : null;

    /// <summary>Whether chance alone could make the difference, at 95 %, one comparison by itself; null where nothing can be said.</summary>
    public bool? WithinChance => Interval is { } interval ? interval.Lower <= 1 && interval.Upper >= 1 : null;

    /// <summary>The rows of two periods side by side, for those who have both; whichever is given first, the earlier one is before.</summary>
    public static IReadOnlyList<PeriodChange> Of(IReadOnlyList<RateRow> before, IReadOnlyList<RateRow> now)
    {
        if (before.Count > 0 && now.Count > 0 && before[0].From > now[0].From) (before, now) = (now, before);
        // A practitioner's row is of all their clinics; the one it names is where they gave most sessions, which may have changed.
        static (bool, string, string) Subject(RateRow r) => (r.PractitionerId is null, r.PractitionerId ?? r.ClinicId, r.Measure.Code);
        var earlier = before.ToLookup(Subject);
        return [.. now.SelectMany(r => earlier[Subject(r)].Take(1).Select(b => new PeriodChange(b, r)))];
    }
}
