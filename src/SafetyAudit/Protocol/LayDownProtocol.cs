using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;

namespace SafetyAudit.Protocol;

/// <summary>A clinic lays down its protocol anew, from a date on: what it said before stays, and the days from that date are judged anew.</summary>
public sealed class LayDownProtocol(SafetyAuditDb db, TimeProvider time)
{
    /// <summary>What is wrong with what is to be laid down, in words, by property; nothing when it can be.</summary>
    public static IEnumerable<(string Setting, string Problem)> Problems(ClinicProtocol p)
    {
        if (p.EffectiveFrom < new DateOnly(2000, 1, 1)) yield return (nameof(p.EffectiveFrom), "The date from which it holds is missing or before 2000.");
        foreach (var (name, value, most) in new (string, double?, double)[]
        {
            (nameof(p.MinTrainingHours), p.MinTrainingHours, 10_000), (nameof(p.MinYearsLicensed), p.MinYearsLicensed, 60), (nameof(p.MinSupervisedSessions), p.MinSupervisedSessions, 10_000),
            (nameof(p.BbpTrainingDays), p.BbpTrainingDays, 3_660), (nameof(p.ScreeningValidDays), p.ScreeningValidDays, 3_660), (nameof(p.PregnancyAskedToAge), p.PregnancyAskedToAge, 120),
            (nameof(p.MinObservationMinutes), p.MinObservationMinutes, 240), (nameof(p.ThoracicNeedleLengthMm), p.ThoracicNeedleLengthMm, 200), (nameof(p.MinPressureSeconds), p.MinPressureSeconds, 3_600),
            (nameof(p.MinPressureSecondsAnticoagulated), p.MinPressureSecondsAnticoagulated, 3_600), (nameof(p.ReviewHours), p.ReviewHours, 8_784), (nameof(p.RecordHours), p.RecordHours, 8_784),
            (nameof(p.SignHours), p.SignHours, 8_784),
        })
            if (value is { } given && !(given >= 0 && given <= most)) yield return (name, $"It must be between 0 and {most}.");
        foreach (var (name, value) in new (string, double?)[] { (nameof(p.MinReachedShare), p.MinReachedShare), (nameof(p.MinCompleteness), p.MinCompleteness), (nameof(p.AdherenceTarget), p.AdherenceTarget) })
            if (value is { } share && !(share > 0 && share <= 1)) yield return (name, "It must be above 0 and at most 100 per cent.");
        if (p.FalseAlarmsPerYear is { } alarms && !(alarms >= 0.05 && alarms <= 50)) yield return (nameof(p.FalseAlarmsPerYear), "It must be between 0.05 and 50.");
        foreach (var limit in p.DepthLimits ?? [])
            if (limit.Muscle.Length == 0 || !(limit.MaxMm > 0 && limit.MaxMm <= 200)) yield return (nameof(p.DepthLimits), $"'{limit.Muscle} {limit.MaxMm}': a muscle and millimetres above 0 and at most 200 are needed.");
        if (p.DepthLimits is { } limits && limits.GroupBy(l => (l.Muscle, l.BmiBand)).FirstOrDefault(g => g.Count() > 1) is { } twice)
            yield return (nameof(p.DepthLimits), $"{twice.Key.Muscle} has two limits for the same patients.");
        if ((p.AbsoluteContraindications ?? ScreeningRules.Absolute).Intersect(p.RelativeContraindications ?? ScreeningRules.Relative).FirstOrDefault() is { } both)
            yield return (p.AbsoluteContraindications is null ? nameof(p.RelativeContraindications) : nameof(p.AbsoluteContraindications), $"{both} is both absolute and relative. Take it out of one list.");
        foreach (var duty in p.VerifiedDuties ?? [])
            if (!ReportingDuties.ById.ContainsKey(duty.Id) || duty.DeadlineHours is not (null or > 0 and <= 8_784)) yield return (nameof(p.VerifiedDuties), $"'{duty.Id}': a duty of the list and hours above 0 and at most 8784 are needed.");
    }

    /// <param name="laidDown">Has no problem that <see cref="Problems"/> names; number, time and name are given here.</param>
    /// <param name="why">The reason, for the trail.</param>
    /// <param name="ct">Gives up before anything is stored.</param>
    public async Task RunAsync(ClinicProtocol laidDown, string why, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        (laidDown.Id, laidDown.DecidedAtUtc, laidDown.DecidedBy) = (0, time.UtcNow(), db.Actor.Name);
        db.ClinicProtocols.Add(laidDown);
        db.Why = why;
        await db.SaveChangesAsync(ct);
        // No day is being counted by what held before while the days are marked.
        await db.WorkAloneAsync(ExclusiveWork.Summaries, ct);
        await db.Database.ExecuteSqlAsync($"""
            INSERT INTO stale_days (clinic_id, practitioner_id, date)
            SELECT clinic_id, practitioner_id, date FROM daily_exposures WHERE clinic_id = {laidDown.ClinicId} AND date >= {laidDown.EffectiveFrom} ORDER BY date
            """, ct);
        await transaction.CommitAsync(ct);
    }
}
