using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SafetyAudit.Data;
using SafetyAudit.Fhir;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Reports;

/// <summary>
/// An event as a FHIR R4 AdverseEvent in the shape that NHS England's Learn from patient safety events takes: one resource that contains the person harmed and whoever reported, with the physical harm beside the person.
/// The codes of that service's own taxonomy are given to registered senders only and are not filled in. What R4 has no element for stands in extensions of ours, so that a file of it read here again gives the same event.
/// </summary>
public static class EventResource
{
    const string Hl7 = "http://terminology.hl7.org/CodeSystem/", R4 = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    static readonly JsonSerializerOptions Readable = new(Json.Options) { WriteIndented = true, NewLine = "\n" };

    /// <summary>The resource in UTF-8.</summary>
    /// <param name="e">The event; its patient by pseudonym.</param>
    /// <param name="mayReadText">Whether free text goes with it.</param>
    public static byte[] Write(AdverseEvent e, bool mayReadText)
    {
        var measure = Catalogue.Categories[e.Category];
        var resource = new JsonObject
        {
            ["resourceType"] = "AdverseEvent",
            ["contained"] = new JsonArray(
                new JsonObject
                {
                    ["resourceType"] = "Patient", ["id"] = "patient1", ["extension"] = new JsonArray(new JsonObject { ["url"] = FhirCodes.Own + "physical-harm", ["valueCode"] = IncidentReport.Harm(e, measure) }),
                    ["identifier"] = new JsonArray(Identifier(FhirCodes.Identifier, e.PatientId)),
                }),
            ["extension"] = new JsonArray([.. Extensions(e, mayReadText)]),
            ["identifier"] = Identifier(FhirCodes.Identifier, e.EventId),
            ["actuality"] = "actual",
            ["event"] = new JsonObject { ["coding"] = new JsonArray(Coding(FhirCodes.Category, e.Category, measure.Name)) },
            ["subject"] = new JsonObject { ["reference"] = "#patient1" },
            ["date"] = Instant(e.OnsetAtUtc),
        };
        if (e.Narrative is { } narrative && mayReadText) resource["event"]!["text"] = narrative;
        if (e.DetectedAtUtc is { } detected) resource["detected"] = Instant(detected);
        if (e.RecordedAtUtc is { } recorded) resource["recordedDate"] = Instant(recorded);
        if (e.ClinicId is { } clinic) resource["location"] = new JsonObject { ["identifier"] = Identifier(FhirCodes.Clinic, clinic) };
        if (e.Severity is { } severity) resource["severity"] = Concept(severity == Severity.Critical ? FhirCodes.Own + "severity" : Hl7 + "adverse-event-severity", Codes.Of(severity));
        if (e.Seriousness is { } seriousness) resource["seriousness"] = Concept(FhirCodes.Own + "seriousness", seriousness);
        if (e.Outcome is { } outcome) resource["outcome"] = Concept(FhirCodes.Own + "outcome", outcome);
        if (e.SessionId is { } session)
            resource["suspectEntity"] = new JsonArray(new JsonObject
            {
                ["instance"] = new JsonObject { ["type"] = "Procedure", ["identifier"] = Identifier(FhirCodes.Identifier, session) },
                ["causality"] = e.Causality is { } causality ? new JsonArray(new JsonObject { ["assessment"] = Concept(FhirCodes.Own + "causality", causality) }) : null,
            });
        else if (e.Causality is { } alone) ((JsonArray)resource["extension"]!).Add(Extension("causality", alone));
        return [.. JsonSerializer.SerializeToUtf8Bytes(Without(resource), Readable), (byte)'\n'];
    }

    static IEnumerable<JsonNode> Extensions(AdverseEvent e, bool mayReadText)
    {
        foreach (var (column, value) in new (string, string?)[]
        {
            ("practitioner_id", e.PractitionerId), ("ctcae_grade", e.CtcaeGrade?.ToString(CultureInfo.InvariantCulture)), ("medical_attention", e.MedicalAttention is { } m ? Codes.Of(m) : null), ("resolved_at", e.ResolvedAtUtc is { } over ? Instant(over) : null),
            ("report_channel", e.ReportChannel is { } c ? Codes.Of(c) : null), ("reporter_role", e.ReporterRole), ("body_region", e.BodyRegion), ("action_taken", mayReadText ? e.ActionTaken : null),
        })
            if (value is not null) yield return Extension(column, value);
    }

    static JsonObject Extension(string column, string value) => new() { ["url"] = FhirCodes.Column + column, ["valueString"] = value };

    static JsonObject Identifier(string system, string value) => new() { ["system"] = system, ["value"] = value };

    static JsonObject Coding(string system, string code, string display) => new() { ["system"] = system, ["code"] = code, ["display"] = display };

    static JsonObject Concept(string system, string code) => new() { ["coding"] = new JsonArray(new JsonObject { ["system"] = system, ["code"] = code }) };

    static string Instant(DateTime utc) => utc.ToString(R4, CultureInfo.InvariantCulture);

    // FHIR has no nulls and no empty arrays.
    static JsonObject Without(JsonObject of)
    {
        foreach (var (name, value) in of.ToList())
            if (value is null or JsonArray { Count: 0 }) of.Remove(name);
            else if (value is JsonObject inner) Without(inner);
            else if (value is JsonArray items) foreach (var item in items) if (item is JsonObject part) Without(part);
        return of;
    }
}
