using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>Follow-ups and risk profiles as records among the others, and what asking finds as figures of its own.</summary>
public class FollowUpsAndPatientsTests
{
    const string FollowUps = "follow_up_id,session_id,attempted_at,mode,outcome,any_event\n";
    const string Patients = "patient_id,valid_from,birth_decade,sex,anticoagulant_class,prior_syncope\n";
    static readonly DateOnly From = new(2026, 1, 1), To = new(2026, 6, 30);

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    [Theory, MemberData(nameof(Providers))]
    public async Task A_follow_up_waits_for_its_session_and_is_its_clinic_s_own(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners + "Q1,,C2,active,2015-01-01,2030-12-31\n");
        string row = FollowUps + "F1,S1,2026-03-03T12:00:00Z,call,reached,no\n";
        // One id in two clinics, and once in a file of both: three follow-ups. All wait.
        foreach (string? clinic in new[] { "C1", "C2", null }) Assert.Equal((1L, RecordKind.FollowUps), await ImportedAsync(clinic));
        Assert.Equal([null, null, null], await LinkedAsync());

        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        Assert.Equal([("C1", "C1"), ("C2", null), (null, "C1")], await LinkedAsync2());
        Assert.Equal([("P1", 1, 1)], await ReachedAsync());

        // Another clinic's session of that id: the one that names no clinic may mean either, and waits again.
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1", practitioner: "Q1", clinic: "C2"));
        Assert.Equal([("C1", "C1"), ("C2", "C2"), (null, null)], await LinkedAsync2());
        Assert.Equal([("P1", 1, 1), ("Q1", 1, 1)], await ReachedAsync());

        // Corrected: nobody answered after all.
        await installation.ImportAsync(row.Replace("reached,no", "no_answer,"), clinic: "C2");
        Assert.Equal([("P1", 1, 1), ("Q1", 1, 0)], await ReachedAsync());
        Assert.Empty(await LinkEventsTests.VerifyAsync(installation));
        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("UPDATE daily_exposures SET reached = 1 WHERE practitioner_id = 'Q1'; UPDATE follow_ups SET linked_clinic_id = 'C1' WHERE linked_clinic_id IS NULL AND superseded_at_utc IS NULL");
        var faults = await LinkEventsTests.VerifyAsync(installation);
        Assert.Contains(faults, f => f.StartsWith("Q1 at C2 on 2026-03-02, exposure", StringComparison.Ordinal));
        Assert.Contains(faults, f => f.StartsWith("follow_up_id F1", StringComparison.Ordinal));

        async Task<(long, RecordKind)> ImportedAsync(string? clinic)
        {
            var upload = await installation.ImportAsync(row, clinic);
            return (upload.RowsNew, upload.Kind);
        }

        async Task<List<string?>> LinkedAsync() => (await LinkedAsync2()).ConvertAll(l => l.Item2);

        async Task<List<(string?, string?)>> LinkedAsync2()
        {
            await using var db = installation.Db();
            return [.. (await db.Current<FollowUp>().ToListAsync()).OrderBy(f => f.ClinicId ?? "D").Select(f => (f.ClinicId, f.LinkedClinicId))];
        }

        async Task<List<(string, int, int)>> ReachedAsync()
        {
            await using var db = installation.Db();
            return [.. (await db.DailyExposures.OrderBy(d => d.PractitionerId).ToListAsync()).Select(d => (d.PractitionerId, d.FollowedUp, d.Reached))];
        }
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_risk_profile_is_a_patient_s_from_a_date_on_in_a_clinic_and_follows_a_new_key(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners + "Q1,,C2,active,2015-01-01,2030-12-31\n");
        string file = Patients + "T1,2026-01-01,1970,female,none,no\nT1,2026-03-01,1970,female,doac,no\nT2,2026-01-01,1980,male,none,\n";
        var unscoped = await installation.ImportAsync(file);
        Assert.All(await installation.RejectedAsync(unscoped), row => Assert.Equal([ReasonCode.MissingValue], row.Reasons.Select(r => r.Code)));
        foreach (string clinic in new[] { "C1", "C2" }) Assert.Equal((RecordKind.Patients, 3L, 0L), await ImportAsync(file, clinic));
        Assert.Equal((RecordKind.Patients, 0L, 1L), await ImportAsync(file.Replace("doac", "warfarin"), "C1"));
        var wrong = await installation.ImportAsync(Patients + "T1,2031-01-01,1970,,,\nT3,2026-01-01,1975,,,\nT4,yesterday,,,,\n", "C1");
        Assert.Equal([ReasonCode.DateInFuture, ReasonCode.OutOfRange, ReasonCode.NotADate], (await installation.RejectedAsync(wrong)).Select(r => Assert.Single(r.Reasons).Code));
        Assert.Equal("clinic", SafetyAuditDb.ClinicScope);
        await using (var ofC2 = installation.Db(new(ActorKind.Person, "c2", "", Roles.Of(Role.Director), new(["C2"])))) Assert.Equal(["C2"], await ofC2.PatientRisks.Select(p => p.ClinicId).Distinct().ToListAsync());
        Assert.Empty(await LinkEventsTests.VerifyAsync(installation));

        await installation.Services.GetRequiredService<RotateKey>().RunAsync(default);

        Assert.Empty(await LinkEventsTests.VerifyAsync(installation));
        var again = await installation.ImportAsync(file, "C2");
        Assert.Equal((3L, 0L), (again.RowsSame, again.RowsRejected));
        // Mended, the row that waited under the old pseudonym is found.
        await installation.ImportAsync(Patients + "T3,2026-01-01,1970,,,\n", "C1");
        Assert.Equal([null, QuarantineClosure.Accepted, null], (await installation.RejectedAsync(wrong)).Select(r => r.Closure));

        async Task<(RecordKind, long, long)> ImportAsync(string content, string clinic)
        {
            var upload = await installation.ImportAsync(content, clinic);
            return (upload.Kind, upload.RowsNew, upload.RowsChanged);
        }
    }

    /// <summary>
    /// Ten sessions, five followed up, four of them reached. Recorded: three bruises, one of them in a session reached. Found by asking: a bruise in that one too, one in
    /// another that was reached, one in a session whose patient was not reached. So 3 of 10 passive, 2 of 4 active, and one that stands against nothing.
    /// </summary>
    [Theory, MemberData(nameof(Providers))]
    public async Task What_asking_finds_is_counted_apart_over_the_sessions_reached(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + string.Concat(Enumerable.Range(1, 10).Select(i => Samples.Session($"S{i}"))));
        await installation.ImportAsync(FollowUps + string.Concat(Enumerable.Range(1, 5).Select(i => $"F{i},S{i},2026-03-03T12:00:00Z,call,{(i < 5 ? "reached" : "no_answer")},\n")), clinic: "C1");
        string header = Samples.EventHeader.TrimEnd() + ",report_channel\n";
        string Event(string id, string session, string channel, string category = "BRUISE_MINOR") => Samples.Event(id, session, category).TrimEnd() + $",{channel}\n";
        await installation.ImportAsync(header + Event("E1", "S1", "practitioner") + Event("E2", "S7", "") + Event("E3", "S8", "open_form")
            + Event("E4", "S1", "patient_follow_up") + Event("E5", "S2", "patient_follow_up") + Event("E6", "S6", "patient_follow_up")
            + Event("E7", "S3", "patient_follow_up", "INFECTION_LOCAL") + Event("E8", "S9", "practitioner", "INFECTION_LOCAL"));

        await using var db = installation.Db();
        var bruises = await db.DailyObserved.SingleAsync(d => d.Measure == "BRUISE_MINOR");
        Assert.Equal((3, 2), (bruises.Observed, bruises.FoundByAsking));
        var baselines = await Rates.BaselinesAsync(db, null, default);
        var rows = (await Rates.ReadAsync(db, new(From, To), Catalogue.Measures, baselines, default)).ToDictionary(r => r.Measure.Code);
        var recorded = rows["BRUISE_MINOR"];
        Assert.Equal((Ascertainment.Passive, 10d, 3L, 'C'), (recorded.Ascertainment, recorded.Exposure, recorded.Observed, recorded.FollowUpGrade));
        Assert.Equal(10 * 2154 / 28123d, recorded.Expected!.Value, 12);
        // Witt 2009 asked: 31 in 2,338,146; so one found in four asked, not two in ten.
        var asked = rows["INFECTION_LOCAL"];
        Assert.Equal((Ascertainment.Active, 4d, 1L, null), (asked.Ascertainment, asked.Exposure, asked.Observed, asked.NotAssessed));
        Assert.Equal(4 * 31 / 2338146d, asked.Expected!.Value, 12);
        // All measures together: two bruises and an infection that asking found, three and one recorded unasked; the measures that sum up others count none of them again.
        Assert.Equal((3L, 4L), (await Counts.ReadAsync(db, From, To, default)).Single() is var all ? (all.FoundByAskingInAll, all.RecordedInAll) : default);
        // Nobody but the practitioner is asked in the comparison with colleagues.
        Assert.Equal(NotAssessedBecause.AscertainmentDiffers, rows["BLEED_MAJOR"].NotAssessed);
    }

    [Fact]
    public async Task Where_nobody_was_asked_nothing_is_compared_with_a_rate_found_by_asking()
    {
        await using var installation = await TestInstallation.OpenAsync();
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync(Samples.EventHeader + Samples.Event("E1", "S1", "INFECTION_LOCAL"));
        await using var db = installation.Db();
        var row = (await Rates.ReadAsync(db, new(From, To), [Catalogue.Categories["INFECTION_LOCAL"]], await Rates.BaselinesAsync(db, null, default), default)).Single();
        Assert.Equal((Ascertainment.Passive, 1L, NotAssessedBecause.AscertainmentDiffers), (row.Ascertainment, row.Observed, row.NotAssessed));
    }
}
