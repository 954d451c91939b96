namespace SafetyAudit.Reports;

/// <summary>How often a report is made by itself.</summary>
public enum ReportRhythm { Month, Quarter, Year }

/// <summary>That a report of each month, quarter or year is frozen by itself some days after its end, for somebody to look at, sign and issue. Ended, never changed.</summary>
public sealed class ReportSchedule
{
    public const int MostDaysAfter = 90;

    public long Id { get; set; }
    public ReportRhythm Rhythm { get; set; }
    public Audience Audience { get; set; }

    /// <summary>One clinic; all where empty.</summary>
    public string? ClinicId { get; set; }

    /// <summary>Whole days that go by after a period's end, for events that are told late.</summary>
    public int DaysAfter { get; set; }

    public required string MadeBy { get; set; }
    public DateTime MadeAtUtc { get; set; }
    public DateTime? EndedAtUtc { get; set; }

    /// <summary>The period whose report is due on a day: the latest that is over by so many days. Nothing where that ended before the schedule was made.</summary>
    public ReportPeriod? DueOn(DateOnly day)
    {
        var period = ReportPeriod.Before(day.AddDays(-DaysAfter), Rhythm);
        return period.To >= DateOnly.FromDateTime(MadeAtUtc) ? period : null;
    }
}
