namespace SafetyAudit.Statistics.Tests.CaseMix;

public class MantelHaenszelTests
{
    /// <summary>Berkeley admissions by department (R's UCBAdmissions): base R 4.2.2, <c>mantelhaen.test(UCBAdmissions)</c>.</summary>
    [Fact]
    public void Berkeley_s_departments_as_R_has_them()
    {
        // Admitted and all, men then women, departments A to F.
        TwoGroups[] departments = [new(512, 825, 89, 108), new(353, 560, 17, 25), new(120, 325, 202, 593), new(138, 417, 131, 375), new(53, 191, 94, 393), new(22, 373, 24, 341)];
        var found = MantelHaenszel.Of(departments);
        Assert.Equal(StratifiedState.Estimated, found.State);
        Assert.Equal(0.904696828258623, found.OddsRatio!.Value, 1e-12);
        Assert.Equal(0.77190736175935, found.Interval!.Value.Lower, 1e-12);
        Assert.Equal(1.06032976443666, found.Interval.Value.Upper, 1e-12);
        // The order of strata does not matter.
        var backwards = MantelHaenszel.Of([.. departments.Reverse()]);
        Assert.Equal(found.OddsRatio.Value, backwards.OddsRatio!.Value, 1e-12);
    }

    /// <summary>Small and empty cells; base R 4.2.2: <c>mantelhaen.test(array(c(3,97,2,48,5,60,1,39,0,20,4,80), c(2,2,3)))</c>.</summary>
    [Fact]
    public void Small_counts_as_R_has_them()
    {
        TwoGroups[] strata = [new(3, 100, 2, 50), new(5, 65, 1, 40), new(0, 20, 4, 84)];
        var found = MantelHaenszel.Of(strata);
        Assert.Equal(1.06953329254047, found.OddsRatio!.Value, 1e-12);
        Assert.Equal(0.325258163981835, found.Interval!.Value.Lower, 1e-12);
        Assert.Equal(3.516903157321948, found.Interval.Value.Upper, 1e-11);
        // A stratum of one group only says nothing.
        Assert.Equal(found, MantelHaenszel.Of([.. strata, new(7, 70, 0, 0), new(0, 0, 3, 30)]));
    }

    [Fact]
    public void What_can_t_be_told_is_said_in_words()
    {
        Assert.Equal(new(StratifiedState.NothingToCompare, null, null), MantelHaenszel.Of([]));
        Assert.Equal(new(StratifiedState.NothingToCompare, null, null), MantelHaenszel.Of([new(0, 50, 0, 60)]));
        Assert.Equal(new(StratifiedState.OneSided, 0, null), MantelHaenszel.Of([new(0, 50, 3, 60)]));
        Assert.Equal(new(StratifiedState.OneSided, null, null), MantelHaenszel.Of([new(3, 50, 0, 60)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => MantelHaenszel.Of([new(3, 2, 0, 60)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => MantelHaenszel.Of([new(-1, 2, 0, 60)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => MantelHaenszel.Of([new(1, 2, 0, 60)], 1));
    }
}
