namespace SafetyAudit.Statistics;

/// <summary>
/// What is known of a rate (events per unit of exposure): a gamma distribution with <see cref="Shape"/> (about how many events the knowledge is
/// worth) and <see cref="Exposure"/> (how much exposure it is worth). Its mean is Shape/Exposure.
/// </summary>
/// <remarks>Conjugate to the Poisson count: seeing y events in n exposure adds y to the shape and n to the exposure.</remarks>
public readonly record struct GammaRate
{
    /// <param name="shape">About how many events the knowledge is worth: finite and above 0. A rate as good as known has a large one, such as 1e12.</param>
    /// <param name="exposure">How much exposure it is worth: finite, and 0 only where nothing is known yet.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not finite and above 0, or the exposure not finite and 0 or more.</exception>
    public GammaRate(double shape, double exposure)
    {
        if (!(shape > 0 && double.IsFinite(shape))) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is finite and above 0.");
        if (!(exposure >= 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and 0 or more.");
        (Shape, Exposure) = (shape, exposure);
    }

    /// <summary>About how many events the knowledge is worth.</summary>
    public double Shape { get; }

    /// <summary>How much exposure it is worth.</summary>
    public double Exposure { get; }

    /// <summary>Whether there is any exposure behind it. Without, there is no mean and nothing can be expected: ask before <see cref="Predict"/>.</summary>
    public bool IsKnown => Exposure > 0;

    /// <summary>Expected rate, events per unit of exposure. Infinite where nothing is known yet (see <see cref="IsKnown"/>).</summary>
    public double Mean => IsKnown ? Shape / Exposure : double.PositiveInfinity;

    /// <summary>Itself, where something is known.</summary>
    /// <exception cref="InvalidOperationException">Nothing is known yet.</exception>
    internal GammaRate Known => IsKnown
        ? this
        : throw new InvalidOperationException("Nothing is known of this rate yet: no exposure stands behind it. Ask IsKnown first, or add events and exposure.");

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
        if (!double.IsFinite(rate)) throw new ArgumentOutOfRangeException(nameof(rate), "A published rate is finite.");
        if (events is { } given && !(given >= 0 && double.IsFinite(given)))
            throw new ArgumentOutOfRangeException(nameof(events), "Published events are finite and 0 or more.");
        double shape = events is { } counted ? Math.Min(counted + 0.5, weight) : weight;
        return new(shape, shape / rate);
    }

    /// <summary>The same knowledge after seeing <paramref name="events"/> in <paramref name="exposure"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Events or exposure are negative or not finite.</exception>
    public GammaRate After(double events, double exposure)
    {
        if (!(events >= 0 && double.IsFinite(events))) throw new ArgumentOutOfRangeException(nameof(events), "Events are finite and 0 or more.");
        if (!(exposure >= 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and 0 or more.");
        return new(Shape + events, Exposure + exposure);
    }

    /// <summary>The count to expect in a given exposure, the uncertainty of the rate included.</summary>
    /// <exception cref="InvalidOperationException">Nothing is known yet: <see cref="IsKnown"/> is false.</exception>
    public NegativeBinomial Predict(double exposure)
    {
        if (!(exposure >= 0 && double.IsFinite(exposure))) throw new ArgumentOutOfRangeException(nameof(exposure), "Exposure is finite and 0 or more.");
        return NegativeBinomial.WithMean(Known.Shape, exposure * Mean);
    }
}
