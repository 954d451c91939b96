using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>How many false alarms a clinic accepts while nothing is wrong.</summary>
/// <param name="RedPerPractitionerYear">Red ones, all measures of a practitioner together.</param>
/// <param name="AmberPerPractitionerYear">Amber ones, likewise.</param>
public sealed record AlarmBudget(double RedPerPractitionerYear, double AmberPerPractitionerYear)
{
    /// <summary>What the design was simulated with: in a clinic of twenty, one false red alarm a year and five amber ones at most.</summary>
    public static readonly AlarmBudget Default = new(0.05, 0.25);

    /// <summary>Amber ones for each red one, as in the default.</summary>
    const double AmberForRed = 5;

    /// <summary>A clinic's own: so many red false alarms a year in the clinic as a whole, shared out evenly among its practitioners.</summary>
    /// <param name="redPerYear">What the clinic laid down; the default where it laid down nothing.</param>
    /// <param name="practitioners">How many are watched.</param>
    public static AlarmBudget Of(double? redPerYear, int practitioners) =>
        redPerYear is { } accepted && practitioners > 0 ? new(accepted / practitioners, AmberForRed * accepted / practitioners) : Default;
}

/// <summary>Up to which day somebody has looked into a rise of a practitioner's measure.</summary>
/// <param name="To">Whatever its level was: what was amber until then is seen.</param>
/// <param name="RedTo">The same of red ones: a look into an amber one does not stop the evidence that gathers towards red.</param>
/// <param name="FoundNothing">Whether the latest of the red ones found nothing that explains it.</param>
public readonly record struct Reviewed(DateOnly To, DateOnly? RedTo, bool FoundNothing = false);

/// <summary>With which months the sums of a stream begin anew, after a review was closed in the one before.</summary>
/// <param name="Red">The red sum; null for never.</param>
/// <param name="Amber">The amber one, likewise.</param>
/// <param name="Few">The sum for fewer, likewise.</param>
/// <param name="AtHalf">Whether the red sum begins at half its line, as after a review that found nothing: if something is wrong all the same it signals soon (fast initial response, Lucas and Crosier 1982).</param>
public readonly record struct Restart(int? Red, int? Amber, int? Few = null, bool AtHalf = false);

/// <summary>What the monitor looks for: a rise, at a strict and at a wary line, and a fall.</summary>
public enum MonitorLevel { Red, Amber, Few }

/// <summary>One month of one practitioner in one measure, as the monitor saw it.</summary>
/// <param name="Index">The month, counted from the first.</param>
/// <param name="Events">Events of the month.</param>
/// <param name="Sessions">Sessions at risk.</param>
/// <param name="Judgement">Peers, spread, and the twelve months up to here.</param>
/// <param name="Streams">K: measures of this practitioner that share the budget; 0 while this one has too little exposure to be watched.</param>
/// <param name="Red">The learning CUSUM at the red threshold.</param>
/// <param name="Amber">The learning CUSUM at the amber one.</param>
/// <param name="RedThreshold">h, from the budget, the shape and the volume of this month.</param>
/// <param name="AmberThreshold">Likewise.</param>
/// <param name="Few">The learning CUSUM for half as many.</param>
/// <param name="FewThreshold">Its threshold; it holds once <see cref="PeerMonitor.FewestExpectedForLow"/> were expected since the sum was zero.</param>
/// <param name="Budget">What the red and amber thresholds were solved for, as far as it can be met: see <see cref="PeerMonitor.PerStream"/>.</param>
public readonly record struct MonitorPoint(
    int Index, double Events, double Sessions, PeerResult Judgement, int Streams, LearningCusumStep Red, LearningCusumStep Amber, double RedThreshold, double AmberThreshold, LearningCusumStep Few, double FewThreshold, AlarmBudget Budget)
{
    public bool IsWatched => Streams > 0;

    /// <summary>The running sum of a level.</summary>
    public LearningCusumStep Sum(MonitorLevel level) => level switch { MonitorLevel.Red => Red, MonitorLevel.Amber => Amber, _ => Few };

    /// <summary>The line that it is held against.</summary>
    public double Line(MonitorLevel level) => level switch { MonitorLevel.Red => RedThreshold, MonitorLevel.Amber => AmberThreshold, _ => FewThreshold };

    /// <summary>What the month was expected to bring.</summary>
    public double Expected => Judgement.Null.IsKnown ? Sessions * Judgement.Null.Mean : 0;

    public bool IsRed => IsBySum(MonitorLevel.Red) || IsByLook(MonitorLevel.Red);

    public bool IsAmber => IsWatched && !IsRed && (Red.Signal || IsBySum(MonitorLevel.Amber) || IsByLook(MonitorLevel.Amber));

    /// <summary>So few that the records should be looked at.</summary>
    public bool IsLow => IsBySum(MonitorLevel.Few) || IsByLook(MonitorLevel.Few);

    /// <summary>Whether the running sum of a level says so in this month. A single event is looked at by itself and is no rate.</summary>
    public bool IsBySum(MonitorLevel level) => IsWatched && Sum(level).Signal && (level != MonitorLevel.Red || Red.Events >= PeerMonitor.FewestEvents);

    /// <summary>Whether the twelve months together say so, whatever the sum says. What is red is amber too.</summary>
    public bool IsByLook(MonitorLevel level) => IsWatched && level switch
    {
        MonitorLevel.Red => Judgement.HighAdjusted <= PeerMonitor.RedDiscovery && Judgement.WindowEvents >= PeerMonitor.FewestEvents,
        MonitorLevel.Amber => Judgement.HighAdjusted <= PeerMonitor.AmberDiscovery,
        _ => Judgement.LowAdjusted <= PeerMonitor.LowDiscovery && Judgement.Window.Mean >= PeerMonitor.FewestExpectedForLow,
    };
}

/// <summary>A practitioner's months in one measure.</summary>
/// <param name="Measure">Index of the measure.</param>
/// <param name="Practitioner">Index of the practitioner.</param>
/// <param name="Points">One for each month that was judged.</param>
public sealed record MonitorPath(int Measure, int Practitioner, IReadOnlyList<MonitorPoint> Points);

/// <summary>
/// The sequential monitoring of a clinic: every practitioner in every measure with enough exposure, month by month, against colleagues whose rate is itself uncertain.
/// Numbers in, numbers out; what pages draw, alerts are raised from and <c>evaluate</c> simulates is this.
/// </summary>
/// <remarks>
/// Red and amber are two learning CUSUMs for a doubling (<see cref="LearningCusum"/>), each at the threshold of its budget over the measures watched
/// (<see cref="LearningCusumThreshold"/>), beside a false-discovery look at the latest twelve months (Benjamini and Hochberg 1995) that finds what was so from
/// the start. Fewer than expected is found in the same two ways, by a sum for half as many and by the look's low tail, on a budget of its own.
/// </remarks>
public static class PeerMonitor
{
    /// <summary>
    /// Months in which the running sums rest. In the first a published rate would stand for colleagues' almost alone, and flag a clinic that merely records more (0.15 false red alarms a
    /// practitioner-year in simulation); fixed, so that what signalled in a clinic's first year is the same when the next month begins.
    /// </summary>
    public const int MonthsLearned = 3;

    public const int FewestEvents = 2;
    public const double RedDiscovery = 0.05, AmberDiscovery = 0.10, LowDiscovery = 0.05;

    /// <summary>Events that must have been expected, since the sum was zero or over the twelve months, before having seen few of them says anything.</summary>
    public const double FewestExpectedForLow = 3;

    /// <summary>False alarms of the sums for fewer that are accepted in a practitioner-year, all measures together: whatever the clinic laid down for rises.</summary>
    public const double LowPerPractitionerYear = 0.05;

    /// <summary>Events expected in a year below which a measure is too rare for a practitioner's own monitoring, and takes no part of the budget.</summary>
    public const double FewestExpectedPerYear = 1;

    internal const int MonthsOfVolume = 12;

    /// <summary>Judges every month, at first by the twelve months' look alone.</summary>
    /// <param name="priors">The published rate of each measure; unknown where there is none.</param>
    /// <param name="practitioners">How many practitioners.</param>
    /// <param name="events">Month by month: events, measure · practitioners + practitioner.</param>
    /// <param name="sessions">Likewise: sessions at risk.</param>
    /// <param name="learned">Months in which the sums rest.</param>
    /// <param name="budget">False alarms accepted in a month.</param>
    /// <param name="restarts">Where a stream's sums begin anew; null for nowhere.</param>
    /// <param name="foundNothing">As if every red signal had been reviewed by the next month and nothing been found: its sum goes on from half its line.</param>
    public static IReadOnlyList<MonitorPath> Run(GammaRate[] priors, int practitioners, IReadOnlyList<double[]> events, IReadOnlyList<double[]> sessions, int learned, Func<int, AlarmBudget> budget, Func<int, Restart>? restarts = null, bool foundNothing = false)
    {
        var monitoring = new PeerMonitoring(priors, practitioners);
        int streams = monitoring.Streams, months = events.Count;
        LearningCusum[] red = Zeros(Doubling), amber = Zeros(Doubling), few = Zeros(Halving);
        var points = Enumerable.Range(0, streams).Select(_ => new List<MonitorPoint>(months)).ToArray();
        // The monitoring's own sums run without a threshold; red and amber have each their own below.
        double[] without = new double[streams], volume = new double[streams];
        Array.Fill(without, double.PositiveInfinity);
        var judged = new PeerResult[streams];
        var watched = new int[practitioners];
        for (int t = 0; t < months; t++)
        {
            for (int s = 0; s < streams; s++) volume[s] += sessions[t][s] - (t >= MonthsOfVolume ? sessions[t - MonthsOfVolume][s] : 0);
            monitoring.Judge(events[t], sessions[t], without, without, judged);
            int past = Math.Min(t + 1, MonthsOfVolume);
            var accepted = budget(t);
            Array.Clear(watched);
            for (int s = 0; s < streams; s++) if (IsWatched(s)) watched[s % practitioners]++;
            for (int s = 0; s < streams; s++)
            {
                var anew = restarts?.Invoke(s) ?? default;
                if (anew.Red == t) red[s] = new LearningCusum(Doubling);
                if (anew.Amber == t) amber[s] = new LearningCusum(Doubling);
                if (anew.Few == t) few[s] = new LearningCusum(Halving);
                if (!IsWatched(s))
                {
                    points[s].Add(new(t, events[t][s], sessions[t][s], judged[s], 0, default, default, 0, 0, default, 0, accepted));
                    continue;
                }
                var rate = judged[s].Null;
                double expected = rate.Mean * volume[s] / past;
                int k = watched[s % practitioners];
                double redAt = LearningCusumThreshold.For(rate.Shape, expected, PerStream(accepted.RedPerPractitionerYear, k)),
                    amberAt = LearningCusumThreshold.For(rate.Shape, expected, PerStream(accepted.AmberPerPractitionerYear, k)),
                    fewAt = LearningCusumThreshold.ForHalving(rate.Shape, expected, PerStream(LowPerPractitionerYear, k));
                if (anew is { AtHalf: true } && anew.Red == t) red[s] = HalfWay(redAt);
                points[s].Add(new(t, events[t][s], sessions[t][s], judged[s], k,
                    t < learned ? default : red[s].Add(events[t][s], sessions[t][s], rate, redAt), t < learned ? default : amber[s].Add(events[t][s], sessions[t][s], rate, amberAt), redAt, amberAt, t < learned ? default : AddFew(ref few[s], events[t][s], sessions[t][s], rate, fewAt), fewAt, accepted));
                if (foundNothing && points[s][^1].Red.Signal) red[s] = HalfWay(redAt);
            }

            bool IsWatched(int s) => judged[s].Null.IsKnown && judged[s].Null.Mean * volume[s] * MonthsOfVolume / past >= FewestExpectedPerYear;
        }
        static LearningCusum HalfWay(double line) => LearningCusum.From(Doubling, (line / 2, 0, 0));

        return [.. points.Select((p, s) => new MonitorPath(s / practitioners, s % practitioners, p))];

        LearningCusum[] Zeros(double ratio)
        {
            var sums = new LearningCusum[streams];
            Array.Fill(sums, new LearningCusum(ratio));
            return sums;
        }
    }

    // A sum that has not yet expected enough goes on gathering, with no line to cross.
    internal static LearningCusumStep AddFew(ref LearningCusum few, double events, double sessions, GammaRate rate, double line) =>
        few.Add(events, sessions, rate, (few.Since.Exposure + sessions) * rate.Mean >= FewestExpectedForLow ? line : double.PositiveInfinity);

    /// <summary>What a stream is allowed a year: an even share among those of a practitioner, as far as a threshold is known for it.</summary>
    /// <param name="perPractitionerYear">False alarms accepted of a practitioner's measures together.</param>
    /// <param name="streams">K: how many are watched.</param>
    public static double PerStream(double perPractitionerYear, int streams) => LearningCusumThreshold.Attainable(FalseAlarms.PerStream(perPractitionerYear, streams));

    /// <summary>R: the rise that is looked for, and the fall.</summary>
    public const double Doubling = 2, Halving = 0.5;

    /// <summary>The monitor as a rule for <see cref="OperatingCharacteristics"/>.</summary>
    /// <param name="name">Name in tables.</param>
    /// <param name="raises">Which points raise it.</param>
    /// <param name="foundNothing">As in <see cref="Run"/>.</param>
    public static DetectionRule Rule(string name, Func<MonitorPoint, bool> raises, bool foundNothing = false) => new(name, (clinic, raised) =>
    {
        var scenario = clinic.Scenario;
        var months = Enumerable.Range(0, scenario.Months).ToList();
        var paths = Run([.. scenario.Families.Select(f => f.Published)], scenario.Practitioners,
            months.ConvertAll(t => clinic.EventsOf(t).ToArray()), months.ConvertAll(t => clinic.SessionsOf(t).ToArray()), MonthsLearned, _ => AlarmBudget.Default, foundNothing: foundNothing);
        for (int s = 0; s < paths.Count; s++)
            foreach (var point in paths[s].Points.Skip(scenario.History)) raised[(point.Index - scenario.History) * scenario.Streams + s] = raises(point);
    });
}

/// <summary>The monitor of one clinic: whose months they are.</summary>
/// <param name="ClinicId">The clinic.</param>
/// <param name="First">First day of the first month.</param>
/// <param name="Months">How many months there are, the last one as far as it has come.</param>
/// <param name="Practitioners">In the order of the paths' indexes.</param>
/// <param name="Measures">Likewise.</param>
/// <param name="Baselines">The baseline of each measure, from which colleagues' rates start.</param>
/// <param name="Paths">Measure by measure, practitioner by practitioner; none where there is nobody to compare with.</param>
public sealed record ClinicMonitor(
    string ClinicId, DateOnly First, int Months, IReadOnlyList<string> Practitioners, IReadOnlyList<Measure> Measures, IReadOnlyList<Baseline> Baselines, IReadOnlyList<MonitorPath> Paths)
{
    /// <summary>Years that are looked back on: what is older has no bearing on colleagues' rates, and reading it would cost more from year to year.</summary>
    public const int Years = 5;

    /// <summary>The month that a day lies in.</summary>
    public int IndexOf(DateOnly day) => Index(First, day);

    public DateOnly MonthOf(int index) => First.AddMonths(index);

    /// <summary>The last day of a month.</summary>
    public DateOnly EndOf(int index) => First.AddMonths(index + 1).AddDays(-1);

    public MonitorPath? PathOf(string practitionerId, string measure)
    {
        int p = IndexOf(Practitioners, practitionerId), m = Measures.Select(x => x.Code).ToList().IndexOf(measure);
        return p < 0 || m < 0 || Paths.Count == 0 ? null : Paths[m * Practitioners.Count + p];
    }

    /// <summary>
    /// False alarms to be expected over all the months in which the sums ran, by the budget of each stream as far as it can be met; thresholds lie above it, so there will be fewer. The false-discovery look adds to red
    /// less than a fifth of it in simulation.
    /// </summary>
    public (double Red, double Amber) ExpectedFalseAlarms => (Over(b => b.RedPerPractitionerYear), Over(b => b.AmberPerPractitionerYear));

    /// <summary>Years in which somebody was watched in at least one measure, added up.</summary>
    public double PractitionerYears => Paths.GroupBy(p => p.Practitioner).Sum(g => g.SelectMany(p => p.Points).Where(p => p.IsWatched).Select(p => p.Index).Distinct().Count()) / 12.0;

    /// <summary>The same with one practitioner's paths alone, or with all.</summary>
    public ClinicMonitor Of(string? practitionerId) => practitionerId is null ? this : this with { Paths = [.. Paths.Where(p => Practitioners[p.Practitioner] == practitionerId)] };

    /// <summary>Where the run that ends with a signal began: with the month in which its sum left zero, or began anew after a review. A month that is not watched has none.</summary>
    internal static int StartOfRun(IReadOnlyList<MonitorPoint> points, int signal, MonitorLevel level)
    {
        int start = signal;
        while (start > 0 && points[start - 1].Sum(level) is { Signal: false, Value: > 0 } before && Math.Abs(Began(points[start].Sum(level)) - before.Value) < 1e-6) start--;
        return start;
    }

    // Where the sum stood before this month: the last month's, unless it began anew.
    static double Began(LearningCusumStep step) => Math.Max(0, step.Value - step.Weight);

    /// <summary>
    /// How many events fewer, taken from the latest months of the run first, would have kept the first sum to signal below its line; of a sum for fewer how many more, added to its latest month. Nothing where none signalled.
    /// </summary>
    /// <param name="path">One of the paths.</param>
    /// <param name="from">The first day that is looked at.</param>
    /// <param name="level">The level of the sum.</param>
    public int? EventsToUnflag(MonitorPath path, DateOnly from, MonitorLevel level)
    {
        int end = path.Points.ToList().FindIndex(p => p.IsWatched && MonthOf(p.Index) >= from && p.Sum(level).Signal);
        if (end < 0) return null;
        int start = StartOfRun(path.Points, end, level);
        var run = path.Points.Skip(start).Take(end - start + 1).ToList();
        double[] events = [.. run.Select(p => p.Events)];
        bool low = level == MonitorLevel.Few;
        for (int n = 1; ; n++)
        {
            int last = low ? events.Length - 1 : Array.FindLastIndex(events, e => e > 0);
            if (last < 0) return n - 1;
            events[last] += low ? 1 : -1;
            var sum = LearningCusum.From(low ? PeerMonitor.Halving : PeerMonitor.Doubling, (Began(run[0].Sum(level)), 0, 0));
            if (!run.Select((p, i) => (low ? PeerMonitor.AddFew(ref sum, events[i], p.Sessions, p.Judgement.Null, p.Line(level)) : sum.Add(events[i], p.Sessions, p.Judgement.Null, p.Line(level))).Signal).ToList().Exists(s => s)) return n;
        }
    }

    /// <summary>How many events fewer, or more where they are few, in the twelve months up to a month would have brought them within chance, as long as the other comparisons of the month stay as they are. Nothing where they are.</summary>
    /// <param name="path">One of the paths.</param>
    /// <param name="to">A day of that month.</param>
    /// <param name="level">The level of the look.</param>
    public int? EventsInWindowToUnflag(MonitorPath path, DateOnly to, MonitorLevel level)
    {
        if (path.Points.FirstOrDefault(p => p.Index == IndexOf(to)) is not { IsWatched: true } point || !point.IsByLook(level)) return null;
        var seen = point.Judgement;
        // Benjamini and Hochberg multiply by the number of comparisons over the rank, which is kept.
        int n = 1;
        if (level == MonitorLevel.Few) while (seen.Window.MidPAtMost((long)seen.WindowEvents + n) * seen.LowAdjusted / seen.Low <= PeerMonitor.LowDiscovery) n++;
        else while (n < seen.WindowEvents && seen.Window.MidPAtLeast((long)seen.WindowEvents - n) * seen.HighAdjusted / seen.High <= (level == MonitorLevel.Red ? PeerMonitor.RedDiscovery : PeerMonitor.AmberDiscovery)) n++;
        return n;
    }

    double Over(Func<AlarmBudget, double> perPractitionerYear) => Paths.SelectMany(p => p.Points.Skip(PeerMonitor.MonthsLearned)).Where(p => p.IsWatched).Sum(p => PeerMonitor.PerStream(perPractitionerYear(p.Budget), p.Streams) / 12);

    static int IndexOf(IReadOnlyList<string> list, string value)
    {
        for (int i = 0; i < list.Count; i++) if (list[i] == value) return i;
        return -1;
    }

    /// <summary>Counts a clinic's months and runs the monitor over them. Nothing where the clinic has no sessions.</summary>
    /// <param name="db">Where the summaries are. Colleagues are counted whoever asks; whose path is shown is the asker's affair.</param>
    /// <param name="clinicId">The clinic.</param>
    /// <param name="measures">The measures that are watched.</param>
    /// <param name="baselines">Their baselines.</param>
    /// <param name="redPerYear">Red false alarms a year that the clinic accepts on a day; the default where it laid down nothing.</param>
    /// <param name="reviewed">Up to when more, and fewer, of a practitioner and measure have been looked into; null for never.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<ClinicMonitor?> ReadAsync(SafetyAuditDb db, string clinicId, IReadOnlyList<Measure> measures, IReadOnlyDictionary<string, Baseline> baselines, Func<DateOnly, double?> redPerYear,
        Func<string, string, (Reviewed? More, Reviewed? Fewer)>? reviewed, CancellationToken ct)
    {
        if (await Counts.SpanOfClinicAsync(db, clinicId, ct) is not var (start, end)) return null;
        var last = new DateOnly(end.Year, end.Month, 1);
        var first = new DateOnly(start.Year, start.Month, 1);
        if (first < last.AddMonths(1 - 12 * Years)) first = last.AddMonths(1 - 12 * Years);
        int months = Index(first, last) + 1;
        var counts = await Counts.ReadMonthlyAsync(db, clinicId, first, end, ct);
        var people = counts.Select(c => c.PractitionerId).Distinct().Order(StringComparer.Ordinal).ToList();
        var place = people.Select((id, i) => (id, i)).ToDictionary(p => p.id, p => p.i);
        double[][] events = [.. Enumerable.Range(0, months).Select(_ => new double[measures.Count * people.Count])], sessions = [.. events.Select(e => new double[e.Length])];
        foreach (var month in counts)
            for (int m = 0; m < measures.Count; m++)
            {
                int s = m * people.Count + place[month.PractitionerId], t = Index(first, month.Period);
                (events[t][s], sessions[t][s]) = (month.ObservedOf(measures[m]), month.ExposureOf(measures[m]) ?? 0);
            }
        int? After(DateOnly? day) => day is { } seen ? Index(first, seen) + 1 : null;
        // Among those who were there: who had left a year before or more raised no alarm that anybody would look at. And as it was in that month, so that nobody's coming or going takes back what was raised.
        AlarmBudget Budget(int t) => AlarmBudget.Of(redPerYear(first.AddMonths(t + 1).AddDays(-1)),
            counts.Where(c => Index(first, c.Period) is var i && i <= t && i > t - PeerMonitor.MonthsOfVolume && c.Sessions > 0).Select(c => c.PractitionerId).Distinct().Count());
        var priors = measures.Select(m => baselines[m.Code].Distribution ?? GammaRate.Unknown).ToArray();
        var paths = people.Count < 2 ? []
            : PeerMonitor.Run(priors, people.Count, events, sessions, PeerMonitor.MonthsLearned, Budget, s =>
            {
                var (more, fewer) = reviewed?.Invoke(people[s % people.Count], measures[s / people.Count].Code) ?? default;
                return new(After(more?.RedTo), After(more?.To), After(fewer?.To), more?.FoundNothing == true);
            });
        return new(clinicId, first, months, people, measures, [.. measures.Select(m => baselines[m.Code])], paths);
    }

    static int Index(DateOnly first, DateOnly day) => (day.Year - first.Year) * 12 + day.Month - first.Month;
}
