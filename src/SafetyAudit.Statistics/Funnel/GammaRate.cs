namespace SafetyAudit.Statistics;

/// <summary>
/// What is known of a rate (events per unit of exposure): a gamma distribution with <see cref="Shape"/> (about how many events the knowledge is
/// worth) and <see cref="Exposure"/> (how much exposure it is worth). Its mean is Shape/Exposure.
/// </summary>
/// <remarks>Conjugate to the Poisson count: seeing y events in n exposure adds y to the shape and n to the exposure.</remarks>
public readonly record struct GammaRate(double Shape, double Exposure)
{
    /// <summary>Expected rate, events per unit of exposure. Not a number where there is no exposure at all.</summary>
    public double Mean => Shape / Exposure;

    /// <summary>Nothing known but that counts will tell: Jeffreys' shape of ½ and no exposure.</summary>
    public static GammaRate Unknown { get; } = new(0.5, 0);

    /// <summary>
    /// A published rate with the evidence it rests on. The mean is always the published rate; the shape is the published events plus ½
    /// (Jeffreys), but never more than <paramref name="weight"/>, since studies differ by more than their own sampling error.
    /// </summary>
    /// <param name="rate">Events per unit of exposure, above 0.</param>
    /// <param name="weight">Largest shape that the evidence deserves, above 0.</param>
    /// <param name="events">Published events, where the source gives a count; otherwise the weight alone is used.</param>
    public static GammaRate Published(double rate, double weight, double? events = null)
    {
        if (!(rate > 0)) throw new ArgumentOutOfRangeException(nameof(rate), "A published rate is above 0.");
        if (!(weight > 0)) throw new ArgumentOutOfRangeException(nameof(weight), "A weight of evidence is above 0.");
        double shape = events is { } counted ? Math.Min(counted + 0.5, weight) : weight;
        return new(shape, shape / rate);
    }

    /// <summary>The same knowledge after seeing <paramref name="events"/> in <paramref name="exposure"/>.</summary>
    public GammaRate After(double events, double exposure) => new(Shape + events, Exposure + exposure);

    /// <summary>The count to expect in a given exposure, the uncertainty of the rate included.</summary>
    public NegativeBinomial Predict(double exposure) => NegativeBinomial.WithMean(Shape, exposure * Mean);
}
