namespace SafetyAudit.Statistics;

/// <summary>How many false alarms are to be expected over all units, families and looks, and how a budget is shared out.</summary>
/// <remarks>Limits on whole counts are cautious: the attained tail of each look is summed, not the
/// nominal one. Sums hold whether or not looks depend on each other.</remarks>
public static class FalseAlarms
{
    /// <summary>Expected number of looks that lie high by chance: Σ P(X ≥ smallest signal).</summary>
    /// <param name="expected">Expected events of every look; 0 can't signal.</param>
    /// <param name="tail">One-sided level of each look.</param>
    /// <param name="shape">Shape of the rate; infinite for a known one.</param>
    public static double ExpectedHigh(ReadOnlySpan<double> expected, double tail, double shape = double.PositiveInfinity)
    {
        Check(expected, tail, shape);
        double sum = 0;
        foreach (double mean in expected) if (mean > 0) sum += NegativeBinomial.WithMean(shape, mean).AtLeast(Detectability.SmallestSignal(mean, tail, shape));
        return sum;
    }

    /// <summary>Expected number of looks that lie low by chance.</summary>
    /// <inheritdoc cref="ExpectedHigh" path="/param"/>
    public static double ExpectedLow(ReadOnlySpan<double> expected, double tail, double shape = double.PositiveInfinity)
    {
        Check(expected, tail, shape);
        double sum = 0;
        foreach (double mean in expected)
        {
            var at = NegativeBinomial.WithMean(shape, mean);
            sum += at.AtMost(CountSearch.LowestNotLow(at, tail, mean, at.Deviation) - 1);
        }
        return sum;
    }

    /// <summary>What each of K streams may spend of a yearly budget, budget/K.</summary>
    /// <param name="budgetPerYear">False alarms a practitioner-year, above 0.</param>
    /// <param name="streams">Live streams, 1 or more.</param>
    public static double PerStream(double budgetPerYear, int streams)
    {
        if (!(budgetPerYear > 0 && double.IsFinite(budgetPerYear)))
            throw new ArgumentOutOfRangeException(nameof(budgetPerYear), "A budget is finite and above 0.");
        ArgumentOutOfRangeException.ThrowIfLessThan(streams, 1);
        return budgetPerYear / streams;
    }

    /// <summary>Expected false alarms of a group: streams × yearly probability × years.</summary>
    /// <param name="practitioners">Practitioners watched.</param>
    /// <param name="streams">Streams of each.</param>
    /// <param name="perStreamYear">Probability that a stream signals falsely within a year.</param>
    /// <param name="years">Years.</param>
    public static double OverYears(int practitioners, int streams, double perStreamYear, double years)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(practitioners);
        ArgumentOutOfRangeException.ThrowIfNegative(streams);
        if (!(perStreamYear >= 0 && perStreamYear <= 1)) throw new ArgumentOutOfRangeException(nameof(perStreamYear), "A probability is from 0 to 1.");
        if (!(years >= 0 && double.IsFinite(years))) throw new ArgumentOutOfRangeException(nameof(years), "Years are finite and 0 or more.");
        return practitioners * (double)streams * perStreamYear * years;
    }

    static void Check(ReadOnlySpan<double> expected, double tail, double shape)
    {
        if (!(tail > 0 && tail < 1)) throw new ArgumentOutOfRangeException(nameof(tail), "A level is between 0 and 1.");
        if (!(shape > 0)) throw new ArgumentOutOfRangeException(nameof(shape), "A shape is above 0; infinite for a known rate.");
        foreach (double mean in expected)
            if (!(mean >= 0 && double.IsFinite(mean))) throw new ArgumentOutOfRangeException(nameof(expected), "Expected events are finite and 0 or more.");
    }
}
