namespace SafetyAudit.Statistics;

/// <summary>The gamma distribution with a shape and a rate of 1: tails and quantiles.</summary>
/// <remarks>Tails by series below shape + 1 and by Lentz's continued fraction above (Press et al., Numerical Recipes §6.2), each from its own side.</remarks>
public static class Gamma
{
    /// <summary>P(X ≤ x).</summary>
    public static double Below(double x, double shape) => x <= 0 ? 0 : x < shape + 1 ? Series(x, shape) : 1 - Fraction(x, shape);

    /// <summary>P(X &gt; x).</summary>
    public static double Above(double x, double shape) => x <= 0 ? 1 : x < shape + 1 ? 1 - Series(x, shape) : Fraction(x, shape);

    /// <summary>The x whose P(X ≤ x) is <paramref name="probability"/>.</summary>
    public static double Quantile(double probability, double shape) =>
        Solve(shape, probability, Normal.Quantile(probability), x => Below(x, shape), rises: true);

    /// <summary>The x whose P(X &gt; x) is <paramref name="probability"/>.</summary>
    public static double UpperQuantile(double probability, double shape) =>
        Solve(shape, probability, -Normal.Quantile(probability), x => Above(x, shape), rises: false);

    static double Solve(double shape, double target, double z, Func<double, double> tail, bool rises)
    {
        double root = 1 - 1 / (9 * shape) + z / (3 * Math.Sqrt(shape));
        double x = shape * root * root * root;
        if (!(x > 0)) x = Math.Exp((Math.Log(target) + Loader.LogGamma(shape + 1)) / shape);
        double low = 0, high = double.PositiveInfinity;
        for (int step = 0; step < 200; step++)
        {
            double at = tail(x);
            if (rises == at > target) high = x; else low = x;
            double slope = Density(x, shape) * (rises ? 1 : -1);
            double next = at > 0 && slope != 0 ? x - at * Math.Log(at / target) / slope : double.NaN;
            if (Math.Abs(next - x) <= 1e-15 * x) return next;
            if (!(next > low && next < high)) next = double.IsPositiveInfinity(high) ? 2 * x + 1 : (low + high) / 2;
            x = next;
        }
        return x;
    }

    static double Density(double x, double shape) =>
        shape < 1 ? Loader.PoissonMass(shape, x) * shape / x : Loader.PoissonMass(shape - 1, x);

    static double Series(double x, double shape)
    {
        double term = 1, sum = 1;
        for (double a = shape + 1; ; a++)
        {
            term *= x / a;
            double next = sum + term;
            if (next == sum) break;
            sum = next;
        }
        return Math.Min(1, sum * Loader.PoissonMass(shape, x));
    }

    static double Fraction(double x, double shape)
    {
        const double tiny = 1e-300;
        double b = x + 1 - shape, c = 1 / tiny, d = 1 / b, h = d;
        for (int i = 1; i < 100_000; i++)
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
            if (Math.Abs(delta - 1) < 1e-16) break;
        }
        return Math.Min(1, h * Density(x, shape) * x);
    }
}
