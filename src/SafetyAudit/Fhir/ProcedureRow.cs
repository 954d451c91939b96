using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>
/// A Procedure of dry needling is a session. Its Encounter says when and in which clinic, where the procedure does not; an encounter without such a procedure
/// is none, since nothing says that anybody was needled.
/// </summary>
static class ProcedureRow
{
    public static void Fill(ResourceRow row)
    {
        var procedure = row.Resource;
        if (!procedure["code"].Codings().Any(c => c is (FhirCodes.Procedure, FhirCodes.DryNeedling)))
        {
            row.Refuse(FaultKind.NotDryNeedling, "code", procedure["code"].Shown(),
                $"It is not said to be dry needling. Where it is, add the coding {FhirCodes.Procedure}|{FhirCodes.DryNeedling}; else leave it out.");
            return;
        }
        string? status = procedure["status"].Text();
        if (status is null) row.Refuse(FaultKind.MissingValue, "status", null, "status must not be empty.");
        else if (FhirCodes.StatusOf(status) is { } known) row.Set("status", known, procedure.At("status"));
        else if (status is "preparation" or "in-progress" or "on-hold" or "entered-in-error")
            row.Refuse(FaultKind.NotActual, "status", status, "Only what has been done counts. Send it again when it is completed, stopped or not-done.");
        else row.Fail(FaultKind.CodeUnknown, "status", procedure.At("status"), status, "status must be completed, stopped or not-done.");

        _ = procedure["identifier"];
        row.Set("session_id", References.IdOf(procedure.Json, isContained: false), procedure.At("identifier"));
        row.Set("patient_id", row.Follow(procedure["subject"], "patient_id", procedure.At("subject"), "Patient")?.Id, procedure.At("subject"));

        var reference = procedure["encounter"];
        var encounter = row.References.Follow(reference, "Encounter", procedure.Json, out string? lost);
        Practitioner(row, encounter);
        Times(row, encounter, lost, reference.Get("reference").Text());
        row.Set("clinic_id", row.References.ClinicOf(procedure["location"], procedure.Json), procedure.At("location"));
        if (!row.Cells.ContainsKey("clinic_id")) row.Set("clinic_id", encounter?.Clinic, procedure.At("encounter"));
        Regions(row);
    }

    static void Practitioner(ResourceRow row, Target? encounter)
    {
        var procedure = row.Resource;
        var performers = new List<(string Id, string Path)>();
        foreach (var performer in procedure.Parts("performer"))
        {
            var actor = performer["actor"];
            // Devices, organisations and the patient may stand here too; they give no sessions.
            if (actor.Get("reference").Text()?.Split('/') is [.., "Organization" or "Patient" or "RelatedPerson" or "Device", _]) continue;
            var person = row.Follow(actor, "practitioner_id", performer.At("actor"), "Practitioner", "PractitionerRole");
            if (person is { Id: { } id }) performers.Add((id, performer.At("actor")));
        }
        if (performers.Count == 0 && encounter is { Practitioners.Length: > 0 })
            performers.AddRange(encounter.Practitioners.Split('\n').Select(id => (id, procedure.At("encounter"))));
        switch (performers.DistinctBy(p => p.Id).ToList())
        {
            case []: break;
            case [var (id, path)]: row.Set("practitioner_id", id, path); break;
            case [_, var (_, path), ..]:
                row.Fail(FaultKind.ReferenceUnclear, "practitioner_id", path, null,
                    $"Several practitioners are named. Leave the one who needled; a supervisor goes into the extension {FhirCodes.Column}supervisor_id.");
                break;
        }
    }

    static void Times(ResourceRow row, Target? encounter, string? lost, string? address)
    {
        var procedure = row.Resource;
        var period = procedure["performedPeriod"];
        if (procedure["performedDateTime"].Text() is { } at) row.Set("started_at", at, procedure.At("performedDateTime"));
        else if (period.Get("start").Text() is { } start)
        {
            row.Set("started_at", start, procedure.At("performedPeriod.start"));
            row.Set("ended_at", period.Get("end").Text(), procedure.At("performedPeriod.end"));
        }
        else if (lost is not null) row.Fail(FaultKind.ReferenceUnclear, "started_at", procedure.At("encounter"), address,
            $"The procedure does not say when, and its encounter is not there: {lost}");
        else if (encounter is not null)
        {
            row.Set("started_at", encounter.Start, procedure.At("encounter"));
            row.Set("ended_at", encounter.End, procedure.At("encounter"));
        }
    }

    // One body site, one place treated; the three lists of a session file, entry by entry.
    static void Regions(ResourceRow row)
    {
        var sites = row.Resource["bodySite"].Items().ToList();
        if (sites.Count == 0) return;
        string path = row.Resource.At("bodySite");
        var places = sites.ConvertAll(site => (Region: One(site, (s, c) => s == FhirCodes.Region ? c : null), Muscle: One(site, FhirCodes.MuscleOf),
            Side: One(site, (s, c) => s == FhirCodes.Side ? c : null)));
        int unknown = places.FindIndex(p => p is (null, null, _));
        // A place that is not understood may lie over the lungs: the session can't be counted without it.
        if (unknown >= 0)
        {
            row.Fail(FaultKind.CodeUnknown, "muscles", $"{path}[{unknown}]", sites[unknown].Shown(),
                $"The place is not understood. Add a coding of {FhirCodes.Muscle} or {FhirCodes.Region}, such as {FhirCodes.Muscle}|upper_trapezius.");
            return;
        }
        Set("regions", places.ConvertAll(p => p.Region));
        Set("muscles", places.ConvertAll(p => p.Muscle));
        Set("sides", places.ConvertAll(p => p.Side));

        void Set(string column, List<string?> entries)
        {
            if (entries.Exists(e => e is not null)) row.Set(column, string.Join(';', entries), path);
        }

        static string? One(JsonElement site, Func<string?, string, string?> codeOf) =>
            site.Codings().Select(c => codeOf(c.System, c.Code)).FirstOrDefault(c => c is not null)?.Replace(';', ' ');
    }
}
