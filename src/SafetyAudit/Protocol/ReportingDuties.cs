using System.Linq.Expressions;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Protocol;

/// <summary>A duty to report an event to somebody outside. Orientation, not legal advice.</summary>
/// <param name="Id">Names it in settings and in what was done about an event.</param>
/// <param name="Jurisdiction">Where it holds, as a clinic's <see cref="ClinicProtocol.Jurisdictions"/> spell it: ISO 3166 codes.</param>
/// <param name="Name">The law or rule.</param>
/// <param name="Trigger">What has to be reported, in words.</param>
/// <param name="Applies">The same over an event's record. Wider where the record can't tell: a person decides.</param>
/// <param name="DeadlineHours">Hours from the event's finding; null where none was entered.</param>
/// <param name="Form">How it is reported.</param>
/// <param name="Source">Where it stands.</param>
/// <param name="IsExample">A worked example, which applies wherever the clinic names its jurisdiction; all others only once the clinic has verified them.</param>
public sealed record ReportingDuty(string Id, string Jurisdiction, string Name, string Trigger, Func<AdverseEvent, Measure, bool> Applies, double? DeadlineHours, string Form, string Source, bool IsExample);

/// <summary>The table of reporting duties (clinical evidence note, section 2.2).</summary>
public static class ReportingDuties
{
    public static readonly IReadOnlyList<ReportingDuty> All =
    [
        new("FL-PT", "US-FL", "Florida physical therapy: adverse medical incident",
            "A prolonged or emergent neurological, pulmonary, vascular or musculoskeletal condition linked to dry needling, with transfer to a hospital or referral to a physician.",
            (e, m) => e.MedicalAttention is not MedicalAttention.None && SeverityOf(e, m) >= Severity.Moderate, null, "Form of the state; the state tallies yearly", "F.S. 486.117; F.A.C. 64B17-6.008. Deadline not checked: confirm with the regulator", true),
        new("GB-RIDDOR", "GB", "RIDDOR 2013",
            "A person not at work taken directly to hospital; a sharps injury with a known blood-borne virus; an injury of a worker for more than seven days.",
            (e, m) => e.MedicalAttention is MedicalAttention.Emergency or MedicalAttention.Admitted || e.MedicalAttention is null && SeverityOf(e, m) >= Severity.Severe || e.Category == "NEEDLESTICK_STAFF", null, "Online form of the Health and Safety Executive", "hse.gov.uk. Deadlines not checked: confirm with the regulator", true),
        new("GB-SHARPS", "GB", "Sharps Regulations 2013, regulation 7", "Every injury by a medical sharp: record, investigate, act.",
            (e, _) => e.Category == "NEEDLESTICK_STAFF", null, "The clinic’s own record", "UK Sharps Regulations 2013", false),
        new("GB-CQC", "GB", "CQC regulation 18 and duty of candour", "Serious injury of a patient, where the provider is registered. Physiotherapy alone often is not.",
            (e, m) => Measure.IsSerious(e, SeverityOf(e, m)), null, "Statutory notification", "Not checked against the source: confirm with the regulator", false),
        new("GB-LFPSE", "GB", "Learn from patient safety events", "Patient-safety events in NHS-funded care.",
            (e, m) => SeverityOf(e, m) >= Severity.Moderate || m.IsSentinel, null, "LFPSE service", "NHS England", false),
        new("US-FDA", "US", "FDA medical device reporting, part 803", "Death or serious injury to which a needle may have contributed, where the clinic is a user facility: ask counsel. MedWatch is voluntary otherwise.",
            (e, m) => Measure.IsSerious(e, SeverityOf(e, m)) || e.Category is "NEEDLE_BROKEN" or "NEEDLE_RETAINED", 336, "FDA form 3500A (user facility), 3500 (voluntary)", "21 CFR 803 and 880.5580: ten working days, entered as fourteen days", false),
        new("US-OSHA", "US", "OSHA sharps injury log", "An injury of staff by a contaminated needle.", (e, _) => e.Category == "NEEDLESTICK_STAFF", null, "Sharps injury log", "29 CFR 1910.1030. Not checked against the source: confirm with the regulator", false),
        new("CA-AB", "CA-AB", "Alberta critical-event management plan", "A critical event after needling: manage and review it by the clinic’s own plan.",
            (e, m) => m.IsSentinel || Measure.IsSerious(e, SeverityOf(e, m)), null, "The clinic’s own plan", "Physiotherapy Alberta critical event guideline", false),
    ];

    // No duty is about these where they are mild and nothing else says more.
    static readonly string[] Minor = [.. Catalogue.Categories.Values.Where(m => m.DefaultSeverity == Severity.Mild && !m.IsSentinel && m.Code is not ("NEEDLESTICK_STAFF" or "NEEDLE_BROKEN" or "NEEDLE_RETAINED")).Select(m => m.Code)];

    /// <summary>Whether any duty may apply to an event, for the database: never false where one does (<see cref="ReportingDuty.Applies"/>), which is asked of those that are left.</summary>
    public static readonly Expression<Func<AdverseEvent, bool>> MayApply = e => !Minor.Contains(e.Category) || e.Severity != null && e.Severity != Severity.Mild || e.CtcaeGrade >= 4
        || e.MedicalAttention == MedicalAttention.Emergency || e.MedicalAttention == MedicalAttention.Admitted || e.Seriousness != null && e.Seriousness.StartsWith("serious") || Measure.SeriousOutcomes.Contains(e.Outcome!);

    public static readonly IReadOnlyDictionary<string, ReportingDuty> ById = All.ToDictionary(d => d.Id);

    /// <summary>The duties that a clinic has, each with its deadline in hours where there is one.</summary>
    public static IEnumerable<(ReportingDuty Duty, double? DeadlineHours)> Of(ClinicProtocol clinic)
    {
        foreach (var duty in All)
        {
            // What holds in a country holds in its states.
            if (clinic.Jurisdictions?.Any(j => j == duty.Jurisdiction || j.StartsWith(duty.Jurisdiction + "-", StringComparison.Ordinal)) != true) continue;
            VerifiedDuty? verified = clinic.VerifiedDuties?.Where(v => v.Id == duty.Id).Select(v => (VerifiedDuty?)v).FirstOrDefault();
            if (duty.IsExample || verified is not null) yield return (duty, verified?.DeadlineHours ?? duty.DeadlineHours);
        }
    }

    static Severity SeverityOf(AdverseEvent e, Measure m) => e.Severity ?? m.DefaultSeverity;
}
