using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;
using static SafetyAudit.Tests.Uploads.TakeBackTests;

namespace SafetyAudit.Tests.Uploads;

/// <summary>A record is put right by hand in the way of any file: checked, as the next version, with who and why.</summary>
public class CorrectRecordTests
{
    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_correction_is_the_next_version_with_its_reason_and_can_go_back_to_what_was(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        Assert.Empty((await CorrectAsync(installation, "S2", ("practitioner_id", "P2"), ("needles_inserted", "7"))).Wrong);
        var session = await SessionAsync(installation, "S2");
        Assert.Equal((2, "P2", 7), (session.Version, session.PractitionerId, session.NeedlesInserted));
        await using (var db = installation.Db())
        {
            var upload = await db.Uploads.SingleAsync(u => u.Id == session.UploadId);
            Assert.Equal(("correction of S2 by anna", "anna", "typed wrong", UploadPurpose.Correction, 1), (upload.FileName, upload.ReceivedBy, upload.Why, upload.Purpose, upload.CorrectsVersion));
        }
        // Back again: no old file sent twice, but somebody who means it.
        await CorrectAsync(installation, "S2", ("practitioner_id", "P1"), ("needles_inserted", ""));
        Assert.Equal(before.Replace("S2 1", "S2 3", StringComparison.Ordinal), (await installation.DigestAsync()).Replace("S2 3 2026", "S2 3 2026", StringComparison.Ordinal));
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Nothing_changed_is_nothing_done_and_what_no_file_may_say_is_refused(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        Assert.Equal((null, 0), await CorrectAsync(installation, "S2") is var same ? (same.Upload, same.Wrong.Count) : default);
        // The id of a record is not to be corrected.
        Assert.Null((await CorrectAsync(installation, "S2", ("session_id", "S9"), ("clinic_id", "C7"))).Upload);
        var wrong = await CorrectAsync(installation, "S2", ("started_at", "yesterday"), ("practitioner_id", "P7"));
        Assert.Null(wrong.Upload);
        Assert.Equal([ReasonCode.NotAnInstant, ReasonCode.PractitionerUnknown], wrong.Wrong.Select(r => r.Code));
        Assert.Equal(1, (await SessionAsync(installation, "S2")).Version);
        await using var db = installation.Db();
        Assert.Equal(3, await db.Uploads.CountAsync());
        Assert.Equal(0, await db.QuarantinedRows.CountAsync());
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Of_two_who_correct_the_same_version_the_second_is_told(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        var seen = await SessionAsync(installation, "S2");
        var correct = installation.Services.GetRequiredService<CorrectRecord>();
        var first = await correct.RunAsync(RecordKind.Sessions, seen, Cells(("needles_inserted", "7")), "mine", Anna, default);
        var second = await correct.RunAsync(RecordKind.Sessions, seen, Cells(("needles_inserted", "8")), "mine", Anna with { Name = "ben" }, default);
        await installation.Services.CatchUpAsync(null, default);
        // And one who is late knows it before anything is sent.
        var third = await correct.RunAsync(RecordKind.Sessions, seen, Cells(("needles_inserted", "9")), "mine", Anna, default);
        Assert.Equal([ReasonCode.ChangedMeanwhile], third.Wrong.Select(r => r.Code));
        await using var db = installation.Db();
        Assert.Equal(UploadStatus.Completed, (await db.Uploads.SingleAsync(u => u.Id == first.Upload!.Id)).Status);
        Assert.Equal(UploadStatus.Failed, (await db.Uploads.SingleAsync(u => u.Id == second.Upload!.Id)).Status);
        Assert.Equal([ReasonCode.ChangedMeanwhile], Assert.Single(await installation.RejectedAsync(second.Upload!)).Reasons.Select(r => r.Code));
        Assert.Equal(7, (await SessionAsync(installation, "S2")).NeedlesInserted);
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_withdrawn_record_counts_no_more_until_it_is_brought_back(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        var correct = installation.Services.GetRequiredService<CorrectRecord>();
        var withdrawn = (await correct.WithdrawAsync(RecordKind.Sessions, await SessionAsync(installation, "S2"), "entered twice", Anna, default)).Upload!;
        await installation.Services.CatchUpAsync(null, default);
        await using (var db = installation.Db())
        {
            Assert.False(await db.Current<Session>().AnyAsync(s => s.SessionId == "S2"));
            Assert.Null((await db.Current<AdverseEvent>().SingleAsync(e => e.EventId == "E1")).LinkedSessionId);
            Assert.Equal((2, 1), (await db.DailyExposures.SumAsync(d => d.Sessions), await db.DailyObserved.Where(d => d.Measure == "BRUISE_MINOR").SumAsync(d => d.Observed)));
        }
        Assert.Empty(await FaultsAsync(installation));
        // The same file sent again does not bring it back; whoever undoes the withdrawal does.
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2") + Samples.Session("S3"));
        await using (var db = installation.Db()) Assert.Equal(2, await db.Current<Session>().CountAsync());
        await UndoAsync(installation, withdrawn.Id);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Events_and_practitioners_are_withdrawn_and_corrected_like_sessions(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        var correct = installation.Services.GetRequiredService<CorrectRecord>();
        await using (var db = installation.Db())
        {
            var reported = await db.Current<AdverseEvent>().SingleAsync(e => e.EventId == "E1");
            Assert.Empty((await correct.WithdrawAsync(RecordKind.Events, reported, "of another clinic", Anna, default)).Wrong);
            Assert.Empty((await correct.RunAsync(RecordKind.Events, await db.Current<AdverseEvent>().SingleAsync(e => e.EventId == "E2"), Cells(("category", "SYNCOPE"), ("narrative", "=felt faint,\n\"left\" early")), "read again", Anna, default)).Wrong);
            Assert.Empty((await correct.WithdrawAsync(RecordKind.Practitioners, await db.Current<Practitioner>().SingleAsync(p => p.PractitionerId == "P1"), "never worked here", Anna, default)).Wrong);
        }
        await installation.Services.CatchUpAsync(null, default);
        await using (var db = installation.Db())
        {
            var left = await db.Current<AdverseEvent>().SingleAsync();
            Assert.Equal(("E2", "SYNCOPE", "=felt faint,\n\"left\" early"), (left.EventId, left.Category, left.Narrative));
            Assert.Equal("P2", (await db.Current<Practitioner>().SingleAsync()).PractitionerId);
            // The rule on licences has nobody's record to go by.
            var licence = AdherenceTable.Sum((await AdherenceTable.ReadAsync(db, new(new(2020, 1, 1), new(2030, 1, 1)), installation.Clock.Now.UtcDateTime, default)).Where(r => r.Rule.Id == "PR-001"));
            Assert.Equal((0, 3), (licence.Pass, licence.NotRecorded));
        }
        Assert.Empty(await FaultsAsync(installation));
        foreach (long upload in new long[] { 4, 5, 6 }) await UndoAsync(installation, upload);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    /// <summary>Every column, with what is hard to write: the row of a record reads as the same record.</summary>
    [Fact]
    public async Task A_record_s_own_row_is_the_same_record()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync("session_id,clinic_id,practitioner_id,patient_id,started_at,status,regions,muscles,sides,max_depth_mm,needle_gauge_mm,needle_expiry,needles_inserted,estim,screen_flags,consent_risks,risk_note,needle_lot\n"
            + "S1,C1,P1,T1,2026-03-02T10:00:00.123456+01:00,no_show,shoulder;neck,trapezius;,left;right,0.1,0.00001,2027-01-01,0,no,;,bleeding;pneumothorax,\"'=1+1, \"\"so\"\"\n- next\",  +lot \n");
        await using var db = installation.Db();
        var session = await db.Current<Session>().SingleAsync();
        Assert.Equal([], session.ScreenFlags);
        Assert.Equal("=1+1, \"so\"\n- next", session.RiskNote);
        var intake = new SessionIntake();
        string row = string.Join(',', intake.CellsOf(session).Select(c => $"\"{CsvText.Out(c.Cell).Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
        var again = await installation.ImportAsync(string.Join(',', intake.CellsOf(session).Select(c => c.Column)) + "\n" + row + "\n");
        Assert.Equal((0, 1, 0, 0, ""), (again.RowsNew, again.RowsSame, again.RowsChanged, again.RowsRejected, again.UnknownColumns));
    }

    [Fact]
    public async Task Rejected_rows_come_back_in_their_own_layout_and_are_taken_once_mended()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var bad = await installation.ImportAsync("session_id,clinic_id,practitioner_id,patient_id,started_at,risk_note,colour\n"
            + "S1,C1,P7,T1,2026-03-02T10:00:00Z,\"'=1+1,\nnext\",red\nS2,C1,P1,T1,2026-03-02T10:00:00Z,,red\nS3,C1,P1\n");
        Assert.Equal((1, 2), (bad.RowsNew, bad.RowsRejected));
        string file = await RejectedAsync(installation, bad);
        Assert.StartsWith("session_id,clinic_id,practitioner_id,patient_id,started_at,risk_note,colour,rejected_line,rejected_reasons,rejected_what_to_do,rejected_row", file, StringComparison.Ordinal);
        Assert.Contains("2,practitioner_unknown,", file, StringComparison.Ordinal);
        Assert.Contains("too_few_fields", file, StringComparison.Ordinal);
        // Half mended: the row without its cells is written out by hand, the other is still wrong; then all of it.
        string half = file.Replace("\n,,,,,,,5,", "\nS3,C1,P1,T1,2026-03-02T10:00:00Z,,blue,5,", StringComparison.Ordinal).Replace("\r\n,,,,,,,5,", "\r\nS3,C1,P1,T1,2026-03-02T10:00:00Z,,blue,5,", StringComparison.Ordinal);
        var again = await installation.ImportAsync(half);
        Assert.Equal((1, 1, "colour"), (again.RowsNew, again.RowsRejected, again.UnknownColumns));
        string rest = await RejectedAsync(installation, again);
        Assert.Equal(file.Split('\n')[0], rest.Split('\n')[0]);
        var last = await installation.ImportAsync(rest.Replace("P7", "P1", StringComparison.Ordinal));
        Assert.Equal((1, 0), (last.RowsNew, last.RowsRejected));
        Assert.Equal("=1+1,\nnext", (await SessionAsync(installation, "S1")).RiskNote!.ReplaceLineEndings("\n"));
        Assert.All((await installation.RejectedAsync(again)).Concat((await installation.RejectedAsync(bad)).Where(r => r.RecordId is not null)), row => Assert.NotNull(row.ClosedAtUtc));
    }

    static async Task<string> RejectedAsync(TestInstallation installation, Upload upload)
    {
        using var content = new MemoryStream();
        await using var db = installation.Db();
        await RejectedRows.WriteAsync(db, installation.Services.GetRequiredService<DatabaseSettings>(), installation.Keys, upload, content, default);
        return System.Text.Encoding.UTF8.GetString(content.ToArray());
    }

    static Dictionary<string, string> Cells(params (string Column, string Cell)[] cells) => cells.ToDictionary(c => c.Column, c => c.Cell);

    static async Task<Correcting> CorrectAsync(TestInstallation installation, string session, params (string Column, string Cell)[] cells)
    {
        var became = await installation.Services.GetRequiredService<CorrectRecord>().RunAsync(RecordKind.Sessions, await SessionAsync(installation, session), Cells(cells), "typed wrong", Anna, default);
        await installation.Services.CatchUpAsync(null, default);
        return became;
    }

    static async Task<Session> SessionAsync(TestInstallation installation, string id)
    {
        await using var db = installation.Db();
        return await db.Current<Session>().SingleAsync(s => s.SessionId == id);
    }
}
