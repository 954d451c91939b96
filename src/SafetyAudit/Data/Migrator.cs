using Microsoft.EntityFrameworkCore;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;

namespace SafetyAudit.Data;

/// <summary>Brings the database up to date. Exactly one process does this: the dashboard on SQLite, the verb <c>migrate</c> on PostgreSQL.</summary>
public static class Migrator
{
    /// <summary>Applies what is pending, makes the views for other tools, adds the shipped measures and baselines, and has days counted anew that were judged by other rules. Safe to call at every start; a killed run is taken up again.</summary>
    /// <exception cref="InvalidOperationException">The database was made by a newer version of the program.</exception>
    public static async Task MigrateAsync(SafetyAuditDb db, DatabaseSettings settings, CancellationToken ct)
    {
        // While this file is held no other process of this installation migrates; so a row in EF Core's own lock table is left from a killed one.
        using var only = await FileLock.WaitAsync(Path.Combine(settings.Directory, "migrate.lock"), TimeSpan.FromMinutes(5), ct)
            ?? throw new InvalidOperationException("Another process has been migrating the database for five minutes. Wait for it, or stop it, then start again.");
        if (await PendingAsync(db, ct) is [_, ..])
        {
            if (db.Database.IsSqlite()) await ClearStaleLockAsync(db, ct);
            await ReadingViews.MakeWayAsync(db, ct);
            await db.Database.MigrateAsync(ct);
        }
        await ReadingViews.MakeAsync(db, ct);
        await Catalogue.SeedAsync(db, ct);
        // Outcomes of rules as they were before are no outcomes of the rules as they are.
        await db.Database.ExecuteSqlAsync($"INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT clinic_id, practitioner_id, date FROM daily_adherence WHERE rules_version <> {Rules.Version} ORDER BY date", ct);
    }

    /// <summary>Throws, with what to do, unless the database is up to date.</summary>
    public static async Task RequireCurrentAsync(SafetyAuditDb db, CancellationToken ct)
    {
        if (await PendingAsync(db, ct) is [_, ..] pending)
            throw new InvalidOperationException($"The database lacks {pending.Count} migration(s). Run `safetyaudit migrate` first.");
    }

    static async Task<List<string>> PendingAsync(SafetyAuditDb db, CancellationToken ct)
    {
        var known = db.Database.GetMigrations().ToHashSet();
        var applied = (await db.Database.GetAppliedMigrationsAsync(ct)).ToHashSet();
        if (applied.Except(known).FirstOrDefault() is { } newer)
            throw new InvalidOperationException($"The database was made by a newer version of the program (it holds migration {newer}). Install that version, or restore an older backup.");
        return [.. known.Except(applied)];
    }

    static async Task ClearStaleLockAsync(SafetyAuditDb db, CancellationToken ct)
    {
        int tables = await db.Database.SqlQueryRaw<int>("""SELECT count(*) AS "Value" FROM sqlite_master WHERE name = '__EFMigrationsLock'""").SingleAsync(ct);
        if (tables > 0) await db.Database.ExecuteSqlRawAsync("""DELETE FROM "__EFMigrationsLock" """, ct);
    }
}
