using SafetyAudit.Statistics;

namespace SafetyAudit.Measures;

/// <summary>How much a published rate is worth as evidence; see <see cref="Baseline.Weight"/>.</summary>
public enum Confidence { None, Low, Medium, High }

/// <summary>A published rate with its source: versioned, unit-checked, and as uncertain as its evidence.</summary>
public sealed class Baseline
{
    /// <summary>Measure code, "@", and a version number or the study: <c>BRUISE_MINOR@1</c>, <c>BRUISE_MINOR@brady-2014</c>.</summary>
    public required string Id { get; set; }

    public required string MeasureCode { get; set; }

    /// <summary>Whether this is the measure's own baseline; the others stand beside it for comparison.</summary>
    public bool IsDefault { get; set; }

    public double? Events { get; set; }
    public double? Denominator { get; set; }
    public double? RatePer1000 { get; set; }
    public ExposureUnit Unit { get; set; }
    public Ascertainment Ascertainment { get; set; }
    public required string CiomsBand { get; set; }
    public required string Source { get; set; }
    public string? Doi { get; set; }
    public Confidence Confidence { get; set; }

    /// <summary>Events per unit of exposure: from the counts where the source gives both, else the printed rate; empty where none is known.</summary>
    public double? Rate => Events is { } events && Denominator is { } denominator ? events / denominator : RatePer1000 / 1000;

    /// <summary>
    /// The gamma distribution of the rate. The shape is capped at 10, 5 or 2 for high, medium and low confidence, a choice of design:
    /// published rates of one event differ several-fold between settings, more than their sampling error says. Empty without a rate.
    /// </summary>
    public GammaRate? Distribution => Rate is > 0 and var rate && Weight is { } weight ? GammaRate.Published(rate, weight, Denominator is null ? null : Events) : null;

    double? Weight => Confidence switch { Confidence.High => 10, Confidence.Medium => 5, Confidence.Low => 2, _ => null };
}
