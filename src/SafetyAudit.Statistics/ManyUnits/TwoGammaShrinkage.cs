namespace SafetyAudit.Statistics;

/// <summary>
/// DuMouchel's gamma–Poisson shrinker (1999, American Statistician 53:177): the true ratio of a cell is
/// drawn from Gamma(α₁, β₁) with probability P, else from Gamma(α₂, β₂). For tables of
/// very many cells, few of which stand out, such as device lot × event.
/// </summary>
/// <remarks>
/// A cell's marginal count is a mixture of two negative binomials; after O events where E were expected
/// its ratio is the mixture Q·Gamma(O + α₁, E + β₁) + (1 − Q)·Gamma(O + α₂, E + β₂).
/// Cells without expectation are passed over in the fit and refused in the answers. Reference: <c>gps_ebgm.csv</c> (openEBGM), 1e-4.
/// </remarks>
public readonly record struct TwoGammaShrinkage(double Alpha1, double Beta1, double Alpha2, double Beta2, double P)
{
    /// <summary>DuMouchel's own starting values.</summary>
    public static TwoGammaShrinkage Start { get; } = new(0.2, 0.1, 2, 4, 1.0 / 3);

    /// <summary>
    /// Hyperparameters by maximum marginal likelihood: quasi-Newton steps (BFGS) on the logarithms and the
    /// logit with the exact gradient. At least 10 cells with expectation are needed.
    /// </summary>
    /// <param name="cells">Observed events and expected events per cell.</param>
    /// <param name="start">First guess; <see cref="Start"/> if not given.</param>
    /// <exception cref="ArgumentException">Fewer than 10 cells have an expectation.</exception>
    public static TwoGammaShrinkage Fit(ReadOnlySpan<(double Observed, double Expected)> cells, TwoGammaShrinkage? start = null)
    {
        int used = 0;
        foreach (var (_, e) in cells) if (e > 0) used++;
        if (used < 10) throw new ArgumentException("At least 10 cells with an expectation are needed for five hyperparameters.", nameof(cells));

        foreach (var (o, e) in cells)
            if (!(o >= 0 && e >= 0 && double.IsFinite(o) && double.IsFinite(e)))
                throw new ArgumentOutOfRangeException(nameof(cells), "Observed and expected events are finite and 0 or more.");
        var from = start ?? Start;
        if (from.P is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(start), "A first guess has a share between 0 and 1.");
        double[] x = [Math.Log(from.Alpha1), Math.Log(from.Beta1), Math.Log(from.Alpha2), Math.Log(from.Beta2), Math.Log(from.P / (1 - from.P))];
        const int n = 5;
        double[] gradient = new double[n], next = new double[n], nextGradient = new double[n], step = new double[n], change = new double[n], hy = new double[n];
        var h = new double[n, n];
        Reset(h);
        double value = Objective(x, cells, gradient);
        for (int iteration = 0; iteration < 500; iteration++)
        {
            double slope = 0, size = 0;
            for (int i = 0; i < n; i++)
            {
                step[i] = 0;
                for (int j = 0; j < n; j++) step[i] -= h[i, j] * gradient[j];
                slope += step[i] * gradient[i];
                size = Math.Max(size, Math.Abs(gradient[i]));
            }
            if (size < 1e-7 * Math.Max(1, used)) break;
            if (slope >= 0)
            {
                Reset(h);
                continue;
            }
            double length = 1, longest = 0;
            foreach (double s in step) longest = Math.Max(longest, Math.Abs(s));
            if (longest > 2) length = 2 / longest;
            double nextValue;
            while (true)
            {
                for (int i = 0; i < n; i++) next[i] = x[i] + length * step[i];
                nextValue = Objective(next, cells, nextGradient);
                if (nextValue <= value + 1e-4 * length * slope || length < 1e-12) break;
                length /= 2;
            }
            if (length < 1e-12) break;
            double sy = 0, yhy = 0;
            for (int i = 0; i < n; i++)
            {
                change[i] = nextGradient[i] - gradient[i];
                sy += (next[i] - x[i]) * change[i];
            }
            if (sy > 1e-12)
            {
                for (int i = 0; i < n; i++)
                {
                    hy[i] = 0;
                    for (int j = 0; j < n; j++) hy[i] += h[i, j] * change[j];
                    yhy += change[i] * hy[i];
                }
                for (int i = 0; i < n; i++)
                    for (int j = 0; j < n; j++)
                    {
                        double si = next[i] - x[i], sj = next[j] - x[j];
                        h[i, j] += (1 + yhy / sy) * si * sj / sy - (hy[i] * sj + si * hy[j]) / sy;
                    }
            }
            next.CopyTo(x, 0);
            nextGradient.CopyTo(gradient, 0);
            value = nextValue;
        }
        return new(Math.Exp(x[0]), Math.Exp(x[1]), Math.Exp(x[2]), Math.Exp(x[3]), 1 / (1 + Math.Exp(-x[4])));

        static void Reset(double[,] h)
        {
            Array.Clear(h);
            for (int i = 0; i < n; i++) h[i, i] = 0.01;
        }
    }

    /// <summary>Q: the probability that the cell's ratio came from the first gamma, given its data.</summary>
    public double FirstShare(double observed, double expected)
    {
        Check(observed, expected);
        // From logarithms, since far out both masses are below the smallest double.
        double first = LogMass(Alpha1, Beta1, observed, expected), second = LogMass(Alpha2, Beta2, observed, expected);
        return P <= 0 ? 0 : P >= 1 ? 1 : 1 / (1 + (1 - P) / P * Math.Exp(second - first));
    }

    /// <summary>EBGM, the geometric mean of the cell's ratio given its data.</summary>
    public double GeometricMean(double observed, double expected)
    {
        double q = FirstShare(observed, expected);
        return Math.Exp(q * (Elementary.Digamma(observed + Alpha1) - Math.Log(expected + Beta1))
            + (1 - q) * (Elementary.Digamma(observed + Alpha2) - Math.Log(expected + Beta2)));
    }

    /// <summary>The ratio below which the cell's true one lies with this probability; EB05 and EB95 at 0.05 and 0.95.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
    public double Quantile(double observed, double expected, double probability)
    {
        if (!(probability > 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
        var tail = new Mixture(FirstShare(observed, expected), observed + Alpha1, expected + Beta1, observed + Alpha2, expected + Beta2,
            upper: probability > 0.5);
        return Inversion.Solve(tail, probability > 0.5 ? 1 - probability : probability, GeometricMean(observed, expected), 0, double.PositiveInfinity);
    }

    /// <summary>P(ratio &gt; threshold) given the cell's data.</summary>
    public double Exceedance(double observed, double expected, double threshold)
    {
        if (!(threshold >= 0)) throw new ArgumentOutOfRangeException(nameof(threshold), "A ratio is 0 or more.");
        double q = FirstShare(observed, expected);
        return q * Gamma.Above(threshold * (expected + Beta1), observed + Alpha1) + (1 - q) * Gamma.Above(threshold * (expected + Beta2), observed + Alpha2);
    }

    static double LogMass(double alpha, double beta, double observed, double expected) =>
        NegativeBinomial.WithMean(alpha, alpha / beta * expected).LogMass(observed);

    void Check(double observed, double expected)
    {
        if (!(observed >= 0 && double.IsFinite(observed))) throw new ArgumentOutOfRangeException(nameof(observed), "Observed events are finite and 0 or more.");
        if (!(expected > 0 && double.IsFinite(expected)))
            throw new ArgumentOutOfRangeException(nameof(expected), "Expected events are finite and above 0: without expectation there is no ratio.");
        if (!(Alpha1 > 0 && Beta1 > 0 && Alpha2 > 0 && Beta2 > 0 && P >= 0 && P <= 1 && double.IsFinite(Alpha1 + Beta1 + Alpha2 + Beta2)))
            throw new InvalidOperationException("Shapes and rates of a prior are finite and above 0, and its share is from 0 to 1: take Start or a fitted one.");
    }

    // Minus the log likelihood and its gradient in ln α₁, ln β₁, ln α₂, ln β₂, logit P.
    static double Objective(double[] x, ReadOnlySpan<(double Observed, double Expected)> cells, double[] gradient)
    {
        double a1 = Math.Exp(x[0]), b1 = Math.Exp(x[1]), a2 = Math.Exp(x[2]), b2 = Math.Exp(x[3]), p = 1 / (1 + Math.Exp(-x[4])), sum = 0;
        if (!(a1 > 1e-8 && a1 < 1e8 && b1 > 1e-8 && b1 < 1e8 && a2 > 1e-8 && a2 < 1e8 && b2 > 1e-8 && b2 < 1e8)) return double.PositiveInfinity;
        Array.Clear(gradient);
        double psi1 = Elementary.Digamma(a1), psi2 = Elementary.Digamma(a2);
        foreach (var (o, e) in cells)
        {
            if (!(e > 0)) continue;
            double first = Math.Log(p) + LogMass(a1, b1, o, e), second = Math.Log(1 - p) + LogMass(a2, b2, o, e), most = Math.Max(first, second);
            double both = most + Math.Log(Math.Exp(first - most) + Math.Exp(second - most)), q = Math.Exp(first - both);
            if (!double.IsFinite(both)) return double.PositiveInfinity;
            sum -= both;
            gradient[0] -= q * a1 * (Elementary.Digamma(a1 + o) - psi1 + Math.Log(b1 / (b1 + e)));
            gradient[1] -= q * (a1 - (a1 + o) * b1 / (b1 + e));
            gradient[2] -= (1 - q) * a2 * (Elementary.Digamma(a2 + o) - psi2 + Math.Log(b2 / (b2 + e)));
            gradient[3] -= (1 - q) * (a2 - (a2 + o) * b2 / (b2 + e));
            gradient[4] -= q - p;
        }
        return sum;
    }

    readonly struct Mixture(double q, double shape1, double rate1, double shape2, double rate2, bool upper) : ITail
    {
        public TailPoint At(double x)
        {
            double x1 = x * rate1, x2 = x * rate2, d1 = q * rate1 * Gamma.DensityAt(x1, shape1), d2 = (1 - q) * rate2 * Gamma.DensityAt(x2, shape2),
                density = d1 + d2;
            return new(
                upper ? q * Gamma.Above(x1, shape1) + (1 - q) * Gamma.Above(x2, shape2) : q * Gamma.Below(x1, shape1) + (1 - q) * Gamma.Below(x2, shape2),
                upper ? -density : density,
                (d1 * ((shape1 - 1) / x - rate1) + d2 * ((shape2 - 1) / x - rate2)) / density);
        }
    }
}
