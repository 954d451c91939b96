using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>A record that was changed directly in the database is not what the audit trail says was stored.</summary>
public class VerifyRecordsTests
{
    /// <summary>What somebody does to the database, and what is then said.</summary>
    static List<(string Sql, string Found)> Tampering(DatabaseProvider provider)
    {
        var cases = new List<(string, string)>();
        cases.Add(("UPDATE sessions SET practitioner_id = 'P2' WHERE session_id = 'S2'", "S2, line 3 of upload 2, was altered"));
        cases.Add(("UPDATE sessions SET status = 'cancelled' WHERE session_id = 'S2'", "S2, line 3 of upload 2, was altered"));
        cases.Add(("UPDATE sessions SET patient_id = 'somebody' WHERE session_id = 'S2'", "S2, line 3 of upload 2, was altered"));
        cases.Add(("UPDATE sessions SET date = '2025-01-01' WHERE session_id = 'S2'", "its date is not the day"));
        cases.Add(($"UPDATE sessions SET is_at_risk_thorax = {(provider == DatabaseProvider.Sqlite ? "1" : "true")} WHERE session_id = 'S2'", "over the lungs"));
        cases.Add(("UPDATE adverse_events SET category = 'FAINT' WHERE event_id = 'E1'", "E1, line 2 of upload 3, was altered"));
        cases.Add(("UPDATE adverse_events SET linked_session_id = NULL, linked_clinic_id = NULL WHERE event_id = 'E1'", "event_id E1: its session is here"));
        cases.Add(("UPDATE adverse_events SET superseded_at_utc = onset_at_utc WHERE event_id = 'E1'", "event_id E1: which of its versions counts was altered"));
        cases.Add(("UPDATE sessions SET superseded_at_utc = NULL WHERE session_id = 'S1'", "session_id S1: which of its versions counts was altered"));
        cases.Add(("DELETE FROM adverse_events WHERE event_id = 'E1'", "lines 2 to 3 of upload 3 are not what entry"));
        cases.Add(("UPDATE uploads SET status = 'failed' WHERE id = 3", "upload 3 is marked failed"));
        // An event counts with the session it can mean, wholly or not at all.
        cases.Add(("UPDATE adverse_events SET linked_clinic_id = 'C2' WHERE event_id = 'E1'", "event_id E1: it was made to count with another session"));
        cases.Add(("UPDATE adverse_events SET linked_session_id = NULL WHERE event_id = 'E1'", "event_id E1"));
        cases.Add(("UPDATE adverse_events SET linked_clinic_id = NULL WHERE event_id = 'E1'", "event_id E1: it was made to count with another session"));
        cases.Add(("UPDATE adverse_events SET link_method = NULL WHERE event_id = 'E1'", "event_id E1"));
        cases.Add(("UPDATE adverse_events SET link_method = 'guessed' WHERE event_id = 'E1'", "a record of upload 3 can't be read"));
        cases.Add(("UPDATE adverse_events SET linked_session_id = 'S3' WHERE event_id = 'E1'", "event_id E1: it was made to count with another session"));
        // A whole file, with all that it brought.
        cases.Add(("DELETE FROM adverse_events WHERE upload_id = 3; DELETE FROM uploads WHERE id = 3", "upload 3 is in the trail, and its row was taken out"));
        cases.Add(("INSERT INTO uploads (file_name, kind, fingerprint, bytes, received_at_utc, received_by, status, unknown_columns, rows_read, rows_new, rows_same, rows_changed, rows_rejected, bytes_read, purpose, all_or_nothing, epoch, attempts) SELECT file_name, kind, fingerprint, bytes, received_at_utc, received_by, status, unknown_columns, rows_read, rows_new, rows_same, rows_changed, rows_rejected, bytes_read, purpose, all_or_nothing, epoch, attempts FROM uploads WHERE id = 3", "is in no entry of the trail: it was added"));
        cases.Add(("UPDATE sessions SET upload_id = 3 WHERE session_id = 'S2'", "session_id S2: was added under an upload that is no file of sessions"));
        // Versions.
        cases.Add(("UPDATE sessions SET version = 3 - version + 10 WHERE session_id = 'S1'; UPDATE sessions SET version = version - 10, superseded_at_utc = CASE WHEN superseded_at_utc IS NULL THEN (SELECT completed_at_utc FROM uploads WHERE id = 4) END WHERE session_id = 'S1'", "of upload 2 are not what entry"));
        cases.Add(("UPDATE sessions SET version = 7 WHERE session_id = 'S2'", "of upload 2 are not what entry"));
        cases.Add(("UPDATE sessions SET received_at_utc = '2020-01-01 00:00:00' WHERE session_id = 'S2'", "it was received with its file"));
        cases.Add(("UPDATE sessions SET superseded_at_utc = '2026-06-30 00:00:00' WHERE session_id = 'S1' AND version = 1", "session_id S1: which of its versions counts was altered"));
        // What figures are made from.
        cases.Add(("UPDATE daily_observed SET observed = 0 WHERE measure = 'BRUISE_MINOR'", "P1 at C1 on 2026-03-02, BRUISE_MINOR: 0 kept, and the records give 2"));
        cases.Add(("DELETE FROM daily_observed", "BRUISE_MINOR: nothing kept"));
        cases.Add(("UPDATE daily_exposures SET sessions = 200 WHERE practitioner_id = 'P1'", "P1 at C1 on 2026-03-02, exposure: 200 sessions"));
        cases.Add(("UPDATE daily_adherence SET outcomes = '[9' || substr(outcomes, 3) WHERE practitioner_id = 'P1'", "PR-001"));
        cases.Add(("UPDATE daily_adherence SET rules_version = 1 WHERE practitioner_id = 'P1'", "outcomes of other rules"));
        cases.Add(("UPDATE daily_quality SET answered = asked WHERE practitioner_id = 'P1'", "P1 at C1 on 2026-03-02, quality: "));
        cases.Add(("INSERT INTO daily_exposures (clinic_id, practitioner_id, date, sessions, at_risk_sessions, followed_up, reached) VALUES ('C1', 'P9', '2026-01-01', 900, 0, 0, 0)", "P9 at C1 on 2026-01-01"));
        // What stands beside the records.
        foreach (string set in new[] { "received_by = 'x'", "file_name = 'x'", "clinic_id = 'C1'", "fingerprint = 'x'", "bytes = 1", "received_at_utc = '2020-01-01 00:00:00'", "rows_new = 7", "rows_rejected = 7", "rows_read = 7", "rows_same = 7", "rows_changed = 7", "why = 'x'", "corrects_version = 1", "all_or_nothing = NOT all_or_nothing", "purpose = 'correction'", "taken_back_by = 'x'", "completed_at_utc = '2020-01-01 00:00:00'", "failure = 'x'" })
            cases.Add(($"UPDATE uploads SET {set} WHERE id = 3", "upload 3 was altered"));
        cases.Add(("UPDATE uploads SET kind = 'sessions' WHERE id = 3", "upload 3 was altered"));
        cases.Add(("UPDATE uploads SET status = 'processing' WHERE id = 3", "upload 3 is marked processing"));
        cases.Add(("UPDATE uploads SET status = 'x' WHERE id = 3", "uploads can't be read"));
        cases.Add(("UPDATE clinics SET name = 'x'", "clinic C1 was altered: name"));
        cases.Add(("UPDATE clinics SET time_zone = 'Asia/Tokyo'", "clinic C1 was altered: time_zone"));
        cases.Add(("UPDATE clinics SET time_zone = 'x'", "clinic C1 was altered: time_zone"));
        cases.Add(("UPDATE measures SET is_sentinel = NOT is_sentinel WHERE code = 'BRUISE_MINOR'", "measure BRUISE_MINOR was altered: is_sentinel"));
        cases.Add(("UPDATE baselines SET rate_per_1000 = 900 WHERE id = 'BRUISE_MINOR@1'", "baseline BRUISE_MINOR@1 was altered: rate_per_1000"));
        cases.Add(("DELETE FROM baselines WHERE id = 'BRUISE_MINOR@1'", "baseline BRUISE_MINOR@1 is in the trail, and its row was taken out"));
        cases.Add(("UPDATE alerts SET status = 'no_longer_holds'", "was altered: status"));
        cases.Add(("UPDATE cases SET owner = 'somebody'", "was altered: owner"));
        cases.Add(("DELETE FROM case_entries", "is in the trail, and its row was taken out"));
        cases.Add(("DELETE FROM case_entries; DELETE FROM cases; DELETE FROM alerts", "is in the trail, and its row was taken out"));
        cases.Add(("""UPDATE asp_net_users SET roles = 'director;administrator' WHERE user_name = 'bob'""", "user bob was altered: roles"));
        cases.Add(("""UPDATE asp_net_users SET clinic_ids = '' WHERE user_name = 'bob'""", "user bob was altered: clinic_ids"));
        cases.Add(("""UPDATE asp_net_users SET practitioner_id = 'P2' WHERE user_name = 'bob'""", "user bob was altered: practitioner_id"));
        cases.Add(("""UPDATE asp_net_users SET disabled_at_utc = NULL WHERE user_name = 'bob'""", "user bob was altered: disabled_at_utc"));
        cases.Add(("""UPDATE asp_net_users SET password_hash = 'another' WHERE user_name = 'bob'""", "user bob was altered: password_hash is \"(not shown)"));
        cases.Add(("""UPDATE asp_net_users SET user_name = 'eve' WHERE user_name = 'bob'""", "user eve is in no entry of the trail"));
        cases.Add(("""UPDATE asp_net_user_passkeys SET user_id = (SELECT id FROM asp_net_users WHERE user_name = 'carl')""", "was altered: user_id"));
        cases.Add(("""DELETE FROM asp_net_user_passkeys""", "identity_user_passkey"));
        cases.Add(("UPDATE api_keys SET clinic_id = 'C2'", "api_key 1 was altered: clinic_id"));
        cases.Add(("UPDATE api_keys SET secret_hash = 'x'", "api_key 1 was altered: secret_hash is \"(not shown)"));
        cases.Add(("UPDATE api_keys SET revoked_at_utc = NULL", "api_key 1 was altered: revoked_at_utc"));
        cases.Add(("DELETE FROM quarantined_rows", "upload 5 has 0 rows in quarantine, where the trail says that 1 were rejected"));
        // The record's own digest made to fit: then the entry's digest over the batch does not.
        cases.Add(("UPDATE sessions SET digest = (SELECT digest FROM sessions WHERE session_id = 'S3'), line = 99 WHERE session_id = 'S2'", "upload 2"));
        return cases;
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_change_made_directly_in_the_database_is_found_with_its_record(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        Assert.Empty(await VerifyAsync(installation));
        // Each on the same records, and taken back before the next.
        foreach (var (sql, found) in Tampering(provider))
        {
            await using var db = installation.Db();
            await using var transaction = await db.Database.BeginTransactionAsync();
            Assert.True(await db.Database.ExecuteSqlRawAsync(sql) > 0, sql);
            var faults = await VerifyAsync(db);
            Assert.True(faults.Exists(fault => fault.Contains(found, StringComparison.Ordinal)), $"{sql}\nshould be found by '{found}', and this was: {string.Join('\n', faults)}");
            await transaction.RollbackAsync();
        }
        Assert.Empty(await VerifyAsync(installation));
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

    [Theory, MemberData(nameof(Providers))]
    public async Task Counts_that_wait_to_be_made_anew_are_not_compared_and_it_is_said(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        await using var db = installation.Db();
        await db.Database.ExecuteSqlRawAsync("INSERT INTO stale_days (clinic_id, practitioner_id, date) VALUES ('C1', 'P1', '2026-03-02'); DELETE FROM daily_observed");
        var said = new List<string>();
        await foreach (string fault in VerifySummaries.RunAsync(db, said, default)) Assert.Fail(fault);
        Assert.Contains(said, words => words.StartsWith("daily counts were not compared: 1 days wait", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Corrections_that_leave_an_event_with_its_session_or_take_it_away_are_no_faults(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        // Another patient's after all; the event stays where it was joined. A second clinic's session of the same id parts an event that names no clinic.
        await installation.ImportAsync(Samples.SessionHeader + "S2,C1,P1,T9,2026-03-02T10:00:00Z,,completed\n");
        await installation.ImportAsync("practitioner_id,clinic_id\nP8,C2\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S3", clinic: "C2", practitioner: "P8"));
        Assert.Empty(await VerifyAsync(installation));
        await installation.ImportAsync(Samples.SessionHeader + "S3,C2,P8,T9,2026-03-02T10:00:00Z,,completed\n");
        Assert.Empty(await VerifyAsync(installation));
        // A file that is not yet read to its end.
        await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S9")));
        Assert.Empty(await VerifyAsync(installation));
    }

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    static async Task FillAsync(TestInstallation installation)
    {
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2") + Samples.Session("S3"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S2") + Samples.Event("E2", "S3"));
        // A correction: S1 has two versions from here on. Then a row that is not taken, a sentinel event that raises an alert, and accounts.
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P2"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E3", "S3", "PNEUMOTHORAX") + Samples.Event("E4", "S3", "NOTHING"));
        await using var db = installation.Db();
        var bob = new User
        {
            UserName = "bob", Roles = [Role.Practitioner], ClinicIds = ["C1"], PractitionerId = "P1", PasswordHash = "a hash", RecoveryCodes = ["a", "b"],
            DisabledAtUtc = installation.Clock.Now.UtcDateTime.AddTicks(7), SecurityStamp = "s",
        };
        var key = new ApiKey { Name = "reception", ClinicId = "C1", SecretHash = "a hash", MadeAtUtc = installation.Clock.Now.UtcDateTime };
        db.AddRange(bob, new User { UserName = "carl", Roles = [Role.Auditor] }, key);
        await db.SaveChangesAsync();
        db.Add(new IdentityUserPasskey<string>
        {
            UserId = bob.Id, CredentialId = [1, 2, 3],
            Data = new() { PublicKey = [4], Name = "phone", CreatedAt = installation.Clock.Now, AttestationObject = [5], ClientDataJson = [6], Transports = ["usb"] },
        });
        (bob.PasswordHash, bob.RecoveryCodes, key.RevokedAtUtc) = ("another hash", ["b"], installation.Clock.Now.UtcDateTime);
        await db.SaveChangesAsync();
    }

    static async Task<List<string>> VerifyAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        return await VerifyAsync(db);
    }

    static async Task<List<string>> VerifyAsync(SafetyAuditDb db)
    {
        var faults = new List<string>();
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) faults.Add(fault);
        await foreach (string fault in VerifySummaries.RunAsync(db, [], default)) faults.Add(fault);
        return faults;
    }
}
