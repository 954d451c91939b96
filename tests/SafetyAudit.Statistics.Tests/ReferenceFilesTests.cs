namespace SafetyAudit.Statistics.Tests;

/// <summary>The figures computed elsewhere are all here, and their series are those of the public data they name.</summary>
public class ReferenceFilesTests
{
    // As handed down: rows per file, 13,071 in all.
    static readonly Dictionary<string, int> Rows = new()
    {
        ["alert_baseline"] = 3, ["alert_data"] = 540, ["alert_expected"] = 324, ["betabin_predictive"] = 16, ["cusum_arl"] = 13,
        ["cusum_arl_exact_lattice"] = 8, ["cusum_paths"] = 1992, ["cusum_pmix"] = 67, ["cusum_poisson_monthly"] = 10, ["cusum_thresholds_arl"] = 6,
        ["cusum_thresholds_fap"] = 195, ["fdr"] = 139, ["funnel_curve_vertices"] = 60, ["funnel_data"] = 578, ["funnel_limits"] = 2352,
        ["funnel_results"] = 1091, ["funnel_summary"] = 11, ["gps_ebgm"] = 150, ["intervals"] = 782, ["learning_cusum_thresholds"] = 648, ["maxsprt_cv"] = 8,
        ["negbin_predictive"] = 189, ["oc_clinic_group"] = 60, ["oc_recommended"] = 66, ["oc_single_look_power"] = 35, ["oc_uncertain_baseline"] = 72,
        ["oe_ratio"] = 36, ["published_examples"] = 33, ["risk_cases"] = 900, ["risk_coefficients"] = 10, ["risk_fit"] = 1, ["risk_providers"] = 24,
        ["sequential_uncertain_baseline"] = 180, ["shrinkage"] = 151, ["shrinkage_hyper"] = 4, ["spc_exact_limits"] = 36, ["spc_points"] = 1512,
        ["spc_rules"] = 720, ["spc_runs"] = 49,
    };

    static IReadOnlyList<ReferenceTable.Row> Source(string name) => new ReferenceTable($"source_data/{name}.csv").Rows;

    [Fact]
    public void No_file_and_no_row_is_missing()
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Reference"), "*.csv").Select(f => Path.GetFileNameWithoutExtension(f)!)];
        Assert.Equal(Rows.Keys.Order(), files.Order());
        foreach (var (file, rows) in Rows) Assert.Equal(rows, new ReferenceTable($"{file}.csv").Rows.Count);
        Assert.Equal((39, 13_071), (Rows.Count, Rows.Values.Sum()));
    }

    [Fact]
    public void The_funnels_units_are_those_of_the_public_sets()
    {
        var sets = new ReferenceTable("funnel_data.csv").Rows.ToLookup(row => row["dataset"]);
        foreach (string name in new[] { "child_heart_1991", "child_heart_2012" })
            Same(name, Source(name).Select(r => (r["Hospital"], r.Number("Deaths"), r.Number("Operations"))));
        Same("medpar_los", Source("medpar_los").Select(r => (r["provider"].TrimStart('0'), r.Number("observed"), r.Number("expected"))));
        // Expected by the rate of all districts together.
        var bowel = Source("bowel_cancer");
        double rate = bowel.Sum(r => r.Number("n")) / bowel.Sum(r => r.Number("d"));
        Same("bowel_cancer", bowel.Select(r => (r["District"], r.Number("n"), r.Number("d") * rate)));

        void Same(string name, IEnumerable<(string Unit, double Numerator, double Denominator)> source)
        {
            var units = source.ToList();
            var rows = sets[name].ToList();
            Assert.Equal(units.Select(u => u.Unit), rows.Select(r => r["unit"]));
            foreach (var (unit, row) in units.Zip(rows))
            {
                Close.To(row.Number("numerator"), unit.Numerator, 0, row);
                Close.To(row.Number("denominator"), unit.Denominator, 1e-12, row);
            }
        }
    }

    [Fact]
    public void The_charts_series_are_those_of_the_public_sets()
    {
        var series = new ReferenceTable("spc_points.csv").Rows.ToLookup(row => row["series"]);
        Same("cdi_u", "qic_cdi", "n", "days");
        Same("cdi_c", "qic_cdi", "n", null);
        Same("cabg_death_p", "qic_cabg_monthly", "deaths", "n");
        Same("cabg_readm_p", "qic_cabg_monthly", "readmissions", "n");
        Same("cabg_death_g", "qic_cabg_death_gaps", "cases_between", null);
        Same("complaints_u", "qic_complaints", "complaints", "sales");
        Same("gtt_c", "qic_gtt_monthly", "harms", null);
        Same("gtt_u", "qic_gtt_monthly", "harms", "days");
        Same("gtt_p", "qic_gtt_monthly", "with_harm", "admissions");
        Same("nhs_accidents_p", "qic_nhs_accidents", "r", "n");
        Same("bac_bfh_u", "qic_hospital_infections", "n", "days", r => r["hospital"] == "BFH" && r["infection"] == "BAC");
        Same("uti_boh_u", "qic_hospital_infections", "n", "days", r => r["hospital"] == "BOH" && r["infection"] == "UTI");
        // A death on the day of the one before counts as half a day.
        var days = Source("qic_cabg_death_gaps").Select(r => Math.Max(0.5, r.Number("days_between")));
        Assert.Equal(days, series["cabg_death_t:unscreened"].Select(r => r.Number("numerator")));

        void Same(string name, string source, string numerator, string? denominator, Func<ReferenceTable.Row, bool>? of = null)
        {
            var rows = series[name].ToList();
            var points = Source(source).Where(of ?? (_ => true)).ToList();
            Assert.Equal(points.Count, rows.Count);
            foreach (var (point, row) in points.Zip(rows))
            {
                Close.To(row.Number("numerator"), point.Number(numerator), 0, row);
                if (denominator is not null) Close.To(row.Number("denominator"), point.Number(denominator), 1e-12, row);
            }
        }
    }

    [Fact]
    public void The_cases_of_the_CUSUMs_are_those_of_the_public_sets()
    {
        var cases = Source("qic_cabg_cases");
        var paths = new ReferenceTable("cusum_paths.csv").Rows.ToLookup(row => row["path"]);
        Same("cabg_death_first600_bern", cases.Select(r => r.Number("death")).Take(600));
        Same("cabg_readm_first500_bern", cases.Select(r => r.Number("readmission")).Take(500));
        Same("shipman_women65", Source("shipman").Select(r => r.Number("Women65plusObs")));
        Same("shipman_men65", Source("shipman").Select(r => r.Number("Men65plusObs")));
        var parsonnet = Source("cardiac_phase1_parsonnet");
        double patients = parsonnet.Sum(r => r.Number("n"));
        Assert.Equal(1766, patients);        // 312 of them without any risk point: the mix's first fraction
        foreach (var (row, stratum) in parsonnet.Zip(new ReferenceTable("cusum_pmix.csv").Rows.Where(r => r["pmix"] == "cardiac_phase1")))
            Close.To(stratum.Number("fraction"), row.Number("n") / patients, 1e-12, stratum);

        void Same(string path, IEnumerable<double> events) => Assert.Equal(events, paths[path].Select(r => r.Number("y")));
    }
}
