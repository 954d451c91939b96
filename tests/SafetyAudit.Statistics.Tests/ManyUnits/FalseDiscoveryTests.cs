using FsCheck;
using FsCheck.Fluent;

namespace SafetyAudit.Statistics.Tests;

public class FalseDiscoveryTests
{
    [Fact]
    public void Every_adjustment_agrees_with_R_on_every_row()
    {
        foreach (var set in new ReferenceTable("fdr.csv").Rows.GroupBy(row => row["set"]))
        {
            var rows = set.ToList();
            double[] p = [.. rows.Select(r => r.Number("p"))], bh = new double[p.Length], by = new double[p.Length], holm = new double[p.Length],
                hochberg = new double[p.Length], bonferroni = new double[p.Length];
            FalseDiscovery.BenjaminiHochberg(p, bh);
            FalseDiscovery.BenjaminiYekutieli(p, by);
            FalseDiscovery.Holm(p, holm);
            FalseDiscovery.Hochberg(p, hochberg);
            FalseDiscovery.Bonferroni(p, bonferroni);
            for (int i = 0; i < p.Length; i++)
            {
                Close.To(rows[i].Number("bh"), bh[i], 1e-12, rows[i]);
                Close.To(rows[i].Number("by"), by[i], 1e-12, rows[i]);
                Close.To(rows[i].Number("holm"), holm[i], 1e-12, rows[i]);
                Close.To(rows[i].Number("hochberg"), hochberg[i], 1e-12, rows[i]);
                Close.To(rows[i].Number("bonferroni"), bonferroni[i], 1e-12, rows[i]);
                Assert.Equal(rows[i].Flag("bh_reject_005"), bh[i] <= 0.05);
            }
            if (set.Key == "bh1995")       // Benjamini and Hochberg 1995, section 3.2: four of fifteen
                Assert.Equal(new ReferenceTable("published_examples.csv").Rows.Single(r =>
                    r["quantity"].StartsWith("number rejected", StringComparison.Ordinal)).Count("published"), bh.Count(q => q <= 0.05));
        }
    }

    [Fact]
    public void The_order_of_p_values_does_not_matter() => Prop.ForAll(
        Gen.Choose(0, 1000).Select(i => i / 1000.0).ListOf().ToArbitrary(), list =>
        {
            double[] p = [.. list], turned = [.. list.AsEnumerable().Reverse()], q = new double[p.Length], turnedQ = new double[p.Length];
            FalseDiscovery.BenjaminiHochberg(p, q);
            FalseDiscovery.BenjaminiHochberg(turned, turnedQ);
            return q.Zip(turnedQ.AsEnumerable().Reverse(), (a, b) => Math.Abs(a - b) < 1e-15).All(same => same);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_no_probability_is_refused_and_nothing_has_an_empty_answer()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FalseDiscovery.BenjaminiHochberg([0.1, double.NaN], new double[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => FalseDiscovery.Bonferroni([1.1], new double[1]));
        FalseDiscovery.Holm([], []);
    }
}
