namespace SafetyAudit.Statistics;

/// <summary>Whether the runs rules could be applied.</summary>
public enum RunsState
{
    Judged,

    /// <summary>No point lies off the centre line, or the phase has no limits for want of events or variation.</summary>
    NoUsefulPoints,
}

/// <summary>
/// Anhøj's runs rules (Anhøj and Olesen 2014, PLoS ONE 9:e113825): a signal when the longest run
/// on one side is longer than round(log₂ n) + 3, or when the centre line is
/// crossed fewer times than the 5 % quantile of Binomial(n − 1, ½); n counts the points off the centre line.
/// </summary>
/// <remarks>One judgement for a whole phase. False-alarm probability for 12 to 100 points: 1 to 6 % around their own
/// mean, 4 to 9 % around a known centre line (simulated). Reference: <c>spc_runs.csv</c>.</remarks>
/// <param name="State">Whether they could be applied.</param>
/// <param name="Useful">n.</param>
/// <param name="LongestRun">Points of the longest run; of several as long the latest.</param>
/// <param name="LongestRunMost">The most that is usual.</param>
/// <param name="Crossings">How often the centre line is crossed.</param>
/// <param name="CrossingsLeast">The fewest that are usual.</param>
/// <param name="LongestRunFirst">Index of the longest run's first point within the phase.</param>
/// <param name="LongestRunLast">Index of its last one; points on the centre line and those not assessed may lie between.</param>
public readonly record struct Anhoj(RunsState State, int Useful, int LongestRun, int LongestRunMost, int Crossings, int CrossingsLeast, int LongestRunFirst = 0, int LongestRunLast = 0)
{
    /// <summary>An unusually long run or unusually few crossings.</summary>
    public bool Signal => State == RunsState.Judged && (LongestRun > LongestRunMost || Crossings < CrossingsLeast);

    /// <summary>Judges one phase.</summary>
    /// <param name="points">The phase's points; those not assessed are left out, and all of a phase without limits.</param>
    public static Anhoj Judge(ReadOnlySpan<ChartPoint> points)
    {
        int useful = 0, run = 0, longest = 0, crossings = 0, previous = 0, began = 0, first = 0, last = 0;
        for (int i = 0; i < points.Length; i++)
        {
            if (points[i] is not { State: PointState.Assessed, Value: { } value, Centre: { } centre, Limits: not null }) continue;
            int side = Math.Abs(value - centre) <= 1e-12 * (Math.Abs(value) + Math.Abs(centre)) ? 0 : Math.Sign(value - centre);
            if (side == 0) continue;
            useful++;
            run = side == previous ? run + 1 : 1;
            if (run == 1) began = i;
            if (previous != 0 && side != previous) crossings++;
            previous = side;
            if (run >= longest) (longest, first, last) = (run, began, i);
        }
        return useful == 0
            ? new(RunsState.NoUsefulPoints, 0, 0, 0, 0, 0)
            : new(RunsState.Judged, useful, longest, (int)Math.Round(Math.Log2(useful), MidpointRounding.ToEven) + 3, crossings,
                (int)Binomial.Quantile(0.05, useful - 1, 0.5), first, last);
    }
}
