using System.Globalization;
using CsvHelper;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Measures;

/// <summary>The measures and baselines that ship with the product: <c>baselines.csv</c> (one default each) and <c>studies.csv</c> (single studies beside it).</summary>
public static class Catalogue
{
    public static readonly IReadOnlyList<Measure> Measures = ReadMeasures();
    public static readonly IReadOnlyList<Baseline> Baselines = ReadBaselines();

    /// <summary>Every code that an event may carry.</summary>
    public static readonly IReadOnlyDictionary<string, Measure> Categories = Measures.Where(m => !m.IsSummary).ToDictionary(m => m.Code);

    /// <summary>
    /// Measures common enough to be watched by rate, practitioner by practitioner: a published rate of at least 1 in 1,000 sessions, found the way
    /// practitioners record it. Rarer ones can't be judged by rate at the size of a clinic; one such event is looked at by itself.
    /// </summary>
    public static bool IsWatchedByRate(Measure measure, Baseline? baseline) =>
        !measure.IsSummary && measure.Unit == ExposureUnit.Session && baseline is { Ascertainment: Ascertainment.Passive, Rate: >= 0.001 };

    /// <summary>Adds what a database does not hold yet. What is there already stays: a figure names the baseline it used.</summary>
    public static async Task SeedAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var measures = await db.Measures.Select(m => m.Code).ToListAsync(ct);
        var baselines = await db.Baselines.Select(b => b.Id).ToListAsync(ct);
        db.Measures.AddRange(Measures.ExceptBy(measures, m => m.Code));
        db.Baselines.AddRange(Baselines.ExceptBy(baselines, b => b.Id));
        await db.SaveChangesAsync(ct);
    }

    static List<Measure> ReadMeasures()
    {
        var measures = new List<Measure>();
        using var csv = Open("baselines.csv");
        while (csv.Read())
        {
            var (unit, _) = UnitOf(csv.GetString("unit"));
            string code = csv.GetString("code");
            measures.Add(new Measure
            {
                Code = code,
                Name = csv.GetString("name"),
                Group = csv.GetString("group"),
                Unit = unit,
                CountsEvents = code == Measure.AnyMinor,
                DefaultSeverity = CodeOf<Severity>(csv.GetString("default_severity")),
                ExpectedResolutionHours = (int?)Number(csv.GetString("expected_resolution_hours")),
                ProlongedAfterHours = (int?)Number(csv.GetString("prolonged_after_hours")),
                AttributionDays = (int?)Number(csv.GetString("attribution_days")),
                IsSentinel = csv.GetString("never_event") == "true",
                Order = measures.Count,
            });
        }
        return measures;
    }

    static List<Baseline> ReadBaselines()
    {
        var baselines = new List<Baseline>();
        using (var csv = Open("baselines.csv"))
            while (csv.Read()) baselines.Add(Read(csv, csv.GetString("code") + "@1", isDefault: true, csv.GetString("cioms_band"), Number(csv.GetString("rate_per_1000"))));
        var bands = baselines.ToDictionary(b => b.MeasureCode, b => b.CiomsBand);
        using (var csv = Open("studies.csv"))
            while (csv.Read()) baselines.Add(Read(csv, csv.GetString("id"), isDefault: false, bands[csv.GetString("code")], ratePer1000: null));
        return baselines;
    }

    static Baseline Read(CsvReader csv, string id, bool isDefault, string ciomsBand, double? ratePer1000)
    {
        var (unit, ascertainment) = UnitOf(csv.GetString("unit"));
        double? events = Number(csv.GetString("events")), denominator = Number(csv.GetString("denominator"));
        string doi = csv.GetString("source_doi");
        return new Baseline
        {
            Id = id,
            MeasureCode = csv.GetString("code"),
            IsDefault = isDefault,
            Events = events,
            Denominator = denominator,
            RatePer1000 = ratePer1000 ?? 1000 * events / denominator,
            Unit = unit,
            Ascertainment = ascertainment,
            CiomsBand = ciomsBand,
            Source = csv.GetString("source_short"),
            Doi = doi.Length > 0 ? doi : null,
            Confidence = CodeOf<Confidence>(csv.GetString("confidence")),
        };
    }

    // "session/passive": what is counted, and how it was found
    static (ExposureUnit, Ascertainment) UnitOf(string text)
    {
        var parts = text.Split('/');
        return (CodeOf<ExposureUnit>(parts[0]), CodeOf<Ascertainment>(parts[1]));
    }

    static double? Number(string text) => text.Length == 0 ? null : double.Parse(text, CultureInfo.InvariantCulture);

    static T CodeOf<T>(string text) where T : struct, Enum =>
        Codes.TryParse<T>(text, out var value) ? value : throw new InvalidDataException($"'{text}' is no {typeof(T).Name} in the shipped catalogue.");

    static CsvReader Open(string file) => CsvReader.Create(
        typeof(Catalogue).Assembly.GetManifestResourceStream($"SafetyAudit.Measures.{file}")!, new CsvReaderOptions { Separator = ',' }, leaveOpen: false);
}
