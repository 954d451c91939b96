namespace SafetyAudit.Statistics.Tests;

public class ElementaryTests
{
    // R: log1p
    static readonly (double X, double Log)[] Known =
    [
        (-0.999, -6.90775527898213593), (-0.5, -0.693147180559945286), (-1e-9, -1.00000000050000014e-9), (0, 0), (1e-300, 1e-300), (1e-17, 1e-17),
        (3e-8, 2.99999995500000063e-8), (0.02, 0.0198026272961797124), (0.7, 0.530628251062170375), (1e6, 13.8155115579637737), (1e300, 690.775527898213682),
    ];

    [Fact]
    public void The_logarithm_of_one_plus_keeps_its_digits_for_one_and_for_many()
    {
        double[] many = [.. Known.Select(k => k.X)];
        Elementary.LogOnePlus(many);
        for (int i = 0; i < many.Length; i++)
        {
            Close.To(Known[i].Log, Elementary.LogOnePlus(Known[i].X), 1e-15, Known[i].X);
            Close.To(Known[i].Log, many[i], 1e-15, Known[i].X);
        }
    }
}
