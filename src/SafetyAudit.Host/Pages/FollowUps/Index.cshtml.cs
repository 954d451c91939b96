using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Analysis;
using SafetyAudit.Data;
using SafetyAudit.Host.Security;
using SafetyAudit.Sessions;

namespace SafetyAudit.Host.Pages.FollowUps;

/// <summary>Whose patients are to be asked today how they fared, and how many were reached so far.</summary>
[Needs(Permission.ReadRecords)]
public sealed class FollowUpsModel(SafetyAuditDb db, TimeProvider time) : PeriodPage(db)
{
    /// <summary>A patient is asked from one to two days after a session; a week after that the answer tells little, and the session is only counted.</summary>
    public const int OpensAfterHours = 24, ClosesAfterHours = 48, ListedDays = 7;
    const int PerPage = 50;

    public sealed record Line(string SessionId, string ClinicId, string PractitionerId, DateTime EndedAtUtc)
    {
        public DateTime ClosesAtUtc => EndedAtUtc.AddHours(ClosesAfterHours);
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
        DateTime latest = Now.AddHours(-OpensAfterHours), earliest = Now.AddHours(-ClosesAfterHours).AddDays(-ListedDays);
        // By the index on clinic and day, a little wider for the zones of clinics: as many sessions as were given in these days, however many there are before.
        DateOnly first = DateOnly.FromDateTime(earliest).AddDays(-1), last = DateOnly.FromDateTime(latest).AddDays(1);
        string[] clinics = await Db.ClinicsReachedAsync(null, ct);
        var attempts = Db.Current<FollowUp>().Where(f => f.AttemptedAtUtc != null || f.Outcome != null);
        var open = Db.Current<Session>().Where(s => clinics.Contains(s.ClinicId) && s.Date >= first && s.Date <= last && s.Status == SessionStatus.Completed
            && !attempts.Any(f => f.SessionId == s.SessionId && f.LinkedClinicId == s.ClinicId));
        var due = open.Where(s => (s.EndedAtUtc ?? s.StartedAtUtc) <= latest && (s.EndedAtUtc ?? s.StartedAtUtc) > earliest);
        Due = await due.CountAsync(ct);
        Lines = await due.OrderBy(s => s.EndedAtUtc ?? s.StartedAtUtc).ThenBy(s => s.Id).Skip((Number - 1) * PerPage).Take(PerPage)
            .Select(s => new Line(s.SessionId, s.ClinicId, s.PractitionerId, s.EndedAtUtc ?? s.StartedAtUtc)).ToListAsync(ct);
        // Of the days before, from the summaries of one year.
        DateOnly from = first.AddYears(-1);
        Dropped = await open.LongCountAsync(s => (s.EndedAtUtc ?? s.StartedAtUtc) <= earliest, ct) + await Db.DailyExposures.Where(d => d.Date >= from && d.Date < first).SumAsync(d => (long)(d.Sessions - d.FollowedUp), ct);
        if (!MayReadFigures) return;
        var counts = (await Counts.ReadAsync(Db, From, To, ct)).Where(c => !c.ForComparisonOnly && c.Sessions > 0).ToList();
        Practitioners = counts.ConvertAll(c => new Share(c.ClinicId, c.PractitionerId, c.Sessions, c.FollowedUp, c.Reached));
        if (Db.Actor.Scope.PractitionerId is null)
            Clinics = [.. counts.GroupBy(c => c.ClinicId).Select(g => new Share(g.Key, null, g.Sum(c => c.Sessions), g.Sum(c => c.FollowedUp), g.Sum(c => c.Reached)))];
    }
}
