using System.Collections.Concurrent;

namespace SafetyAudit.Summaries;

/// <summary>How far the counting of days whose records changed has come.</summary>
/// <param name="Done">Days counted since it was first looked at.</param>
/// <param name="Left">Days that wait.</param>
/// <param name="Elapsed">How long the counting of those took.</param>
public sealed record CountingProgress(long Done, long Left, TimeSpan Elapsed)
{
    /// <summary>Days a second so far and the time that is left; nothing before a day was counted.</summary>
    public (double DaysPerSecond, TimeSpan Left)? Pace => Done <= 0 || Elapsed <= TimeSpan.Zero ? null : (Done / Elapsed.TotalSeconds, Elapsed * ((double)Left / Done));
}

/// <summary>How fast the days of a clinic are counted, told from looking again and again, whichever process counts them.</summary>
public sealed class CountingPace
{
    readonly ConcurrentDictionary<string, (DateTime FromUtc, long Most, long Last)> looks = new();

    /// <param name="clinicId">Whose days; null for those of all clinics.</param>
    /// <param name="left">How many of them wait now.</param>
    /// <param name="nowUtc">When that is.</param>
    public CountingProgress Look(string? clinicId, long left, DateTime nowUtc)
    {
        // From the last look before anything was counted. Where there are more than before, further days came, and what was reckoned holds no more.
        var (from, most, _) = looks.AddOrUpdate(clinicId ?? "", _ => (nowUtc, left, left), (_, before) => left == before.Most || left > before.Last ? (nowUtc, left, left) : before with { Last = left });
        if (left == 0) looks.TryRemove(clinicId ?? "", out _);
        return new(most - left, left, nowUtc - from);
    }
}
