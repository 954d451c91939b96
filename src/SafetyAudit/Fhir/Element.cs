using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>One object of a resource, with its path. Remembers what it was asked for, so that what nobody asks for can be listed.</summary>
sealed class Element(JsonElement json, string path)
{
    // What every resource may have around its content; it holds nothing that a record could.
    static readonly HashSet<string> Structure = ["resourceType", "id", "meta", "text", "language", "contained"];

    readonly HashSet<string> asked = [];
    readonly List<Element> parts = [];

    public JsonElement Json => json;
    public string Path => path;

    /// <summary>A value, or nothing.</summary>
    public JsonElement this[string name]
    {
        get
        {
            asked.Add(name);
            return json.Get(name);
        }
    }

    /// <summary>The objects of a list whose own elements are asked for one by one.</summary>
    public IEnumerable<Element> Parts(string name)
    {
        var list = this[name];
        int place = 0;
        foreach (var item in list.Items())
        {
            var part = new Element(item, list.ValueKind == JsonValueKind.Array ? $"{path}.{name}[{place++}]" : $"{path}.{name}");
            parts.Add(part);
            yield return part;
        }
    }

    public string At(string name) => $"{path}.{name}";

    /// <summary>Names of what was not asked for, without places in lists; extensions with their url.</summary>
    public IEnumerable<string> NotAsked(string ofType)
    {
        if (json.ValueKind == JsonValueKind.Object)
            foreach (var property in json.EnumerateObject())
            {
                if (asked.Contains(property.Name) || Structure.Contains(property.Name)) continue;
                if (property.Name != "extension") yield return $"{ofType}.{property.Name}";
                else
                    foreach (var extension in property.Value.Items())
                        if (extension.Get("url").Text() is var url && (url is null || !asked.Contains(url))) yield return $"{ofType}.extension({url})";
            }
        foreach (var part in parts)
            foreach (string name in part.NotAsked($"{ofType}.{part.Path[(path.Length + 1)..].Split('[')[0]}")) yield return name;
    }

    /// <summary>Extensions that give a column by its name, with their value.</summary>
    public IEnumerable<(string Column, string? Value, string Path)> Columns(IReadOnlySet<string> columns)
    {
        int place = 0;
        foreach (var extension in json.Get("extension").Items())
        {
            string at = $"{path}.extension[{place++}]";
            if (extension.Get("url").Text() is not { } url || !url.StartsWith(FhirCodes.Column, StringComparison.Ordinal)) continue;
            string column = url[FhirCodes.Column.Length..];
            if (!columns.Contains(column)) continue;
            asked.Add(url);
            foreach (var property in extension.EnumerateObject())
                if (property.Name.StartsWith("value", StringComparison.Ordinal)) yield return (column, property.Value.Text(), $"{at}.{property.Name}");
        }
    }
}
