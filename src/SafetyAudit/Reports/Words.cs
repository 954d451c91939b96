using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Measures;

namespace SafetyAudit.Reports;

/// <summary>Codes in the words that pages and reports have for them.</summary>
public static class Words
{
    /// <summary>Numerator and denominator of a measure.</summary>
    public static string Counted(Measure measure) => (measure.CountsEvents ? "events" : "sessions with at least one") + measure.Unit switch
    {
        ExposureUnit.Session => ", per completed session",
        ExposureUnit.AtRiskSession => ", per completed session over the lungs",
        ExposureUnit.Patient => ", per patient asked",
        _ => ", per needle",
    };

    public static string Because(NotAssessedBecause because) => because switch
    {
        NotAssessedBecause.NoSessions => "no sessions at risk",
        NotAssessedBecause.UnitNotCounted => "counted in another unit than sessions",
        NotAssessedBecause.NoBaselineRate => "no published rate; every event is looked at by itself",
        NotAssessedBecause.AscertainmentDiffers => "the published rate was found in another way",
        NotAssessedBecause.OneColleague => "one colleague alone; the comparison would tell that colleague’s figures",
        NotAssessedBecause.NoneAlike => "colleagues saw none in sessions like these, or gave none like them",
        _ => "no colleagues in the clinic to compare with",
    };

    /// <summary>The list of the records behind a share of data quality.</summary>
    public static string Gap(QualityGap gap) => gap switch
    {
        QualityGap.LateSessions => "Completed sessions that came late",
        QualityGap.RepeatedSessions => "Completed sessions that repeat another",
        QualityGap.IncompleteEvents => "Sessions with an event that lacks details",
        QualityGap.LateEvents => "Sessions with an event that was written down late",
        QualityGap.JoinedEvents => "Sessions with an event that does not name its session",
        _ => "Sessions with an event that repeats another",
    };

    public static string Rule(AlertRule rule) => rule switch
    {
        AlertRule.SentinelEvent => "Sentinel event",
        AlertRule.MoreThanPeers => "More than colleagues",
        AlertRule.FewerThanPeers => "Fewer than colleagues",
        AlertRule.ClinicAboveLiterature => "Clinic above the literature",
        AlertRule.ClinicBelowLiterature => "Clinic below the literature",
        AlertRule.ProtocolFailed => "Critical protocol rule not kept",
        AlertRule.AdherenceBelowTarget => "Adherence below the target",
        AlertRule.CompletenessFalling => "Less recorded than before",
        AlertRule.CredentialLapsing => "Credential lapses",
        AlertRule.RareEventsClose => "Rare events close together",
        _ => "Critical protocol rule not recorded",
    };

    public static string Stage(CaseStage stage) => stage switch { CaseStage.Data => "The data", CaseStage.CaseMix => "The kind of sessions", CaseStage.Process => "The protocol", CaseStage.Person => "The person", _ => "Decided" };

    public static string Decision(CaseDecision decision) => decision switch
    {
        CaseDecision.DataCorrected => "The data were wrong and are corrected", CaseDecision.CaseMixExplains => "The kind of sessions explains it", CaseDecision.NothingFound => "Nothing was found that explains it or needs a change",
        CaseDecision.ProcessChanged => "The clinic changes how it works", CaseDecision.PractitionerSupported => "The practitioner is supported", _ => "Referred to somebody outside",
    };

    public static string Check(CaseCheck check) => check switch
    {
        CaseCheck.Duplicates => "Duplicates", CaseCheck.Denominators => "Sessions counted", CaseCheck.Coding => "Coding of events", CaseCheck.Ascertainment => "How events were found", CaseCheck.CaseMix => "Case-mix", _ => "Protocol adherence",
    };

    /// <summary>What happened in a review, in a few words.</summary>
    public static string Entry(CaseEntry entry) => entry.Kind switch
    {
        CaseEntryKind.Opened => "Opened", CaseEntryKind.Assigned => "Assigned to", CaseEntryKind.Checked => $"{Check(entry.Check!.Value)}: {(entry.Explains == true ? "explains it" : "does not explain it")}", CaseEntryKind.Note => "Note",
        CaseEntryKind.StageEnded => $"{Stage(entry.Stage)}: done", CaseEntryKind.Reply => "Answer of the practitioner", CaseEntryKind.NoReply => "No answer waited for", CaseEntryKind.Decided => "Decided", CaseEntryKind.RecordsChanged => "Records changed after the decision", _ => "Opened again",
    };
}
