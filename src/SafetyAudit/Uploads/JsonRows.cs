using System.Text;
using System.Text.Json;
using SafetyAudit.Data;
using SafetyAudit.Fhir;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// The rows of a JSON file whose objects have the columns as members: an array of objects, one object, or one object a line. A list is an array or a text
/// with semicolons; numbers and yes or no are JSON's or text. Members that are no column stay in the file, and are listed.
/// </summary>
sealed class JsonRows : Rows
{
    const int MostNamed = 200, LongestName = 64;

    readonly FhirFile file;
    readonly string[] headers;
    readonly Dictionary<string, (int Place, bool IsList)> columns;
    readonly byte[]?[] cells;
    readonly List<Reason> faults = [];
    readonly SortedSet<string> named = new(StringComparer.Ordinal);

    JsonRows(FhirFile file, string[] headers, IReadOnlySet<string> lists)
    {
        (this.file, this.headers, cells) = (file, headers, new byte[headers.Length][]);
        columns = headers.Select((name, place) => (name, place)).ToDictionary(c => c.name, c => (c.place, lists.Contains(c.name)), StringComparer.Ordinal);
    }

    public override IReadOnlyList<string> Headers => headers;
    public override IReadOnlyList<string> Named => [.. named];
    public override int Length => file.Bytes.Length;
    public override long Position => file.Position;

    public static new JsonRows Open<T>(Func<Stream> content, Layout<T> layout) where T : Record, new() =>
        new(FhirRows.Refusing(() => FhirFile.Open(content)), [.. layout.ColumnNames], layout.ListNames.ToHashSet());

    /// <summary>The names of the first object's members. Goes through the whole file, so that one that is broken is refused before it is taken in.</summary>
    /// <exception cref="FileRefusedException">It holds no object, or is broken.</exception>
    public static IReadOnlyList<string> NamesIn(Func<Stream> content)
    {
        using var file = FhirRows.Refusing(() => FhirFile.Open(content));
        List<string>? names = null;
        bool any = false;
        for (; FhirRows.Refusing(file.Read); any = true)
        {
            if (names is not null || file.TooLong) continue;
            using var item = StrictJson.Parse(file.Bytes, out _);
            if (item?.RootElement.ValueKind == JsonValueKind.Object) names = [.. item.RootElement.EnumerateObject().Select(m => m.Name)];
        }
        return any ? names ?? [] : throw new FileRefusedException("There is no record in it. Send one JSON object, an array of objects, or one object per line.");
    }

    /// <summary>Line and id of every item, as they stand there.</summary>
    public static IEnumerable<(long Line, string? Id)> IdsIn(Func<Stream> content, string idMember)
    {
        using var file = FhirFile.Open(content);
        while (file.Read())
        {
            using var item = file.TooLong ? null : StrictJson.Parse(file.Bytes, out _);
            yield return (file.Number, item?.RootElement.Get(idMember).Text() is { Length: > 0 and <= 64 } id ? id.Trim() : null);
        }
    }

    public override bool Read()
    {
        if (!FhirRows.Refusing(file.Read)) return false;
        (Line, Problem) = (file.Number, null);
        Array.Clear(cells);
        faults.Clear();
        if (file.TooLong)
        {
            Problem = new(ReasonCode.RowTooLong, null, null, $"The object is longer than {FhirFile.LongestResource / 1024} kB. Send each record without attachments.");
            return true;
        }
        using var item = StrictJson.Parse(file.Bytes, out var fault);
        if (fault is not null) Problem = new(fault.Kind == FaultKind.NotUtf8 ? ReasonCode.NotUtf8 : ReasonCode.NotJson, null, null, fault.Remedy);
        else if (item!.RootElement.ValueKind != JsonValueKind.Object) Problem = new(ReasonCode.NotJson, null, null, "It is no JSON object. Send one object per record, with the columns as its members.");
        else foreach (var member in item.RootElement.EnumerateObject()) Take(member);
        return true;
    }

    public override ReadOnlySpan<byte> Cell(int column) => cells[column];

    public override string Original() => Readable(file.Bytes.Span);

    public override void Complete(List<Reason> reasons)
    {
        reasons.RemoveAll(r => r.Code == ReasonCode.MissingValue && faults.Exists(f => f.Column == r.Column));
        reasons.AddRange(faults);
    }

    public override void Dispose() => file.Dispose();

    void Take(JsonProperty member)
    {
        if (!columns.TryGetValue(member.Name, out var column))
        {
            if (named.Count < MostNamed) named.Add(member.Name.Length > LongestName ? member.Name[..LongestName] + "…" : member.Name);
            return;
        }
        if (member.Value.ValueKind == JsonValueKind.Null) return;
        if (TextOf(member.Value, column.IsList) is { } text)
        {
            // Cells of CSV files lose the apostrophe that keeps spreadsheets from running them; JSON has none to lose.
            cells[column.Place] = Encoding.UTF8.GetBytes(CsvText.Out(text.Trim()));
            return;
        }
        string shown = member.Value.GetRawText();
        faults.Add(new(ReasonCode.NotOneValue, member.Name, shown.Length > 100 ? shown[..100] + "…" : shown, column.IsList
            ? $"{member.Name} must be an array of texts without semicolons, or one text with semicolons between the entries."
            : $"{member.Name} must be one text, number, true or false, or null when not recorded."));
    }

    static string? TextOf(JsonElement value, bool isList)
    {
        if (!isList || value.ValueKind != JsonValueKind.Array) return value.Text();
        var entries = value.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Null ? "" : e.Text()).ToList();
        return entries.Exists(e => e is null || e.Contains(';', StringComparison.Ordinal)) ? null : string.Join(';', entries);
    }
}
