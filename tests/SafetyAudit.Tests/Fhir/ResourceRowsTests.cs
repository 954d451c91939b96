using System.Text;
using SafetyAudit.Fhir;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Fhir;

/// <summary>What becomes of each resource; the expected cells are written by hand from the specification.</summary>
public class ResourceRowsTests
{
    [Fact]
    public void A_practitioner_with_the_role_that_names_it_is_a_practitioner()
    {
        var (row, notUsed) = Only("Practitioner", FhirSamples.Lines(FhirSamples.All));
        Assert.Equal(
        [
            ("clinic_id", "C1"), ("display_name", "Ada Ash"), ("licence_expires", "2030-12-31"), ("licence_issued", "2015-01-01"), ("licence_number", "L-77"),
            ("practitioner_id", "P1"), ("role", "doctor"), ("thoracic_competency_on", "2019-05-04"),
        ], Cells(row));
        Assert.Empty(row.Faults);
        Assert.Equal(["Practitioner.active", "Practitioner.qualification(other than licence certification thoracic_competency bbp_training cpr)", "PractitionerRole.specialty"], notUsed);
    }

    [Fact]
    public void A_procedure_of_dry_needling_with_its_encounter_is_a_session()
    {
        var (row, notUsed) = Only("Procedure", FhirSamples.Lines(FhirSamples.All));
        Assert.Equal(
        [
            ("clinic_id", "C1"), ("ended_at", "2026-03-02T10:40:00Z"), ("is_first_session", "true"), ("muscles", "trapezius;infraspinatus"), ("needles_inserted", "6"), ("patient_id", "T1"),
            ("practitioner_id", "P1"), ("regions", ";shoulder"), ("session_id", "S1"), ("sides", "left;"), ("started_at", "2026-03-02T10:00:00Z"), ("status", "completed"),
        ], Cells(row));
        Assert.Empty(row.Faults);
        Assert.Equal(["Procedure.extension(https://other.example/mood)", "Procedure.note"], notUsed);
    }

    [Fact]
    public void An_adverse_event_is_an_event_of_the_procedure_it_suspects()
    {
        var (row, notUsed) = Only("AdverseEvent", FhirSamples.Lines(FhirSamples.All));
        Assert.Equal(
        [
            ("category", "BRUISE_MINOR"), ("causality", "probable"), ("detected_at", "2026-03-02T13:00:00Z"), ("event_id", "E1"), ("narrative", "a blue spot"),
            ("onset_at", "2026-03-02T12:00:00+01:00"), ("outcome", "resolved_with_sequelae"), ("patient_id", "T1"), ("recorded_at", "2026-03-02T15:00:00Z"), ("reporter_role", "practitioner"),
            ("seriousness", "non_serious"), ("session_id", "S1"), ("severity", "mild"),
        ], Cells(row));
        Assert.Empty(row.Faults);
        Assert.Equal(["AdverseEvent.resultingCondition"], notUsed);
    }

    [Theory]
    [InlineData("\"date\":\"2026-03-02T12:00:00+01:00\"", "\"date\":\"2026-03-02T12:00:00+01:00\",\"modifierExtension\":[{\"url\":\"x\"}]", FaultKind.NotUnderstood, "AdverseEvent.modifierExtension")]
    [InlineData("\"actual\"", "\"potential\"", FaultKind.NotActual, "AdverseEvent.actuality")]
    [InlineData("\"actuality\":\"actual\",", "", FaultKind.MissingValue, "AdverseEvent.actuality")]
    [InlineData("125667009", "304386008", FaultKind.CategoryUnknown, "AdverseEvent.event")]
    [InlineData("\"mild\"", "\"severe\"", FaultKind.CategoryUnknown, "AdverseEvent.event")]
    [InlineData("\"mild\"", "\"awful\"", FaultKind.CodeUnknown, "AdverseEvent.severity")]
    [InlineData("Non-serious", "grave", FaultKind.CodeUnknown, "AdverseEvent.seriousness")]
    [InlineData("resolvedWithSequelae", "gone", FaultKind.CodeUnknown, "AdverseEvent.outcome")]
    [InlineData("Probably-Likely", "sure", FaultKind.CodeUnknown, "AdverseEvent.suspectEntity[1].causality[0].assessment")]
    [InlineData("Patient/pat1", "Patient/pat2", FaultKind.ReferenceUnclear, "AdverseEvent.subject")]
    [InlineData("Patient/pat1", "Practitioner/p1", FaultKind.ReferenceUnclear, "AdverseEvent.subject")]
    [InlineData("Procedure/proc1", "Procedure/proc2", FaultKind.ReferenceUnclear, "AdverseEvent.suspectEntity[1].instance")]
    internal void What_keeps_an_event_out_says_where(string text, string other, FaultKind kind, string path)
    {
        var (row, _) = Only("AdverseEvent", FhirSamples.Lines([.. FhirSamples.All[..^1], FhirSamples.AdverseEvent.Replace(text, other)]));
        Assert.Contains(row.Faults, f => (f.Kind, f.Path) == (kind, path));
    }

    [Theory]
    [InlineData("dry_needling", "appendectomy", FaultKind.NotDryNeedling, "Procedure.code")]
    [InlineData("\"completed\"", "\"entered-in-error\"", FaultKind.NotActual, "Procedure.status")]
    [InlineData("\"completed\"", "\"in-progress\"", FaultKind.NotActual, "Procedure.status")]
    [InlineData("\"completed\"", "\"unknown\"", FaultKind.CodeUnknown, "Procedure.status")]
    [InlineData("31764008", "1234", FaultKind.CodeUnknown, "Procedure.bodySite[0]")]
    [InlineData("Practitioner/p1", "Practitioner/p2", FaultKind.ReferenceUnclear, "Procedure.performer[0].actor")]
    [InlineData("Encounter/e1", "Encounter/e2", FaultKind.ReferenceUnclear, "Procedure.encounter")]
    internal void What_keeps_a_session_out_says_where(string text, string other, FaultKind kind, string path)
    {
        var (row, _) = Only("Procedure", FhirSamples.Lines([.. FhirSamples.All.Where(r => r != FhirSamples.Procedure), FhirSamples.Procedure.Replace(text, other)]));
        Assert.Contains(row.Faults, f => (f.Kind, f.Path) == (kind, path));
    }

    [Theory]
    [InlineData("completed", "completed")]
    [InlineData("stopped", "aborted")]
    [InlineData("not-done", "cancelled")]
    public void A_procedure_s_status_is_the_session_s(string status, string expected) =>
        Assert.Contains(("status", expected), Cells(Only("Procedure", FhirSamples.Lines([.. FhirSamples.All.Where(r => r != FhirSamples.Procedure), FhirSamples.Procedure.Replace("\"completed\"", $"\"{status}\"")])).Row));

    [Fact]
    public void A_general_code_beside_our_own_gives_way() =>
        Assert.Contains(("category", "BRUISE_EXTENSIVE"), Cells(Only("AdverseEvent", FhirSamples.Lines([.. FhirSamples.All[..^1],
            FhirSamples.AdverseEvent.Replace("\"mild\"", "\"severe\"").Replace("\"event\":{\"coding\":[", "\"event\":{\"coding\":[{\"system\":\"urn:safetyaudit:category\",\"code\":\"BRUISE_EXTENSIVE\"},")])).Row));

    [Theory]
    [InlineData("""{"reference":"Patient/pat1"}""")]
    [InlineData("""{"reference":"Patient/pat1/_history/3"}""")]
    [InlineData("""{"reference":"https://ehr.example/fhir/Patient/pat1"}""")]
    [InlineData("""{"reference":"Patient?identifier=urn:oid:1.2.3|T1"}""")]
    [InlineData("""{"reference":"Patient?identifier=https%3A%2F%2Fa.example%7CX-9"}""")]
    [InlineData("""{"reference":"Patient?identifier=https%3A%2F%2Fa.example|X-9"}""")]
    [InlineData("""{"identifier":{"system":"urn:oid:1.2.3","value":"T1"}}""")]
    [InlineData("""{"identifier":{"system":"https://a.example","value":"X-9"}}""")]
    [InlineData("""{"reference":"#me"}""")]
    public void However_a_patient_is_referred_to_the_id_is_the_same(string reference)
    {
        string procedure = FhirSamples.Procedure.Replace("""{"reference":"Patient/pat1"}""", reference)
            .Replace("\"note\"", """ "contained":[{"resourceType":"Patient","id":"me","identifier":[{"value":"T1"}]}],"note" """);
        var (row, _) = Only("Procedure", FhirSamples.Lines([.. FhirSamples.All.Where(r => r != FhirSamples.Procedure), procedure]));
        Assert.Contains(("patient_id", "T1"), Cells(row));
    }

    [Fact]
    public void Within_a_bundle_addresses_lead_where_they_say()
    {
        const string uuid = "urn:uuid:9f0b0bd5-3a8c-4b42-a6cb-3c1d5a1b6c11";
        string bundle = $$$"""
            {"type":"transaction","entry":[
            {"fullUrl":"urn:uuid:1","request":{"method":"POST","url":"AdverseEvent"},"resource":{{{FhirSamples.AdverseEvent.Replace("Patient/pat1", uuid).Replace("Procedure/proc1", "http://a.example/Procedure/proc1")}}} },
            {"fullUrl":"http://b.example/Procedure/proc1","resource":{{{FhirSamples.Procedure.Replace("\"proc1\"", "\"other\"").Replace("\"S1\"", "\"S2\"")}}} },
            {"fullUrl":"http://a.example/Procedure/proc1","resource":{{{FhirSamples.Procedure}}} },
            {"fullUrl":"{{{uuid}}}","resource":{{{FhirSamples.Patient.Replace("\"id\":\"pat1\",", "")}}},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=urn:oid:1.2.3|T1"}}
            ],"resourceType":"Bundle"}
            """;
        var (row, _) = Only("AdverseEvent", bundle);
        Assert.Empty(row.Faults);
        Assert.Equal(["T1", "S1"], [row.Cells["patient_id"].Value, row.Cells["session_id"].Value]);
    }

    [Fact]
    public void Two_resources_of_one_name_are_well_if_they_say_the_same()
    {
        var (row, _) = Only("Procedure", FhirSamples.Lines([.. FhirSamples.All, FhirSamples.Patient.Replace("male", "other")]));
        Assert.Equal("T1", row.Cells["patient_id"].Value);
        (row, _) = Only("Procedure", FhirSamples.Lines([FhirSamples.Patient.Replace("\"T1\"", "\"T2\""), .. FhirSamples.All]));
        Assert.Contains(row.Faults, f => f.Kind == FaultKind.ReferenceUnclear && f.Remedy.Contains("differ", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_an_identifier_the_id_is_the_resource_s_own()
    {
        var (row, _) = Only("Procedure", FhirSamples.Lines([.. FhirSamples.All.Where(r => r != FhirSamples.Procedure), FhirSamples.Procedure.Replace("\"identifier\":[{\"system\":\"https://clinic.example/sessions\",\"value\":\"S1\"}],", "")]));
        Assert.Equal("proc1", row.Cells["session_id"].Value);
    }

    [Theory]
    [InlineData("""{"resourceType":"AdverseEvent","subject":"Patient/1","event":[],"date":{"x":1},"suspectEntity":"none","identifier":7,"severity":true,"recorder":[],"actuality":["actual"]}""")]
    [InlineData("""{"resourceType":"AdverseEvent","extension":"x","contained":{},"suspectEntity":[null,[],1],"category":[[]],"event":{"coding":{"code":1e999}},"actuality":"actual"}""")]
    [InlineData("""{"resourceType":"AdverseEvent","extension":[null,1,{"url":"urn:safetyaudit:column:needles_opened"}],"actuality":null,"subject":{"reference":"#"}}""")]
    public void Any_json_in_any_place_is_a_rejected_row_and_no_crash(string resource)
    {
        foreach (string type in ResourceRows.RowTypes)
        {
            string text = resource.Replace("\"AdverseEvent\"", $"\"{type}\"").Replace("\"actuality\"", """ "code":{"coding":[{"system":"urn:safetyaudit:procedure","code":"dry_needling"}]},"name":5,"qualification":[1],"performer":{},"bodySite":3,"period":[],"actuality" """);
            var (row, _) = Only(type, FhirSamples.Lines(text));
            Assert.True(type == "Practitioner" || row.Faults.Count > 0 || !row.Cells.ContainsKey("patient_id"));
        }
    }

    static List<(string, string)> Cells(ResourceRow row) => [.. row.Cells.Select(c => (c.Key, c.Value.Value)).OrderBy(c => c.Key, StringComparer.Ordinal)];

    internal static (ResourceRow Row, List<string> NotUsed) Only(string type, string file)
    {
        HashSet<string> columns = [.. type switch
        {
            "Practitioner" => new PractitionerIntake().Layout.ColumnNames, "Procedure" => new SessionIntake().Layout.ColumnNames, _ => new EventIntake().Layout.ColumnNames,
        }];
        using var rows = ResourceRows.Open(() => new MemoryStream(Encoding.UTF8.GetBytes(file)), type, columns);
        ResourceRow? found = null;
        while (rows.Read()) if (rows.Unreadable is null && (found is null || rows.Row!.Name is not "Procedure/other")) found = rows.Row;
        return (found!, [.. rows.NotUsed]);
    }
}
