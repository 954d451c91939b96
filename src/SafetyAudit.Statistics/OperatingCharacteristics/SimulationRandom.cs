namespace SafetyAudit.Statistics;

/// <summary>
/// The random numbers of a simulation: xoshiro256** (Blackman and Vigna 2021, ACM TOMS 47:36) started by SplitMix64, so that a seed and a
/// stream number always give the same sequence, on every platform and however many threads take part.
/// </summary>
public struct SimulationRandom
{
    ulong a, b, c, d;

    /// <param name="seed">Seed of the simulation.</param>
    /// <param name="stream">Number of the clinic: each has a sequence of its own.</param>
    public SimulationRandom(ulong seed, ulong stream)
    {
        ulong state = Mix(seed) ^ Mix(~stream);
        (a, b, c, d) = (Mix(state += Step), Mix(state += Step), Mix(state += Step), Mix(state + Step));
    }

    const ulong Step = 0x9E3779B97F4A7C15;

    static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    ulong Next()
    {
        ulong result = ulong.RotateLeft(b * 5, 7) * 9, t = b << 17;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = ulong.RotateLeft(d, 45);
        return result;
    }

    /// <summary>Uniform, above 0 and below 1.</summary>
    public double Uniform() => ((Next() >> 12) + 0.5) * (1.0 / (1L << 52));

    /// <summary>Poisson count by inversion; a large mean is halved first, since a Poisson count is the sum of two with half the mean.</summary>
    /// <param name="mean">0 or more.</param>
    public int Poisson(double mean)
    {
        if (!(mean >= 0) || !double.IsFinite(mean)) throw new ArgumentOutOfRangeException(nameof(mean), "A mean is a finite number, 0 or more.");
        if (mean == 0) return 0;
        if (mean > 256) return Poisson(mean / 2) + Poisson(mean / 2);
        double u = Uniform(), mass = Math.Exp(-mean), sum = mass;
        int count = 0;
        while (u > sum && mass > 0)
        {
            mass *= mean / ++count;
            sum += mass;
        }
        return count;
    }

    /// <summary>Gamma variable with this shape and mean 1 (Marsaglia and Tsang 2000, ACM TOMS 26:363).</summary>
    /// <param name="shape">Above 0.</param>
    public double GammaWithMeanOne(double shape)
    {
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0.");
        double boost = 1, s = shape;
        if (shape < 1) (boost, s) = (Math.Pow(Uniform(), 1 / shape), shape + 1);
        double scale = s - 1.0 / 3, width = 1 / Math.Sqrt(9 * scale);
        while (true)
        {
            double z = Normal.Quantile(Uniform()), v = 1 + width * z;
            if (v <= 0) continue;
            v = v * v * v;
            if (Math.Log(Uniform()) < z * z / 2 + scale * (1 - v + Math.Log(v))) return boost * scale * v / shape;
        }
    }
}
