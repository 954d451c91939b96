using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Uploads;

public enum RowOutcome { New, Same, Changed, Rejected }

/// <summary>What became of one row of an upload that was read: its id as it was sent, and the reasons where it was not taken.</summary>
public sealed record RowAnswer(long Line, string? Id, RowOutcome Outcome, IReadOnlyList<Reason> Reasons);

/// <summary>What became of each row of a small upload of JSON: worked out from what is stored, so that it is the same whenever it is asked.</summary>
public static class RowOutcomes
{
    /// <summary>How many rows there are, up to one more than <paramref name="most"/>.</summary>
    public static int Count(Upload upload, DatabaseSettings database, KeyRing keys, int most) =>
        JsonRows.IdsIn(() => SealedFile.Open(ReceiveUpload.PathOf(database, upload.Fingerprint), keys), Intake.Of(upload.Kind).IdColumn).Take(most + 1).Count();

    public static async Task<List<RowAnswer>> OfAsync(SafetyAuditDb db, Upload upload, DatabaseSettings database, KeyRing keys, CancellationToken ct)
    {
        var intake = Intake.Of(upload.Kind);
        var stored = await intake.StoredAsync(db, upload.Id, ct);
        var rejected = (await db.QuarantinedRows.AsNoTracking().Where(q => q.UploadId == upload.Id).ToListAsync(ct)).ToDictionary(q => q.Line, q => q.Unseal(keys).Reasons);
        return [.. JsonRows.IdsIn(() => SealedFile.Open(ReceiveUpload.PathOf(database, upload.Fingerprint), keys), intake.IdColumn).Select(row =>
            rejected.TryGetValue(row.Line, out var reasons) ? new RowAnswer(row.Line, row.Id, RowOutcome.Rejected, reasons)
            : new RowAnswer(row.Line, row.Id, !stored.TryGetValue(row.Line, out int version) ? RowOutcome.Same : version == 1 ? RowOutcome.New : RowOutcome.Changed, []))];
    }
}
