using SafetyAudit.Protocol;

namespace SafetyAudit.Host.Demo;

/// <summary>What the demo's clinics laid down, from their first day on: numbers such as a clinic may choose, not advice.</summary>
internal static class DemoProtocol
{
    public static ClinicProtocol Of(string clinic, DateOnly lastDay) => new()
    {
        ClinicId = clinic, EffectiveFrom = lastDay.AddYears(-2).AddDays(1),
        MinTrainingHours = 50, MinYearsLicensed = 2, MinSupervisedSessions = 25, AuthorisedRoles = ["physiotherapist", "osteopath", "physician", "chiropractor"], BbpTrainingDays = 365,
        AcceptedConsentForms = ["written", "electronic"], ScreeningValidDays = 0, ThoracicTechniques = ["superficial", "in_situ"], ThoracicNeedleLengthMm = 25,
        MinObservationMinutes = 5, MinPressureSeconds = 30, MinPressureSecondsAnticoagulated = 120, RecordHours = 72, SignHours = 48, AdherenceTarget = 0.9,
        Jurisdictions = clinic == "HARB" ? ["IE"] : ["GB"],
    };
}
