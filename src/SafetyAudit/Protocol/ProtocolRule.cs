namespace SafetyAudit.Protocol;

/// <summary>One check of the protocol that prevents harm: what it asks, of what, when it does not apply, how much it matters, and where it comes from.</summary>
/// <param name="id">PR-001 …, as in the clinical note.</param>
/// <param name="version">1, and one more whenever the check answers otherwise than before.</param>
public abstract class ProtocolRule(string id, int version)
{
    public string Id { get; } = id;
    public int Version { get; } = version;

    /// <summary>What must be so.</summary>
    public required string Title { get; init; }

    /// <summary>Part of the protocol: credential, consent, screening, …</summary>
    public required string Area { get; init; }

    public required RuleSeverity Severity { get; init; }

    /// <summary>What is looked at, what passes and what fails, in words.</summary>
    public required string Asks { get; init; }

    /// <summary>When there is nothing to ask; empty when it always applies to a session in which a needle was used.</summary>
    public string NotApplicableWhen { get; init; } = "";

    /// <summary>Columns of the records that decide, as in files; and what is found beside them, see <see cref="RuleFields"/>.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary>What the clinic lays down for it (properties of <see cref="ClinicProtocol"/>). What is not laid down is not asked.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>What kind of reason is behind it, and figures where there are any.</summary>
    public required string Evidence { get; init; }

    /// <summary>Law, guideline or study.</summary>
    public required string Source { get; init; }

    /// <summary>Whether the patient leaflet names the measure: yes, partly, no.</summary>
    public required string InLeaflet { get; init; }

    /// <summary>What one outcome is about, in the plural.</summary>
    public abstract string Counted { get; }
}

/// <summary>A rule about one session. Sessions in which no needle was used are not asked.</summary>
public sealed class SessionRule(string id, int version) : ProtocolRule(id, version)
{
    /// <summary>A definite failure counts as such even where other fields are empty.</summary>
    public required Func<Treatment, Outcome> Check { get; init; }

    public override string Counted => "sessions";

    public Outcome For(Treatment treatment) => treatment.IsNeedled ? Check(treatment) : Outcome.NotApplicable;
}

/// <summary>A rule about one adverse event. Some of them change their answer as time passes.</summary>
public sealed class EventRule(string id, int version) : ProtocolRule(id, version)
{
    public required Func<ReportedEvent, Outcome> Check { get; init; }

    public override string Counted => "events";
}

/// <summary>A rule about one practitioner's month.</summary>
public sealed class MonthRule(string id, int version) : ProtocolRule(id, version)
{
    public required Func<FollowUpMonth, Outcome> Check { get; init; }

    public override string Counted => "practitioner-months";
}

/// <summary>Follow-up of one practitioner's completed sessions of one month.</summary>
/// <param name="Due">Completed sessions: each is due an attempt.</param>
/// <param name="Attempted">Sessions after which somebody tried.</param>
/// <param name="Reached">Sessions whose patient answered.</param>
/// <param name="Clinic">What the clinic laid down at the month's end.</param>
public readonly record struct FollowUpMonth(int Due, int Attempted, int Reached, ClinicProtocol Clinic);
