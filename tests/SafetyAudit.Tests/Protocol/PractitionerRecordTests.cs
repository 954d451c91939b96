using SafetyAudit.Protocol;
using SafetyAudit.Sessions;

namespace SafetyAudit.Tests.Protocol;

/// <summary>Of the versions of a practitioner's record, which one bears on a day.</summary>
public class PractitionerRecordTests
{
    static readonly DateOnly Day = new(2026, 3, 2);

    static Practitioner Version(string? issued = "2015-01-01", string? expires = "2030-12-31", LicenceStatus status = LicenceStatus.Active, string? competent = null, string? trained = null) => new()
    {
        LicenceStatus = status, LicenceIssued = issued is null ? null : DateOnly.Parse(issued), LicenceExpires = expires is null ? null : DateOnly.Parse(expires),
        ThoracicCompetencyOn = competent is null ? null : DateOnly.Parse(competent), BbpTrainingOn = trained is null ? null : DateOnly.Parse(trained),
    };

    static DateOnly? LicenceTo(DateOnly day, params Practitioner[] newestFirst) => Rules.RecordFor(newestFirst, day)?.LicenceExpires;

    [Fact]
    public void A_renewed_licence_does_not_undo_the_one_before_it_and_a_correction_or_a_suspension_stands()
    {
        Practitioner before = Version("2020-01-01", "2025-12-31"), renewed = Version("2026-03-10", "2030-12-31");
        Assert.Equal(new(2025, 12, 31), LicenceTo(new(2025, 6, 1), renewed, before));
        Assert.Equal(new(2030, 12, 31), LicenceTo(new(2026, 6, 1), renewed, before));
        // In the gap between the two neither covers the day: the newest is asked, and fails.
        Assert.Equal(new(2030, 12, 31), LicenceTo(new(2026, 2, 1), renewed, before));
        Assert.Null(Rules.RecordFor([], new(2026, 2, 1)));
        // The expiry was wrong and is corrected; a suspension without dates; a revocation before the older one's expiry.
        Assert.Equal(new(2025, 12, 31), LicenceTo(Day, Version(expires: "2025-12-31"), Version()));
        Assert.Equal(LicenceStatus.Suspended, Rules.RecordFor([Version(null, null, LicenceStatus.Suspended), Version()], Day)!.LicenceStatus);
        Assert.Equal(LicenceStatus.Revoked, Rules.RecordFor([Version(expires: "2026-03-01", status: LicenceStatus.Revoked), Version()], new(2026, 3, 5))!.LicenceStatus);
    }

    [Fact]
    public void A_refresher_does_not_undo_the_competency_or_the_training_before_it()
    {
        var record = Rules.RecordFor([Version(competent: "2026-05-01", trained: "2026-06-01"), Version(competent: "2019-05-01", trained: "2025-06-01")], Day)!;
        Assert.Equal((new DateOnly(2019, 5, 1), new DateOnly(2025, 6, 1)), (record.ThoracicCompetencyOn, record.BbpTrainingOn));
    }

    [Fact]
    public void The_record_held_on_a_day_is_the_newest_that_had_come_and_the_first_for_sessions_before_it()
    {
        Practitioner first = new() { ReceivedAtUtc = new(2026, 2, 1, 8, 0, 0, DateTimeKind.Utc) }, second = new() { ReceivedAtUtc = new(2026, 5, 1, 8, 0, 0, DateTimeKind.Utc) };
        foreach (var (day, held) in new[] { (new DateOnly(2026, 1, 1), first), (new(2026, 2, 1), first), (new(2026, 4, 30), first), (new(2026, 5, 1), second) })
            Assert.Same(held, Rules.RecordHeldOn([second, first], day));
        Assert.Null(Rules.RecordHeldOn([], Day));
    }
}
