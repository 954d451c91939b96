using SafetyAudit.Analysis;
using SafetyAudit.Charts;
using SafetyAudit.Measures;
using SafetyAudit.Tests.Host;

namespace SafetyAudit.Tests.Charts;

public class LabelsTests
{
    [Theory]
    [InlineData("Ada Ash", 10, "Ada Ash")]
    [InlineData("Adalberta Ash", 10, "Adalberta…")]
    [InlineData("Adalberta Ash (P1)", 14, "Adalbert… (P1)")]
    [InlineData("Adalberta (née Birch)", 14, "Adalberta (né…")]
    public void A_name_that_is_cut_keeps_the_id_that_tells_namesakes_apart(string name, int most, string label) => Assert.Equal(label, Labels.Short(name, most));

    [Fact]
    public void Of_five_hundred_points_no_label_lies_over_another_or_over_the_edge()
    {
        const double left = 62, top = 4, right = 820, bottom = 382, width = right - left, height = bottom - top;
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var labels = new Labels(left, top, right, bottom);
            // Half of them crowded into a corner, as a clinic's practitioners are.
            int drawn = Enumerable.Range(0, 500).Count(i => labels.Place(left + random.NextDouble() * (i % 2 == 0 ? width : 120), top + random.NextDouble() * (i % 2 == 0 ? height : 80), new string('x', random.Next(2, 26))) is not null);
            Assert.True(drawn > 40, $"only {drawn} of 500 were drawn, seed {seed}");
            var boxes = labels.Taken;
            Assert.Equal(drawn, boxes.Count);
            for (int a = 0; a < boxes.Count; a++)
            {
                Assert.True(boxes[a] is { Left: >= left, Top: >= top, Right: <= right, Bottom: <= bottom });
                for (int b = a + 1; b < boxes.Count; b++) Assert.False(boxes[a].Left < boxes[b].Right && boxes[b].Left < boxes[a].Right && boxes[a].Top < boxes[b].Bottom && boxes[b].Top < boxes[a].Bottom);
            }
        }
    }

    [Fact]
    public void A_label_stands_beside_its_own_point_and_the_first_to_ask_is_served_first()
    {
        var labels = new Labels(62, 0, 820, 382);
        var first = labels.Place(400, 200, "Ada Ash")!;
        Assert.Equal((Anchor.Start, 409), (first.Anchor, first.X));
        // At the right edge it stands to the left of its point.
        Assert.Equal(Anchor.End, labels.Place(800, 300, "Ben Birch")!.Anchor);
        // On the lower edge it stands above its point, not over the axis.
        Assert.Equal((Anchor.Middle, true), labels.Place(600, 382, "Dan Dale") is { } low ? (low.Anchor, low.Y < 380) : default);
        // The same place again: not over the first.
        Assert.NotEqual(Anchor.Start, labels.Place(402, 201, "Cara Cole")!.Anchor);
    }

    // The layout goes by how wide letters are taken to be: whether they are is the browser's to say.
    [Theory]
    [InlineData(1280)]
    [InlineData(320)]
    public async Task Of_five_hundred_practitioners_no_name_lies_over_other_writing_as_a_browser_draws_them(int width)
    {
        string[] first = ["Wilhelmina", "Ada", "Mwajuma", "Iris", "Ömür", "ANNA-MARIA", "Lìlì"], last = ["Wamwangi", "Ash", "O’Hara-Illingworth", "MÜLLER", "Nguyễn", "Filipiak"];
        var random = new Random(7);
        var counts = Enumerable.Range(0, 500).Select(i => (Sessions: (long)random.Next(40, 2000), Id: $"P{i:000}"))
            .Select(p => new PractitionerCounts("C1", p.Id, new(2026, 1, 1), p.Sessions, 0, new Dictionary<string, long> { ["BRUISE_MINOR"] = (long)(p.Sessions * 0.05 * Math.Exp(4 * random.NextDouble() - 1)) })).ToList();
        var measure = Catalogue.Measures.First(m => m.Code == "BRUISE_MINOR");
        var rows = Rates.Compute(counts, new(new(2026, 1, 1), new(2026, 12, 31)), measure, Catalogue.Baselines.First(b => b.MeasureCode == "BRUISE_MINOR" && b.RatePer1000 is not null));
        var scene = FunnelChart.Draw(Funnel.Of(rows), "Funnel plot", r => $"{first[Number(r) % first.Length]} {last[Number(r) % last.Length]}", _ => "/");
        static int Number(RateRow row) => int.Parse(row.PractitionerId!.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(500, scene.Marks.OfType<PointMark>().Count());
        Assert.InRange(scene.Marks.OfType<TextMark>().Count(m => m.Style == "point-name"), 15, 500);
        await using var browser = await Browser.OpenAsync();
        var page = await browser.PageAsync(width: width);
        string css = await File.ReadAllTextAsync(Path.Combine(ArchitectureTests.Root, "src", "SafetyAudit.Host", "wwwroot", "assets", "site.css"));
        await page.SetContentAsync($"<!DOCTYPE html><html lang=en><title>t</title><style>{css}</style><main><h1>t</h1><div class=\"scroll\">{SvgWriter.Write(scene, "funnel")}</div></main>");
        await page.ShotAsync($"names-{width}");
        Assert.Empty(await page.LayoutFaultsAsync());
        Assert.Empty(browser.Errors);
    }
}
