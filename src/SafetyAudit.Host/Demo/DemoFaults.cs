namespace SafetyAudit.Host.Demo;

/// <summary>Who carries which planted fault, from when, and the two that are put into finished sessions.</summary>
internal static class DemoFaults
{
    public const string BruisingDoubles = "RIVER-P03";
    public const string RecordsNoEvents = "HARB-P05";
    public const string LicenceExpired = "NORTH-P02";
    public const string ConsentMissing = "RIVER-P06";
    public const string NeedleRetained = "HARB-P02";
    public const string RecordsLate = "NORTH";

    public static DateOnly BruisingDoublesFrom(DateOnly lastDay) => lastDay.AddMonths(-8);

    public static DateOnly ExpiredLicenceEnds(DateOnly lastDay) => lastDay.AddDays(-60);

    /// <summary>About a third without a time of consent; in a handful more (one in sixty) it was written down after the first needle.</summary>
    public static void LoseConsent(DemoSession session, DateOnly lastDay, Random random)
    {
        if (session.Practitioner.Id != ConsentMissing || session.Day <= lastDay.AddMonths(-6)) return;
        var draw = random.NextDouble();
        if (draw < 1.0 / 3) session.ConsentAt = null;
        else if (draw < 1.0 / 3 + 1.0 / 60) session.ConsentAt = session.FirstNeedleAt!.Value.AddMinutes(random.Next(4, 12));
    }

    /// <summary>Recent enough to be in the current quarter's review, old enough not to fall into provisional weeks.</summary>
    public static void LeaveOneNeedle(IReadOnlyList<DemoSession> sessions, DateOnly lastDay)
    {
        var session = sessions.LastOrDefault(s => s.Practitioner.Id == NeedleRetained && s.Completed && s.Needles >= 4 && s.Day <= lastDay.AddDays(-30));
        if (session is not null) session.NeedlesLeft = 1;
    }
}
