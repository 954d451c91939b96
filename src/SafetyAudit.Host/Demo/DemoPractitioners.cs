namespace SafetyAudit.Host.Demo;

/// <summary>One practitioner: who, how much, where on the body, and how readily an ordinary event is written down.</summary>
internal sealed record DemoPractitioner(string Id, string Name, string Role, int SessionsPerMonth, double RecordingHabit, int YearsLicensed, string Regions,
    bool ThoracicCompetency = true, bool Supervised = false)
{
    public string Clinic => Id[..Id.IndexOf('-', StringComparison.Ordinal)];
    public int Number => Id[^1] - '0';
    public string Supervisor => $"{Clinic}-P01";

    /// <summary>What the clinic permits is what is treated: regions by focus, muscles over the lung only with thoracic competency.</summary>
    public IReadOnlyList<DemoMuscle> Permitted { get; } =
        [.. DemoMuscles.All.Where(m => Regions.Split(';').Contains(m.Region) && (ThoracicCompetency || !m.AtRiskThorax))];
}

/// <summary>The staff is written down rather than drawn, so that each planted fault meets a volume at which it can be seen.</summary>
internal static class DemoPractitioners
{
    // The recording habits are set by hand to a coefficient of variation of about 0.12, an ordinary spread without accidental outliers.
    public static readonly IReadOnlyList<DemoPractitioner> All =
    [
        new("RIVER-P01", "Grace Whitcombe", "physiotherapist", 178, 1.09, 21, "neck;shoulder;upper_back;lower_back"),
        new("RIVER-P02", "Tomasz Wilk", "physiotherapist", 145, 0.87, 12, "lower_back;hip;thigh"),
        new(DemoFaults.BruisingDoubles, "Priya Raman", "physiotherapist", 120, 1.20, 9, "neck;shoulder;hip;calf"),
        new("RIVER-P04", "Siân Prosser", "osteopath", 95, 0.96, 15, "neck;upper_back;lower_back"),
        new("RIVER-P05", "Kofi Mensah", "physiotherapist", 155, 0.92, 8, "shoulder;lower_back;hip"),
        new(DemoFaults.ConsentMissing, "Eleni Markou", "physiotherapist", 85, 1.02, 11, "neck;shoulder;forearm"),
        new("RIVER-P07", "João Teixeira", "physiotherapist", 45, 0.84, 5, "hip;thigh;calf", ThoracicCompetency: false),
        new("RIVER-P08", "Hamza Qureshi", "physiotherapist", 12, 1.12, 3, "lower_back;thigh;calf", ThoracicCompetency: false, Supervised: true),

        new("HARB-P01", "Aisling Byrne", "physiotherapist", 179, 0.90, 18, "hip;thigh;calf;lower_back"),
        new(DemoFaults.NeedleRetained, "Declan O'Rourke", "physician", 155, 1.06, 24, "shoulder;hip;thigh;calf"),
        new("HARB-P03", "Ingrid Solheim", "physiotherapist", 110, 1.18, 10, "neck;shoulder;forearm"),
        new("HARB-P04", "Rafael Ortega-Vidal", "chiropractor", 75, 0.95, 7, "neck;upper_back;lower_back"),
        new(DemoFaults.RecordsNoEvents, "Nora Lindqvist", "physiotherapist", 130, 0, 16, "thigh;calf;lower_back;shoulder"),
        new("HARB-P06", "Mehmet Yıldırım", "physiotherapist", 173, 1.10, 13, "shoulder;upper_back;hip"),
        new("HARB-P07", "Zoë Harcourt", "physiotherapist", 60, 0.83, 6, "calf;thigh;forearm", ThoracicCompetency: false),
        new("HARB-P08", "Samuel Abebe", "physiotherapist", 25, 1.02, 3, "calf;thigh;hip", ThoracicCompetency: false, Supervised: true),

        new("NORTH-P01", "Fatima Idrissi", "physician", 165, 0.94, 19, "neck;shoulder;upper_back;lower_back"),
        new(DemoFaults.LicenceExpired, "Callum Rennie", "physiotherapist", 90, 1.03, 14, "lower_back;hip;thigh"),
        new("NORTH-P03", "Minh Anh Tran", "physiotherapist", 135, 0.82, 9, "neck;shoulder;forearm"),
        new("NORTH-P04", "Marta Szabó", "physiotherapist", 112, 1.14, 17, "neck;upper_back;lower_back"),
        new("NORTH-P05", "Olumide Adeyemi", "osteopath", 150, 1.08, 11, "lower_back;hip;shoulder"),
        new("NORTH-P06", "Yuki Tanabe", "physiotherapist", 55, 0.90, 6, "neck;shoulder"),
        new("NORTH-P07", "Bohdan Melnyk", "physiotherapist", 30, 1.19, 4, "hip;thigh;calf", ThoracicCompetency: false),
        new("NORTH-P08", "Łucja Kowal", "physiotherapist", 11, 0.98, 3, "lower_back;thigh;calf", ThoracicCompetency: false, Supervised: true),
    ];

    public static IReadOnlyList<(string, Func<DemoPractitioner, string?>)> Columns(DateOnly lastDay)
    {
        var firstDay = lastDay.AddYears(-2);
        return
        [
            ("practitioner_id", p => p.Id),
            ("display_name", p => p.Name),
            ("clinic_id", p => p.Clinic),
            ("role", p => p.Role),
            ("licence_number", p => $"DEMO-{p.Clinic[0]}{40210 + 137 * p.Number}"),
            // Also where it has run out: nobody had changed the register, which is how such a licence goes unnoticed.
            ("licence_status", _ => "active"),
            ("licence_issued", p => DemoCsv.Date(lastDay.AddYears(-p.YearsLicensed).AddDays(-23 * p.Number))),
            ("licence_expires", p => DemoCsv.Date(
                p.Id == DemoFaults.LicenceExpired ? DemoFaults.ExpiredLicenceEnds(lastDay) : lastDay.AddDays(170 + 61 * p.Number))),
            ("jurisdiction", p => p.Clinic == "HARB" ? "IE" : "GB"),
            ("years_licensed", p => DemoCsv.Number(p.YearsLicensed)),
            ("training_hours", p => DemoCsv.Number(54 + 4 * Math.Min(p.YearsLicensed, 15))),
            ("supervised_sessions", p => DemoCsv.Number(p.Supervised ? 11 + p.Clinic.Length : 25 + 3 * p.Number)),
            ("certified_on", p => DemoCsv.Date(firstDay.AddDays(-60 - 41 * p.YearsLicensed))),
            ("thoracic_competency_on", p => p.ThoracicCompetency ? DemoCsv.Date(firstDay.AddDays(-30 - 19 * p.YearsLicensed)) : null),
            ("permitted_muscles", p => string.Join(';', p.Permitted.Select(m => m.Code))),
            ("bbp_training_on", p => DemoCsv.Date(lastDay.AddDays(-40 - 29 * p.Number))),
            ("cpr_expires", p => DemoCsv.Date(lastDay.AddDays(90 + 37 * p.Number))),
        ];
    }
}
