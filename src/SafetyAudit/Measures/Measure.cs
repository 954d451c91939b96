using SafetyAudit.Sessions;

namespace SafetyAudit.Measures;

/// <summary>What an event is counted against.</summary>
public enum ExposureUnit { Session, AtRiskSession, Patient, Needle }

/// <summary>How events were found. Rates found in different ways are never compared: asking the patient finds far more.</summary>
public enum Ascertainment { Passive, Active, Claims }

/// <summary>
/// One measure: which events count (numerator), against what (denominator), and whether events or sessions with an event are counted.
/// The one definition behind every table, chart, alert and report.
/// </summary>
public sealed class Measure
{
    /// <summary>Code of the event category, or of a summary over categories (<c>ANY_…</c>).</summary>
    public required string Code { get; set; }

    public required string Name { get; set; }

    /// <summary>The name as it stands in headings and sentences, without what the catalogue explains in it.</summary>
    public string Title => Code switch { AnyMinor => "All minor events", AnyMajor => "Any major event", AnySerious => "Any serious event", "PNEUMOTHORAX" => "Pneumothorax", _ => Name };

    public required string Group { get; set; }
    public ExposureUnit Unit { get; set; }

    /// <summary>True where every event counts; false where a session counts once however many such events it has.</summary>
    public bool CountsEvents { get; set; }

    public Severity DefaultSeverity { get; set; }

    /// <summary>Hours within which such an event usually resolves; empty where none is known.</summary>
    public int? ExpectedResolutionHours { get; set; }

    /// <summary>Hours after which such an event has lasted too long.</summary>
    public int? ProlongedAfterHours { get; set; }

    /// <summary>
    /// Days after a session within which such an event is taken for its doing, where the report names no session. Proposals of the clinical evidence note, section
    /// 3.3: pain, bruising and fainting 7, nerve and pneumothorax 14, infection 30. Chosen by us: significant bleeding 14 and other organs 14 (Taiwanese claims: bleeding
    /// 14), needles left, broken or reused 30, since they are found late; all others 7. Empty for summaries.
    /// </summary>
    public int? AttributionDays { get; set; }

    /// <summary>One such event is one review, always; never smoothed, never hidden by limits.</summary>
    public bool IsSentinel { get; set; }

    /// <summary>Position in the catalogue, which is the order of every list of measures.</summary>
    public int Order { get; set; }

    /// <summary>A summary counts events of many categories; no event is reported under its code.</summary>
    public bool IsSummary => Code is AnyMinor or AnyMajor or AnySerious;

    public const string AnyMinor = "ANY_MINOR";
    public const string AnyMajor = "ANY_MAJOR";
    public const string AnySerious = "ANY_SERIOUS";

    /// <summary>Whether an event belongs to this measure's numerator.</summary>
    /// <param name="adverseEvent">The event.</param>
    /// <param name="severity">Its severity: as reported, else the category's default.</param>
    public bool Counts(AdverseEvent adverseEvent, Severity severity) => Code switch
    {
        AnyMinor => severity == Severity.Mild,
        // The surveys' "major" or "significant" events include fainting, forgotten needles and infection: moderate or worse.
        AnyMajor => severity >= Severity.Moderate,
        AnySerious => IsSerious(adverseEvent, severity),
        _ => adverseEvent.Category == Code,
    };

    /// <summary>Admission, disability, danger to life or death, by whichever field says so.</summary>
    public static bool IsSerious(AdverseEvent adverseEvent, Severity severity) =>
        severity == Severity.Critical
        || adverseEvent.CtcaeGrade >= 4
        || adverseEvent.MedicalAttention == MedicalAttention.Admitted
        || adverseEvent.Seriousness?.StartsWith("serious", StringComparison.Ordinal) == true
        || adverseEvent.Outcome is { } outcome && SeriousOutcomes.Contains(outcome);

    /// <summary>Outcomes that make an event serious, in the spellings met.</summary>
    public static readonly IReadOnlyList<string> SeriousOutcomes = ["fatal", "death", "resolved_with_sequelae", "resolvedwithsequelae"];
}
