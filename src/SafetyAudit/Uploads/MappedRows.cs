using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>The rows of a file of another shape, with the columns that a mapping makes of them.</summary>
sealed partial class MappedRows : Rows
{
    readonly Rows file;
    readonly ColumnMapping mapping;
    readonly string[] headers;
    readonly (MappedColumn Way, int[] Places)[][] ways;
    readonly Holds[] holds;
    readonly byte[][] cells;

    /// <param name="file">The rows as they came; owned from here on.</param>
    /// <param name="mapping">Made for files with this header.</param>
    /// <param name="columns">The columns of the mapping's kind.</param>
    public MappedRows(Rows file, ColumnMapping mapping, IReadOnlyList<ColumnFacts> columns)
    {
        (this.file, this.mapping) = (file, mapping);
        var targets = mapping.Columns.GroupBy(c => c.Target).ToList();
        headers = [.. targets.Select(t => t.Key)];
        holds = [.. targets.Select(t => columns.FirstOrDefault(c => c.Name == t.Key)?.Holds ?? Holds.Text)];
        ways = [.. targets.Select(t => t.Select(way => (way, way.From.Select(PlaceOf).ToArray())).ToArray())];
        cells = new byte[headers.Length][];
    }

    public override IReadOnlyList<string> Headers => headers;

    /// <summary>Our columns, and those of the file that fill none of them.</summary>
    public override IReadOnlyList<string> Named => [.. headers, .. file.Named.Except(mapping.Columns.SelectMany(c => c.From), StringComparer.OrdinalIgnoreCase)];

    public override int Length => file.Length;
    public override long Position => file.Position;

    public override bool Read()
    {
        if (!file.Read()) return false;
        (Line, Problem) = (file.Line, file.Problem);
        if (Problem is null)
            for (int i = 0; i < headers.Length; i++) cells[i] = Encoding.UTF8.GetBytes(CsvText.Out(ValueOf(i)));
        return true;
    }

    public override ReadOnlySpan<byte> Cell(int column) => cells[column];

    public override string Original() => file.Original();

    public override void Complete(List<Reason> reasons)
    {
        for (int i = 0; i < reasons.Count; i++)
        {
            var from = mapping.Columns.Where(c => c.Target == reasons[i].Column).SelectMany(c => c.From).Distinct().ToList();
            if (from.Count > 0) reasons[i] = reasons[i] with { Remedy = $"{reasons[i].Remedy} It is taken from {string.Join(" and ", from)}." };
        }
    }

    public override void Dispose() => file.Dispose();

    int PlaceOf(string header)
    {
        var places = Enumerable.Range(0, file.Headers.Count).Where(i => file.Headers[i].Equals(header, StringComparison.OrdinalIgnoreCase)).ToList();
        if (places.Count > 1) throw new FileRefusedException($"The header has the column {header} twice. Keep one of them.");
        return places.Count == 1 ? places[0] : throw new FileRefusedException($"The header lacks {header}, from which {mapping.Name} takes its columns. Choose the columns anew.");
    }

    string ValueOf(int column)
    {
        foreach (var (way, places) in ways[column])
        {
            if (way.Always is { } always) return always;
            string text = string.Join(' ', places.Select(p => Encoding.UTF8.GetString(CsvText.In(file.Cell(p))).Trim()).Where(t => t.Length > 0));
            if (text.Length == 0) continue;
            if (way.WhenFilled is { } filled) return filled;
            if (way.Meanings.FirstOrDefault(m => m.Key.Equals(text, StringComparison.OrdinalIgnoreCase)) is { Key: not null } meaning) text = meaning.Value;
            else if (holds[column] is Holds.Day or Holds.Instant) text = DateIn(text, mapping.Dates, holds[column]);
            if (text.Length > 0) return text;
        }
        return "";
    }

    /// <summary>A row's cell for a column of ours, as text.</summary>
    public string TextOf(string column) => Array.IndexOf(headers, column) is >= 0 and var place ? Encoding.UTF8.GetString(CsvText.In(cells[place])) : "";

    /// <summary>A date or instant as files of ours write it; what can't be told stays as it is, and is refused with its reason.</summary>
    internal static string DateIn(string text, DateOrder order, Holds holds)
    {
        if (Written().Match(text) is not { Success: true } match) return text;
        // Four digits in front are a year in whatever order.
        bool yearFirst = match.Groups["a"].Length == 4;
        if (yearFirst == (match.Groups["c"].Length == 4) || !yearFirst && order == DateOrder.YearMonthDay) return text;
        var (year, month, day) = yearFirst ? ("a", "b", "c") : order == DateOrder.DayMonthYear ? ("c", "b", "a") : ("c", "a", "b");
        string date = $"{match.Groups[year].Value}-{match.Groups[month].Value.PadLeft(2, '0')}-{match.Groups[day].Value.PadLeft(2, '0')}";
        if (!match.Groups["h"].Success) return date;
        int hour = int.Parse(match.Groups["h"].Value, CultureInfo.InvariantCulture);
        string half = match.Groups["half"].Value.ToLowerInvariant();
        if (half.Length > 0 && hour is < 1 or > 12) return text;
        if (half.Length > 0) hour = hour % 12 + (half == "pm" ? 12 : 0);
        string time = string.Create(CultureInfo.InvariantCulture, $"{hour:00}:{match.Groups["m"].Value}{match.Groups["s"].Value}");
        // Exports write a day with midnight beside it.
        return holds == Holds.Day && time.All(c => c is '0' or ':' or '.') ? date : $"{date}T{time}{match.Groups["zone"].Value}";
    }

    [GeneratedRegex(@"^(?<a>\d{1,4})[-/.](?<b>\d{1,2})[-/.](?<c>\d{1,4})(?:[T ,]+(?<h>\d{1,2}):(?<m>\d{2})(?<s>:\d{2}(?:\.\d+)?)?\s*(?<half>[AaPp][Mm])?(?<zone>Z|[+-]\d{2}:\d{2})?)?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Written();
}
