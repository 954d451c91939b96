using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Data;

namespace SafetyAudit.Reports;

/// <summary>Freezes, signs and issues reports, within the actor's clinics. Each step is entered in the trail with whoever took it; none is taken back.</summary>
public sealed class KeepReports(SafetyAuditDb db, MakeReport make, TimeProvider time)
{
    public const int LongestName = 200;

    /// <summary>Whether somebody with this scope may report on a clinic; on all where none is named.</summary>
    public static bool Reaches(Scope scope, string? clinicId) => scope.PractitionerId is null && (clinicId is null ? scope.Clinics is null : scope.HasClinic(clinicId));

    /// <summary>Makes a report of the records as they are known now, and keeps it.</summary>
    /// <returns>The report.</returns>
    /// <exception cref="InvalidOperationException">The actor does not reach the clinic; ask <see cref="Reaches"/> first.</exception>
    /// <param name="period">The period.</param>
    /// <param name="audience">For whom.</param>
    /// <param name="clinicId">One clinic; all where empty.</param>
    /// <param name="ct">Stops the making.</param>
    /// <param name="schedule">The schedule by which it is made, if it is.</param>
    public async Task<Report> FreezeAsync(ReportPeriod period, Audience audience, string? clinicId, CancellationToken ct, long? schedule = null)
    {
        if (!Reaches(db.Actor.Scope, clinicId)) throw new InvalidOperationException("A report is about clinics that whoever freezes it reaches.");
        var now = time.UtcNow();
        var files = await make.MakeAsync(db.Actor, new(period, audience, now, clinicId), ct);
        var report = new Report
        {
            Period = period.Name, Audience = audience, ClinicId = clinicId, AsKnownUtc = now, ProgramVersion = MakeReport.ProgramVersion, ManifestHash = files.Single(f => f.Name == Manifest.Name).Sha256, FrozenAtUtc = now, FrozenBy = db.Actor.Name, ScheduleId = schedule,
        };
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        db.Reports.Add(report);
        await db.SaveChangesAsync(ct);
        db.KeptReportFiles.AddRange(files.Select(f => new KeptReportFile { ReportId = report.Id, Name = f.Name, ClinicId = clinicId, Content = f.Content }));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return report;
    }

    /// <summary>Has reports made by themselves from now on.</summary>
    /// <returns>What is wrong, in words; nothing when it is kept.</returns>
    public async Task<string?> ScheduleAsync(ReportRhythm rhythm, Audience audience, string? clinicId, int daysAfter, CancellationToken ct)
    {
        if (!Reaches(db.Actor.Scope, clinicId)) return "Choose one of your clinics.";
        if (daysAfter is < 0 or > ReportSchedule.MostDaysAfter) return $"Days after a period's end are 0 to {ReportSchedule.MostDaysAfter}.";
        if (await db.ReportSchedules.AnyAsync(s => s.EndedAtUtc == null && s.Rhythm == rhythm && s.Audience == audience && s.ClinicId == clinicId, ct)) return "There is such a schedule already. End it first.";
        db.ReportSchedules.Add(new() { Rhythm = rhythm, Audience = audience, ClinicId = clinicId, DaysAfter = daysAfter, MadeBy = db.Actor.Name, MadeAtUtc = time.UtcNow() });
        await db.SaveChangesAsync(ct);
        return null;
    }

    /// <summary>Ends a schedule; what was made by it stays.</summary>
    public async Task EndScheduleAsync(long id, CancellationToken ct)
    {
        if (await db.ReportSchedules.SingleOrDefaultAsync(s => s.Id == id && s.EndedAtUtc == null, ct) is not { } schedule || !Reaches(db.Actor.Scope, schedule.ClinicId)) return;
        schedule.EndedAtUtc = time.UtcNow();
        await db.SaveChangesAsync(ct);
    }

    /// <summary>Puts the actor's name to a frozen report.</summary>
    /// <returns>What is wrong, in words; nothing when it is signed.</returns>
    public Task<string?> SignAsync(long id, CancellationToken ct) => StepAsync(id, async report =>
    {
        if (report.State != ReportState.Frozen) return "It is signed already.";
        // Nobody signs what is not what was frozen.
        var kept = await db.KeptReportFiles.AsNoTracking().Where(f => f.ReportId == id).ToListAsync(ct);
        var files = kept.ConvertAll(f => new ReportFile(f.Name, f.Content));
        if (files.Find(f => f.Name == Manifest.Name)?.Sha256 != report.ManifestHash || make.Check(name => files.Find(f => f.Name == name)?.Content).FirstOrDefault() is not null)
            return "Its files are not what was frozen. Look into the audit trail, and freeze a new report.";
        (report.State, report.SignedAtUtc, report.SignedBy) = (ReportState.Signed, time.UtcNow(), db.Actor.Name);
        return null;
    }, ct);

    /// <summary>Says that a signed report was given out, and to whom.</summary>
    /// <returns>What is wrong, in words; nothing when it is entered.</returns>
    public Task<string?> IssueAsync(long id, string? to, CancellationToken ct) => StepAsync(id, report =>
    {
        to = to?.Trim() is { Length: > 0 } said ? said : null;
        string? problem = report.State switch { ReportState.Frozen => "Sign it first.", ReportState.Issued => "It is issued already.", _ => to is null ? "Say whom it is given to." : to.Length > LongestName ? $"At most {LongestName} characters." : null };
        if (problem is null) (report.State, report.IssuedAtUtc, report.IssuedBy, report.IssuedTo) = (ReportState.Issued, time.UtcNow(), db.Actor.Name, to);
        return Task.FromResult(problem);
    }, ct);

    async Task<string?> StepAsync(long id, Func<Report, Task<string?>> step, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Two who take the same step at once take it once.
        await db.WorkAloneAsync(ExclusiveWork.Reports, ct);
        if (await db.Reports.SingleOrDefaultAsync(r => r.Id == id, ct) is not { } report) return "There is no such report.";
        if (await step(report) is { } problem) return problem;
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return null;
    }
}
