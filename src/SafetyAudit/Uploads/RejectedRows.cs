using System.Globalization;
using CsvHelper;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

/// <summary>
/// The rejected rows of an upload as a file: in the layout in which they came, with columns that say why beside it, so that the file can be mended and sent as it is. Of what
/// is no CSV, or a row that has no cells, the text as it came.
/// </summary>
public static class RejectedRows
{
    /// <summary>How the names of the columns begin that say why; a file that is sent may have them, and nothing is made of them.</summary>
    public const string Prefix = "rejected_";

    /// <summary>Writes them as CSV. They belong to the records of the clinic: whoever asks is to be allowed to see them.</summary>
    public static async Task WriteAsync(SafetyAuditDb db, DatabaseSettings database, KeyRing keys, Upload upload, Stream output, CancellationToken ct)
    {
        var headers = HeadersOf(ReceiveUpload.PathOf(database, upload.Fingerprint), keys);
        // A file that was mended before and is rejected again says why once.
        int[] own = [.. Enumerable.Range(0, headers.Count).Where(i => !headers[i].StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))];
        using var csv = CsvWriter.Create(output, new CsvWriterOptions(), leaveOpen: true);
        foreach (int i in own) csv.WriteField(CsvText.Out(headers[i]));
        foreach (string column in new[] { "line", "reasons", "what_to_do", "row" }) csv.WriteField(Prefix + column);
        csv.EndRecord();
        await foreach (var row in db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == upload.Id).OrderBy(q => q.Line).AsAsyncEnumerable().WithCancellation(ct))
        {
            var reasons = row.Unseal(keys).Reasons;
            var cells = headers.Count > 0 && row.Text.Length < QuarantinedRow.LongestText ? CsvRows.CellsOf(row.Text) : [];
            bool fits = headers.Count > 0 && cells.Count == headers.Count;
            foreach (int i in own) csv.WriteField(fits ? CsvText.Out(cells[i]) : "");
            csv.WriteField(row.Line.ToString(CultureInfo.InvariantCulture));
            csv.WriteField(string.Join(';', row.ReasonCodes));
            csv.WriteField(CsvText.Out(string.Join(' ', reasons.Select(r => r.Remedy))));
            csv.WriteField(fits ? "" : CsvText.Out(row.Text));
            csv.EndRecord();
        }
    }

    // Of the file itself, with what no record has a place for.
    static IReadOnlyList<string> HeadersOf(string path, KeyRing keys)
    {
        try
        {
            using var rows = CsvRows.Open(() => SealedFile.Open(path, keys));
            return rows.Headers;
        }
        catch (Exception e) when (e is FileRefusedException or IOException or DamagedFileException)
        {
            return [];
        }
    }
}
