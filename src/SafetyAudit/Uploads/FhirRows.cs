using System.Text;
using SafetyAudit.Data;
using SafetyAudit.Fhir;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>
/// The rows of one kind in a FHIR file. A file with several kinds becomes one upload for each, over the same kept bytes, in the order in which they need each
/// other: so versions, quarantine, provenance, resuming and the audit trail are those of any other file.
/// </summary>
sealed class FhirRows : Rows
{
    readonly ResourceRows rows;
    readonly string[] headers;

    FhirRows(ResourceRows rows, string[] headers) => (this.rows, this.headers) = (rows, headers);

    public override IReadOnlyList<string> Headers => headers;
    public override IReadOnlyList<string> Named => [.. rows.NotUsed];
    public override int Length => rows.Bytes.Length;
    public override long Position => rows.Position;

    public static new FhirRows Open<T>(Func<Stream> content, Layout<T> layout) where T : Record, new()
    {
        string[] columns = [.. layout.ColumnNames];
        string type = typeof(T) == typeof(Practitioner) ? "Practitioner"
            : typeof(T) == typeof(Session) ? "Procedure"
            : typeof(T) == typeof(AdverseEvent) ? "AdverseEvent"
            : throw new NotSupportedException($"No FHIR resource makes a {typeof(T).Name}.");
        return new(Refusing(() => ResourceRows.Open(content, type, columns.ToHashSet())), columns);
    }

    /// <summary>The kinds that a file has, in the order in which they are read.</summary>
    public static IReadOnlyList<RecordKind> KindsIn(Func<Stream> content) => [.. Refusing(() => ResourceRows.TypesIn(content)).Select(type => type switch
    {
        "Practitioner" => RecordKind.Practitioners,
        "Procedure" => RecordKind.Sessions,
        _ => RecordKind.Events,
    })];

    public override bool Read()
    {
        if (!Refusing(rows.Read)) return false;
        Line = rows.Line;
        Problem = (rows.Unreadable ?? rows.Row!.Faults.FirstOrDefault(f => f.Column is null)) is { } fault ? ReasonOf(fault) : null;
        return true;
    }

    // Cells of CSV files lose the apostrophe that keeps spreadsheets from running them; JSON has none to lose.
    public override ReadOnlySpan<byte> Cell(int column) =>
        rows.Row!.Cells.TryGetValue(headers[column], out var cell) ? Encoding.UTF8.GetBytes(CsvText.Out(cell.Value.Trim())) : default;

    public override ReadOnlySpan<byte> Raw => rows.Bytes.Span;

    public override string Original() => Readable(rows.Bytes.Span);

    public override void Complete(List<Reason> reasons)
    {
        if (rows.Row is not { } row) return;
        var faults = row.Faults.ToList();
        if (faults.Find(f => f.Column is null) is { } told) faults.Remove(told);
        else
        {
            reasons.RemoveAll(r => r.Code == ReasonCode.MissingValue && faults.Exists(f => f.Column == r.Column));
            for (int i = 0; i < reasons.Count; i++)
                if (reasons[i].Column is { } column) reasons[i] = Placed(reasons[i], row.Cells.TryGetValue(column, out var cell)
                    ? cell.Path : $"{row.Resource.Path} ({column})");
        }
        reasons.AddRange(faults.Select(ReasonOf));
    }

    public override void Dispose() => rows.Dispose();

    Reason ReasonOf(Fault fault) => Placed(new(fault.Kind switch
    {
        FaultKind.NotJson => ReasonCode.NotJson,
        FaultKind.NotUtf8 => ReasonCode.NotUtf8,
        FaultKind.TooLong => ReasonCode.RowTooLong,
        FaultKind.MissingValue => ReasonCode.MissingValue,
        FaultKind.CodeUnknown => ReasonCode.CodeUnknown,
        FaultKind.CategoryUnknown => ReasonCode.CategoryUnknown,
        FaultKind.ReferenceUnclear => ReasonCode.ReferenceUnclear,
        FaultKind.NotDryNeedling => ReasonCode.NotDryNeedling,
        FaultKind.NotActual => ReasonCode.NotActual,
        FaultKind.NotUnderstood => ReasonCode.NotUnderstood,
        _ => throw new NotSupportedException($"No reason for {fault.Kind}."),
    }, null, fault.Value is { Length: > 100 } value ? value[..100] + "…" : fault.Value, fault.Remedy), fault.Path);

    // Which resource, where in it, and what to do; without a readable resource its number has to do.
    Reason Placed(Reason reason, string path) => reason with
    {
        Column = path.Length > 0 ? path : null,
        Remedy = $"{rows.Row?.Name ?? $"Resource {rows.Line}"}{(path.Length > 0 ? $", {path}" : "")}: {reason.Remedy}",
    };

    internal static TResult Refusing<TResult>(Func<TResult> read)
    {
        try { return read(); }
        catch (FhirRefusedException refused) { throw new FileRefusedException(refused.Message); }
    }
}
