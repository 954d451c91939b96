using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>The protocol: thirty-eight rules, each pure, in the order of their numbers.</summary>
public static class Rules
{
    public static readonly IReadOnlyList<ProtocolRule> All =
    [
        .. new ProtocolRule[][]
        {
            [.. CredentialRules.All], [.. ConsentRules.All], [.. ScreeningRules.All], [.. PositioningRules.All], [.. NeedleRules.All], [.. HygieneRules.All], [.. DepthRules.All],
            [.. AftercareRules.All], [.. FollowUpRules.All], [.. RecordRules.All],
        }.SelectMany(rules => rules).OrderBy(r => r.Id, StringComparer.Ordinal),
    ];

    public static readonly IReadOnlyDictionary<string, ProtocolRule> ById = All.ToDictionary(r => r.Id);

    /// <summary>The rules about sessions: those that the daily counts hold, in this order.</summary>
    public static readonly IReadOnlyList<SessionRule> OfSessions = [.. All.OfType<SessionRule>()];
    public static readonly IReadOnlyList<EventRule> OfEvents = [.. All.OfType<EventRule>()];
    public static readonly IReadOnlyList<MonthRule> OfMonths = [.. All.OfType<MonthRule>()];

    /// <summary>Changes when any rule about sessions changes, comes or goes: days that were counted under another number are counted anew.</summary>
    public static readonly int Version = OfSessions.Aggregate(17, (hash, rule) => unchecked(hash * 31 + 7 * int.Parse(rule.Id.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture) + rule.Version));

    /// <summary>
    /// The practitioner's record as it bears on a day: the newest version, unless only an earlier one's licence covers that day. A renewal does not undo
    /// the licence before it.
    /// </summary>
    /// <param name="versions">All versions, newest first; may be empty.</param>
    /// <param name="day">The session's date.</param>
    public static Practitioner? RecordFor(IReadOnlyList<Practitioner> versions, DateOnly day)
    {
        foreach (var version in versions) if (version.LicenceIssued <= day && version.LicenceExpires >= day) return version;
        return versions.Count > 0 ? versions[0] : null;
    }

    /// <summary>Pass or fail of what is recorded; not recorded where it is not.</summary>
    internal static Outcome Judge(bool? kept) => kept switch { true => Outcome.Pass, false => Outcome.Fail, null => Outcome.NotRecorded };

    /// <summary>Several parts of one rule: a failure of any is a failure, and what is missing of any leaves it open.</summary>
    internal static Outcome AllOf(params ReadOnlySpan<bool?> parts)
    {
        bool open = false;
        foreach (bool? part in parts)
        {
            if (part == false) return Outcome.Fail;
            open |= part is null;
        }
        return open ? Outcome.NotRecorded : Outcome.Pass;
    }
}
