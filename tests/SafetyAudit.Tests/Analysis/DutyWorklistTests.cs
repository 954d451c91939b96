using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Protocol;
using SafetyAudit.Sessions;
using SafetyAudit.Uploads;

namespace SafetyAudit.Tests.Analysis;

public class DutyWorklistTests
{
    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task The_database_leaves_out_no_event_about_which_something_is_due_and_most_of_the_others(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await using var db = installation.Db();
        DateTime now = new(2026, 7, 1, 12, 0, 0, DateTimeKind.Utc), onset = new(2026, 3, 2, 10, 0, 0, DateTimeKind.Utc);
        var upload = new Upload { FileName = "a.csv", Kind = RecordKind.Events, Fingerprint = "f", Bytes = 1, ReceivedAtUtc = onset, ReceivedBy = "a", Status = UploadStatus.Completed };
        db.Uploads.Add(upload);
        await db.SaveChangesAsync();
        int number = 0;
        foreach (var measure in Catalogue.Categories.Values)
            // Around the end of its window, to a fraction of a second.
            foreach (double? after in new double?[] { null, 0.01, measure.ProlongedAfterHours - 0.0001, measure.ProlongedAfterHours, measure.ProlongedAfterHours + 0.0001, 5000 }.Distinct())
                foreach (string? outcome in new[] { null, "ongoing", "resolved", "death" })
                    db.AdverseEvents.Add(new AdverseEvent
                    {
                        EventId = $"E{++number}", PatientId = "pt1-x", Category = measure.Code, OnsetAtUtc = onset, ResolvedAtUtc = after is { } hours ? onset.AddHours(hours) : null, Outcome = outcome,
                        UploadId = upload.Id, Line = number, ReceivedAtUtc = onset, Version = 1, Digest = [],
                    });
        await db.SaveChangesAsync();

        DateOnly from = new(2026, 1, 1), to = new(2026, 6, 30);
        var all = await ReportedEvents.ReadAsync(db, from, to, null, null, now, default);
        Assert.Equal(number, all.Count);
        var due = (await DutyCase.EventsAsync(db, from, to, now, default)).Select(e => e.Reported.Event.EventId).ToHashSet();
        var escalated = (EventRule)Rules.ById["PR-032"];
        var asked = all.Where(e => e.Reported.IsSentinel || escalated.Check(e.Reported) != Outcome.NotApplicable).Select(e => e.Reported.Event.EventId).ToHashSet();
        Assert.Empty(asked.Except(due));
        Assert.InRange(due.Count, asked.Count, number - 1);
        Assert.Contains(all, e => !due.Contains(e.Reported.Event.EventId) && e.Reported.Event.ResolvedAtUtc is not null);
    }
}
