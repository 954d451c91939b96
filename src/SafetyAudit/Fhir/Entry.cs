using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace SafetyAudit.Fhir;

/// <summary>One resource as parsed, with the address its Bundle gives it.</summary>
sealed class Entry : IDisposable
{
    readonly JsonDocument document;

    Entry(JsonDocument document, JsonElement resource, string type, string? fullUrl) =>
        (this.document, Resource, Type, FullUrl) = (document, resource, type, fullUrl);

    public JsonElement Resource { get; }
    public string Type { get; }
    public string? FullUrl { get; }

    /// <summary>Parses one. Nothing, and a fault, where it can't be used; nothing and no fault for an entry that carries no resource.</summary>
    public static Entry? Parse(ReadOnlyMemory<byte> bytes, bool isBundle, out Fault? fault)
    {
        if (StrictJson.Parse(bytes, out fault) is not { } document) return null;
        var root = document.RootElement;
        var resource = root;
        if (isBundle && (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("resource", out resource)))
        {
            if (root.Get("request").Get("method").Text() == "DELETE")
                fault = new(FaultKind.NotUnderstood, "Bundle.entry.request.method", "DELETE",
                    "Records are not deleted over FHIR. Send the corrected resource instead; its earlier versions stay readable.");
            document.Dispose();
            return null;
        }
        if (resource.Get("resourceType").Text() is { Length: > 0 } type)
            return new(document, resource, type, isBundle ? root.Get("fullUrl").Text() : null);
        fault = new(FaultKind.NotJson, "resourceType", null, "It is no FHIR resource: it has no resourceType. Send FHIR R4 as JSON.");
        document.Dispose();
        return null;
    }

    public void Dispose() => document.Dispose();
}

/// <summary>JSON without what readers take differently: bytes that are no text, a name twice in one object, half a character, depth without end.</summary>
static class StrictJson
{
    static readonly JsonDocumentOptions Strict = new() { MaxDepth = FhirFile.Deepest, AllowDuplicateProperties = false };

    /// <summary>One value; nothing, and a fault, where it can't be used.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> bytes, out Fault? fault)
    {
        fault = null;
        if (!Utf8.IsValid(bytes.Span))
        {
            fault = new(FaultKind.NotUtf8, "", null, "It has bytes that are not UTF-8. Send JSON as UTF-8.");
            return null;
        }
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(bytes, Strict);
            // An escape such as \ud800 alone stands for no character, and shows only when its text is asked for.
            if (bytes.Span.IndexOf("\\ud"u8) >= 0 || bytes.Span.IndexOf("\\uD"u8) >= 0) ReadAllText(document.RootElement);
            return document;
        }
        catch (JsonException)
        {
            fault = new(FaultKind.NotJson, "", null, "It is not JSON that can be read: broken, a name twice in one object, or nested deeper than "
                + $"{FhirFile.Deepest} levels. Send each resource whole, on one line.");
        }
        catch (InvalidOperationException)
        {
            fault = new(FaultKind.NotJson, "", null, "It has an escape such as \\ud800 that is half a character. Send text as UTF-8.");
        }
        document?.Dispose();
        return null;
    }

    static void ReadAllText(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String: json.GetString(); break;
            case JsonValueKind.Array:
                foreach (var item in json.EnumerateArray()) ReadAllText(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in json.EnumerateObject())
                {
                    _ = property.Name;
                    ReadAllText(property.Value);
                }
                break;
        }
    }
}

/// <summary>JSON asked in ways that never throw: what is not there, or is of another kind, is empty.</summary>
static class JsonQuestions
{
    public static JsonElement Get(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var found) ? found : default;

    /// <summary>The items of a list; one value alone is a list of one.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray(),
        JsonValueKind.Undefined or JsonValueKind.Null => [],
        _ => [json],
    };

    /// <summary>A string, number or yes/no as its text.</summary>
    public static string? Text(this JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => null,
    };

    /// <summary>System and code of each coding of a CodeableConcept.</summary>
    public static IEnumerable<(string? System, string Code)> Codings(this JsonElement concept) =>
        from coding in concept.Get("coding").Items()
        let code = coding.Get("code").Text()
        where code is { Length: > 0 }
        select (coding.Get("system").Text(), code);

    /// <summary>What a CodeableConcept says, for a message.</summary>
    public static string? Shown(this JsonElement concept)
    {
        var text = new StringBuilder();
        foreach (var (system, code) in concept.Codings()) text.Append(text.Length > 0 ? ", " : "").Append(system).Append('|').Append(code);
        if (text.Length == 0) text.Append(concept.Get("text").Text());
        return text.Length == 0 ? null : text.Length > 100 ? text.ToString(0, 100) + "…" : text.ToString();
    }
}
