namespace SafetyAudit.Statistics;

/// <summary>A tail at one value of its parameter, with the slope, and with the derivatives of ln |slope|: what a step of high order needs.</summary>
/// <param name="Value">The tail.</param>
/// <param name="Slope">Its first derivative.</param>
/// <param name="Bend">First derivative of ln |slope|.</param>
/// <param name="Bend1">Second derivative of ln |slope|; not a number if it isn't known, and then the step is of third order.</param>
/// <param name="Bend2">Third derivative of ln |slope|.</param>
readonly record struct TailPoint(double Value, double Slope, double Bend, double Bend1 = double.NaN, double Bend2 = double.NaN);

/// <summary>A tail probability as a function of a parameter.</summary>
interface ITail
{
    TailPoint At(double x);
}

/// <summary>
/// The parameter at which a tail equals a target. The inverse of g = ln(tail/target) is expanded at each guess: with r = slope/tail and u = bend − r,
/// x ← x + τ(1 − uτ/2 + (2u² − u′)τ²/6 + (7uu′ − u″ − 6u³)τ³/24), τ = −g/r: order five, or three
/// (Halley) where bend's derivatives aren't known. Kept within brackets; one or two
/// evaluations are usually enough.
/// </summary>
static class Inversion
{
    // An error of g before a step leaves about g⁵ or g³ of itself: below 1e-13. The same holds of the step beside the distance to the nearer end of
    // the parameter, which is the larger of the two where a small shape makes the tail nearly flat.
    const double FifthOrderEnough = 2e-3, ThirdOrderEnough = 2e-5;

    /// <param name="tail">A tail that rises or falls throughout.</param>
    /// <param name="target">The wanted tail probability.</param>
    /// <param name="start">First guess, strictly between <paramref name="low"/> and <paramref name="high"/>.</param>
    /// <param name="low">Smallest value the parameter can have.</param>
    /// <param name="high">Largest; may be infinite.</param>
    public static double Solve<TTail>(in TTail tail, double target, double start, double low, double high) where TTail : struct, ITail
    {
        double x = start, least = low, most = high;
        for (int step = 0; step < 200; step++)
        {
            var at = tail.At(x);
            if (at.Slope > 0 ? at.Value > target : at.Value < target) high = x; else low = x;

            double next = double.NaN, change = double.NaN, log = Math.Log(at.Value / target);
            bool fifth = !double.IsNaN(at.Bend1);
            if (at.Value > 0 && at.Slope != 0)
            {
                double r = at.Slope / at.Value, u = at.Bend - r;
                change = -log / r;
                if (Math.Abs(log) > 0.1)
                {
                    // Far away the third-order term may point anywhere: then the plain Newton step is taken.
                    double turn = -u * change / 2;
                    next = x + (Math.Abs(turn) < 0.5 ? change / (1 - turn) : change);
                }
                else if (fifth)
                {
                    double u1 = at.Bend1 - r * u, u2 = at.Bend2 - r * (u * u + u1);
                    next = x + change * (1 + change * (-u / 2 + change * ((2 * u * u - u1) / 6 + change * (7 * u * u1 - u2 - 6 * u * u * u) / 24)));
                }
                else next = x + change / (1 + u * change / 2);
            }
            if (next > low && next < high)
            {
                double enough = fifth ? FifthOrderEnough : ThirdOrderEnough;
                if ((Math.Abs(log) < enough && Math.Abs(change) < enough * Math.Min(x - least, most - x)) || next == x) return next;
            }
            else if (Math.Abs(next - x) <= 2e-15 * Math.Abs(x)) return x;
            else
            {
                next = double.IsPositiveInfinity(high) ? 2 * x + 1 : low > 0 && high > 4 * low ? Math.Sqrt(low) * Math.Sqrt(high) : low + (high - low) / 2;
                if (next <= low || next >= high) return x;
            }
            x = next;
        }
        return x;
    }
}
