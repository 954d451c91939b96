using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.AuditTrail;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>Where what is taken back, what waits for its columns and what names no clinic meet.</summary>
public class SeamTests
{
    const string Header = "event_id,session_id,patient_id,category,onset_at,clinic_id,severity\n";

    static string Event(string clinic, string severity) => $"{Header}E1,S1,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,{clinic},{severity}\n";

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task An_event_whose_clinic_came_later_stays_one_event_also_after_an_undo(DatabaseProvider provider)
    {
        await using var installation = await FilledAsync(provider);
        await installation.ImportAsync(Event("", "mild"));
        var named = await installation.ImportAsync(Event("C1", "moderate"));
        Assert.Equal(1, named.RowsChanged);
        // The same file once more is nothing new; another word of it is about the one event there is.
        Assert.Equal(1, (await installation.ImportAsync(Event("", "mild"))).RowsSame);
        Assert.Equal(1, (await installation.ImportAsync(Event("", "severe"))).RowsChanged);
        await CountsOnceAsync(installation, Severity.Severe);

        var last = await installation.ImportAsync(Event("C1", "critical"));
        Assert.Null(await installation.Services.GetRequiredService<TakeBackUpload>().UndoAsync(last.Id, "wrong file", Actor.CommandLine, default));
        Assert.Null(await installation.Services.GetRequiredService<TakeBackUpload>().UndoAsync(named.Id, "wrong file", Actor.CommandLine, default));
        var again = await installation.ImportAsync(Event("C1", "critical"));
        Assert.Equal(UploadStatus.Completed, again.Status);
        await CountsOnceAsync(installation, Severity.Critical);
    }

    // Taken for a correction, another clinic's event of that id would be lost; taken for another event, the mended one would count twice, and the review of a sentinel event that counts twice kept every alert from being judged.
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task An_event_without_a_clinic_changes_its_patient_when_a_person_says_so(DatabaseProvider provider)
    {
        await using var installation = await FilledAsync(provider);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S2").Replace(",T1,", ",T2,", StringComparison.Ordinal));
        string first = Event("", "mild").Replace("S1,T1,BRUISE_MINOR", ",T2,PNEUMOTHORAX", StringComparison.Ordinal), mended = first.Replace(",T2,", ",T1,", StringComparison.Ordinal);
        await installation.ImportAsync(first);
        Assert.Equal(("S2", 1, 1), await CountedAsync());
        var refused = await installation.ImportAsync(mended);
        Assert.Equal((0L, 1L), (refused.RowsNew + refused.RowsChanged, refused.RowsRejected));
        Assert.Equal(ReasonCode.PatientDiffers, Assert.Single(Assert.Single(await installation.RejectedAsync(refused)).Reasons).Code);
        Assert.Equal(("S2", 1, 1), await CountedAsync());

        AdverseEvent wrong;
        await using (var db = installation.Db()) wrong = await db.Current<AdverseEvent>().SingleAsync();
        var withdrawal = (await installation.Services.GetRequiredService<CorrectRecord>().WithdrawAsync(RecordKind.Events, wrong, "another patient", Actor.CommandLine, default)).Upload!;
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal(1, (await installation.ImportAsync(mended)).RowsChanged);
        Assert.Equal(("S1", 1, 1), await CountedAsync());
        // The first does not come back beside the one that was sent since.
        Assert.Null(await installation.Services.GetRequiredService<TakeBackUpload>().UndoAsync(withdrawal.Id, "withdrawn in error", Actor.CommandLine, default));
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal(("S1", 1, 1), await CountedAsync());
        string right = await installation.DigestAsync();

        // A database in which both count is mended when it is migrated.
        await using (var db = installation.Db())
        {
            var migrations = db.Database.GetMigrations().ToList();
            await db.GetService<IMigrator>().MigrateAsync(migrations[migrations.FindIndex(m => m.EndsWith("_SupersedeUnnamed", StringComparison.Ordinal)) - 1]);
            await db.Database.ExecuteSqlRawAsync("UPDATE adverse_events SET superseded_at_utc = NULL WHERE version = 1");
            Assert.NotEmpty(await VerifyRecords.RunAsync(db, default).ToListAsync());
            await Migrator.MigrateAsync(db, installation.Services.GetRequiredService<DatabaseSettings>(), default);
        }
        await installation.Services.CatchUpAsync(null, default);
        Assert.Equal(("S1", 1, 1), await CountedAsync());
        Assert.Equal(right, await installation.DigestAsync());

        async Task<(string?, int, int)> CountedAsync()
        {
            await using var db = installation.Db();
            Assert.Empty(await VerifyRecords.RunAsync(db, default).ToListAsync());
            return (Assert.Single(await db.Current<AdverseEvent>().ToListAsync()).LinkedSessionId, await db.DailyObserved.Where(d => d.Measure == "PNEUMOTHORAX").SumAsync(d => d.Observed), await db.Alerts.CountAsync(a => a.Status == AlertStatus.Open && a.Rule == AlertRule.SentinelEvent));
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_number_that_an_undone_version_had_is_not_given_again(DatabaseProvider provider)
    {
        await using var installation = await FilledAsync(provider);
        await installation.ImportAsync(Event("", "mild"));
        for (int round = 0; round < 2; round++)
        {
            var named = await installation.ImportAsync(Event("C1", "moderate"));
            Assert.Equal((UploadStatus.Completed, 0), (named.Status, named.RowsRejected));
            Assert.Null(await installation.Services.GetRequiredService<TakeBackUpload>().UndoAsync(named.Id, "wrong file", Actor.CommandLine, default));
        }
        await CountsOnceAsync(installation, Severity.Mild);
    }

    [Fact]
    public async Task A_file_that_waited_for_its_columns_is_not_read_beside_one_that_was_begun()
    {
        await using var installation = await FilledAsync(DatabaseProvider.Sqlite);
        const string export = "id,practitioner_id,patient_id,starts_at,ends_at,did_not_arrive,cancelled_at\nS9,P1,T1,2026-03-02T09:00:00Z,2026-03-02T09:30:00Z,false,\n";
        var receive = installation.Services.GetRequiredService<ReceiveUpload>();
        var waiting = (await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(export)), "export.csv", null, "C1", Actor.CommandLine, default, new(MayAsk: true)))[0];
        await using var db = installation.Db();
        Assert.Empty(await VerifyRecords.RunAsync(db, default).ToListAsync());
        var begun = await installation.ReceiveAsync(Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S9")));
        await db.Uploads.Where(u => u.Id == begun.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.Status, UploadStatus.Processing).SetProperty(u => u.Epoch, 1));
        var choose = installation.Services.GetRequiredService<ChooseColumns>();
        Assert.True(await choose.ReadSoAsync(db, waiting, MappingPresets.Suggest(choose.HeadOf(waiting).Headers, null), default));
        await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
        Assert.Equal([$"upload {begun.Id}", $"upload {waiting.Id}"],
            await db.AuditEntries.Where(e => e.Action == AuditAction.Completed).OrderByDescending(e => e.Sequence).Take(2).OrderBy(e => e.Sequence).Select(e => e.Subject).ToListAsync());

        // The source is known now; whoever chose wrongly may choose anew.
        async Task<Upload> SendAsync(SentHow how) => (await receive.ReceiveAsync(new MemoryStream(Encoding.UTF8.GetBytes(export)), "export.csv", null, "C1", Actor.CommandLine, default, how))[0];
        Assert.Equal(UploadStatus.Received, (await SendAsync(new(MayAsk: true))).Status);
        Assert.Equal(UploadStatus.NeedsColumns, (await SendAsync(new(MayAsk: true, AskAnew: true))).Status);
    }

    static async Task<TestInstallation> FilledAsync(DatabaseProvider provider)
    {
        var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners, "C1");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        return installation;
    }

    static async Task CountsOnceAsync(TestInstallation installation, Severity severity)
    {
        await using var db = installation.Db();
        var counting = Assert.Single(await db.Current<AdverseEvent>().ToListAsync());
        Assert.Equal((severity, "S1"), (counting.Severity, counting.LinkedSessionId));
        Assert.Empty(await VerifyRecords.RunAsync(db, default).ToListAsync());
    }
}
