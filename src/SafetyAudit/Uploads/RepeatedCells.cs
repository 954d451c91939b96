namespace SafetyAudit.Uploads;

/// <summary>
/// What the cells of one column were read as: most columns say the same few things again and again. Only cells without a fault are remembered, few of them
/// and short ones; a column that rarely repeats itself is left alone. For one reader at a time.
/// </summary>
sealed class RepeatedCells<TValue>
{
    const int Places = 256, Longest = 64, TrialLookups = 2_000;

    readonly (byte[] Cell, TValue Value)[] held = new (byte[], TValue)[Places];
    int lookups, found;

    public bool TryGet(ReadOnlySpan<byte> cell, out TValue value)
    {
        value = default!;
        if (cell.Length > Longest || lookups < 0) return false;
        ref var place = ref held[PlaceOf(cell)];
        bool same = place.Cell is { } known && cell.SequenceEqual(known);
        if (same)
        {
            value = place.Value;
            found++;
        }
        // Judged anew again and again: a file sorted by clinic repeats itself for a while and then doesn't.
        if (++lookups == TrialLookups) (lookups, found) = (found < TrialLookups / 2 ? -1 : 0, 0);
        return same;
    }

    public void Add(ReadOnlySpan<byte> cell, TValue value)
    {
        if (cell.Length <= Longest && lookups >= 0) held[PlaceOf(cell)] = (cell.ToArray(), value);
    }

    static int PlaceOf(ReadOnlySpan<byte> cell)
    {
        uint hash = 2166136261;
        foreach (byte b in cell) hash = (hash ^ b) * 16777619;
        return (int)((hash ^ hash >> 16) % Places);
    }
}
