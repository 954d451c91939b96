using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Protocol;

namespace SafetyAudit.Tests.Protocol;

/// <summary>What rules ask beyond the session itself: it is found, and what changes it has the sessions judged anew.</summary>
public class TreatmentsTests
{
    const string Header = "session_id,clinic_id,practitioner_id,patient_id,started_at,ended_at,muscles,technique,consent_at,max_depth_mm\n";

    const string First = "S1,C1,P1,T1,2026-03-02T10:00:00Z,2026-03-02T10:30:00Z,soleus,in_situ,2026-03-02T09:50:00Z,10\n",
        Second = "S2,C1,P2,T1,2026-03-09T10:00:00Z,2026-03-09T10:30:00Z,rhomboids,in_situ,2026-03-02T09:50:00Z,12\n";

    static async Task<Adherence> OfAsync(TestInstallation installation, string rule, string practitioner = "P2")
    {
        await using var db = installation.Db();
        return AdherenceTable.Sum((await AdherenceTable.ReadAsync(db, new(new(2026, 1, 1), new(2026, 12, 31), PractitionerId: practitioner), installation.Clock.Now.UtcDateTime, default)).Where(r => r.Rule.Id == rule));
    }

    static async Task LayDownAsync(TestInstallation installation, ClinicProtocol protocol)
    {
        await using (var db = installation.Db()) await new LayDownProtocol(db, installation.Clock).RunAsync(protocol, "a test", default);
        await installation.SummariseAsync();
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task A_session_that_comes_late_has_the_patient_s_next_one_judged_anew(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Header + Second);
        Assert.Equal(new Adherence(0, 0, 0, 1), await OfAsync(installation, "PR-007"));
        var late = await installation.ImportAsync(Header + First);
        // Another muscle than the time before, on the consent of that time.
        Assert.Equal(new Adherence(0, 1, 0, 0), await OfAsync(installation, "PR-007"));
        string whole = await installation.DigestAsync();

        await using (var other = await TestInstallation.OpenAsync(provider))
        {
            await other.ImportAsync(Samples.Practitioners);
            await other.ImportAsync(Header + First);
            await other.ImportAsync(Header + Second);
            Assert.Equal(whole, await other.DigestAsync());
        }
        // The same session corrected to the same muscle: the second is as before again.
        await installation.ImportAsync(Header + First.Replace("soleus", "rhomboids"));
        Assert.Equal(new Adherence(0, 0, 0, 1), await OfAsync(installation, "PR-007"));
        Assert.True(late.Id > 0);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task What_is_laid_down_holds_from_its_date_and_a_risk_profile_from_its_own(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Header + First + Second);
        Assert.Equal(new Adherence(0, 0, 0, 1), await OfAsync(installation, "PR-024"));
        await LayDownAsync(installation, new() { ClinicId = "C1", EffectiveFrom = new(2026, 3, 9), DepthLimits = [new("rhomboids", null, 15), new("rhomboids", "low", 10), new("soleus", null, 5)] });
        Assert.Equal(new Adherence(0, 0, 1, 0), await OfAsync(installation, "PR-024"));
        Assert.Equal(new Adherence(0, 0, 0, 1), await OfAsync(installation, "PR-024", "P1"));

        await installation.ImportAsync("patient_id,clinic_id,valid_from,bmi_band\nT1,C1,2026-03-09,low\n");
        Assert.Equal(new Adherence(0, 1, 0, 0), await OfAsync(installation, "PR-024"));
        await installation.ImportAsync("patient_id,clinic_id,valid_from,bmi_band\nT1,C1,2026-03-09,high\n");
        Assert.Equal(new Adherence(1, 0, 0, 0), await OfAsync(installation, "PR-024"));
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task Follow_ups_events_and_months_are_judged(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Header + First + Second);
        Assert.Equal(new Adherence(0, 0, 1, 0), await OfAsync(installation, "PR-030"));
        await installation.ImportAsync("follow_up_id,session_id,clinic_id,attempted_at,outcome\nF1,S2,C1,2026-03-10T11:00:00Z,reached\n");
        Assert.Equal(new Adherence(1, 0, 0, 0), await OfAsync(installation, "PR-030"));
        // Two sessions a month are too few for the share that was reached.
        Assert.Equal(new Adherence(0, 0, 0, 1), await OfAsync(installation, "PR-031"));

        await installation.ImportAsync("event_id,session_id,patient_id,category,onset_at,detected_at,recorded_at,outcome\n" +
            "E1,S2,T1,BRUISE_MINOR,2026-03-09T12:00:00Z,2026-03-09T12:00:00Z,2026-03-12T12:00:00Z,ongoing\nE2,S2,T1,PNEUMOTHORAX,2026-03-09T12:00:00Z,,2026-03-09T12:30:00Z,\n");
        await LayDownAsync(installation, new() { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1), RecordHours = 48, ReviewHours = 24 });
        Assert.Equal(new Adherence(0, 1, 1, 0), await OfAsync(installation, "PR-034"));
        Assert.Equal(new Adherence(0, 1, 0, 1), await OfAsync(installation, "PR-033"));
        // The bruise outlasted its week; pneumothorax has no window.
        Assert.Equal(new Adherence(0, 1, 0, 1), await OfAsync(installation, "PR-032"));
        await using (var db = installation.Db())
        {
            db.EventSteps.Add(new() { EventId = "E1", EventClinicId = "", ClinicId = "C1", Kind = EventStepKind.Escalated, AtUtc = new(2026, 3, 20, 0, 0, 0, DateTimeKind.Utc), EnteredAtUtc = installation.Clock.Now.UtcDateTime });
            db.EventSteps.Add(new() { EventId = "E2", EventClinicId = "", ClinicId = "C1", Kind = EventStepKind.ReviewStarted, AtUtc = new(2026, 3, 9, 13, 0, 0, DateTimeKind.Utc), EnteredAtUtc = installation.Clock.Now.UtcDateTime });
            await db.SaveChangesAsync();
        }
        Assert.Equal(new Adherence(1, 0, 0, 1), await OfAsync(installation, "PR-032"));
        Assert.Equal(new Adherence(1, 0, 0, 1), await OfAsync(installation, "PR-033"));
    }

    // Else a reader of the clinic would be told of a later deadline than a reader of all.
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task An_event_came_when_it_first_did_also_for_those_to_whom_it_was_moved(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        const string header = "event_id,session_id,patient_id,category,onset_at\n";
        await installation.ImportAsync(Samples.Practitioners + "P3,Cy Cole,C2,active,2015-01-01,2030-12-31\n");
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1") + Samples.Session("S2", clinic: "C2", practitioner: "P3"));
        // The one named nothing and came before any session, the second a session of another clinic, the third no clinic.
        await installation.ImportAsync(header + "E1,,T1,PNEUMOTHORAX,2026-03-02T09:00:00Z\nE3,,T1,PNEUMOTHORAX,2026-03-02T09:00:00Z\nE2,S2,T1,PNEUMOTHORAX,2026-03-02T12:00:00Z\n");
        var came = installation.Clock.Now.UtcDateTime;
        installation.Clock.Now += TimeSpan.FromDays(20);
        await installation.ImportAsync(header + "E1,S1,T1,PNEUMOTHORAX,2026-03-02T12:00:00Z\nE2,S1,T1,PNEUMOTHORAX,2026-03-02T12:00:00Z\n");
        await installation.ImportAsync(header + "E3,S1,T1,PNEUMOTHORAX,2026-03-02T12:00:00Z\n", "C1");
        foreach (var reader in new[] { Actor.Worker, new(ActorKind.Person, "c1", "", Roles.Of(Role.Director), new(["C1"])), new(ActorKind.Person, "p1", "", Roles.Of(Role.Practitioner), new(null, "P1")) })
        {
            await using var db = installation.Db(reader);
            var events = await ReportedEvents.ReadAsync(db, new(2026, 1, 1), new(2026, 12, 31), null, null, installation.Clock.Now.UtcDateTime, default);
            Assert.Equal([("E1", 2, came), ("E2", 2, came), ("E3", 2, came)], events.Select(e => (e.Reported.Event.EventId, e.Reported.Event.Version, e.Reported.CameAtUtc)).Order());
        }
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task First_aid_that_ran_out_before_the_session_is_not_mended_by_a_certificate_that_came_after_it(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        const string Record = "practitioner_id,clinic_id,bbp_training_on,cpr_expires\nP2,C1,2026-01-10,";
        await installation.ImportAsync(Record + "2026-03-01\n");
        await installation.ImportAsync(Header + Second);
        Assert.Equal(new Adherence(0, 1, 0, 0), await OfAsync(installation, "PR-037"));
        await installation.ImportAsync(Record + "2028-05-01\n");
        Assert.Equal(new Adherence(0, 0, 1, 0), await OfAsync(installation, "PR-037"));
    }

    [Fact]
    public void What_can_t_be_is_refused_with_what_to_do()
    {
        ClinicProtocol Given(Action<ClinicProtocol> change)
        {
            var given = new ClinicProtocol { ClinicId = "C1", EffectiveFrom = new(2026, 1, 1) };
            change(given);
            return given;
        }
        Assert.Empty(LayDownProtocol.Problems(Given(p => (p.MinTrainingHours, p.MinReachedShare, p.DepthLimits) = (50, 0.8, [new("rhomboids", null, 15), new("rhomboids", "low", 10)]))));
        foreach (var (setting, change) in new (string, Action<ClinicProtocol>)[]
        {
            (nameof(ClinicProtocol.EffectiveFrom), p => p.EffectiveFrom = default), (nameof(ClinicProtocol.MinTrainingHours), p => p.MinTrainingHours = -1),
            (nameof(ClinicProtocol.MinTrainingHours), p => p.MinTrainingHours = double.NaN), (nameof(ClinicProtocol.MinReachedShare), p => p.MinReachedShare = 80),
            (nameof(ClinicProtocol.AdherenceTarget), p => p.AdherenceTarget = 0), (nameof(ClinicProtocol.DepthLimits), p => p.DepthLimits = [new("rhomboids", null, 15), new("rhomboids", null, 20)]),
            (nameof(ClinicProtocol.DepthLimits), p => p.DepthLimits = [new("", null, 15)]), (nameof(ClinicProtocol.VerifiedDuties), p => p.VerifiedDuties = [new("XX", new(2026, 1, 1), null)]),
            (nameof(ClinicProtocol.AbsoluteContraindications), p => p.AbsoluteContraindications = ["diabetes"]),
        })
            Assert.Equal(setting, Assert.Single(LayDownProtocol.Problems(Given(change))).Setting);
    }
}
