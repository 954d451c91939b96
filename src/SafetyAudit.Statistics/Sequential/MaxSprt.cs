namespace SafetyAudit.Statistics;

/// <summary>
/// Poisson maximised sequential probability ratio test (Kulldorff et al. 2011, Sequential Analysis
/// 30:58): watched continuously until T events are expected, signalling when
/// the log-likelihood ratio c ln(c/μ) − (c − μ) of c events where μ &lt; c were expected reaches a critical value.
/// </summary>
/// <remarks>
/// The critical value is exact: the c-th event is a signal if it comes before the expectation μ_c at
/// which c events just reach the value, so that the chance of no signal is
/// a product of Poisson steps between μ₁, μ₂, …, T. For one hypothesis over one horizon; it doesn't start again. Reference: <c>maxsprt_cv.csv</c>, 1e-5.
/// </remarks>
public static class MaxSprt
{
    /// <summary>The log-likelihood ratio; 0 when no more came than expected.</summary>
    public static double LogLikelihoodRatio(double events, double expected)
    {
        if (!(events >= 0 && double.IsFinite(events))) throw new ArgumentOutOfRangeException(nameof(events), "Events are finite and 0 or more.");
        if (!(expected > 0 && double.IsFinite(expected))) throw new ArgumentOutOfRangeException(nameof(expected), "Expected events are finite and above 0.");
        return events <= expected ? 0 : events * Math.Log(events / expected) - (events - expected);
    }

    /// <summary>The critical value with this chance of a signal while nothing is wrong.</summary>
    /// <param name="horizon">T, expected events at the end, above 0.</param>
    /// <param name="alpha">Chance of a signal by the end, between 0 and 1.</param>
    /// <param name="leastEvents">Fewer events than this are never a signal.</param>
    /// <returns>Nothing where even the smallest value, 0.001, is reached with less than this chance: so few events are expected that the least number
    /// of events alone keeps false signals below it, and no value attains it.</returns>
    public static double? CriticalValue(double horizon, double alpha, int leastEvents = 1)
    {
        CheckHorizon(horizon);
        if (!(alpha > 0 && alpha < 1)) throw new ArgumentOutOfRangeException(nameof(alpha), "A chance is between 0 and 1.");
        double low = Smallest, high = 1;
        if (SignalProbability(horizon, low, leastEvents) < alpha) return null;
        while (SignalProbability(horizon, high, leastEvents) > alpha) high *= 2;
        while (high - low > 1e-10)
        {
            double middle = (low + high) / 2;
            if (SignalProbability(horizon, middle, leastEvents) > alpha) low = middle; else high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>The chance of a signal by the end for a critical value.</summary>
    /// <param name="horizon">T, expected events at the end, above 0.</param>
    /// <param name="criticalValue">Value of the log-likelihood ratio that is a signal, above 0.</param>
    /// <param name="leastEvents">Fewer events than this are never a signal.</param>
    /// <param name="trueRatio">Rate over the expected one; 1 for the false-alarm chance.</param>
    public static double SignalProbability(double horizon, double criticalValue, int leastEvents = 1, double trueRatio = 1)
    {
        CheckHorizon(horizon);
        if (!(trueRatio >= 0 && double.IsFinite(trueRatio))) throw new ArgumentOutOfRangeException(nameof(trueRatio), "A true ratio is finite and 0 or more.");
        if (!(criticalValue > 0 && criticalValue <= 1000))
            throw new ArgumentOutOfRangeException(nameof(criticalValue), "A critical value is above 0 and at most 1,000.");
        ArgumentOutOfRangeException.ThrowIfLessThan(leastEvents, 1);

        // alive[k]: k events so far and no signal. Just after μ_c fewer than c events must have come… so c events never remain.
        var alive = new List<double> { 1 };
        double at = 0;
        for (int c = leastEvents; ; c++)
        {
            double until = Math.Min(horizon, LatestSignal(c, criticalValue));
            double mean = (until - at) * trueRatio;
            var next = new double[c];       // c or more events before μ_c are a signal
            for (int k = 0; k < alive.Count; k++)
                for (int more = 0; k + more < c; more++) next[k + more] += alive[k] * Loader.PoissonMass(more, mean);
            alive = [.. next];
            at = until;
            if (at >= horizon) break;
        }
        double none = 0;
        foreach (double p in alive) none += p;
        return 1 - none;
    }

    const double Smallest = 1e-3, MostExpected = 2000;

    static void CheckHorizon(double horizon)
    {
        if (!(horizon > 0 && horizon <= MostExpected))
            throw new ArgumentOutOfRangeException(nameof(horizon), "A horizon is above 0 and at most 2,000 expected events.");
    }

    // The expectation below which c events reach the value: μ of c ln(c/μ) − (c − μ) = value, on the side μ < c.
    static double LatestSignal(int c, double value)
    {
        double x = value / c, low = 0, high = 1;      // −ln r − 1 + r = x with r = μ/c
        double r = Math.Exp(-1 - x);
        for (int step = 0; step < 100; step++)
        {
            double f = -Math.Log(r) - 1 + r - x;
            if (f > 0) low = r; else high = r;
            double next = r - f / (1 - 1 / r);
            if (!(next > low && next < high)) next = (low + high) / 2;
            if (Math.Abs(next - r) < 1e-16 * r) break;
            r = next;
        }
        return c * r;
    }
}
