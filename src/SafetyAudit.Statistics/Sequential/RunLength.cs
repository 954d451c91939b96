namespace SafetyAudit.Statistics;

/// <summary>One of the possible steps of a CUSUM, with its probability.</summary>
public readonly record struct CusumStep(double Weight, double Probability);

/// <summary>A share of the cases with one risk.</summary>
public readonly record struct RiskStratum(double Fraction, double Risk);

/// <summary>
/// Average run length: the mean number of cases or periods until a CUSUM that starts at 0 first signals.
/// Markov chain on a lattice of <em>states</em> from 0 to h (Brook and Evans 1972,
/// Biometrika 59:539) in which a step between two lattice points is shared between them so that its mean is
/// kept: paired rounding (Knoth, Wittenberg and Gan 2019, Statistics in Medicine 38).
/// </summary>
/// <remarks>
/// All states but 0 form a Toeplitz system, solved by Levinson's recursion in O(states²). Exact where every
/// step is a whole number of lattice widths h/states. Thresholds by run length are for
/// comparison; the product's come from <see cref="MonthlyCusum"/>. Reference: <c>cusum_arl.csv</c>,
/// <c>cusum_arl_exact_lattice.csv</c>, <c>cusum_thresholds_arl.csv</c>; confirmed by seeded simulation.
/// </remarks>
public static class RunLength
{
    public const int DefaultStates = 1500;

    /// <summary>Run lengths above this are lost in rounding and answered as infinite.</summary>
    public const double Longest = 1e14;

    const double MostMean = 1e5;

    /// <summary>Mean number of steps to a signal.</summary>
    /// <param name="steps">What a step can be; the probabilities sum to 1. Some step must be able to rise.</param>
    /// <param name="threshold">h, above 0.</param>
    /// <param name="states">Lattice points from 0 to below h.</param>
    /// <returns>The average run length; infinite if no step rises, or if it is above <see cref="Longest"/>, beyond which it can't be told.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not finite and above 0, there is no state, or the steps are no distribution.</exception>
    public static double Average(ReadOnlySpan<CusumStep> steps, double threshold, int states = DefaultStates)
    {
        CheckThreshold(threshold);
        ArgumentOutOfRangeException.ThrowIfLessThan(states, 1);
        double all = 0;
        foreach (var (weight, probability) in steps)
        {
            if (!double.IsFinite(weight)) throw new ArgumentOutOfRangeException(nameof(steps), "Weights are finite.");
            if (!(probability >= 0)) throw new ArgumentOutOfRangeException(nameof(steps), "Probabilities are 0 or more.");
            all += probability;
        }
        if (!(Math.Abs(all - 1) <= 1e-9)) throw new ArgumentOutOfRangeException(nameof(steps), "The probabilities of all steps together are 1.");

        // up[k] and down[k]: probability of a move by k lattice points; what leads beyond either end stands at the end.
        var up = new double[states + 1];
        var down = new double[states + 1];
        double perStep = states / threshold;
        bool rises = false;
        foreach (var (weight, probability) in steps)
        {
            rises |= weight > 0 && probability > 0;
            double at = weight * perStep, below = Math.Floor(at + 1e-9), share = Math.Max(0, at - below);
            if (share < 1e-8) share = 0;
            Put(below, probability * (1 - share));
            Put(below + 1, probability * share);
        }
        if (!rises) return double.PositiveInfinity;

        void Put(double move, double probability)
        {
            if (move >= 0) up[(int)Math.Min(move, states)] += probability;
            else down[(int)Math.Min(-move, states)] += probability;
        }

        // From state i: L_i = 1 + Σ_j P(move j − i) L_j + P(move ≤ −i) L_0. For i ≥ 1 this is a
        // Toeplitz system, solved for the constant and for what multiplies L_0.
        int n = states - 1;
        var toZero = new double[states];       // P(move ≤ −i)
        double cumulative = 0;
        for (int k = states; k >= 0; k--)
        {
            cumulative += k == 0 ? up[0] : down[k];
            if (k < states) toZero[k] = cumulative;
        }
        if (n == 0) return Told(1 / (1 - toZero[0]));

        var constant = new double[n];
        var factor = new double[n];
        Array.Fill(constant, 1);
        for (int i = 0; i < n; i++) factor[i] = toZero[i + 1];
        SolveToeplitz(up, down, constant, factor);

        double top = 1, bottom = 1 - toZero[0];
        for (int j = 1; j <= n; j++)
        {
            top += up[j] * constant[j - 1];
            bottom -= up[j] * factor[j - 1];
        }
        return Told(top / bottom);

        static double Told(double length) => length > 0 && length <= Longest ? length : double.PositiveInfinity;
    }

    static void CheckThreshold(double threshold)
    {
        if (!(threshold > 0 && double.IsFinite(threshold))) throw new ArgumentOutOfRangeException(nameof(threshold), "A threshold is finite and above 0.");
    }

    static void CheckTrueRatio(double trueRatio)
    {
        if (!(trueRatio >= 0 && double.IsFinite(trueRatio))) throw new ArgumentOutOfRangeException(nameof(trueRatio), "A true ratio is finite and 0 or more.");
    }

    /// <summary>Mean number of cases for the Bernoulli CUSUM of a mix of risks.</summary>
    /// <param name="strata">Shares of the cases and their risks; the shares sum to 1.</param>
    /// <param name="ratio">Odds ratio R that the CUSUM looks for.</param>
    /// <param name="threshold">h.</param>
    /// <param name="trueRatio">Odds ratio that is really so; 1 for the run length to a false signal.</param>
    /// <param name="states">Lattice points.</param>
    public static double Bernoulli(ReadOnlySpan<RiskStratum> strata, double ratio, double threshold, double trueRatio = 1, int states = DefaultStates)
    {
        CheckTrueRatio(trueRatio);
        CusumWeight.Check(ratio);
        var steps = new CusumStep[2 * strata.Length];
        for (int i = 0; i < strata.Length; i++)
        {
            double p = strata[i].Risk, really = trueRatio * p / (1 - p + trueRatio * p);
            steps[2 * i] = new(CusumWeight.Bernoulli(true, p, ratio), strata[i].Fraction * really);
            steps[2 * i + 1] = new(CusumWeight.Bernoulli(false, p, ratio), strata[i].Fraction * (1 - really));
        }
        return Average(steps, threshold, states);
    }

    /// <summary>Mean number of periods for the Poisson CUSUM.</summary>
    /// <param name="mean">Expected events in a period, above 0.</param>
    /// <param name="ratio">Rate ratio R that the CUSUM looks for.</param>
    /// <param name="threshold">h.</param>
    /// <param name="trueRatio">Rate ratio that is really so.</param>
    /// <param name="states">Lattice points.</param>
    public static double Poisson(double mean, double ratio, double threshold, double trueRatio = 1, int states = DefaultStates)
    {
        if (!(mean > 0 && mean * Math.Max(1, trueRatio) <= MostMean))
            throw new ArgumentOutOfRangeException(nameof(mean), "Expected events are above 0 and at most 100,000.");
        CheckTrueRatio(trueRatio);
        CusumWeight.Check(ratio);
        double really = mean * trueRatio;
        long most = NegativeBinomial.WithMean(double.PositiveInfinity, really).Quantile(1 - 1e-15) + 2;
        var steps = new CusumStep[most + 1];
        for (long y = 0; y <= most; y++) steps[y] =
            new(CusumWeight.Poisson(y, mean, ratio), y < most ? Loader.PoissonMass(y, really) : Statistics.Poisson.AtLeast(y, really));
        return Average(steps, threshold, states);
    }

    /// <summary>The threshold whose Bernoulli CUSUM has a wanted average run length while nothing has
    /// changed, to 0.0005: its logarithm is nearly straight in h.</summary>
    /// <param name="strata">Shares of the cases and their risks.</param>
    /// <param name="ratio">Odds ratio R that the CUSUM looks for.</param>
    /// <param name="wanted">Cases between false signals, above 1 and at most 1e13.</param>
    /// <param name="statesPerUnit">Lattice points per unit of h.</param>
    public static double ThresholdFor(ReadOnlySpan<RiskStratum> strata, double ratio, double wanted, int statesPerUnit = 600)
    {
        if (!(wanted > 1 && wanted <= Longest / 10)) throw new ArgumentOutOfRangeException(nameof(wanted), "A wanted run length is above 1 and at most 1e13.");
        ArgumentOutOfRangeException.ThrowIfLessThan(statesPerUnit, 1);
        double target = Math.Log(wanted), low = 0.01, high = 2, atLow = Log(strata, low), atHigh = Log(strata, high);
        while (atHigh < target)
        {
            (low, atLow) = (high, atHigh);
            if (high > 100) throw new ArgumentOutOfRangeException(nameof(strata),
                "No threshold below 100 gives so long a run; the risks are too small to signal.");
            atHigh = Log(strata, high += 1.5);
        }
        for (int step = 0; step < 60 && high - low > 5e-4; step++)
        {
            double h = low + (high - low) * (target - atLow) / (atHigh - atLow);
            double margin = (high - low) / 50;
            h = Math.Clamp(h + (step % 2 == 0 ? margin : -margin) / 4, low + margin / 10, high - margin / 10);
            double at = Log(strata, h);
            if (at < target) (low, atLow) = (h, at); else (high, atHigh) = (h, at);
        }
        return low + (high - low) * (target - atLow) / Math.Max(1e-300, atHigh - atLow);

        double Log(ReadOnlySpan<RiskStratum> mix, double h) => Math.Log(Bernoulli(mix, ratio, h, 1, Math.Max(2, (int)Math.Round(h * statesPerUnit))));
    }

    // (I − P) x = y for two right-hand sides, P[i, j] = probability of a move by j − i. Levinson's recursion (Golub and Van Loan, Matrix Computations, §4.7).
    static void SolveToeplitz(double[] up, double[] down, double[] y1, double[] y2)
    {
        int size = y1.Length;
        double[] forward = new double[size], backward = new double[size], next = new double[size], x1 = new double[size], x2 = new double[size];
        // Below the diagonal (row − column = k ≥ 1): −down[k]; above it: −up[k]; on it: 1 − up[0]. The moves at the ends' bins lead out of the system.
        var below = new double[size];
        var above = new double[size];
        for (int k = 1; k < size; k++) (below[k], above[k]) = (-down[k], -up[k]);
        double diagonal = 1 - up[0];
        forward[0] = backward[0] = 1 / diagonal;
        x1[0] = y1[0] / diagonal;
        x2[0] = y2[0] / diagonal;
        for (int n = 1; n < size; n++)
        {
            double ef = 0, eb = 0, e1 = 0, e2 = 0;
            for (int i = 0; i < n; i++)
            {
                double t = below[n - i];
                ef += t * forward[i];
                e1 += t * x1[i];
                e2 += t * x2[i];
                eb += above[i + 1] * backward[i];
            }
            double scale = 1 / (1 - eb * ef), d1 = y1[n] - e1, d2 = y2[n] - e2;
            // New backward vector first, into next; then the forward one in place.
            next[0] = -eb * scale * forward[0];
            for (int i = 1; i < n; i++) next[i] = scale * (backward[i - 1] - eb * forward[i]);
            next[n] = scale * backward[n - 1];
            forward[n] = -ef * scale * backward[n - 1];
            for (int i = n - 1; i > 0; i--) forward[i] = scale * (forward[i] - ef * backward[i - 1]);
            forward[0] *= scale;
            (backward, next) = (next, backward);
            for (int i = 0; i <= n; i++)
            {
                x1[i] += d1 * backward[i];
                x2[i] += d2 * backward[i];
            }
        }
        x1.CopyTo(y1, 0);
        x2.CopyTo(y2, 0);
    }
}
