namespace SafetyAudit.Fhir;

enum FaultKind { NotJson, NotUtf8, TooLong, MissingValue, CodeUnknown, CategoryUnknown, ReferenceUnclear, NotDryNeedling, NotActual, NotUnderstood }

/// <summary>One thing that keeps a resource from being taken.</summary>
/// <param name="Kind">Which rule.</param>
/// <param name="Path">Where in the resource, such as <c>Procedure.performer[0].actor</c>.</param>
/// <param name="Value">What stands there.</param>
/// <param name="Remedy">What was expected, and what to do.</param>
/// <param name="Column">The column that stays empty for it, where it is about one; without, the resource as a whole is not to be used.</param>
sealed record Fault(FaultKind Kind, string Path, string? Value, string Remedy, string? Column = null);
