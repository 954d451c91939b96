namespace SafetyAudit.Statistics;

/// <summary>Nodes and weights of Gauss–Legendre quadrature, by Newton's method on the Legendre polynomial (Press et al., Numerical Recipes §4.6).</summary>
static class GaussLegendre
{
    public static (double[] X, double[] Weight) Nodes(int count, double low, double high)
    {
        double[] x = new double[count], weight = new double[count];
        double middle = (low + high) / 2, half = (high - low) / 2;
        for (int i = 0; i < (count + 1) / 2; i++)
        {
            double z = Math.Cos(Math.PI * (i + 0.75) / (count + 0.5)), slope = 0;
            for (int step = 0; step < 100; step++)
            {
                double p1 = 1, p2 = 0;
                for (int j = 0; j < count; j++) (p1, p2) = (((2 * j + 1) * z * p1 - j * p2) / (j + 1), p1);
                slope = count * (z * p1 - p2) / (z * z - 1);
                double change = p1 / slope;
                z -= change;
                if (Math.Abs(change) < 1e-15) break;
            }
            x[i] = middle - half * z;
            x[count - 1 - i] = middle + half * z;
            weight[i] = weight[count - 1 - i] = 2 * half / ((1 - z * z) * slope * slope);
        }
        return (x, weight);
    }
}
