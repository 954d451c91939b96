using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Data;

public class BulkTests
{
    static Session Filled(string id, long upload) => new()
    {
        SessionId = id, ClinicId = "C1", PractitionerId = "P1", PatientId = "pt1-x", StartedAtUtc = new(2026, 3, 2, 10, 0, 0, DateTimeKind.Utc), Date = new(2026, 3, 2),
        // Fractions with and without zeros at their end, and years of four digits at both ends.
        EndedAtUtc = new DateTime(2026, 12, 31, 23, 59, 59, DateTimeKind.Utc).AddTicks(1_234_560), FirstNeedleAtUtc = new DateTime(1990, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddTicks(5_000_000),
        Status = SessionStatus.NoShow, IsFirstSession = true, PerformerRole = "", SupervisorId = "Ödön 🩹 „“", Position = PatientPosition.SideLying,
        Regions = [new("upper_back", null, "left"), new(null, "infraspinatus", null)], MaxDepthMm = 0.1, NeedleGaugeMm = 12, NeedleExpiry = new(2199, 12, 31), NeedlesOpened = 0, NeedlesInserted = 100_000,
        Estim = false, ScreenFlags = [], ConsentRisks = ["soreness", "pneumothorax"], RiskNote = new string('é', 5_000) + "'\"\n;--", UploadId = upload, Line = long.MaxValue, ReceivedAtUtc = new(2026, 3, 3, 0, 0, 0, DateTimeKind.Utc),
        Version = 7, SupersededAtUtc = null, Digest = [],
    };

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_is_written_in_bulk_is_what_EF_Core_writes(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        db.Clinics.Add(new Clinic { Id = "C1", Name = "C1", TimeZone = "Europe/London", AddedAtUtc = DateTime.UnixEpoch });
        var upload = new Upload { FileName = "a.csv", Kind = RecordKind.Sessions, Fingerprint = "f", Bytes = 1, ReceivedAtUtc = DateTime.UnixEpoch, ReceivedBy = "a" };
        db.Uploads.Add(upload);
        await db.SaveChangesAsync();
        Session sparse(string id) => new() { SessionId = id, ClinicId = "C1", StartedAtUtc = DateTime.UnixEpoch, UploadId = upload.Id, ReceivedAtUtc = DateTime.UnixEpoch, Digest = [0, 1, 255] };

        db.Sessions.AddRange(Filled("ef-1", upload.Id), sparse("ef-2"));
        await db.SaveChangesAsync();
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            await db.BulkInsertAsync([Filled("bulk-1", upload.Id), sparse("bulk-2")], default);
            await transaction.CommitAsync();
        }
        Assert.Equal(await ReadAsync(db, "ef"), await ReadAsync(db, "bulk"));

        var changed = await db.Sessions.AsNoTracking().Where(s => s.SessionId.StartsWith("bulk")).ToListAsync();
        foreach (var session in changed) (session.PatientId, session.Digest) = ("pt2-y", [9]);
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            await db.BulkUpdateAsync(changed, [nameof(Session.PatientId), nameof(Session.Digest)], default);
            await transaction.CommitAsync();
        }
        Assert.Equal(2, await db.Sessions.CountAsync(s => s.PatientId == "pt2-y" && s.SessionId.StartsWith("bulk")));
        Assert.Equal([9], (await db.Sessions.AsNoTracking().FirstAsync(s => s.SessionId == "bulk-2")).Digest);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_is_read_in_bulk_is_what_EF_Core_reads(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        db.Clinics.Add(new Clinic { Id = "C1", Name = "C1", TimeZone = "Europe/London", AddedAtUtc = DateTime.UnixEpoch });
        var upload = new Upload { FileName = "a.csv", Kind = RecordKind.Sessions, Fingerprint = "f", Bytes = 1, ReceivedAtUtc = DateTime.UnixEpoch, ReceivedBy = "a" };
        db.Uploads.Add(upload);
        await db.SaveChangesAsync();
        var varied = Enumerable.Range(0, 6).Select(i => Filled($"varied-{i}", upload.Id)).ToList();
        // Values that come again in the next row, that change, and that are missing in between.
        for (int i = 0; i < varied.Count; i++)
        {
            if (i % 2 == 0) (varied[i].Technique, varied[i].Regions, varied[i].ConsentRisks) = ("superficial", [new("neck", null, null)], ["soreness"]);
            if (i == 3) (varied[i].RiskNote, varied[i].Position, varied[i].Status, varied[i].EndedAtUtc) = (null, null, SessionStatus.Aborted, null);
            (varied[i].FirstNeedleAtUtc, varied[i].Digest) = (new DateTime(2026, 3, 2, 0, 0, 0, DateTimeKind.Utc).AddTicks(i * 1_000_001), [(byte)i]);
        }
        db.Sessions.AddRange(varied);
        db.Sessions.Add(new() { SessionId = "sparse", ClinicId = "C1", StartedAtUtc = DateTime.UnixEpoch, UploadId = upload.Id, ReceivedAtUtc = DateTime.UnixEpoch });
        await db.SaveChangesAsync();
        db.ChangeTracker.Clear();

        string[] wanted = ["varied-1", "varied-2", "varied-3", "varied-4", "varied-5", "sparse"];
        var query = db.Sessions.Where(s => wanted.Contains(s.SessionId) && s.UploadId == upload.Id).OrderBy(s => s.Id);
        var read = await db.BulkReadAsync(query, default);
        Assert.Equal(6, read.Count);
        Assert.Equal((await query.AsNoTracking().ToListAsync()).Select(Text), read.Select(Text));
        Assert.Empty(db.ChangeTracker.Entries());

        static string Text(Session session) => System.Text.Json.JsonSerializer.Serialize(session);
    }

    [Fact]
    public async Task A_row_that_the_database_refuses_is_an_error_and_nothing_is_written()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await using var db = installation.Db();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var refused = await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => db.BulkInsertAsync([Filled("S1", upload: 99)], default));
        Assert.Equal(19, refused.SqliteErrorCode);
        Assert.Equal(0, await db.Sessions.CountAsync());
    }

    // Each value with its type, as the database holds it; what tells the rows apart is left out.
    static async Task<List<string>> ReadAsync(SafetyAuditDb db, string prefix)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"SELECT * FROM sessions WHERE session_id LIKE '{prefix}-%' ORDER BY session_id";
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
            for (int i = 0; i < reader.FieldCount; i++)
            {
                string name = reader.GetName(i);
                if (name is "id" or "session_id") continue;
                object value = reader.GetValue(i);
                values.Add($"{name}: {value.GetType().Name} {(value is byte[] bytes ? Convert.ToHexString(bytes) : value is DateTime at ? at.ToString("O") : value)}");
            }
        return values;
    }
}
