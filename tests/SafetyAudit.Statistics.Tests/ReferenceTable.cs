using System.Globalization;

namespace SafetyAudit.Statistics.Tests;

/// <summary>A file of figures computed elsewhere (R and a second program); its README row states the tolerance.</summary>
sealed class ReferenceTable
{
    readonly string[] columns;

    public ReferenceTable(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Reference", file));
        columns = lines[0].Split(',');
        Rows = [.. lines.Skip(1).Where(line => line.Length > 0).Select(line => new Row(this, line.Split(',')))];
        Assert.NotEmpty(Rows);
    }

    public IReadOnlyList<Row> Rows { get; }

    public sealed class Row(ReferenceTable table, string[] cells)
    {
        public string this[string column] => cells[Array.IndexOf(table.columns, column)];
        public bool Has(string column) => this[column].Length > 0;
        public double Number(string column) => this[column] switch
        {
            "Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            var text => double.Parse(text, CultureInfo.InvariantCulture),
        };
        public long Count(string column) => (long)Number(column);
        public override string ToString() => string.Join(',', cells);
    }
}

static class Close
{
    /// <summary>Fails unless the two differ by at most this share of the expected value.</summary>
    public static void To(double expected, double actual, double relative, object row, double absolute = 0)
    {
        if (expected == actual) return;
        double error = Math.Abs(actual - expected);
        Assert.True(error <= relative * Math.Abs(expected) + absolute, $"expected {expected:R}, got {actual:R}, off by {error / Math.Abs(expected):E2} relative, at {row}");
    }
}
