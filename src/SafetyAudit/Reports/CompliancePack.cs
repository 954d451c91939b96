using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Reports;

/// <summary>For whom a report is: colleagues in the clinic, with names; its board, with pseudonyms; the public, by clinic and without small numbers.</summary>
public enum Audience { Internal, Board, Public }

/// <summary>What is reported.</summary>
/// <param name="Period">Quarter, month or year.</param>
/// <param name="Audience">For whom.</param>
/// <param name="AsKnownUtc">The instant at which the records were known so.</param>
/// <param name="ClinicId">One clinic; all where empty.</param>
public sealed record ReportQuestion(ReportPeriod Period, Audience Audience, DateTime AsKnownUtc, string? ClinicId = null);

/// <summary>
/// The figures of a compliance report: the same values that pages and verbs show, as they were known at one instant. Nothing here works a figure out.
/// </summary>
public sealed record CompliancePack
{
    public required ReportQuestion Question { get; init; }
    public required IReadOnlyList<Clinic> Clinics { get; init; }

    /// <summary>How practitioners are called: by name, or by a pseudonym that is the same throughout the report and in no other.</summary>
    public required IReadOnlyDictionary<string, string> Names { get; init; }

    /// <summary>The measures, in the order of the catalogue.</summary>
    public required IReadOnlyList<Measure> Measures { get; init; }

    /// <summary>The baseline of each measure.</summary>
    public required IReadOnlyDictionary<string, Baseline> Baselines { get; init; }

    /// <summary>Each clinic in each measure beside the literature.</summary>
    public required IReadOnlyList<RateRow> ClinicRates { get; init; }

    /// <summary>Each practitioner beside colleagues, in the measures that are watched by rate.</summary>
    public required IReadOnlyList<RateRow> PractitionerRates { get; init; }

    /// <summary>The twelve months up to the end of the period, of each clinic in the measures of which something was recorded in the period.</summary>
    public required IReadOnlyList<Trend> Trends { get; init; }

    /// <summary>What was done and found, practitioner by practitioner.</summary>
    public required IReadOnlyList<PractitionerCounts> Counts { get; init; }

    /// <summary>Each protocol rule in each clinic.</summary>
    public required IReadOnlyList<AdherenceRow> Adherence { get; init; }

    public required IReadOnlyList<CaseAsKnown> Cases { get; init; }
    public required IReadOnlyList<(AlertRule Rule, int Raised)> Alerts { get; init; }
    public required DataQuality Quality { get; init; }

    /// <summary>Completed sessions in each clinic so late that reports of events may still be on their way: within the delay in which nine in ten were written down.</summary>
    public required IReadOnlyDictionary<string, long> Provisional { get; init; }

    /// <summary>The report that was given out last before this one, and what of it reads otherwise now; nothing where there is none.</summary>
    public RestatedReport? Last { get; init; }

    /// <summary>Looks that lie beyond a 99.8 % limit by chance alone, to be expected over all comparisons in this report.</summary>
    public double ExpectedFalseAlarms => ClinicRates.Concat(PractitionerRates).Sum(r => r.FalseAlarmProbability);

    public string NameOf(string? practitionerId) => practitionerId is null ? "" : Names.GetValueOrDefault(practitionerId, practitionerId);

    public string ClinicName(string clinicId) => Clinics.FirstOrDefault(c => c.Id == clinicId)?.Name ?? clinicId;

    /// <summary>Reads it from the records as they were known.</summary>
    /// <param name="db">The records as known at the question's instant, see <see cref="Summaries.AsKnown"/>, from <see cref="FirstDay"/> on.</param>
    /// <param name="question">What is asked.</param>
    /// <param name="pseudonymKey">Makes the pseudonyms.</param>
    /// <param name="ct">Stops the reading.</param>
    public static async Task<CompliancePack> ReadAsync(SafetyAuditDb db, ReportQuestion question, byte[] pseudonymKey, CancellationToken ct)
    {
        var (from, to) = (question.Period.From, question.Period.To);
        var measures = await db.Measures.AsNoTracking().OrderBy(m => m.Order).ToListAsync(ct);
        var baselines = await Rates.BaselinesAsync(db, null, ct, question.AsKnownUtc);
        var counts = await Analysis.Counts.ReadAsync(db, from, to, ct);
        var clinics = await db.Clinics.AsNoTracking().OrderBy(c => c.Id).ToListAsync(ct);
        var present = clinics.Where(c => counts.Exists(n => n.ClinicId == c.Id)).ToList();
        var clinicRates = measures.SelectMany(m => Rates.Compute(counts, new(from, to, Grouping.Clinic), m, baselines.GetValueOrDefault(m.Code))).ToList();
        var trends = new List<Trend>();
        foreach (var measure in measures.Where(m => clinicRates.Exists(r => r.Measure.Code == m.Code && r.Observed > 0)))
            trends.AddRange(await Trend.OfClinicsAsync(db, measure, baselines.GetValueOrDefault(measure.Code), FirstDay(question.Period), to, ct));
        var quality = await DataQuality.ReadAsync(db, from, to, ct);
        var provisional = new Dictionary<string, long>();
        foreach (var row in quality.Clinics)
        {
            var since = DateOnly.FromDateTime(question.AsKnownUtc).AddDays(-(int)Math.Ceiling((row.Delay?.NinetiethHours ?? 0) / 24));
            provisional[row.ClinicId] = await db.DailyExposures.Where(d => d.ClinicId == row.ClinicId && d.Date >= from && d.Date <= to && d.Date >= since).SumAsync(d => (long)d.Sessions, ct);
        }
        var cases = await CaseAsKnown.ReadAsync(db, from, to, question.AsKnownUtc, ct);
        return new()
        {
            Question = question,
            Clinics = present,
            Names = await NamesAsync(db, question, [.. counts.Select(c => c.PractitionerId).Concat(cases.Select(c => c.PractitionerId).OfType<string>()).Concat(quality.Practitioners.Select(q => q.PractitionerId).OfType<string>()).Distinct()], pseudonymKey, ct),
            Measures = measures,
            Baselines = baselines,
            ClinicRates = clinicRates,
            PractitionerRates = [.. EvaluateAlerts.Watched(baselines).SelectMany(m => Rates.Compute(counts, new(from, to, Grouping.Practitioner, Against.Peers), m, baselines.GetValueOrDefault(m.Code)))],
            Trends = trends,
            Counts = counts,
            Adherence = AdherenceTable.By(await AdherenceTable.ReadAsync(db, new(from, to), question.AsKnownUtc, ct), AdherenceGrouping.Clinic),
            Cases = cases,
            Alerts = await CaseAsKnown.AlertsRaisedAsync(db, from, to, question.AsKnownUtc, ct),
            Quality = quality with { Clinics = [.. quality.Clinics.Where(q => present.Exists(c => c.Id == q.ClinicId))] },
            Provisional = provisional,
        };
    }

    /// <summary>The first day that a report of a period looks at: of the twelve months up to its end.</summary>
    public static DateOnly FirstDay(ReportPeriod period) => period.To.AddDays(1).AddYears(-1);

    // In the order of a keyed digest, so that whoever knows the ids and not the key can't tell whose number is whose.
    static async Task<Dictionary<string, string>> NamesAsync(SafetyAuditDb db, ReportQuestion question, List<string> ids, byte[] key, CancellationToken ct)
    {
        if (question.Audience == Audience.Internal)
        {
            return Namesakes.ToldApart(await db.Current<Practitioner>().Where(p => p.DisplayName != null).Select(p => new { p.PractitionerId, p.DisplayName }).ToDictionaryAsync(p => p.PractitionerId, p => p.DisplayName!, ct));
        }
        int digits = ids.Count.ToString(CultureInfo.InvariantCulture).Length;
        return ids.OrderBy(id => Convert.ToHexString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{question.Period.Name}\n{id}"))), StringComparer.Ordinal)
            .Select((id, i) => (id, Name: $"Practitioner {(i + 1).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}")).ToDictionary(p => p.id, p => p.Name);
    }
}
