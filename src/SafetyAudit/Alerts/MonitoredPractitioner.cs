using SafetyAudit.Analysis;
using SafetyAudit.AuditTrail;

namespace SafetyAudit.Alerts;

/// <summary>How long a practitioner has been watched at a clinic and how many false alarms were to be expected meanwhile, as the latest evaluation found it; so that pages need not run the monitor.</summary>
[Unaudited]
public sealed class MonitoredPractitioner
{
    public required string ClinicId { get; set; }
    public required string PractitionerId { get; set; }

    /// <summary>Years in which they were watched in at least one measure, among the <see cref="ClinicMonitor.Years"/> that are looked back on.</summary>
    public double Years { get; set; }

    /// <summary>Red false alarms to be expected in these years while nothing is wrong, see <see cref="ClinicMonitor.ExpectedFalseAlarms"/>.</summary>
    public double ExpectedRed { get; set; }

    /// <summary>Amber ones, likewise.</summary>
    public double ExpectedAmber { get; set; }

    public DateTime EvaluatedAtUtc { get; set; }
}
