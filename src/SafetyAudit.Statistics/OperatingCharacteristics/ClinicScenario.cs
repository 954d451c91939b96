namespace SafetyAudit.Statistics;

/// <summary>A family of events in a simulation.</summary>
/// <param name="Published">What the literature says of its rate, events a session.</param>
/// <param name="TrueRate">The rate that the simulated clinic really has.</param>
public readonly record struct SimulatedFamily(GammaRate Published, double TrueRate)
{
    /// <summary>A clinic that is as the literature says.</summary>
    public SimulatedFamily(GammaRate published) : this(published, published.Mean) { }
}

/// <summary>A planted change: from a month on, one practitioner's rate in one family is multiplied.</summary>
/// <param name="Family">Index of the family.</param>
/// <param name="Practitioner">Index of the practitioner.</param>
/// <param name="Month">First month of the change, counted from the start of the history; 0: it was always so.</param>
/// <param name="Ratio">Factor, above 0.</param>
public readonly record struct PlantedChange(int Family, int Practitioner, int Month, double Ratio = 2);

/// <summary>
/// A clinic group as simulated: practitioners with their own volumes, families with their rates, some months of history that are learned
/// from and the months that are then watched.
/// </summary>
/// <param name="Families">Families of events.</param>
/// <param name="SessionsPerMonth">Mean sessions a month of each practitioner; the months' sessions are Poisson counts.</param>
/// <param name="History">Months before the watch begins.</param>
/// <param name="Watched">Months watched.</param>
/// <param name="Spread">Coefficient of variation of the true rates, drawn anew for every practitioner and family; 0 for none.</param>
/// <param name="Change">The planted change, or null while nothing is wrong.</param>
public sealed record ClinicScenario(
    IReadOnlyList<SimulatedFamily> Families, IReadOnlyList<double> SessionsPerMonth,
    int History = 12, int Watched = 24, double Spread = 0, PlantedChange? Change = null)
{
    public int Practitioners => SessionsPerMonth.Count;

    public int Streams => Families.Count * Practitioners;

    public int Months => History + Watched;

    /// <summary>The stream that was changed, or −1.</summary>
    public int ChangedStream => Change is { } change ? change.Family * Practitioners + change.Practitioner : -1;

    /// <summary>First watched month, from 0, in which a planted change could be seen: 0 unless the change comes later.</summary>
    public int FirstMonthOfChange => Change is { } change ? Math.Max(0, change.Month - History) : 0;

    /// <summary>Mean sessions that rise by a constant factor from the first practitioner to the last, in whole sessions.</summary>
    /// <param name="practitioners">At least 2.</param>
    /// <param name="least">Sessions a month of the first.</param>
    /// <param name="most">Sessions a month of the last.</param>
    public static double[] VolumesBetween(int practitioners, double least, double most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(practitioners, 2);
        if (!(least > 0 && double.IsFinite(least))) throw new ArgumentOutOfRangeException(nameof(least), "Sessions a month are finite and above 0.");
        if (!(most > 0 && double.IsFinite(most))) throw new ArgumentOutOfRangeException(nameof(most), "Sessions a month are finite and above 0.");
        var volumes = new double[practitioners];
        for (int i = 0; i < practitioners; i++) volumes[i] = Math.Round(least * Math.Pow(most / least, i / (practitioners - 1.0)));
        return volumes;
    }
}
