using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafetyAudit.Data;
using SafetyAudit.Sessions;
using SafetyAudit.Summaries;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Uploads;

/// <summary>Which session an event without one counts with, and that neither the order of arrival nor a decision taken and taken back leaves a trace in it.</summary>
public class LinkEventsTests
{
    const string Header = "event_id,session_id,practitioner_id,clinic_id,patient_id,category,onset_at\n";
    const string Sessions = "session_id,clinic_id,practitioner_id,patient_id,started_at,first_needle_at,status\n";
    const string People = "practitioner_id,clinic_id\nP1,C1\nP2,C1\nQ1,C2\n";

    public static TheoryData<DatabaseProvider> Providers => TestInstallation.Providers;

    // One session, first needle 2 March 10:10. Windows: bruise 7 days, nerve 14, infection 30; a day is 24 hours, also over the change of clocks on 29 March.
    [Theory, MemberData(nameof(Providers))]
    public async Task Each_rule_has_its_edges(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(People);
        await installation.ImportAsync(Sessions
            + "S1,C1,P1,T1,2026-03-02T10:00:00Z,2026-03-02T10:10:00.5Z,completed\n"
            + "S2,C1,P1,T2,2026-03-02T10:00:00Z,,aborted\n"
            + "S3,C1,P1,T3,2026-03-02T10:00:00Z,,cancelled\n"
            + "S4,C1,P1,T4,2026-03-02T10:00:00Z,,completed\nS5,C2,Q1,T4,2026-03-03T10:00:00Z,,completed\n"
            + "S6,C1,P1,T5,2026-03-27T10:00:00Z,,completed\n");
        (string Row, string? Session)[] cases =
        [
            (",,,T1,BRUISE_MINOR,2026-03-02T10:10:00.5Z", "S1"),          // with the first needle
            (",,,T1,BRUISE_MINOR,2026-03-02T10:10:00.4Z", null),          // before it, though the session had begun
            (",,,T1,BRUISE_MINOR,2026-03-09T10:10:00.5Z", "S1"),          // the window's last instant
            (",,,T1,BRUISE_MINOR,2026-03-09T10:10:00.6Z", null),
            (",,,T1,NERVE_TRANSIENT,2026-03-16T10:10:00Z", "S1"),
            (",,,T1,NERVE_TRANSIENT,2026-03-16T10:10:01Z", null),
            (",,,T1,PNEUMOTHORAX,2026-03-16T10:10:00Z", "S1"),
            (",,,T1,INFECTION_LOCAL,2026-04-01T10:10:00Z", "S1"),
            (",,,T1,INFECTION_LOCAL,2026-04-01T10:10:01Z", null),
            (",P1,C1,T1,BRUISE_MINOR,2026-03-03T10:00:00Z", "S1"),
            (",P2,,T1,BRUISE_MINOR,2026-03-03T10:00:00Z", null),          // another practitioner
            (",,C2,T1,BRUISE_MINOR,2026-03-03T10:00:00Z", null),          // another clinic
            (",,,T2,SYNCOPE,2026-03-02T10:30:00Z", "S2"),                 // aborted sessions count too
            (",,,T3,BRUISE_MINOR,2026-03-02T12:00:00Z", null),            // nobody was needled
            (",,,T4,BRUISE_MINOR,2026-03-03T12:00:00Z", null),            // two candidates
            (",,,T4,BRUISE_MINOR,2026-03-02T12:00:00Z", "S4"),            // the other one was not yet
            (",Q1,,T4,BRUISE_MINOR,2026-03-03T12:00:00Z", "S5"),          // its practitioner tells
            (",,C1,T4,BRUISE_MINOR,2026-03-03T12:00:00Z", "S4"),          // its clinic tells
            ("S9,,,T1,BRUISE_MINOR,2026-03-03T10:00:00Z", null),          // what names a session waits for that one
            (",,,T5,BRUISE_MINOR,2026-04-03T10:00:00Z", "S6"),
            (",,,T5,BRUISE_MINOR,2026-04-03T10:00:01Z", null),
            (",,,T6,BRUISE_MINOR,2026-03-03T10:00:00Z", null),            // nobody's
        ];
        var upload = await installation.ImportAsync(Header + string.Concat(cases.Select((c, i) => $"E{i:00},{c.Row}\n")));
        Assert.Equal(0, upload.RowsRejected);

        await using var db = installation.Db();
        var joined = await db.AdverseEvents.OrderBy(e => e.EventId).ToListAsync();
        Assert.Equal(cases.Select(c => (c.Row, c.Session, c.Session is null ? (LinkMethod?)null : LinkMethod.Nearest)), joined.Select((e, i) => (cases[i].Row, e.LinkedSessionId, e.LinkMethod)));
        Assert.Empty(await VerifyAsync(installation));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_decision_joins_survives_new_versions_and_candidates_and_can_be_taken_back(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(People);
        await installation.ImportAsync(Sessions + "S1,C1,P1,T1,2026-03-02T10:00:00Z,,completed\nS2,C1,P2,T1,2026-03-03T10:00:00Z,,completed\n");
        await installation.ImportAsync(Header + "E1,,,C1,T1,BRUISE_MINOR,2026-03-04T10:00:00Z\n");
        Assert.Equal((null, null), await LinkAsync(installation));

        await DecideAsync(installation, ("S2", "C1"), null);
        Assert.Equal(("S2", LinkMethod.Manual), await LinkAsync(installation));
        Assert.Equal([("P2", 1)], await BruisesAsync(installation));

        // The same again, another version, and another candidate: nothing of it asks the person again.
        await installation.ImportAsync(Header + "E1,,,C1,T1,BRUISE_MINOR,2026-03-04T10:00:00Z\n");
        await installation.ImportAsync(Header + "E1,,,C1,T1,BRUISE_MINOR,2026-03-04T11:00:00Z\n");
        await installation.ImportAsync(Sessions + "S3,C1,P1,T1,2026-03-04T09:00:00Z,,completed\n");
        Assert.Equal(("S2", LinkMethod.Manual), await LinkAsync(installation));
        Assert.Empty(await VerifyAsync(installation));

        // A version that names its session itself is believed; the next one that does not goes by the decision again.
        await installation.ImportAsync(Header + "E1,S1,,C1,T1,BRUISE_MINOR,2026-03-04T11:00:00Z\n");
        Assert.Equal(("S1", LinkMethod.Explicit), await LinkAsync(installation));
        Assert.Equal([("P1", 1)], await BruisesAsync(installation));
        await installation.ImportAsync(Header + "E1,S99,,C1,T1,BRUISE_MINOR,2026-03-04T11:00:00Z\n");
        Assert.Equal((null, null), await LinkAsync(installation));
        await installation.ImportAsync(Header + "E1,,,C1,T1,BRUISE_MINOR,2026-03-04T12:00:00Z\n");
        Assert.Equal(("S2", LinkMethod.Manual), await LinkAsync(installation));

        // Another patient's session can't be its own, whoever decided so.
        await installation.ImportAsync(Sessions + "S2,C1,P2,T9,2026-03-03T10:00:00Z,,completed\n");
        Assert.Equal((null, null), await LinkAsync(installation));
        await installation.ImportAsync(Sessions + "S2,C1,P2,T1,2026-03-03T10:05:00Z,,completed\n");
        Assert.Equal(("S2", LinkMethod.Manual), await LinkAsync(installation));

        await TakeBackAsync(installation);
        Assert.Equal((null, null), await LinkAsync(installation));
        Assert.Empty(await BruisesAsync(installation));
        await DecideAsync(installation, null, "the patient was treated elsewhere");
        Assert.Equal((null, LinkMethod.Manual), await LinkAsync(installation));
        Assert.Empty(await VerifyAsync(installation));
        await TakeBackAsync(installation);
        // Two of the three sessions are taken away: the only one left is its own, without anybody's doing.
        await installation.ImportAsync(Sessions + "S1,C1,P1,T1,2026-03-02T10:00:00Z,,no_show\nS2,C1,P2,T1,2026-03-03T10:00:00Z,,cancelled\n");
        Assert.Equal(("S3", LinkMethod.Nearest), await LinkAsync(installation));
        Assert.Equal([("P1", 1)], await BruisesAsync(installation));

        Assert.Empty(await VerifyAsync(installation));
        await using var db = installation.Db();
        Assert.Equal(4, await db.AuditEntries.CountAsync(e => e.Subject.StartsWith("link_decision ") && e.Actor == "worker worker"));
    }

    [Theory, MemberData(nameof(Providers))]
    public async Task A_decision_is_about_one_event_and_chooses_what_is_possible(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(People);
        await installation.ImportAsync(Sessions + "S1,C1,P1,T1,2026-03-02T10:00:00Z,,completed\nS2,C1,P2,T1,2026-03-03T10:00:00Z,,completed\nS4,C1,P2,T1,2026-03-05T10:00:00Z,,completed\n"
            + "S1,C2,Q1,T1,2026-03-02T10:00:00Z,,completed\nS5,C1,P1,T2,2026-03-02T10:00:00Z,,completed\n");
        await installation.ImportAsync(Header + "E1,,,C1,T1,BRUISE_MINOR,2026-03-04T10:00:00Z\n");
        await installation.ImportAsync(Header + "E1,,,C2,T9,BRUISE_MINOR,2026-03-04T10:00:00Z\n");
        foreach (var (session, because) in new[] { (("S5", "C1"), "another patient's"), (("S4", "C1"), "after the event"), (("S1", "C2"), "another clinic's"), (("S9", "C1"), "not there") })
            Assert.True(await RefusedAsync(() => DecideAsync(installation, session, null)), because);
        Assert.True(await RefusedAsync(() => DecideAsync(installation, null, "  ")), "no reason");
        await DecideAsync(installation, null, "a mistake of the file");
        Assert.True(await RefusedAsync(() => DecideAsync(installation, ("S1", "C1"), null)), "decided already");

        // Two clinics, one id: the other clinic's event still waits. And where two clinics have the session named, a person tells which.
        await using (var db = installation.Db()) Assert.Null((await db.Current<AdverseEvent>().SingleAsync(e => e.ClinicId == "C2")).LinkMethod);
        await installation.ImportAsync("event_id,session_id,patient_id,category,onset_at\nE2,S1,T1,BRUISE_MINOR,2026-03-04T10:00:00Z\n");
        Assert.Equal((null, null), await LinkAsync(installation, "E2"));
        await DecideAsync(installation, ("S1", "C2"), null, "E2");
        Assert.Equal(("S1", LinkMethod.Manual), await LinkAsync(installation, "E2"));
        // Sent again with its clinic it is still the same event, and no question any more.
        await installation.ImportAsync("event_id,session_id,clinic_id,patient_id,category,onset_at\nE2,S1,C2,T1,BRUISE_MINOR,2026-03-04T10:00:00Z\n");
        Assert.Equal(("S1", LinkMethod.Explicit), await LinkAsync(installation, "E2"));
        Assert.Empty(await VerifyAsync(installation));

        await using (var db = installation.Db()) await db.Database.ExecuteSqlRawAsync("UPDATE link_decisions SET session_id = 'S2' WHERE event_id = 'E1'");
        Assert.Contains(await VerifyAsync(installation), fault => fault.StartsWith("link_decision 1 was altered: session_id", StringComparison.Ordinal));
        Assert.Contains(await VerifyAsync(installation), fault => fault.StartsWith("event_id E1: its session is here", StringComparison.Ordinal));
    }

    /// <summary>
    /// One history of two clinics, cut into uploads and sent in 24 orders drawn by a seed, gives one state: links, summaries, open alerts. Practitioners come
    /// first, without whom no row is taken, and a correction after what it corrects.
    /// </summary>
    [Theory, MemberData(nameof(Providers))]
    public async Task Any_order_of_arrival_gives_one_state(DatabaseProvider provider)
    {
        var random = new Random(20260302);
        var files = History(random);
        string? first = null;
        for (int order = 0; order < 24; order++)
        {
            var shuffled = files.ToList();
            if (order > 0)
                do { for (int i = shuffled.Count - 1; i > 0; i--) { int j = random.Next(i + 1); (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]); } }
                while (shuffled.Exists(f => f.After is { } after && shuffled.IndexOf(f) < shuffled.FindIndex(o => o.Name == after)));
            await using var installation = await TestInstallation.OpenAsync(provider);
            await installation.ImportAsync(People);
            foreach (var file in shuffled)
            {
                await installation.ReceiveAsync(System.Text.Encoding.UTF8.GetBytes(file.Content));
                await installation.Services.GetRequiredService<ProcessUploads>().DrainAsync(null, default);
                await installation.SummariseAsync();
            }
            await installation.EvaluateAsync();
            await using (var db = installation.Db()) Assert.Equal((9, 0), (await db.Uploads.CountAsync(u => u.Status == UploadStatus.Completed), await db.QuarantinedRows.CountAsync()));
            string state = await StateAsync(installation);
            if (order % 6 == 0) Assert.Empty(await VerifyAsync(installation));
            if (first is null)
            {
                first = state;
                foreach (string method in new[] { "explicit", "nearest", "waits" }) Assert.Contains(method, state, StringComparison.Ordinal);
                Assert.Matches("exposure .* [1-9]\\d* followed up, [1-9]\\d* reached", state);
                Assert.Matches("observed .* [1-9]\\d* by asking", state);
            }
            Assert.True(first == state, $"Order {order}, {string.Join(", ", shuffled.Select(f => f.Name))}, gives another state:\n{Difference(first, state)}");
        }
    }

    static List<(string Name, string Content, string? After)> History(Random random)
    {
        var sessions = new List<(string Id, string Clinic, string Practitioner, string Patient, DateTime At, string Status)>();
        for (int i = 0; i < 40; i++)
        {
            string clinic = random.Next(3) == 0 ? "C2" : "C1";
            sessions.Add(($"S{i % 34:00}", clinic, clinic == "C2" ? "Q1" : random.Next(2) == 0 ? "P1" : "P2", $"T{random.Next(8)}", new DateTime(2026, 3, 2, 9, 0, 0, DateTimeKind.Utc).AddHours(7 * i), random.Next(8) == 0 ? "aborted" : "completed"));
        }
        sessions = [.. sessions.DistinctBy(s => (s.Id, s.Clinic))];
        var rows = sessions.ConvertAll(s => $"{s.Id},{s.Clinic},{s.Practitioner},{s.Patient},{s.At:yyyy-MM-ddTHH:mm:ssZ},,{s.Status}\n");
        var events = new List<string>();
        string[] categories = ["BRUISE_MINOR", "SYNCOPE", "NERVE_TRANSIENT", "HEADACHE"];
        for (int i = 0; i < 60; i++)
        {
            var s = sessions[random.Next(sessions.Count)];
            string named = random.Next(3) == 0 ? s.Id : "", clinic = random.Next(2) == 0 ? s.Clinic : "", practitioner = random.Next(3) == 0 ? s.Practitioner : "";
            // A moment after it began; but for those that name a session of two clinics, after both.
            var onset = s.At.AddMinutes(5 + random.Next(60 * 24 * 9));
            if (named.Length > 0) onset = sessions.Where(o => o.Id == s.Id).Max(o => o.At).AddDays(2).AddMinutes(random.Next(600));
            // Who names a session of another patient is told so, when it is known: left out here.
            if (named.Length > 0 && sessions.Exists(o => o.Id == s.Id && o != s)) clinic = s.Clinic;
            events.Add($"E{i:00},{named},{practitioner},{clinic},{s.Patient},{random.Next(4) switch { var c => categories[c] }},{onset:yyyy-MM-ddTHH:mm:ssZ},{(random.Next(4) == 0 ? "patient_follow_up" : "practitioner")}\n");
        }
        var asked = sessions.Where(_ => random.Next(2) == 0).Select((s, i) => $"F{i:00},{s.Id},{(random.Next(2) == 0 ? s.Clinic : "")},{s.At.AddHours(30):yyyy-MM-ddTHH:mm:ssZ},{(random.Next(3) == 0 ? "no_answer" : "reached")}\n").ToList();
        string eventHeader = Header.TrimEnd() + ",report_channel\n";
        const string followUps = "follow_up_id,session_id,clinic_id,attempted_at,outcome\n";
        // One session an hour earlier, one with another practitioner, one that was not held; an event a category away; a follow-up that reached after all.
        string corrections = Sessions + string.Concat(sessions.Where((_, i) => i is 5 or 11 or 17).Select((s, i) => i switch
        {
            0 => $"{s.Id},{s.Clinic},{s.Practitioner},{s.Patient},{s.At.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ},,{s.Status}\n",
            1 => $"{s.Id},{s.Clinic},{(s.Clinic == "C1" ? "P2" : "Q1")},{s.Patient},{s.At:yyyy-MM-ddTHH:mm:ssZ},{s.At.AddMinutes(9):yyyy-MM-ddTHH:mm:ssZ},{s.Status}\n",
            _ => $"{s.Id},{s.Clinic},{s.Practitioner},{s.Patient},{s.At:yyyy-MM-ddTHH:mm:ssZ},,cancelled\n",
        }));
        return
        [
            ("sessions 1", Sessions + string.Concat(rows.Take(18)), null), ("sessions 2", Sessions + string.Concat(rows.Skip(18)), null),
            ("events 1", eventHeader + string.Concat(events.Take(30)), null), ("events 2", eventHeader + string.Concat(events.Skip(30)), null),
            ("follow-ups", followUps + string.Concat(asked), null),
            ("corrected sessions", corrections, "sessions 1"),
            ("corrected events", eventHeader + string.Concat(events.Take(3)).Replace("BRUISE_MINOR", "FATIGUE").Replace("SYNCOPE", "FATIGUE").Replace("NERVE_TRANSIENT", "NAUSEA"), "events 1"),
            ("corrected follow-up", followUps + asked[0].Replace("no_answer", "declined").Replace("reached", "no_answer"), "follow-ups"),
        ];
    }

    static async Task<string> StateAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        var lines = new List<string>();
        lines.AddRange((await db.Current<AdverseEvent>().ToListAsync()).Select(e => $"event {e.EventId} {e.ClinicId} {e.Category}: {(e.LinkMethod is { } method ? $"{Codes.Of(method)} {e.LinkedClinicId} {e.LinkedSessionId}" : "waits")}"));
        lines.AddRange((await db.Current<FollowUp>().ToListAsync()).Select(f => $"follow-up {f.FollowUpId} {f.Outcome}: {f.LinkedClinicId} {f.SessionId}"));
        lines.AddRange((await db.DailyExposures.ToListAsync()).Select(d => $"exposure {d.ClinicId} {d.PractitionerId} {d.Date:O} {d.Sessions}, {d.FollowedUp} followed up, {d.Reached} reached"));
        lines.AddRange((await db.DailyObserved.ToListAsync()).Select(d => $"observed {d.ClinicId} {d.PractitionerId} {d.Date:O} {d.Measure} {d.Observed}, {d.FoundByAsking} by asking"));
        lines.AddRange((await db.Alerts.Where(a => a.Status == SafetyAudit.Alerts.AlertStatus.Open).ToListAsync()).Select(a => $"alert {a.Key} {a.Reason}"));
        lines.Sort(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }

    static string Difference(string first, string second) =>
        string.Join('\n', first.Split('\n').Except(second.Split('\n')).Select(l => "- " + l).Concat(second.Split('\n').Except(first.Split('\n')).Select(l => "+ " + l)).Take(40));

    static async Task<(string?, LinkMethod?)> LinkAsync(TestInstallation installation, string id = "E1")
    {
        await using var db = installation.Db();
        var e = await db.Current<AdverseEvent>().SingleAsync(e => e.EventId == id && (e.ClinicId ?? "C1") == "C1" || e.EventId == id && id == "E2");
        return (e.LinkedSessionId, e.LinkMethod);
    }

    static async Task<List<(string, int)>> BruisesAsync(TestInstallation installation)
    {
        await installation.SummariseAsync();
        await using var db = installation.Db();
        return [.. (await db.DailyObserved.Where(d => d.Measure == "BRUISE_MINOR").ToListAsync()).Select(d => (d.PractitionerId, d.Observed))];
    }

    static async Task DecideAsync(TestInstallation installation, (string, string)? session, string? reason, string id = "E1")
    {
        await using var db = installation.Db();
        long row = await db.Current<AdverseEvent>().Where(e => e.EventId == id && (e.ClinicId ?? "C1") == "C1").Select(e => e.Id).SingleAsync();
        await new DecideLink(db, installation.Clock).DecideAsync(row, session, reason, default);
    }

    static async Task TakeBackAsync(TestInstallation installation)
    {
        await using var db = installation.Db();
        await new DecideLink(db, installation.Clock).TakeBackAsync(await db.LinkDecisions.Where(d => d.TakenBackAtUtc == null).Select(d => d.Id).SingleAsync(), default);
        await Assert.ThrowsAsync<DecisionRefusedException>(() => new DecideLink(db, installation.Clock).TakeBackAsync(1, default));
    }

    static async Task<bool> RefusedAsync(Func<Task> decide)
    {
        try { await decide(); }
        catch (DecisionRefusedException) { return true; }
        return false;
    }

    internal static async Task<List<string>> VerifyAsync(TestInstallation installation)
    {
        await installation.SummariseAsync();
        await using var db = installation.Db();
        var faults = new List<string>();
        await foreach (string fault in VerifyRecords.RunAsync(db, default)) faults.Add(fault);
        await foreach (string fault in VerifySummaries.RunAsync(db, [], default)) faults.Add(fault);
        return faults;
    }
}
