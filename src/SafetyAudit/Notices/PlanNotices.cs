using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Data;
using SafetyAudit.Reports;

namespace SafetyAudit.Notices;

/// <summary>
/// Works out from the cases as they are who is to be told what, and keeps it. Runs any number of times and in any process: what was planned before is there by its key.
/// </summary>
public sealed class PlanNotices(IDbContextFactory<SafetyAuditDb> databases, NoticeSettings settings, TimeProvider time)
{
    /// <summary>Persons told at once of a case that opened by itself.</summary>
    public const int PersonsTold = 2;

    /// <summary>Attempts after which a person who was not reached counts as not told, and the next one is.</summary>
    public const int AttemptsBeforeNext = 3;

    static readonly TimeSpan Soon = TimeSpan.FromHours(48);

    /// <summary>Answers how many notices were added.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        if (settings.Address is null) return 0;
        await using var db = await databases.OpenAsync(Actor.Worker, ct);
        await using var transaction = await db.BeginAloneAsync(ExclusiveWork.Notices, ct);
        var now = time.UtcNow();
        var wanted = new List<Notice>();
        if (settings.Smtp is not null) await ByMailAsync(db, now, wanted, ct);
        await ToProgramsAsync(db, now, wanted, ct);
        var keys = wanted.ConvertAll(n => n.Key);
        var there = (await db.Notices.Where(n => keys.Contains(n.Key)).Select(n => n.Key).ToListAsync(ct)).ToHashSet();
        var added = wanted.Where(n => there.Add(n.Key)).ToList();
        if (added.Count == 0 && !db.ChangeTracker.HasChanges()) return 0;
        db.Notices.AddRange(added);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return added.Count;
    }

    /// <summary>Who may be told of a case, in the order in which they are: who leads it, who reaches few clinics, the others. Never whom it is about.</summary>
    public static List<User> ReviewersOf(Case review, IEnumerable<User> users) =>
    [
        .. users.Where(u => SendNotices.AddressOf(u) is not null && ReviewCase.MayReview(u, review))
            .OrderBy(u => u.UserName != review.Owner).ThenBy(u => u.ClinicIds.Count == 0).ThenBy(u => u.UserName, StringComparer.Ordinal),
    ];

    // Told where those who may review a case can't be: they give access, and see to it that somebody can. Never whom it is about.
    static bool MayFindSomebody(User user, Case review) => user.DisabledAtUtc is null && Roles.Of(user.Roles).Contains(Permission.ManageAccess) && user.Scope.HasClinic(review.ClinicId)
        && (user.PractitionerId is null || user.PractitionerId != review.PractitionerId);

    /// <summary>Reports that were frozen by themselves and nobody has signed.</summary>
    internal static IQueryable<Report> Waiting(SafetyAuditDb db) => db.Reports.AsNoTracking().Where(r => r.ScheduleId != null && r.State == ReportState.Frozen);

    /// <summary>Whether somebody signs and issues reports about a clinic; about all of them where none is named.</summary>
    internal static bool KeepsReports(User user, string? clinicId) => user.DisabledAtUtc is null && Roles.Of(user.Roles).Contains(Permission.KeepReports) && Reports.KeepReports.Reaches(user.Scope, clinicId);

    /// <summary>Whether a notice of a case holds for whom it is addressed to: asked when it is planned, and again when it is sent.</summary>
    /// <param name="kind">What it is about.</param>
    /// <param name="review">The case as it is.</param>
    /// <param name="user">The receiver as they are.</param>
    /// <param name="notBegun">Whether the case is among those of <see cref="ReviewCase.NotBegun"/>.</param>
    /// <param name="now">The instant at which dates are looked at.</param>
    public static bool Holds(NoticeKind kind, Case review, User user, bool notBegun, DateTime now)
    {
        bool told = ReviewCase.MayReview(user, review) || MayFindSomebody(user, review);
        return kind switch
        {
            NoticeKind.CaseAsked => review is { Stage: CaseStage.Person, PractitionerId: { } subject, AskedAtUtc: not null } && user.PractitionerId == subject && user.DisabledAtUtc is null && user.Scope.HasClinic(review.ClinicId),
            NoticeKind.CaseRecordsChanged => review.Stage == CaseStage.Closed && told,
            _ => review.Stage != CaseStage.Closed && told && kind switch
            {
                NoticeKind.CaseAssigned => review.Owner == user.UserName && ReviewCase.MayReview(user, review),
                NoticeKind.CaseNotBegun => notBegun && review.BeginByUtc <= now,
                NoticeKind.CaseDueSoon => review.DueAtUtc > now && review.DueAtUtc <= now + Soon,
                NoticeKind.CaseOverdue => review.DueAtUtc <= now,
                _ => true,
            },
        };
    }

    async Task ByMailAsync(SafetyAuditDb db, DateTime now, List<Notice> wanted, CancellationToken ct)
    {
        var users = (await db.Users.AsNoTracking().Where(u => u.DisabledAtUtc == null).ToListAsync(ct)).FindAll(u => SendNotices.AddressOf(u) is not null);
        var cases = await db.Cases.AsNoTracking().Where(c => c.Stage != CaseStage.Closed).OrderBy(c => c.Id).ToListAsync(ct);
        var ids = cases.ConvertAll(c => (long?)c.Id);
        var notBegun = (await ReviewCase.NotBegun(db).Select(c => c.Id).ToListAsync(ct)).ToHashSet();
        var told = (await db.Notices.AsNoTracking().Where(n => n.Channel == NoticeChannel.Mail && (n.Kind == NoticeKind.SentinelEvent || n.Kind == NoticeKind.CaseOpened) && ids.Contains(n.CaseId)).ToListAsync(ct)).ToLookup(n => n.CaseId);
        var assigned = (await db.CaseEntries.AsNoTracking().Where(e => e.Kind == CaseEntryKind.Assigned && ids.Contains(e.CaseId)).ToListAsync(ct)).GroupBy(e => e.CaseId).ToDictionary(g => g.Key, g => g.MaxBy(e => e.Id)!);
        foreach (var review in cases)
        {
            var reviewers = ReviewersOf(review, users);
            List<User> all = [.. reviewers, .. users.Where(u => MayFindSomebody(u, review)).OrderBy(u => u.UserName, StringComparer.Ordinal).Except(reviewers)];
            // Those who lead it or may; where there is nobody, those who can change that.
            var heard = reviewers.Count > 0 ? reviewers : all;
            if (review.Level is AlertLevel.Sentinel or AlertLevel.Red)
            {
                // Only those count who still are to be told: a case may have come to another clinic since, or be about one of them.
                var before = told[review.Id].Where(n => n.State != NoticeState.Withdrawn && all.Exists(u => u.UserName == n.Receiver)).ToList();
                int reached = before.Count(n => n.State == NoticeState.Sent || n.State == NoticeState.Waiting && n.Attempts < AttemptsBeforeNext);
                foreach (var next in all.Where(u => !before.Exists(n => n.Receiver == u.UserName)).Take(Math.Max(0, PersonsTold - reached)))
                    Tell(review.Level == AlertLevel.Sentinel ? NoticeKind.SentinelEvent : NoticeKind.CaseOpened, next, review, told[review.Id].Count(n => n.Receiver == next.UserName) is > 0 and var times ? $"again {times}" : "");
            }
            if (reviewers.Find(u => u.UserName == review.Owner) is { } owner && assigned.TryGetValue(review.Id, out var by) && by.By != owner.UserName) Tell(NoticeKind.CaseAssigned, owner, review, $"entry {by.Id}");
            if (review.AskedAtUtc is { } asked) foreach (var user in users) Tell(NoticeKind.CaseAsked, user, review, Stamp(asked));
            if (review.BeginByUtc is { } begin) foreach (var user in heard) Tell(NoticeKind.CaseNotBegun, user, review, Stamp(begin) + Again(begin));
            if (review.DueAtUtc is not { } due) continue;
            foreach (var user in heard) Tell(NoticeKind.CaseOverdue, user, review, Stamp(due) + Again(due));
            if (due - review.OpenedAtUtc > Soon) foreach (var user in heard.Take(review.Owner is null ? PersonsTold : 1)) Tell(NoticeKind.CaseDueSoon, user, review, Stamp(due));
        }
        foreach (var entry in (await NewAsync(db, ByMail, now, ct)).Where(e => e.Kind == CaseEntryKind.RecordsChanged))
        {
            var review = await db.Cases.AsNoTracking().SingleAsync(c => c.Id == entry.CaseId, ct);
            if (entry.AtUtc < review.DecidedAtUtc) continue;
            var reviewers = ReviewersOf(review, users);
            var theirs = reviewers.FindAll(u => u.UserName == review.Owner || u.UserName == review.DecidedBy);
            foreach (var user in theirs.Count > 0 ? theirs : reviewers.Count > 0 ? reviewers.Take(PersonsTold) : users.Where(u => MayFindSomebody(u, review))) Tell(NoticeKind.CaseRecordsChanged, user, review, $"entry {entry.Id}");
        }
        foreach (var report in await Waiting(db).Select(r => new { r.Id, r.ClinicId }).ToListAsync(ct))
            foreach (var user in users.Where(u => KeepsReports(u, report.ClinicId))) wanted.Add(New(NoticeKind.ReportFrozen, NoticeChannel.Mail, user.UserName!, report.ClinicId, null, $"report {report.Id}", now));
        // On its day alone: whoever gets an account later in the week has the next one.
        var week = settings.DigestDay(now);
        if (settings.DigestDay(now.AddDays(-1)) != week)
            foreach (var user in users.Where(SendNotices.HasDigest)) wanted.Add(New(NoticeKind.Digest, NoticeChannel.Mail, user.UserName!, null, null, week.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), now));

        void Tell(NoticeKind kind, User user, Case review, string detail)
        {
            if (Holds(kind, review, user, notBegun.Contains(review.Id), now)) wanted.Add(New(kind, NoticeChannel.Mail, user.UserName!, review.ClinicId, review.Id, detail, now));
        }

        // Told once more each week that goes by.
        string Again(DateTime at) => now - at >= TimeSpan.FromDays(7) ? string.Create(CultureInfo.InvariantCulture, $" week {(int)((now - at).TotalDays / 7)}") : "";
    }

    static async Task ToProgramsAsync(SafetyAuditDb db, DateTime now, List<Notice> wanted, CancellationToken ct)
    {
        foreach (var hook in await db.Webhooks.AsNoTracking().Where(w => w.EndedAtUtc == null).ToListAsync(ct))
        {
            string receiver = hook.Id.ToString(CultureInfo.InvariantCulture);
            foreach (var entry in (await NewAsync(db, $"{Codes.Of(NoticeChannel.Webhook)} {receiver}", hook.MadeAtUtc, ct)).Where(e => hook.ClinicId == null || e.ClinicId == hook.ClinicId))
            {
                NoticeKind? kind = entry.Kind switch { CaseEntryKind.Opened => NoticeKind.CaseOpened, CaseEntryKind.Decided => NoticeKind.CaseDecided, CaseEntryKind.Reopened => NoticeKind.CaseReopened, _ => null };
                if (kind is not { } told) continue;
                var notice = New(told, NoticeChannel.Webhook, receiver, entry.ClinicId, entry.CaseId, $"entry {entry.Id}", now);
                notice.CaseEntryId = entry.Id;
                wanted.Add(notice);
            }
        }
    }

    const string ByMail = "mail";

    // What happened in cases since notices were last planned for somebody; and remembers, with the notices themselves, that it was looked at. What was before an instant is history to whom nothing was planned for yet.
    static async Task<List<CaseEntry>> NewAsync(SafetyAuditDb db, string receiver, DateTime since, CancellationToken ct)
    {
        var mark = await db.PlannedUpTo.SingleOrDefaultAsync(p => p.Receiver == receiver, ct);
        if (mark is null) db.PlannedUpTo.Add(mark = new() { Receiver = receiver, CaseEntryId = await db.CaseEntries.Where(e => e.AtUtc < since).MaxAsync(e => (long?)e.Id, ct) ?? 0 });
        long after = mark.CaseEntryId;
        var found = await db.CaseEntries.AsNoTracking().Where(e => e.Id > after).OrderBy(e => e.Id).ToListAsync(ct);
        if (found.Count > 0) mark.CaseEntryId = found[^1].Id;
        return found;
    }

    static Notice New(NoticeKind kind, NoticeChannel channel, string receiver, string? clinic, long? review, string detail, DateTime now) => new()
    {
        Key = string.Create(CultureInfo.InvariantCulture, $"{Codes.Of(kind)}|{review}|{detail}|{Codes.Of(channel)} {receiver}"), Kind = kind, Channel = channel, Receiver = receiver, ClinicId = clinic, CaseId = review,
        MadeAtUtc = now, NotBeforeUtc = now,
    };

    static string Stamp(DateTime at) => at.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
}
