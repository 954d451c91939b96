namespace SafetyAudit.Statistics;

/// <summary>What no event in n sessions still allows: one-sided upper bounds. Nothing seen is never a rate of 0.</summary>
/// <remarks>Hanley and Lippman-Hand (1983, JAMA 249:1743). Reference figures: <c>intervals.csv</c>, <c>oc_single_look_power.csv</c>.</remarks>
public static class ZeroEvents
{
    /// <summary>Upper bound for a share of sessions, 1 − α^(1/n).</summary>
    /// <param name="n">Sessions without an event, above 0.</param>
    /// <param name="level">One-sided confidence, above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">n is not above 0 or the level is not between 0 and 1.</exception>
    public static double UpperShare(double n, double level = 0.95) => -Elementary.ExpMinusOne(Math.Log(Alpha(n, level)) / n);

    /// <summary>Upper bound for a rate of events, −ln(α)/n.</summary>
    /// <inheritdoc cref="UpperShare" path="/param"/>
    /// <inheritdoc cref="UpperShare" path="/exception"/>
    public static double UpperRate(double n, double level = 0.95) => -Math.Log(Alpha(n, level)) / n;

    /// <summary>The rule of three: 3/n, the 95 % bound in one's head.</summary>
    /// <inheritdoc cref="UpperShare" path="/param"/>
    /// <inheritdoc cref="UpperShare" path="/exception"/>
    public static double RuleOfThree(double n) => n > 0 ? 3 / n : throw new ArgumentOutOfRangeException(nameof(n), "Sessions are above 0.");

    /// <summary>The rule of three against a baseline, 3/(n·baseline): no event is still compatible with this many times the baseline rate.</summary>
    /// <param name="n">Sessions without an event, above 0.</param>
    /// <param name="baseline">Expected events per session, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">n or the baseline is not above 0.</exception>
    public static double StillCompatibleRatio(double n, double baseline) =>
        baseline > 0 ? RuleOfThree(n) / baseline : throw new ArgumentOutOfRangeException(nameof(baseline), "A baseline rate is above 0.");

    static double Alpha(double n, double level)
    {
        if (!(n > 0)) throw new ArgumentOutOfRangeException(nameof(n), "Sessions are above 0.");
        if (!(level > 0 && level < 1)) throw new ArgumentOutOfRangeException(nameof(level), "A confidence level is above 0 and below 1.");
        return 1 - level;
    }
}
