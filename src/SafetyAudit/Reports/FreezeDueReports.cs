using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Reports;

/// <summary>Freezes the reports whose day has come by a <see cref="ReportSchedule"/>, each once however often and in how many processes it runs. Nobody's name is put to them: that is for people.</summary>
public sealed class FreezeDueReports(IDbContextFactory<SafetyAuditDb> databases, MakeReport make, TimeProvider time)
{
    static readonly Actor Scheduled = Actor.Worker with { Name = "schedule" };

    /// <summary>Answers how many were frozen.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Scheduled, ct);
        var today = DateOnly.FromDateTime(time.UtcNow());
        int frozen = 0;
        foreach (var schedule in await db.ReportSchedules.AsNoTracking().Where(s => s.EndedAtUtc == null).OrderBy(s => s.Id).ToListAsync(ct))
        {
            if (schedule.DueOn(today) is not { } period || await db.Reports.AnyAsync(r => r.ScheduleId == schedule.Id && r.Period == period.Name, ct)) continue;
            // Half-counted days would be in it for ever.
            if (await db.StaleDays.AnyAsync(ct)) return frozen;
            try
            {
                await new KeepReports(db, make, time).FreezeAsync(period, schedule.Audience, schedule.ClinicId, ct, schedule.Id);
                frozen++;
            }
            catch (DbUpdateException e) when (e.InnerException is System.Data.Common.DbException { IsTransient: false })
            {
                // Another process was first: each period of a schedule is there once.
                db.ChangeTracker.Clear();
                if (!await db.Reports.AnyAsync(r => r.ScheduleId == schedule.Id && r.Period == period.Name, ct)) throw;
            }
        }
        return frozen;
    }
}
