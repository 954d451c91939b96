using System.Collections.Concurrent;
using System.Globalization;

namespace SafetyAudit.Statistics.Tests;

/// <summary>A file of figures computed elsewhere (R and a second program); its README row states the tolerance.</summary>
sealed class ReferenceTable
{
    readonly Dictionary<string, int> columns;

    public ReferenceTable(string file)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Reference", file));
        columns = lines[0].Split(',').Select((name, index) => (name, index)).ToDictionary(c => c.name, c => c.index);
        Rows = [.. lines.Skip(1).Where(line => line.Length > 0).Select(line => new Row(this, line.Split(',')))];
        Assert.NotEmpty(Rows);
        FileName = file;
    }

    string FileName { get; }

    public IReadOnlyList<Row> Rows { get; }

    public sealed class Row(ReferenceTable table, string[] cells)
    {
        public string this[string column] => cells[table.columns[column]];
        public string File => table.FileName;
        public bool Has(string column) => this[column].Length > 0;
        public bool Flag(string column) => this[column] == "1";
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
    static readonly ConcurrentDictionary<string, (int Figures, double WorstShareOfTolerance, double WorstRelative)> Seen = new();

    // With this variable set, a line per reference file tells how many figures were compared and how near the worst came to its tolerance.
    static Close()
    {
        if (Environment.GetEnvironmentVariable("REFERENCE_REPORT") is { Length: > 0 } file)
            AppDomain.CurrentDomain.ProcessExit += (_, _) => File.WriteAllLines(file, Seen.OrderBy(s => s.Key, StringComparer.Ordinal)
                .Select(s => string.Create(CultureInfo.InvariantCulture,
                    $"{s.Key},{s.Value.Figures},{s.Value.WorstShareOfTolerance:E2},{s.Value.WorstRelative:E2}")));
    }

    /// <summary>Fails unless the two differ by at most this share of the expected value, plus an absolute allowance.</summary>
    public static void To(double expected, double actual, double relative, object row, double absolute = 0)
    {
        double error = expected.Equals(actual) ? 0 : Math.Abs(actual - expected), allowed = relative * Math.Abs(expected) + absolute;
        if (row is ReferenceTable.Row { File: var file })
        {
            double share = error == 0 ? 0 : error / allowed, worst = error == 0 ? 0 : error / Math.Abs(expected);
            Seen.AddOrUpdate(file, (1, share, worst), (_, s) =>
                (s.Figures + 1, Math.Max(s.WorstShareOfTolerance, share), expected == 0 ? s.WorstRelative : Math.Max(s.WorstRelative, worst)));
        }
        Assert.True(error <= allowed, $"expected {expected:R}, got {actual:R}, off by {error / Math.Abs(expected):E2} relative, at {row}");
    }
}
