namespace SafetyAudit.Uploads;

/// <summary>Why a row was not taken. Names are stable: scripts and letters to suppliers rely on them.</summary>
public enum ReasonCode
{
    MissingValue,
    TextTooLong,
    ForbiddenCharacter,
    NotUtf8,
    NotADate,
    NotAnInstant,
    InstantSkippedByClock,
    InstantAmbiguous,
    DateInFuture,
    NotANumber,
    OutOfRange,
    NotYesOrNo,
    CodeUnknown,
    CategoryUnknown,
    PractitionerUnknown,
    ClinicUnknown,
    ClinicMismatch,
    ListsDiffer,
    EndsBeforeStart,
    OnsetBeforeSession,
    PatientDiffers,
    PseudonymUnknown,
    DuplicateId,
    ChangedMeanwhile,
    TooManyFields,
    TooFewFields,
    QuoteNotClosed,
    RowTooLong,
    NotJson,
    NotOneValue,
    ReferenceUnclear,
    NotDryNeedling,
    NotActual,
    NotUnderstood,
}

/// <summary>One thing wrong with a row: which rule, which column, the value as sent, and what to do about it.</summary>
public sealed record Reason(ReasonCode Code, string? Column, string? Value, string Remedy);
