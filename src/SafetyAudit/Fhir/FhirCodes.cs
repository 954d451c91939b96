using SafetyAudit.Measures;

namespace SafetyAudit.Fhir;

/// <summary>The code systems that are understood, and what their codes are here. All of it stands in the README, "FHIR".</summary>
static class FhirCodes
{
    /// <summary>Our own systems. A URN, since it names and leads nowhere.</summary>
    public const string Own = "urn:safetyaudit:";

    /// <summary>Extension urls that give a column of our files: this and the column's name.</summary>
    public const string Column = Own + "column:";

    public const string Identifier = Own + "id", Clinic = Own + "clinic", Category = Own + "category", Procedure = Own + "procedure", Muscle = Own + "muscle",
        Region = Own + "region", Side = Own + "side", Qualification = Own + "qualification", Role = Own + "role", DryNeedling = "dry_needling";

    const string Snomed = "http://snomed.info/sct", Hl7 = "http://terminology.hl7.org/CodeSystem/";

    public const string PractitionerRole = Hl7 + "practitioner-role";

    // Codes seen in public code, see the clinical evidence note. A contusion, bleeding or infection may be of the minor or the grave kind: where the
    // event is called severe or serious, the sender must say which.
    static readonly Dictionary<string, (string Category, bool IsMinor)> SnomedEvents = new()
    {
        ["36118008"] = ("PNEUMOTHORAX", false), ["398665005"] = ("SYNCOPE", false), ["125667009"] = ("BRUISE_MINOR", true),
        ["131148009"] = ("BLEED_MINOR", true), ["128045006"] = ("INFECTION_LOCAL", true),
    };

    static readonly Dictionary<string, string> SnomedMuscles = new() { ["31764008"] = "trapezius" };

    /// <summary>The category of an event's coding; whether it holds for mild events only. Nothing for a coding that is not known.</summary>
    public static (string Category, bool IsMinor)? CategoryOf(string? system, string code) => system switch
    {
        Category when Catalogue.Categories.ContainsKey(code.ToUpperInvariant()) => (code.ToUpperInvariant(), false),
        Snomed when SnomedEvents.TryGetValue(code, out var known) => known,
        _ => null,
    };

    public static string? MuscleOf(string? system, string code) => system switch { Muscle => code, Snomed => SnomedMuscles.GetValueOrDefault(code), _ => null };

    public static string? SeverityOf(string? system, string code) =>
        system is (Hl7 + "adverse-event-severity") or (Own + "severity") && Plain(code) is ("mild" or "moderate" or "severe" or "critical") and var severity
            ? severity : null;

    // R4 writes SeriousResultsInDeath, R4B and others seriousresultsindeath or serious-results-in-death.
    static readonly Dictionary<string, string> Seriousness = ByPlain("non_serious", "serious", "serious_results_in_death", "serious_is_life_threatening",
        "serious_results_in_hospitalization", "serious_results_in_disability", "serious_is_birth_defect", "serious_requires_prevent_impairment");

    static readonly Dictionary<string, string> Outcomes = ByPlain("resolved", "recovering", "ongoing", "resolved_with_sequelae", "fatal", "unknown");

    static readonly Dictionary<string, string> Causality = new(ByPlain("certain", "probable", "possible", "unlikely", "conditional", "unassessable"))
    {
        ["probablylikely"] = "probable", ["conditionalclassified"] = "conditional", ["unassessableunclassifiable"] = "unassessable",
    };

    public static string? SeriousnessOf(string? system, string code) =>
        system is Hl7 + "adverse-event-seriousness" or Own + "seriousness" ? Seriousness.GetValueOrDefault(Plain(code)) : null;

    public static string? OutcomeOf(string? system, string code) =>
        system is Hl7 + "adverse-event-outcome" or Own + "outcome" ? Outcomes.GetValueOrDefault(Plain(code)) : null;

    public static string? CausalityOf(string? system, string code) =>
        system is Hl7 + "adverse-event-causality-assess" or Own + "causality" ? Causality.GetValueOrDefault(Plain(code)) : null;

    /// <summary>Status of a procedure as a session's; nothing where it has not been given, or is taken back.</summary>
    public static string? StatusOf(string status) => status switch { "completed" => "completed", "stopped" => "aborted", "not-done" => "cancelled", _ => null };

    static Dictionary<string, string> ByPlain(params string[] codes) => codes.ToDictionary(Plain);

    static string Plain(string code) => code.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
