using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Measures;
using SafetyAudit.Statistics;

namespace SafetyAudit.Tests.Analysis;

public class RatesTests
{
    static readonly Measure Bruise = Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR");
    static readonly Baseline BruiseBaseline = Catalogue.Baselines.Single(b => b.Id == "BRUISE_MINOR@1");
    static readonly DateOnly From = new(2026, 1, 1), To = new(2026, 6, 30);

    static PractitionerCounts Counts(string practitioner, long sessions, long observed, string clinic = "C1", string measure = "BRUISE_MINOR") =>
        new(clinic, practitioner, From, sessions, 0, new Dictionary<string, long> { [measure] = observed });

    static RateRow One(long sessions, long observed, Measure? measure = null, Baseline? baseline = null, Against against = Against.Literature, IntervalMethod interval = IntervalMethod.MidP) =>
        Rates.Compute([Counts("P1", sessions, observed, measure: (measure ?? Bruise).Code)], new(From, To, Against: against, Interval: interval), measure ?? Bruise, baseline ?? BruiseBaseline).Single();

    [Fact]
    public void Against_the_literature_the_expectation_is_the_published_rate_with_its_evidence_weight()
    {
        // By hand: 500 sessions × 2154/28123; high confidence weighs 10; 60 in 500 are 120 per 1,000.
        var row = One(500, 60);
        Assert.Equal(38.2960566084699, row.Expected!.Value, 10);
        Assert.Equal(10, row.Predicted!.Value.Shape);
        Assert.Equal((60L, 500L), (row.Observed, row.Sessions));
        Assert.Equal(120, row.RatePer1000!.Value, 10);
    }

    [Fact]
    public void Intervals_are_mid_P_unless_the_exact_one_is_asked_for()
    {
        // 3 events: exact 95 % 0.6187 to 8.7673 (Garwood 1936, table); mid-P 0.763096 to 8.164469 (R 4.2.2, reference table of intervals).
        Assert.Equal(0.6187, One(500, 3, interval: IntervalMethod.Exact).ObservedInterval.Lower, 4);
        Assert.Equal(8.7673, One(500, 3, interval: IntervalMethod.Exact).ObservedInterval.Upper, 4);
        Assert.Equal(0.763096, One(500, 3).ObservedInterval.Lower, 6);
        Assert.Equal(8.164469, One(500, 3).ObservedInterval.Upper, 6);
    }

    [Fact]
    public void Among_peers_the_expectation_is_the_reference_one_of_every_practitioner()
    {
        // alert_expected.csv (R 4.2.2): twelve months ending at a month, peers' records on top of the published prior, the practitioner left out.
        var data = Table("alert_data.csv").ToList();
        var codes = new Dictionary<string, Confidence> { ["bruise_minor"] = Confidence.High, ["aggravation"] = Confidence.Medium, ["near_faint"] = Confidence.Medium };
        int rows = 0;
        foreach (var group in Table("alert_expected.csv").GroupBy(r => (Family: r["family"], Month: int.Parse(r["month"], CultureInfo.InvariantCulture))))
        {
            var prior = Table("alert_baseline.csv").Single(b => b["family"] == group.Key.Family);
            var measure = Catalogue.Measures.Single(m => m.Code == group.Key.Family.ToUpperInvariant());
            var baseline = new Baseline { Id = "x", MeasureCode = measure.Code, RatePer1000 = 1000 * Number(prior["rate"]), Confidence = codes[group.Key.Family], CiomsBand = "", Source = "" };
            var counts = data.Where(d => d["family"] == group.Key.Family && int.Parse(d["month"], CultureInfo.InvariantCulture) is var m && m <= group.Key.Month && m > group.Key.Month - 12)
                .GroupBy(d => d["practitioner"]).Select(g => Counts(g.Key, g.Sum(d => (long)Number(d["sessions"])), g.Sum(d => (long)Number(d["events"])), measure: measure.Code)).ToList();
            var computed = Rates.Compute(counts, new(From, To, Against: Against.Peers), measure, baseline).ToDictionary(r => r.PractitionerId!);
            foreach (var expected in group)
            {
                var row = computed[expected["practitioner"]];
                Assert.Equal((long)Number(expected["y12"]), row.Observed);
                Assert.Equal(1, row.Expected!.Value / Number(expected["mean12"]), 1e-9);
                rows++;
            }
        }
        Assert.Equal(324, rows);
    }

    [Fact]
    public void The_limits_among_peers_never_know_more_than_ordinary_spread_allows()
    {
        var row = Rates.Compute([.. Enumerable.Range(1, 40).Select(i => Counts($"P{i:00}", 2000, 150))], new(From, To, Against: Against.Peers), Bruise, BruiseBaseline)[0];
        // All alike: the spread is held at its least, 15 %, so the shape can't exceed 1/0.15² = 44.4.
        Assert.InRange(row.Predicted!.Value.Shape, 40, 44.5);
        Assert.Equal(Position.Inside, row.Position);
    }

    [Fact]
    public void An_outlier_can_t_hide_itself_and_a_clinic_elsewhere_moves_nothing()
    {
        var clinic = Enumerable.Range(1, 10).Select(i => Counts($"P{i:00}", 1000, i == 3 ? 160 : 75)).ToList();
        var rows = Rates.Compute(clinic, new(From, To, Against: Against.Peers), Bruise, BruiseBaseline);
        Assert.Equal(["P03"], rows.Where(r => r.Position == Position.Above998).Select(r => r.PractitionerId));

        var withElsewhere = Rates.Compute([.. clinic, Counts("Q1", 5000, 3000, "C2"), Counts("Q2", 100, 0, "C2")], new(From, To, Against: Against.Peers), Bruise, BruiseBaseline);
        Assert.Equal(rows.Select(r => (r.PractitionerId, r.Expected, r.Limits)), withElsewhere.Where(r => r.ClinicId == "C1").Select(r => (r.PractitionerId, r.Expected, r.Limits)));
    }

    [Fact]
    public void The_order_of_practitioners_does_not_matter()
    {
        var counts = Enumerable.Range(1, 12).Select(i => Counts($"P{i:00}", 100 * i, 7 * i + i % 3)).ToList();
        var shuffled = counts.OrderBy(c => c.PractitionerId[2]).Reverse().ToList();
        var a = Rates.Compute(counts, new(From, To, Against: Against.Peers), Bruise, BruiseBaseline);
        var b = Rates.Compute(shuffled, new(From, To, Against: Against.Peers), Bruise, BruiseBaseline);
        Assert.Equal(a.Select(r => (r.PractitionerId, r.Limits)), b.Select(r => (r.PractitionerId, r.Limits)));
    }

    [Fact]
    public void Someone_who_works_in_two_clinics_is_compared_with_colleagues_in_each()
    {
        PractitionerCounts[] counts = [Counts("A", 1000, 60), Counts("B", 1000, 40), Counts("A", 100, 30, "C2"), Counts("C", 1000, 300, "C2")];
        var row = Rates.Compute(counts, new(From, To, Against: Against.Peers), Bruise, BruiseBaseline).Single(r => r.PractitionerId == "A");
        var prior = BruiseBaseline.Distribution!.Value;
        // By hand: 1000·(10+40)/(b+1000) + 100·(10+300)/(b+1000), b = 10·28123/2154.
        double b = 10 * 28123 / 2154.0;
        Assert.Equal(b, prior.Exposure, 8);
        Assert.Equal((1000 * 50 + 100 * 310) / (b + 1000), row.Expected!.Value, 8);
    }

    [Fact]
    public void Where_nobody_else_works_there_is_no_comparison_and_its_counts_stay_out()
    {
        foreach (var measure in Catalogue.Measures)
        {
            PractitionerCounts[] counts = [Counts("A", 1000, 60, measure: measure.Code), Counts("B", 1000, 40, measure: measure.Code), Counts("A", 100, 90, "ALONE", measure.Code)];
            var row = Rates.Compute(counts, new(From, To, Against: Against.Peers), measure, Catalogue.Baselines.Single(b => b.Id == measure.Code + "@1")).Single(r => r.PractitionerId == "A");
            if (measure.Unit == ExposureUnit.Session) Assert.Equal((1000L, 60L, 1), (row.Sessions, row.Observed, row.Peers));
        }
    }

    [Theory]
    [InlineData("BRUISE_MINOR", 0, NotAssessedBecause.NoSessions)]
    [InlineData("SPINAL_HAEMATOMA", 500, NotAssessedBecause.NoBaselineRate)]
    [InlineData("PAIN_POST_ASKED", 500, NotAssessedBecause.UnitNotCounted)]
    [InlineData("NEEDLESTICK_STAFF", 500, NotAssessedBecause.UnitNotCounted)]
    [InlineData("INFECTION_LOCAL", 500, NotAssessedBecause.AscertainmentDiffers)]
    [InlineData("BLEED_MAJOR", 500, NotAssessedBecause.AscertainmentDiffers)]
    public void What_can_t_be_assessed_says_why_and_is_never_inside(string code, long sessions, NotAssessedBecause because)
    {
        var row = One(sessions, 0, Catalogue.Measures.Single(m => m.Code == code), Catalogue.Baselines.Single(b => b.Id == code + "@1"));
        Assert.Equal((because, Position.NotAssessed), (row.NotAssessed, row.Position));
        Assert.Null(row.Expected);
        Assert.Null(row.Ratio);
    }

    [Fact]
    public void What_rests_on_one_colleague_is_not_told_to_who_sees_their_own_figures_alone()
    {
        List<RateRow> Of(params PractitionerCounts[] others) => Rates.Compute([Counts("A", 1000, 60), .. others], new(From, To, Against: Against.Peers), Bruise, BruiseBaseline);
        PractitionerCounts Hidden(string id) => Counts(id, 1000, 40) with { ForComparisonOnly = true };
        var one = Assert.Single(Of(Hidden("B")));
        Assert.Equal((NotAssessedBecause.OneColleague, 60L, 1), (one.NotAssessed, one.Observed, one.Peers));
        Assert.Null(one.Expected);
        Assert.Null(one.Limits);
        Assert.NotNull(Assert.Single(Of(Hidden("B"), Hidden("C"))).Expected);
        // Somebody without sessions is no second.
        Assert.Null(Assert.Single(Of(Hidden("B"), Counts("C", 0, 0) with { ForComparisonOnly = true })).Expected);
        // Who may see both is told of both.
        Assert.All(Of(Counts("B", 1000, 40)), r => Assert.NotNull(r.Expected));
    }

    [Fact]
    public void The_smallest_rise_is_one_that_lies_beyond_the_limit_eight_times_in_ten()
    {
        var row = One(1000, 60);
        Assert.Equal(0.8, NegativeBinomial.WithMean(row.Predicted!.Value.Shape, row.Expected!.Value * row.SmallestRise!.Value).AtLeast(row.Limits!.Value.Upper998 + 1), 9);
        // Ten times the sessions show less.
        Assert.True(One(10000, 600).SmallestRise < row.SmallestRise);
        Assert.Null(One(0, 0).SmallestRise);
    }

    [Fact]
    public void Alone_in_a_clinic_there_is_nobody_to_compare_with() => Assert.Equal(NotAssessedBecause.NoPeers, One(500, 30, against: Against.Peers).NotAssessed);

    [Fact]
    public void Every_shipped_baseline_prints_the_rate_of_its_source()
    {
        foreach (var baseline in Catalogue.Baselines.Where(b => b.Events is not null))
            Assert.Equal(1, baseline.RatePer1000!.Value / (1000 * baseline.Rate!.Value), 0.002);
        Assert.Equal(38, Catalogue.Measures.Count);
        Assert.All(Catalogue.Baselines, b => Assert.Contains(Catalogue.Measures, m => m.Code == b.MeasureCode));
        Assert.Equal(["PAIN_DURING", "PAIN_POST", "AGGRAVATION", "BRUISE_MINOR", "BLEED_MINOR", "NEAR_FAINT", "DROWSINESS", "HEADACHE", "NAUSEA"],
            Catalogue.Measures.Where(m => Catalogue.IsWatchedByRate(m, Catalogue.Baselines.Single(b => b.Id == m.Code + "@1"))).Select(m => m.Code));
    }

    static IEnumerable<Dictionary<string, string>> Table(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Reference", file));
        var columns = lines[0].Split(',');
        return lines.Skip(1).Where(l => l.Length > 0).Select(l => columns.Zip(l.Split(',')).ToDictionary(p => p.First, p => p.Second));
    }

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
