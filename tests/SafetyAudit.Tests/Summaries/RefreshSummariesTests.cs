using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Summaries;

namespace SafetyAudit.Tests.Summaries;

public class RefreshSummariesTests
{
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Deleted_summaries_are_rebuilt_the_same_and_running_again_changes_nothing(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(4, 700, p => 9 + p);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        string before = await installation.DigestAsync();

        await using (var db = installation.Db())
        {
            await db.DailyExposures.ExecuteDeleteAsync();
            await db.DailyObserved.ExecuteDeleteAsync();
            await db.DailyAdherence.ExecuteDeleteAsync();
            await db.DailyQuality.ExecuteDeleteAsync();
            await db.Database.ExecuteSqlRawAsync("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT DISTINCT clinic_id, practitioner_id, date FROM sessions");
            // A day marked twice is still one day.
            await db.Database.ExecuteSqlRawAsync("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT clinic_id, practitioner_id, date FROM sessions");
        }
        await installation.SummariseAsync();
        await installation.SummariseAsync();

        Assert.Equal(before, await installation.DigestAsync());
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Whoever_else_counts_and_whatever_comes_meanwhile_the_days_say_what_the_records_say(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        using var end = new CancellationTokenSource();
        // Ranges so small that each counts ahead of what it writes, and often what the other one took meanwhile.
        var counting = new[] { 1, 2, 3 }.Select(days => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested) await new RefreshSummaries(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>()) { DaysPerTransaction = days }.RunAsync(default);
        })).ToList();
        for (int round = 0; round < 4; round++)
            await installation.ImportAsync("session_id,clinic_id,practitioner_id,patient_id,started_at,status,needles_inserted\n" + string.Concat(Enumerable.Range(0, 40).Select(i =>
                $"S{i},C1,P1,T{i},2026-03-{1 + i * 7 % 20:00}T10:00:00Z,{((i + round) % 3 == 0 ? "cancelled" : "completed")},{round}\n")));
        await end.CancelAsync();
        await Task.WhenAll(counting);
        await installation.SummariseAsync();
        string found = await installation.DigestAsync();
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT DISTINCT clinic_id, practitioner_id, date FROM sessions");
        await installation.SummariseAsync();
        Assert.Equal(await installation.DigestAsync(), found);
    }

    [Fact]
    public async Task Counting_tells_how_many_days_are_done_and_left_also_where_somebody_else_counts_some()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        var told = new List<(long Done, long Left)>();
        await SendAsync(round: 1);
        await CountAsync(_ => { });
        Assert.Equal([(0, 5), (2, 3), (4, 1), (5, 0)], told);
        told.Clear();
        await CountAsync(_ => { });
        Assert.Empty(told);
        await SendAsync(round: 2);
        await CountAsync(p =>
        {
            if (p.Done == 2) installation.SummariseAsync().GetAwaiter().GetResult();
        });
        Assert.Equal([(0, 5), (2, 3), (2, 0)], told);
        told.Clear();
        // The same days marked by one file after another are counted once, not once for each file.
        await SendAsync(round: 3);
        await SendAsync(round: 4);
        await CountAsync(_ => { });
        Assert.Equal([(0, 10), (4, 6), (8, 2), (10, 0)], told);

        async Task SendAsync(int round)
        {
            await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.SessionHeader + string.Concat(Enumerable.Range(1, 5).Select(day => Samples.Session($"S{round}-{day}", $"2026-03-0{day}T10:00:00Z")))));
            await installation.Services.GetRequiredService<SafetyAudit.Uploads.ProcessUploads>().DrainAsync(null, default);
        }

        Task CountAsync(Action<CountingProgress> also) =>
            new RefreshSummaries(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>()) { DaysPerTransaction = 2 }.RunAsync(default, new Told<CountingProgress>(p =>
            {
                told.Add((p.Done, p.Left));
                also(p);
            }));
    }

    [Fact]
    public void How_fast_days_are_counted_is_told_from_looking_again_and_again()
    {
        var pace = new CountingPace();
        var start = new DateTime(2026, 7, 1, 12, 0, 0, DateTimeKind.Utc);
        Assert.Equal((100L, null), Look("C1", 100, 0));
        // Nothing was counted for a minute: that is no pace. Then 40 in ten seconds, and 60 are left.
        Assert.Equal((100L, null), Look("C1", 100, 60));
        Assert.Equal((60L, (4, TimeSpan.FromSeconds(15))), Look("C1", 60, 70));
        Assert.Equal((60L, (2, TimeSpan.FromSeconds(30))), Look("C1", 60, 80));
        // Those of another clinic, and of all, are others.
        Assert.Equal((300L, null), Look("C2", 300, 80));
        Assert.Equal((360L, null), Look(null, 360, 80));
        // Further ones came.
        Assert.Equal((90L, null), Look("C1", 90, 90));
        Assert.Equal((80L, (2, TimeSpan.FromSeconds(40))), Look("C1", 80, 95));
        Assert.Equal(0, Look("C1", 0, 100).Left);
        Assert.Equal((50L, null), Look("C1", 50, 200));

        (long Left, (double, TimeSpan)? Pace) Look(string? clinic, long left, int second) => pace.Look(clinic, left, start.AddSeconds(second)) is var look ? (look.Left, look.Pace) : default;
    }

    [Fact]
    public async Task An_event_that_ended_a_session_early_is_counted()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + "S2,C1,P1,T1,2026-03-02T10:00:00Z,,aborted\n");
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S2", "SYNCOPE"));
        await using var db = installation.Db();
        Assert.Equal(1, (await db.DailyExposures.SingleAsync()).Sessions);
        Assert.Equal(1, (await db.DailyObserved.SingleAsync(d => d.Measure == "SYNCOPE")).Observed);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Events_of_two_clinics_whose_sessions_are_called_alike_are_counted_each_at_its_own(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners + "P3,Cleo Cole,C2,active,2015-01-01,2030-12-31\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S1", practitioner: "P3", clinic: "C2") + Samples.Session("S2", practitioner: "P3", clinic: "C2"));
        await installation.ImportAsync("event_id,session_id,clinic_id,patient_id,category,onset_at\nE1,S1,C1,T1,SYNCOPE,2026-03-02T12:00:00Z\nE1,S1,C2,T1,SYNCOPE,2026-03-02T12:00:00Z\nE2,S2,C2,T1,SYNCOPE,2026-03-02T12:00:00Z\n");
        await using var db = installation.Db();
        Assert.Equal([("C1", "P1", 1), ("C2", "P3", 2)], (await db.DailyObserved.Where(d => d.Measure == "SYNCOPE").OrderBy(d => d.ClinicId).ToListAsync()).Select(d => (d.ClinicId, d.PractitionerId, d.Observed)));
    }

    [Fact]
    public async Task A_session_with_two_like_events_counts_once_and_each_event_counts_in_the_sum_of_mild_events()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2") + "S3,C1,P1,T1,2026-03-02T10:00:00Z,,cancelled\n");
        await installation.ImportAsync("event_id,session_id,patient_id,category,onset_at,severity\n" +
            "E1,S1,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,\nE2,S1,T1,BRUISE_MINOR,2026-03-02T13:00:00Z,mild\nE3,S1,T1,SYNCOPE,2026-03-02T13:00:00Z,\nE4,S3,T1,HEADACHE,2026-03-02T13:00:00Z,\n");
        await using var db = installation.Db();
        Assert.Equal(2, (await db.DailyExposures.SingleAsync()).Sessions);
        Assert.Equal([("ANY_MAJOR", 1), ("ANY_MINOR", 2), ("BRUISE_MINOR", 1), ("SYNCOPE", 1)], (await db.DailyObserved.OrderBy(d => d.Measure).ToListAsync()).Select(d => (d.Measure, d.Observed)));
    }
}
