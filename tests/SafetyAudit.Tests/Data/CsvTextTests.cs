using System.Text;
using SafetyAudit.Data;
using SafetyAudit.Host.Commands;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Data;

public class CsvTextTests
{
    const string Signs = "=+-@\t\r＝＋－＠";

    static List<string> OutAndIn(List<string> texts)
    {
        using var file = new MemoryStream();
        Output.WriteCsv(texts, [new("number", _ => 1), new OutputColumn<string>("text", t => t)], file);
        using var rows = CsvRows.Open(() => new MemoryStream(file.ToArray()));
        var read = new List<string>();
        while (rows.Read())
        {
            Assert.Null(rows.Problem);
            // No spreadsheet sees a formula.
            Assert.DoesNotContain(Encoding.UTF8.GetString(rows.Cell(1)).FirstOrDefault(), Signs);
            read.Add(Encoding.UTF8.GetString(CsvText.In(rows.Cell(1))));
        }
        return read;
    }

    [Fact]
    public void Any_text_survives_the_way_out_and_in()
    {
        string[] pieces =
        [
            "=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'", "''", "\"", ",", "\n", "\r\n", " ", "a", "1", "é", "e\u0301", "\u0001", "\u001F", "\u007F",
            "\uFEFF", "\u202E", "🩹", "\\", ";", "HYPERLINK(\"x\")", "ﾃ",
        ];
        const int seed = 20260703;
        var random = new Random(seed);
        var texts = Enumerable.Range(0, 20_000).Select(_ => string.Concat(random.GetItems(pieces, random.Next(0, 9)))).ToList();
        var read = OutAndIn(texts);
        Assert.Equal(texts.Count, read.Count);
        for (int i = 0; i < texts.Count; i++) Assert.True(texts[i] == read[i], $"seed {seed}, text {i}: '{texts[i]}' came back as '{read[i]}'");
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("'=1+1", "''=1+1")]
    [InlineData("＠cmd", "'＠cmd")]
    [InlineData("'tis", "'tis")]
    [InlineData("''", "''")]
    [InlineData("a=b", "a=b")]
    [InlineData("", "")]
    public void Only_what_a_spreadsheet_may_run_gets_an_apostrophe(string text, string written) => Assert.Equal(written, CsvText.Out(text));

    [Fact]
    public void Numbers_and_dates_go_out_as_they_are()
    {
        using var file = new MemoryStream();
        OutputColumn<double>[] columns =
            [new("a", v => v), new("b", v => (int)v), new("c", v => (long)v), new("d", _ => new DateOnly(2026, 3, 1)), new("e", _ => null)];
        Output.WriteCsv([-1.5], columns, file);
        Assert.Equal("a,b,c,d,e\r\n-1.5,-1,-1,2026-03-01,\r\n", Encoding.UTF8.GetString(file.ToArray()));
    }
}
