using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;

namespace SafetyAudit.Host.Pages.FollowUps;

/// <summary>Whose patients are to be asked today how they fared, and how many were reached so far.</summary>
[Needs(Permission.ReadRecords)]
public sealed class FollowUpsModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    const int PerPage = 50;

    public sealed record Line(string SessionId, string ClinicId, string PractitionerId, DateTime EndedAtUtc)
    {
        public DateTime ClosesAtUtc => EndedAtUtc.AddHours(DueFollowUps.ClosesAfterHours);
    }

    /// <summary>How far asking went for one practitioner at one clinic, or for a clinic as a whole.</summary>
    public sealed record Share(string ClinicId, string? PractitionerId, long Sessions, long FollowedUp, long Reached)
    {
        public char Grade => Counts.Grade(Reached, Sessions);
    }

    [BindProperty(Name = "part", SupportsGet = true)] public int? Asked { get; set; }

    public int Number => Math.Clamp(Asked ?? 1, 1, 1000);
    public DateTime Now { get; private set; }
    public List<Line> Lines { get; private set; } = [];
    public int Due { get; private set; }
    public bool HasMore => Number * PerPage < Due;
    public long Dropped { get; private set; }
    public List<Share> Practitioners { get; private set; } = [];
    public List<Share> Clinics { get; private set; } = [];
    public bool MayReadFigures => Db.Actor.May(Permission.ReadFigures);

    public async Task OnGetAsync(CancellationToken ct)
    {
        await using var snapshot = await Db.BeginSnapshotAsync(ct);
        await ReadPeriodAsync(ct);
        Now = time.UtcNow();
        string[] clinics = await Db.ClinicsReachedAsync(null, ct);
        var asked = new DueFollowUps(Now);
        var due = asked.Listed(Db, clinics);
        Due = await due.CountAsync(ct);
        Lines = await due.OrderBy(s => s.EndedAtUtc ?? s.StartedAtUtc).ThenBy(s => s.Id).Skip((Number - 1) * PerPage).Take(PerPage)
            .Select(s => new Line(s.SessionId, s.ClinicId, s.PractitionerId, s.EndedAtUtc ?? s.StartedAtUtc)).ToListAsync(ct);
        // Of the days before, from the summaries of one year.
        DateOnly first = asked.First, from = first.AddYears(-1);
        Dropped = await asked.Dropped(Db, clinics).LongCountAsync(ct) + await Db.DailyExposures.Where(d => d.Date >= from && d.Date < first).SumAsync(d => (long)(d.Sessions - d.FollowedUp), ct);
        if (!MayReadFigures) return;
        var counts = (await Counts.ReadAsync(Db, From, To, ct)).Where(c => !c.ForComparisonOnly && c.Sessions > 0).ToList();
        Practitioners = counts.ConvertAll(c => new Share(c.ClinicId, c.PractitionerId, c.Sessions, c.FollowedUp, c.Reached));
        if (Db.Actor.Scope.PractitionerId is null)
            Clinics = [.. counts.GroupBy(c => c.ClinicId).Select(g => new Share(g.Key, null, g.Sum(c => c.Sessions), g.Sum(c => c.FollowedUp), g.Sum(c => c.Reached)))];
    }
}
