using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>What a rule says of one session. A clinic that records nothing passes nothing.</summary>
public enum Outcome { Pass, Fail, NotRecorded, NotApplicable }

public enum RuleSeverity { Minor, Major, Critical }

/// <summary>One check of the protocol that prevents harm: what it asks of a session, when it does not apply, how much it matters, and where it comes from.</summary>
/// <param name="Id">PR-001 …, as in the clinical note.</param>
/// <param name="Title">What must be so.</param>
/// <param name="Area">Part of the protocol.</param>
/// <param name="Severity">How much a failure matters.</param>
/// <param name="NotApplicableWhen">When there is nothing to ask; empty when it always applies.</param>
/// <param name="Source">Law, guideline or study behind it.</param>
/// <param name="Check">The check; a definite failure counts as such even where other fields are empty.</param>
public sealed record ProtocolRule(string Id, string Title, string Area, RuleSeverity Severity, string NotApplicableWhen, string Source, Func<Session, Practitioner?, Outcome> Check)
{
    /// <summary>The outcome for a session given by a practitioner (null when their record is missing). Sessions in which no needle was used are not asked.</summary>
    public Outcome For(Session session, Practitioner? practitioner) =>
        session.Status == SessionStatus.Completed || session is { Status: SessionStatus.Aborted, FirstNeedleAtUtc: not null } ? Check(session, practitioner) : Outcome.NotApplicable;
}

/// <summary>Outcomes of one rule, counted.</summary>
public readonly record struct Adherence(int Pass, int Fail, int NotRecorded, int NotApplicable)
{
    public int Applicable => Pass + Fail + NotRecorded;

    /// <summary>Share kept of those that could be judged; empty when none could.</summary>
    public double? Kept => Pass + Fail == 0 ? null : (double)Pass / (Pass + Fail);

    /// <summary>Share that could be judged of those to which the rule applies; empty when it applies to none.</summary>
    public double? Completeness => Applicable == 0 ? null : (double)(Pass + Fail) / Applicable;
}
