namespace SafetyAudit.Statistics;

/// <summary>What one step of the learning CUSUM saw.</summary>
/// <param name="Weight">w of this step.</param>
/// <param name="Value">S after it, before any return to zero.</param>
/// <param name="Signal">Whether the threshold was reached.</param>
/// <param name="Events">Events in the run, this step's included.</param>
public readonly record struct LearningCusumStep(double Weight, double Value, bool Signal, double Events);

/// <summary>
/// A CUSUM that doesn't take the rate as known. Under the null the stream's own rate is Gamma(A, B), its
/// mean A/B the peers' rate and A what is known of it, ordinary differences between
/// practitioners included. Each weight is the logarithm of the predictive negative-binomial
/// mass at R times the rate over the mass at the rate, both updated with
/// what the stream showed since the sum last was zero: with y events in exposure n, and cy in cn since zero,
/// w = y ln R − (A + cy + y) ln(B + R(cn + n)) + (A + cy) ln(B + R cn) + (A + cy + y) ln(B + cn + n) − (A + cy) ln(B + cn).
/// </summary>
/// <remarks>
/// S ← S + w; S ≥ h is a signal and S ≤ 0 a zero, after either of which everything learned is forgotten. A
/// → ∞ gives the Poisson CUSUM. A and B may change from step to step as peers are
/// seen. Thresholds: <see cref="LearningCusumThreshold"/>. Reference: <c>alert_expected.csv</c>, 1e-9.
/// </remarks>
public struct LearningCusum
{
    readonly double ratio;
    double events, exposure, sum;

    /// <param name="ratio">R, above 0 and not 1: 2 looks for a doubling, ½ for a halving.</param>
    /// <exception cref="ArgumentOutOfRangeException">R is not above 0, or is 1.</exception>
    public LearningCusum(double ratio)
    {
        this.ratio = ZeroRuns.CheckedRatio(ratio);
    }

    /// <summary>Events and exposure since zero, and the sum they make: enough to go on another day.</summary>
    public readonly (double Sum, double Events, double Exposure) Since => (sum, events, exposure);

    /// <summary>Goes on from what <see cref="Since"/> gave.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is not finite, above 0 and other than 1, or a figure not finite and 0 or more.</exception>
    public static LearningCusum From(double ratio, (double Sum, double Events, double Exposure) since)
    {
        if (!(since.Sum >= 0 && since.Events >= 0 && since.Exposure >= 0 && double.IsFinite(since.Sum + since.Events + since.Exposure)))
            throw new ArgumentOutOfRangeException(nameof(since), "Sum, events and exposure since zero are finite and 0 or more.");
        return new(ratio) { sum = since.Sum, events = since.Events, exposure = since.Exposure };
    }

    /// <summary>Adds one period.</summary>
    /// <param name="y">Events.</param>
    /// <param name="n">Exposure; 0 adds nothing.</param>
    /// <param name="rate">The null's rate, Gamma(A, B), in the same unit of exposure.</param>
    /// <param name="threshold">h, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">Events or exposure are negative or not finite, or the threshold is not above 0.</exception>
    /// <exception cref="InvalidOperationException">Nothing is known of the rate, or no ratio was given: <c>default</c> is no CUSUM.</exception>
    public LearningCusumStep Add(double y, double n, GammaRate rate, double threshold)
    {
        if (!(y >= 0 && double.IsFinite(y))) throw new ArgumentOutOfRangeException(nameof(y), "Events are finite and 0 or more.");
        if (!(n >= 0 && double.IsFinite(n))) throw new ArgumentOutOfRangeException(nameof(n), "Exposure is finite and 0 or more.");
        if (!(threshold > 0)) throw new ArgumentOutOfRangeException(nameof(threshold), "A threshold is above 0.");
        if (ratio == 0) throw new InvalidOperationException("This CUSUM has no ratio to look for: make it with new LearningCusum(ratio).");
        rate = rate.Known;
        // ln((B + R(cn + n))/(B + cn + n)) = ln(1 + (R − 1)(cn + n)/(B + cn + n)): the logarithms of the definition, paired so that little cancels.
        double a = rate.Shape + events, b = rate.Exposure, before = Tilt(exposure, b), after = Tilt(exposure + n, b);
        double w = y * Math.Log(ratio) - (a + y) * after + a * before, s = sum + w, seen = events + y;
        bool signal = s >= threshold;
        if (signal || s <= 0) (sum, events, exposure) = (0, 0, 0);
        else (sum, events, exposure) = (s, seen, exposure + n);
        return new(w, Math.Max(0, s), signal, seen);
    }

    readonly double Tilt(double n, double b) => n == 0 ? 0 : Elementary.LogOnePlus((ratio - 1) * n / (b + n));
}
