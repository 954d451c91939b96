namespace SafetyAudit.Statistics;

/// <summary>One stratum of a comparison of two groups.</summary>
/// <param name="Events">Sessions with an event in the group that is looked at.</param>
/// <param name="Sessions">Sessions of that group.</param>
/// <param name="OtherEvents">Sessions with an event in the other group.</param>
/// <param name="OtherSessions">Sessions of the other group.</param>
public readonly record struct TwoGroups(long Events, long Sessions, long OtherEvents, long OtherSessions);

/// <summary>Whether strata could be compared.</summary>
public enum StratifiedState
{
    Estimated,

    /// <summary>No stratum holds sessions of both groups with an event in one and a session without in the other: no ratio can be told.</summary>
    NothingToCompare,

    /// <summary>Events in one group only, in every stratum: the ratio is 0 or without an upper bound, and has no interval by this formula.</summary>
    OneSided,
}

/// <summary>
/// Common odds ratio of two groups over strata: ψ = Σ(a d/N) / Σ(b c/N) (Mantel and Haenszel 1959), with the interval of Robins, Breslow and
/// Greenland (1986, Biometrics 42:311) on the logarithm. a, b are sessions with and without an event in the group that is looked at, c, d in the other, N all of a stratum.
/// </summary>
/// <remarks>For rare events the odds ratio is close to the ratio of rates. A stratum with sessions of one group only says nothing and changes nothing.
/// It is an association: strata take out what they tell apart, and nothing else. Reference: base R's <c>mantelhaen.test</c>.</remarks>
public readonly record struct MantelHaenszel(StratifiedState State, double? OddsRatio, Interval? Interval)
{
    /// <param name="strata">The strata, in any order.</param>
    /// <param name="level">Two-sided level of the interval, between 0 and 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative or larger than its sessions, or the level lies outside 0 to 1.</exception>
    public static MantelHaenszel Of(ReadOnlySpan<TwoGroups> strata, double level = 0.95)
    {
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), "The level lies between 0 and 1.");
        double r = 0, s = 0, pr = 0, psqr = 0, qs = 0;
        foreach (var stratum in strata)
        {
            if (stratum.Events < 0 || stratum.OtherEvents < 0 || stratum.Events > stratum.Sessions || stratum.OtherEvents > stratum.OtherSessions)
                throw new ArgumentOutOfRangeException(nameof(strata), "Sessions with an event are 0 or more, and at most the sessions.");
            if (stratum.Sessions == 0 || stratum.OtherSessions == 0) continue;
            double a = stratum.Events, b = stratum.Sessions - stratum.Events, c = stratum.OtherEvents, d = stratum.OtherSessions - stratum.OtherEvents, n = a + b + c + d;
            double ri = a * d / n, si = b * c / n, p = (a + d) / n, q = (b + c) / n;
            r += ri;
            s += si;
            pr += p * ri;
            psqr += p * si + q * ri;
            qs += q * si;
        }
        if (r == 0 && s == 0) return new(StratifiedState.NothingToCompare, null, null);
        if (r == 0 || s == 0) return new(StratifiedState.OneSided, r == 0 ? 0 : null, null);
        double ratio = r / s, error = Math.Sqrt(pr / (2 * r * r) + psqr / (2 * r * s) + qs / (2 * s * s));
        double factor = Math.Exp(Normal.Quantile(0.5 + level / 2) * error);
        return new(StratifiedState.Estimated, ratio, new(ratio / factor, ratio * factor));
    }
}
