using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>What a reference leads to: the facts of the resource that records need.</summary>
/// <param name="Type">Its resource type.</param>
/// <param name="Id">Our id of it; for a role, its practitioner's.</param>
/// <param name="Clinic">The clinic it belongs to, where it names one of ours.</param>
/// <param name="Start">When an encounter began.</param>
/// <param name="End">When it ended.</param>
/// <param name="Practitioners">Who took part in an encounter, in order, separated by line breaks.</param>
sealed record Target(string Type, string? Id, string? Clinic, string? Start = null, string? End = null, string Practitioners = "");

/// <summary>
/// Follows references within one file. Where each resource stands is held as a fingerprint and an offset, 16 bytes for each name it goes by, and it is read
/// again when it is asked for: so a file of any order is read with little memory.
/// </summary>
/// <remarks>
/// Understood are <c>Patient/1</c>, an absolute address, <c>urn:uuid:…</c>, <c>#contained</c>, a logical reference by identifier, and the conditional
/// <c>Patient?identifier=system|value</c>. A reference that leads nowhere in the file is never guessed at: the same resource sent with other company would else
/// get another id. Two resources of one name are well if they say the same.
/// </remarks>
sealed class References : IDisposable
{
    const int MostHeld = 20_000, MostNested = 4;
    const string ByIdentifier = "?identifier=";

    readonly Stream stream;
    readonly bool isBundle;
    readonly List<(long Fingerprint, long Offset)> places;
    readonly Dictionary<string, Target?> held = [];
    int nested;

    References(Stream stream, bool isBundle, List<(long, long)> places) => (this.stream, this.isBundle, this.places) = (stream, isBundle, places);

    /// <summary>Goes through the whole file once.</summary>
    /// <param name="content">Opens it.</param>
    /// <param name="types">How many resources of each type there are is written here; unreadable ones under the empty name.</param>
    /// <param name="referable">The types that can be led to; none to count only.</param>
    public static References Of(Func<Stream> content, Dictionary<string, long> types, IReadOnlySet<string> referable)
    {
        var places = new List<(long, long)>();
        using var file = FhirFile.Open(content);
        while (file.Read())
        {
            Fault? fault = null;
            using var entry = file.TooLong ? null : Entry.Parse(file.Bytes, file.IsBundle, out fault);
            if (entry is null && (file.TooLong || fault is not null)) Count("");
            if (entry is null) continue;
            Count(entry.Type);
            if (!referable.Contains(entry.Type)) continue;
            foreach (string name in NamesOf(entry.Type, entry.Resource, entry.FullUrl)) places.Add((Fingerprint(name), file.Offset));
            // A role is looked for from its practitioner's side.
            string? practitioner = entry.Type == "PractitionerRole" ? NameOf(entry.Resource.Get("practitioner"), "Practitioner", file.IsBundle) : null;
            if (practitioner is not null) places.Add((Fingerprint("role of " + practitioner), file.Offset));
        }
        places.Sort();
        return new(content(), file.IsBundle, places);

        void Count(string type)
        {
            // Names of types come from the file: a hostile one must not fill memory with them.
            if (types.Count < 200 || types.ContainsKey(type)) types[type] = types.GetValueOrDefault(type) + 1;
        }
    }

    /// <summary>Where a reference leads.</summary>
    /// <param name="reference">The Reference.</param>
    /// <param name="type">The type that is expected where the reference does not say.</param>
    /// <param name="root">The resource it stands in, with what that contains.</param>
    /// <param name="problem">Why it leads nowhere; null where there is no reference at all.</param>
    public Target? Follow(JsonElement reference, string type, JsonElement root, out string? problem)
    {
        problem = null;
        if (reference.ValueKind != JsonValueKind.Object) return null;
        string? address = reference.Get("reference").Text();
        if (address is ['#', .. var local])
        {
            foreach (var contained in root.Get("contained").Items())
                if (contained.Get("id").Text() == local) return FactsOf(contained, contained.Get("resourceType").Text() ?? "", isContained: true, root);
            problem = $"The resource contains nothing with the id {local}. Correct the reference, or put it in.";
            return null;
        }
        if (NameOf(reference, type, isBundle) is not { } name) return null;
        if (!held.TryGetValue(name, out var target))
        {
            var found = new HashSet<Target>();
            foreach (var (resource, resourceType, fullUrl) in Named(name))
                using (resource) found.Add(FactsOf(resource.Resource, resourceType, isContained: false, resource.Resource));
            if (found.Count > 1)
            {
                problem = $"Several resources of the file go by {name} and differ. Send one of them.";
                return null;
            }
            target = found.FirstOrDefault();
            // By identifier alone: the identifier is the id, whether or not the resource came with it.
            if (target is null && name.Split(ByIdentifier, 2) is [var named, var identifier] && identifier.Split('|', 2) is [var system, var value])
                target = new(named, value, system == FhirCodes.Clinic ? value : null);
            if (held.Count >= MostHeld) held.Clear();
            held[name] = target;
        }
        if (target is null) problem = $"{name} is not in the file. Put it into the same file or Bundle, or refer to it by its identifier.";
        return target;
    }

    /// <summary>The roles that name a practitioner.</summary>
    public IEnumerable<Entry> RolesOf(JsonElement practitioner, string? fullUrl)
    {
        var seen = new HashSet<long>();
        foreach (string name in NamesOf("Practitioner", practitioner, fullUrl))
            foreach (long offset in At("role of " + name))
                if (seen.Add(offset) && Load(offset) is { } role)
                    using (role)
                        if (role.Type == "PractitionerRole" && NameOf(role.Resource.Get("practitioner"), "Practitioner", isBundle) == name) yield return role;
    }

    /// <summary>The clinic that a reference to an organisation or a place leads to. Others than ours are no clinic here, and no mistake.</summary>
    public string? ClinicOf(JsonElement reference, JsonElement root) => Follow(reference, "Organization", root, out _)?.Clinic;

    public void Dispose() => stream.Dispose();

    /// <summary>Which of a resource's identifiers is our id: one of our own system before others, then by use, then by system and value; else its id.</summary>
    public static string? IdOf(JsonElement resource, bool isContained)
    {
        var best = resource.Get("identifier").Items()
            .Select(i => (System: i.Get("system").Text() ?? "", Value: i.Get("value").Text() ?? "", Use: i.Get("use").Text()))
            .Where(i => i.Value.Length > 0 && i.Use != "old" && i.System != FhirCodes.Clinic)
            .OrderBy(i => i.System == FhirCodes.Identifier ? 0 : i.Use switch { "official" => 1, "usual" => 2, null => 3, _ => 4 })
            .ThenBy(i => i.System, StringComparer.Ordinal).ThenBy(i => i.Value, StringComparer.Ordinal).Select(i => i.Value).FirstOrDefault();
        return best ?? (isContained ? null : resource.Get("id").Text());
    }

    Target FactsOf(JsonElement resource, string type, bool isContained, JsonElement root)
    {
        // An encounter leads to a place, that to an organisation, that to another: round and round, if someone wishes.
        if (nested == MostNested) return new(type, null, null);
        nested++;
        try
        {
            string? clinic = resource.Get("identifier").Items().Where(i => i.Get("system").Text() == FhirCodes.Clinic).Select(i => i.Get("value").Text())
                .FirstOrDefault();
            switch (type)
            {
                case "Encounter":
                    var people = resource.Get("participant").Items().Select(p => Follow(p.Get("individual"), "Practitioner", root, out _)).OfType<Target>()
                        .Where(t => t.Type is "Practitioner" or "PractitionerRole").Select(t => t.Id).OfType<string>().Distinct();
                    clinic = ClinicOf(resource.Get("serviceProvider"), root)
                        ?? resource.Get("location").Items().Select(l => ClinicOf(l.Get("location"), root)).FirstOrDefault(c => c is not null);
                    return new(type, IdOf(resource, isContained), clinic, resource.Get("period").Get("start").Text(), resource.Get("period").Get("end").Text(),
                        string.Join('\n', people));
                case "PractitionerRole":
                    return new(type, Follow(resource.Get("practitioner"), "Practitioner", root, out _)?.Id, ClinicOf(resource.Get("organization"), root));
                case "Location":
                    return new(type, IdOf(resource, isContained), clinic ?? ClinicOf(resource.Get("managingOrganization"), root));
                default:
                    return new(type, IdOf(resource, isContained), clinic);
            }
        }
        finally { nested--; }
    }

    IEnumerable<(Entry Entry, string Type, string? FullUrl)> Named(string name)
    {
        foreach (long offset in At(name))
            if (Load(offset) is { } entry)
            {
                // Fingerprints may agree by chance; names don't.
                if (NamesOf(entry.Type, entry.Resource, entry.FullUrl).Contains(name)) yield return (entry, entry.Type, entry.FullUrl);
                else entry.Dispose();
            }
    }

    IEnumerable<long> At(string name)
    {
        long fingerprint = Fingerprint(name);
        int place = places.BinarySearch((fingerprint, long.MinValue));
        for (place = place < 0 ? ~place : place; place < places.Count && places[place].Fingerprint == fingerprint; place++) yield return places[place].Offset;
    }

    Entry? Load(long offset) => FhirFile.ResourceAt(stream, offset) is { } bytes ? Entry.Parse(bytes, isBundle, out _) : null;

    // The names a resource goes by: its address in the Bundle, its type and id, and its identifiers where others refer to it by those.
    static IEnumerable<string> NamesOf(string type, JsonElement resource, string? fullUrl)
    {
        if (fullUrl is { Length: > 0 }) yield return fullUrl;
        if (resource.Get("id").Text() is { Length: > 0 } id) yield return $"{type}/{id}";
        if (type is "Encounter") yield break;
        foreach (var identifier in resource.Get("identifier").Items())
            if (identifier.Get("value").Text() is { Length: > 0 } value) yield return $"{type}{ByIdentifier}{identifier.Get("system").Text()}|{value}";
    }

    // The name by which a reference calls what it leads to. In a file without addresses, http://server/fhir/Patient/1 is Patient/1.
    static string? NameOf(JsonElement reference, string expected, bool isBundle)
    {
        if (reference.Get("reference").Text() is { Length: > 0 } address)
        {
            int version = address.IndexOf("/_history/", StringComparison.Ordinal);
            if (version > 0) address = address[..version];
            if (address.Split(ByIdentifier, 2) is [var type, var escaped])
            {
                string asked = Uri.UnescapeDataString(escaped);
                return type + ByIdentifier + (asked.Contains('|', StringComparison.Ordinal) ? asked : "|" + asked);
            }
            return !isBundle && address.StartsWith("http", StringComparison.Ordinal) && address.Split('/') is [.., var last, var id] ? $"{last}/{id}" : address;
        }
        var identifier = reference.Get("identifier");
        return identifier.Get("value").Text() is { Length: > 0 } value
            ? $"{reference.Get("type").Text() ?? expected}{ByIdentifier}{identifier.Get("system").Text()}|{value}" : null;
    }

    static long Fingerprint(string name) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
