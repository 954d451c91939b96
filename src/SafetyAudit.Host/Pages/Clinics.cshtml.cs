using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Analysis;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Pages;

/// <summary>Of many clinics each in a line: how fresh its records are, how many patients were reached lately, what is open and what is due. What the figures say stands on each clinic's own pages.</summary>
[Needs(Permission.ReadFigures)]
public sealed class ClinicsModel(SafetyAuditDb db, TimeProvider time) : ClinicPage(db)
{
    /// <param name="Clinic">The clinic.</param>
    /// <param name="Last">The last day with a session.</param>
    /// <param name="Sessions">Completed sessions of the four weeks looked at.</param>
    /// <param name="Reached">Those of them whose patient was asked and answered.</param>
    /// <param name="Open">Open alerts of each level.</param>
    /// <param name="Cases">Open cases that the reader reviews, and those past their date.</param>
    /// <param name="FollowUps">Patients to be asked, and those who should have been by now; nothing for whoever reads no records.</param>
    /// <param name="RejectedRows">Rows that wait to be mended.</param>
    public sealed record Line(Clinic Clinic, DateOnly? Last, long Sessions, long Reached, IReadOnlyList<(AlertLevel Level, int Count)> Open, (int Open, int Overdue) Cases, (int Due, int Overdue)? FollowUps, int RejectedRows);

    /// <summary>Clinics on one page.</summary>
    const int PageRows = 25;

    public override bool TakesClinic => false;

    public override bool OneAtATime => false;

    [BindProperty(Name = "after", SupportsGet = true)] public int After { get; set; }

    public Paging Paging => new(After, Lines.Count, Reach.Count, PageRows, after => $"/clinics?after={after}");

    /// <summary>Someone who sees their own figures alone: everything counted is of their sessions there.</summary>
    public bool SeesOwnOnly => Db.Actor.Scope.PractitionerId is not null;

    public List<Line> Lines { get; private set; } = [];

    /// <summary>The four weeks whose sessions are counted: to the last day of which nobody is asked any more how they fared.</summary>
    public DateOnly To { get; private set; }
    public DateOnly From => To.AddDays(-27);

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadClinicsAsync(ct);
        After = Math.Clamp(After, 0, Math.Max(0, Reach.Count - 1));
        var clinics = Reach.Skip(After).Take(PageRows).ToList();
        string[] ids = [.. clinics.Select(c => c.Id)];
        var now = time.UtcNow();
        var last = await Counts.LastDaysAsync(Db, ct);
        var asked = new DueFollowUps(now);
        To = last.Values.DefaultIfEmpty(asked.First).Max() is var latest && latest < asked.First ? latest : asked.First.AddDays(-1);

        var days = await Db.DailyExposures.Where(d => ids.Contains(d.ClinicId) && d.Date >= From && d.Date <= To).GroupBy(d => d.ClinicId).Select(g => new { g.Key, Sessions = g.Sum(d => (long)d.Sessions), Reached = g.Sum(d => (long)d.Reached) }).ToDictionaryAsync(g => g.Key, ct);
        var open = (await Db.Alerts.Where(a => a.Status == AlertStatus.Open && ids.Contains(a.ClinicId)).GroupBy(a => new { a.ClinicId, a.Level }).Select(g => new { g.Key.ClinicId, g.Key.Level, Count = g.Count() }).ToListAsync(ct)).ToLookup(a => a.ClinicId, a => (a.Level, a.Count));
        var late = ReviewCase.Late(Db, now).Select(c => c.Id);
        var cases = await ReviewCase.OpenToReview(await ReviewCase.ReviewerAsync(Db, ct), Db.Cases).Where(c => ids.Contains(c.ClinicId)).GroupBy(c => c.ClinicId).Select(g => new { g.Key, Open = g.Count(), Overdue = g.Count(c => late.Contains(c.Id)) }).ToDictionaryAsync(g => g.Key, g => (g.Open, g.Overdue), ct);
        // Whose rejected rows are cannot be told.
        var rejected = SeesOwnOnly ? [] : await Db.QuarantinedRows.Where(q => q.ClosedAtUtc == null && ids.Contains(q.ClinicId)).GroupBy(q => q.ClinicId!).Select(g => new { g.Key, Rows = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Rows, ct);
        Dictionary<string, (int, int)>? due = null;
        if (Db.Actor.May(Permission.ReadRecords))
        {
            var overdue = asked.OverdueUtc;
            due = await asked.Listed(Db, ids).GroupBy(s => s.ClinicId).Select(g => new { g.Key, All = g.Count(), Overdue = g.Count(s => (s.EndedAtUtc ?? s.StartedAtUtc) <= overdue) }).ToDictionaryAsync(g => g.Key, g => (g.All, g.Overdue), ct);
        }
        Lines = clinics.ConvertAll(c => new Line(c, last.TryGetValue(c.Id, out var day) ? day : null, days.GetValueOrDefault(c.Id)?.Sessions ?? 0, days.GetValueOrDefault(c.Id)?.Reached ?? 0, [.. open[c.Id].OrderBy(l => l.Level)], cases.GetValueOrDefault(c.Id), due?.GetValueOrDefault(c.Id), rejected.GetValueOrDefault(c.Id)));
    }
}
