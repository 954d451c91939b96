namespace SafetyAudit.Statistics;

/// <summary>What a resetting SPRT has just decided.</summary>
public enum SprtDecision
{
    Undecided,

    /// <summary>The upper boundary: the ratio R is the better explanation.</summary>
    Raised,

    /// <summary>The lower boundary: as expected is.</summary>
    AsExpected,
}

/// <summary>
/// Wald's sequential probability ratio test that starts again at 0 after either decision (Grigg, Farewell
/// and Spiegelhalter 2003, Stat Methods Med Res 12:147; Spiegelhalter et al. 2003).
/// Boundaries ln((1 − β)/α) and ln(β/(1 − α)). For a fixed question, such as a second look after retraining.
/// </summary>
/// <remarks>The value shown at a decision is the one that reached the boundary. Reference:
/// <c>cusum_paths.csv</c>, <c>published_examples.csv</c> (Shipman).</remarks>
public struct ResettingSprt
{
    /// <param name="alpha">Chance of <see cref="SprtDecision.Raised"/> though all is as expected, 0 to 1 exclusive.</param>
    /// <param name="beta">Chance of <see cref="SprtDecision.AsExpected"/> though the ratio is R; α + β is below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The chances are not above 0, or together 1 or more.</exception>
    public ResettingSprt(double alpha, double beta)
    {
        if (!(alpha > 0 && beta > 0 && alpha + beta < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), "Chances of error are above 0 and together below 1.");
        (Upper, Lower) = (Math.Log((1 - beta) / alpha), Math.Log(beta / (1 - alpha)));
    }

    public double Upper { get; }

    public double Lower { get; }

    /// <summary>The sum after the latest step, before any return to 0.</summary>
    public double Value { get; private set; }

    public SprtDecision Decision { get; private set; }

    /// <summary>Adds one log-likelihood ratio.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is not finite.</exception>
    /// <exception cref="InvalidOperationException">No boundaries were given: <c>default</c> is no test.</exception>
    public SprtDecision Add(double weight)
    {
        if (!double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(weight), "A weight is finite; leave out a case or period without one.");
        if (Upper == 0) throw new InvalidOperationException("This test has no boundaries: make it with new ResettingSprt(alpha, beta).");
        Value = (Decision == SprtDecision.Undecided ? Value : 0) + weight;
        return Decision = Value >= Upper ? SprtDecision.Raised : Value <= Lower ? SprtDecision.AsExpected : SprtDecision.Undecided;
    }
}
