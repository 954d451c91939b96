using System.Numerics;

namespace SafetyAudit.Statistics;

/// <summary>Elementary functions that keep their relative accuracy where the textbook form cancels.</summary>
static class Elementary
{
    /// <summary>e^x − 1 (Kahan's form): full accuracy for small x.</summary>
    public static double ExpMinusOne(double x)
    {
        double u = Math.Exp(x);
        if (u == 1) return x;
        double below = u - 1;
        return below == -1 || double.IsPositiveInfinity(u) ? below : below * x / Math.Log(u);
    }

    /// <summary>ln(1 + x) (Kahan's form): full accuracy for small x.</summary>
    public static double LogOnePlus(double x)
    {
        double u = 1 + x;
        return u == 1 ? x : double.IsPositiveInfinity(u) ? u : Math.Log(u) * x / (u - 1);
    }

    /// <summary>ln(1 + x) for many, in place and several at a time; each above −1 and finite.</summary>
    public static void LogOnePlus(Span<double> values)
    {
        int i = 0;
        for (; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var block = values.Slice(i, Vector<double>.Count);
            var x = new Vector<double>(block);
            var u = Vector<double>.One + x;
            Vector.ConditionalSelect(Vector.Equals(u, Vector<double>.One), x, Vector.Log(u) * x / (u - Vector<double>.One)).CopyTo(block);
        }
        for (; i < values.Length; i++) values[i] = LogOnePlus(values[i]);
    }

    /// <summary>The digamma function ψ(x) = d ln Γ(x)/dx for x above 0: recurrence up to 10, then the asymptotic series (DLMF 5.11.2).</summary>
    public static double Digamma(double x)
    {
        double sum = 0;
        for (; x < 10; x++) sum -= 1 / x;
        double u = 1 / (x * x);
        return sum + Math.Log(x) - 1 / (2 * x)
            - u * (1.0 / 12 - u * (1.0 / 120 - u * (1.0 / 252 - u * (1.0 / 240 - u * (1.0 / 132 - u * (691.0 / 32760 - u / 12))))));
    }

    /// <summary>e^(x²)·erfc(x) for x ≥ 0: rational interpolation at Chebyshev nodes of 60-digit values, relative error below 1e-16 before rounding.</summary>
    public static double ScaledComplementaryError(double x)
    {
        if (x < 1)
        {
            double p = ((((((0.000965798793487932 * x + 0.014412090113060471) * x + 0.09760911137977293) * x + 0.3837107659672353) * x
                + 0.9340779532514562) * x + 1.352077108155551) * x) + 1;
            double q = (((((((0.0017116980061448296 * x + 0.025547989172271884) * x + 0.1738246399458003) * x + 0.6931979833910038) * x
                + 1.7393372232128244) * x + 2.7329731391360816) * x + 2.4804562752510635) * x) + 1;
            return p / q;
        }
        if (x < 4)
        {
            double p = ((((((0.0008700050157202426 * x + 0.011923784582979732) * x + 0.07973889379941934) * x + 0.3291144072611603) * x
                + 0.8979858839761394) * x + 1.6207812923234097) * x + 1.810574660506144) * x + 0.9999999961383779;
            double q = (((((((0.0015420437801887362 * x + 0.021134355705610217) * x + 0.14210458941317355) * x + 0.5939062940462405) * x
                + 1.6615461800801867) * x + 3.153753210480469) * x + 3.9370357433871987) * x + 2.938953784970566) * x + 1;
            return p / q;
        }
        double u = 1 / (x * x);
        double top = ((((18.095628728457065 * u + 163.47249502903318) * u + 207.73564374780346) * u + 82.56124631689788) * u + 12.093210395801552) * u
            + 0.5641895835477563;
        double bottom = ((((98.69338018994513 * u + 422.8486998035103) * u + 431.90251252429334) * u + 156.553327637958) * u + 21.934657335848947) * u + 1;
        return top / bottom / x;
    }
}
