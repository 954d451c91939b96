namespace SafetyAudit.Tests.Fhir;

/// <summary>One clinic's care as FHIR R4: a practitioner with a role, a patient, an encounter with its dry needling, a bruise after it.</summary>
static class FhirSamples
{
    public const string Practitioner = """
        {"resourceType":"Practitioner","id":"p1","identifier":[{"use":"official","system":"https://board.example/licence-holders","value":"P1"}],"active":true,
        "name":[{"use":"official","family":"Ash","given":["Ada"],"prefix":["Dr"]}],
        "qualification":[{"identifier":[{"value":"L-77"}],"code":{"coding":[{"system":"urn:safetyaudit:qualification","code":"licence"}]},"period":{"start":"2015-01-01","end":"2030-12-31"}},
        {"code":{"coding":[{"system":"urn:safetyaudit:qualification","code":"thoracic_competency"}]},"period":{"start":"2019-05-04T09:00:00Z"}},
        {"code":{"text":"Bachelor of Science"},"period":{"start":"1995"}}]}
        """;

    public const string Role = """
        {"resourceType":"PractitionerRole","id":"r1","active":true,"practitioner":{"reference":"Practitioner/p1"},"period":{"start":"2020-01-01"},
        "organization":{"reference":"Organization/o1"},"code":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/practitioner-role","code":"doctor"}]}],
        "specialty":[{"text":"Physiotherapy"}]}
        """;

    public const string Organization = """{"resourceType":"Organization","id":"o1","identifier":[{"system":"urn:safetyaudit:clinic","value":"C1"}],"name":"Clinic one"}""";

    public const string Patient = """
        {"resourceType":"Patient","id":"pat1","identifier":[{"use":"secondary","system":"https://a.example","value":"X-9"},{"use":"usual","system":"urn:oid:1.2.3","value":"T1"}],"gender":"male","birthDate":"1974-12-25"}
        """;

    public const string Encounter = """
        {"resourceType":"Encounter","id":"e1","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/pat1"},
        "period":{"start":"2026-03-02T10:00:00Z","end":"2026-03-02T10:40:00Z"},"serviceProvider":{"reference":"Organization/o1"}}
        """;

    public const string Procedure = """
        {"resourceType":"Procedure","id":"proc1","identifier":[{"system":"https://clinic.example/sessions","value":"S1"}],"status":"completed",
        "code":{"coding":[{"system":"urn:safetyaudit:procedure","code":"dry_needling"}]},"subject":{"reference":"Patient/pat1"},"encounter":{"reference":"Encounter/e1"},
        "performer":[{"actor":{"reference":"Practitioner/p1"}}],
        "bodySite":[{"coding":[{"system":"http://snomed.info/sct","code":"31764008"},{"system":"urn:safetyaudit:side","code":"left"}]},
        {"coding":[{"system":"urn:safetyaudit:muscle","code":"infraspinatus"},{"system":"urn:safetyaudit:region","code":"shoulder"}]}],
        "extension":[{"url":"urn:safetyaudit:column:needles_inserted","valueInteger":6},{"url":"urn:safetyaudit:column:is_first_session","valueBoolean":true},
        {"url":"https://other.example/mood","valueString":"calm"}],"note":[{"text":"went well"}]}
        """;

    public const string AdverseEvent = """
        {"resourceType":"AdverseEvent","id":"ae1","identifier":{"system":"https://clinic.example/incidents","value":"E1"},"actuality":"actual",
        "event":{"coding":[{"system":"http://snomed.info/sct","code":"125667009"}],"text":"a blue spot"},"subject":{"reference":"Patient/pat1"},
        "date":"2026-03-02T12:00:00+01:00","detected":"2026-03-02T13:00:00Z","recordedDate":"2026-03-02T15:00:00Z",
        "seriousness":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-seriousness","code":"Non-serious"}]},
        "severity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-severity","code":"mild"}]},
        "outcome":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-outcome","code":"resolvedWithSequelae"}]},
        "recorder":{"reference":"Practitioner/p1"},"resultingCondition":[{"reference":"Condition/c1"}],
        "suspectEntity":[{"instance":{"reference":"Medication/m1"}},{"instance":{"reference":"Procedure/proc1"},
        "causality":[{"assessment":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-causality-assess","code":"Probably-Likely"}]}}]}]}
        """;

    public static readonly string[] All = [Practitioner, Role, Organization, Patient, Encounter, Procedure, AdverseEvent];

    /// <summary>One resource a line.</summary>
    public static string Lines(params IEnumerable<string> resources) => string.Concat(resources.Select(r => r.ReplaceLineEndings(" ") + "\n"));

    public static string Bundle(params IEnumerable<string> resources) => BundleOf("collection", resources);

    public static string BundleOf(string type, IEnumerable<string> resources) =>
        $$"""{"resourceType":"Bundle","type":"{{type}}","entry":[{{string.Join(",\n", resources.Select(r => $$"""{"resource":{{r}}}"""))}}]}""";
}
