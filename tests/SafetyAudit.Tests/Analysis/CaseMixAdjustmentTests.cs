using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;

namespace SafetyAudit.Tests.Analysis;

public class CaseMixAdjustmentTests
{
    // Worked by hand: P1 gives 30 first sessions with 6 events and 10 later ones with 1; colleagues 20 first with 4, 80 later with 4.
    // Crude: 40 × 8/100 = 3.2 expected of 7. Adjusted: 30 × 4/20 + 10 × 4/80 = 6.5.
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Sessions_alike_are_compared_with_sessions_alike(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        var sessions = new System.Text.StringBuilder("session_id,clinic_id,practitioner_id,patient_id,started_at,is_first_session\n");
        var events = new System.Text.StringBuilder(Samples.EventHeader);
        int number = 0;
        foreach (var (practitioner, first, count, with) in new[] { ("P1", "yes", 30, 6), ("P1", "no", 10, 1), ("P2", "yes", 20, 4), ("P2", "no", 80, 4) })
            for (int i = 0; i < count; i++)
            {
                string id = $"S{++number}";
                sessions.Append(System.Globalization.CultureInfo.InvariantCulture, $"{id},C1,{practitioner},T1,2026-03-{1 + number % 28:00}T{8 + number / 28:00}:00:00Z,{first}\n");
                if (i < with) events.Append(Samples.Event($"E{number}", id, onset: $"2026-03-{1 + number % 28:00}T23:00:00Z"));
            }
        await installation.ImportAsync(sessions.ToString());
        await installation.ImportAsync(events.ToString());
        await using var db = installation.Db();
        var adjusted = await CaseMixAdjustment.ReadAsync(db, "C1", "P1", Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR"), new(2026, 3, 1), new(2026, 3, 31), default);
        Assert.Equal((7, 3.2), (adjusted.Crude.Observed, Math.Round(adjusted.Crude.Expected, 9)));
        Assert.Equal((7, 6.5), (adjusted.Adjusted.Observed, Math.Round(adjusted.Adjusted.Expected, 9)));
        Assert.Equal(2, adjusted.Strata.Count);
        Assert.Equal((true, 30), (adjusted.Strata[0].FirstSession, adjusted.Strata[0].Counts.Sessions));
        Assert.All(adjusted.Strata, s => Assert.Equal(1, s.Colleagues));

        // Beside colleagues without any published rate: (8 + ½) / 100 a session, so 3.4 of 40; as sessions alike go, 6.5 / 3.2 times that.
        var counts = await Counts.ReadAsync(db, new(2026, 3, 1), new(2026, 3, 31), default);
        var (question, measure) = (new RateQuestion(new(2026, 3, 1), new(2026, 3, 31), Against: Against.Peers), Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR"));
        RateRow Row(Dictionary<(string, string), CaseMixAdjustment>? mixes) => Rates.Compute(counts, question, measure, null, mixes).Single(r => r.PractitionerId == "P1");
        Assert.Equal(3.4, Row(null).Expected!.Value, 9);
        var row = Row(new() { [("C1", "P1")] = adjusted });
        Assert.Equal((40, 7, 6.90625), (row.Exposure, row.Observed, Math.Round(row.Expected!.Value, 9)));
        // As uncertain as before: the spread of what is expected grows with it.
        Assert.Equal(Row(null).Predicted!.Value.Shape, row.Predicted!.Value.Shape, 9);
    }

    // P1's first sessions have no like among colleagues': 30 sessions and their 6 events are left out, and 10 later ones stand beside 80 with 4.
    [Fact]
    public void Sessions_like_none_of_colleagues_are_left_out_of_both_sides()
    {
        var mix = new CaseMixAdjustment([], Statistics.IndirectStandardisation.Of([new(7, 40, 4, 80)]), Statistics.IndirectStandardisation.Of([new(6, 30, 0, 0), new(1, 10, 4, 80)]));
        var counts = new List<PractitionerCounts>
        {
            new("C1", "P1", new(2026, 3, 1), 40, 0, new Dictionary<string, long> { ["BRUISE_MINOR"] = 7 }),
            new("C1", "P2", new(2026, 3, 1), 80, 0, new Dictionary<string, long> { ["BRUISE_MINOR"] = 4 }),
        };
        var row = Rates.Compute(counts, new(new(2026, 3, 1), new(2026, 3, 31), Against: Against.Peers), Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR"), null, new Dictionary<(string, string), CaseMixAdjustment> { [("C1", "P1")] = mix })
            .Single(r => r.PractitionerId == "P1");
        // (4 + ½) / 80 a session.
        Assert.Equal((10, 10, 1, 0.5625), (row.Sessions, row.Exposure, row.Observed, Math.Round(row.Expected!.Value, 9)));
    }

    // All of P1's sessions are first ones: colleagues had none, or none with an event.
    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void Where_nothing_alike_was_seen_nothing_is_said(int colleaguesFirst)
    {
        var mix = new CaseMixAdjustment([], Statistics.IndirectStandardisation.Of([new(7, 40, 4, 80 + colleaguesFirst)]), Statistics.IndirectStandardisation.Of([new(7, 40, 0, colleaguesFirst)]));
        var counts = new List<PractitionerCounts>
        {
            new("C1", "P1", new(2026, 3, 1), 40, 0, new Dictionary<string, long> { ["BRUISE_MINOR"] = 7 }),
            new("C1", "P2", new(2026, 3, 1), 80 + colleaguesFirst, 0, new Dictionary<string, long> { ["BRUISE_MINOR"] = 4 }),
        };
        var row = Rates.Compute(counts, new(new(2026, 3, 1), new(2026, 3, 31), Against: Against.Peers), Catalogue.Measures.Single(m => m.Code == "BRUISE_MINOR"), null, new Dictionary<(string, string), CaseMixAdjustment> { [("C1", "P1")] = mix })
            .Single(r => r.PractitionerId == "P1");
        Assert.Equal((NotAssessedBecause.NoneAlike, null), (row.NotAssessed, row.Expected));
    }
}
