using SafetyAudit.Reports;

namespace SafetyAudit.Tests.Reports;

/// <summary>Nobody who has what is shown, the sums included, can tell a number that is not.</summary>
public class SmallNumbersTests
{
    [Fact]
    public void Every_small_number_is_hidden_and_none_can_be_solved_back()
    {
        var dice = new Random(7);
        int hiddenMore = 0, sumsHidden = 0;
        for (int table = 0; table < 20_000; table++)
        {
            bool sumMayHide = dice.Next(2) == 0;
            long[] parts = [.. Enumerable.Range(0, dice.Next(1, 6)).Select(_ => dice.Next(3) switch { 0 => 0L, 1 => dice.Next(1, 7), _ => dice.Next(0, 200) })];
            bool[] hide = SmallNumbers.Hide(parts, sumMayHide);
            for (int i = 0; i < parts.Length; i++) Assert.True(hide[i] || parts[i] is 0 or > 4, string.Join(' ', parts));
            Assert.True(hide[^1] || !sumMayHide || parts.Sum() is 0 or > 4);
            if (!hide.Contains(true)) continue;
            if (hide[^1]) sumsHidden++;
            hiddenMore += parts.Where((p, i) => hide[i] && p > 4).Count();
            // A whole of known size that is one thing only is known with it.
            if (!sumMayHide && (parts.Length == 1 || parts.Sum() == 0)) continue;
            Solver.AssertOpen(parts.Select((p, i) => hide[i] ? (long?)null : p), hide[^1] ? null : parts.Sum(), parts.Where((p, i) => hide[i]).Contains(0) || !hide.Take(parts.Length).Contains(false) ? 0 : 1);
        }
        Assert.True(hiddenMore > 1000 && sumsHidden > 500, "too little was tried");
    }

    [Fact] public void Of_two_parts_with_a_known_sum_one_small_one_hides_both() => Assert.Equal([true, true, false], SmallNumbers.Hide([2, 40], sumMayHide: false));

    [Fact] public void Two_ones_that_add_up_to_two_hide_their_sum() => Assert.Equal([true, true, true], SmallNumbers.Hide([1, 1], sumMayHide: true));

    [Fact] public void Nothing_small_hides_nothing() => Assert.Equal([false, false, false, false], SmallNumbers.Hide([0, 5, 90], sumMayHide: true));

    [Fact] public void Zeros_stay_where_the_sum_can_be_hidden_instead() => Assert.Equal([true, false, false, true], SmallNumbers.Hide([7 - 4, 0, 0], sumMayHide: true));
}

/// <summary>Tries to work out what is hidden from what is shown: whole numbers, a sum, and the least that a hidden number can be.</summary>
static class Solver
{
    /// <param name="parts">Of a sum; hidden ones empty.</param>
    /// <param name="sum">Empty where it is hidden too.</param>
    /// <param name="least">What a hidden part is at least, as far as the rule says: 1, where zeros are always shown.</param>
    public static void AssertOpen(IEnumerable<long?> parts, long? sum, long least)
    {
        var all = parts.ToList();
        int hidden = all.Count(p => p is null);
        // With the sum hidden, each hidden part may be anything from the least on, and so may the sum.
        if (hidden == 0 || sum is not { } known)
        {
            Assert.True(hidden > 0 || sum is not null, "a hidden sum of shown parts is no secret");
            return;
        }
        long rest = known - all.Sum(p => p ?? 0);
        // Each in turn: what the others leave at most and at least.
        long most = rest - (hidden - 1) * least;
        long fewest = hidden == 1 ? rest : least;
        Assert.True(most - fewest >= 1, $"{string.Join(' ', all.Select(p => p?.ToString() ?? "c"))} = {known} has one solution");
    }
}
