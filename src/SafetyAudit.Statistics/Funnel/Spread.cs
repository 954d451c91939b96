namespace SafetyAudit.Statistics;

/// <summary>
/// How far practitioners' true rates ordinarily differ beyond chance: the squared coefficient of variation τ², by moments on the counts
/// themselves (no transformed z-scores, which fail at small counts), leaving out the one who is being judged so that an outlier can't hide itself.
/// </summary>
public static class Spread
{
    /// <summary>τ² is held from 0.15² …</summary>
    public const double Least = 0.15 * 0.15;

    /// <summary>… to 0.30²: beyond that, spread is reported and not used to excuse more.</summary>
    public const double Most = 0.30 * 0.30;

    /// <summary>
    /// τ² = Σ[(O−E)² − E(1−n/N)] / ΣE² over every unit but the one left out, held within <see cref="Least"/> and <see cref="Most"/>.
    /// The factor 1−n/N allows for each unit's own share in the common rate.
    /// </summary>
    /// <param name="units">Observed events, expected events at the common rate, and share n/N of the common exposure, per unit.</param>
    /// <param name="leftOut">Index of the unit that is judged, or −1 for none.</param>
    /// <remarks>With no expectation in the others, the least is answered. Reference figures: <c>alert_expected.csv</c>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">Events or expectations are negative or not finite, a share is not from 0 to 1, or there is no such
    /// unit.</exception>
    public static double LeaveOneOut(ReadOnlySpan<(double Observed, double Expected, double Share)> units, int leftOut)
    {
        if (leftOut < -1 || leftOut >= units.Length) throw new ArgumentOutOfRangeException(nameof(leftOut), "Leave out one of the units, or give −1 for none.");
        double numerator = 0, denominator = 0;
        for (int i = 0; i < units.Length; i++)
        {
            if (i == leftOut) continue;
            var (observed, expected, share) = units[i];
            if (!(observed >= 0 && expected >= 0 && share >= 0 && share <= 1 && double.IsFinite(observed) && double.IsFinite(expected)))
                throw new ArgumentOutOfRangeException(nameof(units), "Events and expectations are finite and 0 or more; a share is from 0 to 1.");
            numerator += (observed - expected) * (observed - expected) - expected * (1 - share);
            denominator += expected * expected;
        }
        return denominator > 0 ? Math.Clamp(numerator / denominator, Least, Most) : Least;
    }

    /// <summary>
    /// Shape of a practitioner's own rate when the common rate is known with <paramref name="shape"/> and practitioners differ by τ²:
    /// the two squared coefficients of variation multiply, 1 + 1/A = (1 + 1/A₀)(1 + τ²).
    /// </summary>
    /// <param name="shape">Shape of the common rate, above 0; may be infinite.</param>
    /// <param name="tauSquared">Squared coefficient of variation between practitioners, finite and 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not above 0, or the spread not finite and 0 or more.</exception>
    public static double Widen(double shape, double tauSquared)
    {
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0.");
        if (!(tauSquared >= 0 && double.IsFinite(tauSquared))) throw new ArgumentOutOfRangeException(nameof(tauSquared), "A spread is finite and 0 or more.");
        // (1 + 1/A₀)(1 + τ²) − 1, written so that a large shape isn't lost beside 1.
        return 1 / (1 / shape + tauSquared + tauSquared / shape);
    }
}
