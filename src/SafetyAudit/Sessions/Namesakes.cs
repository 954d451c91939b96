namespace SafetyAudit.Sessions;

/// <summary>People and clinics of one name.</summary>
public static class Namesakes
{
    /// <summary>What they are called: by their names, and namesakes by their ids too, so that none is taken for another.</summary>
    /// <param name="named">Names by id, of all that may stand beside each other.</param>
    public static Dictionary<string, string> ToldApart(IReadOnlyDictionary<string, string> named)
    {
        var shared = named.Values.GroupBy(name => name).Where(g => g.Skip(1).Any()).Select(g => g.Key).ToHashSet();
        return named.ToDictionary(n => n.Key, n => shared.Contains(n.Value) ? $"{n.Value} ({n.Key})" : n.Value);
    }
}
