namespace SafetyAudit.Statistics;

/// <summary>The gamma distribution with a shape (above 0) and a rate of 1: tails and quantiles.</summary>
/// <remarks>
/// Tails by Temme's expansion from a shape of 30; otherwise by series below shape + 1 and by Lentz's continued fraction above (Press et al.,
/// Numerical Recipes §6.2), each from its own side so that small tails keep their relative accuracy. For a whole shape y, Below(μ, y) is the Poisson
/// P(X ≥ y) and Above(μ, y) is P(X ≤ y − 1).
/// </remarks>
public static class Gamma
{
    /// <summary>P(X ≤ x).</summary>
    public static double Below(double x, double shape)
    {
        var tails = new Tails(shape);
        Check(x);
        if (x <= 0) return 0;
        if (double.IsPositiveInfinity(x)) return 1;
        return tails.Tail(x, upper: false, out _);
    }

    /// <summary>P(X &gt; x).</summary>
    public static double Above(double x, double shape)
    {
        var tails = new Tails(shape);
        Check(x);
        if (x <= 0) return 1;
        if (double.IsPositiveInfinity(x)) return 0;
        return tails.Tail(x, upper: true, out _);
    }

    /// <summary>Density at x.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The shape is not finite and above 0, or x is not a number.</exception>
    public static double Density(double x, double shape)
    {
        CheckShape(shape);
        Check(x);
        return DensityAt(x, shape);
    }

    internal static double DensityAt(double x, double shape) =>
        x <= 0 || double.IsPositiveInfinity(x) ? 0 : shape < 1 ? Loader.PoissonMass(shape, x) * shape / x : Loader.PoissonMass(shape - 1, x);

    /// <summary>The x whose P(X ≤ x) is <paramref name="probability"/> (0 to 1, exclusive).</summary>
    public static double Quantile(double probability, double shape)
    {
        if (!(probability > 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
        CheckShape(shape);
        return probability <= 0.5
            ? Inversion.Solve(new OneTail(shape, upper: false), probability, Start(shape, probability, Normal.Quantile(probability)), 0,
                double.PositiveInfinity)
            : Inversion.Solve(new OneTail(shape, upper: true), 1 - probability, Start(shape, probability, Normal.Quantile(probability)), 0,
                double.PositiveInfinity);
    }

    /// <summary>The x whose P(X &gt; x) is <paramref name="probability"/> (0 to 1, exclusive).</summary>
    public static double UpperQuantile(double probability, double shape)
    {
        if (!(probability > 0 && probability < 1)) throw new ArgumentOutOfRangeException(nameof(probability), "A probability is between 0 and 1.");
        CheckShape(shape);
        return probability <= 0.5
            ? Inversion.Solve(new OneTail(shape, upper: true), probability, Start(shape, 1 - probability, -Normal.Quantile(probability)), 0,
                double.PositiveInfinity)
            : Inversion.Solve(new OneTail(shape, upper: false), 1 - probability, Start(shape, 1 - probability, -Normal.Quantile(probability)), 0,
                double.PositiveInfinity);
    }

    /// <summary>A first guess: Wilson and Hilferty (1931), or the leading term of the lower tail where that fails.</summary>
    internal static double Start(double shape, double probability, double z)
    {
        double root = 1 - 1 / (9 * shape) + z / (3 * Math.Sqrt(shape));
        if (root > 0.3) return shape * root * root * root;
        double lead = Math.Exp((Math.Log(probability) + Loader.LogGamma(shape + 1)) / shape);
        return lead > 0 ? lead : double.Epsilon;
    }

    static void Check(double x)
    {
        if (double.IsNaN(x)) throw new ArgumentOutOfRangeException(nameof(x), "A value is a number; 0 and infinity are the ends.");
    }

    static void CheckShape(double shape)
    {
        if (!(shape > 0) || double.IsPositiveInfinity(shape)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is a finite number above 0.");
    }

    static double Series(double x, double shape)
    {
        double term = 1, sum = 1;
        for (double a = shape + 1; ; a++)
        {
            term *= x / a;
            double next = sum + term;
            if (next == sum) return sum;
            sum = next;
        }
    }

    // Σ over k < shape of e^−x x^k/k!, over its largest term, which is the last.
    static double FiniteSum(double x, int shape)
    {
        double term = 1, sum = 1, inverse = 1 / x;
        for (int k = shape - 1; k > 0; k--)
        {
            term *= k * inverse;
            sum += term;
        }
        return sum;
    }

    static double Fraction(double x, double shape)
    {
        const double tiny = 1e-300;
        double b = x + 1 - shape, c = 1 / tiny, d = 1 / b, h = d;
        for (int i = 1; i < 1_000_000; i++)
        {
            double an = -i * (i - shape);
            b += 2;
            d = an * d + b;
            if (Math.Abs(d) < tiny) d = tiny;
            c = b + an / c;
            if (Math.Abs(c) < tiny) c = tiny;
            d = 1 / d;
            double delta = d * c;
            h *= delta;
            if (Math.Abs(delta - 1) < 2e-16) break;
        }
        return h;
    }

    /// <summary>The tails for one shape at many x: what depends on the shape alone is worked out once, and one exponential serves density and tail.</summary>
    readonly struct Tails
    {
        readonly double shape, scale;

        public Tails(double shape)
        {
            CheckShape(shape);
            this.shape = shape;
            scale = Math.Exp(-Loader.StirlingError(shape)) / Math.Sqrt(2 * Math.PI * shape);
        }

        public double Tail(double x, bool upper, out double density)
        {
            double deviance = Loader.Deviance(shape, x);
            double mass = Math.Exp(-deviance) * scale;      // e^−x x^shape / Γ(shape + 1)
            density = mass * shape / x;
            if (Temme.TryTail(x, shape, deviance, out double tail)) return upper == x >= shape ? tail : 1 - tail;
            // A small shape has little above itself: up to 1 beyond it, the series below is the safe side.
            if (x < shape + 1)
            {
                double below = Math.Min(1, mass * Series(x, shape));
                return upper ? 1 - below : below;
            }
            double above = shape < Temme.LeastShape && shape == Math.Floor(shape) ? density * FiniteSum(x, (int)shape) : density * x * Fraction(x, shape);
            above = Math.Min(1, above);
            return upper ? above : 1 - above;
        }
    }

    readonly struct OneTail(double shape, bool upper) : ITail
    {
        readonly Tails tails = new(shape);
        readonly double lessOne = shape - 1;

        public TailPoint At(double x)
        {
            double tail = tails.Tail(x, upper, out double density), first = lessOne / x;
            return new(tail, upper ? -density : density, first - 1, -first / x, 2 * first / (x * x));
        }
    }
}
