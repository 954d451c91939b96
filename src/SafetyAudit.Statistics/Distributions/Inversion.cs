namespace SafetyAudit.Statistics;

/// <summary>A tail probability as a function of a parameter, with what a third-order step needs.</summary>
interface ITail
{
    /// <summary>The tail at x, its slope, and its bend: second derivative over first.</summary>
    double At(double x, out double slope, out double bend);
}

/// <summary>
/// The parameter at which a tail equals a target: Halley's third-order step on the logarithm of the tail, kept within brackets. Two evaluations
/// are usually enough from a start that is right to a few per cent of a standard deviation.
/// </summary>
static class Inversion
{
    /// <param name="tail">A tail that rises or falls throughout.</param>
    /// <param name="target">The wanted tail probability.</param>
    /// <param name="start">First guess, strictly between <paramref name="low"/> and <paramref name="high"/>.</param>
    /// <param name="low">Smallest value the parameter can have.</param>
    /// <param name="high">Largest; may be infinite.</param>
    public static double Solve<TTail>(in TTail tail, double target, double start, double low, double high) where TTail : struct, ITail
    {
        double x = start;
        for (int step = 0; step < 200; step++)
        {
            double at = tail.At(x, out double slope, out double bend);
            if (slope > 0 ? at > target : at < target) high = x; else low = x;

            double next = double.NaN;
            double log = Math.Log(at / target);
            if (at > 0 && slope != 0)
            {
                double change = log * at / slope, turn = change * (bend - slope / at) / 2;
                // Away from the answer the third-order term may point anywhere: then the plain Newton step is taken.
                next = x - (Math.Abs(turn) < 0.5 ? change / (1 - turn) : change);
            }
            // The step leaves an error of the order of log³ of itself.
            if (next > low && next < high)
            {
                if (Math.Abs(log) < 2e-6 || next == x) return next;
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
