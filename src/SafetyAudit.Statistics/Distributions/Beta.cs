namespace SafetyAudit.Statistics;

/// <summary>The beta distribution on 0 to 1 with shapes a and b (both above 0): tails and quantiles.</summary>
/// <remarks>
/// Tails by the contracted continued fraction of DiDonato and Morris (1992, ACM TOMS 18:360, eq. 9), each from its own side. For whole numbers,
/// Below(p, x, n − x + 1) is the binomial P(X ≥ x), which is what Clopper–Pearson limits invert. Relative error about 1e-14, and 1e-11 at shapes of 1e9.
/// </remarks>
public static class Beta
{
    /// <summary>P(X ≤ x).</summary>
    public static double Below(double x, double a, double b) => Below(x, 1 - x, a, b);

    /// <summary>P(X &gt; x).</summary>
    public static double Above(double x, double a, double b) => Below(1 - x, x, b, a);

    /// <summary>P(X ≤ x) with 1 − x given too, so that neither is lost to rounding.</summary>
    internal static double Below(double x, double complement, double a, double b)
    {
        CheckShapes(a, b);
        if (double.IsNaN(x)) throw new ArgumentOutOfRangeException(nameof(x), "A share is a number; 0 and 1 are the ends.");
        if (x <= 0) return 0;
        if (complement <= 0) return 1;
        double mass = Loader.BinomialMass(a, b, x, complement) * (b / (a + b));       // x^a y^b / (a·B(a, b))
        return Tail(x, complement, a, b, mass);
    }

    /// <summary>The x whose P(X ≤ x) is <paramref name="probability"/> (0 to 1, exclusive).</summary>
    public static double Quantile(double probability, double a, double b)
    {
        if (!(probability > 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
        return probability <= 0.5 ? Solve(probability, a, b, upper: false) : Solve(1 - probability, a, b, upper: true);
    }

    /// <summary>The x whose P(X &gt; x) is <paramref name="probability"/> (0 to 1, exclusive).</summary>
    public static double UpperQuantile(double probability, double a, double b)
    {
        if (!(probability > 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
        return probability <= 0.5 ? Solve(probability, a, b, upper: true) : Solve(1 - probability, a, b, upper: false);
    }

    static double Solve(double tail, double a, double b, bool upper)
    {
        CheckShapes(a, b);
        double z = Normal.Quantile(tail);
        return Inversion.Solve(new OneTail(a, b, upper), tail, Start(a, b, upper ? 1 - tail : tail, upper ? -z : z), 0, 1);
    }

    static void CheckShapes(double a, double b)
    {
        if (!(a > 0 && b > 0 && double.IsFinite(a) && double.IsFinite(b))) throw new ArgumentOutOfRangeException(nameof(a), "Shapes are finite and above 0.");
    }

    /// <summary>A first guess: the normal approximation of Abramowitz and Stegun 26.5.22, or the leading term at the nearer end for shapes below 1.</summary>
    internal static double Start(double a, double b, double probability, double z)
    {
        double guess;
        if (a >= 1 && b >= 1)
        {
            double ra = a == 1 ? 1 : 1 / (2 * a - 1), rb = b == 1 ? 1 : 1 / (2 * b - 1), h = 2 / (ra + rb), lambda = (z * z - 3) / 6;
            double w = h + lambda > 0 ? -z * Math.Sqrt(h + lambda) / h - (rb - ra) * (lambda + 5.0 / 6 - 2 / (3 * h)) : 0;
            guess = a / (a + b * Math.Exp(2 * w));
        }
        else
        {
            double logBeta = Loader.LogGamma(a) + Loader.LogGamma(b) - Loader.LogGamma(a + b);
            guess = probability < a / (a + b) || a >= 1 ? Math.Exp((Math.Log(probability * a) + logBeta) / a) : 1
                - Math.Exp((Math.Log((1 - probability) * b) + logBeta) / b);
        }
        return guess > 0 && guess < 1 ? guess : guess >= 1 ? 1 - 1e-10 : 1e-300;
    }

    static double Tail(double x, double y, double a, double b, double mass) =>
        // With a shape below 1 most lies at that end, and the fraction loses digits where the other shape is large.
        a < 1 && x < 0.5 && b * x < 5 ? Math.Min(1, mass * Series(x, a, b))
        : b < 1 && y < 0.5 && a * y < 5 ? 1 - Math.Min(1, mass * (a / b) * Series(y, b, a))
        : x <= a / (a + b) ? Math.Min(1, mass * a * Fraction(x, y, a, b))
        : 1 - Math.Min(1, mass * a * Fraction(y, x, b, a));

    // I_x(a, b)·a·B(a, b)/(x^a y^b) = Σ (a + b)…(a + b + n − 1)/((a + 1)…(a + n)) xⁿ: all terms positive.
    static double Series(double x, double a, double b)
    {
        double term = 1, sum = 1;
        for (int n = 0; n < 100_000; n++)
        {
            term *= (a + b + n) / (a + 1 + n) * x;
            double next = sum + term;
            if (next == sum) break;
            sum = next;
        }
        return sum;
    }

    // I_x(a, b)·B(a, b)/(x^a y^b) for x at most a/(a + b).
    static double Fraction(double x, double y, double a, double b)
    {
        double lambda = a * y - b * x;      // a − (a + b)x without its cancellation
        double beta = a / (a + 1) * (lambda + 1);
        // Only the quotient of numerator and denominator matters, so both are scaled to a denominator of 1 at every step and nothing overflows.
        double ratio = 1 / beta, numeratorBefore = 0, denominatorBefore = ratio, inverse = 1 / (a + 1);
        for (int n = 1; n < 1_000_000; n++)
        {
            // inverse is 1/(a + 2n − 1); the next is 1/(a + 2n + 1).
            double s = n * (b - n) * x * inverse, alpha = (a + n - 1) * (a + b + n - 1) * inverse * s * x;
            inverse = 1 / (a + 2 * n + 1);
            beta = n + s + (a + n) * inverse * (lambda + 1 + n * (1 + y));
            double numerator = alpha * numeratorBefore + beta * ratio, scale = 1 / (alpha * denominatorBefore + beta);
            numeratorBefore = ratio * scale;
            denominatorBefore = scale;
            double next = numerator * scale;
            if (Math.Abs(next - ratio) <= 2e-16 * next) return next;
            ratio = next;
        }
        return ratio;
    }

    readonly struct OneTail : ITail
    {
        readonly double a, b, share, constant;
        readonly bool upper;

        public OneTail(double a, double b, bool upper)
        {
            (this.a, this.b, this.upper) = (a, b, upper);
            // What of the binomial mass at a of a + b depends on the shapes alone, times b/(a + b).
            double sum = a + b;
            share = a / sum;
            constant = Math.Exp(Loader.StirlingError(sum) - Loader.StirlingError(a)
                - Loader.StirlingError(b)) * Math.Sqrt(sum / (2 * Math.PI * a * b)) * (b / sum);
        }

        public TailPoint At(double x)
        {
            double y = 1 - x, sum = a + b;
            double mass = constant * Math.Exp(-Loader.Deviance(a, sum * x) - Loader.Deviance(b, sum * y));
            double density = mass * a / (x * y);
            double tail;
            if (a < 1 || b < 1)
            {
                tail = upper ? Tail(y, x, b, a, mass * (a / b)) : Tail(x, y, a, b, mass);
            }
            else if (x <= share)
            {
                tail = Math.Min(1, mass * a * Fraction(x, y, a, b));
                if (upper) tail = 1 - tail;
            }
            else
            {
                tail = Math.Min(1, mass * a * Fraction(y, x, b, a));
                if (!upper) tail = 1 - tail;
            }
            double overX = 1 / x, overY = 1 / y, first = (a - 1) * overX, second = (b - 1) * overY;
            return new(tail, upper ? -density : density, first - second, -first * overX - second * overY, 2 * (first * overX * overX - second * overY * overY));
        }
    }
}
