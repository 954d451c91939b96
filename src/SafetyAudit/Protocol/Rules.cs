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
    /// The practitioner's record as it bears on a day. The newest version, unless the day lies before its licence was issued and an earlier one's licence covers it: a renewal does not
    /// undo the licence before it, and a correction or a suspension stands. Certificate and competency count from the earliest date that any version has: a refresher does not undo the
    /// first. Of blood-borne-pathogen training the latest by that day counts.
    /// </summary>
    /// <param name="versions">All versions, newest first; may be empty.</param>
    /// <param name="day">The session's date.</param>
    public static Practitioner? RecordFor(IReadOnlyList<Practitioner> versions, DateOnly day)
    {
        if (versions.Count <= 1) return versions.Count == 0 ? null : versions[0];
        var newest = versions[0];
        var licence = newest.LicenceStatus is not (LicenceStatus.Suspended or LicenceStatus.Revoked) && day < newest.LicenceIssued
            ? versions.Skip(1).FirstOrDefault(v => v.LicenceIssued <= day && v.LicenceExpires >= day) ?? newest : newest;
        return new Practitioner
        {
            PractitionerId = newest.PractitionerId, DisplayName = newest.DisplayName, ClinicId = newest.ClinicId, Role = newest.Role, Jurisdiction = newest.Jurisdiction,
            LicenceNumber = licence.LicenceNumber, LicenceStatus = licence.LicenceStatus, LicenceIssued = licence.LicenceIssued, LicenceExpires = licence.LicenceExpires,
            YearsLicensed = newest.YearsLicensed, TrainingHours = newest.TrainingHours, SupervisedSessions = newest.SupervisedSessions, PermittedMuscles = newest.PermittedMuscles, CprExpires = newest.CprExpires,
            CertifiedOn = versions.Min(v => v.CertifiedOn), ThoracicCompetencyOn = versions.Min(v => v.ThoracicCompetencyOn),
            BbpTrainingOn = versions.Where(v => v.BbpTrainingOn <= day).Max(v => v.BbpTrainingOn) ?? newest.BbpTrainingOn,
        };
    }

    /// <summary>The newest version that had reached us by a day; the first of all, where the record is younger than the session.</summary>
    /// <param name="versions">All versions, newest first; may be empty.</param>
    /// <param name="day">The session's date.</param>
    public static Practitioner? RecordHeldOn(IReadOnlyList<Practitioner> versions, DateOnly day) =>
        versions.FirstOrDefault(v => DateOnly.FromDateTime(v.ReceivedAtUtc) <= day) ?? (versions.Count == 0 ? null : versions[^1]);

    /// <summary>
    /// What grows or is renewed without a date of its own (hours, supervised sessions, first aid): the newest record may tell of what came after the session. Where it says yes and the
    /// record held then said no, the answer is open: a correction and a later training look alike.
    /// </summary>
    internal static bool? UnlessSince(bool? now, bool? then) => now == true && then == false ? null : now;

    /// <summary>Pass or fail of what is recorded; not recorded where it is not.</summary>
    internal static Outcome Judge(bool? kept) => kept switch { true => Outcome.Pass, false => Outcome.Fail, null => Outcome.NotRecorded };

    /// <summary>Whether something was done by the first needle. Without the needle's time: by the session's start certainly, after its end certainly not, between them it is open.</summary>
    internal static bool? ByFirstNeedle(DateTime? at, Session session) =>
        at is not { } done ? null : session.FirstNeedleAtUtc is { } needle ? done <= needle : done <= session.StartedAtUtc ? true : done > session.EndedAtUtc ? false : null;

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
