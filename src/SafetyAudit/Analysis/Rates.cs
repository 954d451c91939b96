using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Analysis;

/// <summary>Two questions that are kept apart: is it what the literature leads to expect, and is it what colleagues in the same clinic see?</summary>
public enum Against { Literature, Peers }

public enum Grouping { Practitioner, Clinic }

public enum IntervalMethod { MidP, Exact }

/// <summary>Why nothing can be said. Never "fine".</summary>
public enum NotAssessedBecause { NoSessions, UnitNotCounted, NoBaselineRate, AscertainmentDiffers, NoPeers, OneColleague, NoneAlike }

/// <summary>What is asked of the figures.</summary>
public sealed record RateQuestion(DateOnly From, DateOnly To, Grouping By = Grouping.Practitioner, Against Against = Against.Literature, IntervalMethod Interval = IntervalMethod.MidP);

/// <summary>
/// Observed against expected, for one practitioner (or clinic) and measure over one period: the one value that tables, charts, alerts and files show.
/// </summary>
public sealed record RateRow
{
    public required string? PractitionerId { get; init; }
    public required string ClinicId { get; init; }
    public required Measure Measure { get; init; }
    public required DateOnly From { get; init; }
    public required DateOnly To { get; init; }

    /// <summary>The published baseline of the measure: what the expectation is, or for peers what it starts from.</summary>
    public required Baseline? Baseline { get; init; }

    /// <summary>Completed sessions.</summary>
    public required long Sessions { get; init; }

    /// <summary>Sessions at risk of this measure; empty for a unit that sessions don't carry.</summary>
    public required double? Exposure { get; init; }

    public required long Observed { get; init; }

    /// <summary>Interval for the mean behind the observed count; 95 %.</summary>
    public required Interval ObservedInterval { get; init; }

    /// <summary>What to expect, its uncertainty included; empty when not assessed.</summary>
    public NegativeBinomial? Predicted { get; init; }

    public ControlLimits? Limits { get; init; }
    public NotAssessedBecause? NotAssessed { get; init; }

    /// <summary>The clinic whose sessions it counts; null where it counts those of several.</summary>
    public string? OnlyClinicId { get; init; }

    /// <summary>Whether something of the subject's is left out: what they did where they have no colleagues, or sessions like none of colleagues'.</summary>
    public bool LeavesOut { get; init; }

    /// <summary>Other practitioners (or clinics) behind the expectation against peers.</summary>
    public int Peers { get; init; }

    public double? ShrunkenRatio { get; init; }
    public Interval? ShrunkenInterval { get; init; }

    /// <summary>
    /// How the events counted here were found. Passive: written down or told unasked, in all sessions. Active: by asking, in the sessions whose patient was reached.
    /// </summary>
    public Ascertainment Ascertainment { get; init; } = Ascertainment.Passive;

    /// <summary>A to D, see <see cref="Counts.Grade"/>.</summary>
    public char FollowUpGrade { get; init; } = 'D';

    public double? Expected => Predicted?.Mean;
    public double? RatePer1000 => Exposure is > 0 and var n ? 1000 * Observed / n : null;
    public Interval? RateInterval => Exposure is > 0 and var n ? ObservedInterval / n * 1000 : null;
    public double? Ratio => Expected is > 0 and var e ? Observed / e : null;
    public Interval? RatioInterval => Expected is > 0 and var e ? ObservedInterval / e : null;

    /// <summary>P(X ≥ observed) under the predictive distribution.</summary>
    public double? PHigh => Predicted?.AtLeast(Observed);

    /// <summary>P(X ≤ observed).</summary>
    public double? PLow => Predicted?.AtMost(Observed);

    /// <summary>The smallest rise that would have lain beyond the upper 99.8 % limit with a chance of 80 %, as a multiple of what is expected; empty when not assessed.</summary>
    public double? SmallestRise => Predicted is { Mean: > 0 } p ? Detectability.SmallestRatio(p.Mean, shape: p.Shape) : null;

    public Position Position => Limits?.PositionOf(Observed) ?? Position.NotAssessed;

    /// <summary>Chance that this row lies beyond a 99.8 % limit although nothing is wrong.</summary>
    public double FalseAlarmProbability => Predicted is { } p && Limits is { } l ? p.AtLeast(l.Upper998 + 1) + p.AtMost(l.Lower998 - 1) : 0;
}

/// <summary>Computes rates. Reads the counts once; everything after that is arithmetic on them.</summary>
public static class Rates
{
    /// <summary>Rates of all or one of the measures over a period.</summary>
    /// <param name="db">Where the summaries are.</param>
    /// <param name="question">Period, grouping and comparison.</param>
    /// <param name="measures">The measures wanted.</param>
    /// <param name="baselines">The baseline of each measure; measures without one are not assessed.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<List<RateRow>> ReadAsync(SafetyAuditDb db, RateQuestion question, IReadOnlyList<Measure> measures, IReadOnlyDictionary<string, Baseline> baselines, CancellationToken ct)
    {
        var counts = await Counts.ReadAsync(db, question.From, question.To, ct);
        return [.. measures.SelectMany(measure => Compute(counts, question, measure, baselines.GetValueOrDefault(measure.Code)))];
    }

    /// <summary>The baseline in force for each measure, with one measure's replaced by another study's when asked.</summary>
    /// <param name="db">Where they are kept.</param>
    /// <param name="insteadId">The study's baseline; null for none.</param>
    /// <param name="ct">Stops the reading.</param>
    /// <param name="atUtc">In force at that instant; null for now.</param>
    public static async Task<Dictionary<string, Baseline>> BaselinesAsync(SafetyAuditDb db, string? insteadId, CancellationToken ct, DateTime? atUtc = null)
    {
        string[] inForce = [.. (await ChooseBaseline.InForceAsync(db, atUtc, ct)).Values];
        var chosen = await db.Baselines.AsNoTracking().Where(b => inForce.Contains(b.Id) || b.Id == insteadId).ToListAsync(ct);
        return chosen.GroupBy(b => b.MeasureCode).ToDictionary(g => g.Key, g => g.FirstOrDefault(b => b.Id == insteadId) ?? g.First());
    }

    /// <summary>One measure's rows. Pure: counts in, rows out. Counts that are there for comparison only have a part in the others' expectation and no row of their own.</summary>
    /// <param name="counts">Of everybody within reach.</param>
    /// <param name="question">Period, grouping and comparison.</param>
    /// <param name="measure">The measure.</param>
    /// <param name="baseline">The published rate; null for none.</param>
    /// <param name="mixes">
    /// By clinic and practitioner, to adjust what colleagues' records lead to expect for the kind of sessions given: a session counts as its relative risk, the mean of which is what is expected of sessions alike
    /// over what is expected of as many of all kinds (indirect standardisation; Breslow and Day 1987, vol. II, §2.3). Sessions like none of colleagues' are left out with their events.
    /// </param>
    public static List<RateRow> Compute(IReadOnlyList<PractitionerCounts> counts, RateQuestion question, Measure measure, Baseline? baseline, IReadOnlyDictionary<(string Clinic, string Practitioner), CaseMixAdjustment>? mixes = null)
    {
        // A subject is a practitioner, or a clinic; its strata are the settings whose peers it is compared with.
        var byClinic = question.By == Grouping.Clinic;
        var subjects = counts.GroupBy(c => byClinic ? c.ClinicId : c.PractitionerId).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new Subject(g.Key, [.. g.GroupBy(c => byClinic ? "" : c.ClinicId).Select(s => new Part(s.Key, s.Sum(c => c.Sessions), s.Sum(c => c.ExposureOf(measure) ?? 0), s.Sum(c => c.ObservedOf(measure)), mixes?.GetValueOrDefault((s.Key, g.Key))))],
                g.OrderByDescending(c => c.Sessions).First().ClinicId, g.Sum(c => c.Sessions), g.Sum(c => c.Reached), g.Sum(c => c.FoundByAsking.GetValueOrDefault(measure.Code)), g.Any(c => c.ForComparisonOnly))).ToList();

        // Whoever has exposure in a setting, by the setting: to look through everybody for each one's peers would take as much longer as there are more clinics.
        var settings = subjects.SelectMany(s => s.Parts.Where(p => p.Exposure > 0).Select(p => (Of: s, Part: p))).ToLookup(p => p.Part.Stratum);
        var rows = subjects.ConvertAll(subject => Row(subject, settings, question, measure, baseline, byClinic));
        var shrinkage = Shrinkage.Fit([.. rows.Where(r => r.Expected > 0).Select(r => ((double)r.Observed, r.Expected!.Value))]);
        return [.. subjects.Zip(rows).Where(s => !s.First.ForComparisonOnly).Select(s => s.Second.Expected is > 0 and var expected
            ? s.Second with { ShrunkenRatio = shrinkage.Mean(s.Second.Observed, expected), ShrunkenInterval = shrinkage.Interval(s.Second.Observed, expected) }
            : s.Second)];
    }

    static RateRow Row(Subject subject, ILookup<string, (Subject Of, Part Part)> settings, RateQuestion question, Measure measure, Baseline? baseline, bool byClinic)
    {
        bool counted = measure.Unit is ExposureUnit.Session or ExposureUnit.AtRiskSession;
        double exposure = subject.Parts.Sum(p => p.Exposure);
        long observed = subject.Parts.Sum(p => p.Observed);
        var row = new RateRow
        {
            PractitionerId = byClinic ? null : subject.Id,
            ClinicId = byClinic ? subject.Id : subject.ClinicId,
            OnlyClinicId = byClinic ? subject.Id : subject.Parts is [{ Stratum: var one }] ? one : null,
            Measure = measure,
            From = question.From,
            To = question.To,
            Baseline = baseline,
            Sessions = subject.Sessions,
            Exposure = counted ? exposure : null,
            Observed = observed,
            ObservedInterval = IntervalOf(observed, question.Interval),
            FollowUpGrade = Counts.Grade(subject.Reached, subject.Sessions),
        };
        if (!counted) return row with { NotAssessed = NotAssessedBecause.UnitNotCounted };
        if (exposure == 0) return row with { NotAssessed = NotAssessedBecause.NoSessions };

        if (question.Against == Against.Literature)
        {
            if (baseline?.Distribution is not { } published) return row with { NotAssessed = NotAssessedBecause.NoBaselineRate };
            if (baseline.Unit != measure.Unit) return row with { NotAssessed = NotAssessedBecause.AscertainmentDiffers };
            // What asking found, where patients were asked: the same question as the study's. At-risk sessions are not told apart among those reached.
            if (baseline is { Ascertainment: Ascertainment.Active, Unit: ExposureUnit.Session } && subject.Reached > 0)
            {
                row = row with { Ascertainment = Ascertainment.Active, Exposure = subject.Reached, Observed = subject.FoundByAsking, ObservedInterval = IntervalOf(subject.FoundByAsking, question.Interval) };
                return Assessed(row, published.Predict(subject.Reached));
            }
            if (baseline.Ascertainment != Ascertainment.Passive) return row with { NotAssessed = NotAssessedBecause.AscertainmentDiffers };
            return Assessed(row, published.Predict(exposure));
        }
        // Only settings in which somebody else works can be compared; what was done and seen in others stays out of the row.
        var compared = subject.Parts.Where(own => own.Exposure > 0 && settings[own.Stratum].Any(other => other.Of.Id != subject.Id)).ToList();
        var colleagues = compared.SelectMany(own => settings[own.Stratum]).Select(other => other.Of).Where(other => other.Id != subject.Id).DistinctBy(other => other.Id).ToList();
        int peers = colleagues.Count;
        if (peers == 0) return row with { NotAssessed = NotAssessedBecause.NoPeers };
        // What one colleague's records lead to expect tells them; who sees their own figures alone is not told.
        if (peers == 1 && colleagues[0].ForComparisonOnly) return row with { Peers = peers, NotAssessed = NotAssessedBecause.OneColleague };
        // Adjusted, nothing may be left that is like sessions in which colleagues saw anything: then nothing is expected, and nothing can be said.
        if (!compared.Exists(own => own.AtRisk > 0)) return row with { Peers = peers, NotAssessed = NotAssessedBecause.NoneAlike };
        long seen = compared.Sum(p => p.Observed - p.ObservedLeftOut), leftOut = compared.Sum(p => p.SessionsLeftOut);
        row = row with { Sessions = compared.Sum(p => p.Sessions) - leftOut, Exposure = compared.Sum(p => p.Exposure) - leftOut, Observed = seen, ObservedInterval = IntervalOf(seen, question.Interval), Peers = peers };
        if (!byClinic) row = row with { OnlyClinicId = compared is [{ Stratum: var alone }] ? alone : null, LeavesOut = compared.Count < subject.Parts.Count(p => p.Exposure > 0) || leftOut > 0 };
        return Assessed(row, AmongPeers(subject, compared, settings, baseline));
    }

    static Interval IntervalOf(long observed, IntervalMethod method) => method == IntervalMethod.Exact ? PoissonInterval.Exact(observed) : PoissonInterval.MidP(observed);

    static RateRow Assessed(RateRow row, NegativeBinomial predicted) => row with { Predicted = predicted, Limits = ControlLimits.For(predicted) };

    /// <summary>
    /// What colleagues' records lead to expect of this subject: in each clinic the published rate updated with everyone else's counts there, the
    /// clinics' expectations added up, and the ordinary spread between practitioners allowed for, estimated without this one.
    /// </summary>
    static NegativeBinomial AmongPeers(Subject subject, List<Part> compared, ILookup<string, (Subject Of, Part Part)> settings, Baseline? baseline)
    {
        // Only a rate found as practitioners record it says anything about such records; otherwise the peers start from nothing.
        var start = baseline is { Ascertainment: Ascertainment.Passive, Unit: ExposureUnit.Session, Distribution: { } published } ? published : GammaRate.Unknown;
        double expected = 0, variance = 0;
        var others = new List<(double Observed, double Expected, double Share)>();
        foreach (var own in compared)
        {
            var here = settings[own.Stratum].Select(p => (IsOwn: p.Of.Id == subject.Id, p.Part)).ToList();
            double totalExposure = here.Sum(h => h.Part.Exposure), totalObserved = here.Sum(h => (double)h.Part.Observed);
            var rate = start.After(totalObserved - own.Observed, totalExposure - own.Exposure);
            expected += own.AtRisk * rate.Mean;
            variance += own.AtRisk * own.AtRisk * rate.Mean / rate.Exposure;
            others.AddRange(here.Where(h => !h.IsOwn).Select(h => ((double)h.Part.Observed, h.Part.Exposure * totalObserved / totalExposure, h.Part.Exposure / totalExposure)));
        }
        double tauSquared = Spread.LeaveOneOut([.. others], leftOut: -1);
        return NegativeBinomial.WithMean(Spread.Widen(expected * expected / variance, tauSquared), expected);
    }

    sealed record Subject(string Id, List<Part> Parts, string ClinicId, long Sessions, long Reached, long FoundByAsking, bool ForComparisonOnly);

    readonly record struct Part(string Stratum, long Sessions, double Exposure, long Observed, CaseMixAdjustment? Mix)
    {
        public long SessionsLeftOut => (long)(Mix?.Adjusted.SessionsLeftOut ?? 0);
        public long ObservedLeftOut => (long)(Mix?.Adjusted.ObservedLeftOut ?? 0);

        /// <summary>Exposure in sessions of colleagues' mean risk. Where colleagues saw nothing, no kind of session is riskier than another.</summary>
        public double AtRisk => Mix is null ? Exposure : Mix.Crude.Expected > 0 ? Exposure * Mix.Adjusted.Expected / Mix.Crude.Expected : Exposure - SessionsLeftOut;
    }
}
