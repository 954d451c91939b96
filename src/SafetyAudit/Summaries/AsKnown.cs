using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Summaries;

/// <summary>
/// A database context in which the records are those that were known at an instant: the same tables, so that whatever is asked is worked out by the code that works it out
/// every day. A version was known then when its file counted then: read to its end by then, and not undone by then.
/// </summary>
/// <remarks>
/// Temporary tables of the same names stand before the real ones on this one connection; events are joined and days counted anew in them. Nothing is written to the
/// database. Only what the period needs is taken: its sessions, all events, and the other sessions of its patients and of patients with events, which an event may mean and a rule may ask about.
/// Where nothing came, went or was decided since, what is stored is what was known, and nothing is taken or counted.
/// </remarks>
public sealed class AsKnown : IAsyncDisposable
{
    readonly IDbContextTransaction transaction;

    AsKnown(SafetyAuditDb db, IDbContextTransaction transaction) => (Db, this.transaction) = (db, transaction);

    /// <summary>Reads only.</summary>
    public SafetyAuditDb Db { get; }

    /// <summary>The instant that someone means: an RFC 3339 instant, or a date, which is the end of that day in UTC. Nothing where it is neither.</summary>
    public static DateTime? Parse(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.ToDateTime(new TimeOnly(23, 59, 59, 999, 999), DateTimeKind.Utc)
            : Formats.Any(f => DateTimeOffset.TryParseExact(text, f, CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
                ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).UtcDateTime : null;

    static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    /// <summary>Opens it for someone, with the days of a period counted.</summary>
    public static async Task<AsKnown> OpenAsync(DatabaseSettings settings, Actor actor, DateTime atUtc, DateOnly from, DateOnly to, CancellationToken ct)
    {
        // A connection of its own that nobody gets after this: SQLite keeps temporary tables for as long as it is open.
        if (settings.IsSqlite) settings = settings with { ConnectionString = new SqliteConnectionStringBuilder(settings.ConnectionString) { Pooling = false }.ToString() };
        var options = new DbContextOptionsBuilder<SafetyAuditDb>();
        Data.Database.Configure(options, settings);
        // What is expected of one comes from all, so all are counted whoever asks.
        var db = new SafetyAuditDb(options.Options).As(Actor.Worker);
        try
        {
            db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
            await db.Database.OpenConnectionAsync(ct);
            var transaction = await db.BeginSnapshotAsync(ct);
            if (await HasChangedSinceAsync(db, atUtc, ct))
            {
                await TakeAsync(db, atUtc, from, to, ct);
                await CountAsync(db, from, to, ct);
            }
            return new(db.As(actor), transaction);
        }
        catch
        {
            await db.DisposeAsync();
            throw;
        }
    }

    static async Task<bool> HasChangedSinceAsync(SafetyAuditDb db, DateTime at, CancellationToken ct) =>
        await db.StaleDays.AnyAsync(ct)
        || await db.Uploads.AnyAsync(u => u.CompletedAtUtc > at || u.TakenBackAtUtc > at, ct)
        || await db.LinkDecisions.AnyAsync(d => d.DecidedAtUtc > at || d.TakenBackAtUtc > at, ct)
        || await db.EventSteps.AnyAsync(e => e.EnteredAtUtc > at || e.TakenBackAtUtc > at, ct)
        || await db.ClinicProtocols.AnyAsync(p => p.DecidedAtUtc > at, ct)
        || await db.QuarantinedRows.AnyAsync(q => q.ReceivedAtUtc > at || q.ClosedAtUtc > at, ct);

    static async Task TakeAsync(SafetyAuditDb db, DateTime at, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var counted = await db.Uploads.Where(u => u.CompletedAtUtc <= at && (u.TakenBackAtUtc == null || u.TakenBackAtUtc > at)).Select(u => u.Id).ToListAsync(ct);
        await StandBeforeAsync(db, "uploads", $"id IN ({string.Join(',', counted.Append(-1))})", new() { ["status"] = "'completed'" }, ct);
        var same = Intake.All.ToDictionary(i => i.Table, i => i.SameRecord);
        const string upload = "upload_id IN (SELECT id FROM uploads)";
        string period = string.Create(CultureInfo.InvariantCulture, $"clinic_id IN (SELECT id FROM clinics) AND date BETWEEN '{from:yyyy-MM-dd}' AND '{to:yyyy-MM-dd}'");
        foreach (string table in same.Keys.Where(t => t != "sessions").Append("sessions"))
        {
            var instead = new Dictionary<string, string>
            {
                // Which version counted; one that says that the record should not be there counts nowhere. When it stepped back is no matter here.
                ["superseded_at_utc"] = $"CASE WHEN EXISTS (SELECT 1 FROM uploads u WHERE u.id = b.upload_id AND u.purpose = 'withdrawal') OR EXISTS (SELECT 1 FROM {table} a JOIN uploads u ON u.id = a.upload_id WHERE {same[table]} AND a.version > b.version) THEN b.received_at_utc END",
            };
            if (table == "adverse_events") foreach (string link in new[] { "linked_session_id", "linked_clinic_id", "link_method" }) instead[link] = "CAST(NULL AS text)";
            if (table == "follow_ups") instead["linked_clinic_id"] = "CAST(NULL AS text)";
            await StandBeforeAsync(db, table, table == "sessions" ? $"{upload} AND ({period} OR patient_id IN (SELECT patient_id FROM adverse_events UNION SELECT patient_id FROM sessions WHERE {period}) OR session_id IN (SELECT session_id FROM adverse_events WHERE session_id IS NOT NULL UNION SELECT session_id FROM follow_ups))" : upload, instead, ct);
        }
        foreach (string table in new[] { "daily_exposures", "daily_observed", "daily_adherence", "daily_quality", "stale_days", "stale_clinics" }) await StandBeforeAsync(db, table, "1 = 0", [], ct);
        await ExecuteAsync(db, $"CREATE INDEX {Temporary(db)}as_known_sessions ON sessions (session_id, clinic_id)", ct);
        await ExecuteAsync(db, $"CREATE INDEX {Temporary(db)}as_known_days ON sessions (clinic_id, practitioner_id, date)", ct);
        await ExecuteAsync(db, $"CREATE INDEX {Temporary(db)}as_known_patients ON sessions (clinic_id, patient_id, started_at_utc)", ct);
        await ExecuteAsync(db, $"CREATE INDEX {Temporary(db)}as_known_uploads ON uploads (id)", ct);
        string instant = db.Database.IsSqlite() ? string.Create(CultureInfo.InvariantCulture, $"'{at:yyyy-MM-dd HH:mm:ss.FFFFFFF}'") : $"TIMESTAMPTZ '{at:O}'";
        await StandBeforeAsync(db, "link_decisions", $"decided_at_utc <= {instant} AND (taken_back_at_utc IS NULL OR taken_back_at_utc > {instant})", new() { ["taken_back_at_utc"] = db.Database.IsSqlite() ? "CAST(NULL AS text)" : "CAST(NULL AS timestamptz)" }, ct);
        await StandBeforeAsync(db, "event_steps", $"entered_at_utc <= {instant} AND (taken_back_at_utc IS NULL OR taken_back_at_utc > {instant})", new() { ["taken_back_at_utc"] = db.Database.IsSqlite() ? "CAST(NULL AS text)" : "CAST(NULL AS timestamptz)" }, ct);
        await StandBeforeAsync(db, "clinic_protocols", $"decided_at_utc <= {instant}", [], ct);
        // Rejected rows that waited then, without what they said: it is sealed, and only how many there were is asked.
        string nothing = db.Database.IsSqlite() ? "X''" : "CAST('' AS bytea)", never = db.Database.IsSqlite() ? "CAST(NULL AS text)" : "CAST(NULL AS timestamptz)";
        await StandBeforeAsync(db, "quarantined_rows", $"received_at_utc <= {instant} AND (closed_at_utc IS NULL OR closed_at_utc > {instant})", new() { ["closed_at_utc"] = never, ["sealed"] = nothing, ["text_digest"] = nothing }, ct);
        await LinkEvents.AllAsync(db, ct);
        await LinkFollowUps.AllAsync(db, ct);
        await ExecuteAsync(db, $"CREATE INDEX {Temporary(db)}as_known_links ON adverse_events (linked_clinic_id, linked_session_id)", ct);
        if (db.Database.IsNpgsql()) await ExecuteAsync(db, "ANALYZE sessions; ANALYZE adverse_events; ANALYZE uploads", ct);
    }

    static string Temporary(SafetyAuditDb db) => db.Database.IsSqlite() ? "temp." : "";

    // A temporary table before the one of the same name. While it is made, the name still means the real one.
    static Task<int> StandBeforeAsync(SafetyAuditDb db, string table, string where, Dictionary<string, string> instead, CancellationToken ct)
    {
        var entity = db.Model.GetEntityTypes().First(e => !e.IsOwned() && e.GetTableName() == table);
        string columns = string.Join(", ", entity.GetProperties().Select(p => p.GetColumnName()).Select(c => instead.TryGetValue(c, out string? other) ? $"{other} AS {c}" : $"b.{c}"));
        return ExecuteAsync(db, $"CREATE TEMPORARY TABLE {table}{(db.Database.IsSqlite() ? "" : " ON COMMIT DROP")} AS SELECT {columns} FROM {table} b WHERE {where}", ct);
    }

#pragma warning disable EF1002 // names come from the model, numbers and dates from the program
    static Task<int> ExecuteAsync(SafetyAuditDb db, string sql, CancellationToken ct) => db.Database.ExecuteSqlRawAsync(sql, ct);
#pragma warning restore EF1002

    // One practitioner at one clinic at a time, so that memory does not grow with the clinics.
    static async Task CountAsync(SafetyAuditDb db, DateOnly from, DateOnly to, CancellationToken ct)
    {
        var sessions = db.Current<Session>().Where(s => s.Date >= from && s.Date <= to);
        var everyone = await sessions.Select(s => new { s.ClinicId, s.PractitionerId }).Distinct().ToListAsync(ct);
        foreach (var one in everyone)
        {
            var days = await RefreshSummaries.ComputeAsync(db, sessions.Where(s => s.ClinicId == one.ClinicId && s.PractitionerId == one.PractitionerId), ct);
            await db.BulkInsertAsync([.. days.Values.Select(d => d.Exposure)], ct);
            await db.BulkInsertAsync([.. days.Values.SelectMany(d => d.Observed())], ct);
            await db.BulkInsertAsync([.. days.Values.Select(d => d.Adherence())], ct);
            await db.BulkInsertAsync([.. days.Values.Select(d => d.Quality)], ct);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await Db.DisposeAsync();
    }
}
