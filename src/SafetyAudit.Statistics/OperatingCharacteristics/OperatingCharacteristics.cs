namespace SafetyAudit.Statistics;

/// <summary>An estimate from a simulation with its standard error.</summary>
public readonly record struct Estimate(double Value, double StandardError);

/// <summary>How one rule did over all simulated clinics.</summary>
/// <param name="Rule">Its name.</param>
/// <param name="AlertsPerPractitionerYear">False alerts: those of the changed stream aren't counted. Months raised one after another are one alert.</param>
/// <param name="ShareFlagged">Share of practitioners with any alert while watched, the changed one included.</param>
/// <param name="FirstMonths">Of each clinic, the month since the change (from 1) in which the changed stream was first raised; null if
/// never. Empty where nothing was changed.</param>
public sealed record RuleResult(string Rule, Estimate AlertsPerPractitionerYear, Estimate ShareFlagged, IReadOnlyList<int?> FirstMonths)
{
    /// <summary>Share of clinics in which the change was found within so many months. Not a number where nothing was changed.</summary>
    public Estimate FoundWithin(int months)
    {
        double share = FirstMonths.Count(month => month <= months) / (double)FirstMonths.Count;
        return new(share, Math.Sqrt(share * (1 - share) / FirstMonths.Count));
    }

    /// <summary>The first month by which half of the clinics have found the change, or null.</summary>
    public int? MedianMonths => FirstMonths.OrderBy(month => month ?? int.MaxValue).ElementAtOrDefault((FirstMonths.Count - 1) / 2);
}

/// <summary>
/// False alerts and detection of monitoring rules by simulation: many clinics of one scenario, every rule on the same clinics. The rules
/// are those the product runs and those its peers use.
/// </summary>
/// <remarks>
/// Clinics are drawn from generators of their own and counted in order, so that results depend on the seed and not on the number
/// of threads. Standard errors are between clinics, whose practitioners depend on each other. Reference: <c>oc_clinic_group.csv</c>, <c>oc_recommended.csv</c>.
/// </remarks>
public static class OperatingCharacteristics
{
    /// <summary>Simulates and counts.</summary>
    /// <param name="scenario">The clinic group.</param>
    /// <param name="rules">Rules to compare.</param>
    /// <param name="clinics">How many clinics, at least 2.</param>
    /// <param name="seed">The same seed gives the same answer.</param>
    /// <param name="threads">Most threads at a time; −1 for as many as there are processors.</param>
    public static IReadOnlyList<RuleResult> Simulate(ClinicScenario scenario, IReadOnlyList<DetectionRule> rules, int clinics, ulong seed, int threads = -1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clinics, 2);
        var counted = new Count[clinics][];
        Parallel.For(0, clinics, new ParallelOptions { MaxDegreeOfParallelism = threads }, c =>
        {
            var clinic = new SimulatedClinic(scenario, seed, c);
            var raised = new bool[scenario.Watched * scenario.Streams];
            counted[c] = new Count[rules.Count];
            for (int r = 0; r < rules.Count; r++)
            {
                Array.Clear(raised);
                rules[r].Raise(clinic, raised);
                counted[c][r] = CountIn(scenario, raised);
            }
        });
        double years = scenario.Practitioners * scenario.Watched / 12.0;
        return [.. rules.Select((rule, r) => new RuleResult(rule.Name,
            MeanOf(counted.Select(count => count[r].Alerts / years)), MeanOf(counted.Select(count => count[r].Flagged / (double)scenario.Practitioners)),
            scenario.Change is null ? [] : [.. counted.Select(count => count[r].First)]))];
    }

    readonly record struct Count(int Alerts, int Flagged, int? First);

    static Count CountIn(ClinicScenario scenario, ReadOnlySpan<bool> raised)
    {
        int alerts = 0, streams = scenario.Streams, changed = scenario.ChangedStream;
        var flagged = new bool[scenario.Practitioners];
        int? first = null;
        for (int t = 0; t < scenario.Watched; t++)
            for (int s = 0; s < streams; s++)
            {
                if (!raised[t * streams + s]) continue;
                flagged[s % scenario.Practitioners] = true;
                if (s != changed && (t == 0 || !raised[(t - 1) * streams + s])) alerts++;
                if (s == changed && t >= scenario.FirstMonthOfChange) first ??= t - scenario.FirstMonthOfChange + 1;
            }
        return new(alerts, flagged.Count(any => any), first);
    }

    static Estimate MeanOf(IEnumerable<double> figures)
    {
        double sum = 0, squares = 0;
        int n = 0;
        foreach (double x in figures) (sum, squares, n) = (sum + x, squares + x * x, n + 1);
        double mean = sum / n, variance = Math.Max(0, squares / n - mean * mean) * n / (n - 1);
        return new(mean, Math.Sqrt(variance / n));
    }
}
