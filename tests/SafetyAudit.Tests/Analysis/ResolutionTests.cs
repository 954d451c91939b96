using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Measures;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Analysis;

public class ResolutionTests
{
    static readonly Measure Soreness = Catalogue.Measures.Single(m => m.Code == "PAIN_POST");
    static readonly DateTime Onset = new(2026, 3, 2, 12, 0, 0, DateTimeKind.Utc);

    static AdverseEvent After(double? resolved, string? outcome = null, double? recorded = null, double received = 500) => new()
    {
        OnsetAtUtc = Onset, ResolvedAtUtc = resolved is { } r ? Onset.AddHours(r) : null, Outcome = outcome, RecordedAtUtc = recorded is { } w ? Onset.AddHours(w) : null, ReceivedAtUtc = Onset.AddHours(received),
    };

    [Fact]
    public void The_share_that_was_over_is_that_of_the_published_curve_with_hours_for_weeks()
    {
        // Remissions with 6-mercaptopurine (Freireich et al. 1963): half have ended by 23, 14.29 % by 6 and 37.25 % by 16.
        var resolution = Resolution.Of(Soreness,
            [.. new[] { 6.0, 6, 6, 7, 10, 13, 16, 22, 23 }.Select(h => After(h, "resolved")), .. new[] { 6.0, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35 }.Select((h, i) => After(null, i % 2 == 0 ? "ongoing" : "recovering", h))]);
        Assert.Equal((9, 12, 0), (resolution.Resolved, resolution.Ongoing, resolution.NotSaid));
        Assert.Equal(23, resolution.Curve.Quantile(0.5));
        Assert.Equal([0.1429, 0.3725], [Math.Round(1 - resolution.Curve.At(6)!.Value.Remaining, 4), Math.Round(1 - resolution.Curve.At(16)!.Value.Remaining, 4)]);
        // Nobody was watched for the 48 hours within which soreness usually is over.
        Assert.Equal([1, 6, 12, 24], resolution.Readings);
    }

    [Fact]
    public void A_record_that_does_not_say_is_neither_over_nor_ongoing()
    {
        var resolution = Resolution.Of(Soreness, [After(5), After(null), After(null, "resolved"), After(null, "unknown"), After(null, "ongoing", received: 60)]);
        Assert.Equal((1, 1, 3), (resolution.Resolved, resolution.Ongoing, resolution.NotSaid));
        // Of what says no time of its own, the time when it reached us.
        Assert.Equal(60, resolution.Curve.Last);
        Assert.Contains(48.0, resolution.Readings);
        Assert.Empty(Resolution.Of(Soreness, []).Readings);
    }

    [Theory, MemberData(nameof(TestInstallation.Providers), MemberType = typeof(TestInstallation))]
    public async Task It_is_read_of_the_category_and_the_days_asked_for(DatabaseProvider provider)
    {
        await using var installation = await TestInstallation.OpenAsync(provider);
        await installation.ImportAsync(Samples.Practitioners);
        await installation.ImportAsync(Samples.SessionHeader + Samples.Session("S1"));
        await installation.ImportAsync("event_id,session_id,patient_id,category,onset_at,recorded_at,resolved_at,outcome\n"
            + "E1,S1,T1,PAIN_POST,2026-03-02T12:00:00Z,2026-03-02T15:00:00Z,2026-03-03T12:00:00Z,resolved\nE2,S1,T1,PAIN_POST,2026-03-02T13:00:00Z,2026-03-03T17:00:00Z,,ongoing\n"
            + "E3,S1,T1,BRUISE_MINOR,2026-03-02T12:00:00Z,2026-03-02T15:00:00Z,2026-03-09T12:00:00Z,resolved\nE4,S1,T1,PAIN_POST,2026-03-04T12:00:00Z,2026-03-04T15:00:00Z,2026-03-04T16:00:00Z,resolved\n");
        await using var db = installation.Db();
        var resolution = await Resolution.ReadAsync(db, Soreness, new(2026, 3, 1), new(2026, 3, 3), default);
        Assert.Equal((1, 1, 0), (resolution.Resolved, resolution.Ongoing, resolution.NotSaid));
        Assert.Equal((24.0, 28.0), (resolution.Curve.Quantile(0.5), resolution.Curve.Last));
    }
}
