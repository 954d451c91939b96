using CsvHelper;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Uploads;

/// <summary>What became of a correction: the upload that carries it, or what is wrong with it; neither where nothing was changed.</summary>
public sealed record Correcting(Upload? Upload, IReadOnlyList<Reason> Wrong);

/// <summary>Puts one record right by hand, or withdraws it: makes a file of one row, which goes the way of any file and becomes the next version.</summary>
public sealed class CorrectRecord(ReceiveUpload receive, ProcessUploads process)
{
    /// <summary>A record as a row of a file, column by column.</summary>
    public static IReadOnlyList<(string Column, string Cell)> CellsOf(RecordKind kind, Record record) => Intake.Of(kind).CellsOf(record);

    /// <summary>The columns that tell a record from others; with other values it would be another record.</summary>
    public static bool IsIdentity(Record record, string column) => record switch
    {
        Session => column is "session_id" or "clinic_id",
        // With another patient, an event that names no clinic may be another event; see EventIntake. It is withdrawn and sent anew.
        AdverseEvent { ClinicId: null } => column is "event_id" or "clinic_id" or Layout.PatientColumn,
        AdverseEvent => column is "event_id" or "clinic_id",
        FollowUp => column is "follow_up_id" or "clinic_id",
        PatientRisk => column is Layout.PatientColumn or "valid_from" or "clinic_id",
        _ => column == Intake.Of(RecordKind.Practitioners).IdColumn,
    };

    /// <summary>Takes other cells for a record. It is checked at once, and read in its turn.</summary>
    /// <param name="kind">What the record is.</param>
    /// <param name="seen">The version that was looked at; where another one counts by the time it is read, nothing is changed.</param>
    /// <param name="cells">The columns that are to say something else.</param>
    /// <param name="why">The reason.</param>
    /// <param name="by">Who says so.</param>
    /// <param name="ct">Stops the taking in.</param>
    public Task<Correcting> RunAsync(RecordKind kind, Record seen, IReadOnlyDictionary<string, string> cells, string why, Actor by, CancellationToken ct)
    {
        var before = CellsOf(kind, seen);
        var row = before.Select(c => (c.Column, Cell: !IsIdentity(seen, c.Column) && cells.TryGetValue(c.Column, out string? cell) ? cell.Trim() : c.Cell)).ToList();
        return row.SequenceEqual(before) ? Task.FromResult(new Correcting(null, [])) : SendAsync(kind, seen, row, UploadPurpose.Correction, why, by, ct);
    }

    /// <summary>Says that a record should not be there. To bring it back, undo the upload.</summary>
    public Task<Correcting> WithdrawAsync(RecordKind kind, Record seen, string why, Actor by, CancellationToken ct) =>
        SendAsync(kind, seen, CellsOf(kind, seen), UploadPurpose.Withdrawal, why, by, ct);

    async Task<Correcting> SendAsync(RecordKind kind, Record seen, IReadOnlyList<(string Column, string Cell)> row, UploadPurpose purpose, string why, Actor by, CancellationToken ct)
    {
        var (named, joined) = seen switch
        {
            Session session => (session.ClinicId, null),
            AdverseEvent reported => (reported.ClinicId, reported.LinkedClinicId),
            FollowUp followUp => (followUp.ClinicId, followUp.LinkedClinicId),
            PatientRisk risk => (risk.ClinicId, null),
            // Whoever reaches all clinics may give a practitioner another.
            Practitioner practitioner => (by.Scope.Clinics is null ? null : practitioner.ClinicId, null),
            _ => ((string?)null, (string?)null),
        };
        // Whoever reaches all clinics may leave the record without one.
        string? clinic = named ?? (by.Scope.Clinics is null ? null : joined);
        string id = row.First(c => c.Column == Intake.Of(kind).IdColumn).Cell;
        byte[] file = Csv(row);
        var wrong = await process.CheckAsync(file, kind, clinic, purpose, seen.Version, ct);
        if (wrong.Count > 0) return new(null, wrong);
        // A file's name is told to the trail for ever, and a risk profile's id is its patient's.
        string name = $"{(purpose == UploadPurpose.Withdrawal ? "withdrawal" : "correction")} of {(kind == RecordKind.Patients ? "a risk profile" : id)} by {by.Name}";
        using var content = new MemoryStream(file);
        return new((await receive.ReceiveAsync(content, name, kind, clinic, by, ct, new(AllOrNothing: true, purpose, seen.Version, why.Trim())))[0], []);
    }

    static byte[] Csv(IReadOnlyList<(string Column, string Cell)> row)
    {
        using var content = new MemoryStream();
        using (var csv = CsvWriter.Create(content, new CsvWriterOptions(), leaveOpen: true))
        {
            foreach (var (column, _) in row) csv.WriteField(column);
            csv.EndRecord();
            foreach (var (_, cell) in row) csv.WriteField(CsvText.Out(cell));
            csv.EndRecord();
        }
        return content.ToArray();
    }
}
