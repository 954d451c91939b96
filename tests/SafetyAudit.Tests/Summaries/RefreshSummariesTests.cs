using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
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

    [Fact]
    public void What_the_counting_reads_of_a_session_is_all_that_rules_and_counts_ask_for()
    {
        var read = RefreshSummaries.Counted.Compile();
        const int seed = 20260704;
        var random = new Random(seed);
        Practitioner?[] practitioners = [null, new() { LicenceStatus = LicenceStatus.Active, LicenceIssued = new(2015, 1, 1), LicenceExpires = new(2026, 3, 2), PermittedMuscles = ["a", "b"] }];
        for (int i = 0; i < 5_000; i++)
        {
            var session = new Session();
            foreach (var property in typeof(Session).GetProperties().Where(p => p.CanWrite)) property.SetValue(session, MayBeEmpty(property) && random.Next(3) == 0 ? null : Value(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType));
            var counted = read(session);
            foreach (var practitioner in practitioners)
                foreach (var rule in Rules.All) Assert.True(rule.For(session, practitioner) == rule.For(counted, practitioner), $"seed {seed}, session {i}: {rule.Id} asks for more than is read");
            Assert.Equal((session.ClinicId, session.PractitionerId, session.Date, session.SessionId, session.Status, session.IsAtRiskThorax, session.PatientId, session.EndedAtUtc, session.ReceivedAtUtc, session.Version),
                (counted.ClinicId, counted.PractitionerId, counted.Date, counted.SessionId, counted.Status, counted.IsAtRiskThorax, counted.PatientId, counted.EndedAtUtc, counted.ReceivedAtUtc, counted.Version));
        }

        static bool MayBeEmpty(System.Reflection.PropertyInfo property) => new System.Reflection.NullabilityInfoContext().Create(property).WriteState == System.Reflection.NullabilityState.Nullable;

        object Value(Type type)
        {
            string[] words = ["a", "b", "solid_filiform", "pneumothorax", "refusal", "none"];
            if (type == typeof(string)) return random.GetItems(words, 1)[0];
            if (type == typeof(IReadOnlyList<string>)) return random.GetItems(words, random.Next(3));
            if (type == typeof(IReadOnlyList<SessionRegion>)) return Enumerable.Range(0, random.Next(3)).Select(_ => new SessionRegion("a", random.Next(2) == 0 ? null : random.GetItems(words, 1)[0], "left")).ToArray();
            if (type == typeof(bool)) return random.Next(2) == 0;
            if (type == typeof(int)) return random.Next(3);
            if (type == typeof(long)) return (long)random.Next(3);
            if (type == typeof(double)) return (double)random.Next(3);
            if (type == typeof(DateTime)) return new DateTime(2026, 3, 2, 10, random.Next(4), 0, DateTimeKind.Utc);
            if (type == typeof(DateOnly)) return new DateOnly(2026, 3, 1 + random.Next(4));
            if (type == typeof(byte[])) return new byte[1];
            if (type.IsEnum) return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length))!;
            throw new NotSupportedException($"No value for {type}.");
        }
    }
}
