using SafetyAudit.Alerts;

namespace SafetyAudit.Cases;

/// <summary>What a review looks at, in this order: the data before the patients, those before the process, and that before the person.</summary>
public enum CaseStage { Data, CaseMix, Process, Person, Closed }

/// <summary>What a review came to.</summary>
public enum CaseDecision
{
    /// <summary>The data were wrong and have been put right.</summary>
    DataCorrected,
    /// <summary>The patients or the treatments explain it.</summary>
    CaseMixExplains,
    /// <summary>Nothing was found that explains it or needs a change.</summary>
    NothingFound,
    /// <summary>The clinic changes how it works.</summary>
    ProcessChanged,
    /// <summary>The practitioner is supported: training, supervision, a second opinion.</summary>
    PractitionerSupported,
    /// <summary>It goes to somebody outside the clinic.</summary>
    Referred,
}

/// <summary>The review of one alert.</summary>
public sealed class Case
{
    public long Id { get; set; }
    public long AlertId { get; set; }
    public AlertRule Rule { get; set; }
    public AlertLevel Level { get; set; }
    public required string ClinicId { get; set; }

    /// <summary>Whom it is about; empty where it is about the clinic.</summary>
    public string? PractitionerId { get; set; }

    /// <summary>Measure or protocol rule.</summary>
    public string? Measure { get; set; }

    public DateOnly From { get; set; }
    public DateOnly To { get; set; }
    public CaseStage Stage { get; set; }
    public DateTime OpenedAtUtc { get; set; }
    public string OpenedBy { get; set; } = "";

    /// <summary>User name of whoever leads the review; nobody yet where empty.</summary>
    public string? Owner { get; set; }

    /// <summary>When it is to have begun, as the clinic's protocol lays down for a sentinel event; empty where it lays down nothing.</summary>
    public DateTime? BeginByUtc { get; set; }

    /// <summary>When it is to be decided: so many days after it was opened (<see cref="ReviewCase.DaysToDecide"/>), or as whoever assigned it said.</summary>
    public DateTime? DueAtUtc { get; set; }

    /// <summary>When the practitioner was asked; from then on they see the case.</summary>
    public DateTime? AskedAtUtc { get; set; }

    public CaseDecision? Decision { get; set; }
    public string? Reasons { get; set; }
    public string? Actions { get; set; }
    public DateTime? DecidedAtUtc { get; set; }
    public string? DecidedBy { get; set; }

    /// <summary>From when on the figures are to show whether it helped.</summary>
    public DateOnly? RemeasureOn { get; set; }

    /// <summary>What whoever reported the event may read with their tracking code.</summary>
    public string? Feedback { get; set; }
}

/// <summary>What happened in a review.</summary>
public enum CaseEntryKind { Opened, Assigned, Checked, Note, StageEnded, Reply, NoReply, Decided, Reopened, RecordsChanged }

/// <summary>One thing that was done or said in a review, and the figures it rested on. Added, never changed.</summary>
public sealed class CaseEntry
{
    public long Id { get; set; }
    public long CaseId { get; set; }
    public required string ClinicId { get; set; }
    public string? PractitionerId { get; set; }
    public CaseEntryKind Kind { get; set; }
    public CaseStage Stage { get; set; }

    /// <summary>Which check it is the answer to.</summary>
    public CaseCheck? Check { get; set; }

    /// <summary>Whether what was looked at explains the alert, for a check.</summary>
    public bool? Explains { get; set; }

    public string? Note { get; set; }

    /// <summary>What was decided, for a decision.</summary>
    public CaseDecision? Decision { get; set; }

    /// <summary>The figures that were looked at, as they were then.</summary>
    public string? Figures { get; set; }

    public DateTime AtUtc { get; set; }
    public string By { get; set; } = "";
}

/// <summary>What a stage asks to be looked at.</summary>
public enum CaseCheck { Duplicates, Denominators, Coding, Ascertainment, CaseMix, Adherence }

/// <summary>The order of a review.</summary>
public static class CaseStages
{
    /// <summary>What is looked at in a stage before it ends.</summary>
    public static IReadOnlyList<CaseCheck> ChecksOf(CaseStage stage) => stage switch
    {
        CaseStage.Data => [CaseCheck.Duplicates, CaseCheck.Denominators, CaseCheck.Coding, CaseCheck.Ascertainment],
        CaseStage.CaseMix => [CaseCheck.CaseMix],
        CaseStage.Process => [CaseCheck.Adherence],
        _ => [],
    };

    public static CaseStage After(CaseStage stage) => stage switch { CaseStage.Data => CaseStage.CaseMix, CaseStage.CaseMix => CaseStage.Process, CaseStage.Process => CaseStage.Person, _ => CaseStage.Closed };

    /// <summary>The stage whose checks must have been answered before a decision of this kind: what explains everything ends a review early, what is said of a person ends it last.</summary>
    public static CaseStage Earliest(CaseDecision decision) => decision switch { CaseDecision.DataCorrected => CaseStage.Data, CaseDecision.CaseMixExplains => CaseStage.CaseMix, _ => CaseStage.Person };
}
