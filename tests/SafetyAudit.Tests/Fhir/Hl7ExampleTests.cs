using System.Text;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Fhir;

/// <summary>The facts of the examples that the R4 specification itself gives of these resources, written out here, and what becomes of each.</summary>
public class Hl7ExampleTests
{
    // hl7.org/fhir/R4: adverseevent-example, procedure-example, encounter-example, practitioner-example, practitionerrole-example, patient-example.
    const string AdverseEvent = """
        {"resourceType":"AdverseEvent","id":"example","identifier":{"system":"http://acme.com/ids/patients/risks","value":"49476534"},"actuality":"actual",
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-category","code":"product-use-error","display":"Product Use Error"}]}],
        "event":{"coding":[{"system":"http://snomed.info/sct","code":"304386008","display":"O/E - itchy rash"}],"text":"This was a mild rash on the left forearm"},
        "subject":{"reference":"Patient/example"},"date":"2017-01-29T12:34:56+00:00",
        "seriousness":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-seriousness","code":"Non-serious"}]},
        "severity":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/adverse-event-severity","code":"mild"}]},
        "recorder":{"reference":"Practitioner/example"},"suspectEntity":[{"instance":{"reference":"Medication/example"}}]}
        """;

    const string Procedure = """
        {"resourceType":"Procedure","id":"example","status":"completed","code":{"coding":[{"system":"http://snomed.info/sct","code":"80146002","display":"Excision of appendix"}],"text":"Appendectomy"},
        "subject":{"reference":"Patient/example"},"performedDateTime":"2013-04-05","recorder":{"reference":"Practitioner/example"},"asserter":{"reference":"Practitioner/example"},
        "performer":[{"actor":{"reference":"Practitioner/example","display":"Dr Cecil Surgeon"}}],"followUp":[{"text":"ROS 5 days  - 2013-04-10"}],
        "reasonCode":[{"text":"Generalized abdominal pain 24 hours. Localized in RIF with rebound and guarding"}]}
        """;

    const string Encounter = """
        {"resourceType":"Encounter","id":"example","status":"in-progress","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":{"reference":"Patient/example"}}
        """;

    const string Practitioner = """
        {"resourceType":"Practitioner","id":"example","identifier":[{"system":"http://www.acme.org/practitioners","value":"23"}],"active":true,
        "name":[{"family":"Careful","given":["Adam"],"prefix":["Dr"]}],"address":[{"use":"home","line":["534 Erewhon St"],"city":"PleasantVille"}],
        "qualification":[{"identifier":[{"system":"http://example.org/UniversityIdentifier","value":"12345"}],
        "code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0360/2.7","code":"BS"}],"text":"Bachelor of Science"},"period":{"start":"1995"},"issuer":{"display":"Example University"}}]}
        """;

    const string PractitionerRole = """
        {"resourceType":"PractitionerRole","id":"example","identifier":[{"system":"http://www.acme.org/practitioners","value":"23"}],"active":true,
        "period":{"start":"2012-01-01","end":"2012-03-31"},"practitioner":{"reference":"Practitioner/example","display":"Dr Adam Careful"},"organization":{"reference":"Organization/f001"},
        "code":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/practitioner-role","code":"doctor"}]}],
        "specialty":[{"coding":[{"system":"http://snomed.info/sct","code":"408443003"}]}],"location":[{"reference":"Location/1","display":"South Wing, second floor"}]}
        """;

    const string Patient = """
        {"resourceType":"Patient","id":"example","identifier":[{"use":"usual","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]},
        "system":"urn:oid:1.2.36.146.595.217.0.1","value":"12345","period":{"start":"2001-05-06"}}],"active":true,"name":[{"use":"official","family":"Chalmers","given":["Peter","James"]},
        {"use":"usual","given":["Jim"]}],"gender":"male","birthDate":"1974-12-25","deceasedBoolean":false}
        """;

    [Fact]
    public async Task The_practitioner_comes_in_with_the_role_and_without_a_licence()
    {
        await using var installation = await OpenAsync();
        Assert.Equal((1, 0), (await ImportAsync(installation, Practitioner, PractitionerRole))[0]);
        await using var db = installation.Db();
        var adam = db.Practitioners.Single(p => p.PractitionerId == "23");
        // The organisation of the role is not in the file and no clinic of ours: the practitioner belongs where the file was sent for.
        Assert.Equal(("Adam Careful", "doctor", "C1", null, null), (adam.DisplayName, adam.Role, adam.ClinicId, adam.LicenceNumber, adam.LicenceIssued));
    }

    [Fact]
    public async Task The_appendectomy_is_no_session() =>
        Assert.Equal([(ReasonCode.NotDryNeedling, "Procedure/example, Procedure.code: It is not said to be dry needling. Where it is, add the coding urn:safetyaudit:procedure|dry_needling; else leave it out.")],
            await RejectedAsync(Procedure, Patient, Practitioner));

    [Fact]
    public async Task The_rash_of_a_medicine_is_in_no_category_of_needling() =>
        Assert.Equal([(ReasonCode.CategoryUnknown,
            "AdverseEvent/example, AdverseEvent.event: What happened is in none of the codes known here. Add a coding of urn:safetyaudit:category with one of the codes on the Measures page, such as urn:safetyaudit:category|BRUISE_MINOR.")],
            await RejectedAsync(AdverseEvent, Patient));

    [Fact]
    public async Task Alone_it_names_the_patient_that_did_not_come_with_it() =>
        Assert.Equal([ReasonCode.ReferenceUnclear, ReasonCode.CategoryUnknown], (await RejectedAsync(AdverseEvent)).Select(r => r.Code));

    [Fact]
    public async Task With_our_own_code_beside_its_own_the_rash_comes_in()
    {
        await using var installation = await OpenAsync();
        string rash = AdverseEvent.Replace("\"event\":{\"coding\":[", "\"event\":{\"coding\":[{\"system\":\"urn:safetyaudit:category\",\"code\":\"ALLERGY_MILD\"},");
        Assert.Equal([(1, 0)], await ImportAsync(installation, rash, Patient));
        await using var db = installation.Db();
        var found = db.AdverseEvents.Single();
        Assert.Equal(("49476534", "ALLERGY_MILD", new DateTime(2017, 1, 29, 12, 34, 56), "non_serious", Sessions.Severity.Mild, "practitioner", "This was a mild rash on the left forearm", null),
            (found.EventId, found.Category, found.OnsetAtUtc, found.Seriousness, found.Severity, found.ReporterRole, found.Narrative, found.SessionId));
    }

    [Theory]
    [InlineData(Encounter, "Encounter")]
    [InlineData(Patient, "Patient")]
    [InlineData(PractitionerRole, "PractitionerRole")]
    public async Task What_makes_no_record_by_itself_is_refused_with_what_to_do(string resource, string type)
    {
        await using var installation = await OpenAsync();
        var refused = await Assert.ThrowsAsync<FileRefusedException>(() => installation.ReceiveAllAsync(Encoding.UTF8.GetBytes(resource), clinic: "C1"));
        Assert.Equal($"The file holds no record, only {type}. A session is a Procedure, an event an AdverseEvent, a practitioner a Practitioner; send the others in the same file as those that refer to them; or the records as \"CSV UTF-8 (comma delimited)\".", refused.Message);
    }

    static async Task<TestInstallation> OpenAsync()
    {
        var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        return installation;
    }

    static Task<List<(long New, long Rejected)>> ImportAsync(TestInstallation installation, params string[] resources) => FhirImportTests.ImportAsync(installation, FhirSamples.Bundle(resources));

    static async Task<List<(ReasonCode Code, string Remedy)>> RejectedAsync(params string[] resources)
    {
        await using var installation = await OpenAsync();
        var uploads = await installation.ReceiveAllAsync(Encoding.UTF8.GetBytes(FhirSamples.Bundle(resources)), clinic: "C1");
        await SafetyAudit.Host.Composition.CatchUpAsync(installation.Services, null, default);
        return [.. (await installation.RejectedAsync(uploads[^1])).SelectMany(r => r.Reasons).Select(r => (r.Code, r.Remedy)).OrderByDescending(r => r.Code)];
    }
}
