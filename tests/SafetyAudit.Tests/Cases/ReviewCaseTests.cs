using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Data;

namespace SafetyAudit.Tests.Cases;

public class ReviewCaseTests
{
    static Actor Of(string name, Role role, string? practitioner = null) => new(ActorKind.Person, name, "", Roles.Of(role), new Scope(null, practitioner));

    static readonly Actor Director = Of("director", Role.Director), Practitioner = Of("p1", Role.Practitioner, "P1");

    // A pneumothorax of P1's, which opens its case by itself.
    static async Task<(TestInstallation Installation, long Case)> SentinelAsync(DatabaseProvider provider = DatabaseProvider.Sqlite)
    {
        var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        await installation.EvaluateAsync();
        await using var db = installation.Db();
        db.Users.AddRange(new User { UserName = "director", Roles = [Role.Director] }, new User { UserName = "other", Roles = [Role.ComplianceOfficer] }, new User { UserName = "treats", Roles = [Role.Director], PractitionerId = "P1" }, new User { UserName = "p1", Roles = [Role.Practitioner], PractitionerId = "P1" });
        await db.SaveChangesAsync();
        var review = await db.Cases.SingleAsync();
        Assert.Equal((AlertLevel.Sentinel, "P1", CaseStage.Data), (review.Level, review.PractitionerId, review.Stage));
        return (installation, review.Id);
    }

    static async Task<T> AsAsync<T>(TestInstallation installation, Actor actor, Func<ReviewCase, Task<T>> step)
    {
        await using var db = installation.Db(actor);
        return await step(new ReviewCase(db, installation.Clock));
    }

    static Task<string?> StepAsync(TestInstallation installation, Actor actor, Func<ReviewCase, Task<string?>> step) => AsAsync(installation, actor, step);

    static async Task GoThroughAsync(TestInstallation installation, long id, CaseStage stage)
    {
        foreach (var check in CaseStages.ChecksOf(stage)) Assert.Null(await StepAsync(installation, Director, r => r.CheckAsync(id, check, false, null, default)));
        Assert.Null(await StepAsync(installation, Director, r => r.EndStageAsync(id, stage, default)));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_review_goes_through_every_stage_and_is_decided_last(DatabaseProvider provider)
    {
        var (installation, id) = await SentinelAsync(provider);
        await using var _ = installation;
        Assert.Null(await StepAsync(installation, Director, r => r.AssignAsync(id, "director", new DateOnly(2027, 1, 31), default)));
        await GoThroughAsync(installation, id, CaseStage.Data);
        await GoThroughAsync(installation, id, CaseStage.CaseMix);
        await using (var own = installation.Db(Practitioner)) Assert.Empty(await own.Cases.ToListAsync());
        await GoThroughAsync(installation, id, CaseStage.Process);

        // Now it has come to the practitioner, who sees the case and their own answers alone.
        await using (var own = installation.Db(Practitioner))
        {
            Assert.Equal(CaseStage.Person, (await own.Cases.SingleAsync()).Stage);
            Assert.Empty(await own.CaseEntries.ToListAsync());
        }
        Assert.Contains("has not answered yet", await StepAsync(installation, Director, r => r.DecideAsync(id, CaseDecision.NothingFound, "A rare event after a session kept to the protocol.", null, null, null, default)), StringComparison.Ordinal);
        Assert.Null(await StepAsync(installation, Practitioner, r => r.ReplyAsync(id, "The patient coughed while the needle was in.", default)));
        Assert.Null(await StepAsync(installation, Director, r => r.DecideAsync(id, CaseDecision.PractitionerSupported, "The depth was not written down.", "A refresher on thoracic needling.", new DateOnly(2027, 6, 1), "Thank you. We looked into it.", default)));

        await using var db = installation.Db();
        var (review, alert) = (await db.Cases.SingleAsync(), await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent));
        Assert.Equal((CaseStage.Closed, CaseDecision.PractitionerSupported, "director"), (review.Stage, review.Decision!.Value, review.DecidedBy));
        Assert.Equal((AlertStatus.Closed, "director"), (alert.Status, alert.ClosedBy));
        // What was looked at is kept with each answer; and nothing is raised a second time.
        Assert.All(await db.CaseEntries.Where(e => e.Kind == CaseEntryKind.Checked || e.Kind == CaseEntryKind.Decided || e.Kind == CaseEntryKind.Opened).ToListAsync(), e => Assert.False(string.IsNullOrEmpty(e.Figures)));
        await installation.EvaluateAsync();
        Assert.Equal(0, await db.Alerts.CountAsync(a => a.Rule == AlertRule.SentinelEvent && a.Status == AlertStatus.Open));
        Assert.Equal(1, await db.Cases.CountAsync());
    }

    // The event was recorded on 2 March at 15:00 UTC and comes in July; London is an hour ahead then.
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_sentinel_event_s_review_begins_within_hours_of_its_record_and_is_decided_by_a_date_of_its_own(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await using (var db = installation.Db())
        {
            db.ClinicProtocols.Add(new() { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1), ReviewHours = 24 });
            db.Users.Add(new User { UserName = "director", Roles = [Role.Director] });
            await db.SaveChangesAsync();
        }
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        long id;
        await using (var db = installation.Db())
        {
            // There is another about the rule that was not kept.
            var review = await db.Cases.SingleAsync(c => c.Level == AlertLevel.Sentinel);
            id = review.Id;
            Assert.Equal((Utc(2026, 3, 3, 15, 0), Utc(2026, 7, 15, 22, 59)), (review.BeginByUtc, review.DueAtUtc));
            Assert.Equal([review.Id], await ReviewCase.NotBegun(db).Select(c => c.Id).ToListAsync());
            Assert.Equal([review.Id], await ReviewCase.Late(db, Utc(2026, 3, 3, 15, 0)!.Value).Select(c => c.Id).ToListAsync());
            Assert.Empty(await ReviewCase.Late(db, Utc(2026, 3, 3, 14, 59)!.Value).ToListAsync());
        }
        Assert.Null(await StepAsync(installation, Director, r => r.CheckAsync(id, CaseCheck.Coding, false, null, default)));
        await using (var db = installation.Db())
        {
            Assert.Empty(await ReviewCase.NotBegun(db).ToListAsync());
            // It began late, which the protocol's rule says; it is not decided late.
            Assert.Empty(await ReviewCase.Late(db, Utc(2026, 7, 15, 22, 58)!.Value).ToListAsync());
            Assert.Single(await ReviewCase.Late(db, Utc(2026, 7, 15, 22, 59)!.Value).ToListAsync());
            (await db.EventSteps.SingleAsync()).TakenBackAtUtc = installation.Clock.Now.UtcDateTime;
            await db.SaveChangesAsync();
            Assert.Single(await ReviewCase.NotBegun(db).ToListAsync());
        }
    }

    [Theory]
    [InlineData(AlertLevel.Red, 29), InlineData(AlertLevel.Amber, 26)]
    public async Task Every_case_has_a_date_by_which_it_is_decided_by_whomever_it_is_opened(AlertLevel level, int day)
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        long id;
        await using (var db = installation.Db())
        {
            var alert = new Alert { Rule = AlertRule.RareEventsClose, Level = level, ClinicId = "C1", Key = "k", Reason = "r", From = new(2026, 6, 1), To = new(2026, 6, 1) };
            db.Alerts.Add(alert);
            await db.SaveChangesAsync();
            id = alert.Id;
        }
        await AsAsync(installation, Director, r => r.OpenAsync(id, default));
        // 28 and 56 days after 1 July.
        await using (var db = installation.Db()) Assert.Equal((null, Utc(2026, level == AlertLevel.Red ? 7 : 8, day, 22, 59)), await db.Cases.Where(c => c.AlertId == id).Select(c => new ValueTuple<DateTime?, DateTime?>(c.BeginByUtc, c.DueAtUtc)).SingleAsync());
    }

    [Fact]
    public async Task A_sentinel_case_that_somebody_opens_begins_by_the_same_instant_as_one_that_opens_by_itself()
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        await using (var db = installation.Db())
        {
            db.ClinicProtocols.Add(new() { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1), ReviewHours = 24 });
            await db.SaveChangesAsync();
            await db.CaseEntries.ExecuteDeleteAsync();
            await db.Cases.ExecuteDeleteAsync();
        }
        long alert;
        await using (var db = installation.Db()) alert = (await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent)).Id;
        await AsAsync(installation, Director, r => r.OpenAsync(alert, default));
        await using (var db = installation.Db()) Assert.Equal(Utc(2026, 3, 3, 15, 0), (await db.Cases.SingleAsync()).BeginByUtc);
    }

    [Fact]
    public async Task Who_leads_can_change_without_the_date_also_when_it_is_past_and_a_day_ends_by_the_clinic_s_clock()
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        async Task<DateTime?> DueAsync()
        {
            await using var db = installation.Db();
            return (await db.Cases.SingleAsync()).DueAtUtc;
        }
        Assert.Null(await StepAsync(installation, Director, r => r.AssignAsync(id, "director", new(2026, 7, 15), default)));
        Assert.Equal(Utc(2026, 7, 15, 22, 59), await DueAsync());
        Assert.Null(await StepAsync(installation, Director, r => r.AssignAsync(id, "director", new(2026, 11, 3), default)));
        Assert.Equal(Utc(2026, 11, 3, 23, 59), await DueAsync());
        installation.Clock.Now = new(2026, 12, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Null(await StepAsync(installation, Director, r => r.AssignAsync(id, "other", new(2026, 11, 3), default)));
        Assert.Equal(Utc(2026, 11, 3, 23, 59), await DueAsync());
        Assert.Contains("past", await StepAsync(installation, Director, r => r.AssignAsync(id, "other", new(2026, 11, 4), default)), StringComparison.Ordinal);
        await using var kept = installation.Db();
        Assert.Equal("other", (await kept.Cases.SingleAsync()).Owner);
    }

    // Leads in C1 alone; leads everywhere; is whom it is about afterwards.
    [Theory, InlineData("here", false), InlineData("director", true), InlineData("also", false)]
    public async Task Who_may_not_review_a_case_that_has_moved_no_longer_leads_it(string owner, bool stays)
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        await using (var db = installation.Db())
        {
            db.Users.AddRange(new User { UserName = "here", Roles = [Role.Director], ClinicIds = ["C1"] }, new User { UserName = "also", Roles = [Role.Director], PractitionerId = "P2" });
            db.ClinicProtocols.Add(new() { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1), ReviewHours = 24 });
            (await db.Cases.SingleAsync()).Owner = owner;
            var alert = await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent);
            (alert.ClinicId, alert.PractitionerId) = ("C2", "P2");
            await db.SaveChangesAsync();
        }
        await new OpenCases(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>(), installation.Clock).RunAsync(default);
        await using (var db = installation.Db())
        {
            var review = await db.Cases.SingleAsync();
            // The event itself has stayed in C1, whose hours are its own.
            Assert.Equal(("C2", stays ? owner : null, Utc(2026, 3, 3, 15, 0)), (review.ClinicId, review.Owner, review.BeginByUtc));
        }
    }

    [Fact]
    public async Task A_review_that_began_has_begun_for_the_clinic_to_which_its_event_moves()
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        await using (var db = installation.Db())
        {
            db.ClinicProtocols.Add(new() { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1), ReviewHours = 24 });
            await db.SaveChangesAsync();
        }
        Assert.Null(await StepAsync(installation, Director, r => r.CheckAsync(id, CaseCheck.Duplicates, false, null, default)));
        await using (var db = installation.Db())
        {
            var alert = await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent);
            (alert.ClinicId, alert.PractitionerId) = ("C2", "P2");
            await db.SaveChangesAsync();
        }
        await new OpenCases(installation.Services.GetRequiredService<IDbContextFactory<SafetyAuditDb>>(), installation.Clock).RunAsync(default);
        await using var there = installation.Db(new(ActorKind.Person, "there", "", Roles.Of(Role.Director), new Scope(["C2"])));
        Assert.Equal(("C2", Utc(2026, 3, 3, 15, 0)), await there.Cases.Select(c => new ValueTuple<string, DateTime?>(c.ClinicId, c.BeginByUtc)).SingleAsync());
        Assert.Single(await there.EventSteps.ToListAsync());
        Assert.Empty(await ReviewCase.NotBegun(there).ToListAsync());
    }

    static DateTime? Utc(int year, int month, int day, int hour, int minute) => new(year, month, day, hour, minute, 0, DateTimeKind.Utc);

    [Fact]
    public async Task No_stage_is_skipped()
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        Assert.Contains("Not looked at yet: duplicates, denominators, coding, ascertainment", await StepAsync(installation, Director, r => r.EndStageAsync(id, CaseStage.Data, default)), StringComparison.Ordinal);
        foreach (var stage in new[] { CaseStage.CaseMix, CaseStage.Process, CaseStage.Person, CaseStage.Closed })
            Assert.NotNull(await StepAsync(installation, Director, r => r.EndStageAsync(id, stage, default)));
        foreach (var check in new[] { CaseCheck.CaseMix, CaseCheck.Adherence })
            Assert.Contains("another stage", await StepAsync(installation, Director, r => r.CheckAsync(id, check, false, null, default)), StringComparison.Ordinal);
        foreach (var decision in Enum.GetValues<CaseDecision>())
            Assert.NotNull(await StepAsync(installation, Director, r => r.DecideAsync(id, decision, "Because of this and that.", "a", new DateOnly(2027, 6, 1), null, default)));
        // To the practitioner it is not there yet.
        Assert.Contains("not there", await StepAsync(installation, Practitioner, r => r.ReplyAsync(id, "I", default)), StringComparison.Ordinal);

        // That the data were wrong ends it once all of the data were looked at, and nothing later is asked.
        foreach (var check in CaseStages.ChecksOf(CaseStage.Data)) Assert.Null(await StepAsync(installation, Director, r => r.CheckAsync(id, check, check == CaseCheck.Coding, check == CaseCheck.Coding ? "It was a bruise." : null, default)));
        Assert.NotNull(await StepAsync(installation, Director, r => r.DecideAsync(id, CaseDecision.CaseMixExplains, "Because of this and that.", null, null, null, default)));
        Assert.Null(await StepAsync(installation, Director, r => r.DecideAsync(id, CaseDecision.DataCorrected, "The category was wrong.", null, null, null, default)));
    }

    [Fact]
    public async Task Nobody_reviews_what_is_about_themselves_and_nobody_answers_for_another()
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        var treats = Of("treats", Role.Director);
        foreach (var step in new Func<ReviewCase, Task<string?>>[]
        {
            r => r.CheckAsync(id, CaseCheck.Coding, false, null, default), r => r.EndStageAsync(id, CaseStage.Data, default), r => r.NoteAsync(id, "note", default), r => r.AssignAsync(id, "director", null, default),
            r => r.NoReplyAsync(id, "no answer is waited for", default), r => r.DecideAsync(id, CaseDecision.DataCorrected, "Because of this and that.", null, null, null, default), r => r.ReopenAsync(id, "because of this", default),
        }) Assert.Equal("Nobody reviews what is about themselves.", await StepAsync(installation, treats, step));
        Assert.Contains("themselves", await StepAsync(installation, Director, r => r.AssignAsync(id, "treats", null, default)), StringComparison.Ordinal);
        Assert.Contains("nobody of this name", await StepAsync(installation, Director, r => r.AssignAsync(id, "p1", null, default)), StringComparison.Ordinal);
        Assert.Contains("Only the practitioner", await StepAsync(installation, Director, r => r.ReplyAsync(id, "They meant well.", default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sentinel_event_can_t_be_dismissed_and_its_case_is_opened_once_however_often_it_is_looked_for()
    {
        var (installation, _) = await SentinelAsync();
        await using var _2 = installation;
        long alert;
        await using (var db = installation.Db()) alert = (await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent)).Id;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(installation.EvaluateAsync)));
        await using (var db = installation.Db()) Assert.Equal(1, await db.Cases.CountAsync());
        Assert.Contains("It has a case", await StepAsync(installation, Director, r => r.DismissAsync(alert, "It was nothing at all.", default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_is_red_opens_a_case_and_ends_with_its_review_only()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners.Replace("P2,Ben Birch,C1,active,2015-01-01,2030-12-31", "P2,Ben Birch,C1,active,2015-01-01,2026-03-04", StringComparison.Ordinal));
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", "2026-03-05T10:00:00Z", "P2"));
        await using var db = installation.Db();
        var red = await db.Alerts.SingleAsync(a => a.Rule == AlertRule.ProtocolFailed);
        Assert.Equal((AlertLevel.Red, "P2", "PR-001"), (red.Level, red.PractitionerId, red.Measure));
        Assert.Equal("P2", (await db.Cases.SingleAsync(c => c.AlertId == red.Id)).PractitionerId);
        // Nor where its case was not opened yet.
        await db.CaseEntries.ExecuteDeleteAsync();
        await db.Cases.ExecuteDeleteAsync();
        Assert.Contains("asks for a review", await StepAsync(installation, Director, r => r.DismissAsync(red.Id, "It was nothing at all.", default)), StringComparison.Ordinal);
        // What is not red can be.
        var other = await db.Alerts.FirstAsync(a => a.Level != AlertLevel.Red && a.Level != AlertLevel.Sentinel);
        Assert.Null(await StepAsync(installation, Director, r => r.DismissAsync(other.Id, "It was nothing at all.", default)));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Whether_a_review_found_nothing_is_known_to_the_monitor_until_it_is_opened_again(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        var day = new DateOnly(2026, 3, 2);
        await using (var db = installation.Db())
        {
            Alert Closed(AlertLevel level, int days, bool nothing) => new() { Rule = AlertRule.MoreThanPeers, Level = level, ClinicId = "C1", PractitionerId = "P1", Key = "k", Reason = "r", From = day, To = day, Status = AlertStatus.Closed, ReviewedTo = day.AddDays(days), FoundNothing = nothing };
            db.Alerts.AddRange(Closed(AlertLevel.Red, 0, nothing: false), Closed(AlertLevel.Red, 10, nothing: true), Closed(AlertLevel.Amber, 20, nothing: false));
            await db.SaveChangesAsync();
            Assert.Equal(new SafetyAudit.Analysis.Reviewed(day.AddDays(20), day.AddDays(10), FoundNothing: true), Assert.Single(await EvaluateAlerts.ReviewedAsync(db.Alerts, installation.Clock.UtcNow(), default)).Value);
            db.Alerts.Add(Closed(AlertLevel.Red, 30, nothing: false));
            await db.SaveChangesAsync();
            Assert.Equal(new SafetyAudit.Analysis.Reviewed(day.AddDays(30), day.AddDays(30)), Assert.Single(await EvaluateAlerts.ReviewedAsync(db.Alerts, installation.Clock.UtcNow(), default)).Value);
        }
        var (sentinel, id) = await SentinelAsync(provider);
        await using var _ = sentinel;
        foreach (var stage in new[] { CaseStage.Data, CaseStage.CaseMix, CaseStage.Process }) await GoThroughAsync(sentinel, id, stage);
        Assert.Null(await StepAsync(sentinel, Director, r => r.NoReplyAsync(id, "They have left the clinic.", default)));
        Assert.Null(await StepAsync(sentinel, Director, r => r.DecideAsync(id, CaseDecision.NothingFound, "A rare event after a session kept to the protocol.", null, null, null, default)));
        await using (var db = sentinel.Db()) Assert.True((await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent)).FoundNothing);
        Assert.Null(await StepAsync(sentinel, Director, r => r.ReopenAsync(id, "The X-ray was read again.", default)));
        await using (var db = sentinel.Db()) Assert.False((await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent)).FoundNothing);
    }

    [Fact]
    public async Task What_was_dismissed_is_not_raised_again_until_something_new_comes_and_a_closed_case_opens_again()
    {
        var (practitioners, sessions, events) = Samples.Clinic(8, 900, _ => 3);
        await using var installation = await TestInstallation.OpenAsync();
        foreach (string file in new[] { practitioners, sessions, events }) await installation.ImportAsync(file);
        await installation.EvaluateAsync();
        long alert;
        await using (var db = installation.Db()) alert = (await db.Alerts.SingleAsync(a => a.Rule == AlertRule.ClinicAboveLiterature && a.Measure == "BRUISE_MINOR")).Id;
        Assert.Contains("Say why", await StepAsync(installation, Director, r => r.DismissAsync(alert, "no", default)), StringComparison.Ordinal);
        Assert.Null(await StepAsync(installation, Director, r => r.DismissAsync(alert, "We write down every bruise, however small.", default)));
        await installation.EvaluateAsync();
        await using (var db = installation.Db())
        {
            Assert.Equal(0, await db.Alerts.CountAsync(a => a.Measure == "BRUISE_MINOR" && a.Rule == AlertRule.ClinicAboveLiterature && a.Status == AlertStatus.Open));
            Assert.Equal("We write down every bruise, however small.", (await db.Alerts.SingleAsync(a => a.Id == alert)).ClosedBecause);
        }
        Assert.Contains("no longer open", await StepAsync(installation, Director, r => r.DismissAsync(alert, "We write down every bruise.", default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_closed_case_opens_again_with_all_that_was_done_and_asks_for_everything_anew()
    {
        var (installation, id) = await SentinelAsync();
        await using var _ = installation;
        foreach (var check in CaseStages.ChecksOf(CaseStage.Data)) Assert.Null(await StepAsync(installation, Director, r => r.CheckAsync(id, check, false, null, default)));
        // Nothing was found that explains it, so that can't be what is decided.
        Assert.Contains("Nothing that was looked at", await StepAsync(installation, Director, r => r.DecideAsync(id, CaseDecision.DataCorrected, "The category was wrong.", null, null, null, default)), StringComparison.Ordinal);
        Assert.Null(await StepAsync(installation, Director, r => r.CheckAsync(id, CaseCheck.Coding, true, "It was no pneumothorax.", default)));
        Assert.Null(await StepAsync(installation, Director, r => r.DecideAsync(id, CaseDecision.DataCorrected, "The category was wrong.", null, null, null, default)));
        Assert.Contains("closed", await StepAsync(installation, Director, r => r.NoteAsync(id, "more", default)), StringComparison.Ordinal);
        Assert.Null(await StepAsync(installation, Director, r => r.ReopenAsync(id, "The X-ray was read again.", default)));
        await using var db = installation.Db();
        Assert.Equal((CaseStage.Data, (CaseDecision?)null), ((await db.Cases.SingleAsync()).Stage, (await db.Cases.SingleAsync()).Decision));
        Assert.Equal(AlertStatus.Open, (await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent)).Status);
        Assert.Equal(5, await db.CaseEntries.CountAsync(e => e.Kind == CaseEntryKind.Checked));
        Assert.Contains("Not looked at yet", await StepAsync(installation, Director, r => r.EndStageAsync(id, CaseStage.Data, default)), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_case_follows_its_event_to_whose_session_it_was_and_an_alert_that_holds_again_keeps_its_case(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "PNEUMOTHORAX"));
        await installation.EvaluateAsync();
        await using (var db = installation.Db()) Assert.Null((await db.Cases.SingleAsync()).PractitionerId);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.EvaluateAsync();
        await using (var db = installation.Db())
        {
            var review = await db.Cases.SingleAsync();
            Assert.Equal(("P1", "C1", CaseStage.Data, (DateTime?)null), (review.PractitionerId, review.ClinicId, review.Stage, review.AskedAtUtc));
            Assert.Equal(1, await db.CaseEntries.CountAsync(e => e.Kind == CaseEntryKind.Reopened && e.PractitionerId == "P1"));
            // For a while it is as if it had never been raised.
            await db.Alerts.Where(a => a.Rule == AlertRule.SentinelEvent).ExecuteUpdateAsync(set => set.SetProperty(a => a.Status, AlertStatus.NoLongerHolds));
        }
        await installation.EvaluateAsync();
        await using (var db = installation.Db())
        {
            Assert.Equal(AlertStatus.Open, (await db.Alerts.SingleAsync(a => a.Rule == AlertRule.SentinelEvent)).Status);
            Assert.Equal(1, await db.Cases.CountAsync());
        }
    }
}
