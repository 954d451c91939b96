using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Data;
using SafetyAudit.Reports;

namespace SafetyAudit.Tests.Reports;

/// <summary>A frozen report is a record: it stays what it was, says who signed and issued it, and can be compared with a fresh run.</summary>
public class KeepReportsTests
{
    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    static readonly ReportPeriod Quarter = ReportPeriod.Parse("2026Q1")!;
    static readonly Actor Anna = new(ActorKind.Person, "anna", "192.0.2.1", Roles.Of(Role.ComplianceOfficer), Scope.Everything);

    static KeepReports Keep(TestInstallation installation, SafetyAuditDb db) => new(db, installation.Services.GetRequiredService<MakeReport>(), installation.Clock);

    [Theory, MemberData(nameof(Providers))]
    public async Task It_is_frozen_signed_and_issued_in_this_order_and_made_again_later(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await MakeReportTests.FillAsync(installation);
        await using var db = installation.Db(Anna);
        var keep = Keep(installation, db);
        var report = await keep.FreezeAsync(Quarter, Audience.Board, null, default);
        Assert.Equal((ReportState.Frozen, "anna", "2026Q1"), (report.State, report.FrozenBy, report.Period));
        Assert.Equal("Sign it first.", await keep.IssueAsync(report.Id, "the board", default));
        installation.Clock.Now += TimeSpan.FromHours(1);
        Assert.Null(await keep.SignAsync(report.Id, default));
        Assert.Equal("It is signed already.", await keep.SignAsync(report.Id, default));
        Assert.Equal("Say whom it is given to.", await keep.IssueAsync(report.Id, " ", default));
        Assert.Null(await keep.IssueAsync(report.Id, "the board", default));
        Assert.Equal("It is issued already.", await keep.IssueAsync(report.Id, "others", default));
        Assert.Equal("There is no such report.", await keep.SignAsync(77, default));

        installation.Clock.Now += TimeSpan.FromDays(400);
        await installation.ImportAsync(Late);
        await using var later = installation.Db();
        var kept = await later.Reports.AsNoTracking().SingleAsync();
        Assert.Equal((ReportState.Issued, "anna", "the board"), (kept.State, kept.SignedBy, kept.IssuedTo));
        var again = await installation.Services.GetRequiredService<MakeReport>().MakeAsync(Actor.CommandLine, kept.Question, default);
        var files = await later.KeptReportFiles.AsNoTracking().ToDictionaryAsync(f => f.Name, f => f.Content);
        Assert.Equal(files.Keys.Order(StringComparer.Ordinal), again.Select(f => f.Name).Order(StringComparer.Ordinal));
        foreach (var file in again) Assert.True(file.Content.AsSpan().SequenceEqual(files[file.Name]), $"{file.Name} differs");
        Assert.Equal(kept.ManifestHash, again.Single(f => f.Name == Manifest.Name).Sha256);

        // Each step stands in the trail with whoever took it.
        var entries = await later.AuditEntries.Where(e => e.Subject == "report 1").OrderBy(e => e.Sequence).ToListAsync();
        Assert.Equal(["person anna", "person anna", "person anna"], entries.Select(e => e.Actor));
        Assert.Contains(kept.ManifestHash, entries[0].After, StringComparison.Ordinal);
        Assert.Contains("the board", entries[2].After, StringComparison.Ordinal);
    }

    static readonly string Late = Samples.EventHeader + Samples.Event("L1", "S0-61", onset: "2026-02-19T10:00:00Z") + Samples.Event("L2", "S0-62", onset: "2026-02-20T10:00:00Z");

    [Fact]
    public async Task What_a_fresh_run_would_change_is_listed_with_the_reason()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await MakeReportTests.FillAsync(installation);
        await using var db = installation.Db(Anna);
        var make = installation.Services.GetRequiredService<MakeReport>();
        var report = await Keep(installation, db).FreezeAsync(Quarter, Audience.Board, null, default);
        installation.Clock.Now += TimeSpan.FromMinutes(1);
        Assert.Empty((await Restatement.ReadAsync(db, make, report.Question, installation.Clock.UtcNow(), default)).Figures);

        installation.Clock.Now += TimeSpan.FromDays(1);
        var upload = await installation.ImportAsync(Late);
        var restated = await Restatement.ReadAsync(db, make, report.Question, installation.Clock.UtcNow(), default);
        var figure = Assert.Single(restated.Figures, f => f.Table == "Observed in each clinic and in all" && f.Row.StartsWith("BRUISE_MINOR", StringComparison.Ordinal) && f.Column == "C1");
        Assert.Equal(("26", "28"), (figure.Was, figure.Is));
        var cause = Assert.Single(restated.Causes);
        Assert.Equal((upload.Id, 0, 2), (cause.UploadId, cause.Sessions, cause.Events));
        Assert.True(cause.CountedSince > report.AsKnownUtc && cause.UndoneAt is null);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task The_next_report_lists_what_of_the_one_issued_last_reads_otherwise_and_says_so_for_ever(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await MakeReportTests.FillAsync(installation);
        await using var db = installation.Db(Anna);
        var make = installation.Services.GetRequiredService<MakeReport>();
        ReportTable? Restated(ReportDocument report) => report.Tables.SingleOrDefault(t => t.Name == "restatements");
        var last = await Keep(installation, db).FreezeAsync(Quarter, Audience.Internal, null, default);
        installation.Clock.Now += TimeSpan.FromDays(1);
        await installation.ImportAsync(Late);
        var question = new ReportQuestion(ReportPeriod.Parse("2026Q2")!, Audience.Internal, installation.Clock.UtcNow());
        // What was frozen and given to nobody is no last report.
        Assert.Null(Restated(await make.ReadAsync(Anna, question, default)));
        Assert.Null(await Keep(installation, db).SignAsync(last.Id, default));
        Assert.Null(await Keep(installation, db).IssueAsync(last.Id, "the board", default));

        installation.Clock.Now += TimeSpan.FromDays(1);
        question = question with { AsKnownUtc = installation.Clock.UtcNow() };
        var report = await make.ReadAsync(Anna, question, default);
        var row = Assert.Single(Restated(report)!.Rows, r => r[0] is "Observed in each clinic and in all" && ((string)r[1]!).StartsWith("BRUISE_MINOR", StringComparison.Ordinal) && r[2] is "C1");
        Assert.Equal(("26", "28"), (row[3], row[4]));
        Assert.Equal(["events", "file", 1L, 0L], report.Tables.Single(t => t.Name == "restatement_files").Rows.Single());

        byte[] first = PdfReport.Write(report);
        installation.Clock.Now += TimeSpan.FromDays(1);
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("L3", "S0-63", onset: "2026-02-21T10:00:00Z"));
        Assert.Equal(first, PdfReport.Write(await make.ReadAsync(Anna, question, default)));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_schedule_freezes_each_period_once_when_its_day_has_come_and_signs_nothing(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await MakeReportTests.FillAsync(installation);
        installation.Clock.Now = new(2026, 2, 10, 8, 0, 0, TimeSpan.Zero);
        await using var db = installation.Db(Anna);
        Assert.Equal("Days after a period's end are 0 to 90.", await Keep(installation, db).ScheduleAsync(ReportRhythm.Quarter, Audience.Board, null, 91, default));
        Assert.Null(await Keep(installation, db).ScheduleAsync(ReportRhythm.Quarter, Audience.Board, null, 14, default));
        Assert.StartsWith("There is such a schedule", await Keep(installation, db).ScheduleAsync(ReportRhythm.Quarter, Audience.Board, null, 3, default), StringComparison.Ordinal);
        Assert.Null(await Keep(installation, db).ScheduleAsync(ReportRhythm.Month, Audience.Internal, "C2", 0, default));

        async Task<List<string>> OnAsync(string day)
        {
            installation.Clock.Now = DateTimeOffset.Parse(day + "T06:00:00Z", System.Globalization.CultureInfo.InvariantCulture);
            await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => installation.Services.GetRequiredService<FreezeDueReports>().RunAsync(default))));
            await using var now = installation.Db();
            return await now.Reports.OrderBy(r => r.Period).Select(r => r.Period + " " + r.ClinicId).ToListAsync();
        }

        // January was over before anybody asked for it.
        Assert.Empty(await OnAsync("2026-02-28"));
        Assert.Equal(["2026-02 C2"], await OnAsync("2026-03-01"));
        Assert.Equal(["2026-02 C2", "2026-03 C2"], await OnAsync("2026-04-14"));
        Assert.Equal(["2026-02 C2", "2026-03 C2", "2026Q1 "], await OnAsync("2026-04-15"));
        Assert.Equal(3, (await OnAsync("2026-04-16")).Count);
        await using var later = installation.Db();
        Assert.All(await later.Reports.ToListAsync(), r => Assert.Equal((ReportState.Frozen, "schedule"), (r.State, r.FrozenBy)));
        await Keep(installation, db).EndScheduleAsync((await later.ReportSchedules.SingleAsync(s => s.Rhythm == ReportRhythm.Month)).Id, default);
        Assert.Equal(3, (await OnAsync("2026-06-01")).Count);
        // Of one clinic ends who reaches it; nobody else.
        await using var other = installation.Db(Anna with { Scope = new(["C1"]) });
        await Keep(installation, other).EndScheduleAsync((await later.ReportSchedules.SingleAsync(s => s.Rhythm == ReportRhythm.Quarter)).Id, default);
        Assert.Equal(4, (await OnAsync("2026-07-15")).Count);
    }

    [Fact]
    public async Task Nobody_signs_what_is_not_what_was_frozen()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await MakeReportTests.FillAsync(installation);
        await using var db = installation.Db(Anna);
        var report = await Keep(installation, db).FreezeAsync(Quarter, Audience.Public, null, default);
        await db.Database.ExecuteSqlRawAsync("UPDATE kept_report_files SET content = X'00' WHERE name = 'measures.csv'");
        Assert.StartsWith("Its files are not what was frozen", await Keep(installation, db).SignAsync(report.Id, default), StringComparison.Ordinal);
        Assert.Equal(ReportState.Frozen, (await installation.Db().Reports.SingleAsync()).State);
    }

    [Fact]
    public async Task Who_reaches_one_clinic_reports_on_that_clinic_alone()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await MakeReportTests.FillAsync(installation);
        var one = Anna with { Scope = new(["C2"]) };
        await using var db = installation.Db(one);
        Assert.Equal((false, true, false, false), (KeepReports.Reaches(one.Scope, null), KeepReports.Reaches(one.Scope, "C2"), KeepReports.Reaches(one.Scope, "C1"), KeepReports.Reaches(new(null, "P1"), null)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Keep(installation, db).FreezeAsync(Quarter, Audience.Board, null, default));
        var report = await Keep(installation, db).FreezeAsync(Quarter, Audience.Board, "C2", default);
        var summary = await db.KeptReportFiles.AsNoTracking().SingleAsync(f => f.Name == "summary.csv");
        Assert.Equal(["clinic_id", "C2"], System.Text.Encoding.UTF8.GetString(summary.Content).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(',')[0]));
        // The same bytes for whoever reaches all and names the clinic.
        var all = await installation.Services.GetRequiredService<MakeReport>().MakeAsync(Actor.CommandLine, report.Question, default);
        Assert.Equal(report.ManifestHash, all.Single(f => f.Name == Manifest.Name).Sha256);
        await using var other = installation.Db(Anna with { Scope = new(["C1"]) });
        Assert.Equal((0, 0), (await other.Reports.CountAsync(), await other.KeptReportFiles.CountAsync()));
    }
}
