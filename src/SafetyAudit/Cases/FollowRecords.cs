using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;

namespace SafetyAudit.Cases;

/// <summary>
/// Enters in a decided case that records have come since, or were corrected or undone, that change what it was decided on. Whether it is opened again is for those who decided it. Runs after each
/// evaluation, any number of times.
/// </summary>
public sealed class FollowRecords(IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Years after its decision in which a case follows its records.</summary>
    public const int Years = 2;

    /// <summary>Answers how many cases were told.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
        // Half-recounted days say nothing.
        if (await db.StaleDays.AnyAsync(ct)) return 0;
        var now = time.UtcNow();
        var since = now.AddYears(-Years);
        var decided = await (from c in db.Cases.AsNoTracking()
                             join a in db.Alerts on c.AlertId equals a.Id
                             where c.Stage == CaseStage.Closed && c.DecidedAtUtc >= since && a.Status == AlertStatus.Closed && a.Observed != null && (a.Rule == AlertRule.MoreThanPeers || a.Rule == AlertRule.FewerThanPeers)
                             select new
                             {
                                 Review = c, Then = a.Observed!.Value,
                                 Now = db.DailyObserved.Where(d => d.ClinicId == a.ClinicId && d.PractitionerId == a.PractitionerId && d.Measure == a.Measure && d.Date >= a.From && d.Date <= a.To).Sum(d => (long?)d.Observed) ?? 0,
                                 Said = db.CaseEntries.Where(e => e.CaseId == c.Id && e.AtUtc >= c.DecidedAtUtc && e.Kind == CaseEntryKind.RecordsChanged).OrderByDescending(e => e.Id).Select(e => e.Figures).FirstOrDefault(),
                             }).ToListAsync(ct);
        int told = 0;
        foreach (var one in decided)
        {
            string figures = string.Create(CultureInfo.InvariantCulture, $"{one.Now:#,0} observed from {one.Review.From:yyyy-MM-dd} to {one.Review.To:yyyy-MM-dd}; {one.Then:#,0} when it was decided");
            if (one.Said is null ? one.Now == one.Then : one.Said == figures) continue;
            db.CaseEntries.Add(ReviewCase.New(one.Review, CaseEntryKind.RecordsChanged, now, db.Actor.Name, figures));
            told++;
        }
        if (told == 0) return 0;
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return told;
    }
}
