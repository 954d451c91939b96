using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Host;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

public class ImportTests
{
    // Brady et al. 2014, J Man Manip Ther 22:134: the study's own table, 7,629 treatments.
    static readonly (string Category, long Events)[] BradyTable =
    [
        ("BRUISE_MINOR", 576), ("BLEED_MINOR", 355), ("PAIN_DURING", 230), ("PAIN_POST", 167), ("AGGRAVATION", 67), ("DROWSINESS", 20), ("NEAR_FAINT", 17), ("HEADACHE", 11),
        ("NAUSEA", 10), ("FATIGUE", 3), ("EMOTIONAL", 3), ("OTHER_MILD", 3), ("NERVE_TRANSIENT", 1), ("ANY_MINOR", 1463),
    ];

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task The_study_s_files_sum_to_the_study_s_table(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { "practitioners.csv", "sessions.csv", "events.csv" }) Assert.Equal(0, (await installation.ImportAsync(Samples.Brady(file))).RowsRejected);

        await using var db = installation.Db();
        Assert.Equal(7629, await db.DailyExposures.SumAsync(d => d.Sessions));
        var observed = await db.DailyObserved.GroupBy(d => d.Measure).Select(g => new { g.Key, Sum = g.Sum(d => (long)d.Observed) }).ToListAsync();
        Assert.Equal(BradyTable.OrderBy(b => b.Category), observed.Select(o => (o.Key, o.Sum)).OrderBy(o => o.Key));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task The_same_file_twice_changes_nothing(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { "practitioners.csv", "sessions.csv", "events.csv" }) await installation.ImportAsync(Samples.Brady(file));
        string before = await installation.DigestAsync();

        foreach (var (file, rows) in new[] { ("practitioners.csv", 39), ("sessions.csv", 7629), ("events.csv", 1463) })
        {
            var again = await installation.ImportAsync(Samples.Brady(file));
            Assert.Equal((0, rows, 0, 0), (again.RowsNew, again.RowsSame, again.RowsChanged, again.RowsRejected));
        }
        Assert.Equal(before, await installation.DigestAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Any_order_of_arrival_gives_the_same_state(DatabaseProvider provider)
    {
        await using var usual = await TestInstallation.OpenAsync(provider);
        await using var eventsFirst = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { "practitioners.csv", "sessions.csv", "events.csv" }) await usual.ImportAsync(Samples.Brady(file));
        foreach (string file in new[] { "events.csv", "practitioners.csv" }) await eventsFirst.ImportAsync(Samples.Brady(file));
        await using (var db = eventsFirst.Db()) Assert.Equal(1463, await db.Current<AdverseEvent>().CountAsync(e => e.LinkedSessionId == null));

        await eventsFirst.ImportAsync(Samples.Brady("sessions.csv"));

        Assert.Equal(await usual.DigestAsync(), await eventsFirst.DigestAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Other_content_under_the_same_id_becomes_a_new_version_and_the_old_one_stays(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1"));

        var changed = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", "2026-04-07T10:00:00Z", "P2"));

        Assert.Equal((0, 1), (changed.RowsNew, changed.RowsChanged));
        await using var db = installation.Db();
        var versions = await db.Sessions.OrderBy(s => s.Version).ToListAsync();
        Assert.Equal([("P1", true), ("P2", false)], versions.Select(v => (v.PractitionerId, v.SupersededAtUtc != null)));
        // Its day moved, and the event with it.
        Assert.Equal([("P2", new DateOnly(2026, 4, 7), 1)], (await db.DailyExposures.ToListAsync()).Select(d => (d.PractitionerId, d.Date, d.Sessions)));
        Assert.Equal(["P2"], await db.DailyObserved.Where(d => d.Measure == "BRUISE_MINOR").Select(d => d.PractitionerId).ToListAsync());
    }

    [Fact]
    public async Task Every_record_keeps_where_it_came_from()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var upload = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + "\n" + Samples.Session("S2"));

        await using var db = installation.Db();
        var kept = (await db.Sessions.OrderBy(s => s.Line).ToListAsync()).Select(s => (s.SessionId, s.UploadId, s.Line, s.ReceivedAtUtc, s.Version));
        Assert.Equal([("S1", upload.Id, 2L, upload.ReceivedAtUtc, 1), ("S2", upload.Id, 4L, upload.ReceivedAtUtc, 1)], kept);
    }

    [Theory]
    [InlineData(ReasonCode.PractitionerUnknown, "S9,C1,P9,T1,2026-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.ClinicUnknown, "S9,C9,P1,T1,2026-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.MissingValue, "S9,C1,P1,,2026-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.NotAnInstant, "S9,C1,P1,T1,03/04/25 10:00,,completed")]
    [InlineData(ReasonCode.NotAnInstant, "S9,C1,P1,T1,2026-02-30T10:00:00Z,,completed")]
    [InlineData(ReasonCode.InstantSkippedByClock, "S9,C1,P1,T1,2026-03-29T01:30:00,,completed")]
    [InlineData(ReasonCode.InstantAmbiguous, "S9,C1,P1,T1,2025-10-26T01:30:00,,completed")]
    [InlineData(ReasonCode.DateInFuture, "S9,C1,P1,T1,2031-01-01T10:00:00Z,,completed")]
    [InlineData(ReasonCode.OutOfRange, "S9,C1,P1,T1,1926-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.EndsBeforeStart, "S9,C1,P1,T1,2026-03-02T10:00:00Z,2026-03-02T09:00:00Z,completed")]
    [InlineData(ReasonCode.CodeUnknown, "S9,C1,P1,T1,2026-03-02T10:00:00Z,,finished")]
    [InlineData(ReasonCode.TooManyFields, "S9,C1,P1,T1,2026-03-02T10:00:00Z,,completed,extra")]
    [InlineData(ReasonCode.TooFewFields, "S9,C1,P1,T1")]
    [InlineData(ReasonCode.QuoteNotClosed, "S9,C1,P1,\"T1,2026-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.ForbiddenCharacter, "S9,C1,P1,T\u00001,2026-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.ForbiddenCharacter, "S9,C1,P1,T\u202E1,2026-03-02T10:00:00Z,,completed")]
    [InlineData(ReasonCode.DuplicateId, "S1,C1,P2,T1,2026-03-02T10:00:00Z,,completed")]
    public async Task A_bad_row_is_kept_with_its_reason_and_the_good_rows_are_in(ReasonCode reason, string row)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);

        var upload = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + row + "\n" + Samples.Session("S2") + Samples.Session("S3"));

        Assert.Equal((UploadStatus.Completed, 3L, 1L), (upload.Status, upload.RowsNew, upload.RowsRejected));
        var rejected = Assert.Single(await installation.RejectedAsync(upload));
        Assert.Equal([reason], rejected.Reasons.Select(r => r.Code));
        Assert.Equal((3L, row.Replace("\0", "\\x00")), (rejected.Line, rejected.Text));
        Assert.All(rejected.Reasons, r => Assert.NotEmpty(r.Remedy));
    }

    [Theory]
    [InlineData(ReasonCode.MissingValue, "E9,S1,T1,\u00A0,2026-03-02T12:00:00Z,")]
    [InlineData(ReasonCode.MissingValue, "\u3000,S1,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,")]
    [InlineData(ReasonCode.ForbiddenCharacter, "E9,S1,T\uFFFE1,BRUISE_MINOR,2026-03-02T12:00:00Z,")]
    public async Task Spaces_and_code_points_that_only_Unicode_knows_stop_nothing(ReasonCode reason, string row)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        var upload = await installation.ImportAsync(Samples.EventHeader + row + "\n" + Samples.Event("E1", "S1"));
        Assert.Equal([reason], Assert.Single(await installation.RejectedAsync(upload)).Reasons.Select(r => r.Code));
        await using var db = installation.Db();
        Assert.Equal(1, await db.DailyObserved.CountAsync(d => d.Measure == "BRUISE_MINOR"));
    }

    [Fact]
    public async Task All_problems_of_a_row_are_told_together()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var upload = await installation.ImportAsync("session_id,clinic_id,practitioner_id,patient_id,started_at,status,max_depth_mm,estim,needle_expiry\nS1,C9,P9,,yesterday,done,1.234,maybe,31/12/2027\nS2,C1,P1,T1,2026-03-02T10:00:00Z,,\"1.234,5\",,\n");
        var rejected = await installation.RejectedAsync(upload);
        Assert.Equal([ReasonCode.ClinicUnknown, ReasonCode.CodeUnknown, ReasonCode.MissingValue, ReasonCode.NotADate, ReasonCode.NotAnInstant, ReasonCode.NotYesOrNo, ReasonCode.PractitionerUnknown],
            rejected[0].Reasons.Select(r => r.Code).OrderBy(c => c.ToString()));
        Assert.Equal([(ReasonCode.NotANumber, "1.234,5")], rejected[1].Reasons.Select(r => (r.Code, r.Value!)));
    }

    [Fact]
    public async Task A_mended_row_closes_what_was_kept_of_the_bad_one()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var bad = await installation.ImportAsync(Samples.SessionHeader + "S1,C1,P9,T1,2026-03-02T10:00:00Z,,completed\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        Assert.Equal(QuarantineClosure.Accepted, Assert.Single(await installation.RejectedAsync(bad)).Closure);
    }

    [Fact]
    public async Task A_file_sent_for_one_clinic_can_t_write_into_another()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.Practitioners.Replace("P1", "Q1").Replace("P2", "Q2").Replace("C1", "C2"));

        var sessions = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + "S2,,Q1,T1,2026-03-02T10:00:00Z,,completed\n", clinic: "C2");
        var people = await installation.ImportAsync("practitioner_id\nP1\n", clinic: "C2");

        Assert.Equal([ReasonCode.ClinicMismatch], Assert.Single(await installation.RejectedAsync(sessions)).Reasons.Select(r => r.Code));
        Assert.Equal([ReasonCode.ClinicMismatch], Assert.Single(await installation.RejectedAsync(people)).Reasons.Select(r => r.Code));
        await using var db = installation.Db();
        Assert.Equal("C2", (await db.Sessions.SingleAsync()).ClinicId);
    }

    [Fact]
    public async Task Two_clinics_may_use_the_same_session_id_and_an_event_without_a_clinic_then_waits()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync("practitioner_id,clinic_id\nQ1,C2\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001") + Samples.Session("1001", practitioner: "Q1", clinic: "C2"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "1001"));
        await installation.ImportAsync("event_id,session_id,clinic_id,patient_id,category,onset_at\nE2,1001,C2,T1,BRUISE_MINOR,2026-03-02T12:00:00Z\n");

        await using var db = installation.Db();
        var joined = await db.AdverseEvents.OrderBy(e => e.EventId).Select(e => new { e.EventId, e.LinkedClinicId }).ToListAsync();
        Assert.Equal([("E1", null), ("E2", "C2")], joined.Select(j => (j.EventId, j.LinkedClinicId)));
    }

    [Fact]
    public async Task An_onset_before_the_session_is_refused()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        var upload = await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", onset: "2026-03-02T09:59:00Z") + Samples.Event("E2", "S1", category: "BRUSE"));
        Assert.Equal([ReasonCode.OnsetBeforeSession, ReasonCode.CategoryUnknown], (await installation.RejectedAsync(upload)).Select(r => Assert.Single(r.Reasons).Code));
    }

    [Fact]
    public async Task A_session_counts_on_its_local_date()
    {
        await using var installation = await TestInstallation.OpenAsync();     // clinics here keep London time
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", "2026-06-30T23:30:00Z") + Samples.Session("S2", "2026-06-30T23:30:00") + Samples.Session("S3", "2026-06-30T23:30:00+05:00"));
        await using var db = installation.Db();
        Assert.Equal([new DateOnly(2026, 7, 1), new DateOnly(2026, 6, 30), new DateOnly(2026, 6, 30)], await db.Sessions.OrderBy(s => s.SessionId).Select(s => s.Date).ToListAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Nothing_of_a_file_counts_before_all_of_it_is_read_and_a_stopped_one_goes_on(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(3, 6000, p => 10 + p);
        await using var straight = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await straight.ImportAsync(file);

        await using var stopped = await TestInstallation.OpenAsync(provider);
        await stopped.ImportAsync(practitioners);
        await stopped.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(sessions));
        using (var stop = new CancellationTokenSource())
        {
            var reports = new Told<(Upload, UploadProgress Progress)>(p => { if (p.Progress.Rows >= 5000) stop.Cancel(); });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped.Services.GetRequiredService<ProcessUploads>().DrainAsync(reports, stop.Token));
        }
        await stopped.SummariseAsync();
        await using (var db = stopped.Db())
        {
            Assert.InRange(await db.Sessions.CountAsync(), 5000, 17_999);
            Assert.Equal(0, await db.DailyExposures.CountAsync());
        }
        // The claim of the stopped worker runs out; another takes the file up where it was.
        Assert.Equal(0, await stopped.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        stopped.Clock.Now += ProcessUploads.Lease + TimeSpan.FromSeconds(1);
        await stopped.ImportAsync(events);

        Assert.Equal(await straight.DigestAsync(), await stopped.DigestAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_worker_that_was_overtaken_can_t_write_any_more(DatabaseProvider provider)
    {
        var (practitioners, sessions, _) = Samples.Clinic(1, 12_000, _ => 0);
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(practitioners);
        var upload = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(sessions));
        bool overtaken = false;
        // Between two of its commits the first worker is held up past its claim, and a second one reads the file to its end.
        var slow = new Told<(Upload, UploadProgress)>(_ =>
        {
            if (overtaken) return;
            overtaken = true;
            installation.Clock.Now += ProcessUploads.Lease + TimeSpan.FromSeconds(1);
            Assert.Equal(1, Task.Run(() => installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default)).GetAwaiter().GetResult());
        });
        Assert.Equal(0, await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(slow, default));

        await using var db = installation.Db();
        Assert.Equal(12_000, await db.Sessions.CountAsync());
        var read = await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id);
        Assert.Equal((UploadStatus.Completed, 12_000L, 2), (read.Status, read.RowsNew, read.Epoch));
    }

    [Fact]
    public async Task A_file_that_keeps_stopping_its_worker_is_given_up_and_the_queue_goes_on()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var poison = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S1")));
        await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S2")));
        await using (var db = installation.Db()) await db.Uploads.Where(u => u.Id == poison.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.Attempts, ProcessUploads.MostAttempts));

        Assert.Equal(1, await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));

        await using var after = installation.Db();
        var given = await after.Uploads.AsNoTracking().SingleAsync(u => u.Id == poison.Id);
        Assert.Equal(UploadStatus.Failed, given.Status);
        Assert.Contains("stopped", given.Failure, StringComparison.Ordinal);
        Assert.Equal(["S2"], await after.Current<Session>().Select(s => s.SessionId).ToListAsync());
    }

    [Fact]
    public async Task An_event_sent_with_its_clinic_and_without_is_one_event()
    {
        const string plain = "event_id,session_id,patient_id,category,onset_at\nE1,S1,T1,NEEDLE_RETAINED,2026-03-02T12:00:00Z\n";
        foreach (bool scopedFirst in new[] { false, true })
        {
            await using var installation = await TestInstallation.OpenAsync();
            await installation.ImportAsync(Samples.Practitioners);
            await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
            await installation.ImportAsync(plain, clinic: scopedFirst ? "C1" : null);
            await installation.ImportAsync(plain, clinic: scopedFirst ? null : "C1");
            await using var db = installation.Db();
            Assert.Equal(1, await db.Current<AdverseEvent>().CountAsync());
            Assert.Equal(1, await db.DailyObserved.Where(d => d.Measure == "NEEDLE_RETAINED").SumAsync(d => d.Observed));
            Assert.Equal(1, await db.Alerts.CountAsync(a => a.Rule == SafetyAudit.Alerts.AlertRule.SentinelEvent && a.Status == SafetyAudit.Alerts.AlertStatus.Open));
        }
    }

    [Fact]
    public async Task An_event_never_joins_another_patient_s_session()
    {
        const string other = "event_id,session_id,patient_id,category,onset_at\nE1,S1,T-OTHER,BRUISE_MINOR,2026-03-02T12:00:00Z\n";
        await using var sessionFirst = await TestInstallation.OpenAsync();
        await using var eventFirst = await TestInstallation.OpenAsync();
        foreach (var installation in new[] { sessionFirst, eventFirst }) await installation.ImportAsync(Samples.Practitioners);
        await sessionFirst.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        Assert.Equal([ReasonCode.PatientDiffers], Assert.Single(await sessionFirst.RejectedAsync(await sessionFirst.ImportAsync(other))).Reasons.Select(r => r.Code));
        await eventFirst.ImportAsync(other);
        await eventFirst.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        foreach (var installation in new[] { sessionFirst, eventFirst })
        {
            await using var db = installation.Db();
            Assert.Equal(0, await db.DailyObserved.CountAsync());
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task An_event_without_a_clinic_waits_where_two_clinics_sessions_can_be_meant_whichever_came_first(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners + "Q1,,C2,active,2015-01-01,2030-12-31\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "1001"));
        await using (var db = installation.Db()) Assert.Equal(1, await db.DailyObserved.Where(d => d.Measure == "BRUISE_MINOR").CountAsync());

        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001", practitioner: "Q1", clinic: "C2"));

        await using var after = installation.Db();
        Assert.Null((await after.AdverseEvents.SingleAsync()).LinkedSessionId);
        Assert.Equal(0, await after.DailyObserved.CountAsync());
    }

    [Fact]
    public async Task An_old_file_sent_again_does_not_undo_a_correction()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        string first = Samples.SessionHeader + Samples.Session("S1"), corrected = Samples.SessionHeader + Samples.Session("S1", "2026-03-03T10:00:00Z");
        await installation.ImportAsync(first);
        await installation.ImportAsync(corrected);
        var again = await installation.ImportAsync(first);
        Assert.Equal((1L, 0L), (again.RowsSame, again.RowsChanged));
        await using var db = installation.Db();
        Assert.Equal(new DateOnly(2026, 3, 3), (await db.Current<Session>().SingleAsync()).Date);
    }

    [Fact]
    public async Task Two_clinics_corrections_under_one_session_id_are_two_corrections()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners + "Q1,,C2,active,2015-01-01,2030-12-31\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001") + Samples.Session("1001", practitioner: "Q1", clinic: "C2"));
        var corrected = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001") + Samples.Session("1001", "2026-03-05T10:00:00Z", "Q1", "C2"));
        Assert.Equal((1L, 1L, 0L), (corrected.RowsSame, corrected.RowsChanged, corrected.RowsRejected));
    }

    [Fact]
    public async Task A_rejected_row_of_one_clinic_is_not_closed_by_another_s_and_a_mended_duplicate_is_closed()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners + "Q1,,C2,active,2015-01-01,2030-12-31\n");
        var bad = await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001", "yesterday"));
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("1001", practitioner: "Q1", clinic: "C2"));
        Assert.Null(Assert.Single(await installation.RejectedAsync(bad)).Closure);

        string good = Samples.SessionHeader + Samples.Session("S1"), twice = good + Samples.Session("S1", "2026-03-05T10:00:00Z");
        var first = await installation.ImportAsync(twice);
        var second = await installation.ImportAsync(twice);
        Assert.Equal(QuarantineClosure.SentAgain, Assert.Single(await installation.RejectedAsync(first)).Closure);
        Assert.Null(Assert.Single(await installation.RejectedAsync(second)).Closure);
        await installation.ImportAsync(good);
        Assert.Equal(QuarantineClosure.Accepted, Assert.Single(await installation.RejectedAsync(second)).Closure);
    }

    [Fact]
    public async Task A_stopped_import_goes_on_to_the_same_end_where_a_rejected_row_shares_its_id_with_a_good_one()
    {
        // The first row of S1 is bad and falls before the stop, the good one after it.
        string file = Samples.SessionHeader + Samples.Session("S1", "yesterday") + string.Concat(Enumerable.Range(0, 7000).Select(i => Samples.Session($"X{i}"))) + Samples.Session("S1");
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", "2026-02-02T10:00:00Z"));
        var upload = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(file));
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(new Told<(Upload, UploadProgress)>(_ => stop.Cancel()), stop.Token));
        installation.Clock.Now += ProcessUploads.Lease + TimeSpan.FromSeconds(1);
        await installation.Services.CatchUpAsync(null, default);

        await using var db = installation.Db();
        var read = await db.Uploads.AsNoTracking().SingleAsync(u => u.Id == upload.Id);
        Assert.Equal((7000L, 1L, 1L), (read.RowsNew, read.RowsChanged, read.RowsRejected));
    }

    [Fact]
    public async Task An_outage_is_not_the_file_s_fault()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var upload = await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + Samples.Session("S1")));
        string kept = Directory.GetFiles(Path.Combine(installation.Directory, "uploads"), upload.Fingerprint + "*").Single();
        File.Move(kept, kept + ".away");
        Directory.CreateDirectory(kept);    // an input/output error, whatever the user's rights
        for (int attempt = 0; attempt < ProcessUploads.MostAttempts + 2; attempt++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
            installation.Clock.Now += ProcessUploads.Lease + TimeSpan.FromSeconds(1);
        }
        Directory.Delete(kept);
        File.Move(kept + ".away", kept);
        Assert.Equal(1, await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default));
        await using var db = installation.Db();
        Assert.Equal(UploadStatus.Completed, (await db.Uploads.SingleAsync(u => u.Id == upload.Id)).Status);
    }

    [Fact]
    public async Task A_dry_run_tells_how_far_it_has_come_as_an_import_does_and_stores_nothing()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        string path = Path.Combine(installation.Directory, "dry.csv");
        await File.WriteAllTextAsync(path, Samples.SessionHeader + Samples.Session("S0", practitioner: "P9") + string.Concat(Enumerable.Range(1, 11_999).Select(i => Samples.Session($"S{i}"))));
        var told = new List<(UploadStatus Status, long Rows, long Rejected, long BytesRead, double? PerSecond)>();
        var progress = new Told<(Upload Upload, UploadProgress Progress)>(p =>
        {
            installation.Clock.Now += TimeSpan.FromSeconds(10);
            told.Add((p.Upload.Status, p.Progress.Rows, p.Progress.Rejected, p.Progress.BytesRead, p.Upload.Pace(installation.Clock.Now.UtcDateTime)?.RowsPerSecond));
        });
        var run = Assert.Single(await installation.Services.GetRequiredService<ProcessUploads>().DryRunAsync(path, null, null, progress, default));
        // Five thousand rows in ten seconds, and again; then it is done.
        Assert.Equal([(UploadStatus.Processing, 5000, 1, 500), (UploadStatus.Processing, 10_000, 1, 500), (UploadStatus.Completed, 12_000, 1, (double?)null)], told.Select(t => (t.Status, t.Rows, t.Rejected, t.PerSecond)));
        Assert.True(told[0].BytesRead < told[1].BytesRead && told[1].BytesRead < told[2].BytesRead);
        // The end of the last line may be left.
        Assert.InRange(told[2].BytesRead, new FileInfo(path).Length - 1, new FileInfo(path).Length);
        Assert.Equal((11_999L, "S0"), (run.Upload.RowsNew, Assert.Single(run.FirstRejected).RecordId));
        await using var db = installation.Db();
        Assert.Equal((1, 0, 0), (await db.Uploads.CountAsync(), await db.Sessions.CountAsync(), await db.QuarantinedRows.CountAsync()));
    }
}
