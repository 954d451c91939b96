using Microsoft.EntityFrameworkCore;
using SafetyAudit.Data;
using SafetyAudit.Sessions;

namespace SafetyAudit.Analysis;

/// <summary>Sessions whose patients nobody has tried to ask yet how they fared.</summary>
/// <param name="AskedUtc">The instant that is looked from.</param>
public sealed record DueFollowUps(DateTime AskedUtc)
{
    /// <summary>A patient is asked from one to two days after a session; a week after that the answer tells little, and the session is only counted.</summary>
    public const int OpensAfterHours = 24, ClosesAfterHours = 48, ListedDays = 7;

    DateTime Latest => AskedUtc.AddHours(-OpensAfterHours);
    DateTime Earliest => OverdueUtc.AddDays(-ListedDays);

    /// <summary>Patients whose session ended by then should have been asked by now.</summary>
    public DateTime OverdueUtc => AskedUtc.AddHours(-ClosesAfterHours);

    /// <summary>The first day that is looked at, a little early for the zones of clinics.</summary>
    public DateOnly First => DateOnly.FromDateTime(Earliest).AddDays(-1);

    /// <summary>Those that are listed.</summary>
    public IQueryable<Session> Listed(SafetyAuditDb db, string[] clinics)
    {
        var (latest, earliest) = (Latest, Earliest);
        return Unasked(db, clinics).Where(s => (s.EndedAtUtc ?? s.StartedAtUtc) <= latest && (s.EndedAtUtc ?? s.StartedAtUtc) > earliest);
    }

    /// <summary>Those of the first days that are listed no more.</summary>
    public IQueryable<Session> Dropped(SafetyAuditDb db, string[] clinics)
    {
        var earliest = Earliest;
        return Unasked(db, clinics).Where(s => (s.EndedAtUtc ?? s.StartedAtUtc) <= earliest);
    }

    // By the index on clinic and day: as many sessions as were given in these days, however many there are before.
    IQueryable<Session> Unasked(SafetyAuditDb db, string[] clinics)
    {
        DateOnly first = First, last = DateOnly.FromDateTime(Latest).AddDays(1);
        var attempts = db.Current<FollowUp>().Where(FollowUp.IsAttempt);
        return db.Current<Session>().Where(s => clinics.Contains(s.ClinicId) && s.Date >= first && s.Date <= last && s.Status == SessionStatus.Completed
            && !attempts.Any(f => f.SessionId == s.SessionId && f.LinkedClinicId == s.ClinicId));
    }
}
