using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafetyAudit.Access;
using SafetyAudit.Alerts;
using SafetyAudit.Cases;
using SafetyAudit.Data;

namespace SafetyAudit.Notices;

/// <summary>
/// Works out from the cases as they are who is to be told what, and keeps it. Runs any number of times and in any process: what was planned before is there by its key.
/// </summary>
public sealed class PlanNotices(IDbContextFactory<SafetyAuditDb> databases, NoticeSettings settings, TimeProvider time)
{
    /// <summary>Persons told of a sentinel event at once.</summary>
    public const int PersonsTold = 2;

    /// <summary>Attempts after which a person who was not reached of a sentinel event counts as not told, and the next one is.</summary>
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

    /// <summary>Whether a notice of a case holds for whom it is addressed to: asked when it is planned, and again when it is sent.</summary>
    public static bool Holds(NoticeKind kind, Case review, User user, DateTime now) => kind switch
    {
        NoticeKind.CaseAsked => review is { Stage: CaseStage.Person, PractitionerId: { } subject, AskedAtUtc: not null } && user.PractitionerId == subject && user.DisabledAtUtc is null && user.Scope.HasClinic(review.ClinicId),
        NoticeKind.CaseRecordsChanged => review.Stage == CaseStage.Closed && ReviewCase.MayReview(user, review),
        _ => review.Stage != CaseStage.Closed && ReviewCase.MayReview(user, review) && kind switch
        {
            NoticeKind.CaseAssigned => review.Owner == user.UserName,
            NoticeKind.CaseDueSoon => review.DueAtUtc > now && review.DueAtUtc <= now + Soon,
            NoticeKind.CaseOverdue => review.DueAtUtc <= now,
            _ => true,
        },
    };

    async Task ByMailAsync(SafetyAuditDb db, DateTime now, List<Notice> wanted, CancellationToken ct)
    {
        var users = await db.Users.AsNoTracking().Where(u => u.DisabledAtUtc == null).ToListAsync(ct);
        var cases = await db.Cases.AsNoTracking().Where(c => c.Stage != CaseStage.Closed).OrderBy(c => c.Id).ToListAsync(ct);
        var ids = cases.ConvertAll(c => (long?)c.Id);
        var told = (await db.Notices.AsNoTracking().Where(n => n.Kind == NoticeKind.SentinelEvent && ids.Contains(n.CaseId)).ToListAsync(ct)).ToLookup(n => n.CaseId);
        var assigned = (await db.CaseEntries.AsNoTracking().Where(e => e.Kind == CaseEntryKind.Assigned && ids.Contains(e.CaseId)).ToListAsync(ct)).GroupBy(e => e.CaseId).ToDictionary(g => g.Key, g => g.MaxBy(e => e.Id)!);
        foreach (var review in cases)
        {
            var reviewers = ReviewersOf(review, users);
            if (review.Level == AlertLevel.Sentinel)
            {
                var before = told[review.Id].ToList();
                int reached = before.Count(n => n.State == NoticeState.Sent || n.State == NoticeState.Waiting && n.Attempts < AttemptsBeforeNext);
                foreach (var next in reviewers.Where(u => !before.Exists(n => n.Receiver == u.UserName)).Take(Math.Max(0, PersonsTold - reached))) Tell(NoticeKind.SentinelEvent, next, review, "");
            }
            if (reviewers.Find(u => u.UserName == review.Owner) is { } owner && assigned.TryGetValue(review.Id, out var by) && by.By != owner.UserName) Tell(NoticeKind.CaseAssigned, owner, review, $"entry {by.Id}");
            if (review.AskedAtUtc is { } asked) foreach (var subject in users.Where(u => u.PractitionerId == review.PractitionerId && SendNotices.AddressOf(u) is not null)) Tell(NoticeKind.CaseAsked, subject, review, Stamp(asked));
            if (review.DueAtUtc is not { } due) continue;
            foreach (var reviewer in reviewers) Tell(NoticeKind.CaseOverdue, reviewer, review, Stamp(due));
            if (due - review.OpenedAtUtc > Soon) foreach (var reviewer in reviewers.Take(review.Owner is null ? PersonsTold : 1)) Tell(NoticeKind.CaseDueSoon, reviewer, review, Stamp(due));
        }
        foreach (var (entry, review) in await NewAsync(db, ByMail, ct))
            if (entry.Kind == CaseEntryKind.RecordsChanged && review.Stage == CaseStage.Closed && entry.AtUtc >= review.DecidedAtUtc)
                foreach (var user in ReviewersOf(review, users).Where(u => u.UserName == review.Owner || u.UserName == review.DecidedBy)) Tell(NoticeKind.CaseRecordsChanged, user, review, $"entry {entry.Id}");
        string week = settings.DigestDay(now).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var user in users.Where(u => SendNotices.AddressOf(u) is not null && SendNotices.HasDigest(u)))
            wanted.Add(New(NoticeKind.Digest, NoticeChannel.Mail, user.UserName!, null, null, week, now));

        void Tell(NoticeKind kind, User user, Case review, string detail)
        {
            if (Holds(kind, review, user, now)) wanted.Add(New(kind, NoticeChannel.Mail, user.UserName!, review.ClinicId, review.Id, detail, now));
        }
    }

    static async Task ToProgramsAsync(SafetyAuditDb db, DateTime now, List<Notice> wanted, CancellationToken ct)
    {
        foreach (var hook in await db.Webhooks.AsNoTracking().Where(w => w.EndedAtUtc == null).ToListAsync(ct))
        {
            string receiver = hook.Id.ToString(CultureInfo.InvariantCulture);
            // A case that is told of twice, or comes to this clinic later, is the same by its key.
            foreach (var review in (await NewAsync(db, $"{Codes.Of(NoticeChannel.Webhook)} {receiver}", ct)).Select(n => n.Review).DistinctBy(r => r.Id).Where(r => hook.ClinicId == null || r.ClinicId == hook.ClinicId))
            {
                // What was before it was made is history.
                if (review.OpenedAtUtc >= hook.MadeAtUtc) Tell(NoticeKind.CaseOpened, "");
                if (review.DecidedAtUtc is { } decided && decided >= hook.MadeAtUtc) Tell(NoticeKind.CaseDecided, Stamp(decided));

                void Tell(NoticeKind kind, string detail) => wanted.Add(New(kind, NoticeChannel.Webhook, receiver, review.ClinicId, review.Id, detail, now));
            }
        }
    }

    const string ByMail = "mail";

    // What happened in cases since notices were last planned for somebody; and remembers, with the notices themselves, that it was looked at.
    static async Task<List<(CaseEntry Entry, Case Review)>> NewAsync(SafetyAuditDb db, string receiver, CancellationToken ct)
    {
        var mark = await db.PlannedUpTo.SingleOrDefaultAsync(p => p.Receiver == receiver, ct);
        long after = mark?.CaseEntryId ?? 0;
        var found = await (from e in db.CaseEntries.AsNoTracking() join c in db.Cases.AsNoTracking() on e.CaseId equals c.Id where e.Id > after orderby e.Id select new { Entry = e, Review = c }).ToListAsync(ct);
        if (found.Count == 0) return [];
        if (mark is null) db.PlannedUpTo.Add(mark = new() { Receiver = receiver });
        mark.CaseEntryId = found[^1].Entry.Id;
        return found.ConvertAll(f => (f.Entry, f.Review));
    }

    static Notice New(NoticeKind kind, NoticeChannel channel, string receiver, string? clinic, long? review, string detail, DateTime now) => new()
    {
        Key = string.Create(CultureInfo.InvariantCulture, $"{Codes.Of(kind)}|{review}|{detail}|{Codes.Of(channel)} {receiver}"), Kind = kind, Channel = channel, Receiver = receiver, ClinicId = clinic, CaseId = review,
        MadeAtUtc = now, NotBeforeUtc = now,
    };

    static string Stamp(DateTime at) => at.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
}
