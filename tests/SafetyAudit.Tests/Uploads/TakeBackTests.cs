using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>A file that is undone leaves what was before it, and a trail; one that is cancelled never counted.</summary>
public class TakeBackTests
{
    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task An_undone_file_leaves_the_records_and_figures_that_were_before_it(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        // S1 goes to P2, S2 is not given, S4 is new: on other days and practitioners; E1, which S2 had, waits for nothing else.
        var wrong = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P2") + "S2,C1,P1,T1,2026-03-05T10:00:00Z,,cancelled\n" + Samples.Session("S4", "2026-04-01T10:00:00Z"));
        Assert.NotEqual(before, await installation.DigestAsync());
        await using (var db = installation.Db()) Assert.Equal(new Undoing(3, 1, 2), await TakeBackUpload.ForeseeAsync(db, wrong, default));

        installation.Clock.Now += TimeSpan.FromHours(1);
        await UndoAsync(installation, wrong.Id);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
        await using (var db = installation.Db())
        {
            var upload = await db.Uploads.SingleAsync(u => u.Id == wrong.Id);
            Assert.Equal((UploadStatus.Undone, "anna", "wrong clinic", installation.Clock.Now.UtcDateTime), (upload.Status, upload.TakenBackBy, upload.TakenBackWhy, upload.TakenBackAtUtc));
            // Nothing is deleted, and the trail says why.
            Assert.Equal(3, await db.Sessions.CountAsync(s => s.UploadId == wrong.Id));
            Assert.Equal("wrong clinic", (await db.AuditEntries.OrderBy(e => e.Sequence).LastAsync(e => e.Subject == $"upload {wrong.Id}")).Why);
        }
        Assert.Equal("It is undone already.", await TakeBack(installation).UndoAsync(wrong.Id, "again", Anna, default));
        Assert.StartsWith("Say why", await TakeBack(installation).UndoAsync(1, " ", Anna, default), StringComparison.Ordinal);
        Assert.Equal("There is no upload 99.", await TakeBack(installation).UndoAsync(99, "x", Anna, default));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task The_same_file_after_its_undo_is_taken_as_if_new_and_its_numbers_go_on(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string file = Samples.SessionHeader + Samples.Session("S1", practitioner: "P2") + Samples.Session("S4");
        var first = await installation.ImportAsync(file);
        string with = await installation.DigestAsync();
        await UndoAsync(installation, first.Id);
        var second = await installation.ImportAsync(file);
        Assert.Equal((1, 0, 1, 0), (second.RowsNew, second.RowsSame, second.RowsChanged, second.RowsRejected));
        await using var db = installation.Db();
        Assert.Equal([1, 2, 3], await db.Sessions.Where(s => s.SessionId == "S1").OrderBy(s => s.Version).Select(s => s.Version).ToListAsync());
        Assert.Equal(3, (await db.Current<Session>().SingleAsync(s => s.SessionId == "S1")).Version);
        Assert.Equal([2], await db.Current<Session>().Where(s => s.SessionId == "S4").Select(s => s.Version).ToListAsync());
        Assert.Equal(with.Replace("S1 2", "S1 3", StringComparison.Ordinal).Replace("S4 1", "S4 2", StringComparison.Ordinal), await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_version_of_a_later_file_stays_and_the_one_before_both_comes_back_in_the_end(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        var second = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P2"));
        installation.Clock.Now += TimeSpan.FromHours(1);
        var third = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", "2026-03-09T10:00:00Z"));
        string after = await installation.DigestAsync();
        await UndoAsync(installation, second.Id);
        Assert.Equal(after, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
        await UndoAsync(installation, third.Id);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Events_wait_again_when_their_session_is_undone_and_join_when_it_comes_again(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        string sessions = Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2");
        var upload = await installation.ImportAsync(sessions);
        var events = await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1"));
        await UndoAsync(installation, upload.Id);
        await using (var db = installation.Db())
        {
            Assert.Null((await db.Current<AdverseEvent>().SingleAsync()).LinkedSessionId);
            Assert.Empty(await db.DailyObserved.ToListAsync());
            Assert.Empty(await db.DailyExposures.ToListAsync());
        }
        Assert.Empty(await FaultsAsync(installation));
        await installation.ImportAsync(sessions);
        await using (var db = installation.Db())
        {
            Assert.Equal("S1", (await db.Current<AdverseEvent>().SingleAsync()).LinkedSessionId);
            Assert.Equal(1, (await db.DailyObserved.SingleAsync(d => d.Measure == "BRUISE_MINOR")).Observed);
        }
        await UndoAsync(installation, events.Id);
        await using (var db = installation.Db()) Assert.Empty(await db.DailyObserved.ToListAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_second_clinic_s_session_that_made_an_event_wait_lets_it_go_when_it_is_undone(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        var people = await installation.ImportAsync("practitioner_id,clinic_id\nP8,C2\n");
        var twin = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S2", clinic: "C2", practitioner: "P8"));
        await using (var db = installation.Db()) Assert.Null((await db.Current<AdverseEvent>().SingleAsync(e => e.EventId == "E1")).LinkedSessionId);
        await UndoAsync(installation, twin.Id);
        await UndoAsync(installation, people.Id);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task An_undone_practitioner_is_as_before_for_every_rule(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        var lapsed = await installation.ImportAsync("practitioner_id,clinic_id,licence_status,licence_issued,licence_expires\nP1,C1,suspended,2015-01-01,2030-12-31\n");
        Assert.NotEqual(before, await installation.DigestAsync());
        await UndoAsync(installation, lapsed.Id);
        // The alert that it raised no longer holds.
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Rejected_rows_are_closed_with_their_file_and_those_it_mended_wait_again(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        var bad = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P7"));
        installation.Clock.Now += TimeSpan.FromHours(1);
        var mended = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", practitioner: "P7"));
        Assert.Equal(QuarantineClosure.Accepted, Assert.Single(await installation.RejectedAsync(bad)).Closure);
        await UndoAsync(installation, mended.Id);
        Assert.Null(Assert.Single(await installation.RejectedAsync(bad)).ClosedAtUtc);
        Assert.Equal(QuarantineClosure.TakenBack, Assert.Single(await installation.RejectedAsync(mended)).Closure);
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_file_cancelled_while_it_waits_or_is_read_never_counts_and_the_next_is_read(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        var big = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + string.Concat(Enumerable.Range(0, 30_000).Select(i => Samples.Session($"B{i}")))));
        var waiting = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("W1")));
        var next = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("N1")));
        Assert.Null(await TakeBack(installation).CancelAsync(waiting.Id, "not this one", Anna, default));
        // From within the reading, after its first batches are stored.
        long seen = 0;
        await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(new Told<(Upload Upload, UploadProgress Progress)>(report =>
        {
            if (report.Upload.Id != big.Id || seen > 0) return;
            seen = report.Progress.Rows;
            Assert.Equal("It is not read to its end. Cancel it instead.", TakeBack(installation).UndoAsync(big.Id, "x", Anna, default).GetAwaiter().GetResult());
            Assert.Null(TakeBack(installation).CancelAsync(big.Id, null, Anna, default).GetAwaiter().GetResult());
        }), default);
        Assert.InRange(seen, 1, 29_999);
        await using (var db = installation.Db())
        {
            Assert.Equal([UploadStatus.Cancelled, UploadStatus.Cancelled, UploadStatus.Completed], await db.Uploads.Where(u => u.Id >= big.Id).OrderBy(u => u.Id).Select(u => u.Status).ToListAsync());
            Assert.Equal(0, await db.Sessions.CountAsync(s => s.UploadId == big.Id));
        }
        Assert.Empty(await FaultsAsync(installation));
        await UndoAsync(installation, next.Id);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.StartsWith("It can't be cancelled any more", await TakeBack(installation).CancelAsync(next.Id, null, Anna, default), StringComparison.Ordinal);
        Assert.Equal("Nothing of it counts; there is nothing to undo.", await TakeBack(installation).UndoAsync(big.Id, "x", Anna, default));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task Of_a_file_that_is_all_or_nothing_a_rejected_row_keeps_everything_out(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        string before = await installation.DigestAsync();
        string bad = Samples.SessionHeader + string.Concat(Enumerable.Range(0, 6_000).Select(i => Samples.Session($"A{i}"))) + Samples.Session("S9", practitioner: "P7");
        var refused = await SendAsync(installation, bad, new(AllOrNothing: true));
        Assert.Equal((UploadStatus.Failed, 1, 0), (refused.Status, refused.RowsRejected, refused.RowsNew));
        Assert.Contains("1 of 6,001 rows were rejected", refused.Failure, StringComparison.Ordinal);
        Assert.Equal(before, await installation.DigestAsync());
        Assert.Equal("S9", Assert.Single(await installation.RejectedAsync(refused)).RecordId);
        Assert.Empty(await FaultsAsync(installation));
        var taken = await SendAsync(installation, bad.Replace("P7", "P1", StringComparison.Ordinal), new(AllOrNothing: true));
        Assert.Equal((UploadStatus.Completed, 6_001), (taken.Status, taken.RowsNew));
        Assert.Equal(QuarantineClosure.Accepted, Assert.Single(await installation.RejectedAsync(refused)).Closure);
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_key_can_be_rotated_over_what_was_undone_withdrawn_and_cancelled(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        var wrong = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P2"));
        await UndoAsync(installation, wrong.Id);
        var cancelled = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("W1")));
        Assert.Null(await TakeBack(installation).CancelAsync(cancelled.Id, null, Anna, default));
        await installation.Services.GetRequiredService<RotateKey>().RunAsync(default);
        Assert.Empty(await FaultsAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task What_was_undone_can_t_be_made_to_count_nor_what_counts_be_hidden_behind_an_undo(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await FillAsync(installation);
        var wrong = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "P2") + Samples.Session("S4"));
        await UndoAsync(installation, wrong.Id);
        foreach (var (sql, found) in new[]
        {
            ($"UPDATE uploads SET status = 'completed' WHERE id = {wrong.Id}", "is marked completed"),
            ($"UPDATE uploads SET taken_back_why = 'x' WHERE id = {wrong.Id}", "taken_back_why"),
            ($"UPDATE uploads SET taken_back_at_utc = NULL WHERE id = {wrong.Id}", "taken_back_at_utc"),
            ("UPDATE sessions SET superseded_at_utc = NULL WHERE session_id = 'S4'", "session_id S4: which of its versions counts"),
            ("UPDATE sessions SET superseded_at_utc = received_at_utc WHERE session_id = 'S2'", "session_id S2: which of its versions counts"),
            ("UPDATE uploads SET status = 'undone' WHERE id = 2", "upload 2 is marked undone"),
            ("UPDATE uploads SET purpose = 'withdrawal' WHERE id = 2", "upload 2 was altered: purpose"),
        })
        {
            await using var db = installation.Db();
            await using var transaction = await db.Database.BeginTransactionAsync();
            Assert.True(await db.Database.ExecuteSqlRawAsync(sql) > 0);
            var faults = new List<string>();
            await foreach (string fault in VerifyRecords.RunAsync(db, default)) faults.Add(fault);
            Assert.Contains(faults, fault => fault.Contains(found, StringComparison.Ordinal));
        }
    }

    internal static readonly Actor Anna = new(ActorKind.Person, "anna", "::1", Roles.Of(Role.Director), Scope.Everything);

    internal static TakeBackUpload TakeBack(TestInstallation installation) => installation.Services.GetRequiredService<TakeBackUpload>();

    internal static async Task UndoAsync(TestInstallation installation, long upload)
    {
        Assert.Null(await TakeBack(installation).UndoAsync(upload, "wrong clinic", Anna, default));
        await installation.Services.CatchUpAsync(null, default);
    }

    internal static async Task<Upload> SendAsync(TestInstallation installation, string content, SentHow how)
    {
        using var bytes = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content));
        var upload = (await installation.Services.GetRequiredService<ReceiveUpload>().ReceiveAsync(bytes, "file.csv", null, null, Anna, default, how))[0];
        await installation.Services.CatchUpAsync(null, default);
        await using var db = installation.Db();
        return await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id);
    }

    internal static async Task<List<string>> FaultsAsync(TestInstallation installation)
    {
        await installation.SummariseAsync();
        await using var db = installation.Db();
        var faults = new List<string>();
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) faults.Add(fault);
        await foreach (string fault in VerifySummaries.RunAsync(db, [], default)) faults.Add(fault);
        return faults;
    }

    internal static async Task FillAsync(TestInstallation installation)
    {
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2") + Samples.Session("S3"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S2") + Samples.Event("E2", "S3"));
        installation.Clock.Now += TimeSpan.FromHours(1);
    }
}
