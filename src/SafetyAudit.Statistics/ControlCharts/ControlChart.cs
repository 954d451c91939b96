namespace SafetyAudit.Statistics;

/// <summary>Which control chart.</summary>
public enum ChartKind
{
    /// <summary>Individual values with moving ranges: continuous measures.</summary>
    XmR,

    /// <summary>Counts over equal exposure.</summary>
    C,

    /// <summary>Counts per exposure.</summary>
    U,

    /// <summary>Shares of sessions.</summary>
    P,

    /// <summary>u with limits widened by the spread between points (Laney 2002); for more than about 2,000 sessions a point.</summary>
    LaneyU,

    /// <summary>p, likewise.</summary>
    LaneyP,

    /// <summary>Sessions between events.</summary>
    G,

    /// <summary>Time, or exposure, between events.</summary>
    T,
}

/// <summary>How limits are drawn.</summary>
public enum LimitMethod
{
    /// <summary>Probability limits of the chart's own distribution, tails of 0.00135 (and 0.02275 for the
    /// warning lines). XmR and Laney charts have none and use three sigma.</summary>
    Exact,

    /// <summary>Centre ± 3 standard errors, the textbook's; T by the power 1/3.6 (Nelson 1994). G has no
    /// three-sigma form here, since its tail would be 0.018: exact instead.</summary>
    ThreeSigma,
}

/// <summary>Why the limits start anew. Rebasing is done by a person, with a reason; the old limits stay with the old points.</summary>
public enum RebaseReason
{
    FirstPhase,
    BaselineChanged,
    RecordingChanged,
    PracticeChanged,
    RunsSignalReviewed,
}

/// <summary>A stretch of points with limits of its own, from <paramref name="Start"/> to the next phase.</summary>
/// <param name="Start">Index of its first point; each phase starts later than the one before.</param>
/// <param name="Reason">Why it begins. Every phase but the first must be given one.</param>
/// <param name="Frozen">Points from its start that alone form the limits; 0 for all of them.</param>
public readonly record struct ChartPhase(int Start, RebaseReason Reason = RebaseReason.FirstPhase, int Frozen = 0);

/// <summary>One period: events and exposure, or a single value in the numerator (XmR, C, G, T). Not a number stands for a value that is missing.</summary>
/// <param name="Numerator">Events, or the value.</param>
/// <param name="Denominator">Exposure or sessions; not read by XmR, C, G and T.</param>
/// <param name="Excluded">Drawn, but left out of limits and rules.</param>
public readonly record struct ChartValue(double Numerator, double Denominator = 1, bool Excluded = false);

/// <summary>What can be said of a point.</summary>
public enum PointState
{
    Assessed,

    /// <summary>Left out by a person.</summary>
    Excluded,

    /// <summary>An empty period: no value, no limits.</summary>
    NoExposure,

    /// <summary>Events where no exposure is recorded: a fault in the data, not a rate.</summary>
    EventsWithoutExposure,

    /// <summary>No value was given.</summary>
    Missing,

    /// <summary>More sessions with an event than sessions (p charts): a fault in the data, not a share.</summary>
    MoreEventsThanSessions,
}

/// <summary>What can be said of a phase.</summary>
public enum ChartState
{
    Drawn,

    /// <summary>No point that could be used.</summary>
    NoPoints,

    /// <summary>One point: a centre line and no limits.</summary>
    OnePoint,

    /// <summary>No event in any point that should form the limits: a centre line at 0 and no limits, so that neither limits nor run rules
    /// say anything, later points of a frozen phase included. <see cref="ZeroEvents"/> tells what no event still allows.</summary>
    NoEvents,

    /// <summary>Every point that should form the limits is the same: a centre line and no limits, and nothing is said, as for
    /// <see cref="NoEvents"/>.</summary>
    NoVariation,
}

/// <summary>Whether a point lies outside its limits.</summary>
public enum LimitSignal
{
    None,
    Above,
    Below,
}

/// <summary>Limits of one point, in the unit of its value; the standard error is what zones of run rules are measured in.</summary>
public readonly record struct ChartLimits(double Lower, double Upper, double LowerWarning, double UpperWarning, double StandardError);

/// <summary>One point as drawn. No value or no limits is said so and is never a number.</summary>
public readonly record struct ChartPoint(PointState State, double? Value, double? Centre, ChartLimits? Limits, LimitSignal Signal);

/// <summary>What the limits of a phase rest on.</summary>
/// <param name="Phase">The phase as asked for.</param>
/// <param name="State">What can be said of it.</param>
/// <param name="Used">Points that formed the limits.</param>
/// <param name="Centre">Centre line, where there is one.</param>
/// <param name="MeanMovingRange">XmR: mean moving range after any screening; the moving-range chart's upper limit is 3.267 times it (3.2665 exactly).</param>
/// <param name="SigmaZ">Laney: the factor by which the limits are widened.</param>
public readonly record struct PhaseResult(ChartPhase Phase, ChartState State, int Used, double? Centre, double? MeanMovingRange, double? SigmaZ);

/// <summary>Choices that change a chart's limits; the defaults are the authors' own.</summary>
/// <param name="Method">How limits are drawn.</param>
/// <param name="ScreenRanges">Drop moving ranges above 3.267 times their mean, once (the NHS does; Laney, Wheeler and qcc don't).</param>
/// <param name="SigmaPerRange">Standard deviations per mean moving range: see <see cref="MovingRange"/>.</param>
/// <exception cref="ArgumentOutOfRangeException">The standard deviations per mean moving range are not finite and above 0.</exception>
public sealed record ChartOptions(LimitMethod Method = LimitMethod.Exact, bool ScreenRanges = false, double SigmaPerRange = MovingRange.ExactSigma)
{
    public double SigmaPerRange { get; init => field = Checked(value); } = Checked(SigmaPerRange);

    static double Checked(double sigmaPerRange) => sigmaPerRange > 0 && double.IsFinite(sigmaPerRange)
        ? sigmaPerRange
        : throw new ArgumentOutOfRangeException(nameof(sigmaPerRange),
            "Standard deviations per mean moving range are above 0; MovingRange has the usual ones.");
}

/// <summary>A control chart: every kind gives the same shape of answer.</summary>
public sealed class ControlChart
{
    readonly ChartPoint[] points;
    readonly PhaseResult[] phases;

    static readonly ChartPhase[] OnePhase = [new(0)];
    static readonly ChartOptions AuthorsOwn = new();

    // Counts beyond this can't be told apart, and quantiles of so large a mean aren't searched for.
    const double MostEvents = CountSearch.MostMean;

    ControlChart(ChartKind kind, ChartPoint[] points, PhaseResult[] phases) => (Kind, this.points, this.phases) = (kind, points, phases);

    public ChartKind Kind { get; }

    public ReadOnlySpan<ChartPoint> Points => points;

    public ReadOnlySpan<PhaseResult> Phases => phases;

    /// <summary>The points of one phase.</summary>
    public ReadOnlySpan<ChartPoint> PointsOf(int phase)
    {
        int start = phases[phase].Phase.Start, end = phase + 1 < phases.Length ? phases[phase + 1].Phase.Start : points.Length;
        return points.AsSpan(start..end);
    }

    /// <summary>Draws a chart: limits per phase, from the points that are neither excluded nor empty.</summary>
    /// <param name="kind">Which chart.</param>
    /// <param name="values">The periods, in order of time.</param>
    /// <param name="options">Choices; the defaults are exact limits without screening.</param>
    /// <param name="phases">Phases in order, the first at 0; none given is one phase.</param>
    /// <exception cref="ArgumentException">The phases don't start at 0 or don't follow one another within the points.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A later phase has no reason or a phase freezes fewer than 0 points; or a value is impossible:
    /// infinite, or negative where events, gaps or exposure are meant. Not a number stands for a missing value and is no error.</exception>
    public static ControlChart Draw(ChartKind kind, ReadOnlySpan<ChartValue> values, ChartOptions? options = null, ReadOnlySpan<ChartPhase> phases = default)
    {
        if (phases.Length == 0) phases = OnePhase;
        if (phases[0].Start != 0) throw new ArgumentException("The first phase starts at the first point.", nameof(phases));
        var chosen = options ?? AuthorsOwn;
        foreach (var value in values) Check(kind, value);
        var points = new ChartPoint[values.Length];
        var results = new PhaseResult[phases.Length];
        for (int i = 0; i < phases.Length; i++)
        {
            int start = phases[i].Start, end = i + 1 < phases.Length ? phases[i + 1].Start : values.Length;
            if (end < start || end > values.Length || (end == start && i + 1 < phases.Length))
                throw new ArgumentException("Phases follow one another within the points, each starting later than the one before.", nameof(phases));
            if (phases[i].Frozen < 0) throw new ArgumentOutOfRangeException(nameof(phases), "Frozen points are 0 (all form the limits) or more.");
            if (i > 0 && phases[i].Reason == RebaseReason.FirstPhase)
                throw new ArgumentOutOfRangeException(nameof(phases), "Give every phase after the first its reason; FirstPhase is none.");
            results[i] = DrawPhase(kind, values[start..end], points.AsSpan(start..end), chosen, phases[i]);
        }
        return new(kind, points, results);
    }

    static PhaseResult DrawPhase(ChartKind kind, ReadOnlySpan<ChartValue> values, Span<ChartPoint> points, ChartOptions options, ChartPhase phase)
    {
        bool rate = kind is ChartKind.U or ChartKind.P or ChartKind.LaneyU or ChartKind.LaneyP;
        int baseline = phase.Frozen > 0 ? Math.Min(phase.Frozen, values.Length) : values.Length, used = 0;
        for (int i = 0; i < values.Length; i++)
        {
            var state = StateOf(kind, values[i], rate);
            bool hasValue = state is PointState.Assessed or PointState.Excluded;
            points[i] = new(state, hasValue ? rate ? values[i].Numerator / values[i].Denominator : values[i].Numerator : null, null, null, LimitSignal.None);
            if (i < baseline && state == PointState.Assessed) used++;
        }
        if (used == 0) return new(phase, ChartState.NoPoints, 0, null, null, null);
        var from = new Baseline(values[..baseline], points[..baseline], used);
        return kind switch
        {
            ChartKind.XmR => XmRChart.Draw(from, points, options, phase),
            ChartKind.C => CountChart.Draw(from, points, options, phase),
            ChartKind.U or ChartKind.LaneyU => RateChart.Draw(from, values, points, options, phase, widened: kind == ChartKind.LaneyU),
            ChartKind.P or ChartKind.LaneyP => ShareChart.Draw(from, values, points, options, phase, widened: kind == ChartKind.LaneyP),
            ChartKind.G => GapChart.Draw(from, points, options, phase),
            ChartKind.T => TimeChart.Draw(from, points, options, phase),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    static void Check(ChartKind kind, ChartValue value)
    {
        if (double.IsInfinity(value.Numerator))
            throw new ArgumentOutOfRangeException(nameof(value), "A value is finite; not a number stands for a missing one.");
        if (kind != ChartKind.XmR && value.Numerator < 0) throw new ArgumentOutOfRangeException(nameof(value), "Events and gaps are 0 or more.");
        if (kind is not (ChartKind.XmR or ChartKind.T) && value.Numerator > MostEvents)
            throw new ArgumentOutOfRangeException(nameof(value), "Counts are drawn up to 1e15 events.");
        if (kind is ChartKind.XmR or ChartKind.C or ChartKind.G or ChartKind.T) return;
        if (value.Denominator < 0 || double.IsInfinity(value.Denominator))
            throw new ArgumentOutOfRangeException(nameof(value), "Exposure and sessions are finite and 0 or more.");
        if (kind is ChartKind.P or ChartKind.LaneyP && value.Denominator > MostEvents)
            throw new ArgumentOutOfRangeException(nameof(value), "Shares are drawn for up to 1e15 sessions.");
    }

    static PointState StateOf(ChartKind kind, ChartValue value, bool rate)
    {
        if (double.IsNaN(value.Numerator) || (rate && double.IsNaN(value.Denominator))) return PointState.Missing;
        if (rate && value.Denominator == 0) return value.Numerator > 0 ? PointState.EventsWithoutExposure : PointState.NoExposure;
        if (kind is ChartKind.P or ChartKind.LaneyP && value.Numerator > value.Denominator) return PointState.MoreEventsThanSessions;
        return value.Excluded ? PointState.Excluded : PointState.Assessed;
    }

    /// <summary>The points that form a phase's limits.</summary>
    internal readonly ref struct Baseline(ReadOnlySpan<ChartValue> values, ReadOnlySpan<ChartPoint> points, int used)
    {
        public readonly ReadOnlySpan<ChartValue> Values = values;
        public readonly ReadOnlySpan<ChartPoint> Points = points;
        public readonly int Used = used;

        public double Mean()
        {
            double sum = 0;
            foreach (var point in Points) if (point.State == PointState.Assessed) sum += point.Value!.Value;
            return sum / Used;
        }

        /// <summary>The largest value without its sign: what rounding is measured against.</summary>
        public double Size()
        {
            double size = 0;
            foreach (var point in Points) if (point.State == PointState.Assessed) size = Math.Max(size, Math.Abs(point.Value!.Value));
            return size;
        }
    }

    /// <summary>A point with its limits, judged. Differences at the level of rounding are not signals.</summary>
    internal static ChartPoint Judge(ChartPoint point, double centre, ChartLimits limits)
    {
        if (point.Value is not { } value) return point;
        double slack = 1e-12 * (Math.Abs(centre) + Math.Abs(value));
        var signal = value > limits.Upper + slack ? LimitSignal.Above : value < limits.Lower - slack ? LimitSignal.Below : LimitSignal.None;
        return point with { Centre = centre, Limits = limits, Signal = signal };
    }

    /// <summary>Centre ± 3 and 2 standard errors, held within what is possible.</summary>
    internal static ChartLimits Around(double centre, double error, double least = double.NegativeInfinity, double most = double.PositiveInfinity) => new(
        Math.Max(least, centre - 3 * error), Math.Min(most, centre + 3 * error), Math.Max(least, centre - 2 * error), Math.Min(most, centre + 2 * error),
            error);

    /// <summary>One point, no event or no variation: a centre and no limits, so nothing is said of any point.</summary>
    internal static PhaseResult CentreOnly(
        ChartPhase phase, ChartState state, int used, double centre, Span<ChartPoint> points, double? meanMovingRange = null, double? sigmaZ = null)
    {
        foreach (ref var point in points) if (point.Value is not null) point = point with { Centre = centre };
        return new(phase, state, used, centre, meanMovingRange, sigmaZ);
    }

    /// <summary>Whether a spread is nothing but rounding beside the values it comes from.</summary>
    internal static bool IsNothing(double spread, double size) => spread <= 1e-12 * Math.Abs(size);
}
