namespace SafetyAudit.Statistics;

/// <summary>One simulated clinic group: sessions and events of every month, and what peers' monitoring makes of them.</summary>
/// <remarks>
/// Sessions of a month ~ Poisson(mean); events ~ Poisson(sessions × true rate × own factor × planted ratio), the own factor ~ Gamma with
/// mean 1 and the scenario's coefficient of variation. Everything is indexed month, then family · practitioners + practitioner.
/// </remarks>
public sealed class SimulatedClinic
{
    readonly double[][] events, sessions;
    PeerResult[][]? peers;

    /// <summary>Draws clinic number <paramref name="clinic"/>: the same for the same seed.</summary>
    public SimulatedClinic(ClinicScenario scenario, ulong seed, int clinic)
    {
        Scenario = scenario;
        var random = new SimulationRandom(seed, (ulong)clinic);
        int practitioners = scenario.Practitioners;
        var rates = new double[scenario.Streams];
        for (int s = 0; s < rates.Length; s++)
        {
            double own = scenario.Spread > 0 ? random.GammaWithMeanOne(1 / (scenario.Spread * scenario.Spread)) : 1;
            rates[s] = scenario.Families[s / practitioners].TrueRate * own;
        }
        (events, sessions) = (new double[scenario.Months][], new double[scenario.Months][]);
        for (int t = 0; t < scenario.Months; t++)
        {
            (events[t], sessions[t]) = (new double[rates.Length], new double[rates.Length]);
            for (int i = 0; i < practitioners; i++) sessions[t][i] = random.Poisson(scenario.SessionsPerMonth[i]);
            for (int s = 0; s < rates.Length; s++)
            {
                double n = sessions[t][s] = sessions[t][s % practitioners];
                bool changed = scenario.Change is { } change && s == scenario.ChangedStream && t >= change.Month;
                events[t][s] = random.Poisson(n * rates[s] * (changed ? scenario.Change!.Value.Ratio : 1));
            }
        }
    }

    public ClinicScenario Scenario { get; }

    /// <summary>Events of each stream in a month, counted from the start of the history.</summary>
    public ReadOnlySpan<double> EventsOf(int month) => events[month];

    /// <summary>Sessions of each stream in a month.</summary>
    public ReadOnlySpan<double> SessionsOf(int month) => sessions[month];

    /// <summary>
    /// The watched months through <see cref="PeerMonitoring"/>, worked out once for all rules that read them. Its CUSUMs run without a threshold
    /// here: each rule runs its own at its own budget.
    /// </summary>
    public IReadOnlyList<PeerResult[]> Peers => peers ??= Watch();

    PeerResult[][] Watch()
    {
        var monitoring = new PeerMonitoring([.. Scenario.Families.Select(f => f.Published)], Scenario.Practitioners);
        for (int t = 0; t < Scenario.History; t++) monitoring.Learn(events[t], sessions[t]);
        var results = new PeerResult[Scenario.Watched][];
        var without = new double[Scenario.Streams];
        Array.Fill(without, double.PositiveInfinity);
        for (int t = 0; t < Scenario.Watched; t++)
            monitoring.Judge(events[Scenario.History + t], sessions[Scenario.History + t], without, without, results[t] = new PeerResult[Scenario.Streams]);
        return results;
    }
}
