namespace SafetyAudit.Reports;

/// <summary>
/// Suppression of small numbers in what is made public: counts of 1 to 4 are not shown, and beside them as many others as it takes that none can be solved back from a sum that is. Zeros are
/// shown, unless what is shown would otherwise give a small number away.
/// </summary>
public static class SmallNumbers
{
    /// <summary>The largest number that is not shown.</summary>
    public const int Largest = 4;

    /// <summary>How the rule reads.</summary>
    public const string Rule = "Counts of events, answers and reviews of 1 to 4 are not shown (c), nor what would let them be worked out: rates and ratios of them, and further counts of the same sum. A count that is not shown may therefore be larger than 4, and where nothing of a sum is shown it may be 0.";

    public static bool IsSmall(long count) => count is > 0 and <= Largest;

    /// <summary>Whether a part of a whole may be shown where the whole is: neither it nor what is left is small.</summary>
    public static bool MayShow(long part, long whole) => !IsSmall(part) && !IsSmall(whole - part);

    /// <summary>Which parts of a sum to hide, and last whether to hide the sum itself.</summary>
    /// <param name="parts">Counts that add up to the sum.</param>
    /// <param name="sumMayHide">Whether the sum is shown here only; otherwise it is taken for known.</param>
    public static bool[] Hide(IReadOnlyList<long> parts, bool sumMayHide)
    {
        bool[] hidden = [.. parts.Select(IsSmall), sumMayHide && IsSmall(parts.Sum())];
        while (!hidden[^1] && CanBeSolved(parts, hidden))
        {
            // The least of what is still shown costs least; a zero only where nothing else is left.
            int next = Enumerable.Range(0, parts.Count).Where(i => !hidden[i]).OrderBy(i => parts[i] == 0).ThenBy(i => parts[i]).FirstOrDefault(-1);
            if (sumMayHide && (next < 0 || parts[next] == 0)) hidden[^1] = true;
            else if (next >= 0) hidden[next] = true;
            else break;
        }
        return hidden;
    }

    // With the sum known, what is hidden adds up to a known rest. Each of k hidden parts is at least 1, unless zeros are hidden too, as they are where everything is: one value alone is possible where the rest is k, or where k is 1.
    static bool CanBeSolved(IReadOnlyList<long> parts, bool[] hidden)
    {
        var values = parts.Where((_, i) => hidden[i]).ToList();
        long least = values.Contains(0) || values.Count == parts.Count ? 0 : 1;
        return values.Count == 1 || values.Count > 1 && values.Sum() <= least * values.Count;
    }
}
