using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Alerts;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Tests.Uploads;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Alerts;

/// <summary>After an upload the clinics that it is about are judged, and no others; and they as if all were.</summary>
public class EvaluateMarkedTests
{
    // A clinic is known once somebody is at home there.
    const string Homes = "practitioner_id,clinic_id\nP1,C1\nP2,C1\nP8,C2\nP9,C3\n";

    const string EventHeader = "event_id,session_id,patient_id,category,onset_at,clinic_id\n";

    static string Event(string id, string session, string clinic = "", string category = "PNEUMOTHORAX") => $"{id},{session},T1,{category},2026-03-02T12:00:00Z,{clinic}\n";

    static async Task<List<Alert>> AlertsAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        return await db.Alerts.AsNoTracking().OrderBy(a => a.Id).ToListAsync();
    }

    static async Task<Alert> SentinelAsync(TestInstallation installation) => Assert.Single(await AlertsAsync(installation), a => a.Rule == AlertRule.SentinelEvent);

    static async Task<int> MarksAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        return await db.StaleClinics.CountAsync();
    }

    static async Task ReadAsync(TestInstallation installation, string file)
    {
        await installation.ReceiveAsync(Encoding.UTF8.GetBytes(file));
        await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
    }

    // The same clinic once more, under another name and with other people and ids.
    static string OfC2(string file) => Regex.Replace(Regex.Replace(Regex.Replace(file.Replace("C1", "C2"), @"\bP(\d)", "Q$1"), @"\bS(\d)", "U$1"), @"\bE(\d)", "F$1");

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task An_upload_leaves_the_alerts_and_the_monitor_of_another_clinic_as_they_were(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(OfC2(file));
        Assert.Equal(["P6", "Q6"], (await AlertsAsync(installation)).Where(a => a is { Rule: AlertRule.FewerThanPeers, Status: AlertStatus.Open }).Select(a => a.PractitionerId));
        Assert.Equal(0, await MarksAsync(installation));

        // Were the other one judged, it would have nothing to stand on.
        await using (var db = installation.Db()) await db.DailyObserved.Where(d => d.ClinicId == "C2").ExecuteDeleteAsync();
        var before = await StateAsync(installation, "C2", withTimes: true);
        installation.Clock.Now += TimeSpan.FromHours(1);
        await installation.ImportAsync(Samples.Clinic(8, 900, p => p == 6 ? 13 : 0).Events);

        Assert.Equal(before, await StateAsync(installation, "C2", withTimes: true));
        Assert.Equal(AlertStatus.NoLongerHolds, (await AlertsAsync(installation)).Single(a => a.PractitionerId == "P6" && a.Rule == AlertRule.FewerThanPeers).Status);
        await using (var db = installation.Db()) Assert.All(await db.MonitoredPractitioners.Where(m => m.ClinicId == "C1").ToListAsync(), m => Assert.Equal(installation.Clock.UtcNow(), m.EvaluatedAtUtc));

        await installation.EvaluateAsync();
        Assert.Equal(AlertStatus.NoLongerHolds, (await AlertsAsync(installation)).Single(a => a.PractitionerId == "Q6" && a.Rule == AlertRule.FewerThanPeers).Status);
    }

    /// <summary>A history played at random: sessions and events of two clinics in any order, sent again otherwise, corrected, withdrawn and undone; people whose home and licence change.</summary>
    [Theory]
    [InlineData(DatabaseProvider.Sqlite, 1)]
    [InlineData(DatabaseProvider.Sqlite, 2)]
    [InlineData(DatabaseProvider.Sqlite, 3)]
    [InlineData(DatabaseProvider.Sqlite, 4)]
    [InlineData(DatabaseProvider.Postgres, 5)]
    public async Task Whatever_comes_judging_all_finds_nothing_that_judging_the_marked_did_not(DatabaseProvider provider, int seed)
    {
        var dice = new Random(seed);
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Homes);
        await installation.ImportAsync(People("C1", "C2", "C3"));
        var seen = new HashSet<string>();
        for (int step = 0; step < 40; step++)
        {
            await using (var db = installation.Db())
            {
                var correct = installation.Services.GetRequiredService<CorrectRecord>();
                var done = await db.Uploads.Where(u => u.Status == UploadStatus.Completed && u.Id > 2).OrderBy(u => u.Id).Select(u => u.Id).ToListAsync();
                var sessions = await db.Current<Session>().OrderBy(s => s.Id).ToListAsync();
                var events = await db.Current<AdverseEvent>().OrderBy(e => e.Id).ToListAsync();
                switch (dice.Next(8))
                {
                    case 0 or 1: await ReadAsync(installation, Sessions()); break;
                    case 2 or 3: await ReadAsync(installation, Events()); break;
                    case 4: await ReadAsync(installation, People("C1", "C2", "C3", "")); break;
                    case 5 when done.Count > 0: await TakeBackTests.UndoAsync(installation, done[dice.Next(done.Count)]); break;
                    case 6 when sessions.Count > 0: await correct.WithdrawAsync(RecordKind.Sessions, sessions[dice.Next(sessions.Count)], "entered twice", TakeBackTests.Anna, default); break;
                    case 7 when events.Count > 0:
                        var chosen = events[dice.Next(events.Count)];
                        _ = dice.Next(2) == 0 ? await correct.WithdrawAsync(RecordKind.Events, chosen, "no event", TakeBackTests.Anna, default)
                            : await correct.RunAsync(RecordKind.Events, chosen, new Dictionary<string, string> { ["session_id"] = $"S{dice.Next(8)}", ["category"] = Category() }, "wrong", TakeBackTests.Anna, default);
                        break;
                }
            }
            await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
            // Sentinel events are judged at once, now and then even twice before the days are counted.
            for (int i = dice.Next(3); i > 0; i--) await installation.EvaluateMarkedAsync();
            await installation.SummariseAsync();
            await installation.EvaluateMarkedAsync();
            string marked = await StateAsync(installation);
            await installation.EvaluateAsync();
            string all = await StateAsync(installation);
            Assert.True(marked == all, $"seed {seed}, step {step}:\n- {string.Join("\n- ", marked.Split('\n').Except(all.Split('\n')))}\n+ {string.Join("\n+ ", all.Split('\n').Except(marked.Split('\n')))}");
            seen.UnionWith(all.Split('\n'));
        }
        var (sentinels, credentials) = (seen.Count(l => l.Contains("sentinel_event", StringComparison.Ordinal)), seen.Count(l => l.Contains("credential_lapsing", StringComparison.Ordinal)));
        Assert.True(sentinels > 3 && credentials > 3, $"seed {seed}: too little happened, {sentinels} and {credentials} states of alerts");

        string People(params string[] homes) => "practitioner_id,clinic_id,licence_status,licence_issued,licence_expires\n" + string.Concat(Enumerable.Range(1, 4).Where(_ => homes.Length == 3 || dice.Next(2) == 0)
            .Select(p => $"P{p},{homes[dice.Next(homes.Length)]},active,2015-01-01,{new[] { "2026-05-01", "2026-07-20", "2030-12-31" }[dice.Next(3)]}\n"));

        // Some so long ago that who gave no others works no more.
        string Sessions() => Samples.SessionHeader + string.Concat(Enumerable.Range(0, dice.Next(1, 4)).Select(_ => (dice.Next(8), dice.Next(1, 3))).Distinct().Select(s =>
            Samples.Session($"S{s.Item1}", new DateTime(2025, dice.Next(4) == 0 ? 6 : 12, 1, 9, 0, 0).AddDays(dice.Next(90)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), $"P{dice.Next(1, 5)}", $"C{s.Item2}")));

        string Events() => EventHeader + string.Concat(Enumerable.Range(0, dice.Next(1, 4)).Select(_ => dice.Next(8)).Distinct().Select(e => Event($"E{e}", dice.Next(5) == 0 ? "" : $"S{dice.Next(8)}", dice.Next(3) == 0 ? $"C{dice.Next(1, 3)}" : "", Category())));

        string Category() => dice.Next(3) == 0 ? "BRUISE_MINOR" : "PNEUMOTHORAX";
    }

    // All that is kept of what was found, but for when it was last looked at.
    static async Task<string> StateAsync(TestInstallation installation, string? clinic = null, bool withTimes = false)
    {
        await using var db = installation.Db();
        var alerts = await db.Alerts.AsNoTracking().Where(a => clinic == null || a.ClinicId == clinic).OrderBy(a => a.Id).ToListAsync();
        var monitored = await db.MonitoredPractitioners.AsNoTracking().Where(m => clinic == null || m.ClinicId == clinic).OrderBy(m => m.ClinicId).ThenBy(m => m.PractitionerId).ToListAsync();
        return string.Join('\n', alerts.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Id} {a.Key} {a.Status} {a.Level} at {a.ClinicId} of {a.PractitionerId} {a.From:O} {a.To:O} {a.Observed} {a.Expected} {a.Reason}{(withTimes ? $" {a.EvaluatedAtUtc:O}" : "")}"))
            .Concat(monitored.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.PractitionerId} at {m.ClinicId} {m.Years} {m.ExpectedRed} {m.ExpectedAmber}{(withTimes ? $" {m.EvaluatedAtUtc:O}" : "")}"))));
    }

    [Theory]
    [InlineData(DatabaseProvider.Sqlite, "")]
    [InlineData(DatabaseProvider.Sqlite, "C1")]
    [InlineData(DatabaseProvider.Postgres, "")]
    [InlineData(DatabaseProvider.Postgres, "C1")]
    public async Task A_sentinel_event_whose_session_has_not_arrived_is_told_of_and_its_alert_goes_when_it_is_undone(DatabaseProvider provider, string clinic)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Homes);
        await ReadAsync(installation, EventHeader + Event("E1", "S1", clinic));
        await installation.EvaluateMarkedAsync();
        var alert = await SentinelAsync(installation);
        Assert.Equal((clinic, AlertStatus.Open), (alert.ClinicId, alert.Status));
        Assert.Equal(0, await MarksAsync(installation));

        await using (var db = installation.Db()) await TakeBackTests.UndoAsync(installation, await db.Uploads.MaxAsync(u => u.Id));
        await installation.EvaluateMarkedAsync();
        Assert.Equal(AlertStatus.NoLongerHolds, (await SentinelAsync(installation)).Status);
    }

    /// <summary>Of the clinics that an event leaves and comes to, each alone is enough for its alert to go with it.</summary>
    [Theory]
    [InlineData(DatabaseProvider.Sqlite, "C1")]
    [InlineData(DatabaseProvider.Sqlite, "C2")]
    [InlineData(DatabaseProvider.Sqlite, "C1,C2")]
    [InlineData(DatabaseProvider.Postgres, "C1")]
    [InlineData(DatabaseProvider.Postgres, "C2")]
    [InlineData(DatabaseProvider.Postgres, "C1,C2")]
    public async Task An_alert_goes_with_its_event_from_one_clinic_to_another(DatabaseProvider provider, string marked)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Homes);
        await installation.ImportAsync(EventHeader + Event("E1", "S1"));
        var waiting = await SentinelAsync(installation);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        var first = await SentinelAsync(installation);
        Assert.Equal((waiting.Id, "C1", "P1", AlertStatus.Open), (first.Id, first.ClinicId, first.PractitionerId, first.Status));

        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S2", practitioner: "P2", clinic: "C2"));
        await ReadAsync(installation, EventHeader + Event("E1", "S2"));
        await using (var db = installation.Db())
        {
            Assert.Equal("C2", await db.Current<AdverseEvent>().Select(e => e.LinkedClinicId).SingleAsync());
            Assert.Equal(["C1", "C2"], (await db.StaleClinics.Where(c => c.ClinicId != "").Select(c => c.ClinicId).Distinct().ToListAsync()).Order());
            string[] kept = marked.Split(',');
            await db.StaleClinics.Where(c => !kept.Contains(c.ClinicId)).ExecuteDeleteAsync();
        }
        await installation.EvaluateMarkedAsync();
        var second = await SentinelAsync(installation);
        Assert.Equal((waiting.Id, "C2", "P2", AlertStatus.Open), (second.Id, second.ClinicId, second.PractitionerId, second.Status));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_lapsed_licence_is_told_of_at_home_and_goes_with_its_owner_to_another(DatabaseProvider provider)
    {
        static string Person(string home, string expires) => $"practitioner_id,clinic_id,licence_status,licence_issued,licence_expires\nP1,{home},active,2015-01-01,{expires}\n";
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Homes);
        await installation.ImportAsync(Person("C1", "2030-12-31"));
        // Nobody works at either home.
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", clinic: "C2"));
        Assert.DoesNotContain(await AlertsAsync(installation), a => a.Rule == AlertRule.CredentialLapsing);

        await installation.ImportAsync(Person("C1", "2026-06-01"));
        Assert.Equal(("C1", AlertStatus.Open), Assert.Single((await AlertsAsync(installation)).Where(a => a.Rule == AlertRule.CredentialLapsing).Select(a => (a.ClinicId, a.Status))));
        await installation.ImportAsync(Person("C3", "2026-06-01"));
        Assert.Equal([("C1", AlertStatus.NoLongerHolds), ("C3", AlertStatus.Open)], (await AlertsAsync(installation)).Where(a => a.Rule == AlertRule.CredentialLapsing).Select(a => (a.ClinicId, a.Status)));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_can_not_be_judged_while_days_are_counted_stays_marked_whatever_ends_the_counting(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var straight = await TestInstallation.OpenAsync(provider);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await straight.ImportAsync(file);
        foreach (string file in new[] { practitioners, sessions, events }) await ReadAsync(installation, file);
        // Without those of the events: the counting marks what it counts.
        await using (var db = installation.Db()) await db.StaleClinics.ExecuteDeleteAsync();

        // Ended after its first commit.
        using (var stop = new CancellationTokenSource())
        {
            var counting = new RefreshSummaries(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>()) { DaysPerTransaction = 100 };
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => counting.RunAsync(stop.Token, new Told<CountingProgress>(p => { if (p.Done > 0) stop.Cancel(); })));
        }
        await using (var db = installation.Db())
        {
            Assert.True(await db.StaleDays.AnyAsync() && await db.DailyExposures.AnyAsync());
            Assert.True(await db.StaleClinics.AnyAsync(c => c.ClinicId == "C1"));
        }
        await installation.EvaluateMarkedAsync();
        await installation.EvaluateAsync();
        Assert.Empty(await AlertsAsync(installation));
        Assert.NotEqual(0, await MarksAsync(installation));

        // And ended again, between the last day and the judging.
        await installation.SummariseAsync();
        await installation.EvaluateMarkedAsync();
        Assert.Equal(await straight.DigestAsync(), await installation.DigestAsync());
        Assert.Equal(0, await MarksAsync(installation));
    }

    /// <summary>Clinics are judged one after the other: one that cannot be judged keeps the others neither waiting nor from being told of, and is judged the next time.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_of_two_clinics_that_cannot_be_judged_stays_marked_and_the_other_is_judged(bool onlyMarked)
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var straight = await TestInstallation.OpenAsync(DatabaseProvider.Sqlite);
        await using var installation = await TestInstallation.OpenAsync(DatabaseProvider.Sqlite);
        foreach (string file in new[] { practitioners, sessions, events, OfC2(practitioners), OfC2(sessions), OfC2(events) })
        {
            await straight.ImportAsync(file);
            await ReadAsync(installation, file);
        }
        await installation.SummariseAsync();
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("CREATE TRIGGER not_here BEFORE INSERT ON monitored_practitioners WHEN NEW.clinic_id = 'C1' BEGIN SELECT RAISE(ABORT, 'not here'); END");
        var evaluate = installation.Services.GetRequiredService<EvaluateAlerts>();

        Assert.Contains("C1", (await Assert.ThrowsAsync<InvalidOperationException>(() => evaluate.RunAsync(onlyMarked, default))).Message, StringComparison.Ordinal);
        Assert.Equal(["Q6"], (await AlertsAsync(installation)).Where(a => a.Rule == AlertRule.FewerThanPeers).Select(a => a.PractitionerId));
        await using (var db = installation.Db()) Assert.Equal(["C1"], await db.StaleClinics.Select(c => c.ClinicId).Distinct().ToListAsync());

        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("DROP TRIGGER not_here");
        await evaluate.RunAsync(onlyMarked, default);
        Assert.Equal(await straight.DigestAsync(), await installation.DigestAsync());
        Assert.Equal(0, await MarksAsync(installation));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_clinic_whose_days_wait_to_be_counted_keeps_no_other_waiting(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events, OfC2(practitioners), OfC2(sessions), OfC2(events) }) await ReadAsync(installation, file);
        await installation.SummariseAsync();
        await using (var db = installation.Db())
        {
            db.StaleDays.Add(new StaleDay { ClinicId = "C2", PractitionerId = "Q1", Date = new(2026, 3, 2) });
            await db.SaveChangesAsync();
        }
        await installation.EvaluateMarkedAsync();
        Assert.Equal(["P6"], (await AlertsAsync(installation)).Where(a => a.Rule == AlertRule.FewerThanPeers).Select(a => a.PractitionerId));
        await installation.SummariseAsync();
        await installation.EvaluateMarkedAsync();
        Assert.Equal(["P6", "Q6"], (await AlertsAsync(installation)).Where(a => a.Rule == AlertRule.FewerThanPeers).Select(a => a.PractitionerId));
        Assert.Equal(0, await MarksAsync(installation));
    }

    /// <summary>On SQLite nothing is written meanwhile.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_clinic_that_is_marked_while_it_is_judged_stays_marked(bool onlyMarked)
    {
        await using var installation = await TestInstallation.OpenAsync(DatabaseProvider.Postgres);
        await installation.ImportAsync(Homes);
        await ReadAsync(installation, EventHeader + Event("E1", "S1", "C1"));
        await using var other = installation.Db();
        // Another transaction took an id before those that are there, and commits after they were read.
        long free = await other.StaleClinics.MaxAsync(c => c.Id) + 1, after = free + 1;
        await other.Database.ExecuteSqlAsync($"INSERT INTO stale_clinics (id, clinic_id) VALUES ({after}, 'C1')");
        // It has judged when it comes to entering in the trail what it found.
        await using (var trail = await other.BeginAloneAsync(ExclusiveWork.Trail, default))
        {
            var judging = Task.Run(() => installation.Services.GetRequiredService<EvaluateAlerts>().RunAsync(onlyMarked, default));
            await using var db = installation.Db();
            for (var patience = DateTime.UtcNow.AddMinutes(1); (await db.Database.SqlQueryRaw<long>("SELECT count(*) AS \"Value\" FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted").ToListAsync())[0] == 0; await Task.Delay(20))
                Assert.True(DateTime.UtcNow < patience && !judging.IsCompleted, "it did not come to the trail");
            await db.Database.ExecuteSqlAsync($"INSERT INTO stale_clinics (id, clinic_id) VALUES ({free}, 'C1')");
            await trail.CommitAsync();
            await judging;
        }
        Assert.Equal(1, await MarksAsync(installation));
    }
}
