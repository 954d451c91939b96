using System.Text.Json;

namespace SafetyAudit.Fhir;

/// <summary>A Practitioner, with the newest of the PractitionerRoles that name it, is a practitioner.</summary>
static class PractitionerRow
{
    public static void Fill(ResourceRow row)
    {
        var practitioner = row.Resource;
        _ = practitioner["identifier"];
        row.Set("practitioner_id", References.IdOf(practitioner.Json, isContained: false), practitioner.At("identifier"));
        row.Set("display_name", NameIn(practitioner["name"]), practitioner.At("name"));

        foreach (var qualification in practitioner.Parts("qualification"))
        {
            var code = qualification["code"].Codings().FirstOrDefault(c => c.System == FhirCodes.Qualification).Code;
            var period = qualification["period"];
            string? start = Day(period.Get("start").Text()), end = Day(period.Get("end").Text());
            switch (code)
            {
                case "licence":
                    row.Set("licence_number", qualification["identifier"].Items().Select(i => i.Get("value").Text()).FirstOrDefault(),
                        qualification.At("identifier"));
                    row.Set("licence_issued", start, qualification.At("period.start"));
                    row.Set("licence_expires", end, qualification.At("period.end"));
                    break;
                case "certification": row.Set("certified_on", start, qualification.At("period.start")); break;
                case "thoracic_competency": row.Set("thoracic_competency_on", start, qualification.At("period.start")); break;
                case "bbp_training": row.Set("bbp_training_on", start, qualification.At("period.start")); break;
                case "cpr": row.Set("cpr_expires", end, qualification.At("period.end")); break;
                // A degree is no licence, and nothing says which it is.
                default: row.AlsoNotAsked.Add("Practitioner.qualification(other than licence, certification, thoracic_competency, bbp_training, cpr)"); break;
            }
        }

        var roles = new List<(string From, string Id, string? Role, string? Clinic)>();
        foreach (var entry in row.References.RolesOf(practitioner.Json, row.FullUrl))
        {
            var role = new Element(entry.Resource, "PractitionerRole");
            foreach (string asked in new[] { "identifier", "practitioner" }) _ = role[asked];
            bool active = role["active"].ValueKind != JsonValueKind.False;
            string? code = role["code"].Items().SelectMany(c => c.Codings()).Where(c => c.System is FhirCodes.Role or FhirCodes.PractitionerRole)
                .OrderBy(c => c.System != FhirCodes.Role).Select(c => c.Code).FirstOrDefault();
            string? clinic = row.References.ClinicOf(role["organization"], role.Json)
                ?? role["location"].Items().Select(l => row.References.ClinicOf(l, role.Json)).FirstOrDefault(c => c is not null);
            if (active) roles.Add((role["period"].Get("start").Text() ?? "", role.Json.Get("id").Text() ?? "", code, clinic));
            row.AlsoNotAsked.AddRange(role.NotAsked("PractitionerRole"));
        }
        if (roles.Count == 0) return;
        var newest = roles.OrderByDescending(r => r.From, StringComparer.Ordinal).ThenBy(r => r.Id, StringComparer.Ordinal).First();
        row.Set("role", newest.Role, "PractitionerRole.code");
        row.Set("clinic_id", newest.Clinic, "PractitionerRole.organization");
    }

    static string? NameIn(JsonElement names)
    {
        var name = names.Items().Where(n => n.Get("use").Text() is not ("old" or "maiden"))
            .OrderBy(n => n.Get("use").Text() switch { "official" => 0, "usual" => 1, null => 2, _ => 3 }).FirstOrDefault();
        if (name.Get("text").Text() is { Length: > 0 } text) return text;
        var parts = name.Get("given").Items().Append(name.Get("family")).Select(p => p.Text()).Where(p => !string.IsNullOrWhiteSpace(p));
        return string.Join(' ', parts);
    }

    // A day of a dateTime. A year alone stays one, and is then no date.
    static string? Day(string? dateTime) => dateTime is { Length: > 10 } && dateTime[10] == 'T' ? dateTime[..10] : dateTime;
}
