using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Alerts;
using SafetyAudit.Data;

namespace SafetyAudit.Tests.Alerts;

public class EvaluateAlertsTests
{
    static async Task<List<Alert>> AlertsAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        return await db.Alerts.AsNoTracking().OrderBy(a => a.Rule).ThenBy(a => a.Id).ToListAsync();
    }

    // The files carry none of the protocol's fields, so the clinic has its one line about that.
    static IEnumerable<(AlertRule, string?, string?)> Of(IEnumerable<Alert> alerts) => alerts.Where(a => a.Rule != AlertRule.ProtocolNotRecorded).Select(a => (a.Rule, a.PractitionerId, a.Measure));

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task One_who_records_far_more_and_one_who_records_nothing_are_found_and_nobody_else(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p switch { 3 => 4, 6 => 0, _ => 13 });
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);

        Assert.Equal([(AlertRule.MoreThanPeers, "P3", "BRUISE_MINOR"), (AlertRule.FewerThanPeers, "P6", "BRUISE_MINOR")], Of(await AlertsAsync(installation)).Where(a => a.Item2 != null).OrderBy(a => a.Item2));
    }

    [Fact]
    public async Task A_clinic_that_only_records_more_than_the_literature_raises_no_alert_about_a_person()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, _ => 3);
        await using var installation = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        var found = Of(await AlertsAsync(installation)).ToList();
        Assert.Contains((AlertRule.ClinicAboveLiterature, null, "BRUISE_MINOR"), found);
        Assert.DoesNotContain(found, a => a.Item2 != null);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task However_often_and_from_wherever_it_is_evaluated_there_is_one_open_alert(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(6, 600, p => p == 2 ? 3 : 13);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        var before = (await AlertsAsync(installation)).Select(a => (a.Id, a.Key, a.RaisedAtUtc)).ToList();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(installation.EvaluateAsync)));

        Assert.Equal(before, (await AlertsAsync(installation)).Select(a => (a.Id, a.Key, a.RaisedAtUtc)));
    }

    [Fact]
    public async Task An_alert_that_no_longer_holds_says_so_and_stays()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var installation = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        Assert.Equal(AlertStatus.Open, (await AlertsAsync(installation)).Single(a => a.Rule == AlertRule.FewerThanPeers).Status);

        // The missing events arrive after all.
        await installation.ImportAsync(Samples.Clinic(8, 900, p => p == 6 ? 13 : 0).Events);

        Assert.Equal(AlertStatus.NoLongerHolds, (await AlertsAsync(installation)).Single(a => a.Rule == AlertRule.FewerThanPeers).Status);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_the_monitor_found_is_kept_for_each_practitioner_and_an_alert_keeps_what_it_was_raised_with(DatabaseProvider provider)
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 3 ? 4 : 13);
        await using var installation = await TestInstallation.OpenAsync(provider);
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        await using var db = installation.Db();
        var kept = await db.MonitoredPractitioners.OrderBy(m => m.PractitionerId).ToListAsync();
        // Six months, January to June, of which the first three are learned from: at most 0.05 red ones a year over the other three.
        Assert.Equal(Enumerable.Range(1, 8).Select(p => $"P{p}"), kept.Select(m => m.PractitionerId));
        Assert.All(kept, m => Assert.Equal(0.5, m.Years, 9));
        Assert.All(kept, m => Assert.InRange(m.ExpectedRed, 1e-6, 0.05 * 3 / 12 + 1e-9));
        Assert.All(kept, m => Assert.Equal(installation.Clock.UtcNow(), m.EvaluatedAtUtc));
        var raised = await db.Alerts.AsNoTracking().SingleAsync(a => a.PractitionerId == "P3" && a.Rule == AlertRule.MoreThanPeers);
        Assert.Equal((raised.From, raised.To, raised.Observed, raised.Expected, raised.Arithmetic), (raised.RaisedFrom!.Value, raised.RaisedTo!.Value, raised.RaisedObserved, raised.RaisedExpected, raised.RaisedArithmetic));

        // Ten events of its first days are taken to be another's.
        var dropped = (await db.DailyObserved.Where(d => d.PractitionerId == "P3" && d.Measure == "BRUISE_MINOR" && d.Date >= raised.From && d.Date <= raised.To).OrderBy(d => d.Date).ToListAsync()).First(d => d.Observed > 0);
        long less = dropped.Observed;
        db.Remove(dropped);
        await db.SaveChangesAsync();
        await installation.EvaluateAsync();
        var later = await db.Alerts.AsNoTracking().SingleAsync(a => a.Id == raised.Id);
        Assert.Equal((raised.RaisedObserved, raised.RaisedExpected, raised.RaisedArithmetic, raised.RaisedMonth), (later.RaisedObserved, later.RaisedExpected, later.RaisedArithmetic, later.RaisedMonth));
        var baselines = await SafetyAudit.Analysis.Rates.BaselinesAsync(db, null, default);
        var monitor = (await EvaluateAlerts.MonitorAsync(db, "C1", baselines, new Dictionary<string, SafetyAudit.Analysis.Reviewed>(), default))!;
        Assert.Equal(raised.RaisedObserved - less, MonitorAlerts.Again(monitor, monitor.PathOf("P3", "BRUISE_MINOR")!, later)!.Value.Observed);
    }

    [Fact]
    public async Task Half_recounted_figures_and_bookings_of_the_future_change_no_alert()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var installation = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        var before = (await AlertsAsync(installation)).Select(a => (a.Key, a.Status, a.Reason)).ToList();

        await installation.ImportAsync(Samples.SessionHeader + "B1,C1,P1,T1,2062-03-02T10:00:00Z,,cancelled\n");
        Assert.Equal(before, (await AlertsAsync(installation)).Select(a => (a.Key, a.Status, a.Reason)));

        await using (var db = installation.Db())
        {
            await db.DailyObserved.Where(d => d.PractitionerId != "P1").ExecuteDeleteAsync();
            await db.Database.ExecuteSqlRawAsync("INSERT INTO stale_days (clinic_id, practitioner_id, date) SELECT DISTINCT clinic_id, practitioner_id, date FROM sessions WHERE practitioner_id <> 'P1'");
        }
        await installation.EvaluateAsync();
        Assert.Equal(before, (await AlertsAsync(installation)).Select(a => (a.Key, a.Status, a.Reason)));
        await installation.SummariseAsync();
        await installation.EvaluateAsync();
        Assert.Equal(before, (await AlertsAsync(installation)).Select(a => (a.Key, a.Status, a.Reason)));
    }

    [Fact]
    public async Task One_sentinel_event_is_one_alert_even_before_its_session_arrives()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX") + Samples.Event("E2", "S1"));
        Assert.Contains("session has not arrived", Assert.Single(await AlertsAsync(installation)).Reason, StringComparison.Ordinal);

        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));

        var alert = Assert.Single(Of(await AlertsAsync(installation)));
        Assert.Equal((AlertRule.SentinelEvent, "P1", "PNEUMOTHORAX"), alert);
    }

    [Fact]
    public async Task A_sentinel_event_does_not_wait_for_the_recount_and_nothing_else_is_judged_meanwhile()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, p => p == 6 ? 0 : 13);
        await using var installation = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.Clinic(8, 900, p => p == 6 ? 13 : 0).Events));
        await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(Samples.EventHeader + Samples.Event("EX", "S-elsewhere", "PNEUMOTHORAX")));
        await installation.Services.GetRequiredService<SafetyAudit.Uploads.ProcessUploads>().DrainAsync(null, default);

        await installation.EvaluateAsync();
        var meanwhile = await AlertsAsync(installation);
        Assert.Single(meanwhile, a => a is { Rule: AlertRule.SentinelEvent, Status: AlertStatus.Open });
        Assert.Equal(AlertStatus.Open, meanwhile.Single(a => a.Rule == AlertRule.FewerThanPeers).Status);

        await installation.SummariseAsync();
        await installation.EvaluateAsync();
        Assert.Equal(AlertStatus.NoLongerHolds, (await AlertsAsync(installation)).Single(a => a.Rule == AlertRule.FewerThanPeers).Status);
    }

    [Theory]
    [InlineData("severity", "critical")]
    [InlineData("medical_attention", "admitted")]
    [InlineData("seriousness", "SeriousResultsInDisability")]
    [InlineData("outcome", "Fatal")]
    [InlineData("outcome", "resolvedWithSequelae")]
    [InlineData("ctcae_grade", "4")]
    public async Task An_event_reported_as_serious_is_reviewed_whatever_its_category(string column, string value)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync($"event_id,patient_id,category,onset_at,{column}\nE1,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,{value}\nE2,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,\n");
        Assert.Equal(AlertRule.SentinelEvent, Assert.Single(await AlertsAsync(installation)).Rule);
    }

    [Fact]
    public async Task A_lapsed_licence_and_unrecorded_consent_are_found()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners.Replace("P2,Ben Birch,C1,active,2015-01-01,2030-12-31", "P2,Ben Birch,C1,active,2015-01-01,2026-03-04"));
        string rows = string.Concat(Enumerable.Range(0, 60).Select(i => $"S{i},C1,{(i % 2 == 0 ? "P1" : "P2")},T1,2026-03-{1 + i / 4:00}T10:00:00Z,{(i % 6 == 0 ? "" : $"2026-03-{1 + i / 4:00}T09:50:00Z")}\n"));
        await installation.ImportAsync("session_id,clinic_id,practitioner_id,patient_id,started_at,consent_at\n" + rows);

        var alerts = await AlertsAsync(installation);
        var licence = Assert.Single(alerts, a => a.Rule == AlertRule.ProtocolFailed);
        Assert.Equal(("P2", "PR-001", 22L), (licence.PractitionerId, licence.Measure, licence.Observed));
        var consent = Assert.Single(alerts, a => a.Rule == AlertRule.ProtocolNotRecorded && a.Measure == "PR-005");
        Assert.Equal(("P1", 10L), (consent.PractitionerId, consent.Observed));
    }
}
