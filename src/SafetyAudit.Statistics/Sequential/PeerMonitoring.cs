namespace SafetyAudit.Statistics;

/// <summary>Whether a month could be judged.</summary>
public enum PeerState
{
    /// <summary>No baseline and no peers' sessions yet: nothing is said, the other figures stand at 0 and the tails at 1. Not to be read as "fine".</summary>
    NotAssessed,

    Judged,
}

/// <summary>What one month says of one practitioner in one family of events.</summary>
/// <param name="State">Whether anything could be said.</param>
/// <param name="Peers">Peers' rate: prior plus the events and sessions of all others in the months before.</param>
/// <param name="TauSquared">Ordinary spread between practitioners, this one left out.</param>
/// <param name="Null">The rate the CUSUM tests against: the peers' mean, with a shape that spread has made smaller.</param>
/// <param name="Up">The learning CUSUM for a rise.</param>
/// <param name="Down">For a fall: check the records.</param>
/// <param name="WindowEvents">Events of the window's months, this one included.</param>
/// <param name="WindowSessions">Sessions of the window's months.</param>
/// <param name="Window">The count to expect in the window.</param>
/// <param name="High">Mid-P upper tail of the window's events; 1, like the low one, where no baseline is known and no peer worked in the window.</param>
/// <param name="Low">Mid-P lower tail.</param>
/// <param name="HighAdjusted">The same after Benjamini–Hochberg over all practitioners and families of the month.</param>
/// <param name="LowAdjusted">Likewise.</param>
public readonly record struct PeerResult(
    PeerState State, GammaRate Peers, double TauSquared, GammaRate Null, LearningCusumStep Up, LearningCusumStep Down,
    double WindowEvents, double WindowSessions, NegativeBinomial Window, double High, double Low, double HighAdjusted, double LowAdjusted);

/// <summary>
/// A group of practitioners watched month by month, each against the others: peers' rate, spread left
/// one out, learning CUSUM in both directions, and false-discovery control of the
/// latest window. The methods are those of <see cref="GammaRate"/>, <see cref="Spread"/>, <see
/// cref="LearningCusum"/> and <see cref="FalseDiscovery"/>; this puts them in order.
/// </summary>
/// <remarks>
/// Everything is indexed family × practitioner: family · practitioners + practitioner. Sessions
/// are those at risk in the family. Nothing is allocated in a month but what
/// <see cref="Judge"/> is given to fill. Reference: <c>alert_data.csv</c>, <c>alert_baseline.csv</c>, <c>alert_expected.csv</c>, 1e-9.
/// </remarks>
public sealed class PeerMonitoring
{
    readonly GammaRate[] priors;
    readonly int practitioners, window, history;
    readonly LearningCusum[] up, down;

    // Rings of the last months, and running sums over all of them and over the window.
    readonly double[] events, sessions, sumEvents, sumSessions, windowEvents, windowSessions, familyEvents, familySessions;
    readonly double[] numerator, denominator, high, low, adjusted;
    readonly int[] judged;
    int months;

    /// <param name="priors">Baseline of each family.</param>
    /// <param name="practitioners">How many practitioners.</param>
    /// <param name="window">Months of the false-discovery look.</param>
    /// <param name="history">Months of peers' data that are remembered, so that slow drift of all is followed.</param>
    /// <param name="ratioUp">Rise looked for.</param>
    /// <param name="ratioDown">Fall looked for.</param>
    /// <exception cref="ArgumentOutOfRangeException">No practitioner, no window, or a history shorter than the window.</exception>
    public PeerMonitoring(ReadOnlySpan<GammaRate> priors, int practitioners, int window = 12, int history = 36, double ratioUp = 2, double ratioDown = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(practitioners, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(history, window);
        foreach (var prior in priors)
            if (!(prior.Shape > 0)) throw new ArgumentOutOfRangeException(nameof(priors),
                "Every family has a baseline; GammaRate.Unknown where nothing is known.");
        this.priors = priors.ToArray();
        (this.practitioners, this.window, this.history) = (practitioners, window, history);
        int streams = Streams;
        (events, sessions) = (new double[history * streams], new double[history * streams]);
        (sumEvents, sumSessions, windowEvents, windowSessions) = (new double[streams], new double[streams], new double[streams], new double[streams]);
        (familyEvents, familySessions) = (new double[priors.Length], new double[priors.Length]);
        (numerator, denominator) = (new double[practitioners], new double[practitioners]);
        (high, low, adjusted, judged) = (new double[streams], new double[streams], new double[streams], new int[streams]);
        (up, down) = (new LearningCusum[streams], new LearningCusum[streams]);
        Array.Fill(up, new LearningCusum(ratioUp));
        Array.Fill(down, new LearningCusum(ratioDown));
    }

    /// <summary>Families × practitioners.</summary>
    public int Streams => priors.Length * practitioners;

    /// <summary>A month that is learned from but not judged, such as the first year.</summary>
    public void Learn(ReadOnlySpan<double> monthEvents, ReadOnlySpan<double> monthSessions) => Remember(monthEvents, monthSessions);

    /// <summary>What the coming month will be judged against, for choosing its threshold.</summary>
    public GammaRate NullOf(int family, int practitioner)
    {
        SpreadSums();
        return NullFrom(PeersOf(family, family * practitioners + practitioner), TauSquaredOf(practitioner));
    }

    /// <summary>Judges a month and learns from it.</summary>
    /// <param name="monthEvents">Events per stream.</param>
    /// <param name="monthSessions">Sessions at risk per stream.</param>
    /// <param name="thresholdsUp">h per stream, for a rise.</param>
    /// <param name="thresholdsDown">h per stream, for a fall.</param>
    /// <param name="results">Receives one result per stream.</param>
    /// <exception cref="ArgumentException">A list isn't one figure per stream.</exception>
    public void Judge(
        ReadOnlySpan<double> monthEvents, ReadOnlySpan<double> monthSessions, ReadOnlySpan<double> thresholdsUp, ReadOnlySpan<double> thresholdsDown,
            Span<PeerResult> results)
    {
        if (thresholdsUp.Length != Streams || thresholdsDown.Length != Streams || results.Length != Streams)
            throw new ArgumentException("One figure per stream.", nameof(results));
        Check(monthEvents, monthSessions);
        for (int s = 0; s < Streams; s++)
            if (!(thresholdsUp[s] > 0 && thresholdsDown[s] > 0)) throw new ArgumentOutOfRangeException(nameof(thresholdsUp), "Thresholds are above 0.");
        SpreadSums();
        for (int f = 0; f < priors.Length; f++)
            for (int i = 0; i < practitioners; i++)
            {
                int s = f * practitioners + i;
                var peers = PeersOf(f, s);
                double tau = TauSquaredOf(i);
                var rate = NullFrom(peers, tau);
                if (!rate.IsKnown)
                {
                    results[s] = new(PeerState.NotAssessed, peers, tau, rate, default, default, 0, 0, default, 1, 1, 1, 1);
                    continue;
                }
                results[s] = new(PeerState.Judged, peers, tau, rate,
                    up[s].Add(monthEvents[s], monthSessions[s], rate, thresholdsUp[s]), down[s].Add(monthEvents[s], monthSessions[s], rate, thresholdsDown[s]),
                    0, 0, default, 0, 0, 0, 0);
            }
        Remember(monthEvents, monthSessions);
        int count = 0;
        for (int f = 0; f < priors.Length; f++)
        {
            double allEvents = 0, allSessions = 0;
            for (int s = f * practitioners; s < (f + 1) * practitioners; s++)
            {
                allEvents += windowEvents[s];
                allSessions += windowSessions[s];
            }
            for (int s = f * practitioners; s < (f + 1) * practitioners; s++)
            {
                var peers = priors[f].After(Math.Max(0, allEvents - windowEvents[s]), Math.Max(0, allSessions - windowSessions[s]));
                results[s] = results[s] with { WindowEvents = windowEvents[s], WindowSessions = windowSessions[s] };
                if (results[s].State == PeerState.NotAssessed) continue;
                if (!peers.IsKnown)
                {
                    results[s] = results[s] with { High = 1, Low = 1, HighAdjusted = 1, LowAdjusted = 1 };
                    continue;
                }
                var expected = NegativeBinomial.WithMean(Spread.Widen(peers.Shape, results[s].TauSquared), windowSessions[s] * peers.Mean);
                long y = (long)windowEvents[s];
                double mass = expected.Mass(y) / 2, atLeast = expected.AtLeast(y), atMost = expected.AtMost(y);
                // The tail that is small by its own sum, the other as what is left.
                high[count] = atLeast < 0.5 ? atLeast - mass : 1 - (atMost - mass);
                low[count] = atLeast < 0.5 ? 1 - high[count] : atMost - mass;
                results[s] = results[s] with { Window = expected, High = high[count], Low = low[count] };
                judged[count++] = s;
            }
        }
        FalseDiscovery.BenjaminiHochberg(high.AsSpan(0, count), adjusted);
        for (int i = 0; i < count; i++) results[judged[i]] = results[judged[i]] with { HighAdjusted = adjusted[i] };
        FalseDiscovery.BenjaminiHochberg(low.AsSpan(0, count), adjusted);
        for (int i = 0; i < count; i++) results[judged[i]] = results[judged[i]] with { LowAdjusted = adjusted[i] };
    }

    // What is left when a practitioner's own are taken away may fall below 0 by a rounding.
    GammaRate PeersOf(int family, int stream) =>
        priors[family].After(Math.Max(0, familyEvents[family] - sumEvents[stream]), Math.Max(0, familySessions[family] - sumSessions[stream]));

    static GammaRate NullFrom(GammaRate peers, double tauSquared)
    {
        double shape = Spread.Widen(peers.Shape, tauSquared);
        return new(shape, peers.IsKnown ? shape / peers.Mean : 0);
    }

    // Σ over families of (O − E)² − E(1 − N/ΣN) and of E², per practitioner, with E at the family's common rate; totals at the end give each one's rest.
    void SpreadSums()
    {
        Array.Clear(numerator);
        Array.Clear(denominator);
        for (int f = 0; f < priors.Length; f++)
        {
            double all = familySessions[f];
            if (!(all > 0)) continue;
            double rate = familyEvents[f] / all;
            for (int i = 0; i < practitioners; i++)
            {
                int s = f * practitioners + i;
                double expected = sumSessions[s] * rate, off = sumEvents[s] - expected;
                numerator[i] += off * off - expected * (1 - sumSessions[s] / all);
                denominator[i] += expected * expected;
            }
        }
    }

    double TauSquaredOf(int practitioner)
    {
        double top = 0, bottom = 0;
        for (int j = 0; j < practitioners; j++)
        {
            if (j == practitioner) continue;
            top += numerator[j];
            bottom += denominator[j];
        }
        return bottom > 0 ? Math.Clamp(top / bottom, Spread.Least, Spread.Most) : Spread.Least;
    }

    void Remember(ReadOnlySpan<double> monthEvents, ReadOnlySpan<double> monthSessions)
    {
        Check(monthEvents, monthSessions);
        int streams = Streams, slot = months % history * streams, leaving = (months + history - window) % history * streams;
        for (int s = 0; s < streams; s++)
        {
            windowEvents[s] += monthEvents[s] - (months >= window ? events[leaving + s] : 0);
            windowSessions[s] += monthSessions[s] - (months >= window ? sessions[leaving + s] : 0);
            sumEvents[s] += monthEvents[s] - (months >= history ? events[slot + s] : 0);
            sumSessions[s] += monthSessions[s] - (months >= history ? sessions[slot + s] : 0);
        }
        monthEvents.CopyTo(events.AsSpan(slot, streams));
        monthSessions.CopyTo(sessions.AsSpan(slot, streams));
        months++;
        for (int f = 0; f < priors.Length; f++)
        {
            (familyEvents[f], familySessions[f]) = (0, 0);
            for (int s = f * practitioners; s < (f + 1) * practitioners; s++)
            {
                familyEvents[f] += sumEvents[s];
                familySessions[f] += sumSessions[s];
            }
        }
    }

    void Check(ReadOnlySpan<double> monthEvents, ReadOnlySpan<double> monthSessions)
    {
        if (monthEvents.Length != Streams || monthSessions.Length != Streams) throw new ArgumentException("One figure per stream.", nameof(monthEvents));
        for (int s = 0; s < monthEvents.Length; s++)
            if (!(monthEvents[s] >= 0 && monthSessions[s] >= 0 && double.IsFinite(monthEvents[s]) && double.IsFinite(monthSessions[s])))
                throw new ArgumentOutOfRangeException(nameof(monthEvents), "Events and sessions are finite and 0 or more.");
    }
}
