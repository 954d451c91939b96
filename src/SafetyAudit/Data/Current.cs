using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Data;

public static class CurrentRecords
{
    /// <summary>The records that count: the current version of each, from files that were read to their end.</summary>
    public static IQueryable<T> Current<T>(this SafetyAuditDb db) where T : Record =>
        db.Versions<T>().Where(r => r.SupersededAtUtc == null);

    /// <summary>
    /// The clinics that whoever asks reaches, or the one asked for if it is among them. For going to the records of those clinics by their key: the filters compare what a record may lack, and by
    /// them alone a database goes through the records of all clinics.
    /// </summary>
    public static Task<string[]> ClinicsReachedAsync(this SafetyAuditDb db, string? clinicId, CancellationToken ct) => db.Clinics.Where(c => clinicId == null || c.Id == clinicId).Select(c => c.Id).ToArrayAsync(ct);

    /// <summary>Practitioners' current records within reach: by the index on their clinics, so that whoever reaches one does not go over everybody.</summary>
    public static IQueryable<Practitioner> PractitionersReached(this SafetyAuditDb db)
    {
        if (db.Actor.Scope.Clinics is not { } reached) return db.Current<Practitioner>();
        bool homeless = reached.Contains("");
        return db.Current<Practitioner>().Where(p => reached.Contains(p.ClinicId) || homeless && p.ClinicId == null);
    }

    /// <summary>All versions of the records, the superseded ones too, from files that were read to their end and not undone; what only says that a record should not be there is none.</summary>
    public static IQueryable<T> Versions<T>(this SafetyAuditDb db) where T : Record =>
        // Whoever may see a record may count it, also when its file held other clinics' rows and may not be seen.
        db.Set<T>().AsNoTracking().IgnoreQueryFilters([SafetyAuditDb.UploadScope]).Where(r => db.Uploads.Any(u => u.Id == r.UploadId && u.Status == UploadStatus.Completed && u.Purpose != UploadPurpose.Withdrawal));

    /// <summary>The same of everybody, for what a judgement about a record that someone reaches rests on; never for showing.</summary>
    public static IQueryable<T> CurrentOfAll<T>(this SafetyAuditDb db) where T : Record => db.VersionsOfAll<T>().Where(r => r.SupersededAtUtc == null);

    /// <inheritdoc cref="CurrentOfAll{T}"/>
    public static IQueryable<T> VersionsOfAll<T>(this SafetyAuditDb db) where T : Record =>
        db.Set<T>().AsNoTracking().IgnoreQueryFilters([SafetyAuditDb.UploadScope, SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope])
            .Where(r => db.Uploads.Any(u => u.Id == r.UploadId && u.Status == UploadStatus.Completed && u.Purpose != UploadPurpose.Withdrawal));

    /// <summary>Every version that counts or ever counted, what was undone and what withdraws a record too: for looking at a record's history, never for counting.</summary>
    public static IQueryable<T> EverCounted<T>(this SafetyAuditDb db) where T : Record =>
        db.Set<T>().AsNoTracking().IgnoreQueryFilters([SafetyAuditDb.UploadScope]).Where(r => db.Uploads.Any(u => u.Id == r.UploadId && u.CompletedAtUtc != null));

    /// <inheritdoc cref="CurrentOfAll{T}"/>
    public static IQueryable<T> EverCountedOfAll<T>(this SafetyAuditDb db) where T : Record =>
        db.Set<T>().AsNoTracking().IgnoreQueryFilters([SafetyAuditDb.UploadScope, SafetyAuditDb.ClinicScope, SafetyAuditDb.OwnScope]).Where(r => db.Uploads.Any(u => u.Id == r.UploadId && u.CompletedAtUtc != null));

    /// <summary>A transaction in which every query sees one state of the database, for pages whose figures must belong together.</summary>
    public static Task<IDbContextTransaction> BeginSnapshotAsync(this SafetyAuditDb db, CancellationToken ct) =>
        // SQLite reads one state in any deferred transaction, which is what this level asks of it; PostgreSQL needs to be asked for one.
        db.Database.BeginTransactionAsync(db.Database.IsNpgsql() ? System.Data.IsolationLevel.RepeatableRead : System.Data.IsolationLevel.ReadUncommitted, ct);

    /// <summary>
    /// A transaction that no other one of the same <paramref name="purpose"/> runs beside, in any process: SQLite admits one writer anyway, PostgreSQL is
    /// asked for an advisory lock that ends with the transaction.
    /// </summary>
    public static async Task<IDbContextTransaction> BeginAloneAsync(this SafetyAuditDb db, ExclusiveWork purpose, CancellationToken ct)
    {
        var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.WorkAloneAsync(purpose, ct);
        return transaction;
    }

    /// <summary>The same for the rest of the transaction that is open.</summary>
    public static async Task WorkAloneAsync(this SafetyAuditDb db, ExclusiveWork purpose, CancellationToken ct)
    {
        if (db.Database.IsNpgsql()) await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({(long)purpose})", ct);
    }
}

/// <summary>Work of which one at a time is enough; the numbers are the keys of the advisory locks.</summary>
public enum ExclusiveWork { Summaries = 7_202_601, Alerts = 7_202_602, Trail = 7_202_603, Access = 7_202_604, Deliveries = 7_202_605, Counting = 7_202_606, Notices = 7_202_607, Reports = 7_202_608 }
