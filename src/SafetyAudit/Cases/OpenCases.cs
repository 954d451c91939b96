using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Data;

namespace SafetyAudit.Cases;

/// <summary>
/// Opens the case that an alert asks for by itself: of every open sentinel event, and of every red finding. Runs after each evaluation, any
/// number of times; an alert has one case at most.
/// </summary>
public sealed class OpenCases(IDbContextFactory<SafetyAuditDb> databases, TimeProvider time)
{
    /// <summary>Answers how many were opened.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Alerts, ct);
        var due = await db.Alerts.AsNoTracking().Where(a => a.Status == AlertStatus.Open && (a.Level == AlertLevel.Sentinel || a.Level == AlertLevel.Red) && !db.Cases.Any(c => c.AlertId == a.Id)).ToListAsync(ct);
        var now = time.UtcNow();
        bool moved = await FollowAlertsAsync(db, now, ct);
        if (due.Count == 0)
        {
            if (moved) await transaction.CommitAsync(ct);
            return 0;
        }
        var opened = await ReviewCase.OfAsync(db, due, now, ct);
        db.Cases.AddRange(opened);
        await db.SaveChangesAsync(ct);
        db.CaseEntries.AddRange(opened.Zip(due, (review, alert) => ReviewCase.New(review, CaseEntryKind.Opened, now, db.Actor.Name, ReviewCase.FiguresOf(alert))));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return due.Count;
    }

    // A session that arrives, or is joined otherwise, makes an event another's: its review begins anew about them, and nobody stays accused of what was not theirs.
    static async Task<bool> FollowAlertsAsync(SafetyAuditDb db, DateTime now, CancellationToken ct)
    {
        var changed = await (from c in db.Cases
                             join a in db.Alerts on c.AlertId equals a.Id
                             where c.Stage != CaseStage.Closed && a.Status == AlertStatus.Open && (c.PractitionerId != a.PractitionerId || c.ClinicId != a.ClinicId || c.PractitionerId == null && a.PractitionerId != null || c.PractitionerId != null && a.PractitionerId == null)
                             select new { Review = c, Alert = a }).ToListAsync(ct);
        var begins = await ReviewCase.BeginByAsync(db, changed.ConvertAll(c => c.Alert), now, ct);
        var owners = changed.ConvertAll(c => c.Review.Owner);
        var users = await db.Users.AsNoTracking().Where(u => owners.Contains(u.UserName)).ToListAsync(ct);
        foreach (var (review, alert) in changed.Select(c => (c.Review, c.Alert)))
        {
            (review.ClinicId, review.PractitionerId, review.Stage, review.AskedAtUtc, review.BeginByUtc) = (alert.ClinicId, alert.PractitionerId, CaseStage.Data, null, begins.GetValueOrDefault(alert.Id));
            if (users.Find(u => u.UserName == review.Owner) is not { } owner || !ReviewCase.MayReview(owner, review)) review.Owner = null;
            var entry = ReviewCase.New(review, CaseEntryKind.Reopened, now, db.Actor.Name, ReviewCase.FiguresOf(alert));
            entry.Note = "The records say now that it is about somebody else or another clinic. The review begins anew.";
            db.CaseEntries.Add(entry);
        }
        if (changed.Count > 0) await db.SaveChangesAsync(ct);
        // What was done about an event goes with its case, as who keeps it now would not know of it.
        var elsewhere = await (from s in db.EventSteps
                               join a in db.Alerts on EvaluateAlerts.SentinelKey + s.EventClinicId + "||" + s.EventId equals a.Key
                               join c in db.Cases on a.Id equals c.AlertId
                               where c.Stage != CaseStage.Closed && s.ClinicId != c.ClinicId
                               select new { Step = s, c.ClinicId }).ToListAsync(ct);
        foreach (var one in elsewhere) one.Step.ClinicId = one.ClinicId;
        if (elsewhere.Count > 0) await db.SaveChangesAsync(ct);
        return changed.Count + elsewhere.Count > 0;
    }
}
