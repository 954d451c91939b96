using System.Text;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>The beginning of a file whose columns are none of ours.</summary>
public sealed record FileHead(IReadOnlyList<string> Headers, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>A row as a mapping makes it, and what is wrong with it.</summary>
public sealed record MappedRow(long Line, IReadOnlyDictionary<string, string> Cells, IReadOnlyList<Reason> Reasons);

/// <summary>What a mapping makes of the beginning of a file.</summary>
/// <param name="Rows">The first rows.</param>
/// <param name="Read">How many rows were looked at.</param>
/// <param name="Good">How many of them would be taken.</param>
/// <param name="Words">By column of ours that holds codes: the file's words that are none.</param>
public sealed record ColumnPreview(IReadOnlyList<MappedRow> Rows, int Read, int Good, IReadOnlyDictionary<string, IReadOnlyList<string>> Words);

/// <summary>Lets someone say which columns of a kept file are which of ours, look at what comes of it, and have it read so: this file, and the next ones like it.</summary>
public sealed class ChooseColumns(DatabaseSettings database, KeyRing keys, ProcessUploads process, TimeProvider time)
{
    const int LookedAt = 2000, Shown = 10, MostWords = 40;

    public FileHead HeadOf(Upload upload)
    {
        using var rows = Rows.OpenTable(Content(upload));
        var first = new List<IReadOnlyList<string>>();
        while (first.Count < 3 && rows.Read())
            if (rows.Problem is null) first.Add([.. Enumerable.Range(0, rows.Headers.Count).Select(i => Encoding.UTF8.GetString(CsvText.In(rows.Cell(i))))]);
        return new(rows.Headers, first);
    }

    /// <summary>Names of the columns that a kind of file may have, in their order; required ones are marked, and codes listed.</summary>
    public static IReadOnlyList<(string Name, bool IsRequired, IReadOnlyList<string> Codes)> ColumnsOf(RecordKind kind) => [.. Intake.Of(kind).Columns.Select(c => (c.Name, c.IsRequired, c.Allowed))];

    /// <exception cref="FileRefusedException">A column that every row must have is not filled.</exception>
    public async Task<ColumnPreview> PreviewAsync(SafetyAuditDb db, Upload upload, ColumnMapping mapping, CancellationToken ct)
    {
        // One of its own: a layout remembers cells, and belongs to one reader.
        var intake = (Intake)Activator.CreateInstance(Intake.Of(mapping.Kind).GetType())!;
        var meant = new Upload { FileName = upload.FileName, Kind = mapping.Kind, ClinicId = upload.ClinicId, Fingerprint = "", ReceivedBy = "", ReceivedAtUtc = time.UtcNow() };
        await using var context = await process.ContextAsync(db, meant, keys.Newest, null, ct);
        using var rows = new MappedRows(Rows.OpenTable(Content(upload)), mapping, intake.Columns);
        intake.Match(rows.Headers);
        var coded = intake.Columns.Where(c => c.Allowed.Count > 0 && rows.Headers.Contains(c.Name)).ToDictionary(c => c.Name, c => (Allowed: c.Allowed.ToHashSet(StringComparer.OrdinalIgnoreCase), Words: new List<string>()));
        var shown = new List<MappedRow>();
        int read = 0, good = 0;
        for (; read < LookedAt && rows.Read(); read++)
        {
            ct.ThrowIfCancellationRequested();
            var reasons = intake.Try(rows, context);
            if (reasons.Count == 0) good++;
            if (shown.Count < Shown) shown.Add(new(rows.Line, rows.Problem is null ? rows.Headers.ToDictionary(h => h, rows.TextOf) : new(), reasons));
            if (rows.Problem is not null) continue;
            foreach (var (column, (allowed, words)) in coded)
                if (rows.TextOf(column) is { Length: > 0 and <= 100 } word && words.Count < MostWords && !allowed.Contains(word) && !words.Contains(word, StringComparer.OrdinalIgnoreCase)) words.Add(word);
        }
        return new(shown, read, good, coded.Where(c => c.Value.Words.Count > 0).ToDictionary(c => c.Key, c => (IReadOnlyList<string>)c.Value.Words));
    }

    /// <summary>Remembers the mapping and hands the file to the worker. False where someone did so before.</summary>
    /// <exception cref="FileRefusedException">The mapping can't read the file.</exception>
    public async Task<bool> ReadSoAsync(SafetyAuditDb db, Upload upload, ColumnMapping mapping, CancellationToken ct)
    {
        using (var rows = new MappedRows(Rows.OpenTable(Content(upload)), mapping, Intake.Of(mapping.Kind).Columns)) Intake.Of(mapping.Kind).Match(rows.Headers);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // First, so that of two who press at once one comes second.
        if (await db.Uploads.Where(u => u.Id == upload.Id && u.Status == UploadStatus.NeedsColumns).ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Received), ct) == 0) return false;
        (mapping.ClinicId, mapping.AddedAtUtc, mapping.AddedBy) = (upload.ClinicId, time.UtcNow(), db.Actor.Name);
        db.ColumnMappings.Add(mapping);
        await db.SaveChangesAsync(ct);
        var kept = await db.Uploads.SingleAsync(u => u.Id == upload.Id, ct);
        (kept.Kind, kept.MappingId) = (mapping.Kind, mapping.Id);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    Func<Stream> Content(Upload upload)
    {
        string path = ReceiveUpload.PathOf(database, upload.Fingerprint);
        return () => SealedFile.Open(path, keys);
    }
}
