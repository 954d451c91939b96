using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>
/// The rows that a file's resources make, one kind at a time: each Practitioner (with its role), each Procedure (with its encounter) or each AdverseEvent
/// becomes the cells of one row, checked after that like the row of any other file.
/// </summary>
/// <remarks>
/// The file is gone through once for where its resources stand, and once for the rows. What is unreadable comes among the rows of the first kind that the
/// file has, so that it is told once.
/// </remarks>
sealed class ResourceRows : IDisposable
{
    /// <summary>The types that make rows, in the order in which they need each other.</summary>
    public static readonly IReadOnlyList<string> RowTypes = ["Practitioner", "Procedure", "AdverseEvent"];

    const int MostNames = 100, LongestName = 120;

    static readonly HashSet<string> ForPractitioners = ["Practitioner", "PractitionerRole", "Organization", "Location"];
    static readonly HashSet<string> ForSessions = [.. ForPractitioners, "Patient", "Encounter"];
    static readonly HashSet<string> ForEvents = [.. ForSessions, "Procedure"];

    readonly FhirFile file;
    readonly References references;
    readonly string type;
    readonly IReadOnlySet<string> columns;
    readonly bool tellsUnreadable;
    readonly SortedSet<string> notUsed = new(StringComparer.Ordinal);

    ResourceRows(FhirFile file, References references, string type, IReadOnlySet<string> columns, bool tellsUnreadable) =>
        (this.file, this.references, this.type, this.columns, this.tellsUnreadable) = (file, references, type, columns, tellsUnreadable);

    /// <summary>Which types of <see cref="RowTypes"/> a file has, in their order.</summary>
    /// <exception cref="FhirRefusedException">It is no FHIR, or has nothing that makes a record.</exception>
    public static IReadOnlyList<string> TypesIn(Func<Stream> content)
    {
        var types = new Dictionary<string, long>();
        using (References.Of(content, types, new HashSet<string>())) { }
        List<string> found = [.. RowTypes.Where(types.ContainsKey)];
        if (found.Count > 0) return found;
        string holds = string.Join(", ", types.Where(t => t.Key.Length > 0).OrderBy(t => t.Key, StringComparer.Ordinal).Take(10).Select(t => Short(t.Key)));
        throw new FhirRefusedException(holds.Length == 0
            ? "The file holds no FHIR resource that can be read. Send a Bundle, one resource, or one resource per line (NDJSON), as JSON in UTF-8; or the records as \"CSV UTF-8 (comma delimited)\"."
            : $"The file holds no record, only {holds}. A session is a Procedure, an event an AdverseEvent, a practitioner a Practitioner; "
                + "send the others in the same file as those that refer to them; or the records as \"CSV UTF-8 (comma delimited)\".");
    }

    /// <param name="content">Opens the file's bytes at their beginning, as often as asked; the stream can seek.</param>
    /// <param name="type">The type whose rows are asked for.</param>
    /// <param name="columns">The columns that its rows can have.</param>
    public static ResourceRows Open(Func<Stream> content, string type, IReadOnlySet<string> columns)
    {
        var types = new Dictionary<string, long>();
        var references = References.Of(content, types, type switch { "Practitioner" => ForPractitioners, "Procedure" => ForSessions, _ => ForEvents });
        bool isFirst = RowTypes.First(t => types.ContainsKey(t) || t == type) == type;
        var rows = new ResourceRows(FhirFile.Open(content), references, type, columns, isFirst);
        if (isFirst)
            foreach (string other in types.Keys.Where(t => t.Length > 0 && !RowTypes.Contains(t) && !ForEvents.Contains(t))) rows.NotUse(other);
        return rows;
    }

    /// <summary>Line of the resource in NDJSON, place of its entry in a Bundle; from 1.</summary>
    public long Line => file.Number;

    public long Position => file.Position;

    public ReadOnlyMemory<byte> Bytes => file.Bytes;

    /// <summary>The row; nothing where the resource can't be read at all.</summary>
    public ResourceRow? Row { get; private set; }

    /// <summary>Why there is no row.</summary>
    public Fault? Unreadable { get; private set; }

    /// <summary>Names of what the resources read so far hold and no record has: kept in the file, used nowhere.</summary>
    public IEnumerable<string> NotUsed => notUsed;

    /// <summary>Moves to the next row. False at the end.</summary>
    public bool Read()
    {
        while (file.Read())
        {
            (Row, Unreadable) = (null, null);
            Fault? fault = null;
            using var entry = file.TooLong ? null : Entry.Parse(file.Bytes, file.IsBundle, out fault);
            if (file.TooLong) fault = new(FaultKind.TooLong, "", null,
                $"The resource is longer than {FhirFile.LongestResource / 1024} kB. Send it without attachments.");
            if (entry is null)
            {
                Unreadable = fault;
                if (fault is not null && tellsUnreadable) return true;
                continue;
            }
            if (entry.Type != type) continue;
            Row = RowOf(entry);
            return true;
        }
        return false;
    }

    public void Dispose()
    {
        file.Dispose();
        references.Dispose();
    }

    ResourceRow RowOf(Entry entry)
    {
        var row = new ResourceRow(entry, references);
        foreach (string name in new[] { "implicitRules", "modifierExtension" })
            if (row.Resource[name].ValueKind != JsonValueKind.Undefined)
                row.Refuse(FaultKind.NotUnderstood, name, null, $"{name} changes what the resource means, in a way that is not known here. Send it without.");
        switch (type)
        {
            case "Practitioner": PractitionerRow.Fill(row); break;
            case "Procedure": ProcedureRow.Fill(row); break;
            default: AdverseEventRow.Fill(row); break;
        }
        // What is said in our own words says it better than a translation.
        foreach (var (column, value, path) in row.Resource.Columns(columns)) row.Set(column, value, path);
        if (!row.Faults.Any(f => f.Column is null))
            foreach (string name in row.Resource.NotAsked(type).Concat(row.AlsoNotAsked)) NotUse(name);
        return row;
    }

    void NotUse(string name)
    {
        if (notUsed.Count < MostNames) notUsed.Add(Short(name));
    }

    static string Short(string name)
    {
        string line = new([.. name.Where(c => !char.IsControl(c) && c != ',').Take(LongestName + 1)]);
        return line.Length > LongestName ? line[..LongestName] + "…" : line;
    }
}

/// <summary>One resource on its way to a row: its cells by column, each with the path it came from, and what is wrong with it.</summary>
sealed class ResourceRow(Entry entry, References references)
{
    readonly Dictionary<string, (string Value, string Path)> cells = [];
    readonly List<Fault> faults = [];

    public Element Resource { get; } = new(entry.Resource, entry.Type);

    public References References => references;
    public string? FullUrl => entry.FullUrl;

    /// <summary>What the resource is called in messages: <c>Procedure/p1</c>, or its type alone.</summary>
    public string Name { get; } = entry.Resource.Get("id").Text() is { Length: > 0 and <= 64 } id ? $"{entry.Type}/{id}" : entry.Type;

    public IReadOnlyDictionary<string, (string Value, string Path)> Cells => cells;
    public IReadOnlyList<Fault> Faults => faults;

    /// <summary>Unused elements of resources that were read along with this one.</summary>
    public List<string> AlsoNotAsked { get; } = [];

    /// <summary>Gives a column its value; one given later stands.</summary>
    public void Set(string column, string? value, string path)
    {
        if (string.IsNullOrEmpty(value)) return;
        cells[column] = (value, path);
        faults.RemoveAll(f => f.Column == column);
    }

    /// <summary>Says what is wrong with a column, which stays empty.</summary>
    public void Fail(FaultKind kind, string column, string path, string? value, string remedy) => faults.Add(new(kind, path, value, remedy, column));

    /// <summary>Says why the resource as a whole is not taken.</summary>
    public void Refuse(FaultKind kind, string element, string? value, string remedy) => faults.Add(new(kind, Resource.At(element), value, remedy));

    /// <summary>Follows a reference to one of some types, and says so where it leads elsewhere.</summary>
    public Target? Follow(JsonElement reference, string column, string path, params string[] types)
    {
        var target = references.Follow(reference, types[0], Resource.Json, out string? problem);
        string? shown = reference.Get("reference").Text() ?? reference.Get("identifier").Get("value").Text();
        if (problem is not null) Fail(FaultKind.ReferenceUnclear, column, path, shown, problem);
        else if (target is not null && !types.Contains(target.Type)) Fail(FaultKind.ReferenceUnclear, column, path, shown,
            $"It must lead to {string.Join(" or ", types)}.");
        else if (target is { Id: null }) Fail(FaultKind.ReferenceUnclear, column, path, shown,
            $"The {target.Type} it leads to has no identifier. Give it one.");
        else return target;
        return null;
    }

    /// <summary>Reads a code; one that is there and not understood is said to be so.</summary>
    public void SetCode(string column, JsonElement concept, string path, Func<string?, string, string?> codeOf, string expected)
    {
        var codings = concept.Codings().ToList();
        var codes = codings.Select(c => codeOf(c.System, c.Code)).OfType<string>().Distinct().ToList();
        if (codes.Count == 1) Set(column, codes[0], path);
        else if (codes.Count > 1) Fail(FaultKind.CodeUnknown, column, path, concept.Shown(), "Its codings say different things. Leave one.");
        else if (concept.ValueKind != JsonValueKind.Undefined) Fail(FaultKind.CodeUnknown, column, path, concept.Shown(), expected);
    }
}
