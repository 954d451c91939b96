using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>A record that was changed directly in the database is not what the audit trail says was stored.</summary>
public class VerifyRecordsTests
{
    public static TheoryData<DatabaseProvider, string, string> Tampering
    {
        get
        {
            var cases = new TheoryData<DatabaseProvider, string, string>();
            foreach (var provider in Enum.GetValues<DatabaseProvider>())
            {
                cases.Add(provider, "UPDATE sessions SET practitioner_id = 'P2' WHERE session_id = 'S2'", "S2, line 3 of upload 2, was altered");
                cases.Add(provider, "UPDATE sessions SET status = 'cancelled' WHERE session_id = 'S2'", "S2, line 3 of upload 2, was altered");
                cases.Add(provider, "UPDATE sessions SET patient_id = 'somebody' WHERE session_id = 'S2'", "S2, line 3 of upload 2, was altered");
                cases.Add(provider, "UPDATE sessions SET date = '2025-01-01' WHERE session_id = 'S2'", "its date is not the day");
                cases.Add(provider, $"UPDATE sessions SET is_at_risk_thorax = {(provider == DatabaseProvider.Sqlite ? "1" : "true")} WHERE session_id = 'S2'", "over the lungs");
                cases.Add(provider, "UPDATE adverse_events SET category = 'FAINT' WHERE event_id = 'E1'", "E1, line 2 of upload 3, was altered");
                cases.Add(provider, "UPDATE adverse_events SET linked_session_id = NULL, linked_clinic_id = NULL WHERE event_id = 'E1'", "event_id E1: its session is here");
                cases.Add(provider, "UPDATE adverse_events SET superseded_at_utc = onset_at_utc WHERE event_id = 'E1'", "event_id E1: which of its versions counts was altered");
                cases.Add(provider, "UPDATE sessions SET superseded_at_utc = NULL WHERE session_id = 'S1'", "session_id S1: which of its versions counts was altered");
                cases.Add(provider, "DELETE FROM adverse_events WHERE event_id = 'E1'", "lines 2 to 3 of upload 3 are not what entry");
                cases.Add(provider, "UPDATE uploads SET status = 'failed' WHERE id = 3", "upload 3 is marked failed");
                // The record's own digest made to fit: then the entry's digest over the batch does not.
                cases.Add(provider, "UPDATE sessions SET digest = (SELECT digest FROM sessions WHERE session_id = 'S3'), line = 99 WHERE session_id = 'S2'", "upload 2");
            }
            return cases;
        }
    }

    [Theory, MemberData(nameof(Tampering))]
    public async Task A_change_made_directly_in_the_database_is_found_with_its_record(DatabaseProvider provider, string sql, string found)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        Assert.Empty(await VerifyAsync(installation));
        await using (var db = installation.Db()) Assert.True(await db.Database.ExecuteSqlRawAsync(sql) > 0);
        Assert.Contains(await VerifyAsync(installation), fault => fault.Contains(found, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_rotated_key_leaves_records_that_hold_and_is_refused_where_they_do_not(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        await installation.Services.GetRequiredService<RotateKey>().RunAsync(default);
        Assert.Empty(await VerifyAsync(installation));
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("UPDATE sessions SET status = 'cancelled' WHERE session_id = 'S2'");
        await Assert.ThrowsAsync<InvalidOperationException>(() => installation.Services.GetRequiredService<RotateKey>().RunAsync(default));
    }

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    static async Task FillAsync(TestInstallation installation)
    {
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2") + Samples.Session("S3"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S2") + Samples.Event("E2", "S3"));
        // A correction: S1 has two versions from here on. And a file that is refused leaves nothing to hold.
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P2"));
    }

    static async Task<List<string>> VerifyAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        var faults = new List<string>();
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) faults.Add(fault);
        return faults;
    }
}
