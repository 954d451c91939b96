namespace SafetyAudit.Statistics;

/// <summary>
/// Probability masses without cancellation: the saddle-point expansion of Loader (2000, "Fast and accurate computation of binomial
/// probabilities"). A mass is written as exp(−deviance) over a Stirling factor, so it keeps full relative accuracy from counts of 0 to 10⁹.
/// </summary>
/// <remarks>Shared by <see cref="Poisson"/> and <see cref="NegativeBinomial"/>. Arguments need not be whole numbers.</remarks>
static class Loader
{
    const double HalfLogTwoPi = 0.918938533204672741780329736406;

    const double LanczosG = 607.0 / 128;
    static readonly double[] Lanczos =
    [
        0.99999999999999709182, 57.156235665862923517, -59.597960355475491248, 14.136097974741747174, -0.49191381609762019978,
        .33994649984811888699e-4, .46523628927048575665e-4, -.98374475304879564677e-4, .15808870322491248884e-3, -.21026444172410488319e-3,
        .21743961811521264320e-3, -.16431810653676389022e-3, .84418223983852743293e-4, -.26190838401581408670e-4, .36899182659531622704e-5,
    ];

    // ln n! − Stirling's formula for n = 0, ½, 1, … 15: exact table, since the series below needs n > 15.
    static readonly double[] HalfIntegerErrors = MakeHalfIntegerErrors();

    /// <summary>ln Γ(x) for x above 0, to about 1e-15 relative (Lanczos 1964; coefficients of Godfrey, g = 607/128).</summary>
    public static double LogGamma(double x)
    {
        if (x <= 0) throw new ArgumentOutOfRangeException(nameof(x), "The logarithm of the gamma function is taken above 0 only.");
        if (x < 0.5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        if (x > 15) return (x - 0.5) * Math.Log(x) - x + HalfLogTwoPi + StirlingSeries(x);

        x -= 1;
        double sum = Lanczos[0];
        for (int i = 1; i < Lanczos.Length; i++) sum += Lanczos[i] / (x + i);
        double t = x + LanczosG + 0.5;
        return HalfLogTwoPi + (x + 0.5) * Math.Log(t) - t + Math.Log(sum);
    }

    /// <summary>ln n! minus Stirling's formula (n + ½) ln n − n + ½ ln 2π; decreases to 1/(12n).</summary>
    public static double StirlingError(double n)
    {
        if (n > 15) return StirlingSeries(n);
        double twice = n * 2;
        if (twice == Math.Floor(twice)) return HalfIntegerErrors[(int)twice];
        return LogGamma(n + 1) - (n + 0.5) * Math.Log(n) + n - HalfLogTwoPi;
    }

    /// <summary>The deviance term x ln(x/np) + np − x, at least 0, accurate where x is close to np.</summary>
    public static double Deviance(double x, double np)
    {
        if (Math.Abs(x - np) >= 0.1 * (x + np)) return x * Math.Log(x / np) + np - x;

        // Close to the mean the logarithm cancels; its series in v = (x − np)/(x + np), with |v| < 0.1 here, does not.
        double v = (x - np) / (x + np), square = v * v;
        double series = (((((((square / 17 + 1.0 / 15) * square + 1.0 / 13) * square + 1.0 / 11) * square + 1.0 / 9) * square + 1.0 / 7) * square
            + 1.0 / 5) * square + 1.0 / 3) * square;
        return (x - np) * v + 2 * x * v * series;
    }

    /// <summary>Poisson mass e^−μ μˣ/Γ(x+1).</summary>
    public static double PoissonMass(double x, double mean)
    {
        if (mean == 0) return x == 0 ? 1 : 0;
        if (x == 0) return Math.Exp(-mean);
        return Math.Exp(-StirlingError(x) - Deviance(x, mean)) / Math.Sqrt(2 * Math.PI * x);
    }

    /// <summary>Its logarithm, for masses below the smallest double.</summary>
    public static double LogPoissonMass(double x, double mean) =>
        mean == 0 ? x == 0 ? 0 : double.NegativeInfinity
        : x == 0 ? -mean
        : -StirlingError(x) - Deviance(x, mean) - Math.Log(2 * Math.PI * x) / 2;

    /// <summary>
    /// Binomial mass at x of x + rest with success probability p and q = 1 − p. Both parts and both probabilities are given,
    /// so that a small one isn't lost to rounding beside a large one.
    /// </summary>
    public static double BinomialMass(double x, double rest, double p, double q)
    {
        if (IsEnd(x, rest, p, q, out double end)) return Math.Exp(end);
        double n = x + rest;
        return Math.Exp(BinomialExponent(x, rest, p, q)) * Math.Sqrt(n / (2 * Math.PI * x)) / Math.Sqrt(rest);
    }

    /// <summary>Its logarithm, for masses below the smallest double.</summary>
    public static double LogBinomialMass(double x, double rest, double p, double q) =>
        IsEnd(x, rest, p, q, out double end) ? end : BinomialExponent(x, rest, p, q) + (Math.Log((x + rest) / (2 * Math.PI * x)) - Math.Log(rest)) / 2;

    // Where p or q is 0, or all or none are successes, the logarithm of the mass is simpler.
    static bool IsEnd(double x, double rest, double p, double q, out double log)
    {
        log = 0;
        if (p == 0) log = x == 0 ? 0 : double.NegativeInfinity;
        else if (q == 0) log = rest == 0 ? 0 : double.NegativeInfinity;
        else if (x == 0) log = rest == 0 ? 0 : p < 0.1 ? -Deviance(rest, rest * q) - rest * p : rest * Math.Log(q);
        else if (rest == 0) log = q < 0.1 ? -Deviance(x, x * p) - x * q : x * Math.Log(p);
        else return false;
        return true;
    }

    static double BinomialExponent(double x, double rest, double p, double q)
    {
        double n = x + rest;
        return StirlingError(n) - StirlingError(x) - StirlingError(rest) - Deviance(x, n * p) - Deviance(rest, n * q);
    }

    static double StirlingSeries(double n)
    {
        double nn = n * n;
        return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - 691.0 / 360360 / nn) / nn) / nn) / nn) / nn) / n;
    }

    static double[] MakeHalfIntegerErrors()
    {
        var errors = new double[31];
        for (int i = 1; i < errors.Length; i++)
        {
            double n = i / 2.0;
            errors[i] = LogGamma(n + 1) - (n + 0.5) * Math.Log(n) + n - HalfLogTwoPi;
        }
        return errors;
    }
}
