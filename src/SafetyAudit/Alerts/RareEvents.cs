using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Languages;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Alerts;

/// <summary>Events too rare for a rate of one person: how close together they came in the clinic as a whole.</summary>
static class RareEvents
{
    /// <summary>The one-sided chance at which a gap, or some in a row, is shorter than chance makes it.</summary>
    public const double Chance = 0.001;

    /// <summary>Whether a measure is looked at by its gaps: a published rate of events as they are recorded, too low to be watched practitioner by practitioner, of no sentinel event.</summary>
    public static bool IsWatched(Measure measure, Baseline? baseline) =>
        !measure.IsSummary && !measure.IsSentinel && baseline is { Ascertainment: Ascertainment.Passive, Rate: > 0 } && baseline.Unit == measure.Unit && measure.Unit is ExposureUnit.Session or ExposureUnit.AtRiskSession
        && !Catalogue.IsWatchedByRate(measure, baseline);

    /// <summary>The alert of one measure, where the latest events came too close together within the last twelve months.</summary>
    /// <param name="clinicId">The clinic.</param>
    /// <param name="measure">The measure.</param>
    /// <param name="baseline">Its published rate.</param>
    /// <param name="days">The clinic's days in order: exposure and events.</param>
    public static Alert? Of(string clinicId, Measure measure, Baseline baseline, IReadOnlyList<(DateOnly Day, double Exposure, long Events)> days)
    {
        if (days.Count == 0) return null;
        var events = EventGaps.Of(clinicId, days.Select(d => (d.Day, d.Exposure, Enumerable.Repeat("", (int)d.Events)))).Events;
        if (events.Count < PeerMonitor.FewestEvents || events[^1].Day <= days[^1].Day.AddYears(-1)) return null;
        // The first event's gap began before the records did, so nothing is said by it alone.
        double[] between = [.. events.Skip(1).Select(e => e.Gap)];
        var (k, tail) = GapTest.Latest(between, baseline.Distribution!.Value);
        if (k == 0 || tail > Chance) return null;
        double exposureOver = between[^k..].Sum();
        return new()
        {
            Rule = AlertRule.RareEventsClose, Level = AlertLevel.Amber, ClinicId = clinicId, Measure = measure.Code, Key = EvaluateAlerts.KeyOf(AlertRule.RareEventsClose, clinicId, null, measure.Code),
            From = events[^(k + 1)].Day, To = events[^1].Day, Observed = k + 1, Expected = exposureOver * baseline.Rate!.Value, Baseline = baseline.Id,
            Reason = string.Create(Figures.Kept,
                $"{measure.Title}: after the event of {Figures.Day(events[^(k + 1)].Day, Figures.Kept)} {(k == 1 ? "another" : $"{k} more")} came within {exposureOver:N0} sessions in the clinic, where {baseline.Source} leads to expect {Figures.Number(exposureOver * baseline.Rate.Value, Figures.Kept)}. So close together by chance alone: at most 1 in {1 / tail:#,0}. A question about the clinic as a whole, not about one person."),
            Arithmetic = string.Create(CultureInfo.InvariantCulture, $"gap test over the last {k}, tail {tail:0.000000} at {Chance:0.###}; shape {baseline.Distribution.Value.Shape:0.##}"),
        };
    }
}
