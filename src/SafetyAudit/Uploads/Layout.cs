using System.Security.Cryptography;
using System.Text;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>What a row's cells need to know of the world to be read.</summary>
/// <param name="NowUtc">The present, against which dates in the future are told.</param>
/// <param name="DefaultZone">Time zone of rows that name no clinic.</param>
/// <param name="Zones">Time zone of each clinic: the clinics there are.</param>
/// <param name="Practitioners">The practitioners there are; nothing where rows are read only for what they say.</param>
/// <param name="ScopeClinic">The clinic the file was sent for, if it was sent for one.</param>
/// <param name="Patients">What stands in the place of patients' ids.</param>
sealed record RowContext(
    DateTime NowUtc, TimeZoneInfo DefaultZone, IReadOnlyDictionary<string, TimeZoneInfo> Zones, KnownPractitioners? Practitioners,
    string? ScopeClinic, Pseudonyms Patients) : IAsyncDisposable
{
    /// <summary>Dates up to this are not in the future: clocks differ, and a zone may be a day ahead.</summary>
    public DateTime LatestUtc { get; } = NowUtc.AddDays(1);

    /// <summary>A clinic's code where it is one; what else stands in its column, such as a patient's id in a shifted row, is kept nowhere in the open.</summary>
    public string? Known(string? clinic) => clinic != null && Zones.ContainsKey(clinic) ? clinic : null;

    public TimeZoneInfo ZoneOf(string? clinic) => clinic != null && Zones.TryGetValue(clinic, out var zone) ? zone : DefaultZone;

    public ValueTask DisposeAsync() => Practitioners?.DisposeAsync() ?? default;
}

/// <summary>One row being read: its clinic's time zone, and the world around it.</summary>
readonly record struct RowReading(RowContext Context, TimeZoneInfo Zone);

/// <summary>What a column's cells hold.</summary>
enum Holds { Text, Code, YesOrNo, Whole, Number, Day, Instant }

/// <summary>A column as people and programs are told of it.</summary>
/// <param name="Name">As in a file's header.</param>
/// <param name="IsRequired">Whether every row must have it.</param>
/// <param name="IsList">Whether it holds several entries.</param>
/// <param name="Holds">What its cells hold.</param>
/// <param name="Allowed">The codes it may hold; none where it holds something else.</param>
/// <param name="Expected">What a cell may hold, as an error message says it.</param>
sealed record ColumnFacts(string Name, bool IsRequired, bool IsList, Holds Holds, IReadOnlyList<string> Allowed, string Expected)
{
    /// <summary>Its type in JSON.</summary>
    public string Type => Holds switch { Holds.YesOrNo => "boolean", Holds.Whole => "integer", Holds.Number => "number", _ => "string" };

    /// <summary>The format of its type in JSON, where it has one.</summary>
    public string? Format => Holds switch { Holds.Day => "date", Holds.Instant => "date-time", _ => null };
}

static class Layout
{
    /// <summary>The column that holds a patient's id in every kind of file.</summary>
    public const string PatientColumn = "patient_id";
}

/// <summary>
/// The columns of one kind of file: those properties of the record that a file can hold, spelt in snake_case. The record is the one definition of its
/// columns; a property added there is read from files. One reader at a time reads with it.
/// </summary>
sealed partial class Layout<T> where T : Record, new()
{
    readonly List<Column> columns;
    readonly RepeatedCells<string> clinics = new();
    readonly int clinicColumn;
    readonly PatientColumn? patientColumn;

    /// <param name="required">Columns without which no record makes sense.</param>
    /// <param name="derived">Properties that no file holds.</param>
    public Layout(string[] required, string[] derived)
    {
        columns = [.. typeof(T).GetProperties()
            .Where(p => p.DeclaringType == typeof(T) && p.CanWrite && !derived.Contains(p.Name))
            .SelectMany(p => ColumnsOf(p, required))];
        clinicColumn = columns.FindIndex(c => c.Name == "clinic_id");
        patientColumn = columns.OfType<PatientColumn>().SingleOrDefault();
        Required = required;
    }

    public IReadOnlyList<string> Required { get; }

    public IEnumerable<string> ColumnNames => columns.Select(c => c.Name);

    /// <summary>Those columns that hold several entries.</summary>
    public IEnumerable<string> ListNames => columns.Where(c => c.IsList).Select(c => c.Name);

    public IEnumerable<ColumnFacts> Facts => columns.Select(c => new ColumnFacts(c.Name, c.IsRequired, c.IsList, c.Holds, c.Allowed, c.Expected));

    /// <summary>Where each column stands in a file's header. Refuses a header that lacks a required one or has one twice.</summary>
    public int[] Match(IReadOnlyList<string> headers)
    {
        var places = columns.Select(c => IndexOf(headers, c.Name)).ToArray();
        if (headers.Where(h => h.Length > 0).GroupBy(h => h, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new FileRefusedException($"The header has the column {twice.Key} twice. Keep one of them.");
        var missing = Required.Where(name => IndexOf(headers, name) < 0).ToList();
        if (missing.Count > 0) throw new ColumnsUnknownException($"The header lacks {string.Join(", ", missing)}. Add the column{(missing.Count > 1 ? "s" : "")} and send the file again.");
        return places;
    }

    /// <summary>Header names that are no column of this kind.</summary>
    public IEnumerable<string> Unknown(IReadOnlyList<string> headers) =>
        headers.Where(h => h.Length > 0 && !h.StartsWith(RejectedRows.Prefix, StringComparison.OrdinalIgnoreCase) && !columns.Exists(c => c.Name.Equals(h, StringComparison.OrdinalIgnoreCase))).Select(h => new string([.. h.Where(c => !char.IsControl(c))]));

    /// <summary>Reads one row's cells into a record; every problem of the row is added to the list.</summary>
    public T Read(Rows row, int[] places, RowContext context, List<Reason> reasons)
    {
        var record = new T();
        // The clinic comes first: its time zone gives the row's instants their meaning.
        string? clinic = context.ScopeClinic;
        if (clinicColumn >= 0 && places[clinicColumn] >= 0 && row.Cell(places[clinicColumn]) is { IsEmpty: false } named)
            clinic = ClinicIn(CsvText.In(Trim(named)));
        var reading = new RowReading(context, context.ZoneOf(clinic));
        for (int i = 0; i < columns.Count; i++)
        {
            var cell = places[i] < 0 ? default : CsvText.In(Trim(row.Cell(places[i])));
            if (cell.IsEmpty)
            {
                if (columns[i].IsRequired) reasons.Add(new(ReasonCode.MissingValue, columns[i].Name, null, $"{columns[i].Name} must not be empty."));
                continue;
            }
            if (columns[i].Read(cell, record, reading) is { } wrong) reasons.Add(Explain(wrong, columns[i], Encoding.UTF8.GetString(cell)));
        }
        return record;
    }

    string ClinicIn(ReadOnlySpan<byte> cell)
    {
        if (clinics.TryGet(cell, out string known)) return known;
        string clinic = Cells.Text(cell, 64, isId: true, lines: false).Value;
        clinics.Add(cell, clinic);
        return clinic;
    }

    /// <summary>Brings the patient's pseudonym in a stored record up to the newest layer. False where there is none to bring up.</summary>
    public bool RaisePatient(T record, Pseudonyms patients) => patientColumn?.Raise(record, patients) ?? false;

    /// <summary>A record as a row of a file: reading these cells gives the same content.</summary>
    public IReadOnlyList<(string Column, string Cell)> CellsOf(T record) => columns.ConvertAll(c => (c.Name, c.Cell(record)));

    /// <summary>Fingerprint of a record's content: the same for the same values, however they were written.</summary>
    public byte[] Digest(T record, MemoryStream scratch)
    {
        scratch.SetLength(0);
        using (var writer = new BinaryWriter(scratch, Encoding.UTF8, leaveOpen: true))
            for (int i = 0; i < columns.Count; i++) columns[i].Digest(record, (byte)i, writer);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(scratch.GetBuffer().AsSpan(0, (int)scratch.Length), hash);
        return hash[..16].ToArray();
    }

    static Reason Explain(ReasonCode code, Column column, string value)
    {
        string name = column.Name;
        if (value.Length > 100) value = value[..100] + "…";
        return new(code, name, value, code switch
        {
            ReasonCode.MissingValue => $"{name} must not be empty.",
            ReasonCode.NotADate => $"{name} must be a date as yyyy-MM-dd, such as 2026-03-31.",
            ReasonCode.NotAnInstant => $"{name} must be a date and time as yyyy-MM-ddTHH:mm:ssZ or with an offset such as +01:00.",
            ReasonCode.InstantSkippedByClock => $"{name} is a time that the clocks skipped that night. Give it with its offset from UTC.",
            ReasonCode.InstantAmbiguous => $"{name} is a time that came twice when the clocks went back. Give it with its offset from UTC.",
            ReasonCode.NotANumber => $"{name} must be a number with a point for decimals, such as 12.5.",
            ReasonCode.OutOfRange => $"{name} is outside what is possible ({column.Expected}).",
            ReasonCode.NotYesOrNo => $"{name} must be true or false, yes or no, 1 or 0, or empty when not recorded.",
            ReasonCode.CodeUnknown => $"{name} must be one of {column.Expected}.",
            ReasonCode.TextTooLong => $"{name} must be at most {column.Expected} characters.",
            ReasonCode.PseudonymUnknown => $"{name} is a pseudonym made with a key that is not in use here. Send the patient's own id, or one from here.",
            ReasonCode.ListsDiffer => "regions, muscles and sides must have the same number of entries, or one that holds for all.",
            ReasonCode.ForbiddenCharacter => $"{name} has a control character, an invisible one or a slash that it may not hold. Remove it.",
            _ => $"{name} can't be read.",
        });
    }

    static int IndexOf(IReadOnlyList<string> headers, string name)
    {
        for (int i = 0; i < headers.Count; i++) if (headers[i].Equals(name, StringComparison.OrdinalIgnoreCase)) return i;
        return -1;
    }

    static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> cell) => cell.Trim(" \t"u8);
}
