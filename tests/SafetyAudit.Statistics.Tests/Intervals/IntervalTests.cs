using System.Globalization;

namespace SafetyAudit.Statistics.Tests;

public class IntervalTests
{
    [Fact]
    public void Every_interval_agrees_with_R_on_every_row()
    {
        foreach (var row in new ReferenceTable("intervals.csv").Rows)
        {
            double exposure = row.Number("exposure_or_n"), level = row.Number("level");
            long count = row.Count("events"), n = (long)exposure;
            var interval = row["method"] switch
            {
                "poisson_exact" => PoissonInterval.Exact(count, level) / exposure,
                "poisson_midp" => PoissonInterval.MidP(count, level) / exposure,
                "poisson_jeffreys" => PoissonInterval.Jeffreys(count, level) / exposure,
                "byar" => PoissonInterval.Byar(count, level) / exposure,
                "binomial_exact" => BinomialInterval.Exact(count, n, level),
                "binomial_midp" => BinomialInterval.MidP(count, n, level),
                "binomial_jeffreys" => BinomialInterval.Jeffreys(count, n, level),
                "wilson" => BinomialInterval.Wilson(count, n, level),
                "zero_upper_exact_1s" => new Interval(0, ZeroEvents.UpperShare(exposure, level)),
                "zero_upper_poisson_1s" => new Interval(0, ZeroEvents.UpperRate(exposure, level)),
                "rule_of_three" => new Interval(0, ZeroEvents.RuleOfThree(exposure)),
                var other => throw new InvalidOperationException(other),
            };
            Close.To(row.Number("estimate"), count / exposure, 1e-14, row);
            double tolerance = exposure > 1e6 || count > 1_000_000 ? 1e-8 : 1e-10;
            bool share = row["method"].StartsWith("binomial", StringComparison.Ordinal) || row["method"] == "wilson";
            foreach (var (column, actual) in new[] { ("lower", interval.Lower), ("upper", interval.Upper) })
            {
                double expected = row.Number(column);
                if (share && 1 - expected < 1e-9) Close.To(expected, actual, 0, row, absolute: 1e-12);
                else Close.To(expected, actual, tolerance, row);
            }
        }
    }

    [Fact]
    public void Ratios_with_their_intervals_and_tails_agree_with_R_on_every_row()
    {
        foreach (var row in new ReferenceTable("oe_ratio.csv").Rows)
        {
            var ratio = new StandardisedRatio(row.Count("observed"), row.Number("expected"));
            double level = row.Number("level");
            void Is(string column, double actual) => Close.To(row.Number(column), actual, 1e-10, row);
            Is("ratio", ratio.Ratio);
            Is("exact_lower", ratio.Exact(level).Lower);
            Is("exact_upper", ratio.Exact(level).Upper);
            Is("midp_lower", ratio.MidP(level).Lower);
            Is("midp_upper", ratio.MidP(level).Upper);
            Is("byar_lower", ratio.Byar(level).Lower);
            Is("byar_upper", ratio.Byar(level).Upper);
            Is("pval_upper", ratio.UpperTail);
            Is("pval_lower", ratio.LowerTail);
            Is("midpval_upper", ratio.MidPUpperTail);
            Is("midpval_lower", ratio.MidPLowerTail);
            Is("pval_two", ratio.TwoSided);
            Is("midpval_two", ratio.MidPTwoSided);
        }
    }

    [Fact]
    public void Published_intervals_come_out_to_the_printed_digits()
    {
        int seen = 0;
        foreach (var row in new ReferenceTable("published_examples.csv").Rows)
        {
            string quantity = row["quantity"];
            bool newcombe = row["source"].StartsWith("Newcombe", StringComparison.Ordinal),
                garwood = row["source"].StartsWith("Garwood", StringComparison.Ordinal);
            double? actual = (newcombe, garwood, quantity) switch
            {
                (true, _, _) => End(quantity switch
                {
                    _ when quantity.StartsWith("Wilson", StringComparison.Ordinal) => BinomialInterval.Wilson(row.Count("events"), row.Count("denominator")),
                    _ when quantity.StartsWith("Clopper", StringComparison.Ordinal) => BinomialInterval.Exact(row.Count("events"), row.Count("denominator")),
                    _ => BinomialInterval.MidP(row.Count("events"), row.Count("denominator")),
                }, quantity),
                (_, true, _) => End(PoissonInterval.Exact(row.Count("events")), quantity),
                (_, _, "upper risk of a significant event (rule of three)") => ZeroEvents.RuleOfThree(row.Number("denominator")),
                (_, _, "mild event rate") => row.Number("events") / row.Number("denominator"),
                _ => null,      // tested where the method is: false discovery, sequential, funnel
            };
            if (actual is not { } value) continue;
            int digits = row["published"].Contains('.', StringComparison.Ordinal) ? row["published"].Split('.')[1].Length : 0;
            Assert.Equal(row["published"].TrimEnd('0'), Math.Round(value, digits).ToString(CultureInfo.InvariantCulture).TrimEnd('0'));
            Close.To(row.Number("computed"), value, 1e-10, row);
            seen++;
        }
        Assert.Equal(28, seen);

        static double End(Interval interval, string quantity) => quantity.Contains("lower", StringComparison.Ordinal) ? interval.Lower : interval.Upper;
    }

    [Theory]
    // Epitools' "Byar" is another formula: 1 event gives it 0.091–4.66. Breslow and Day's, followed here, gives 0.013–5.56.
    [InlineData(1, 0.013, 5.56)]
    public void Byars_interval_is_Breslow_and_Days_and_not_epitools(long count, double lower, double upper)
    {
        Assert.Equal(lower, PoissonInterval.Byar(count).Lower, 3);
        Assert.Equal(upper, PoissonInterval.Byar(count).Upper, 2);
    }

    [Fact]
    public void Mid_p_for_1_of_5000_is_found_where_exactci_stops_short()      // exactci: lower 0.0000000; own bisection at 40 digits: 0.0000100
        => Assert.Equal(0.0000100, BinomialInterval.MidP(1, 5000).Lower, 7);

    [Fact]
    public void At_1_event_and_99_8_percent_Byars_lower_limit_is_0_and_not_below() => Assert.Equal(0, PoissonInterval.Byar(1, 0.998).Lower);

    [Fact]
    public void Many_counts_at_once_are_the_single_ones_and_allocate_nothing()
    {
        long[] counts = [.. Enumerable.Range(0, 3000).Select(i => (long)i * i % 1777)];
        var intervals = new Interval[counts.Length];
        PoissonInterval.Exact(counts, intervals);
        long before = GC.GetAllocatedBytesForCurrentThread();
        PoissonInterval.Exact(counts, intervals);
        double sum = 0;
        for (int i = 1; i < 200; i++) sum += BinomialInterval.Exact(i, 500).Upper + BinomialInterval.MidP(i, 500).Upper + PoissonInterval.MidP(i).Upper;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
        for (int i = 0; i < counts.Length; i += 7) Assert.Equal(PoissonInterval.Exact(counts[i]), intervals[i]);
    }

    [Theory]
    [InlineData(-1, 0.95)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, double.NaN)]
    public void A_negative_count_or_an_impossible_level_is_refused(long count, double level)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PoissonInterval.Exact(count, level));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinomialInterval.Exact(count, 5, level));
    }

    [Fact]
    public void Without_sessions_or_expectation_there_is_nothing_to_answer()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BinomialInterval.Wilson(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StandardisedRatio(1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ZeroEvents.UpperRate(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => ZeroEvents.StillCompatibleRatio(10, 0));
    }

    [Theory]      // by hand: at 1 and 99.8 % Byar's root 1 − 1/9 − z/3 is below 0, and so would the limit be
    [InlineData(1, 0.998)]
    [InlineData(1, 0.9999)]
    public void Byars_lower_limit_is_held_at_nothing(long count, double level) => Assert.Equal(0, PoissonInterval.Byar(count, level).Lower);

    [Fact]
    public void With_every_session_an_event_the_lower_limit_keeps_its_digits()      // by hand: the tail itself for one of one, twice that for mid-P
    {
        Close.To((1 - (1 - 1e-9)) / 2, BinomialInterval.Exact(1, 1, 1 - 1e-9).Lower, 1e-12, "exact");
        Close.To(1 - (1 - 1e-9), BinomialInterval.MidP(1, 1, 1 - 1e-9).Lower, 1e-12, "mid-P");
    }

    // From R 4.2.2: uniroot on pbinom(x − 1) + dbinom(x)/2 of the conditional binomial, to 1e-15.
    [Theory]
    [InlineData(12, 480, 30, 520, 0.95, 0.213994975175, 0.834576214815)]
    [InlineData(0, 100, 7, 350, 0.95, 0, 1.86944591622)]
    [InlineData(5, 200, 0, 300, 0.95, 1.82801052552, double.PositiveInfinity)]
    [InlineData(150, 10000, 120, 9000, 0.99, 0.821137249667, 1.54617609997)]
    [InlineData(3, 41, 4, 77, 0.95, 0.262765337801, 6.81714370979)]
    public void A_ratio_of_rates_has_the_interval_that_R_gives(long events, double exposure, long other, double otherExposure, double level, double lower, double upper)
    {
        var interval = RateRatio.MidP(events, exposure, other, otherExposure, level);
        Assert.Equal(lower, interval.Lower, 1e-9 * Math.Max(1, lower));
        if (double.IsInfinity(upper)) Assert.Equal(upper, interval.Upper); else Assert.Equal(upper, interval.Upper, 1e-9 * upper);
    }
}
