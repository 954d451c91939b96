using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>An AdverseEvent that happened is an event. The Procedure it suspects is its session.</summary>
static class AdverseEventRow
{
    public static void Fill(ResourceRow row)
    {
        var adverseEvent = row.Resource;
        switch (adverseEvent["actuality"].Text())
        {
            case "actual": break;
            case "potential":
                row.Refuse(FaultKind.NotActual, "actuality", "potential",
                    "A potential event is a near miss: nobody was harmed, and it counts as no event. Leave it out.");
                return;
            case null: row.Refuse(FaultKind.MissingValue, "actuality", null, "actuality must be actual or potential."); break;
            case var other: row.Refuse(FaultKind.CodeUnknown, "actuality", other, "actuality must be actual or potential."); break;
        }
        _ = adverseEvent["identifier"];
        row.Set("event_id", References.IdOf(adverseEvent.Json, isContained: false), adverseEvent.At("identifier"));
        row.Set("patient_id", row.Follow(adverseEvent["subject"], "patient_id", adverseEvent.At("subject"), "Patient")?.Id, adverseEvent.At("subject"));
        row.Set("onset_at", adverseEvent["date"].Text(), adverseEvent.At("date"));
        row.Set("detected_at", adverseEvent["detected"].Text(), adverseEvent.At("detected"));
        row.Set("recorded_at", adverseEvent["recordedDate"].Text(), adverseEvent.At("recordedDate"));
        row.Set("narrative", adverseEvent["event"].Get("text").Text(), adverseEvent.At("event.text"));
        row.SetCode("severity", adverseEvent["severity"], adverseEvent.At("severity"), FhirCodes.SeverityOf,
            "severity must be mild, moderate or severe of HL7's adverse-event-severity.");
        row.SetCode("seriousness", adverseEvent["seriousness"], adverseEvent.At("seriousness"), FhirCodes.SeriousnessOf,
            "seriousness must be a code of HL7's adverse-event-seriousness, such as Non-serious.");
        row.SetCode("outcome", adverseEvent["outcome"], adverseEvent.At("outcome"), FhirCodes.OutcomeOf,
            "outcome must be a code of HL7's adverse-event-outcome, such as resolved.");
        Category(row);
        Suspects(row);
        Recorder(row);
        row.Set("clinic_id", row.References.ClinicOf(adverseEvent["location"], adverseEvent.Json), adverseEvent.At("location"));
        var encounter = row.References.Follow(adverseEvent["encounter"], "Encounter", adverseEvent.Json, out _);
        if (!row.Cells.ContainsKey("clinic_id")) row.Set("clinic_id", encounter?.Clinic, adverseEvent.At("encounter"));
    }

    static void Category(ResourceRow row)
    {
        var adverseEvent = row.Resource;
        string path = adverseEvent.At("event");
        var categories = adverseEvent["event"].Codings().Concat(adverseEvent["category"].Items().SelectMany(c => c.Codings()))
            .Select(c => FhirCodes.CategoryOf(c.System, c.Code))
            .Where(c => c is not null).Select(c => c!.Value).ToList();
        // Our own code beside a general one says more precisely which.
        if (categories.Exists(c => !c.IsMinor)) categories.RemoveAll(c => c.IsMinor);
        string choose = $"Add a coding of {FhirCodes.Category} with one of the codes on the Measures page, such as {FhirCodes.Category}|BRUISE_MINOR.";
        bool isGrave = row.Cells.TryGetValue("severity", out var severity) && severity.Value is "severe" or "critical"
            || row.Cells.TryGetValue("seriousness", out var seriousness) && seriousness.Value != "non_serious";
        string? shown = adverseEvent["event"].Shown();
        switch (categories.Select(c => c.Category).Distinct().ToList())
        {
            case []: row.Fail(FaultKind.CategoryUnknown, "category", path, shown, $"What happened is in none of the codes known here. {choose}"); break;
            case [_, _, ..]: row.Fail(FaultKind.CategoryUnknown, "category", path, shown, $"Its codings name different categories. {choose}"); break;
            case [_] when isGrave && categories[0].IsMinor:
                row.Fail(FaultKind.CategoryUnknown, "category", path, shown, $"The code may mean a minor or a grave kind, and the event is called severe or serious. {choose}");
                break;
            case [var category]: row.Set("category", category, path); break;
        }
    }

    static void Suspects(ResourceRow row)
    {
        var sessions = new HashSet<string>();
        var causality = new List<(Element Part, JsonElement Assessment, bool OfSession)>();
        foreach (var suspect in row.Resource.Parts("suspectEntity"))
        {
            var instance = suspect["instance"];
            // Medicines, devices and others may be suspected too; only a procedure is a session.
            bool isOther = instance.Get("reference").Text() is { } address && address.Split('/') is [.., var type, _] && type is not ("Procedure" or "")
                && char.IsUpper(type[0]) || instance.Get("type").Text() is not (null or "Procedure");
            var session = isOther ? null : row.Follow(instance, "session_id", suspect.At("instance"), "Procedure");
            if (session is { Id: { } id }) sessions.Add(id);
            foreach (var part in suspect.Parts("causality")) causality.Add((part, part["assessment"], session is not null));
        }
        if (sessions.Count == 1) row.Set("session_id", sessions.First(), row.Resource.At("suspectEntity"));
        else if (sessions.Count > 1) row.Fail(FaultKind.ReferenceUnclear, "session_id", row.Resource.At("suspectEntity"), null,
            "Several procedures are suspected. Leave the one after which it happened.");

        if (causality.Exists(c => c.OfSession)) causality.RemoveAll(c => !c.OfSession);
        foreach (var (part, assessment, _) in causality)
        {
            string? before = row.Cells.TryGetValue("causality", out var set) ? set.Value : null;
            row.SetCode("causality", assessment, part.At("assessment"), FhirCodes.CausalityOf,
                "assessment must be a code of HL7's adverse-event-causality-assess, such as Possible.");
            if (before is not null && row.Cells["causality"].Value != before) row.Fail(FaultKind.CodeUnknown, "causality", part.At("assessment"),
                assessment.Shown(), "The causality is assessed twice, and differently. Leave one.");
        }
    }

    // Who wrote it down, as a kind of person; who exactly is not kept.
    static void Recorder(ResourceRow row)
    {
        var recorder = row.Resource["recorder"];
        string? type = recorder.Get("type").Text();
        if (type is null && recorder.Get("reference").Text()?.Split('/') is [.., var named, _]) type = named;
        string? role = type switch
        {
            "Practitioner" or "PractitionerRole" => "practitioner",
            "Patient" => "patient",
            "RelatedPerson" => "related_person",
            _ => null,
        };
        row.Set("reporter_role", role, row.Resource.At("recorder"));
    }
}
