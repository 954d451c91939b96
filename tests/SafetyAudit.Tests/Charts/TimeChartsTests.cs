using System.Globalization;
using SafetyAudit.Analysis;
using SafetyAudit.Charts;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Statistics;

namespace SafetyAudit.Tests.Charts;

/// <summary>Pictures of months, of single events and of how long events last.</summary>
public class TimeChartsTests
{
    static readonly DateOnly First = new(2025, 1, 1);
    static readonly ControlWords Words = new("Per 1,000", "with one", "sessions", 1000);

    static ControlMonths Months(DateOnly? anew, params int[] counts) => ControlMonths.Of(ChartKind.P, counts.Select((c, i) => new ControlMonth(First.AddMonths(i), c, 1000)), anew);

    static Scene Draw(ControlMonths months, DateOnly? provisionalFrom = null, params DatedNote[] notes) => ControlMonthsChart.Draw(months, "Bruising", Words, m => $"/m?from={m:yyyy-MM}", provisionalFrom, notes);

    static List<PointMark> Points(Scene scene) => [.. scene.Marks.OfType<PointMark>().Where(p => !p.Style.Contains("note", StringComparison.Ordinal))];

    [Fact]
    public void A_month_beyond_its_limits_and_a_long_run_are_told_by_shape_and_by_words()
    {
        // Ten below the mean, ten above it: a run of 10 where round(log2 20) + 3 = 7 is usual (Anhøj and Olesen 2014). Then 60 events, 20 of 1,000 expected.
        var shifted = Draw(Months(null, [.. Enumerable.Repeat(15, 10), .. Enumerable.Repeat(25, 10)]));
        Assert.Equal(10, Points(shifted).Count(p => p.Shape == Shape.Diamond));
        Assert.All(Points(shifted).Take(10), p => Assert.Equal(Shape.Circle, p.Shape));
        Assert.Contains("10 months in a row lie on one side of the mean, where at most 7 would be usual", shifted.Description, StringComparison.Ordinal);
        Assert.Contains("unusually long run", Points(shifted)[15].Tooltip, StringComparison.Ordinal);

        var beyond = Draw(Months(null, 20, 22, 18, 21, 19, 20, 60, 20));
        Assert.Equal(Shape.TriangleUp, Assert.Single(Points(beyond), p => p.Shape != Shape.Circle).Shape);
        Assert.Contains("1 beyond the limits", beyond.Description, StringComparison.Ordinal);
        Assert.Contains("July 2025: 60 with one of 1,000 sessions, 60.0 per 1,000; above the upper limit", Points(beyond)[6].Tooltip, StringComparison.Ordinal);
        Assert.Equal("/m?from=2025-07", Points(beyond)[6].Link);
    }

    [Fact]
    public void Limits_that_start_anew_take_the_shift_as_given_and_a_month_that_is_not_there_changes_nothing()
    {
        int[] counts = [.. Enumerable.Range(0, 10).Select(i => 15 + i % 3), .. Enumerable.Range(0, 10).Select(i => 25 + i % 3)];
        var anew = Months(First.AddMonths(10), counts);
        Assert.Equal([15.9, 25.9], anew.Chart.Phases.ToArray().Select(p => Math.Round(1000 * p.Centre!.Value, 6)));
        Assert.All(anew.Runs, r => Assert.False(r.Signal));
        Assert.Contains(Draw(anew).Marks.OfType<TextMark>(), t => t.Text == "limits anew");
        Assert.Single(Months(First.AddMonths(40), counts).Runs);
        Assert.Single(Months(First, counts).Runs);
    }

    [Fact]
    public void Provisional_months_are_hollow_and_said_to_be_so()
    {
        var scene = Draw(Months(null, 20, 22, 18, 21), new DateOnly(2025, 4, 12));
        Assert.Equal([false, false, false, true], Points(scene).Select(p => p.Style.EndsWith(" provisional", StringComparison.Ordinal)));
        Assert.EndsWith("provisional: late reports may still come", Points(scene)[3].Tooltip, StringComparison.Ordinal);
    }

    [Fact]
    public void What_happened_stands_on_its_day_with_a_letter_and_never_two_letters_on_one_another()
    {
        var notes = new[] { new DatedNote(new(2025, 2, 3), "the local protocol changed", "/protocol"), new DatedNote(new(2025, 2, 4), "case 7 decided", "/cases/7"), new DatedNote(new(2024, 2, 4), "before", "/cases/1"), new DatedNote(new(2025, 2, 4), "case 8 decided", "/cases/8") };
        var scene = Draw(Months(null, 20, 22, 18, 21), null, notes);
        var drawn = scene.Marks.OfType<PointMark>().Where(p => p.Style == "point note").ToList();
        Assert.Equal(["/protocol", "/cases/7", "/cases/8"], drawn.Select(p => p.Link));
        // The letters are those of the list below the chart, in which the one outside the months stands too.
        Assert.Equal(["A", "B", "D"], scene.Marks.OfType<TextMark>().Where(t => t.Style == "note-letter").Select(t => t.Text));
        for (int i = 1; i < drawn.Count; i++) Assert.True(drawn[i].X - drawn[i - 1].X >= drawn[i].Size);
    }

    [Fact]
    public void Numbers_between_rare_events_stand_where_there_is_room_and_never_on_one_another()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var clinics = Enumerable.Range(1, 3).Select(c => EventGaps.Of($"C{c}", Enumerable.Range(0, 900).Select(d => (First.AddDays(d), 20.0, (IEnumerable<string>)(random.NextDouble() < 0.02 * c ? ["P1"] : []))))).ToList();
            var scene = RareEventStrip.Draw(clinics, First, First.AddDays(899), "Fatigue", false, c => c, (c, e) => $"/sessions?from={e.Day:yyyy-MM-dd}");
            Assert.Equal(clinics.Sum(c => c.Events.Count), scene.Marks.OfType<PointMark>().Count());
            foreach (var lane in scene.Marks.OfType<TextMark>().Where(t => t.Anchor == Anchor.Middle && (t.Text.Contains("sessions", StringComparison.Ordinal) || t.Text.Contains("since", StringComparison.Ordinal))).GroupBy(t => t.Y))
            {
                double right = double.NegativeInfinity;
                foreach (var text in lane.OrderBy(t => t.X))
                {
                    Assert.True(text.X - text.Text.Length * 3.4 >= right, $"{text.Text} lies over another, seed {seed}");
                    right = text.X + text.Text.Length * 3.4;
                }
            }
        }
    }

    [Fact]
    public void No_event_is_told_without_calling_it_proof_and_of_too_many_the_latest_are_drawn()
    {
        var none = RareEventStrip.Draw([EventGaps.Of("C1", [(First, 300, [])])], First, First.AddDays(364), "Pneumothorax", true, c => c, (_, _) => "/");
        Assert.StartsWith("None recorded in 300 sessions; that is no proof that none can happen.", none.Description, StringComparison.Ordinal);
        var many = EventGaps.Of("C1", Enumerable.Range(0, 300).Select(d => (First.AddDays(d), 20.0, (IEnumerable<string>)["P1"])));
        var scene = RareEventStrip.Draw([many], First, First.AddDays(364), "Fatigue", false, c => c, (_, e) => $"{e.Day:yyyy-MM-dd}");
        Assert.Equal(240, scene.Marks.OfType<PointMark>().Count());
        Assert.Contains("The latest 240 are drawn", scene.Description, StringComparison.Ordinal);
        Assert.Equal("2025-10-27", scene.Marks.OfType<PointMark>().Last().Link);
        Assert.Equal(300, scene.Data!.Rows.Count);
    }

    [Fact]
    public void The_curve_of_resolution_rises_from_nothing_shows_the_window_and_stays_in_its_frame_and_small()
    {
        var random = new Random(48);
        var onset = new DateTime(2026, 1, 5, 9, 0, 0, DateTimeKind.Utc);
        var soreness = Catalogue.Measures.Single(m => m.Code == "PAIN_POST");
        var events = Enumerable.Range(0, 20000).Select(i => new AdverseEvent { OnsetAtUtc = onset, ResolvedAtUtc = i % 50 == 0 ? null : onset.AddHours(-20 * Math.Log(1 - random.NextDouble())), Outcome = i % 50 == 0 ? "ongoing" : "resolved", RecordedAtUtc = onset.AddHours(5) }).ToList();
        var scene = ResolutionChart.Draw(Resolution.Of(soreness, events), "Soreness", h => string.Create(CultureInfo.InvariantCulture, $"#{h}"));
        var curve = scene.Marks.OfType<PathMark>().Single(p => p.Style == "centre").Points;
        Assert.Equal(curve.Select(p => p.Y).OrderDescending(), curve.Select(p => p.Y));
        Assert.Single(scene.Marks.OfType<PathMark>(), p => p is { Style: "window", Closed: true });
        Assert.Equal(["#1", "#6", "#12", "#24", "#48", "#72"], scene.Marks.OfType<PointMark>().Select(p => p.Link).Take(6));
        // An exponential time with a mean of 20 h: 1 − exp(−48/20) = 91 % by 48 h.
        Assert.Contains("Within 48 h: 91", scene.Marks.OfType<PointMark>().Single(p => p.Link == "#48").Tooltip, StringComparison.Ordinal);
        foreach (var (x, y) in scene.Marks.OfType<PathMark>().SelectMany(p => p.Points)) Assert.True(x is >= 0 and <= 820 && y is >= 0 and <= 380, $"{x} {y}");
        Assert.True(SvgWriter.Write(scene, "c").Length < 40_000);
    }
}
