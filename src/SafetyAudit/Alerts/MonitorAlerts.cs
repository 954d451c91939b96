using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Languages;

namespace SafetyAudit.Alerts;

/// <summary>What the monitor of a clinic raises about its practitioners.</summary>
public static class MonitorAlerts
{
    /// <summary>Months after which a signal that nobody has an alert of is history; as many as a look takes together.</summary>
    const int MonthsFresh = 12;

    const string TwelveMonths = "twelve months";

    /// <summary>Whether an alert was raised by twelve months taken together, held against colleagues' records of the same months, and not by the running sum, which expects each month from the months before it.</summary>
    public static bool IsByLook(string? arithmetic) => arithmetic?.StartsWith(TwelveMonths, StringComparison.Ordinal) == true;

    /// <summary>What an alert is about, as its months stand in a monitor: events, and what colleagues' records lead to expect, month by month or as one look as the alert was raised. Nothing where it was not kept, or its months are not looked back on.</summary>
    public static (long Observed, double Expected)? Again(ClinicMonitor monitor, MonitorPath path, Alert alert)
    {
        if (alert is not { RaisedFrom: { } from, RaisedTo: { } to, RaisedMonth: { } month }) return null;
        int start = monitor.IndexOf(from), end = monitor.IndexOf(to);
        var points = path.Points.Where(p => p.Index >= start && p.Index <= end).ToList();
        if (start < 0 || points.Count == 0) return null;
        if (!IsByLook(alert.RaisedArithmetic)) return ((long)points.Sum(p => p.Events), points.Sum(p => p.Expected));
        int at = points.FindIndex(p => p.Index == monitor.IndexOf(month));
        return at < 0 ? null : ((long)points[at].Judgement.WindowEvents, points[at].Judgement.Window.Mean);
    }

    /// <param name="monitor">The clinic's months.</param>
    /// <param name="to">Its last day with a session.</param>
    /// <param name="open">The open alert with this key: its signal stands, however old, until somebody has looked.</param>
    /// <param name="reviewed">Up to which day closed alerts with this key have been looked at.</param>
    public static IEnumerable<Alert> Of(ClinicMonitor monitor, DateOnly to, Func<string, Alert?> open, Func<string, Reviewed?> reviewed)
    {
        foreach (var path in monitor.Paths)
        {
            if (path.Points.Count == 0) continue;
            var (measure, practitioner) = (monitor.Measures[path.Measure], monitor.Practitioners[path.Practitioner]);
            string high = EvaluateAlerts.KeyOf(AlertRule.MoreThanPeers, monitor.ClinicId, practitioner, measure.Code), low = EvaluateAlerts.KeyOf(AlertRule.FewerThanPeers, monitor.ClinicId, practitioner, measure.Code);
            var (seenHigh, seenLow) = (reviewed(high), reviewed(low));
            if (Standing(monitor, path, to, open(high), (MonitorLevel.Red, seenHigh?.RedTo), (MonitorLevel.Amber, seenHigh?.To)) is { } rise) yield return Named(rise, AlertRule.MoreThanPeers, high);
            if (Standing(monitor, path, to, open(low), (MonitorLevel.Few, seenLow?.To)) is { } fall) yield return Named(fall, AlertRule.FewerThanPeers, low);

            Alert Named(Alert alert, AlertRule rule, string key)
            {
                (alert.Rule, alert.PractitionerId, alert.Measure, alert.Key, alert.Baseline) = (rule, practitioner, measure.Code, key, monitor.Baselines[path.Measure].Id);
                return alert;
            }
        }
    }

    // The levels in their order, and of two the running sum, which says since when.
    static Alert? Standing(ClinicMonitor monitor, MonitorPath path, DateOnly to, Alert? open, params (MonitorLevel Level, DateOnly? Seen)[] levels)
    {
        int fresh = path.Points[^1].Index - MonthsFresh + 1;
        // What led up to a signal counts with it, and with it what signalled by another line then: otherwise the same figures would say more once there is an alert that reaches back so far.
        int oldest = open is null ? fresh : Math.Min(fresh, monitor.IndexOf(open.From));
        while (true)
        {
            Alert?[] found = [.. levels.SelectMany(l => new[] { Run(monitor, path, Since(l.Seen), l.Level, oldest, to), Look(l.Level, l.Seen) })];
            int from = found.Min(a => a is null ? oldest : Math.Min(oldest, monitor.IndexOf(a.From)));
            if (from == oldest) return Array.Find(found, a => a is not null);
            oldest = from;
        }

        List<MonitorPoint> Since(DateOnly? seen) => [.. path.Points.Where(p => seen is not { } day || monitor.MonthOf(p.Index) > day)];

        // The latest of those that stood out: one of an earlier month was raised then, and stays until somebody has looked.
        Alert? Look(MonitorLevel level, DateOnly? seen) =>
            path.Points.Where(p => p.Index >= oldest && p.IsByLook(level) && IsAfter(monitor, p.Index, seen)).Select(p => (MonitorPoint?)p).LastOrDefault() is { } point ? Window(monitor, path, point, to, level) : null;
    }

    // The twelve months hold nothing that a review has seen.
    static bool IsAfter(ClinicMonitor monitor, int index, DateOnly? reviewedTo) => reviewedTo is not { } day || monitor.MonthOf(index - MonthsFresh + 1) > day;

    // From the month in which the first sum that signalled left zero to the month of the latest signal.
    static Alert? Run(ClinicMonitor monitor, MonitorPath path, List<MonitorPoint> points, MonitorLevel level, int oldest, DateOnly to)
    {
        bool Signals(MonitorPoint p) => p.Index >= oldest && p.IsBySum(level);
        int signal = points.FindIndex(Signals), latest = points.FindLastIndex(Signals);
        if (signal < 0) return null;
        bool low = level == MonitorLevel.Few;
        var run = points[ClinicMonitor.StartOfRun(points, signal, level)..(latest + 1)];
        var (at, step, threshold) = (points[signal], points[signal].Sum(level), points[signal].Line(level));
        double events = run.Sum(p => p.Events), sessions = run.Sum(p => p.Sessions), expected = run.Sum(p => p.Expected), budget = level switch { MonitorLevel.Red => at.Budget.RedPerPractitionerYear, MonitorLevel.Amber => at.Budget.AmberPerPractitionerYear, _ => PeerMonitor.LowPerPractitionerYear };
        int more = run.Count(Signals) - 1;
        var (start, end) = (monitor.MonthOf(run[0].Index), Earlier(monitor.EndOf(run[^1].Index), to));
        return new()
        {
            ClinicId = monitor.ClinicId, Level = LevelOf(level), From = start, To = end, Observed = (long)events, Expected = expected, Key = "", RaisedMonth = monitor.MonthOf(at.Index),
            Reason = string.Create(Figures.Kept,
                $"{monitor.Measures[path.Measure].Title}: {events:N0} in {sessions:N0} sessions {(start.Month == end.Month && start.Year == end.Year ? $"in {end:MMMM yyyy}" : $"from {start:MMMM yyyy} to {end:MMMM yyyy}")}, where the records of colleagues in the clinic lead to expect {Figures.Number(expected, Figures.Kept)}. The running sum of evidence for {(low ? "half as many" : "a doubling")} reached {step.Value:0.00} in {monitor.MonthOf(at.Index):MMMM yyyy}; the {(low ? "" : level == MonitorLevel.Red ? "red " : "amber ")}line is at {threshold:0.00}.")
                + (more > 0 ? string.Create(Figures.Kept, $" It has crossed the line {(more == 1 ? "once more" : $"{more} more times")} since.") : "")
                + (low ? CheckTheRecords : ""),
            Arithmetic = string.Create(CultureInfo.InvariantCulture,
                $"learning CUSUM, R = {(low ? PeerMonitor.Halving : PeerMonitor.Doubling)}; month {at.Index + 1} of {monitor.Months}; S = {step.Value:0.0000}; h = {threshold:0.0000}; budget {budget:0.####} a practitioner-year over K = {at.Streams}, {PeerMonitor.PerStream(budget, at.Streams):0.#####} a stream-year; shape {at.Judgement.Null.Shape:0.####}; colleagues' rate {1000 * at.Judgement.Null.Mean:0.####} per 1,000; spread {Math.Sqrt(at.Judgement.TauSquared):0.###}"),
        };
    }

    static Alert Window(ClinicMonitor monitor, MonitorPath path, MonitorPoint point, DateOnly to, MonitorLevel level)
    {
        var seen = point.Judgement;
        var (start, end) = (monitor.MonthOf(Math.Max(0, point.Index - MonthsFresh + 1)), Earlier(monitor.EndOf(point.Index), to));
        bool low = level == MonitorLevel.Few;
        double chance = low ? seen.Low : seen.High, adjusted = low ? seen.LowAdjusted : seen.HighAdjusted;
        return new()
        {
            ClinicId = monitor.ClinicId, Level = LevelOf(level), From = start, To = end, Observed = (long)seen.WindowEvents, Expected = seen.Window.Mean, Key = "", RaisedMonth = monitor.MonthOf(point.Index),
            Reason = string.Create(Figures.Kept,
                $"{monitor.Measures[path.Measure].Title}: {seen.WindowEvents:N0} in {seen.WindowSessions:N0} sessions from {start:MMMM yyyy} to {end:MMMM yyyy}, where the records of colleagues in the clinic lead to expect {Figures.Number(seen.Window.Mean, Figures.Kept)}. So {(low ? "few" : "many")} by chance alone: {Chance(chance)}; among all comparisons of the month still {Chance(adjusted)}.")
                + (low ? CheckTheRecords : ""),
            Arithmetic = string.Create(CultureInfo.InvariantCulture,
                $"{TwelveMonths}, mid-P {chance:0.000000}, Benjamini–Hochberg {adjusted:0.000000} at {(low ? PeerMonitor.LowDiscovery : level == MonitorLevel.Red ? PeerMonitor.RedDiscovery : PeerMonitor.AmberDiscovery):0.##}; expected {seen.Window.Mean:0.0000}, shape {seen.Window.Shape:0.####}; spread {Math.Sqrt(seen.TauSquared):0.###}"),
        };
    }

    const string CheckTheRecords = " Check the records: so few may mean that events are not written down.";

    static AlertLevel LevelOf(MonitorLevel level) => level switch { MonitorLevel.Red => AlertLevel.Red, MonitorLevel.Amber => AlertLevel.Amber, _ => AlertLevel.Blue };

    /// <summary>The sum and look that an alert of the monitor is raised by.</summary>
    public static MonitorLevel MonitorLevelOf(Alert alert) => alert.Level switch { AlertLevel.Red => MonitorLevel.Red, AlertLevel.Amber => MonitorLevel.Amber, _ => MonitorLevel.Few };

    static string Chance(double p) => p < 0.0001 ? "under 1 in 10,000" : string.Create(CultureInfo.InvariantCulture, $"1 in {1 / p:#,0}");

    static DateOnly Earlier(DateOnly a, DateOnly b) => a < b ? a : b;
}
