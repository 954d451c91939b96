namespace SafetyAudit.Statistics;

/// <summary>One stratum of one unit: its observed events and sessions, with the events and sessions of the standard.</summary>
public readonly record struct Stratum(double Observed, double Sessions, double StandardEvents, double StandardSessions);

/// <summary>
/// Indirect standardisation: expected events are the unit's sessions in each stratum at the
/// standard's rate there, E = Σ nₖ·Yₖ/Nₖ (Breslow and Day 1987, vol. II, §2.3).
/// </summary>
/// <remarks>
/// A stratum in which the unit worked but the standard has no sessions has no rate: its sessions and
/// events are left out of both sides and counted, never taken as rate 0. Two units'
/// ratios are each against the standard and not strictly comparable with one another. Interval: <see cref="StandardisedRatio"/>.
/// </remarks>
public readonly record struct IndirectStandardisation(double Observed, double Expected, double SessionsLeftOut, double ObservedLeftOut)
{
    /// <summary>Sums over the strata of one unit.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A figure is negative or not finite.</exception>
    public static IndirectStandardisation Of(ReadOnlySpan<Stratum> strata)
    {
        double observed = 0, expected = 0, sessionsOut = 0, observedOut = 0;
        foreach (var s in strata)
        {
            bool negative = !(s.Observed >= 0 && s.Sessions >= 0 && s.StandardEvents >= 0 && s.StandardSessions >= 0);
            if (negative || !double.IsFinite(s.Observed + s.Sessions + s.StandardEvents + s.StandardSessions))
                throw new ArgumentOutOfRangeException(nameof(strata), "Events and sessions are finite and 0 or more.");
            if (s.StandardSessions > 0)
            {
                observed += s.Observed;
                expected += s.Sessions * s.StandardEvents / s.StandardSessions;
            }
            else
            {
                observedOut += s.Observed;
                sessionsOut += s.Sessions;
            }
        }
        return new(observed, expected, sessionsOut, observedOut);
    }

    /// <summary>Observed over expected, or nothing where nothing is expected.</summary>
    public double? Ratio => Expected > 0 ? Observed / Expected : null;
}
